//! Who asks: a person in one of nine roles, of one office or organisation, or Segel itself.

use serde::{Deserialize, Serialize};

use crate::{OfficeCode, OrganisationId, PersonId};

/// What a person is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Customs officer posted at a terminal (hanggar).
    CustomsOfficer,
    /// Customs supervisor, command centre.
    CustomsSupervisor,
    /// Customs headquarters; reads.
    CustomsHq,
    /// Administrator of a provider.
    ProviderAdmin,
    /// Operator of a provider, day and night.
    ProviderOperator,
    /// Fits and removes seals.
    Technician,
    /// Importer, exporter, carrier, TPS operator or broker.
    ServiceUser,
    /// Drives the truck.
    Driver,
    /// Reads everything in the mandate, changes nothing.
    Auditor,
}

impl Role {
    /// All nine.
    pub const ALL: [Self; 9] = [
        Self::CustomsOfficer,
        Self::CustomsSupervisor,
        Self::CustomsHq,
        Self::ProviderAdmin,
        Self::ProviderOperator,
        Self::Technician,
        Self::ServiceUser,
        Self::Driver,
        Self::Auditor,
    ];

    /// Whether people of this role are customs people, whom only customs may create.
    pub const fn is_customs(self) -> bool {
        matches!(
            self,
            Self::CustomsOfficer | Self::CustomsSupervisor | Self::CustomsHq
        )
    }
}

/// Where somebody belongs, and so what they may see.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Belonging {
    /// A customs office: every trip that touches it.
    Office(OfficeCode),
    /// An organisation: its own records.
    Organisation(OrganisationId),
    /// Everything (headquarters, auditors by mandate).
    Nation,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    /// A person.
    Person {
        /// Who.
        person: PersonId,
        /// In which role.
        role: Role,
        /// Of which office or organisation.
        belongs: Belonging,
    },
    /// Segel itself, by a rule that says so (and the first start, which invites the first people).
    System,
}

impl Principal {
    /// The role, where a person asks.
    pub const fn role(&self) -> Option<Role> {
        match self {
            Self::Person { role, .. } => Some(*role),
            Self::System => None,
        }
    }

    /// The person, where one asks.
    pub const fn person(&self) -> Option<PersonId> {
        match self {
            Self::Person { person, .. } => Some(*person),
            Self::System => None,
        }
    }

    /// The organisation the person belongs to.
    pub const fn organisation(&self) -> Option<OrganisationId> {
        match self {
            Self::Person {
                belongs: Belonging::Organisation(organisation),
                ..
            } => Some(*organisation),
            _ => None,
        }
    }

    /// The office the person belongs to.
    pub const fn office(&self) -> Option<&OfficeCode> {
        match self {
            Self::Person {
                belongs: Belonging::Office(office),
                ..
            } => Some(office),
            _ => None,
        }
    }
}

/// What an organisation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationKind {
    /// Supplies seals.
    Provider,
    /// Imports.
    Importer,
    /// Exports.
    Exporter,
    /// Carries.
    Carrier,
    /// Runs a TPS.
    TpsOperator,
    /// Acts for others (PPJK).
    Broker,
}
