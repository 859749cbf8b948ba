//! The assessment of a trip for its page and its closing report: `custody` judges, this reads what it judges.

use segel_custody::assessment::{Assessment, Basis, Support, assess};
use segel_custody::state;
use segel_model::alarm::Bilingual;
use segel_model::{Observed, TripId};
use segel_store::{Record, RecordKind};

use super::track;
use crate::api::problem::Problem;
use crate::api::reading::View;
use crate::api::types::{
    AlarmSupport, Driven, Finding, ReportCount, ReportGap, StrayedOutside, TripAssessment,
};
use crate::api::view::alarm_title;

/// What all reports of a trip show, and whether all were read.
pub struct Assessed {
    what: Assessment,
    complete: bool,
}

/// Assesses a trip; nothing before its seal was closed.
pub fn assessed(
    view: &View<'_>,
    id: TripId,
    trip: &state::Trip,
    route: Option<&state::Route>,
) -> Result<Option<Assessed>, Problem> {
    let seal: Option<state::Seal> = match trip.seal {
        Some(seal) => view.mentioned(RecordKind::Seal, seal.0)?,
        None => None,
    };
    let (Some(seal), Some(route)) = (seal, route) else {
        return Ok(None);
    };
    // What a route is judged by is built from its plan and stands in no record.
    let mut route = route.clone();
    route.compile();
    let Some(basis) = Basis::from_records(trip, &seal, &route, view.edition_of(trip)) else {
        return Ok(None);
    };
    let (reports, complete) = reports(view, id, trip)?;
    Ok(Some(Assessed {
        what: assess(&basis, &reports),
        complete,
    }))
}

/// All that was observed on a trip, up to the limit of a track.
fn reports(view: &View<'_>, id: TripId, trip: &state::Trip) -> Result<(Vec<Observed>, bool), Problem> {
    let mut reports = Vec::new();
    let Some(mut query) = track::reports_of(id, trip, view.api.now()) else {
        return Ok((reports, true));
    };
    while reports.len() < track::FIXES_MAX {
        let page = view.api.reader().reports(&query)?;
        reports.extend(page.reports.into_iter().map(|stored| stored.staged.observed));
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok((reports, true)),
        }
    }
    Ok((reports, false))
}

/// How complete a trip's reports are.
pub fn report_count(
    view: &View<'_>,
    trip: &state::Trip,
    route: Option<&state::Route>,
    assessed: Option<&Assessed>,
) -> ReportCount {
    let removed = trip
        .moves
        .iter()
        .find(|step| step.to == segel_model::trip::TripState::Removed);
    let until = removed.map_or(view.api.now(), |step| step.signed.at);
    let interval_ms = route.map_or(60, |route| route.plan.interval_s.max(1)) as i64 * 1000;
    let travelled_ms = trip
        .closed
        .as_ref()
        .map_or(0, |closed| (until.unix_ms - closed.at.unix_ms).max(0));
    let longest_gap = assessed.and_then(|assessed| assessed.what.way.longest_gap);
    // A trip's record moves only with events; what came since then stands in the reports themselves.
    let received = assessed.map_or(trip.received_reports as usize, |assessed| {
        assessed.what.judged + assessed.what.undated
    });
    ReportCount {
        expected: (travelled_ms / interval_ms).unsigned_abs(),
        received: received as u64,
        longest_gap: longest_gap.map(ReportGap::from),
    }
}

/// The assessment as it is shown.
pub fn show(
    view: &View<'_>,
    id: TripId,
    trip: &state::Trip,
    reports: ReportCount,
    assessed: Option<&Assessed>,
) -> Result<TripAssessment, Problem> {
    let what = assessed.map(|assessed| &assessed.what);
    let way = what.map(|what| what.way).unwrap_or_default();
    let count = |count: fn(&Assessment) -> usize| what.map_or(0, |what| count(what) as u64);
    Ok(TripAssessment {
        trip: id.0,
        since: trip
            .closed
            .as_ref()
            .filter(|_| what.is_some())
            .map(|closed| closed.at.into()),
        reports,
        judged: count(|what| what.judged),
        undated: count(|what| what.undated),
        weak_fixes: count(|what| what.weak_fixes),
        complete: assessed.is_none_or(|assessed| assessed.complete),
        findings: what.map_or_else(Vec::new, findings),
        alarms: what.map_or(Ok(Vec::new()), |what| alarms(view, id, what))?,
        driven: Driven::from(way),
        outside: StrayedOutside::from(way),
    })
}

fn findings(assessment: &Assessment) -> Vec<Finding> {
    let found = |found: &segel_custody::assessment::Assessed| Finding {
        code: found.code.name().into(),
        title: alarm_title(found.code),
        severity: found.severity.into(),
        from: found.from.into(),
        until: found.until.into(),
        place: found.place.map(Into::into),
        why: found.why.clone().into(),
    };
    assessment.findings.iter().map(found).collect()
}

fn alarms(view: &View<'_>, trip: TripId, assessment: &Assessment) -> Result<Vec<AlarmSupport>, Problem> {
    let all: Vec<(Record, state::Alarm)> = view.of_trip(RecordKind::Alarm, trip)?;
    let support = |(record, alarm): (Record, state::Alarm)| {
        let support = assessment.support_of(&alarm);
        AlarmSupport {
            alarm: record.id,
            code: alarm.finding.code.name().into(),
            title: alarm_title(alarm.finding.code),
            at: alarm.finding.at.into(),
            support: support.into(),
            say: say(support).into(),
        }
    };
    Ok(all.into_iter().map(support).collect())
}

fn say(support: Support) -> Bilingual {
    let (id, en) = match support {
        Support::Shown => ("didukung laporan", "supported by the reports"),
        Support::NotShown => (
            "tidak didukung laporan mana pun; alarm tetap tercatat",
            "no report supports it; the alarm stays on record",
        ),
        Support::NotJudged => ("tidak dinilai dari laporan posisi", "not judged from the reports"),
    };
    Bilingual {
        id: id.into(),
        en: en.into(),
    }
}
