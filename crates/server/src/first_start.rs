//! The first start: nobody can sign in yet, so Segel itself invites one customs supervisor and one provider administrator.
//! The codes are shown once on the terminal; only their hashes are kept. Until somebody has joined, each start invites anew.

use serde::Deserialize;

use segel_model::event::Subject;
use segel_model::input::CommandInput;
use segel_model::principal::{Belonging, OrganisationKind};
use segel_model::{Command, OfficeCode, OrganisationId, Principal, Role};
use segel_store::{Listing, RecordKind, Scope};

use crate::EngineHandle;
use crate::ask::{Asked, Side, Verdict};
use crate::auth::secrets;
use crate::service::StartFailure;

/// Whom the first start invites.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct First {
    /// The office of the first customs supervisor.
    pub office: String,
    /// The name of the first provider.
    pub provider: String,
}

impl Default for First {
    fn default() -> Self {
        Self {
            office: "060100".into(),
            provider: "Penyedia E-Seal".into(),
        }
    }
}

/// How long the first codes hold.
const CODES_HOLD_S: i64 = 7 * 24 * 3600;

/// The two codes. They are printed once and never logged.
#[derive(Clone)]
pub struct FirstCodes {
    /// For the customs supervisor.
    pub customs: String,
    /// For the provider's administrator.
    pub provider: String,
}

/// Invites the first people, unless somebody has joined before.
pub fn invite(engine: &EngineHandle, first: &First) -> Result<Option<FirstCodes>, StartFailure> {
    let persons = Listing {
        limit: 1,
        ..Listing::of(RecordKind::Person, Scope::Nation)
    };
    if !engine.reader().records(&persons)?.records.is_empty() {
        return Ok(None);
    }
    let office = OfficeCode::new(&first.office)
        .ok_or_else(|| StartFailure::FirstStart(format!("{} is no office code", first.office)))?;
    let provider = provider(engine, &first.provider)?;
    Ok(Some(FirstCodes {
        customs: code(engine, Role::CustomsSupervisor, Belonging::Office(office))?,
        provider: code(engine, Role::ProviderAdmin, Belonging::Organisation(provider))?,
    }))
}

/// The first provider; an earlier start may have entered it already.
fn provider(engine: &EngineHandle, name: &str) -> Result<OrganisationId, StartFailure> {
    let known = Listing {
        limit: 1,
        ..Listing::of(RecordKind::Organisation, Scope::Nation)
    };
    if let Some(record) = engine.reader().records(&known)?.records.first() {
        return Ok(OrganisationId(record.id));
    }
    let register = Command::RegisterOrganisation {
        name: name.into(),
        kind: OrganisationKind::Provider,
        npwp: None,
    };
    match ask(engine, register)?.first() {
        Some(Subject::Organisation(organisation)) => Ok(*organisation),
        _ => Err(StartFailure::FirstStart("the provider was not entered".into())),
    }
}

fn code(engine: &EngineHandle, role: Role, belongs: Belonging) -> Result<String, StartFailure> {
    let code = secrets::code(&secrets::random());
    let until = engine.clock().now().plus_s(CODES_HOLD_S);
    ask(
        engine,
        Command::Invite {
            role,
            belongs,
            code: secrets::code_hash(&code),
            until,
        },
    )?;
    Ok(code)
}

fn ask(engine: &EngineHandle, command: Command) -> Result<Vec<Subject>, StartFailure> {
    let input = CommandInput {
        principal: Principal::System,
        recorded: None,
        recorded_offset_ms: 0,
        command,
    };
    let answer = engine
        .ask_blocking(Asked {
            input,
            side: Side::default(),
        })
        .map_err(|unavailable| StartFailure::FirstStart(unavailable.to_string()))?;
    match answer.verdict {
        Verdict::Done { about } => Ok(about),
        Verdict::Refused(refusal) => Err(StartFailure::FirstStart(refusal.say.en)),
    }
}
