//! The closing report: what the trip was, on one page, as data and as paper.

use axum::response::{Html, IntoResponse, Response};
use segel_custody::state;
use segel_model::TripId;
use segel_store::{Record, RecordKind};
use sha2::{Digest, Sha256};

use super::assessing;
use super::timeline::Told;
use crate::api::access::Caller;
use crate::api::people::zone;
use crate::api::problem::Problem;
use crate::api::reading::View;
use crate::api::say::duration;
use crate::api::types::{
    Alarm, Bilingual, ClockState, ClosingReport, Finding, Moment, Photo, PhotoKind, Support, TimelineLine,
};
use crate::auth::secrets;

/// Entries of a trip that are looked through for its steps: a trip has some dozens, a stormy one some hundreds.
const ENTRIES_MAX: usize = 1000;

/// In which language it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Bahasa Indonesia.
    Id,
    /// English.
    En,
}

/// The closing report of a trip the asker may see; before its end it says how far it is.
pub fn report(view: &View<'_>, caller: &Caller, id: u64) -> Result<ClosingReport, Problem> {
    let (record, trip): (_, state::Trip) = view.seen(RecordKind::Trip, id)?;
    let route = super::route_of(view, &trip)?;
    let assessed = assessing::assessed(view, TripId(id), &trip, route.as_ref())?;
    let reports = assessing::report_count(view, &trip, route.as_ref(), assessed.as_ref());
    let assessment = assessing::show(view, TripId(id), &trip, reports, assessed.as_ref())?;
    let whole = super::whole(view, caller, &record, &trip, reports)?;
    let told = Told::of(TripId(id), &trip);
    let alarms = alarms(view, TripId(id))?;
    let mut report = ClosingReport {
        with_remarks: trip.ended_clean() == Some(false),
        alarms,
        photos: photos(view, TripId(id))?,
        steps: steps(view, &told)?,
        assessment,
        trip: whole,
        sha256: String::new(),
    };
    // What the asker may do next, and the clock on the wall, are no part of what happened.
    report.trip.next_steps.clear();
    report.sha256 = fingerprint(&report)?;
    Ok(report)
}

fn fingerprint(report: &ClosingReport) -> Result<String, Problem> {
    let bytes = serde_json::to_vec(report).map_err(|failure| Problem::failed(&failure))?;
    Ok(secrets::hex(&Sha256::digest(bytes)))
}

fn alarms(view: &View<'_>, trip: TripId) -> Result<Vec<Alarm>, Problem> {
    let all: Vec<(Record, state::Alarm)> = view.of_trip(RecordKind::Alarm, trip)?;
    all.into_iter()
        .map(|(record, alarm)| view.show_alarm(record.id, alarm))
        .collect()
}

fn photos(view: &View<'_>, trip: TripId) -> Result<Vec<Photo>, Problem> {
    let all: Vec<(Record, state::Photo)> = view.of_trip(RecordKind::Photo, trip)?;
    all.into_iter()
        .map(|(record, photo)| view.show_photo(record.id, trip, photo))
        .collect()
}

/// Every change of state, oldest first.
fn steps(view: &View<'_>, told: &Told) -> Result<Vec<TimelineLine>, Problem> {
    let entries = told.entries(view, u64::MAX, ENTRIES_MAX)?;
    let mut steps = Vec::new();
    for line in entries.iter().rev() {
        let mut lines = told.lines(view, &line.entry)?;
        lines.reverse();
        steps.extend(
            lines
                .into_iter()
                .filter(|line| matches!(line.kind.as_str(), "trip_moved" | "trip_opened")),
        );
    }
    Ok(steps)
}

/// The report as a page to print.
pub fn print(report: &ClosingReport, language: Language, utc_offset_h: u8) -> Response {
    let page = Paper {
        report,
        language,
        utc_offset_h,
    };
    Html(page.whole()).into_response()
}

struct Paper<'a> {
    report: &'a ClosingReport,
    language: Language,
    utc_offset_h: u8,
}

const STYLE: &str = "body{font:11pt/1.4 system-ui,sans-serif;color:#111;max-width:50rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:18pt;margin:0}h2{font-size:12pt;border-bottom:1px solid #999;margin:1.5rem 0 .5rem}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0}\
th{font-weight:600;white-space:nowrap}figure{display:inline-block;width:30%;margin:0 2% 1rem 0}\
figure img{width:100%}figcaption{font-size:9pt}code{font-size:8pt;word-break:break-all}\
@media (max-width:40rem){th{white-space:normal}td{overflow-wrap:anywhere}figure{width:44%}}@media print{body{margin:0}}";

impl Paper<'_> {
    fn whole(&self) -> String {
        let summary = &self.report.trip.summary;
        let (language, title) = match self.language {
            Language::Id => ("id", "Laporan Penutup E-Seal"),
            Language::En => ("en", "E-Seal Closing Report"),
        };
        format!(
            "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\"><title>{title} {}</title>\
             <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head><body>\
             <h1>{title}</h1><p>{} · {}</p>{}{}{}{}{}{}{}</body></html>",
            summary.id,
            escape(&summary.container),
            self.verdict(),
            self.facts(),
            self.clocks(),
            self.steps(),
            self.alarms(),
            self.assessment(),
            self.photos(),
            self.proof(),
        )
    }

    fn say(&self, id: &str, en: &str) -> String {
        match self.language {
            Language::Id => id.into(),
            Language::En => en.into(),
        }
    }

    fn either(&self, say: &Bilingual) -> String {
        escape(&self.say(&say.id, &say.en))
    }

    fn verdict(&self) -> String {
        let finished = self.report.trip.summary.state == crate::api::types::TripState::Completed;
        match (finished, self.report.with_remarks) {
            (false, _) => self.say("perjalanan belum selesai", "the trip is not finished yet"),
            (true, true) => self.say("selesai dengan catatan", "completed with remarks"),
            (true, false) => self.say("selesai", "completed"),
        }
    }

    fn time(&self, moment: Moment) -> String {
        let offset = jiff::tz::Offset::from_hours(i8::try_from(self.utc_offset_h).unwrap_or(7));
        let local = jiff::Timestamp::from_millisecond(moment.unix_ms)
            .ok()
            .zip(offset.ok())
            .map(|(timestamp, offset)| {
                offset
                    .to_datetime(timestamp)
                    .strftime("%d-%m-%Y %H:%M:%S")
                    .to_string()
            });
        format!(
            "{} {}",
            local.unwrap_or_else(|| moment.text()),
            zone(self.utc_offset_h)
        )
    }

    fn section(&self, id: &str, en: &str, body: &str) -> String {
        format!("<h2>{}</h2>{body}", self.say(id, en))
    }

    fn facts(&self) -> String {
        let trip = &self.report.trip;
        let summary = &trip.summary;
        let named = |named: &Option<crate::api::types::Named>| {
            named
                .as_ref()
                .map_or_else(|| "–".into(), |named| escape(&named.name))
        };
        let document = summary
            .document
            .as_ref()
            .map_or_else(String::new, |document| escape(&document.number));
        let state = super::super::say::state_words(summary.state.into());
        let counts = format!("{} / {}", trip.reports.received, trip.reports.expected);
        let when = |moment: Option<Moment>| moment.map_or_else(|| "–".into(), |moment| self.time(moment));
        let rows = [
            (self.say("Status", "State"), self.say(state.0, state.1)),
            (self.say("Dokumen", "Document"), document),
            (self.say("Pemilik", "Owner"), escape(&summary.owner.name)),
            (self.say("Penyedia", "Provider"), escape(&summary.provider.name)),
            (self.say("Segel", "Seal"), named(&summary.seal)),
            (self.say("Teknisi", "Technician"), named(&summary.technician)),
            (
                self.say("Nomor polisi", "Plate"),
                escape(summary.plate.as_deref().unwrap_or("–")),
            ),
            (self.say("Rute", "Route"), named(&summary.route)),
            (
                self.say("Asal – tujuan", "From – to"),
                format!(
                    "{} – {}",
                    escape(&summary.tps_origin),
                    escape(&summary.tps_destination)
                ),
            ),
            (self.say("Berangkat", "Departed"), when(trip.departed)),
            (self.say("Tiba", "Arrived"), when(trip.arrived)),
            (
                self.say("Laporan diterima / diharapkan", "Reports received / expected"),
                counts,
            ),
            (self.say("Jeda terpanjang", "Longest gap"), self.longest_gap()),
            (
                self.say("Jarak tempuh", "Distance"),
                self.either(&self.report.assessment.driven.say),
            ),
            (
                self.say("Di luar koridor", "Outside the corridor"),
                self.either(&self.report.assessment.outside.say),
            ),
        ];
        table(&rows.map(|(name, value)| vec![name, value]))
    }

    fn clocks(&self) -> String {
        let row = |clock: &crate::api::types::ClockView| {
            let state = match clock.state {
                ClockState::Met => self.say("terpenuhi", "met"),
                ClockState::Missed => self.say("terlampaui", "missed"),
                ClockState::Breached => self.say("terlampaui, sementara", "missed, provisional"),
                ClockState::Running => self.say("berjalan", "running"),
            };
            let took = clock.took_s.map_or_else(
                || "–".into(),
                |took_s| format!("{took_s:.0} s / {} s", clock.limit_s),
            );
            let ours = clock
                .we_were_absent
                .then(|| self.say("Segel tidak mendengar saat itu", "Segel did not listen then"));
            let later = clock
                .amended
                .then(|| self.say("diubah oleh bukti kemudian", "changed by later proof"));
            let remarks = [ours, later].into_iter().flatten().collect::<Vec<_>>().join("; ");
            vec![clock.name.clone(), state, took, self.time(clock.started), remarks]
        };
        let rows: Vec<_> = self.report.trip.clocks.iter().map(row).collect();
        self.section("Norma waktu", "SOP clocks", &table(&rows))
    }

    fn steps(&self) -> String {
        let row = |line: &TimelineLine| {
            let by = line
                .actor
                .person
                .as_ref()
                .map_or_else(|| self.no_person(&line.actor.kind), |person| escape(&person.name));
            vec![self.time(line.at), self.either(&line.say), by]
        };
        let rows: Vec<_> = self.report.steps.iter().map(row).collect();
        self.section("Langkah", "Steps", &table(&rows))
    }

    /// Who acted, where it was nobody with a name.
    fn no_person(&self, kind: &str) -> String {
        match kind {
            "seal" => self.say("segel", "the seal"),
            "clock" => self.say("jam", "the clock"),
            "skp" => "SKP".into(),
            "system" => self.say("sistem", "the system"),
            other => escape(other),
        }
    }

    fn alarms(&self) -> String {
        let row = |alarm: &Alarm| {
            let closed = alarm
                .closed
                .as_ref()
                .map_or_else(|| self.say("terbuka", "open"), |closed| escape(&closed.reason));
            vec![
                format!("{} ({:?})", alarm.code, alarm.severity),
                self.time(alarm.at),
                self.either(&alarm.why),
                closed,
            ]
        };
        let rows: Vec<_> = self.report.alarms.iter().map(row).collect();
        let none = self.say("Tidak ada.", "None.");
        let body = if rows.is_empty() { none } else { table(&rows) };
        self.section("Alarm", "Alarms", &body)
    }

    /// "12 min 5 s from 24-11-2026 08:15:00 WIB".
    fn longest_gap(&self) -> String {
        let Some(gap) = &self.report.trip.reports.longest_gap else {
            return "–".into();
        };
        let long = duration(gap.lasted_s * 1000);
        let (from, until) = (self.time(gap.from), self.time(gap.until));
        format!("{} ({from} – {until})", self.say(&long.id, &long.en))
    }

    /// What all reports show together, and the alarms that they do not support.
    fn assessment(&self) -> String {
        let assessment = &self.report.assessment;
        let found = |found: &Finding| {
            vec![
                format!("{} ({:?})", found.code, found.severity),
                format!("{} – {}", self.time(found.from), self.time(found.until)),
                self.either(&found.why),
            ]
        };
        let mut rows: Vec<_> = assessment.findings.iter().map(found).collect();
        let unsupported = assessment
            .alarms
            .iter()
            .filter(|alarm| alarm.support == Support::NotShown);
        rows.extend(unsupported.map(|alarm| {
            vec![
                format!("{} #{}", alarm.code, alarm.alarm),
                self.time(alarm.at),
                self.either(&alarm.say),
            ]
        }));
        let judged = match assessment.since {
            Some(_) => self.say(
                &format!(
                    "{} laporan dinilai, {} tanpa waktu yang dapat dipercaya, {} posisi terlalu lemah.",
                    assessment.judged, assessment.undated, assessment.weak_fixes
                ),
                &format!(
                    "{} reports judged, {} without a trustworthy time, {} fixes too weak.",
                    assessment.judged, assessment.undated, assessment.weak_fixes
                ),
            ),
            None => self.say("Segel belum terkunci.", "The seal has not been closed yet."),
        };
        self.section(
            "Penilaian seluruh laporan",
            "Assessment of all reports",
            &format!("<p>{judged}</p>{}", table(&rows)),
        )
    }

    fn photos(&self) -> String {
        let figure = |photo: &Photo| {
            let image = if photo.has_preview {
                format!("<img alt=\"\" src=\"/api/v1/photos/{}/preview\">", photo.id)
            } else {
                self.say("(tanpa pratinjau)", "(no preview)")
            };
            let kind = self.photo_kind(photo.kind);
            format!(
                "<figure>{image}<figcaption>{kind}<br><code>{}</code></figcaption></figure>",
                photo.sha256
            )
        };
        let all: String = self
            .report
            .photos
            .iter()
            .filter(|photo| photo.rejected.is_none())
            .map(figure)
            .collect();
        self.section("Foto", "Photos", &all)
    }

    fn photo_kind(&self, kind: PhotoKind) -> String {
        match kind {
            PhotoKind::DoorWithNumber => {
                self.say("Pintu dengan nomor peti kemas", "Door with container number")
            }
            PhotoKind::SealCloseUp => self.say("Segel dari dekat", "Seal close up"),
            PhotoKind::LockingRods => self.say("Gagang dan batang kunci", "Handle and locking rods"),
            PhotoKind::TruckWithPlate => self.say("Truk dengan pelat", "Truck with plate"),
            PhotoKind::BoltSeal => self.say("Segel baut", "Bolt seal"),
            PhotoKind::SealBeforeOpening => self.say("Segel sebelum dibuka", "Seal before opening"),
            PhotoKind::DoorAfterRemoval => self.say("Pintu setelah dilepas", "Door after removal"),
            PhotoKind::DeviceCondition => self.say("Kondisi perangkat", "Condition of the device"),
            PhotoKind::Other => self.say("Lainnya", "Other"),
        }
    }

    fn proof(&self) -> String {
        format!("<p><code>SHA-256 {}</code></p>", self.report.sha256)
    }
}

fn table(rows: &[Vec<String>]) -> String {
    let row = |cells: &Vec<String>| {
        let cells = cells.iter().enumerate();
        let cells = cells.map(|(place, cell)| {
            let tag = if place == 0 { "th" } else { "td" };
            format!("<{tag}>{cell}</{tag}>")
        });
        format!("<tr>{}</tr>", cells.collect::<String>())
    };
    format!("<table>{}</table>", rows.iter().map(row).collect::<String>())
}

/// Text that people typed, so that it is only text.
fn escape(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut safe, letter| {
            match letter {
                '&' => safe.push_str("&amp;"),
                '<' => safe.push_str("&lt;"),
                '>' => safe.push_str("&gt;"),
                '"' => safe.push_str("&quot;"),
                '\'' => safe.push_str("&#39;"),
                other => safe.push(other),
            }
            safe
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_typed_stays_text() {
        assert_eq!(escape("<b>\"&'"), "&lt;b&gt;&quot;&amp;&#39;");
    }
}
