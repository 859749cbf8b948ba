//! Seals: stock, condition, quarantine, what they say, what they are told.

use axum::Json;
use axum::extract::State;
use segel_custody::state;
use segel_model::seal::{CertificateKind, SealRegistration};
use segel_model::{Command, DeviceId, EventTime, Role, SealId, TripId};
use segel_store::reports::PAGE_REPORTS_MAX;
use segel_store::{Listing, RecordKind, ReportCursor, ReportQuery as Reports, Scope, ScopeKey, Stored};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::{Caller, Id, Query};
use super::asking::Ask;
use super::openapi::{Headers, PageQuery};
use super::problem::{Problem, Refusals, Verdicts};
use super::reading::{View, Wanted, body};
use super::rehearsal::fresh;
use super::types::{
    Certificate, Condition, Done, Moment, NewSeal, Order, OrderWish, Page, Profile, Protocol,
    QuarantinedDevice, RawFrame, Reason, Report, ReportPlace, Seal, SealFitness, Unmask,
};
use super::{Api, command, view};
use crate::ask::{Secret, Side};
use crate::profiles::Profiles;

/// Who looks into the stock; a technician sees the seals of their jobs.
const STOCK: &[Role] = &[
    Role::CustomsSupervisor,
    Role::CustomsHq,
    Role::ProviderAdmin,
    Role::ProviderOperator,
    Role::Technician,
    Role::Auditor,
];
/// Who sees what a seal was told: besides those the officer, who may tell it something.
const READERS_OF_ORDERS: &[Role] = &[
    Role::CustomsOfficer,
    Role::CustomsSupervisor,
    Role::CustomsHq,
    Role::ProviderAdmin,
    Role::ProviderOperator,
    Role::Technician,
    Role::Auditor,
];
/// Who enters seals into stock.
const REGISTRARS: &[Role] = &[Role::ProviderAdmin, Role::ProviderOperator];
/// Who may see secrets inside raw frames; the journal keeps each look.
const UNMASK: &[Role] = &[Role::CustomsSupervisor, Role::ProviderAdmin];
/// The longest stretch of reports one question looks through without a trip: a month.
const REPORTS_SPAN_S: i64 = 31 * 24 * 3600;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_seals, register_seal))
        .routes(routes!(list_profiles))
        .routes(routes!(list_quarantine))
        .routes(routes!(read_seal))
        .routes(routes!(certify_seal))
        .routes(routes!(set_seal_condition))
        .routes(routes!(clear_doubt))
        .routes(routes!(unmask_report))
        .routes(routes!(list_orders, order_seal))
        .routes(routes!(list_seal_reports))
        .routes(routes!(list_fit_seals))
}

/// Which seals.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SealQuery {
    /// Only `ready`, `set_aside`, `retired`, `on_trip` or `doubted` ones.
    stage: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many lines, 1 to 200.
    limit: Option<u16>,
}

/// Which reports, by event time, oldest first.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportQuery {
    /// From then on (RFC 3339, event time); a day before `until` where nothing is said.
    from: Option<String>,
    /// Until then; now where nothing is said.
    until: Option<String>,
    /// Only the reports of this commit …
    commit: Option<u64>,
    /// … at this place in it.
    ordinal: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many lines, 1 to 200.
    limit: Option<u16>,
}

/// Seals the asker may see.
#[utoipa::path(
    get, path = "/seals", tag = "seals", params(SealQuery),
    responses((status = 200, description = "a page", body = Page<Seal>), Refusals)
)]
async fn list_seals(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<SealQuery>,
) -> Result<Json<Page<Seal>>, Problem> {
    caller.only(STOCK)?;
    let wanted = Wanted::read(query.cursor.as_deref(), query.limit)?;
    let asker = caller.role;
    let page = api.read(&caller, move |view| {
        let stages = query.stage.into_iter().collect();
        let listing = Listing {
            stages,
            ..view.listing(RecordKind::Seal, wanted)
        };
        view.page(&listing, |record, seal| view.show_seal(record.id, asker, seal))
    });
    Ok(Json(page.await?))
}

/// Enter a seal into stock.
#[utoipa::path(
    post, path = "/seals", tag = "seals", params(Headers), request_body = NewSeal,
    responses((status = 200, description = "it is done and durable", body = Done), Verdicts)
)]
async fn register_seal(State(api): State<Api>, ask: Ask<NewSeal>) -> Result<Json<Done>, Problem> {
    let seal = &ask.body;
    let pool = seal
        .pool
        .as_deref()
        .map(|pool| super::access::office("pool", pool))
        .transpose()?;
    let certificate_needed = certificate_needed(&api, &ask.caller, seal)?;
    let registration = SealRegistration {
        protocol: seal.protocol.into(),
        device: DeviceId(seal.device.trim().into()),
        label: seal.label.trim().into(),
        profile: seal.profile.trim().into(),
        provider: ask.caller.organisation_or(seal.provider),
        pool,
        certificate: seal.certificate.clone().map(Into::into),
        certificate_needed,
    };
    let side = Side {
        seal_password: seal.password.clone().map(Secret),
        ..Side::default()
    };
    Ok(Json(
        ask.run_beside(&api, Command::RegisterSeal(registration), side)
            .await?,
    ))
}

/// Which certificate the profile of a new seal asks for; refused where there is no such profile of its protocol.
fn certificate_needed(
    api: &Api,
    caller: &Caller,
    seal: &NewSeal,
) -> Result<Option<CertificateKind>, Problem> {
    let profiles = api.engine().profiles();
    match profiles.accept(seal.protocol.into(), seal.profile.trim(), api.now()) {
        Ok(needed) => Ok(needed),
        // Who may not enter a seal at all is told that, not what is wrong with it.
        Err(_) if !REGISTRARS.contains(&caller.role) => Ok(None),
        Err(why) => Err(Problem::field("profile", why.id, why.en)),
    }
}

/// Which profiles.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ProfileQuery {
    /// Only those of this protocol, such as `jt808`.
    protocol: Option<Protocol>,
}

/// What makes of seals there are: the version of each profile that is in force, by maker and model.
#[utoipa::path(
    get, path = "/profiles", tag = "seals", params(ProfileQuery),
    responses((status = 200, description = "all of them", body = Page<Profile>), Refusals)
)]
async fn list_profiles(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<ProfileQuery>,
) -> Result<Json<Page<Profile>>, Problem> {
    caller.only(STOCK)?;
    let all = api.engine().profiles().in_force(api.now());
    let mut items: Vec<Profile> = all
        .map(Profile::from)
        .filter(|profile| query.protocol.is_none_or(|wanted| wanted == profile.protocol))
        .collect();
    items.sort_by_cached_key(|profile| {
        let words = [&profile.maker, &profile.model, &profile.name];
        words.map(|word| word.to_lowercase())
    });
    Ok(Json(Page { items, next: None }))
}

/// Devices that nobody registered: kept, listed, never judged.
#[utoipa::path(
    get, path = "/quarantine", tag = "seals", params(PageQuery),
    responses((status = 200, description = "a page", body = Page<QuarantinedDevice>), Refusals)
)]
async fn list_quarantine(
    State(api): State<Api>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<QuarantinedDevice>>, Problem> {
    caller.only(&[
        Role::CustomsSupervisor,
        Role::CustomsHq,
        Role::ProviderAdmin,
        Role::ProviderOperator,
        Role::Auditor,
    ])?;
    let wanted = page.wanted()?;
    let page = api.read(&caller, move |view| {
        let listing = Listing {
            scope: Scope::Nation,
            stages: vec![crate::projection::STRANGER.into()],
            order: segel_store::record::Order::LatelyMoved,
            ..view.listing(RecordKind::Quarantine, wanted)
        };
        view.page(&listing, |_, stranger: Stranger| Ok(stranger.show(view.api)))
    });
    Ok(Json(page.await?))
}

/// A quarantined device as its record has it.
#[derive(Deserialize)]
struct Stranger {
    protocol: segel_model::report::Protocol,
    device: DeviceId,
    at: segel_model::ServerTime,
}

impl Stranger {
    fn show(self, api: &Api) -> QuarantinedDevice {
        let now = api.engine().strangers().get(self.protocol, &self.device);
        QuarantinedDevice {
            protocol: self.protocol.into(),
            device: self.device.0,
            first_seen: self.at.into(),
            last_seen: now.as_ref().map(|now| now.last_seen.into()),
            frames: now.as_ref().map_or(0, |now| now.frames),
            peer: now.as_ref().and_then(|now| now.peer).map(|peer| peer.to_string()),
            profile: now.as_ref().map(|now| now.profile.clone()),
            through: now.and_then(|now| now.through),
        }
    }
}

/// One seal.
#[utoipa::path(
    get, path = "/seals/{id}", tag = "seals", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the seal", body = Seal), Refusals)
)]
async fn read_seal(State(api): State<Api>, caller: Caller, Id(id): Id) -> Result<Json<Seal>, Problem> {
    let asker = caller.role;
    let seal = api.read(&caller, move |view| {
        let (_, seal) = view.seen(RecordKind::Seal, id)?;
        view.show_seal(id, asker, seal)
    });
    Ok(Json(seal.await?))
}

command! {
    /// Give a seal a new certificate.
    certify_seal, "seals", "/seals/{id}/certify", |id, body: Certificate| Command::CertifySeal {
        seal: SealId(id), certificate: body.clone().into(),
    }
}

command! {
    /// Say whether a seal may be used.
    set_seal_condition, "seals", "/seals/{id}/condition", |id, body: Condition| Command::SetSealCondition {
        seal: SealId(id), condition: body.clone().into(),
    }
}

command! {
    /// Clear a doubt about who speaks as a seal.
    clear_doubt, "seals", "/seals/{id}/clear-doubt", |id, body: Reason| Command::ClearDoubt {
        seal: SealId(id), reason: body.reason.clone(),
    }
}

/// What was sent to a seal, newest first.
#[utoipa::path(
    get, path = "/seals/{id}/orders", tag = "seals",
    params(("id" = u64, Path, description = "its number"), PageQuery),
    responses((status = 200, description = "a page", body = Page<Order>), Refusals)
)]
async fn list_orders(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Order>>, Problem> {
    caller.only(READERS_OF_ORDERS)?;
    let wanted = page.wanted()?;
    let page = api.read(&caller, move |view| {
        let (_, _seal): (_, state::Seal) = view.seen(RecordKind::Seal, id)?;
        // Orders carry no key of their seal, so this looks through those the asker may see.
        let listing = Listing {
            limit: segel_store::record::PAGE_RECORDS_MAX,
            ..view.listing(RecordKind::Order, wanted)
        };
        let page = view.page(&listing, |record, order: state::Order| {
            Ok(view::show_order(record.id, &order))
        })?;
        let items = page.items.into_iter().filter(|order| order.seal == id).collect();
        Ok(Page {
            items,
            next: page.next,
        })
    });
    Ok(Json(page.await?))
}

command! {
    /// Send something harmless to a seal; openings go out only under a grant.
    order_seal, "seals", "/seals/{id}/orders", |id, body: OrderWish| Command::OrderSeal {
        seal: SealId(id), order: body.order.clone().into(), reason: body.reason.clone().unwrap_or_default(),
    }
}

/// What a seal said, oldest first: decoded, judged, and the bytes as they came with secrets masked.
#[utoipa::path(
    get, path = "/seals/{id}/reports", tag = "seals",
    params(("id" = u64, Path, description = "its number"), ReportQuery),
    responses((status = 200, description = "a page", body = Page<Report>), Refusals)
)]
async fn list_seal_reports(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    Query(query): Query<ReportQuery>,
) -> Result<Json<Page<Report>>, Problem> {
    caller.only(&READERS_OF_REPORTS)?;
    let page = api.read(&caller, move |view| {
        let (_, _seal): (_, state::Seal) = view.seen(RecordKind::Seal, id)?;
        if let Some((commit, ordinal)) = query.commit.zip(query.ordinal) {
            let found = report_of(view, SealId(id), commit, ordinal)?;
            let profiles = view.api.engine().profiles();
            let items = found
                .iter()
                .map(|stored| show_report(stored, profiles, Secrets::Masked));
            return Ok(Page {
                items: items.collect(),
                next: None,
            });
        }
        let (from, until) = query.span(view.api.now())?;
        page_of_reports(
            view,
            Reports::of(SealId(id), from, until),
            (query.cursor.as_deref(), query.limit),
        )
    });
    Ok(Json(page.await?))
}

/// One report of a seal.
fn report_of(view: &View<'_>, seal: SealId, commit: u64, ordinal: u32) -> Result<Option<Stored>, Problem> {
    let found = view.api.reader().report(commit, ordinal, Some(seal))?;
    Ok(found.filter(|stored| stored.staged.observed.seal == Some(seal)))
}

/// A report with the secrets inside its frame. The journal keeps who has seen it, when and why, before it is shown.
#[utoipa::path(
    post, path = "/seals/{id}/unmask", tag = "seals",
    params(("id" = u64, Path, description = "its number"), Headers), request_body = Unmask,
    responses((status = 200, description = "the report, its secrets shown", body = Report), Verdicts)
)]
async fn unmask_report(
    State(api): State<Api>,
    Id(id): Id,
    ask: Ask<Unmask>,
) -> Result<Json<Report>, Problem> {
    let Unmask { commit, ordinal, .. } = ask.body;
    let stored = api
        .read(&ask.caller, move |view| {
            let (_, _seal): (_, state::Seal) = view.seen(RecordKind::Seal, id)?;
            report_of(view, SealId(id), commit, ordinal)
        })
        .await?;
    let Some(stored) = stored else {
        // Who has no right to look is not told whether there is anything to see.
        ask.caller.only(UNMASK)?;
        return Err(Problem::not_found());
    };
    let command = Command::UnmaskReport {
        seal: SealId(id),
        commit,
        ordinal,
        trip: stored.staged.observed.trip,
        reason: ask.body.reason.clone(),
    };
    ask.run(&api, command).await?;
    let profiles = api.engine().profiles();
    Ok(Json(show_report(&stored, profiles, Secrets::Shown)))
}

/// Who reads what seals said, byte for byte.
pub(super) const READERS_OF_REPORTS: [Role; 7] = [
    Role::CustomsOfficer,
    Role::CustomsSupervisor,
    Role::CustomsHq,
    Role::ProviderAdmin,
    Role::ProviderOperator,
    Role::ServiceUser,
    Role::Auditor,
];

/// Whether secrets inside raw frames are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secrets {
    Masked,
    Shown,
}

impl ReportQuery {
    fn span(&self, now: segel_model::ServerTime) -> Result<(EventTime, EventTime), Problem> {
        let read = |name: &str, text: &Option<String>| match text {
            None => Ok(None),
            Some(text) => Moment::parse(text)
                .map(|moment| Some(EventTime::from_unix_ms(moment.unix_ms)))
                .ok_or_else(|| Problem::field(name, "Bukan waktu RFC 3339.", "not a moment by RFC 3339")),
        };
        let until = read("until", &self.until)?.unwrap_or(EventTime::from_unix_ms(now.unix_ms));
        let from = read("from", &self.from)?.unwrap_or(until.plus_s(-24 * 3600));
        if REPORTS_SPAN_S * 1000 < until.since_ms(from) {
            return Err(Problem::field("from", "Paling lama 31 hari.", "31 days at most"));
        }
        Ok((from, until))
    }
}

/// A page of reports, oldest first.
pub(super) fn page_of_reports(
    view: &View<'_>,
    mut query: Reports,
    (cursor, limit): (Option<&str>, Option<u16>),
) -> Result<Page<Report>, Problem> {
    query.after = cursor.map(read_cursor).transpose()?;
    query.limit = usize::from(limit.unwrap_or(50).clamp(1, 200)).min(PAGE_REPORTS_MAX);
    let page = view.api.reader().reports(&query)?;
    let profiles = view.api.engine().profiles();
    Ok(Page {
        items: page
            .reports
            .iter()
            .map(|stored| show_report(stored, profiles, Secrets::Masked))
            .collect(),
        next: page
            .next
            .map(|at| format!("{}.{}.{}", at.at.unix_ms, at.commit, at.ordinal)),
    })
}

fn read_cursor(text: &str) -> Result<ReportCursor, Problem> {
    let mut parts = text.splitn(3, '.');
    let mut next = || parts.next();
    let read = (|| {
        Some(ReportCursor {
            at: EventTime::from_unix_ms(next()?.parse().ok()?),
            commit: next()?.parse().ok()?,
            ordinal: next()?.parse().ok()?,
        })
    })();
    read.ok_or_else(|| Problem::field("cursor", "Penanda halaman tidak dikenal.", "not a cursor of ours"))
}

/// A report as it was judged when it came, and whether today's decoder would read its bytes otherwise: law 4, "reported,
/// never quietly adopted".
fn show_report(stored: &Stored, profiles: &Profiles, secrets: Secrets) -> Report {
    let staged = &stored.staged;
    let observed = &staged.observed;
    Report {
        commit: stored.commit,
        ordinal: staged.ordinal,
        seal: observed.seal.map(|seal| seal.0),
        trip: observed.trip.map(|trip| trip.0),
        at: observed.at.into(),
        device_time: observed.device_time.map(Into::into),
        received: observed.received.into(),
        kind: observed.kind.into(),
        standing: observed.standing.into(),
        backfill: observed.backfill,
        place: observed.place.as_ref().map(show_place),
        battery_percent: observed.battery_percent,
        charging: observed.charging,
        lock: observed.lock.into(),
        sealed: observed.lock.sealed(),
        signals: observed.signals.names().map(Into::into).collect(),
        serial: observed.serial,
        through: crate::reported::through(&staged.note).map(str::to_owned),
        reads_differently: reads_differently(staged, profiles),
        raw: show_raw(staged, secrets),
    }
}

/// Whether today's decoder finds no report in the bytes that says what was judged when they came.
fn reads_differently(staged: &segel_store::Staged, profiles: &Profiles) -> bool {
    let reading = profiles.stored(&staged.profile);
    let today = reading.read(&staged.device, staged.protocol, staged.received, &staged.raw);
    !today
        .reports
        .iter()
        .any(|said| says_the_same(said, &staged.observed))
}

fn says_the_same(said: &segel_model::Report, then: &segel_model::Observed) -> bool {
    let battery = said.battery;
    let signals = segel_model::signal::SignalSet::of(&said.signals);
    said.kind == then.kind
        && said.time == then.device_time
        && said.serial == then.serial
        && said.backfill == then.backfill
        && said.lock == then.lock
        && signals.names().eq(then.signals.names())
        && said.fix.map(|fix| (fix.position, fix.source))
            == then.place.map(|place| (place.position, place.source))
        && battery.and_then(|battery| battery.percent) == then.battery_percent
        && battery.is_some_and(|battery| battery.charging) == then.charging
}

fn show_place(place: &segel_model::observed::Place) -> ReportPlace {
    ReportPlace {
        position: place.position.into(),
        source: place.source.into(),
        good_for: place.use_.into(),
        speed_kmh: place.speed_kmh,
        course_deg: place.course_deg,
        outside_m: place.corridor.map(|corridor| corridor.outside_m),
        progress_m: place.corridor.map(|corridor| corridor.progress_m),
    }
}

fn show_raw(staged: &segel_store::Staged, secrets: Secrets) -> RawFrame {
    let ranges = segel_wire::secrets::secret_ranges(staged.protocol, &staged.raw);
    let hidden =
        |place: usize| secrets == Secrets::Masked && ranges.iter().any(|range| range.contains(&place));
    let digits = |(place, byte): (usize, &u8)| {
        if hidden(place) {
            "**".into()
        } else {
            format!("{byte:02x}")
        }
    };
    RawFrame {
        protocol: staged.protocol.into(),
        profile: staged.profile.to_string(),
        decoder_version: staged.decoder_version,
        hex: staged.raw.iter().enumerate().map(digits).collect(),
        masked: secrets == Secrets::Masked && !ranges.is_empty(),
    }
}

/// Seals of the provider's stock, fit ones first, each with the reasons why it will not last or may not be used on
/// this trip.
#[utoipa::path(
    get, path = "/trips/{id}/fit-seals", tag = "trips", params(("id" = u64, Path, description = "the trip"), PageQuery),
    responses((status = 200, description = "a page", body = Page<SealFitness>), Refusals)
)]
async fn list_fit_seals(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<SealFitness>>, Problem> {
    caller.only(&[Role::ProviderAdmin, Role::ProviderOperator])?;
    let wanted = page.wanted()?;
    let caller_again = caller.clone();
    let page = api.read(&caller, move |view| {
        let (_, trip): (_, state::Trip) = view.seen(RecordKind::Trip, id)?;
        let listing = Listing {
            key: Some(ScopeKey::Organisation(trip.request.provider)),
            ..view.listing(RecordKind::Seal, wanted)
        };
        let stock = view.api.reader().records(&listing)?;
        let small = super::rehearsal::Rehearsal::of_trip(view, TripId(id))?;
        let mut items = Vec::with_capacity(stock.records.len());
        for record in &stock.records {
            let seal: state::Seal = fresh(view.api, SealId(record.id), body(record)?);
            let because = small.unfit(&caller_again, TripId(id), SealId(record.id), &seal);
            items.push(SealFitness {
                seal: view.show_seal(record.id, caller_again.role, seal)?,
                fit: because.is_empty(),
                because,
            });
        }
        items.sort_by_key(|item| !item.fit);
        Ok(Page {
            items,
            next: stock.next.map(super::reading::write_cursor),
        })
    });
    Ok(Json(page.await?))
}

#[cfg(test)]
mod tests {
    use segel_model::observed::Standing;
    use segel_model::report::{Protocol, Report};
    use segel_model::signal::SignalSet;
    use segel_model::{DeviceId, Observed, ServerTime, Signal};

    use super::*;

    const HEARTBEAT: &[u8] = b"(7100000042,@JT)";

    /// What was judged of a report that said nothing but what stands in it.
    fn judged(said: &Report) -> Observed {
        Observed {
            seal: None,
            trip: None,
            kind: said.kind,
            standing: Standing::Undated,
            device_time: said.time,
            at: EventTime::from_receipt(said.received),
            received: said.received,
            backfill: said.backfill,
            serial: said.serial,
            key: 0,
            signals: SignalSet::of(&said.signals),
            place: None,
            battery_percent: None,
            charging: false,
            lock: said.lock,
            look_again: None,
        }
    }

    fn stored(raw: &[u8], change: impl Fn(&mut Observed)) -> Stored {
        let received = ServerTime::from_unix_ms(1_770_111_000_000);
        let said = segel_wire::decode(Protocol::Jointech, segel_wire::Profile::ANY, received, HEARTBEAT);
        let mut observed = judged(&said.reports[0]);
        change(&mut observed);
        Stored {
            commit: 1,
            staged: segel_store::Staged {
                ordinal: 0,
                protocol: Protocol::Jointech,
                profile: "jt701".into(),
                decoder_version: 1,
                device: DeviceId("7100000042".into()),
                peer: None,
                received,
                raw: raw.into(),
                observed,
                note: String::new(),
            },
        }
    }

    /// Law 4: "A later decoder that reads them differently is reported, never quietly adopted".
    #[test]
    fn what_was_judged_is_shown_and_a_decoder_that_reads_it_otherwise_is_reported() {
        let profiles = Profiles::default();
        let show = |stored: &Stored| show_report(stored, &profiles, Secrets::Masked);
        let same = show(&stored(HEARTBEAT, |_| {}));
        assert_eq!(
            (same.signals, same.reads_differently),
            (vec!["heartbeat".to_owned()], false)
        );
        assert_eq!(
            (same.raw.profile.as_str(), same.raw.decoder_version),
            ("jt701", 1)
        );

        let cut = |observed: &mut Observed| observed.signals = SignalSet::of(&[Signal::RopeCut]);
        let differs = show(&stored(HEARTBEAT, cut));
        assert_eq!(
            (differs.signals, differs.reads_differently),
            (vec!["rope_cut".to_owned()], true),
            "the verdict of that day stands"
        );
        let late = show(&stored(HEARTBEAT, |observed| observed.backfill = true));
        assert_eq!((late.backfill, late.reads_differently), (true, true));
        let nothing = show(&stored(b"no frame at all", |_| {}));
        assert!(nothing.reads_differently);
    }
}
