//! The report that a certifier signs: a page of HTML that needs nothing else, the same as JSON, and the whole conversation as a
//! log whose SHA-256 stands in both.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use segel_model::ServerTime;
use segel_model::alarm::Bilingual;
use segel_model::report::Protocol;
use segel_server::profiles::SealProfile;
use segel_wire::calendar::rfc3339;
use segel_wire::mask_secrets;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::stand::{Logged, Stand, Way};
use super::steps::{Done, Verdict};
use super::words::{both, title};

/// WIB.
const ZONE_MS: i64 = 7 * 3_600_000;

/// What came of a test.
pub struct Report {
    profile: &'static SealProfile,
    seal: String,
    firmware: Option<String>,
    began: ServerTime,
    ended: ServerTime,
    steps: Vec<Done>,
    frames: String,
    sha256: String,
}

impl Report {
    /// The report of a stand after its last step.
    pub fn of(stand: &Stand, began: ServerTime, steps: Vec<Done>) -> Self {
        let frames = frame_log(&stand.log);
        Self {
            profile: stand.profile,
            seal: stand
                .device
                .as_ref()
                .map(|device| device.0.clone())
                .unwrap_or_default(),
            firmware: stand.firmware.clone(),
            began,
            ended: stand.now(),
            steps,
            sha256: hex(&Sha256::digest(frames.as_bytes())),
            frames,
        }
    }

    /// How many steps failed.
    pub fn failed(&self) -> usize {
        let failed = |done: &&Done| matches!(done.verdict, Verdict::Failed(_));
        self.steps.iter().filter(failed).count()
    }

    /// Writes the page, and beside it the JSON and the frame log.
    pub fn write(&self, path: &Path) -> Result<()> {
        let (json, frames) = (path.with_extension("json"), path.with_extension("frames"));
        let log = frames
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let files = [
            (path, self.html(&log)),
            (json.as_path(), format!("{:#}\n", self.json(&log))),
            (frames.as_path(), self.frames.clone()),
        ];
        for (path, text) in files {
            fs::write(path, text).with_context(|| format!("could not write {}", path.display()))?;
        }
        Ok(())
    }

    /// The report for machines.
    pub fn json(&self, log: &str) -> Value {
        let steps: Vec<Value> = self.steps.iter().map(|done| self.step_json(done)).collect();
        json!({
            "program": env!("CARGO_PKG_VERSION"),
            "profile": {
                "name": self.profile.name, "version": self.profile.version, "text": self.profile.text(),
                "maker": self.profile.maker, "model": self.profile.model, "protocol": self.profile.protocol.name(),
            },
            "seal": self.seal,
            "firmware": self.firmware,
            "began": rfc3339(self.began.unix_ms),
            "ended": rfc3339(self.ended.unix_ms),
            "passed": self.failed() == 0,
            "steps": steps,
            "frame_log": { "file": log, "sha256": self.sha256, "lines": self.frames.lines().count() },
        })
    }

    fn step_json(&self, done: &Done) -> Value {
        let (result, why) = result(&done.verdict);
        let title = title(&done.step);
        json!({
            "title": { "id": title.id, "en": title.en },
            "result": result,
            "why": why.map(|why| json!({ "id": why.id, "en": why.en })),
            "began": rfc3339(done.began.unix_ms),
            "ended": rfc3339(done.ended.unix_ms),
            "log_lines": [done.lines.0 + 1, done.lines.1],
            "frames": shown(self.profile.protocol, done),
        })
    }

    /// The report for people.
    pub fn html(&self, log: &str) -> String {
        let mut page = String::from(HEAD);
        self.facts(&mut page, log);
        let head = both("Langkah", "Step");
        let _ = write!(
            page,
            "<table><thead><tr><th>#</th><th>{}</th><th>Hasil <i>Result</i></th><th>Waktu <i>Time</i> (WIB)</th></tr></thead><tbody>",
            cell(&head)
        );
        for (number, done) in (1..).zip(&self.steps) {
            self.row(&mut page, number, done);
        }
        page.push_str("</tbody></table>");
        page.push_str(SIGNATURE);
        page
    }

    fn facts(&self, page: &mut String, log: &str) {
        let profile = self.profile;
        let verdict = match self.failed() {
            0 => both("LULUS: tidak ada langkah yang gagal", "PASSED: no step failed"),
            failed => both(
                format!("TIDAK LULUS: {failed} langkah gagal"),
                format!("NOT PASSED: {failed} steps failed"),
            ),
        };
        let _ = write!(page, "<p class=\"verdict\">{}</p><dl>", cell(&verdict));
        let firmware = self.firmware.clone().unwrap_or_else(|| "-".into());
        let facts = [
            (both("Segel", "Seal"), self.seal.clone()),
            (
                both("Firmware (menurut segel)", "Firmware (as the seal says)"),
                firmware,
            ),
            (
                both("Pembuat dan model", "Maker and model"),
                format!("{} {}", profile.maker, profile.model),
            ),
            (both("Profil", "Profile"), profile.text().to_owned()),
            (both("Protokol", "Protocol"), profile.protocol.name().to_owned()),
            (
                both("Program", "Program"),
                format!("segel {}", env!("CARGO_PKG_VERSION")),
            ),
            (both("Mulai", "Began"), wib(self.began)),
            (both("Selesai", "Ended"), wib(self.ended)),
            (
                both("Catatan bingkai", "Frame log"),
                format!("{log} ({} lines)", self.frames.lines().count()),
            ),
            (
                both("SHA-256 catatan bingkai", "SHA-256 of the frame log"),
                self.sha256.clone(),
            ),
        ];
        for (name, value) in facts {
            let _ = write!(page, "<dt>{}</dt><dd>{}</dd>", cell(&name), escaped(&value));
        }
        page.push_str("</dl>");
    }

    fn row(&self, page: &mut String, number: usize, done: &Done) {
        let (name, why) = result(&done.verdict);
        let said = match done.verdict {
            Verdict::Passed => both("Lulus", "Passed"),
            Verdict::Failed(_) => both("Gagal", "Failed"),
            Verdict::NotApplicable(_) => both("Tidak berlaku", "Not applicable"),
        };
        let why = why.map(|why| format!("<p>{}</p>", cell(why))).unwrap_or_default();
        let _ = write!(
            page,
            "<tr class=\"{name}\"><td>{number}</td><td>{}{why}{}</td><td>{}</td><td>{}<br>{}<br>baris <i>lines</i> {}-{}</td></tr>",
            cell(&title(&done.step)),
            frames_html(self.profile.protocol, done),
            cell(&said),
            wib(done.began),
            wib(done.ended),
            done.lines.0 + 1,
            done.lines.1,
        );
    }
}

/// The conversation as text: a moment, a direction, bytes.
fn frame_log(log: &[Logged]) -> String {
    let mut text = String::new();
    for Logged { at, way, bytes } in log {
        let way = match way {
            Way::In => "in",
            Way::Out => "out",
        };
        let _ = writeln!(text, "{} {way} {}", rfc3339(at.unix_ms), hex(bytes));
    }
    text
}

/// The deciding frames of a step; passwords in them are masked, the log has them whole.
fn shown(protocol: Protocol, done: &Done) -> Vec<String> {
    done.proofs
        .iter()
        .map(|raw| hex(&mask_secrets(protocol, raw)))
        .collect()
}

fn frames_html(protocol: Protocol, done: &Done) -> String {
    let frames = shown(protocol, done);
    if frames.is_empty() {
        return String::new();
    }
    let count = frames.len();
    format!(
        "<details open><summary>Bingkai <i>Frames</i> ({count})</summary><pre>{}</pre></details>",
        frames.join("\n")
    )
}

/// Its name for machines, and why.
const fn result(verdict: &Verdict) -> (&'static str, Option<&Bilingual>) {
    match verdict {
        Verdict::Passed => ("passed", None),
        Verdict::Failed(why) => ("failed", Some(why)),
        Verdict::NotApplicable(why) => ("not_applicable", Some(why)),
    }
}

fn cell(say: &Bilingual) -> String {
    format!("{} <i>{}</i>", escaped(&say.id), escaped(&say.en))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn wib(at: ServerTime) -> String {
    let local = rfc3339(at.plus_ms(ZONE_MS).unix_ms);
    format!("{} WIB", local.trim_end_matches('Z').replace('T', " "))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

const HEAD: &str = r#"<!doctype html>
<html lang="id"><head><meta charset="utf-8"><title>Uji kesesuaian segel elektronik</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 14px/1.45 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #111; }
i { color: #555; font-style: italic; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #999; padding: .4rem .5rem; text-align: left; vertical-align: top; }
tr.failed td:nth-child(3) { font-weight: bold; background: #fde8e8; }
tr.passed td:nth-child(3) { background: #e8f6ec; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 11px; margin: .3rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.verdict { font-size: 1.2rem; font-weight: bold; }
.sign { display: grid; grid-template-columns: 1fr 1fr; gap: 2.5rem 2rem; margin-top: 3rem; }
.sign div { border-top: 1px solid #111; padding-top: .3rem; }
</style></head><body>
<h1>Uji kesesuaian segel elektronik <i>Conformance test of an electronic seal</i></h1>
"#;

const SIGNATURE: &str = r#"
<div class="sign"><div>Nama <i>Name</i></div><div>Tempat <i>Place</i></div>
<div>Tanggal <i>Date</i></div><div>Tanda tangan <i>Signature</i></div></div>
</body></html>
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_seal_says_is_never_html() {
        assert_eq!(
            cell(&both("<b>", "a & \"b\"")),
            "&lt;b&gt; <i>a &amp; &quot;b&quot;</i>"
        );
    }

    #[test]
    fn times_are_those_of_western_indonesia() {
        assert_eq!(
            wib(ServerTime::from_unix_ms(1_770_111_015_000)),
            "2026-02-03 16:30:15.000 WIB"
        );
    }
}
