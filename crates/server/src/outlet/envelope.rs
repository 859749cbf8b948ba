//! Our messages in SKP's dialect: CEISA-like camelCase JSON, times in the office's own zone as `dd-MM-yyyy HH:mm:ss`.
//!
//! The page `docs/skp-dialect.md` says what each field means. A message is built when it is sent; its name and its facts
//! were frozen when it was decided, so a second sending says the same.

mod payload;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use segel_model::document::Day;
use segel_model::skp::Envelope;
use segel_model::{Observed, Rulebook, ServerTime};
use segel_store::outbox::Outgoing;

use super::names::{Machine, Names};

/// The dialect's version, so that a receiver can tell an old message from a new one.
const VERSION: &str = "1.1";

/// What the envelope does not hold.
pub struct Setting<'a> {
    /// This installation.
    pub machine: &'a Machine,
    /// The provider's code, as SKP knows it.
    pub provider_code: &'a str,
    /// The rules, for the zone of the office.
    pub rules: &'a Rulebook,
    /// Who is called what, as far as that is not erased.
    pub names: &'a dyn Names,
    /// The journal's chain up to the entry that decided the message.
    pub journal_head: [u8; 32],
    /// When it is sent.
    pub now: ServerTime,
}

/// The effect's own name: the entry that decided it and its place in it, the same after every crash.
pub fn name(outgoing: &Outgoing) -> String {
    format!("{}-{}", outgoing.seq, outgoing.ordinal)
}

/// The message as SKP is told it; `locations` are those of its range, where it has one.
pub fn message(outgoing: &Outgoing, setting: &Setting<'_>, locations: &[Observed]) -> Value {
    let zone = Zone::of(&outgoing.envelope, setting.rules);
    let payload = payload::of(&outgoing.envelope.detail, setting, &zone, locations);
    let digest = Sha256::digest(payload.to_string());
    let mut fields = common(outgoing, setting, &zone);
    fields.insert("payload".into(), payload);
    fields.insert("sha256".into(), hex(&digest).into());
    correct(&mut fields, &outgoing.corrections);
    Value::Object(fields)
}

fn common(outgoing: &Outgoing, setting: &Setting<'_>, zone: &Zone) -> Map<String, Value> {
    let envelope = &outgoing.envelope;
    let document = envelope.document.as_ref();
    let name = name(outgoing);
    let fields = json!({
        "idMesin": setting.machine.id(),
        "idPesan": setting.machine.message_id(&name),
        "nomorEntri": name,
        "kodePesan": outgoing.code,
        "versi": VERSION,
        "waktuKirim": zone.moment(setting.now.unix_ms),
        "kodeProvider": setting.provider_code,
        "kodeKantor": envelope.office,
        "kodeDokumen": document.map(|(kind, ..)| kind.code().to_string()),
        "nomorDokumen": document.map(|(_, number, _)| number),
        "tanggalDokumen": document.map(|(_, _, date)| day(*date)),
        "nomorKontainer": envelope.container,
        "nomorESeal": envelope.seal_label,
        "nomorPolisi": envelope.plate.as_ref().and_then(|hash| setting.names.plate(hash)),
        "waktuKejadian": zone.moment(envelope.at.unix_ms),
        "zonaWaktu": zone.name(),
        "lintang": envelope.place.map(|place| place.lat),
        "bujur": envelope.place.map(|place| place.lon),
        "akurasi": envelope.accuracy_m,
        "kecepatan": envelope.speed_kmh,
        "statusSegel": envelope.sealed.map(closed_or_open),
        "statusBaterai": envelope.battery_percent,
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

const fn closed_or_open(sealed: bool) -> &'static str {
    if sealed { "TERKUNCI" } else { "TERBUKA" }
}

/// Corrections of a person, by field name; `payload.keterangan` reaches inside.
fn correct(fields: &mut Map<String, Value>, corrections: &[(String, String)]) {
    for (field, value) in corrections {
        let value = Value::String(value.clone());
        match field.strip_prefix("payload.") {
            Some(inner) => {
                if let Some(payload) = fields.get_mut("payload").and_then(Value::as_object_mut) {
                    payload.insert(inner.into(), value);
                }
            }
            // The name of a message is what makes a repeat a repeat; nobody may correct it.
            None if ["idMesin", "idPesan", "nomorEntri"].contains(&field.as_str()) => {}
            None => {
                fields.insert(field.clone(), value);
            }
        }
    }
}

/// The office's own time.
struct Zone {
    offset_h: u8,
    zone: TimeZone,
}

impl Zone {
    fn of(envelope: &Envelope, rules: &Rulebook) -> Self {
        let offset_h = rules
            .office(&envelope.office)
            .map_or(7, |office| office.utc_offset_h);
        let offset = i8::try_from(offset_h)
            .ok()
            .and_then(|hours| Offset::from_hours(hours).ok());
        Self {
            offset_h,
            zone: TimeZone::fixed(offset.unwrap_or(Offset::UTC)),
        }
    }

    fn name(&self) -> String {
        match self.offset_h {
            7 => "WIB".into(),
            8 => "WITA".into(),
            9 => "WIT".into(),
            other => format!("UTC+{other}"),
        }
    }

    fn moment(&self, unix_ms: i64) -> Option<String> {
        let zoned = Timestamp::from_millisecond(unix_ms)
            .ok()?
            .to_zoned(self.zone.clone());
        Some(zoned.strftime("%d-%m-%Y %H:%M:%S").to_string())
    }
}

fn day(day: Day) -> String {
    format!("{:02}-{:02}-{:04}", day.day, day.month, day.year)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use segel_model::document::DocumentKind;
    use segel_model::skp::{Detail, Lane, MessageCode};
    use segel_model::{EventTime, MessageId, OfficeCode, PersonId, SecretHash, TripId};
    use segel_store::outbox::OutboxState;

    use super::*;

    /// Who is called what in these tests; everybody else was erased.
    struct Known;

    impl Names for Known {
        fn person(&self, person: PersonId) -> Option<String> {
            (person == PersonId(12)).then(|| "Teo".into())
        }

        fn plate(&self, hash: &SecretHash) -> Option<String> {
            (hash.0 == [5; 32]).then(|| "H 1234 AB".into())
        }
    }

    pub(super) fn outgoing(detail: Detail) -> Outgoing {
        Outgoing {
            message: MessageId(4),
            seq: 812,
            ordinal: 3,
            trip: TripId(7),
            lane: Lane::Milestones,
            code: MessageCode::E04,
            state: OutboxState::Waiting,
            attempts: 0,
            queued: ServerTime::from_unix_ms(1_764_123_015_000),
            next_try: ServerTime::from_unix_ms(1_764_123_015_000),
            last_error: None,
            reference: None,
            corrections: Vec::new(),
            envelope: Envelope {
                office: OfficeCode("060100".into()),
                document: Some((
                    DocumentKind::Bc12,
                    "000123".into(),
                    Day {
                        year: 2025,
                        month: 11,
                        day: 5,
                    },
                )),
                container: "CSQU3054383".into(),
                seal_label: Some("JT701-098231".into()),
                plate: Some(SecretHash([5; 32])),
                at: EventTime::from_unix_ms(1_764_123_015_000),
                place: segel_geo::Position::new(-6.95, 110.42),
                accuracy_m: Some(7.5),
                speed_kmh: Some(42.0),
                sealed: Some(true),
                battery_percent: Some(87),
                detail,
            },
        }
    }

    pub(super) fn told(outgoing: &Outgoing) -> Value {
        let rules = crate::rules::load(crate::rules::DEFAULT).unwrap_or_else(|failure| panic!("{failure}"));
        let setting = Setting {
            machine: &Machine::numbered([1; 16]),
            provider_code: "TT01",
            rules: &rules,
            names: &Known,
            journal_head: [0xab; 32],
            now: ServerTime::from_unix_ms(1_764_123_020_000),
        };
        message(outgoing, &setting, &[])
    }

    #[test]
    fn the_envelope_is_told_in_the_dialect() {
        let told = told(&outgoing(Detail::None));
        let expected = json!({
            "idMesin": "01010101-0101-0101-0101-010101010101",
            "idPesan": Machine::numbered([1; 16]).message_id("812-3"), "nomorEntri": "812-3",
            "kodePesan": "E04", "versi": "1.1",
            "waktuKirim": "26-11-2025 09:10:20", "waktuKejadian": "26-11-2025 09:10:15", "zonaWaktu": "WIB",
            "kodeProvider": "TT01", "kodeKantor": "060100",
            "kodeDokumen": "4", "nomorDokumen": "000123", "tanggalDokumen": "05-11-2025",
            "nomorKontainer": "CSQU3054383", "nomorESeal": "JT701-098231", "nomorPolisi": "H 1234 AB",
            "lintang": -6.95, "bujur": 110.42, "akurasi": 7.5, "kecepatan": 42.0, "statusSegel": "TERKUNCI", "statusBaterai": 87,
            "payload": {},
            "sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        });
        assert_eq!(told, expected);
    }

    /// Names lie in erasable records: after an erasure the message goes out without.
    #[test]
    fn a_plate_that_was_erased_is_not_told() {
        let mut outgoing = outgoing(Detail::None);
        outgoing.envelope.plate = Some(SecretHash([6; 32]));
        assert_eq!(told(&outgoing)["nomorPolisi"], Value::Null);
    }

    #[test]
    fn a_person_corrects_fields_but_never_the_name() {
        let mut outgoing = outgoing(Detail::Note {
            text: "selesai".into(),
        });
        outgoing.corrections = [
            ("nomorDokumen", "000124"),
            ("payload.keterangan", "lengkap"),
            ("idPesan", "1-1"),
            ("nomorEntri", "1-1"),
            ("idMesin", "another"),
        ]
        .map(|(field, value)| (field.to_owned(), value.to_owned()))
        .to_vec();
        let told = told(&outgoing);
        assert_eq!(told["nomorDokumen"], "000124");
        assert_eq!(told["payload"]["keterangan"], "lengkap");
        let machine = Machine::numbered([1; 16]);
        assert_eq!(told["idPesan"], machine.message_id("812-3"));
        assert_eq!(told["nomorEntri"], "812-3");
        assert_eq!(told["idMesin"], machine.id());
    }
}
