//! What each message adds to the envelope, in the dialect's words. Nothing here opens a seal.

use serde_json::{Value, json};

use segel_model::grant::Way;
use segel_model::observed::{FixUse, Place, Standing};
use segel_model::photo::PhotoKind;
use segel_model::skp::{ClockResult, Detail, PhotoTold};
use segel_model::trip::{Clock, TripMode};
use segel_model::{Observed, PersonId};

use super::{Setting, Zone, closed_or_open, hex};

/// The payload of a message; `locations` are those of its range, where it has one.
pub(super) fn of(detail: &Detail, setting: &Setting<'_>, zone: &Zone, locations: &[Observed]) -> Value {
    let who = |person: &PersonId| person_of(*person, setting);
    match detail {
        Detail::None => json!({}),
        Detail::Request {
            tps_origin,
            tps_destination,
            mode,
            install_wanted,
            start_window,
        } => json!({
            "jenis": "PERMOHONAN",
            "tpsAsal": tps_origin,
            "tpsTujuan": tps_destination,
            "modus": match mode { TripMode::Sealed => "SEGEL", TripMode::CargoTracker => "PELACAK" },
            "waktuPasangDiminta": install_wanted.and_then(|at| zone.moment(at.unix_ms)),
            "mulaiBerangkat": start_window.and_then(|(from, _)| zone.moment(from.unix_ms)),
            "batasBerangkat": start_window.and_then(|(_, until)| zone.moment(until.unix_ms)),
        }),
        Detail::Assignment { technician } => json!({
            "jenis": "PENUGASAN",
            "petugas": technician.as_ref().map(who),
        }),
        Detail::Route {
            route,
            distance_m,
            transit_time_s,
            interval_s,
        } => json!({
            "nomorRute": route.to_string(),
            "jarakMeter": distance_m,
            "waktuTempuhDetik": transit_time_s,
            "intervalLokasiDetik": interval_s,
        }),
        Detail::Installation {
            technician,
            bolt_seal,
            by_hand,
            clocks,
        } => json!({
            "petugas": technician.as_ref().map(who),
            "segelBaut": bolt_seal,
            "dicatatManual": by_hand,
            "waktuSop": clocks_of(clocks),
        }),
        Detail::Photos { photos, clocks } => json!({
            "foto": photos.iter().map(|photo| photo_of(photo, zone)).collect::<Vec<_>>(),
            "waktuSop": clocks_of(clocks),
        }),
        Detail::Range { from, until, .. } => json!({
            "dari": zone.moment(from.unix_ms),
            "sampai": zone.moment(until.unix_ms),
            "lokasi": locations.iter().filter_map(|observed| location(observed, zone)).collect::<Vec<_>>(),
        }),
        Detail::Alarm { code, severity, why } => {
            json!({"kodeAlarm": code, "tingkat": severity, "keterangan": why})
        }
        Detail::Arrival {
            departed,
            planned_s,
            officer,
        } => json!({
            "waktuBerangkat": departed.and_then(|at| zone.moment(at.unix_ms)),
            "waktuTempuhRencanaDetik": planned_s,
            "dasar": if officer.is_some() { "PETUGAS" } else { "LOKASI" },
            "pejabat": officer.as_ref().map(who),
        }),
        Detail::Grant {
            grant,
            executor,
            officer,
            way,
            place,
            from,
            until,
            reason,
        } => json!({
            "nomorIzin": grant.to_string(),
            "pelaksana": who(executor),
            "pejabat": officer.as_ref().map(who),
            "metode": method(*way),
            "tempat": place,
            "berlakuDari": zone.moment(from.unix_ms),
            "berlakuSampai": zone.moment(until.unix_ms),
            "alasan": reason,
        }),
        Detail::Opening {
            grant,
            executor,
            way,
            credential,
        } => json!({
            "nomorIzin": grant.map(|grant| grant.to_string()),
            "pelaksana": executor.as_ref().map(who),
            "metode": way.map(method),
            "kredensial": credential,
        }),
        Detail::Closing {
            clean,
            clocks,
            reports,
            alarms,
            openings,
            openings_without_grant,
            photos,
        } => json!({
            "keterangan": if *clean { "selesai" } else { "selesai dengan catatan" },
            "waktuSop": clocks_of(clocks),
            "jumlahLaporan": reports,
            "alarm": alarms.iter().map(|(code, raised, open)| {
                json!({"kodeAlarm": code, "jumlah": raised, "terbuka": open})
            }).collect::<Vec<_>>(),
            "jumlahPembukaan": openings,
            "pembukaanTanpaIzin": openings_without_grant,
            "jumlahFoto": photos,
            "sha256Jurnal": hex(&setting.journal_head),
        }),
        Detail::Note { text } => json!({"keterangan": text}),
    }
}

fn person_of(person: PersonId, setting: &Setting<'_>) -> Value {
    json!({"id": person.to_string(), "nama": setting.names.person(person)})
}

fn clocks_of(clocks: &[ClockResult]) -> Vec<Value> {
    let one = |result: &ClockResult| {
        json!({
            "jam": match result.clock {
                Clock::Install => "T1",
                Clock::InstallPhotos => "T2",
                Clock::Removal => "T3",
                Clock::RemovalPhotos => "T4",
            },
            "batasDetik": result.limit_s,
            "lamaDetik": result.took_ms.map(|took_ms| took_ms / 1_000),
            "dipenuhi": result.met,
        })
    };
    clocks.iter().map(one).collect()
}

const fn method(way: Way) -> &'static str {
    match way {
        Way::Command => "PERINTAH",
        Way::Card => "KARTU",
        Way::DynamicPassword => "SANDI_SEKALI",
        Way::ByHand => "MANUAL",
    }
}

fn photo_of(photo: &PhotoTold, zone: &Zone) -> Value {
    json!({
        "jenis": shows(photo.kind),
        "sha256": photo.blob,
        "waktuFoto": photo.taken.and_then(|taken| zone.moment(taken.unix_ms)),
        "waktuSimpan": zone.moment(photo.stored.unix_ms),
        "lintang": photo.place.map(|place| place.lat),
        "bujur": photo.place.map(|place| place.lon),
        "terlambat": photo.late,
    })
}

const fn shows(kind: PhotoKind) -> &'static str {
    match kind {
        PhotoKind::DoorWithNumber => "PINTU_NOMOR_KONTAINER",
        PhotoKind::SealCloseUp => "SEGEL_DEKAT",
        PhotoKind::LockingRods => "BATANG_PENGUNCI",
        PhotoKind::TruckWithPlate => "TRUK_NOMOR_POLISI",
        PhotoKind::BoltSeal => "SEGEL_BAUT",
        PhotoKind::SealBeforeOpening => "SEGEL_SEBELUM_DIBUKA",
        PhotoKind::DoorAfterRemoval => "PINTU_SETELAH_LEPAS",
        PhotoKind::DeviceCondition => "KONDISI_PERANGKAT",
        PhotoKind::Other => "LAINNYA",
    }
}

/// A fix that judges nothing is told with its reason: SKP sees the same track as we do.
fn location(observed: &Observed, zone: &Zone) -> Option<Value> {
    let Place {
        position,
        speed_kmh,
        use_,
        ..
    } = observed.place?;
    Some(json!({
        "waktu": zone.moment(observed.at.unix_ms),
        "lintang": position.lat,
        "bujur": position.lon,
        "kecepatan": speed_kmh,
        "sah": use_ == FixUse::Judges && observed.standing != Standing::Undated,
        "statusSegel": observed.lock.sealed().map(closed_or_open),
        "statusBaterai": observed.battery_percent,
        "tersimpan": observed.backfill,
    }))
}

#[cfg(test)]
mod tests {
    use segel_model::{BlobHash, EventTime, GrantId, RecordedTime, ServerTime};

    use super::super::tests::{outgoing, told};
    use super::*;

    /// The example that the page of the dialect gives for this heading, so that page and program say the same.
    fn on_the_page(heading: &str) -> Value {
        let page = include_str!("../../../../../docs/skp-dialect.md");
        let (_, after) = page
            .split_once(&format!("### {heading}\n"))
            .unwrap_or_else(|| panic!("no heading {heading}"));
        let (_, after) = after.split_once("```json\n").expect("an example");
        let (example, _) = after.split_once("```").expect("its end");
        serde_json::from_str(example).unwrap_or_else(|failure| panic!("{heading}: {failure}"))
    }

    fn check(heading: &str, detail: Detail) {
        assert_eq!(
            told(&outgoing(detail))["payload"],
            on_the_page(heading),
            "{heading}"
        );
    }

    fn clock(clock: Clock, limit_s: u32, took_ms: i64) -> ClockResult {
        ClockResult {
            clock,
            limit_s,
            took_ms: Some(took_ms),
            met: Some(took_ms <= i64::from(limit_s) * 1_000),
        }
    }

    const MORNING: i64 = 1_764_123_015_000;

    fn at(seconds: i64) -> ServerTime {
        ServerTime::from_unix_ms(MORNING + seconds * 1_000)
    }

    #[test]
    fn a_request_and_an_assignment_say_who_and_between_where() {
        check(
            "E02, a request",
            Detail::Request {
                tps_origin: "TPKS".into(),
                tps_destination: "GDGB".into(),
                mode: TripMode::Sealed,
                install_wanted: Some(at(3_600)),
                start_window: Some((at(7_200), at(10_800))),
            },
        );
        check(
            "E02, an assignment",
            Detail::Assignment {
                technician: Some(PersonId(12)),
            },
        );
    }

    #[test]
    fn an_installation_says_who_and_how_long() {
        check(
            "E04",
            Detail::Installation {
                technician: Some(PersonId(12)),
                bolt_seal: Some("BS-7781".into()),
                by_hand: None,
                clocks: vec![clock(Clock::Install, 300, 121_500)],
            },
        );
    }

    #[test]
    fn photos_say_what_they_show_when_and_where() {
        let photo = PhotoTold {
            kind: PhotoKind::DoorWithNumber,
            blob: BlobHash([0xcd; 32]),
            taken: Some(RecordedTime::from_unix_ms(MORNING)),
            stored: at(40),
            place: segel_geo::Position::new(-6.95, 110.42),
            late: false,
        };
        let clocks = vec![clock(Clock::InstallPhotos, 600, 601_000)];
        let photos = vec![photo];
        check("E05, E14", Detail::Photos { photos, clocks });
    }

    #[test]
    fn an_arrival_a_grant_and_an_opening_name_people_and_never_a_secret() {
        check(
            "E11",
            Detail::Arrival {
                departed: Some(EventTime::from_unix_ms(MORNING)),
                planned_s: Some(3_600),
                officer: None,
            },
        );
        check(
            "E12",
            Detail::Grant {
                grant: GrantId(3),
                executor: PersonId(12),
                officer: Some(PersonId(4)),
                way: Way::Card,
                place: "GDGB".into(),
                from: at(0),
                until: at(1_800),
                reason: "lengkap".into(),
            },
        );
        check(
            "E13",
            Detail::Opening {
                grant: Some(GrantId(3)),
                executor: Some(PersonId(12)),
                way: Some(Way::Card),
                credential: Some("*7890".into()),
            },
        );
    }

    #[test]
    fn a_closing_says_its_clocks_counts_and_the_journals_head() {
        let clocks = vec![
            clock(Clock::Install, 300, 120_000),
            clock(Clock::InstallPhotos, 600, 60_000),
            clock(Clock::Removal, 300, 301_000),
            clock(Clock::RemovalPhotos, 600, 120_000),
        ];
        check(
            "E15",
            Detail::Closing {
                clean: false,
                clocks,
                reports: 87,
                alarms: vec![("A08".into(), 2, 0), ("A21".into(), 1, 1)],
                openings: 1,
                openings_without_grant: 0,
                photos: 7,
            },
        );
    }

    #[test]
    fn a_route_and_an_alarm_say_what_they_are() {
        check(
            "E03",
            Detail::Route {
                route: 5,
                distance_m: 8_840,
                transit_time_s: 3_600,
                interval_s: 60,
            },
        );
        check(
            "E07",
            Detail::Alarm {
                code: "A01".into(),
                severity: "S1".into(),
                why: "tali putus".into(),
            },
        );
    }

    /// A person whose record was erased is still the same number.
    #[test]
    fn an_erased_person_is_told_without_a_name() {
        let detail = Detail::Assignment {
            technician: Some(PersonId(13)),
        };
        let expected = json!({"jenis": "PENUGASAN", "petugas": {"id": "13", "nama": null}});
        assert_eq!(told(&outgoing(detail))["payload"], expected);
    }
}
