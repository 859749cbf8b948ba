//! The form of a profile file: TOML, `[[profile]]` for each version of each profile, unknown names refused.

use segel_model::ServerTime;
use segel_model::alarm::Bilingual;
use segel_model::document::Day;
use segel_model::report::Protocol;
use segel_model::rulebook::Intervals;
use segel_model::seal::CertificateKind;
use segel_wire::Dialect;
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::failure::{Place, ProfileFailure};
use super::{Curve, Firmware, Opening, SealProfile, Sense, check, day_text};

/// A profile and where it stands.
pub(super) struct Placed {
    pub profile: SealProfile,
    pub place: Place,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    profile: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Spanned<String>,
    version: Spanned<u32>,
    in_force: Spanned<Datetime>,
    maker: Spanned<String>,
    model: Spanned<String>,
    #[serde(default)]
    firmware: Firmware,
    protocol: Spanned<Protocol>,
    #[serde(default)]
    dialect: Option<Spanned<String>>,
    #[serde(default)]
    clock_ahead_min: Option<Spanned<i16>>,
    #[serde(default)]
    opens: Vec<Opening>,
    senses: Vec<Sense>,
    #[serde(default)]
    lacks: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    battery_mv: Option<Spanned<Vec<(u16, u8)>>>,
    #[serde(default)]
    certificate: Option<CertificateKind>,
    #[serde(default)]
    interval: Option<Spanned<Intervals>>,
    #[serde(default)]
    remarks: Option<Remarks>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Remarks {
    id: String,
    en: String,
}

/// The profiles of a file, each by itself in order.
pub(super) fn read(file: &str, text: &str) -> Result<Vec<Placed>, ProfileFailure> {
    let form: File = toml::from_str(text).map_err(|failure| {
        let byte = failure.span().map_or(0, |span| span.start);
        let why = failure.message().replace('\n', " ");
        ProfileFailure::new(
            &Place::of(file, text, byte),
            format!("tidak sesuai bentuk berkas profil ({why}); lihat docs/profiles.md"),
            format!("it is not the form of a profile file ({why}); see docs/profiles.md"),
        )
    })?;
    let source = Source { file, text };
    form.profile
        .into_iter()
        .map(|entry| source.profile(entry))
        .collect()
}

/// A file, for saying where something stands in it.
struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn place<T>(&self, of: &Spanned<T>) -> Place {
        Place::of(self.file, self.text, of.span().start)
    }

    fn profile(&self, entry: Entry) -> Result<Placed, ProfileFailure> {
        let place = self.place(&entry.name);
        self.check_words(&entry)?;
        let wire = segel_wire::Profile {
            dialect: self.dialect(&entry)?,
            clock_ahead_min: self.clock(&entry)?,
        };
        let in_force = self.day(&entry.in_force)?;
        let protocol = *entry.protocol.get_ref();
        let lacks = self.lacks(&entry, wire)?;
        let battery = self.curve(entry.battery_mv.as_ref())?;
        let interval = self.interval(entry.interval.as_ref())?;
        let (name, version) = (entry.name.into_inner(), entry.version.into_inner());
        let profile = SealProfile {
            text: format!("{name}@v{version}/{}", wire.text()),
            since: self.since(&entry.in_force, in_force)?,
            name,
            version,
            in_force,
            maker: entry.maker.into_inner(),
            model: entry.model.into_inner(),
            firmware: entry.firmware,
            protocol,
            wire,
            opens: entry.opens,
            senses: entry.senses,
            lacks,
            battery,
            certificate: entry.certificate,
            interval,
            remarks: entry.remarks.map(|Remarks { id, en }| Bilingual { id, en }),
        };
        Ok(Placed { profile, place })
    }

    fn check_words(&self, entry: &Entry) -> Result<(), ProfileFailure> {
        let name = entry.name.get_ref();
        if !check::is_name(name) {
            return Err(ProfileFailure::new(
                &self.place(&entry.name),
                format!(
                    "nama \"{name}\" tidak boleh; pakai huruf kecil, angka, dan tanda hubung, dan bukan nama dialek"
                ),
                format!(
                    "the name \"{name}\" will not do; use small letters, digits and hyphens, and no dialect's name"
                ),
            ));
        }
        if *entry.version.get_ref() == 0 {
            return Err(ProfileFailure::new(
                &self.place(&entry.version),
                "versi dihitung mulai 1; tulis `version = 1`",
                "versions are counted from 1; write `version = 1`",
            ));
        }
        let empty = [&entry.maker, &entry.model]
            .into_iter()
            .find(|text| text.get_ref().trim().is_empty());
        empty.map_or(Ok(()), |empty| {
            Err(ProfileFailure::new(
                &self.place(empty),
                "pembuat dan model harus diisi; orang memilih profil menurut keduanya",
                "say maker and model; by them people choose a profile",
            ))
        })
    }

    fn dialect(&self, entry: &Entry) -> Result<Dialect, ProfileFailure> {
        let Some(named) = &entry.dialect else {
            return Ok(Dialect::Any);
        };
        let (name, protocol) = (named.get_ref(), *entry.protocol.get_ref());
        let known = Dialect::from_name(name)
            .filter(|dialect| dialect.protocol().is_none_or(|spoken| spoken == protocol));
        known.ok_or_else(|| {
            let spoken: Vec<&str> = Dialect::names_of(protocol).collect();
            let (spoken, protocol) = (spoken.join(", "), protocol.name());
            ProfileFailure::new(
                &self.place(named),
                format!("dialek \"{name}\" tidak ada untuk protokol {protocol}; pilih salah satu: {spoken}"),
                format!("there is no dialect \"{name}\" of protocol {protocol}; choose one of {spoken}"),
            )
        })
    }

    fn clock(&self, entry: &Entry) -> Result<Option<i16>, ProfileFailure> {
        let Some(clock) = &entry.clock_ahead_min else {
            return Ok(None);
        };
        let ahead = *clock.get_ref();
        if check::CLOCKS_MIN.contains(&ahead) {
            return Ok(Some(ahead));
        }
        Err(ProfileFailure::new(
            &self.place(clock),
            format!("jam {ahead} menit di depan UTC tidak ada; tulis menit, 420 untuk WIB"),
            format!("no clock is {ahead} minutes ahead of UTC; write minutes, 480 for China"),
        ))
    }

    fn day(&self, written: &Spanned<Datetime>) -> Result<Day, ProfileFailure> {
        let date = written.get_ref();
        let alone = date.time.is_none() && date.offset.is_none();
        let year = |year| i16::try_from(year).ok();
        let day = date.date.filter(|_| alone).and_then(|date| {
            Some(Day {
                year: year(date.year)?,
                month: date.month,
                day: date.day,
            })
        });
        day.ok_or_else(|| self.no_day(written))
    }

    /// Midnight WIB of a day.
    fn since(&self, written: &Spanned<Datetime>, day: Day) -> Result<ServerTime, ProfileFailure> {
        let midnight = segel_wire::calendar::parse_rfc3339(&format!("{}T00:00:00+07:00", day_text(day)));
        midnight
            .map(ServerTime::from_unix_ms)
            .ok_or_else(|| self.no_day(written))
    }

    fn no_day(&self, written: &Spanned<Datetime>) -> ProfileFailure {
        ProfileFailure::new(
            &self.place(written),
            "`in_force` adalah hari mulai berlaku; tulis `in_force = 2026-01-01`",
            "`in_force` is the day from which it holds; write `in_force = 2026-01-01`",
        )
    }

    fn lacks(&self, entry: &Entry, wire: segel_wire::Profile) -> Result<Vec<String>, ProfileFailure> {
        let Some(lacks) = &entry.lacks else {
            return Ok(Vec::new());
        };
        let spoken = super::orders_of(*entry.protocol.get_ref(), wire);
        let idle = lacks
            .get_ref()
            .iter()
            .find(|order| !spoken.contains(&order.as_str()));
        if let Some(idle) = idle {
            let spoken = spoken.join(", ");
            return Err(ProfileFailure::new(
                &self.place(lacks),
                format!(
                    "bahasanya memang tidak mengenal perintah \"{idle}\"; hapus dari `lacks` (dikenal: {spoken})"
                ),
                format!(
                    "its language has no order \"{idle}\" anyway; take it out of `lacks` (it has {spoken})"
                ),
            ));
        }
        Ok(lacks.get_ref().clone())
    }

    fn curve(&self, points: Option<&Spanned<Vec<(u16, u8)>>>) -> Result<Option<Curve>, ProfileFailure> {
        let Some(points) = points else {
            return Ok(None);
        };
        Curve::new(points.get_ref().clone()).map(Some).map_err(|wrong| {
            let nth = wrong + 1;
            ProfileFailure::new(
                &self.place(points),
                format!(
                    "kurva baterai harus naik: paling sedikit dua titik [milivolt, persen], paling banyak 100 persen; perbaiki titik ke-{nth}"
                ),
                format!(
                    "the battery's curve must rise: at least two points of [millivolts, per cent], at most 100 per cent; mend point {nth}"
                ),
            )
        })
    }

    fn interval(&self, written: Option<&Spanned<Intervals>>) -> Result<Option<Intervals>, ProfileFailure> {
        let Some(written) = written else {
            return Ok(None);
        };
        let range = *written.get_ref();
        let rises = |min: u32, max: u32| 0 < min && min <= max;
        if rises(range.awake_min_s, range.awake_max_s) && rises(range.asleep_min_s, range.asleep_max_s) {
            return Ok(Some(range));
        }
        Err(ProfileFailure::new(
            &self.place(written),
            "selang pelaporan terpendek harus lebih dari 0 dan tidak melebihi yang terpanjang",
            "the shortest interval must be above 0 and not above the longest",
        ))
    }
}
