//! Seals in stock: entered, certified, set aside; strangers kept apart; doubt about who speaks.

use segel_model::alarm::{Bilingual, Finding};
use segel_model::event::Subject;
use segel_model::input::ReportInput;
use segel_model::principal::OrganisationKind;
use segel_model::report::Extra;
use segel_model::seal::{Certificate, CertificateKind, SealCondition, SealRegistration};
use segel_model::{AlarmCode, Event, EventTime, Refusal, Report, SealId, Severity, TripId};

use crate::deciding::Outcome;
use crate::people::said;
use crate::state::{QUARANTINE_LIMIT, Quarantine};
use crate::{Deciding, alarms, refusals};

/// Enters a seal into stock.
pub fn register(deciding: &mut Deciding<'_>, registration: &SealRegistration) -> Outcome {
    let texts = [&registration.device.0, &registration.label, &registration.profile];
    if texts.iter().any(|text| text.trim().is_empty()) {
        return Err(refusals::empty_text());
    }
    let provider = deciding.base.organisations.get(&registration.provider);
    match provider.map(|provider| provider.kind) {
        None => return Err(refusals::no_such_organisation()),
        // Importers and the like may own their seals (KEP-97, dictum 3): then they are their own provider.
        Some(OrganisationKind::Broker) => return Err(refusals::not_a_provider()),
        Some(_) => {}
    }
    if let Some(certificate) = &registration.certificate {
        certificate_fits(registration.certificate_needed, certificate)?;
    }
    let known = deciding
        .base
        .seal_of(registration.protocol, &registration.device)
        .is_some();
    let same_label = deciding.base.index.seal_with(&registration.label).is_some();
    if known || same_label {
        return Err(refusals::seal_already_known());
    }
    let seal = deciding.next().seal;
    deciding.emit(Event::SealRegistered {
        seal,
        registration: registration.clone(),
    });
    Ok(Some(Subject::Seal(seal)))
}

/// Gives a seal a new certificate.
pub fn certify(deciding: &mut Deciding<'_>, seal: SealId, certificate: &Certificate) -> Outcome {
    let needed = deciding.find_seal(seal)?.registration.certificate_needed;
    certificate_fits(needed, certificate)?;
    if certificate.number.trim().is_empty() || certificate.issuer.trim().is_empty() {
        return Err(refusals::empty_text());
    }
    deciding.emit(Event::SealCertified {
        seal,
        certificate: certificate.clone(),
    });
    Ok(None)
}

/// Whether a certificate is of the sort that the seal's profile asks for.
pub(crate) fn certificate_fits(
    needed: Option<CertificateKind>,
    certificate: &Certificate,
) -> Result<(), Refusal> {
    if needed.is_none() || certificate.kind == needed {
        Ok(())
    } else {
        Err(refusals::certificate_of_another_kind())
    }
}

/// Says whether a seal may be used. What is on a trip is set aside only after it.
pub fn set_condition(deciding: &mut Deciding<'_>, seal: SealId, condition: &SealCondition) -> Outcome {
    let record = deciding.find_seal(seal)?;
    if record.trip.is_some() && *condition != SealCondition::Ready {
        return Err(refusals::seal_on_trip());
    }
    deciding.emit(Event::SealConditionSet {
        seal,
        condition: condition.clone(),
    });
    Ok(None)
}

/// Somebody else may speak as this seal: no secret is sent to it until an officer clears it.
pub fn doubt(deciding: &mut Deciding<'_>, seal: SealId, why: &str) {
    let Some(record) = deciding.seal(seal).filter(|record| record.doubt.is_none()) else {
        return;
    };
    let reaction = deciding
        .rules
        .in_force(deciding.now())
        .reaction
        .get(&AlarmCode::A23);
    let finding = Finding {
        code: AlarmCode::A23,
        severity: reaction.map_or(Severity::S3, |reaction| reaction.severity),
        trip: record.trip,
        seal: Some(seal),
        at: EventTime::from_receipt(deciding.now()),
        place: record.moving.place.map(|here| here.place.position),
        known_late: false,
        why: Bilingual {
            id: alloc::format!("identitas segel diragukan: {why}"),
            en: alloc::format!("it is in doubt who speaks as this seal: {why}"),
        },
    };
    deciding.emit(Event::SealDoubted {
        seal,
        why: why.into(),
    });
    alarms::raise(deciding, finding);
}

/// The modem's own number, where a report says it: kept with the seal when it is first said, in doubt when it is another.
/// Repeats and data from a blind area count too, because whatever was kept was kept by the same modem.
pub fn modem(deciding: &mut Deciding<'_>, id: SealId, report: &Report) {
    let said = report.extra.iter().find_map(|(name, value)| match value {
        Extra::Text(text) if name == "imei" => Some(text.as_ref()),
        _ => None,
    });
    let Some((imei, seal)) = said.zip(deciding.seal_before(id)) else {
        return;
    };
    match seal.imei.as_deref() {
        None => deciding.emit(Event::SealModemKnown {
            seal: id,
            imei: imei.into(),
        }),
        Some(known) if known != imei => doubt(deciding, id, "its modem has another IMEI than before"),
        Some(_) => {}
    }
}

/// An officer clears a doubt.
pub fn clear_doubt(deciding: &mut Deciding<'_>, seal: SealId, reason: &str) -> Outcome {
    let reason = said(reason)?;
    if deciding.find_seal(seal)?.doubt.is_none() {
        return Err(refusals::no_doubt());
    }
    deciding.emit(Event::SealDoubtCleared { seal, reason });
    Ok(None)
}

/// Shows somebody the secrets inside a report of a seal. Nothing changes by it but the journal, which says who, when and why.
pub fn unmask(
    deciding: &mut Deciding<'_>,
    seal: SealId,
    (commit, ordinal): (u64, u32),
    trip: Option<TripId>,
    reason: &str,
) -> Outcome {
    let reason = said(reason)?;
    deciding.find_seal(seal)?;
    deciding.emit(Event::SecretsUnmasked {
        seal,
        trip,
        commit,
        ordinal,
        reason,
    });
    Ok(None)
}

/// A device nobody registered speaks: kept and listed once, never judged. Beyond the limit it is only counted.
pub fn quarantine(deciding: &mut Deciding<'_>, input: &ReportInput) {
    let quarantine = &deciding.base.quarantine;
    let device = &input.report.device;
    let known = quarantine
        .strangers
        .get(&input.protocol)
        .is_some_and(|known| known.contains_key(device));
    if !known && quarantine.len() < QUARANTINE_LIMIT {
        deciding.emit(Event::DeviceQuarantined {
            protocol: input.protocol,
            device: device.clone(),
        });
    }
}

impl Quarantine {
    /// How many strangers are remembered.
    pub fn len(&self) -> usize {
        self.strangers.values().map(|strangers| strangers.len()).sum()
    }

    /// Whether nobody is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
