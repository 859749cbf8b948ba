//! `segel decode`: JSON lines in, JSON lines out. The lines are described in `docs/decode.md`.
//!
//! Every report counts as durable at once, so the replies show the protocol's own answers in their order.

use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};

use segel_model::{
    Report, ServerTime, Signal,
    report::{Cell, Extra, Fix, FixSource, Oddity, Protocol, ReportKind},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    calendar::{parse_rfc3339, rfc3339},
    eseal, gt06,
    guess::{Guess, Reading},
    jointech, jt808, kingwo,
    limits::Limits,
    meitrack, mqtt, objects, orbcomm,
    osmand::http,
    output::{Learned, Output, Reason},
    profile::{Dialect, Profile},
    queclink,
    session::Session,
    teltonika,
};

/// The connections that the lines speak of.
pub struct Tool {
    protocol: Protocol,
    profile: Profile,
    lines: u64,
    /// Set by the first line with a `recv_time`, and by every later one.
    clock: Option<ServerTime>,
    connections: BTreeMap<String, Connection>,
}

struct Connection {
    session: Session,
    /// The beginning of a frame, for showing frames; the session keeps its own.
    partial: Vec<u8>,
}

impl Tool {
    /// No connections yet.
    pub fn new(protocol: Protocol, profile: Profile) -> Self {
        Self {
            protocol,
            profile,
            lines: 0,
            clock: None,
            connections: BTreeMap::new(),
        }
    }

    /// Reads one line and says what it brought. `now` counts until a line has set the clock.
    pub fn line(&mut self, line: &str, now: ServerTime) -> String {
        self.lines += 1;
        let said = self.answer(line, now);
        let object = match said {
            Ok(said) => serde_json::to_string(&said),
            Err(why) => serde_json::to_string(&json!({ "n": self.lines, "error": why })),
        };
        object.expect("names are text and numbers are finite")
    }

    fn answer(&mut self, line: &str, now: ServerTime) -> Result<Answer, &'static str> {
        let line: Value = serde_json::from_str(line).map_err(|_| "the line is no JSON")?;
        let form = if objects::are_bare(self.protocol) {
            Form::Body
        } else {
            Form::Request
        };
        let bytes = bytes_for(&line, form)?;
        let bodies = (form == Form::Body)
            .then(|| objects::body::posted(&bytes))
            .flatten();
        let bytes = bodies.unwrap_or(bytes);
        if let Some(time) = line.get("recv_time") {
            self.clock = Some(moment(time).ok_or("recv_time is neither RFC 3339 nor milliseconds")?);
        }
        let name = connection_of(&line);
        let (protocol, profile) = (self.protocol, self.profile);
        let connection = self.connections.entry(name).or_insert_with(|| Connection {
            session: Session::new(protocol, profile, Limits::default()),
            partial: Vec::new(),
        });
        let mut answer = Answer {
            n: self.lines,
            ..Answer::default()
        };
        connection.partial.extend_from_slice(&bytes);
        answer.frames = frames(protocol, &mut connection.partial);
        connection.drain(&bytes, self.clock.unwrap_or(now), &mut answer);
        Ok(answer)
    }
}

impl Connection {
    fn drain(&mut self, bytes: &[u8], now: ServerTime, answer: &mut Answer) {
        let mut learned = None;
        self.session.receive(now, bytes);
        while let Some(output) = self.session.poll() {
            match output {
                Output::Report(reported) => {
                    self.session.acknowledge(reported.token, now);
                    answer
                        .reports
                        .push(ReportLine::new(&reported.report, learned.take()));
                }
                Output::Transmit(bytes) => answer.replies.push(hex(&bytes)),
                Output::Oddity(oddity) => answer.oddities.push(OddityLine::new(&oddity)),
                Output::Learned(secret) => learned = Some(secret),
                Output::Answered(..) => {}
                Output::Close(reason) => answer.close = Some(reason_name(reason)),
            }
        }
    }
}

/// A capture as lines for [`Tool::line`]: lines of JSON as they are, each line of hexadecimal digits as its bytes, and anything
/// else as the bytes that it is.
pub fn lines(capture: &[u8]) -> Vec<String> {
    let text = core::str::from_utf8(capture).unwrap_or_default();
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let of_bytes = |hex: &str| json!({ "hex": hex }).to_string();
    match lines.first() {
        Some(first) if is_line(first) => lines.into_iter().map(String::from).collect(),
        Some(_) if lines.iter().all(|line| unhex(line).is_some()) => {
            lines.into_iter().map(of_bytes).collect()
        }
        _ => Vec::from([of_bytes(&hex(capture))]),
    }
}

/// Whether that is a line for the tool, and not an object that a platform posted.
fn is_line(text: &str) -> bool {
    let line: Option<Value> = serde_json::from_str(text).ok();
    line.is_some_and(|line| {
        ["hex", "text", "http"]
            .iter()
            .any(|name| line.get(name).is_some())
    })
}

/// The bytes of each connection that lines speak of. A line that cannot be read is passed over.
pub fn streams(lines: &[String]) -> Vec<Vec<u8>> {
    let mut streams: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for line in lines {
        let Ok(line) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        if let Ok(bytes) = bytes(&line) {
            streams.entry(connection_of(&line)).or_default().extend(bytes);
        }
    }
    streams.into_values().collect()
}

/// What `--protocol auto` says before anything else: the protocol, or why none is named; and how each reads the capture.
pub fn guess_line(guess: &Guess) -> String {
    let named = guess.named();
    let reading = |reading: &Reading| {
        json!({
            "protocol": reading.protocol.name(),
            "dialect": reading.dialect.map(Dialect::name),
            "score": reading.score,
            "frames": reading.frames,
            "sound": reading.sound,
            "reports": reading.reports,
            "left": reading.left,
        })
    };
    let said = json!({
        "protocol": named.ok().map(|reading| reading.protocol.name()),
        "dialect": named.ok().and_then(|reading| reading.dialect).map(Dialect::name),
        "why": named.err(),
        "readings": guess.readings.iter().map(reading).collect::<Vec<_>>(),
    });
    said.to_string()
}

/// The connection that a line names; all that name none are of one.
fn connection_of(line: &Value) -> String {
    line.get("conn").map(Value::to_string).unwrap_or_default()
}

/// The bytes a line stands for.
pub fn bytes(line: &Value) -> Result<Vec<u8>, &'static str> {
    bytes_for(line, Form::Request)
}

/// Whether a request is wanted as it comes at a door, or its body alone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Request,
    Body,
}

fn bytes_for(line: &Value, form: Form) -> Result<Vec<u8>, &'static str> {
    match line.get("http") {
        Some(Value::String(which)) if which == RESPONSE => return body(line),
        Some(http) if is_answer(http) => return body(http),
        Some(Value::String(_)) => return request(line, form),
        Some(http) => return request(http, form),
        None => {}
    }
    if let Some(text) = line.get("hex").and_then(Value::as_str) {
        return unhex(text).ok_or("hex is no hexadecimal");
    }
    let text = line
        .get("text")
        .and_then(Value::as_str)
        .ok_or("the line has no hex, text or http")?;
    Ok(text.as_bytes().to_vec())
}

/// The HTTP request that method, url and body make; of what is posted to the API the body alone.
fn request(http: &Value, form: Form) -> Result<Vec<u8>, &'static str> {
    let method = http.get("method").and_then(Value::as_str).unwrap_or("GET");
    let url = http.get("url").and_then(Value::as_str).ok_or("http has no url")?;
    let body = body(http)?;
    if form == Form::Body {
        return Ok(body);
    }
    let head = format!(
        "{method} {url} HTTP/1.1\r\nHost: segel\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    Ok([head.into_bytes(), body].concat())
}

/// The word of a line that says what a server answered: its body alone is read.
const RESPONSE: &str = "response";

/// A body without anything that asks for something.
fn is_answer(http: &Value) -> bool {
    let has = |name| http.get(name).is_some();
    has("body") && !has("url") && !has("method")
}

/// The body of a request or of an answer.
fn body(http: &Value) -> Result<Vec<u8>, &'static str> {
    Ok(match http.get("body") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) => text.as_bytes().to_vec(),
        Some(Value::Object(body)) if body.contains_key("hex") => body
            .get("hex")
            .and_then(Value::as_str)
            .and_then(unhex)
            .ok_or("hex is no hexadecimal")?,
        Some(json) => json.to_string().into_bytes(),
    })
}

fn moment(value: &Value) -> Option<ServerTime> {
    let unix_ms = match value {
        Value::String(text) => parse_rfc3339(text)?,
        other => other.as_i64()?,
    };
    Some(ServerTime::from_unix_ms(unix_ms))
}

/// Takes whole frames off the front, escapes undone, and shows them as hexadecimal.
fn frames(protocol: Protocol, partial: &mut Vec<u8>) -> Vec<String> {
    let (frames, used) = match protocol {
        Protocol::Jointech => jointech::frame::split(partial, Limits::default().frame_bytes as usize),
        Protocol::Osmand => http::split(partial, Limits::default().request_bytes as usize),
        Protocol::Gt06 => gt06::frame::split(partial, Limits::default().frame_bytes as usize),
        Protocol::Kingwo => kingwo::frame::split(partial, Limits::default().frame_bytes as usize),
        Protocol::Eseal => eseal::frame::split(partial, Limits::default().frame_bytes as usize),
        Protocol::Queclink => queclink::frame::split(partial, Limits::default().frame_bytes as usize),
        Protocol::Meitrack => meitrack::frame::split(partial, Limits::default().frame_bytes as usize),
        Protocol::Teltonika => teltonika::frame::split(partial, Limits::default().frame_bytes as usize),
        Protocol::Jt808 => jt808::frame::split(partial, Limits::default().frame_bytes as usize),
        Protocol::Open | Protocol::Flespi | Protocol::Teratrack | Protocol::Tive => {
            objects::frame::split(partial, Limits::default().request_bytes as usize)
        }
        Protocol::Orbcomm => objects::frame::split(partial, orbcomm::PAGE_BYTES),
        Protocol::JointechCloud => mqtt::frame::split(partial, Limits::default().request_bytes as usize),
    };
    partial.drain(..used);
    frames.iter().map(|frame| hex(frame)).collect()
}

#[derive(Serialize, Default)]
struct Answer {
    n: u64,
    frames: Vec<String>,
    reports: Vec<ReportLine>,
    replies: Vec<String>,
    oddities: Vec<OddityLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    close: Option<&'static str>,
}

#[derive(Serialize)]
struct ReportLine {
    device: String,
    kind: ReportKind,
    time: Option<String>,
    received: String,
    backfill: bool,
    position: Option<PositionLine>,
    battery_percent: Option<u8>,
    seal: SealLine,
    signals: Vec<Value>,
    cell: Option<Cell>,
    serial: Option<u32>,
    extra: Map<String, Value>,
}

#[derive(Serialize)]
struct PositionLine {
    lat: f64,
    lon: f64,
    valid: bool,
    source: FixSource,
    speed_kmh: Option<f32>,
    course_deg: Option<f32>,
    altitude_m: Option<f32>,
    satellites: Option<u8>,
}

#[derive(Serialize)]
struct SealLine {
    rope: Option<bool>,
    motor: Option<bool>,
    cover: Option<bool>,
    sealed: Option<bool>,
}

#[derive(Serialize)]
struct OddityLine {
    offset: u32,
    what: String,
    hex: String,
}

impl ReportLine {
    fn new(report: &Report, learned: Option<Learned>) -> Self {
        Self {
            device: report.device.0.clone(),
            kind: report.kind,
            time: report.time.map(|time| rfc3339(time.unix_ms)),
            received: rfc3339(report.received.unix_ms),
            backfill: report.backfill,
            position: report.fix.map(PositionLine::new),
            battery_percent: report.battery.and_then(|battery| battery.percent),
            seal: SealLine {
                rope: report.lock.rope,
                motor: report.lock.motor,
                cover: report.lock.cover,
                sealed: report.lock.sealed(),
            },
            signals: report.signals.iter().map(signal).collect(),
            cell: report.cell,
            serial: report.serial,
            extra: extra(report, learned),
        }
    }
}

impl PositionLine {
    fn new(fix: Fix) -> Self {
        Self {
            lat: fix.position.lat,
            lon: fix.position.lon,
            valid: fix.valid,
            source: fix.source,
            speed_kmh: fix.speed_kmh,
            course_deg: fix.course_deg,
            altitude_m: fix.altitude_m,
            satellites: fix.satellites,
        }
    }
}

impl OddityLine {
    fn new(oddity: &Oddity) -> Self {
        Self {
            offset: oddity.offset,
            what: oddity.what.clone(),
            hex: hex(&oddity.bytes),
        }
    }
}

/// Its name where there is nothing more to say, otherwise an object with the name as `signal` and what it says.
fn signal(signal: &Signal) -> Value {
    let name = signal.name();
    match serde_json::to_value(signal) {
        Ok(Value::Object(mut tagged)) => match tagged.remove(name) {
            Some(Value::Object(mut details)) => {
                details.insert("signal".into(), name.into());
                Value::Object(details)
            }
            _ => name.into(),
        },
        _ => name.into(),
    }
}

/// What stands beside the report. This tool is run by somebody who holds the raw bytes, so it shows the secrets in
/// them; nothing else in Segel does.
fn extra(report: &Report, learned: Option<Learned>) -> Map<String, Value> {
    let value = |extra: &Extra| match extra {
        Extra::Flag(flag) => json!(flag),
        Extra::Whole(whole) => json!(whole),
        Extra::Number(number) => json!(number),
        Extra::Text(text) => json!(text),
    };
    let mut map: Map<String, Value> = report
        .extra
        .iter()
        .map(|(name, extra)| (name.to_string(), value(extra)))
        .collect();
    if let Some(accuracy_m) = report.fix.and_then(|fix| fix.accuracy_m) {
        map.insert("accuracy_m".into(), json!(accuracy_m));
    }
    if report.battery.is_some_and(|battery| battery.charging) {
        map.insert("charging".into(), Value::Bool(true));
    }
    match learned {
        Some(Learned::DynamicPassword { password, .. }) => {
            map.insert("dynamic_password".into(), Value::String(password));
        }
        Some(Learned::StaticPassword { password, .. }) => {
            map.insert("static_password".into(), Value::String(password));
        }
        None => {}
    }
    map
}

const fn reason_name(reason: Reason) -> &'static str {
    match reason {
        Reason::NotASeal => "not_a_seal",
        Reason::TooMuchGarbage => "too_much_garbage",
        Reason::BadRequest => "bad_request",
        Reason::Asked => "asked",
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    let nibble = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    let byte = |&[high, low]: &[u8; 2]| Some((nibble(high)? << 4) | nibble(low)?);
    if odd.is_empty() {
        pairs.iter().map(byte).collect()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(protocol: Protocol, lines: &[&str], expect: Expect) {
        let mut tool = Tool::new(protocol, Profile::ANY);
        let now = ServerTime::from_unix_ms(1_770_111_020_000);
        let answers: Vec<String> = lines.iter().map(|line| tool.line(line, now)).collect();
        expect.assert_eq(&answers.join("\n"));
    }

    #[test]
    fn text_is_read_and_answered_in_order() {
        check(
            Protocol::Jointech,
            &[
                r#"{"text": "(7100000042,@JT)(7100000042,P22,2)", "recv_time": "2026-02-03T09:30:20Z"}"#,
                r#"{"text": "(7100000042,P52,2,113271)"}"#,
            ],
            expect![[r#"
                {"n":1,"frames":["28373130303030303034322c404a5429","28373130303030303034322c5032322c3229"],"reports":[{"device":"7100000042","kind":"heartbeat","time":null,"received":"2026-02-03T09:30:20.000Z","backfill":false,"position":null,"battery_percent":null,"seal":{"rope":null,"motor":null,"cover":null,"sealed":null},"signals":["heartbeat"],"cell":null,"serial":null,"extra":{}},{"device":"7100000042","kind":"happening","time":null,"received":"2026-02-03T09:30:20.000Z","backfill":false,"position":null,"battery_percent":null,"seal":{"rope":null,"motor":null,"cover":null,"sealed":null},"signals":["clock_unset"],"cell":null,"serial":null,"extra":{}}],"replies":["285032322c30333032323630393330323029"],"oddities":[]}
                {"n":2,"frames":["28373130303030303034322c5035322c322c31313332373129"],"reports":[{"device":"7100000042","kind":"happening","time":null,"received":"2026-02-03T09:30:20.000Z","backfill":false,"position":null,"battery_percent":null,"seal":{"rope":null,"motor":null,"cover":null,"sealed":null},"signals":[],"cell":null,"serial":null,"extra":{"command":"P52,2","dynamic_password":"113271"}}],"replies":["285035322c322c31313332373129"],"oddities":[]}"#]],
        );
    }

    #[test]
    fn a_cut_frame_is_continued_on_its_own_connection() {
        check(
            Protocol::Jointech,
            &[
                r#"{"conn": "a", "text": "(7100000042,"}"#,
                r#"{"conn": "b", "text": "(7100000043,@JT)"}"#,
                r#"{"conn": "a", "text": "@JT)"}"#,
            ],
            expect![[r#"
                {"n":1,"frames":[],"reports":[],"replies":[],"oddities":[]}
                {"n":2,"frames":["28373130303030303034332c404a5429"],"reports":[{"device":"7100000043","kind":"heartbeat","time":null,"received":"2026-02-03T09:30:20.000Z","backfill":false,"position":null,"battery_percent":null,"seal":{"rope":null,"motor":null,"cover":null,"sealed":null},"signals":["heartbeat"],"cell":null,"serial":null,"extra":{}}],"replies":[],"oddities":[]}
                {"n":3,"frames":["28373130303030303034322c404a5429"],"reports":[{"device":"7100000042","kind":"heartbeat","time":null,"received":"2026-02-03T09:30:20.000Z","backfill":false,"position":null,"battery_percent":null,"seal":{"rope":null,"motor":null,"cover":null,"sealed":null},"signals":["heartbeat"],"cell":null,"serial":null,"extra":{}}],"replies":[],"oddities":[]}"#]],
        );
    }

    #[test]
    fn a_phone_asks_over_http() {
        check(
            Protocol::Osmand,
            &[
                r#"{"http": {"method": "GET", "url": "/?id=phone-1&lat=-6.95&lon=110.42&timestamp=1770111015&speed=10&batt=87.4&accuracy=4.5"}}"#,
                r#"{"http": {"method": "GET", "url": "/favicon.ico"}}"#,
            ],
            expect![[r#"
                {"n":1,"frames":["474554202f3f69643d70686f6e652d31266c61743d2d362e3935266c6f6e3d3131302e34322674696d657374616d703d313737303131313031352673706565643d313026626174743d38372e342661636375726163793d342e3520485454502f312e310d0a486f73743a20736567656c0d0a436f6e74656e742d4c656e6774683a20300d0a0d0a"],"reports":[{"device":"phone-1","kind":"record","time":"2026-02-03T09:30:15.000Z","received":"2026-02-03T09:30:20.000Z","backfill":false,"position":{"lat":-6.95,"lon":110.42,"valid":true,"source":"unknown","speed_kmh":18.52,"course_deg":null,"altitude_m":null,"satellites":null},"battery_percent":87,"seal":{"rope":null,"motor":null,"cover":null,"sealed":null},"signals":[],"cell":null,"serial":null,"extra":{"accuracy_m":4.5}}],"replies":["485454502f312e3120323030204f4b0d0a436f6e74656e742d4c656e6774683a20300d0a436f6e6e656374696f6e3a206b6565702d616c6976650d0a0d0a"],"oddities":[]}
                {"n":2,"frames":["474554202f66617669636f6e2e69636f20485454502f312e310d0a486f73743a20736567656c0d0a436f6e74656e742d4c656e6774683a20300d0a0d0a"],"reports":[],"replies":["485454502f312e31203430302042616420526571756573740d0a436f6e74656e742d4c656e6774683a20300d0a436f6e6e656374696f6e3a206b6565702d616c6976650d0a0d0a"],"oddities":[{"offset":135,"what":"no_device_id","hex":"474554202f66617669636f6e2e69636f20485454502f312e310d0a486f73743a20736567656c0d0a436f6e74656e742d4c656e6774683a20300d0a0d0a"}]}"#]],
        );
    }

    #[test]
    fn a_capture_is_lines_of_json_of_digits_or_bytes() {
        let json = "{\"text\": \"(7100000042,@JT)\"}\n\n{\"hex\": \"28\"}\n";
        assert_eq!(
            lines(json.as_bytes()),
            ["{\"text\": \"(7100000042,@JT)\"}", "{\"hex\": \"28\"}"]
        );
        assert_eq!(
            lines(b"2837\r\n  3130 \n"),
            ["{\"hex\":\"2837\"}", "{\"hex\":\"3130\"}"]
        );
        assert_eq!(lines(b"(7\xFF"), ["{\"hex\":\"2837ff\"}"]);
        assert_eq!(lines(b""), ["{\"hex\":\"\"}"]);
    }

    #[test]
    fn lines_of_one_connection_are_one_stream() {
        let lines = [
            r#"{"conn": "a", "text": "(710"}"#,
            r#"{"conn": "b", "text": "x"}"#,
            "nonsense",
            r#"{"conn": "a", "text": "0000042,@JT)"}"#,
        ];
        let streams = streams(&lines.map(String::from));
        assert_eq!(streams, [b"(7100000042,@JT)".to_vec(), b"x".to_vec()]);
    }

    #[test]
    fn a_guess_tells_its_reasons() {
        let now = ServerTime::from_unix_ms(1_770_111_020_000);
        let said = |text: &str| -> Value {
            let guess = crate::guess(&[text.as_bytes().to_vec()], now);
            serde_json::from_str(&guess_line(&guess)).expect("it is JSON")
        };
        let beat = said("(7100000042,@JT)");
        assert_eq!(
            (&beat["protocol"], &beat["why"]),
            (&json!("jointech"), &Value::Null)
        );
        assert_eq!(
            beat["readings"][0],
            json!({"protocol": "jointech", "dialect": null, "score": 1000, "frames": 1, "sound": 1, "reports": 1, "left": 0})
        );
        let nothing = said("hello");
        assert_eq!(nothing["protocol"], Value::Null);
        assert_eq!(
            nothing["why"],
            "no protocol makes sense of even half of these bytes"
        );
    }

    #[test]
    fn a_line_that_cannot_be_read_says_why() {
        check(
            Protocol::Jointech,
            &[
                "nonsense",
                r#"{"hex": "2"}"#,
                r#"{"hex": "zz"}"#,
                "{}",
                r#"{"text": "", "recv_time": "noon"}"#,
            ],
            expect![[r#"
                {"error":"the line is no JSON","n":1}
                {"error":"hex is no hexadecimal","n":2}
                {"error":"hex is no hexadecimal","n":3}
                {"error":"the line has no hex, text or http","n":4}
                {"error":"recv_time is neither RFC 3339 nor milliseconds","n":5}"#]],
        );
    }
}
