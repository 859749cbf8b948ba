//! Offices, organisations, persons, their sessions, invitations and tokens; and the rules everybody works by.

use std::collections::BTreeMap;

use segel_model as model;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Moment;

mirror! {
    /// What a person is for.
    Role of model::Role {
        CustomsOfficer, CustomsSupervisor, CustomsHq, ProviderAdmin, ProviderOperator, Technician, ServiceUser,
        Driver, Auditor,
    }
}

mirror! {
    /// What an organisation does.
    OrganisationKind of model::principal::OrganisationKind {
        Provider, Importer, Exporter, Carrier, TpsOperator, Broker,
    }
}

/// Where somebody belongs, and so what they may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(example = json!({"kind": "office", "office": "060100"}))]
pub enum Belonging {
    /// A customs office.
    Office {
        /// Six digits.
        office: String,
    },
    /// An organisation.
    Organisation {
        /// Its number.
        organisation: u64,
    },
    /// Everything.
    Nation,
}

/// Sign in.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"login": "sari", "password": "a long sentence only I know"}))]
pub struct SignIn {
    /// The name chosen when joining.
    pub login: String,
    /// The password.
    pub password: String,
}

/// Who is signed in, and what they may ask for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Who.
    pub person: Person,
    /// The commands this role may ask at all (each is checked again against the thing it is about).
    #[schema(example = json!(["verify_document", "grant_removal"]))]
    pub rights: Vec<String>,
    /// Send it back as `X-CSRF-Token` with everything that changes something.
    pub csrf: String,
    /// When the session ends at the latest.
    pub until: Moment,
    /// The server's clock, to measure the phone's against.
    pub now: Moment,
}

/// Somebody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Person {
    /// Their number.
    pub id: u64,
    /// Their name; empty where it was erased.
    #[schema(example = "Sari Wulandari")]
    pub name: String,
    /// The name they sign in with; shown to their own side and to customs supervisors.
    pub login: Option<String>,
    /// Their telephone.
    pub phone: Option<String>,
    /// What for.
    pub role: Role,
    /// Of whom.
    pub belongs: Belonging,
    /// The office's or organisation's name.
    #[schema(example = "KPPBC TMP Tanjung Emas")]
    pub belongs_name: String,
    /// Shut out.
    pub disabled: bool,
}

/// Invite somebody.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"role": "technician", "belongs": {"kind": "organisation", "organisation": 2}, "valid_hours": 72}))]
pub struct NewInvitation {
    /// Into which role.
    pub role: Role,
    /// Of whom.
    pub belongs: Belonging,
    /// How long the code holds, 1 to 720 hours; 72 where nothing is said.
    pub valid_hours: Option<u16>,
}

/// An invitation was issued; the code is shown this once.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct InvitationIssued {
    /// Its number.
    pub id: u64,
    /// The entry that says so.
    pub seq: u64,
    /// The one-time code.
    #[schema(example = "K7QD-2MXA-9PVT-5HRC")]
    pub code: String,
    /// Until when it holds.
    pub until: Moment,
}

/// An invitation, without its code.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Invitation {
    /// Its number.
    pub id: u64,
    /// Into which role.
    pub role: Role,
    /// Of whom.
    pub belongs: Belonging,
    /// The office's or organisation's name.
    pub belongs_name: String,
    /// Until when it holds.
    pub until: Moment,
    /// Where it stands.
    pub state: InvitationState,
    /// Who invited; nothing at the first start.
    pub invited_by: Option<u64>,
}

/// Where an invitation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    /// Waits to be used.
    Open,
    /// Used.
    Used,
    /// Taken back, or its time ran out.
    Ended,
}

/// Join by an invitation.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"code": "K7QD-2MXA-9PVT-5HRC", "login": "sari", "password": "a long sentence only I know", "name": "Sari Wulandari", "phone": "+62 811 000 000"}))]
pub struct AcceptInvitation {
    /// The one-time code.
    pub code: String,
    /// The name to sign in with: 3 to 40 small letters, digits, dots, dashes.
    pub login: String,
    /// At least 10 characters.
    pub password: String,
    /// The person's name.
    pub name: String,
    /// Their telephone.
    pub phone: Option<String>,
}

/// Give a machine a token.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"label": "TMS gudang", "valid_days": 90}))]
pub struct NewToken {
    /// What it is for.
    pub label: String,
    /// How long it holds, 1 to 366 days; 90 where nothing is said.
    pub valid_days: Option<u16>,
}

/// A token was issued; it is shown this once.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct TokenIssued {
    /// Its number.
    pub id: u64,
    /// The entry that says so.
    pub seq: u64,
    /// Send it as `Authorization: Bearer …`.
    pub token: String,
    /// For a platform that signs what it sends and can send no token (`POST /intake/tive/{token}`).
    pub signing_secret: String,
    /// Until when it holds.
    pub until: Moment,
}

/// A machine's token, without itself.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Token {
    /// Its number.
    pub id: u64,
    /// What it is for.
    pub label: String,
    /// Until when it holds.
    pub until: Moment,
    /// Taken back.
    pub revoked: bool,
}

/// A firm or body outside customs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Organisation {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// What it does.
    pub kind: OrganisationKind,
    /// Tax number, digits only.
    pub npwp: Option<String>,
}

/// Enter an organisation.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"name": "PT Segel Nusantara", "kind": "provider", "npwp": "0012345678901000"}))]
pub struct NewOrganisation {
    /// Its name.
    pub name: String,
    /// What it does.
    pub kind: OrganisationKind,
    /// Tax number; dots and dashes are forgiven.
    pub npwp: Option<String>,
}

/// A customs office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"code": "060100", "name": "KPPBC TMP Tanjung Emas", "utc_offset_h": 7, "zone": "WIB", "departure_needs_officer": true}))]
pub struct Office {
    /// Six digits.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Hours east of UTC.
    pub utc_offset_h: u8,
    /// WIB, WITA or WIT.
    pub zone: String,
    /// Whether an officer must let each trip depart.
    pub departure_needs_officer: bool,
}

/// The rules: every edition, and which is in force now.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Rules {
    /// The edition in force.
    pub in_force: u32,
    /// All, oldest first.
    pub editions: Vec<Edition>,
}

/// One edition of the rules.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Edition {
    /// Its number.
    pub number: u32,
    /// From when it is in force.
    pub effective_from: Moment,
    /// Where its numbers come from.
    pub source: String,
    /// A demonstration's, with shortened times.
    pub demo: bool,
    /// The SOP's clocks.
    pub clocks: ClockLimits,
    /// What must be photographed.
    pub photos: PhotoLimits,
    /// The choice of a seal.
    pub assignment: AssignmentLimits,
    /// Opening.
    pub unlock: UnlockLimits,
    /// Watching a trip: each limit by its name, seconds, metres, per cent or km/h as the name closes.
    pub watch: BTreeMap<String, Vec<f64>>,
    /// How soon people must react, by alarm code.
    pub reaction: BTreeMap<String, Reaction>,
    /// Locations are sent to SKP this often.
    pub skp_locations_every_s: u32,
    /// A message to SKP is stuck after this.
    pub skp_stuck_s: u32,
}

/// The four clocks.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ClockLimits {
    /// T1.
    pub install_limit_s: u32,
    /// T2.
    pub install_photos_limit_s: u32,
    /// T3.
    pub removal_limit_s: u32,
    /// T4.
    pub removal_photos_limit_s: u32,
}

/// What must be photographed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PhotoLimits {
    /// At the installation.
    pub install: Vec<super::PhotoKind>,
    /// At the removal.
    pub removal: Vec<super::PhotoKind>,
    /// The most bytes a photo may have.
    pub max_bytes: u64,
    /// The most photos a trip may have.
    pub max_per_trip: u16,
}

/// The choice of a seal.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AssignmentLimits {
    /// The least charge a seal may start with.
    pub battery_floor_percent: u8,
    /// How many times the trip's need the battery must hold.
    pub battery_factor: f32,
    /// How old its last fix may be.
    pub fix_age_limit_s: u32,
    /// Whether it needs a certificate that still holds.
    pub certificate_required: bool,
}

/// Opening.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UnlockLimits {
    /// How long a grant holds unless it says otherwise.
    pub grant_window_s: u32,
    /// The longest a grant may hold.
    pub grant_window_max_s: u32,
    /// How old the fix may be that an opening is checked against.
    pub fix_age_limit_s: u32,
}

/// How soon people must react.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Reaction {
    /// How grave by default.
    pub severity: super::Severity,
    /// To acknowledge.
    pub acknowledge_s: u32,
    /// To act.
    pub act_s: Option<u32>,
    /// To escalate; zero is at once.
    pub escalate_s: Option<u32>,
}

/// What the web app needs before anybody has signed in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Settings {
    /// The program's version.
    pub version: String,
    /// This is a demonstration.
    pub demo: bool,
    /// One card for each role, in a demonstration only.
    pub demo_cards: Vec<DemoCard>,
    /// The operator's own basemap (PMTiles); nothing where the built-in sketch is used.
    pub basemap_url: Option<String>,
    /// `id` first, then `en`.
    pub languages: Vec<String>,
    /// The server's clock.
    pub now: Moment,
}

/// A way to sign in to the demonstration.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DemoCard {
    /// In which role.
    pub role: Role,
    /// Who.
    pub name: String,
    /// Of whom.
    pub belongs_name: String,
    /// The name to sign in with.
    pub login: String,
    /// The password, random since the first start.
    pub password: String,
}

impl Edition {
    /// One edition as the API shows it.
    pub fn of(edition: &model::rulebook::Edition) -> Self {
        let kinds = |kinds: &[model::photo::PhotoKind]| kinds.iter().map(|kind| (*kind).into()).collect();
        Self {
            number: edition.number.0,
            effective_from: edition.effective_from.into(),
            source: edition.source.clone(),
            demo: edition.demo,
            clocks: ClockLimits {
                install_limit_s: edition.clocks.install_limit_s,
                install_photos_limit_s: edition.clocks.install_photos_limit_s,
                removal_limit_s: edition.clocks.removal_limit_s,
                removal_photos_limit_s: edition.clocks.removal_photos_limit_s,
            },
            photos: PhotoLimits {
                install: kinds(&edition.photos.install),
                removal: kinds(&edition.photos.removal),
                max_bytes: edition.photos.max_bytes,
                max_per_trip: edition.photos.max_per_trip,
            },
            assignment: AssignmentLimits {
                battery_floor_percent: edition.assignment.battery_floor_percent,
                battery_factor: edition.assignment.battery_factor,
                fix_age_limit_s: edition.assignment.fix_age_limit_s,
                certificate_required: edition.assignment.certificate_required,
            },
            unlock: UnlockLimits {
                grant_window_s: edition.unlock.grant_window_s,
                grant_window_max_s: edition.unlock.grant_window_max_s,
                fix_age_limit_s: edition.unlock.fix_age_limit_s,
            },
            watch: numbers(&edition.watch),
            reaction: edition.reaction.iter().map(reaction).collect(),
            skp_locations_every_s: edition.skp.locations_every_s,
            skp_stuck_s: edition.skp.stuck_s,
        }
    }
}

fn reaction((code, reaction): (&model::AlarmCode, &model::rulebook::Reaction)) -> (String, Reaction) {
    let shown = Reaction {
        severity: reaction.severity.into(),
        acknowledge_s: reaction.acknowledge_s,
        act_s: reaction.act_s,
        escalate_s: reaction.escalate_s,
    };
    (code.name().into(), shown)
}

/// The limits of watching are many and change with experience, so they are shown by their own names.
fn numbers(watch: &model::rulebook::WatchRules) -> BTreeMap<String, Vec<f64>> {
    let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(watch) else {
        return BTreeMap::new();
    };
    let all = |value: serde_json::Value| match value {
        serde_json::Value::Array(several) => several.iter().filter_map(serde_json::Value::as_f64).collect(),
        one => one.as_f64().into_iter().collect(),
    };
    fields
        .into_iter()
        .map(|(name, value)| (name, all(value)))
        .collect()
}
