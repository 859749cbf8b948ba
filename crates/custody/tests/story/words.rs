//! How events are told, and how the clock of a story is written.

use segel_model::alarm::Finding;
use segel_model::trip::TripState;
use segel_model::{AlarmCode, Event};

/// Alarms that the watch over the road raises.
pub const OF_THE_ROAD: [AlarmCode; 8] = {
    use AlarmCode::{A08, A09, A11, A12, A13, A14, A16, A17};
    [A08, A09, A11, A12, A13, A14, A16, A17]
};

/// The stories' midnight: 24 November 2026, 08:00 WIB.
pub const MIDNIGHT_MS: i64 = 1_795_482_000_000;

/// `1:05` or `1:05:30`, counted from the story's midnight.
pub fn clock(unix_ms: i64) -> String {
    let seconds = (unix_ms - MIDNIGHT_MS).div_euclid(1_000);
    let (minutes, second) = (seconds.div_euclid(60), seconds.rem_euclid(60));
    let (hour, minute) = (minutes.div_euclid(60), minutes.rem_euclid(60));
    if second == 0 {
        format!("{hour}:{minute:02}")
    } else {
        format!("{hour}:{minute:02}:{second:02}")
    }
}

/// The moment a story's clock says.
pub fn moment_ms(text: &str) -> i64 {
    let parts: Vec<i64> = text
        .split(':')
        .map(|part| part.parse().expect("a number"))
        .collect();
    let seconds = match parts[..] {
        [hour, minute] => hour * 3_600 + minute * 60,
        [hour, minute, second] => hour * 3_600 + minute * 60 + second,
        _ => panic!("no moment: {text}"),
    };
    MIDNIGHT_MS + seconds * 1_000
}

/// What an event is in a story; nothing for what only the watch over the road decides, which has its own tests.
pub fn sentence(event: &Event) -> Option<String> {
    use Event as E;
    Some(match event {
        E::Refused { .. } | E::LocationsDue { .. } | E::TripLooked { .. } | E::SealClockMeasured { .. } => {
            return None;
        }
        E::TripOpened { trip, .. } => format!("trip {trip} opened"),
        E::DocumentAttached { trip, document } => format!("trip {trip} has document {document}"),
        E::LineBacked {
            trip, document, line, ..
        } => format!("trip {trip} backed by line {line} of document {document}"),
        E::TripPlanned { trip, route } => format!("trip {trip} by route {route}"),
        E::SealAssigned {
            trip,
            seal,
            technician,
        } => format!("trip {trip} has seal {seal}, fitter {technician}"),
        E::SealReleased { trip, seal, .. } => format!("trip {trip} gives seal {seal} back"),
        E::InstallBegun { trip, remarks, .. } => {
            let remarks: Vec<&str> = remarks.iter().map(|remark| remark.en.as_str()).collect();
            format!("trip {trip} scanned {}", remarks.join("; "))
                .trim_end()
                .to_string()
        }
        E::RecordedTimeNotBelieved { why, .. } => format!("phone's time not believed: {}", why.en),
        E::SealClosed {
            trip, at, by_hand, ..
        } => {
            let how = by_hand
                .as_ref()
                .map_or(String::new(), |why| format!(" by hand: {why}"));
            format!("trip {trip} closed at {}{how}", clock(at.unix_ms))
        }
        E::TripMoved {
            trip,
            from,
            to,
            circumstance,
        } => {
            format!(
                "trip {trip} {} > {} ({})",
                name(*from),
                name(*to),
                circumstance.reason
            )
        }
        E::ClockStarted {
            trip,
            clock: which,
            at,
            limit_s,
            ..
        } => {
            format!(
                "trip {trip} {which:?} starts at {}, limit {} min",
                clock(at.unix_ms),
                limit_s / 60
            )
        }
        E::ClockStopped {
            trip,
            clock,
            took_ms,
            met,
            ..
        } => {
            format!(
                "trip {trip} {clock:?} took {} s, {}",
                took_ms / 1_000,
                if *met { "met" } else { "MISSED" }
            )
        }
        E::ClockBreached {
            trip,
            clock,
            we_were_absent,
        } => {
            let absent = if *we_were_absent { ", we were absent" } else { "" };
            format!("trip {trip} {clock:?} OVERDUE{absent}")
        }
        E::ClockAmended {
            trip, clock, took_ms, ..
        } => {
            format!("trip {trip} {clock:?} amended: took {} s, met", took_ms / 1_000)
        }
        E::AlarmRaised { alarm, finding, .. } => raised(alarm.0, finding),
        E::AlarmUnsupported { alarm, .. } => format!("alarm {alarm} no longer supported"),
        E::AlarmRecovered { alarm, .. } => format!("alarm {alarm} recovered"),
        E::AlarmEscalated { .. } | E::AlarmWorsened { .. } | E::AlarmRecurred { .. } => return None,
        E::MessageQueued { message, code, .. } => format!("SKP message {message}: {code:?}"),
        E::MessageAnswered { message, delivery } => format!("SKP message {message} answered: {delivery:?}"),
        E::OrderIssued { ordered, .. } => format!("order {}: {:?}", ordered.id, ordered.order),
        E::OrderSent { order } => format!("order {order} sent"),
        E::OrderEnded { order, outcome } => format!("order {order} ended: {outcome:?}"),
        E::IntervalOrdered { order, .. } => format!("interval set by order {order}"),
        E::Granted { grant, what } => format!("grant {grant} until {}", clock(what.until.unix_ms)),
        E::GrantEnded { grant, why, .. } => format!("grant {grant} ended: {why:?}"),
        E::PlaceVouched { grant, .. } => format!("grant {grant} place vouched"),
        E::SealOpened { at, how, grant, .. } => {
            let under = grant.map_or("NO GRANT".into(), |grant| format!("grant {grant}"));
            format!("opened at {} {how} under {under}", clock(at.unix_ms))
        }
        E::RemovalFinished { trip, .. } => format!("trip {trip} seal is off"),
        E::PhotoStored {
            photo, kind, late, ..
        } => {
            format!("photo {photo} {kind:?}{}", if *late { " LATE" } else { "" })
        }
        E::PhotoRejected { photo, .. } => format!("photo {photo} rejected"),
        E::SealChecked {
            number_matches,
            looks_untouched,
            ..
        } => {
            format!("checked: number {number_matches}, look {looks_untouched}")
        }
        E::HeldTripDecided { release, .. } => format!("held trip decided: release {release}"),
        E::DepartureAuthorised { .. } => "departure authorised".into(),
        E::TripKept { trip, .. } => format!("trip {trip} kept"),
        E::TripArchived { trip } => format!("trip {trip} archived"),
        E::DocumentVerified { document, .. } => format!("document {document} verified"),
        E::DocumentRefused { document, .. } => format!("document {document} refused"),
        E::DocumentCancelled { document, .. } => format!("document {document} cancelled"),
        E::DocumentRanOut { document, .. } => format!("document {document} ran out"),
        E::ServiceGap { from, until } => {
            format!(
                "we did not listen from {} to {}",
                clock(from.unix_ms),
                clock(until.unix_ms)
            )
        }
        other => {
            let text = format!("{other:?}");
            text.split([' ', '{', '(']).next().unwrap_or_default().to_string()
        }
    })
}

fn raised(alarm: u64, finding: &Finding) -> String {
    let late = if finding.known_late { " KNOWN LATE" } else { "" };
    format!(
        "ALARM {alarm} {} {:?}{late}: {}",
        finding.code.name(),
        finding.severity,
        finding.why.en
    )
}

fn name(state: TripState) -> String {
    match state.number() {
        Some(number) => format!("{number} {state:?}"),
        None => format!("{state:?}"),
    }
}
