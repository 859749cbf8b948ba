//! Events in words, for timelines and the live stream; and what an event is about.
//!
//! An event's fields carry the names of the vocabulary, so what it is about is read from its written form.

pub mod intake;
mod reasons;

use segel_model::alarm::AlarmOutcome;
use segel_model::event::Subject;
use segel_model::trip::{Clock, TripState};
use segel_model::{
    AlarmId, DocumentId, Event, EventTime, GrantId, MessageId, OrderId, PhotoId, Role, RouteId, SealId,
    TripId,
};
use serde_json::Value;

use super::types::{Bilingual, Position};
use super::view::{alarm_title, clock_name, message_title};

/// What an event is about, and when and where it happened, as far as it says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct About {
    /// Its stable name.
    pub name: String,
    /// The trip it names.
    pub trip: Option<TripId>,
    /// The seal it names.
    pub seal: Option<SealId>,
    /// The alarm it names.
    pub alarm: Option<AlarmId>,
    /// The document it names.
    pub document: Option<DocumentId>,
    /// The route it names.
    pub route: Option<RouteId>,
    /// The grant it names.
    pub grant: Option<GrantId>,
    /// The photo it names.
    pub photo: Option<PhotoId>,
    /// The order it names.
    pub order: Option<OrderId>,
    /// The message it names.
    pub message: Option<MessageId>,
    /// When it happened.
    pub at: Option<EventTime>,
    /// Where.
    pub place: Option<Position>,
}

/// Parts of an event in which more of what it is about stands.
const INSIDE: [&str; 5] = ["finding", "what", "ordered", "circumstance", "envelope"];

impl About {
    /// Of an event.
    pub fn of(event: &Event) -> Self {
        match serde_json::to_value(event) {
            Ok(Value::Object(whole)) => {
                whole
                    .into_iter()
                    .next()
                    .map_or_else(Self::default, |(name, fields)| Self {
                        name,
                        ..Self::of_fields(&fields)
                    })
            }
            Ok(Value::String(name)) => Self {
                name,
                ..Self::default()
            },
            _ => Self::default(),
        }
    }

    fn of_fields(fields: &Value) -> Self {
        let find = |name: &str| {
            let inside = INSIDE.iter().filter_map(|part| fields.get(part)?.get(name));
            std::iter::once(fields.get(name))
                .flatten()
                .chain(inside)
                .find(|value| !value.is_null())
        };
        let number = |name: &str| find(name).and_then(Value::as_u64);
        let order = number("order").or_else(|| fields.get("ordered")?.get("id")?.as_u64());
        Self {
            name: String::new(),
            trip: number("trip").map(TripId),
            seal: number("seal").map(SealId),
            alarm: number("alarm").map(AlarmId),
            document: number("document").map(DocumentId),
            route: number("route").map(RouteId),
            grant: number("grant").map(GrantId),
            photo: number("photo").map(PhotoId),
            order: order.map(OrderId),
            message: number("message").map(MessageId),
            at: find("at").and_then(Value::as_i64).map(EventTime::from_unix_ms),
            place: find("place").and_then(position),
        }
    }

    /// Whom to ask who may see it: the thing nearest to people.
    pub fn subject(&self) -> Option<Subject> {
        (self.trip.map(Subject::Trip))
            .or(self.alarm.map(Subject::Alarm))
            .or(self.grant.map(Subject::Grant))
            .or(self.photo.map(Subject::Photo))
            .or(self.message.map(Subject::Message))
            .or(self.order.map(Subject::Order))
            .or(self.document.map(Subject::Document))
            .or(self.route.map(Subject::Route))
            .or(self.seal.map(Subject::Seal))
    }
}

fn position(value: &Value) -> Option<Position> {
    Some(Position {
        lat: value.get("lat")?.as_f64()?,
        lon: value.get("lon")?.as_f64()?,
    })
}

/// An event in words.
pub fn say(event: &Event) -> Bilingual {
    match event {
        Event::Refused { refusal, command, .. } => Bilingual::new(
            format!("Permintaan {command} ditolak: {}", refusal.say.id),
            format!("Request {command} refused: {}", refusal.say.en),
        ),
        Event::TripOpened { request, .. } => both(
            format!("Perjalanan dibuka untuk {}", request.container),
            format!("Trip opened for {}", request.container),
        ),
        Event::DriverNamed { driver: Some(_), .. } => both("Pengemudi ditunjuk", "Driver named"),
        Event::DriverNamed { .. } => both("Pengemudi belum ditentukan lagi", "The driver is open again"),
        Event::DocumentAttached { .. } => both("Dokumen dilampirkan", "Document attached"),
        Event::LineBacked { line, .. } => both(
            format!("Lolos gerbang dengan baris dokumen {}", line + 1),
            format!("The gate let it through on line {} of the document", line + 1),
        ),
        Event::TripPlanned { .. } => both("Rute dipilih", "Route chosen"),
        Event::SealAssigned { .. } => both("Segel ditugaskan", "Seal assigned"),
        Event::SealReleased { reason, .. } => with("Segel dilepas dari penugasan", "Seal released", reason),
        Event::InstallBegun { remarks, .. } => remarked("Pemasangan dimulai", "Installation begun", remarks),
        Event::RecordedTimeNotBelieved { why, .. } => remarked(
            "Waktu telepon tidak dipakai",
            "The phone's time does not count",
            core::slice::from_ref(why),
        ),
        Event::SealClosed { by_hand: None, .. } => both("Segel terkunci", "Seal locked"),
        Event::SealClosed {
            by_hand: Some(why), ..
        } => with(
            "Segel dicatat terkunci oleh petugas",
            "Seal recorded as locked by hand",
            why,
        ),
        Event::DepartureAuthorised { remark, .. } => {
            with("Keberangkatan diizinkan", "Departure authorised", remark)
        }
        Event::SealChecked {
            number_matches,
            looks_untouched,
            remark,
            ..
        } => checked(*number_matches && *looks_untouched, remark),
        Event::HeldTripDecided {
            release: true,
            reason,
            ..
        } => with("Perjalanan dilepas dari penahanan", "Held trip released", reason),
        Event::HeldTripDecided { reason, .. } => with("Perjalanan tetap ditahan", "Trip stays held", reason),
        Event::TripMoved { to, circumstance, .. } => {
            let (id, en) = state_words(*to);
            with(id, en, &circumstance.reason)
        }
        Event::Granted { what, .. } => with("Izin lepas diberikan", "Removal authorised", &what.reason),
        Event::PlaceVouched { reason, .. } => with(
            "Pejabat menjamin lokasi",
            "An officer vouched for the place",
            reason,
        ),
        Event::GrantEnded { reason, .. } => with("Izin lepas berakhir", "The grant ended", reason),
        Event::SealOpened {
            grant: Some(_), how, ..
        } => with("Segel dibuka sesuai izin", "Seal opened under its grant", how),
        Event::SealOpened { grant: None, how, .. } => {
            with("Segel dibuka TANPA izin", "Seal opened WITHOUT a grant", how)
        }
        Event::RemovalFinished { .. } => both("Segel dilepas", "Seal removed"),
        Event::ClockStarted { clock, limit_s, .. } => {
            clock_says(*clock, "mulai", "started", &limit(*limit_s))
        }
        Event::ClockStopped {
            clock, took_ms, met, ..
        } => clock_ended(*clock, *took_ms, *met),
        Event::ClockAmended {
            clock, took_ms, met, ..
        } => clock_ended(*clock, *took_ms, *met),
        Event::ClockBreached {
            clock,
            we_were_absent,
            ..
        } => {
            let absent = if *we_were_absent {
                both("saat Segel tidak aktif", "while Segel was away")
            } else {
                both("", "")
            };
            clock_says(*clock, "terlampaui", "missed", &absent)
        }
        Event::PhotoStored { late: false, .. } => both("Foto tersimpan", "Photo stored"),
        Event::PhotoStored { .. } => both("Foto tersimpan, terlambat", "Photo stored, late"),
        Event::PhotoRejected { reason, .. } => with("Foto ditolak", "Photo rejected", reason),
        _ => say_rest(event),
    }
}

fn say_rest(event: &Event) -> Bilingual {
    match event {
        Event::AlarmRaised { finding, .. } => {
            let title = alarm_title(finding.code);
            both(
                format!("Alarm {} {}: {}", finding.code.name(), title.id, finding.why.id),
                format!("Alarm {} {}: {}", finding.code.name(), title.en, finding.why.en),
            )
        }
        Event::AlarmWorsened { severity, why, .. } => both(
            format!("Alarm memburuk ({severity:?}): {}", why.id),
            format!("Alarm got graver ({severity:?}): {}", why.en),
        ),
        Event::AlarmRecurred { why, .. } => {
            both(format!("Terjadi lagi: {}", why.id), format!("Again: {}", why.en))
        }
        Event::AlarmEscalated { why, .. } => both(
            format!("Alarm dieskalasi: {}", why.id),
            format!("Alarm escalated: {}", why.en),
        ),
        Event::AlarmRecovered { .. } => both("Penyebab alarm berakhir", "What caused the alarm is over"),
        Event::AlarmUnsupported { why, .. } => both(
            format!("Tidak lagi didukung semua laporan: {}", why.id),
            format!("No longer supported by all reports: {}", why.en),
        ),
        Event::AlarmAcknowledged { .. } => both("Alarm ditanggapi", "Alarm acknowledged"),
        Event::AlarmInvestigated { note, .. } => with("Alarm diselidiki", "Alarm investigated", note),
        Event::AlarmCommented { note, .. } => with("Catatan alarm", "Remark on the alarm", note),
        Event::AlarmClosureProposed { outcome, reason, .. } => {
            let (id, en) = outcome_words(*outcome);
            with(
                &format!("Usul tutup alarm ({id})"),
                &format!("Proposed to close the alarm ({en})"),
                reason,
            )
        }
        Event::AlarmClosed { outcome, reason, .. } => {
            let (id, en) = outcome_words(*outcome);
            with(
                &format!("Alarm ditutup ({id})"),
                &format!("Alarm closed ({en})"),
                reason,
            )
        }
        Event::OrderIssued { ordered, .. } => {
            let (id, en) = segel_custody::words::name(&ordered.order);
            both(
                format!("Perintah untuk segel: {id}"),
                format!("Order for the seal: {en}"),
            )
        }
        Event::OrderSent { .. } => both("Perintah terkirim ke segel", "Order sent to the seal"),
        Event::OrderEnded { outcome, .. } => order_ended(outcome),
        Event::MessageQueued { code, .. } => {
            let title = message_title(*code);
            both(
                format!("Pesan SKP {code:?} {}", title.id),
                format!("Message to SKP {code:?} {}", title.en),
            )
        }
        Event::MessageAnswered { delivery, .. } => answered(delivery),
        Event::MessageRepaired { reason, .. } => {
            with("Pesan SKP diperbaiki", "Message to SKP repaired", reason)
        }
        Event::DocumentRegistered { paper, .. } => {
            with("Dokumen didaftarkan", "Document entered", &paper.number)
        }
        Event::DocumentVerified { remark, .. } => with("Dokumen diverifikasi", "Document verified", remark),
        Event::DocumentRefused { reason, .. } => with("Dokumen ditolak", "Document refused", reason),
        Event::DocumentCancelled { reason, .. } => with("Dokumen dibatalkan", "Document cancelled", reason),
        Event::DocumentRanOut { .. } => both("Masa berlaku dokumen habis", "The document ran out"),
        Event::RouteProposed { plan, .. } => with("Rute diajukan", "Route proposed", &plan.name),
        Event::RouteApproved { remark, .. } => with("Rute disetujui", "Route approved", remark),
        Event::RouteRefused { reason, .. } => with("Rute ditolak", "Route refused", reason),
        Event::SealRegistered { registration, .. } => {
            with("Segel didaftarkan", "Seal entered", &registration.label)
        }
        Event::SealCertified { certificate, .. } => {
            with("Sertifikat segel", "Seal certified", &certificate.number)
        }
        Event::SealConditionSet { .. } => both("Kondisi segel diubah", "Seal's condition set"),
        Event::SealDoubted { why, .. } => with("Identitas segel diragukan", "Seal's identity in doubt", why),
        Event::SealModemKnown { imei, .. } => with("Modem segel dikenali", "Seal's modem known", imei),
        Event::SealDoubtCleared { reason, .. } => {
            with("Keraguan segel dihapus", "Doubt about the seal cleared", reason)
        }
        Event::SecretsUnmasked { reason, .. } => with(
            "Rahasia dalam laporan segel dibuka",
            "Secrets inside a report of the seal shown",
            reason,
        ),
        Event::DeviceQuarantined { device, .. } => with(
            "Perangkat asing dikarantina",
            "Unknown device quarantined",
            &device.0,
        ),
        Event::IntervalOrdered { .. } => both(
            "Interval berbagi lokasi diminta",
            "Location Sharing Interval ordered",
        ),
        Event::IntervalUnmet { .. } => both(
            "Interval berbagi lokasi tidak dipenuhi",
            "Location Sharing Interval not met",
        ),
        Event::StepRefused { .. } => both(
            "Segel menolak langkah yang tidak dikenal SOP; beri tahu pembuat Segel",
            "Segel refused a step that the SOP does not know; tell the makers of Segel",
        ),
        Event::LocationsDue { .. } => both("Waktunya mengirim lokasi ke SKP", "Locations to SKP are due"),
        Event::TripLooked { .. } => both("Perjalanan ditinjau ulang", "The trip was looked at again"),
        Event::TripKept { .. } => both(
            "Perjalanan disimpan untuk bukti yang terlambat",
            "The trip is kept for late evidence",
        ),
        Event::ServiceGap { .. } => both("Segel tidak aktif", "Segel did not listen"),
        Event::AlarmKept { .. } => both(
            "Alarm tertutup disimpan sementara",
            "The closed alarm is kept at hand",
        ),
        Event::AlarmArchived { .. } => both("Alarm diarsipkan", "Alarm archived"),
        Event::TripArchived { .. } => both("Perjalanan diarsipkan", "Trip archived"),
        other => say_of_the_house(other),
    }
}

/// What concerns no trip: people, and Segel's own running.
fn say_of_the_house(event: &Event) -> Bilingual {
    match event {
        Event::OrganisationRegistered { name, .. } => {
            with("Organisasi didaftarkan", "Organisation entered", name)
        }
        Event::Invited { role, .. } => {
            let (id, en) = role_words(*role);
            both(format!("Undangan dibuat untuk {id}"), format!("Invited: {en}"))
        }
        Event::InvitationEnded { .. } => both("Undangan berakhir", "An invitation ended"),
        Event::PersonJoined { role, .. } => {
            let (id, en) = role_words(*role);
            both(format!("Bergabung sebagai {id}"), format!("Joined as {en}"))
        }
        Event::PersonDisabled { reason, .. } => with("Akun ditutup", "Account closed", reason),
        Event::TokenIssued { label, .. } => with("Token mesin dibuat", "Token for a machine issued", label),
        Event::TokenRevoked { .. } => both("Token mesin dicabut", "Token of a machine taken back"),
        Event::SealClockMeasured { offset_ms, .. } => {
            let off = duration(offset_ms.saturating_abs());
            both(
                format!("Selisih jam segel terukur: {}", off.id),
                format!("The seal's clock was measured to be off by {}", off.en),
            )
        }
        Event::RevisitAsked { .. } => both(
            "Semua laporan perjalanan akan dinilai ulang",
            "All reports of the trip are to be judged again",
        ),
        Event::Revisited { .. } => both(
            "Semua laporan perjalanan dinilai ulang",
            "All reports of the trip were judged again",
        ),
        Event::ServiceStopped => both("Segel dihentikan dengan tertib", "Segel stopped in good order"),
        Event::ClockStepped { by_ms } => {
            let by = duration(by_ms.saturating_abs());
            both(
                format!("Jam server digeser {}", by.id),
                format!("The server's clock was stepped by {}", by.en),
            )
        }
        Event::HistorySealed {
            from_commit,
            until_commit,
            ..
        } => both(
            format!("Laporan commit {from_commit} sampai {until_commit} dipindah ke riwayat"),
            format!("Reports of commits {from_commit} to {until_commit} moved to history"),
        ),
        other => {
            let name = About::of(other).name.replace('_', " ");
            both(name.clone(), name)
        }
    }
}

/// A role as people say it.
const fn role_words(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::CustomsOfficer => ("pejabat Bea Cukai", "customs officer"),
        Role::CustomsSupervisor => ("pengawas Bea Cukai", "customs supervisor"),
        Role::CustomsHq => ("kantor pusat Bea Cukai", "customs headquarters"),
        Role::ProviderAdmin => ("admin penyedia", "provider administrator"),
        Role::ProviderOperator => ("operator penyedia", "provider operator"),
        Role::Technician => ("teknisi", "technician"),
        Role::ServiceUser => ("pengguna jasa", "service user"),
        Role::Driver => ("pengemudi", "driver"),
        Role::Auditor => ("auditor", "auditor"),
    }
}

fn both(id: impl Into<String>, en: impl Into<String>) -> Bilingual {
    Bilingual::new(id, en)
}

/// A reason that stands in the journal, in both languages.
pub fn reason(reason: &str) -> Bilingual {
    both(reasons::in_indonesian(reason), reason)
}

fn with(id: &str, en: &str, rest: &str) -> Bilingual {
    if rest.trim().is_empty() {
        return both(id, en);
    }
    let (rest_id, rest_en) = (reasons::in_indonesian(rest), rest);
    both(format!("{id}: {rest_id}"), format!("{en}: {rest_en}"))
}

/// A sentence with remarks in both languages behind it.
fn remarked(id: &str, en: &str, remarks: &[segel_model::alarm::Bilingual]) -> Bilingual {
    let all = |first: &str, rest: Vec<&str>| match rest.as_slice() {
        [] => first.to_owned(),
        rest => format!("{first}: {}", rest.join("; ")),
    };
    both(
        all(id, remarks.iter().map(|remark| remark.id.as_str()).collect()),
        all(en, remarks.iter().map(|remark| remark.en.as_str()).collect()),
    )
}

/// What only keeps the books, such as when to look again: no line of a timeline and nothing to hear live.
pub fn is_bookkeeping(event: &Event) -> bool {
    matches!(
        event,
        Event::TripLooked { .. }
            | Event::TripKept { .. }
            | Event::AlarmKept { .. }
            | Event::LocationsDue { .. }
            | Event::RevisitAsked { .. }
            | Event::Revisited { .. }
            | Event::SealClockMeasured { .. }
            | Event::HistorySealed { .. }
    )
}

fn checked(fits: bool, remark: &str) -> Bilingual {
    if fits {
        with("Segel diperiksa, sesuai", "Seal checked, as it should be", remark)
    } else {
        with(
            "Segel diperiksa, TIDAK sesuai",
            "Seal checked, NOT as it should be",
            remark,
        )
    }
}

fn clock_says(clock: Clock, id: &str, en: &str, rest: &Bilingual) -> Bilingual {
    let name = clock_name(clock);
    both(
        format!("{name} {id} {}", rest.id).trim_end(),
        format!("{name} {en} {}", rest.en).trim_end(),
    )
}

fn limit(limit_s: u32) -> Bilingual {
    both(
        format!("(batas {})", duration(i64::from(limit_s) * 1000).id),
        format!("(limit {})", duration(i64::from(limit_s) * 1000).en),
    )
}

fn clock_ended(clock: Clock, took_ms: i64, met: bool) -> Bilingual {
    let took = duration(took_ms);
    if met {
        clock_says(clock, "terpenuhi dalam", "met in", &took)
    } else {
        clock_says(clock, "terlampaui, selesai dalam", "missed, done in", &took)
    }
}

/// A duration as people say it: `3 min 10 s`.
pub fn duration(ms: i64) -> Bilingual {
    let seconds = ms.max(0) / 1000;
    match (seconds / 60, seconds % 60) {
        (0, seconds) => both(format!("{seconds} detik"), format!("{seconds} s")),
        (minutes, 0) => both(format!("{minutes} menit"), format!("{minutes} min")),
        (minutes, seconds) => both(
            format!("{minutes} menit {seconds} detik"),
            format!("{minutes} min {seconds} s"),
        ),
    }
}

fn order_ended(outcome: &segel_model::order::Outcome) -> Bilingual {
    use segel_model::order::Outcome;
    match outcome {
        Outcome::Done => both("Segel melaksanakan perintah", "The seal did it"),
        Outcome::Refused { answer } => with("Segel menolak perintah", "The seal refused", answer),
        Outcome::NoAnswer => both("Segel tidak menjawab perintah", "The seal did not answer"),
        Outcome::NotSpoken { why } => with(
            "Perintah tidak dikenal segel",
            "The seal cannot take the order",
            why,
        ),
        Outcome::Withheld { why } => with("Perintah ditahan", "The order was withheld", why),
    }
}

fn answered(delivery: &segel_model::skp::Delivery) -> Bilingual {
    use segel_model::skp::Delivery;
    match delivery {
        Delivery::Taken { .. } => both("SKP menerima pesan", "SKP took the message"),
        Delivery::Refused { reason } => with("SKP menolak pesan", "SKP refused the message", reason),
        Delivery::Stuck { failure } => with("Pesan SKP tertahan", "Message to SKP stuck", failure),
    }
}

const fn outcome_words(outcome: AlarmOutcome) -> (&'static str, &'static str) {
    match outcome {
        AlarmOutcome::Confirmed => ("benar", "confirmed"),
        AlarmOutcome::False => ("keliru", "false"),
        AlarmOutcome::Resolved => ("selesai", "resolved"),
    }
}

/// A state as people say it.
pub const fn state_words(state: TripState) -> (&'static str, &'static str) {
    match state {
        TripState::Draft => ("Draf", "Draft"),
        TripState::AwaitingDocument => ("Menunggu dokumen", "Awaiting document"),
        TripState::ManualVerification => ("Verifikasi manual", "Manual verification"),
        TripState::Submitted => ("Diajukan", "Submitted"),
        TripState::RouteProposed => ("Rute diajukan", "Route proposed"),
        TripState::RouteApproved => ("Rute disetujui", "Route approved"),
        TripState::Assigned => ("Ditugaskan", "Assigned"),
        TripState::Installing => ("Memasang", "Installing"),
        TripState::Installed => ("Terpasang", "Installed"),
        TripState::ReadyToDepart => ("Siap berangkat", "Ready to depart"),
        TripState::InTransit => ("Dalam perjalanan", "Under way"),
        TripState::Arrived => ("Tiba", "Arrived"),
        TripState::SealCheck => ("Periksa segel", "Seal check"),
        TripState::Compromised => ("Ditahan", "Held"),
        TripState::RemovalGranted => ("Izin lepas", "Removal authorised"),
        TripState::Removing => ("Melepas", "Removing"),
        TripState::Removed => ("Terlepas", "Removed"),
        TripState::Completed => ("Selesai", "Completed"),
        TripState::Refused => ("Ditolak", "Refused"),
        TripState::Cancelled => ("Dibatalkan", "Cancelled"),
        TripState::Expired => ("Kedaluwarsa", "Expired"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_says_what_it_is_about() {
        let about = About::of(&Event::SealOpened {
            seal: SealId(107),
            trip: Some(TripId(7)),
            at: EventTime::from_unix_ms(5),
            how: "card".into(),
            grant: None,
        });
        assert_eq!(
            about,
            About {
                name: "seal_opened".into(),
                trip: Some(TripId(7)),
                seal: Some(SealId(107)),
                at: Some(EventTime::from_unix_ms(5)),
                ..About::default()
            }
        );
        assert_eq!(About::of(&Event::ServiceStopped).name, "service_stopped");
    }

    #[test]
    fn an_opening_without_a_grant_is_said_loudly_in_both_languages() {
        let said = say(&Event::SealOpened {
            seal: SealId(107),
            trip: None,
            at: EventTime::from_unix_ms(5),
            how: "card".into(),
            grant: None,
        });
        assert_eq!(
            said,
            Bilingual::new(
                "Segel dibuka TANPA izin: card",
                "Seal opened WITHOUT a grant: card"
            )
        );
    }

    #[test]
    fn durations_are_said_in_minutes_and_seconds() {
        for (ms, en) in [
            (59_999, "59 s"),
            (60_000, "1 min"),
            (190_000, "3 min 10 s"),
            (-5, "0 s"),
        ] {
            assert_eq!(duration(ms).en, en);
        }
    }
}
