//! Words that every answer uses: moments, places, sentences, pages, refusals.

use jiff::Timestamp;
use segel_geo::Position as Place;
use segel_model as model;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use utoipa::openapi::schema::{KnownFormat, Object, SchemaFormat, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

/// A moment in UTC, RFC 3339 with milliseconds: `2026-11-24T08:15:00.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Milliseconds since 1970.
    pub unix_ms: i64,
}

impl Moment {
    /// The moment that many milliseconds after 1970.
    pub const fn from_unix_ms(unix_ms: i64) -> Self {
        Self { unix_ms }
    }

    /// Reads RFC 3339 in any zone.
    pub fn parse(text: &str) -> Option<Self> {
        let timestamp: Timestamp = text.parse().ok()?;
        Some(Self::from_unix_ms(timestamp.as_millisecond()))
    }

    /// As text; a moment outside the calendar is shown as its edge.
    pub fn text(self) -> String {
        let timestamp = Timestamp::from_millisecond(self.unix_ms).unwrap_or(Timestamp::MAX);
        format!("{timestamp:.3}")
    }
}

macro_rules! moments {
    ($($time:ident)*) => {$(
        impl From<model::$time> for Moment {
            fn from(time: model::$time) -> Self {
                Self { unix_ms: time.unix_ms }
            }
        }
    )*};
}
moments! { ServerTime DeviceTime EventTime RecordedTime }

impl From<Moment> for model::ServerTime {
    fn from(moment: Moment) -> Self {
        Self::from_unix_ms(moment.unix_ms)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not a moment by RFC 3339"))
    }
}

impl PartialSchema for Moment {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        Object::builder()
            .schema_type(SchemaType::new(Type::String))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("A moment in UTC, RFC 3339 with milliseconds."))
            .examples(["2026-11-24T08:15:00.000Z"])
            .into()
    }
}

impl ToSchema for Moment {}

/// A day of the calendar, in the office's own zone: `2026-11-24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub model::document::Day);

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let model::document::Day { year, month, day } = self.0;
        to.serialize_str(&format!("{year:04}-{month:02}-{day:02}"))
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let date: jiff::civil::Date = text.parse().map_err(D::Error::custom)?;
        Ok(Self(model::document::Day {
            year: date.year(),
            month: date.month().unsigned_abs(),
            day: date.day().unsigned_abs(),
        }))
    }
}

impl PartialSchema for Day {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        Object::builder()
            .schema_type(SchemaType::new(Type::String))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
            .description(Some("A day in the office's own zone."))
            .examples(["2026-11-24"])
            .into()
    }
}

impl ToSchema for Day {}

/// A place, WGS 84, degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"lat": -6.9435, "lon": 110.4243}))]
pub struct Position {
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
}

impl From<Place> for Position {
    fn from(place: Place) -> Self {
        Self {
            lat: place.lat,
            lon: place.lon,
        }
    }
}

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"id": "412 m di luar koridor selama 3 menit 10 detik", "en": "412 m outside the corridor for 3 min 10 s"}))]
pub struct Bilingual {
    /// Bahasa Indonesia.
    pub id: String,
    /// English.
    pub en: String,
}

impl Bilingual {
    /// A sentence in both languages.
    pub fn new(id: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            en: en.into(),
        }
    }
}

impl From<model::alarm::Bilingual> for Bilingual {
    fn from(say: model::alarm::Bilingual) -> Self {
        Self {
            id: say.id,
            en: say.en,
        }
    }
}

/// A page of a list. `next` is the cursor of the following page; it is absent on the last one.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Page<T: ToSchema> {
    /// This page's lines.
    pub items: Vec<T>,
    /// Pass it as `?cursor=` to read on.
    pub next: Option<String>,
}

/// A thing and its name, enough to show a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Named {
    /// Its number.
    #[schema(example = 3)]
    pub id: u64,
    /// What people call it.
    #[schema(example = "PT Segel Nusantara")]
    pub name: String,
}

/// The answer to what was asked and done: it is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"seq": 4711, "id": 7}))]
pub struct Done {
    /// The journal entry that says so.
    pub seq: u64,
    /// The number of the thing that was made, where one was.
    pub id: Option<u64>,
}

/// A reason in words.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"reason": "nomor kontainer tidak sesuai"}))]
pub struct Reason {
    /// Why.
    pub reason: String,
}

/// A remark in words; may be empty.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"remark": "sesuai dokumen"}))]
pub struct Remark {
    /// The remark.
    #[serde(default)]
    pub remark: String,
}

/// A note in words.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"note": "sopir sudah dihubungi"}))]
pub struct Note {
    /// The note.
    pub note: String,
}

/// Why something was not done (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "type": "urn:segel:problem:document_not_verified",
    "title": "Aturan tidak mengizinkan",
    "status": 422,
    "detail": "Dokumen belum diverifikasi; minta pejabat memeriksanya.",
    "detail_en": "The document is not verified yet; ask an officer to look at it.",
    "code": "document_not_verified",
    "instance": "urn:segel:request:0f3a9c1de2b44a70",
    "request_id": "0f3a9c1de2b44a70",
    "fields": []
}))]
pub struct ProblemBody {
    /// A stable name of the sort of problem, `urn:segel:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// What sort of refusal, in Indonesian.
    pub title: String,
    /// The HTTP status again.
    pub status: u16,
    /// What happened and what to do next, in Indonesian.
    pub detail: String,
    /// The same in English.
    pub detail_en: String,
    /// Stable, snake case.
    pub code: String,
    /// This very occurrence.
    pub instance: String,
    /// The number to quote when asking for help; it stands in the log.
    pub request_id: String,
    /// Which fields are wrong, where the request itself is.
    pub fields: Vec<FieldProblem>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldProblem {
    /// The field, as in the request.
    pub field: String,
    /// What is wrong with it, in Indonesian.
    pub detail: String,
    /// The same in English.
    pub detail_en: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_utc_with_milliseconds_and_read_in_any_zone() {
        let moment = Moment::from_unix_ms(1_795_508_100_000);
        assert_eq!(
            serde_json::to_string(&moment).expect("a moment is writable"),
            "\"2026-11-24T08:15:00.000Z\""
        );
        let jakarta: Moment = serde_json::from_str("\"2026-11-24T15:15:00+07:00\"").expect("RFC 3339");
        assert_eq!(jakarta, moment);
        assert!(serde_json::from_str::<Moment>("\"24/11/2026\"").is_err());
    }

    #[test]
    fn a_day_that_is_not_in_the_calendar_is_refused() {
        assert!(serde_json::from_str::<Day>("\"2026-02-29\"").is_err());
        let day: Day = serde_json::from_str("\"2024-02-29\"").expect("2024 is a leap year");
        assert_eq!(serde_json::to_string(&day).expect("writable"), "\"2024-02-29\"");
    }
}
