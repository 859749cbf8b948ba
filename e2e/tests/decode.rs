//! `segel decode` as a person runs it: a capture into standard input, JSON lines out of standard output.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use segel_e2e::program::program;
use segel_model::report::Protocol;
use serde_json::Value;

fn decode(protocol: &str, capture: &[u8]) -> (Vec<Value>, Output) {
    let mut child = Command::new(program())
        .args(["decode", "--protocol", protocol])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut input = child.stdin.take().expect("it reads");
    input.write_all(capture).expect("it takes the capture");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"));
    (lines.collect(), output)
}

/// A heartbeat of JT/T 808 as digits, as bytes and as JSON: each time its protocol is found out and it is decoded.
#[test]
fn a_capture_says_its_own_protocol() {
    let frame = [
        0x7E, 0x00, 0x02, 0x00, 0x00, 0x01, 0x35, 0x11, 0x22, 0x11, 0x22, 0x00, 0x03, 0x35, 0x7E,
    ];
    let digits: String = frame.iter().map(|byte| format!("{byte:02X}")).collect();
    let captures = [
        format!("{digits}\r\n{digits}\r\n").into_bytes(),
        frame.repeat(2),
        format!("{{\"hex\": \"{digits}\", \"conn\": 1}}\n{{\"hex\": \"{digits}\", \"conn\": 2}}\n")
            .into_bytes(),
    ];
    for capture in captures {
        let (lines, output) = decode("auto", &capture);
        assert!(output.status.success(), "{output:?}");
        let (guess, rest) = lines.split_first().expect("a guess comes first");
        assert_eq!(guess["protocol"], "jt808");
        assert_eq!(guess["why"], Value::Null);
        assert_eq!(
            guess["readings"].as_array().map(Vec::len),
            Some(Protocol::ALL.len())
        );
        let reports: Vec<&Value> = rest
            .iter()
            .flat_map(|line| line["reports"].as_array())
            .flatten()
            .collect();
        assert_eq!(reports.len(), 2, "{rest:?}");
        assert_eq!(reports[0]["device"], "013511221122");
    }
}

/// What a platform posts: objects as they are, with the request around them, and as lines for the tool.
#[test]
fn objects_of_a_platform_say_whose_they_are() {
    let object = r#"{"MDeviceID":"007100000042","DateTime":"2026-02-03 09:30:15","LockRope":"1"}"#;
    let posted = format!(
        "POST /api/v1/intake/teratrack HTTP/1.1\r\nHost: segel\r\nContent-Length: {}\r\n\r\n{object}",
        object.len()
    );
    let line = format!(r#"{{"http": {{"method": "POST", "url": "/", "body": {object}}}}}"#);
    for capture in [format!("{object}\n{object}\n"), object.repeat(2), posted, line] {
        let (lines, output) = decode("auto", capture.as_bytes());
        assert!(output.status.success(), "{capture}: {output:?}");
        assert_eq!(lines[0]["protocol"], "teratrack", "{capture}");
        assert_eq!(
            lines[1]["reports"][0]["device"], "007100000042",
            "{capture}: {lines:?}"
        );
    }
}

#[test]
fn a_capture_that_nobody_understands_is_said_to_be_one() {
    let (lines, output) = decode("auto", b"hello\nworld\n");
    assert!(!output.status.success());
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["protocol"], Value::Null);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        told.contains("no protocol makes sense of even half of these bytes"),
        "{told}"
    );
}

#[test]
fn a_named_protocol_is_believed() {
    let (lines, output) = decode("jointech", b"{\"text\": \"(7100000042,@JT)\"}\n");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["reports"][0]["kind"], "heartbeat");
}
