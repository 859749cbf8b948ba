//! Orders become commands here, at the moment of sending: a journal names a secret, only the vault holds it.

use segel_model::order::{Ordered, Outcome, SealCommand};
use segel_model::{SealId, SealOrder, ServerTime};
use segel_store::{Reader, SecretKind, SecretRow, SideRow, StoreError};

/// Letters and digits that are not taken for one another; a password is sometimes read out on the telephone.
const PASSWORD_LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// What the seals take.
const PASSWORD_LENGTH: usize = 6;

/// What a Jointech seal leaves the factory with (JT701D manual, P43); a seal entered without a password has it.
const MAKERS_PASSWORD: &str = "888888";
/// What P04 can set: seconds while awake, whole minutes between wakings while asleep.
const AWAKE_S: std::ops::RangeInclusive<u32> = 5..=600;
const ASLEEP_MIN: std::ops::RangeInclusive<u32> = 5..=1440;

/// An order ready to be sent.
pub struct Resolved {
    /// What to send.
    pub command: SealCommand,
    /// Rows that must be durable before it leaves.
    pub before: Vec<SideRow>,
}

/// Puts the secrets in. The inner failure is a sentence without secrets: why it cannot be sent.
pub fn resolve(
    reader: &Reader,
    ordered: &Ordered,
    now: ServerTime,
) -> Result<Result<Resolved, &'static str>, StoreError> {
    let seal = ordered.seal;
    let plain = |command| {
        Ok(Ok(Resolved {
            command,
            before: Vec::new(),
        }))
    };
    match &ordered.order {
        SealOrder::UnlockStatic => plain(SealCommand::UnlockStatic {
            password: fixed_password(reader, seal)?,
        }),
        SealOrder::UnlockDynamic => Ok(password(reader, seal, SecretKind::DynamicPassword)?
            .map(|password| Resolved {
                command: SealCommand::UnlockDynamic { password },
                before: Vec::new(),
            })
            .ok_or("the seal has announced no one-time password")),
        SealOrder::RotatePassword => Ok(Ok(fresh_password(seal, fixed_password(reader, seal)?, now))),
        SealOrder::AuthoriseCards { cards } => plain(SealCommand::AuthoriseCards { cards: cards.clone() }),
        SealOrder::WithdrawCards { cards } => plain(SealCommand::WithdrawCards { cards: cards.clone() }),
        SealOrder::DynamicPassword { on } => plain(SealCommand::DynamicPassword { on: *on }),
        SealOrder::Channels(channels) => plain(SealCommand::Channels(*channels)),
        SealOrder::Interval { awake_s, asleep_s } => plain(interval(*awake_s, *asleep_s)),
        SealOrder::AlwaysAwake { on } => plain(SealCommand::AlwaysAwake { on: *on }),
        SealOrder::SetTime => plain(SealCommand::SetTime),
    }
}

/// Whether sending the order would tell a stranger something.
pub const fn holds_secret(order: &SealOrder) -> bool {
    order.opens() || matches!(order, SealOrder::RotatePassword)
}

/// What changes in the vault with the outcome of an order.
pub fn after(ordered: &Ordered, command: &SealCommand, outcome: &Outcome, now: ServerTime) -> Vec<SideRow> {
    let seal = ordered.seal;
    let gone = |kind, name: &str| SideRow::SecretGone {
        seal,
        kind,
        name: name.into(),
    };
    match (command, outcome) {
        (SealCommand::SetPassword { new, .. }, Outcome::Done) => vec![
            secret(seal, SecretKind::StaticPassword, new.clone(), now),
            gone(SecretKind::NextPassword, ""),
        ],
        (SealCommand::SetPassword { .. }, Outcome::Refused { .. }) => {
            vec![gone(SecretKind::NextPassword, "")]
        }
        (SealCommand::UnlockDynamic { .. }, Outcome::Done) => vec![gone(SecretKind::DynamicPassword, "")],
        (SealCommand::AuthoriseCards { cards }, Outcome::Done) => cards
            .iter()
            .map(|card| {
                let row = SecretRow {
                    seal,
                    kind: SecretKind::Card,
                    name: card.clone(),
                    grant: ordered.grant,
                    at: now,
                    value: card.clone(),
                };
                SideRow::Secret(row)
            })
            .collect(),
        (SealCommand::WithdrawCards { cards }, Outcome::Done) => {
            cards.iter().map(|card| gone(SecretKind::Card, card)).collect()
        }
        _ => Vec::new(),
    }
}

/// A secret that the seal told.
pub fn secret(seal: SealId, kind: SecretKind, value: String, at: ServerTime) -> SideRow {
    SideRow::Secret(SecretRow {
        seal,
        kind,
        name: String::new(),
        grant: None,
        at,
        value,
    })
}

fn password(reader: &Reader, seal: SealId, kind: SecretKind) -> Result<Option<String>, StoreError> {
    Ok(reader
        .secrets(seal, kind)?
        .into_iter()
        .next()
        .map(|row| row.value))
}

fn fixed_password(reader: &Reader, seal: SealId) -> Result<String, StoreError> {
    Ok(password(reader, seal, SecretKind::StaticPassword)?.unwrap_or_else(|| MAKERS_PASSWORD.into()))
}

/// Awake, at least as often as asked: a moving seal is awake. Asleep, as often as a seal can wake.
fn interval(awake_s: u32, asleep_s: u32) -> SealCommand {
    let asleep_min = asleep_s
        .div_ceil(60)
        .clamp(*ASLEEP_MIN.start(), *ASLEEP_MIN.end());
    SealCommand::Interval {
        awake_s: awake_s.clamp(*AWAKE_S.start(), *AWAKE_S.end()),
        asleep_s: asleep_min * 60,
    }
}

/// The new password is durable before the seal hears of it: otherwise a crash in between would lock everybody out.
fn fresh_password(seal: SealId, old: String, now: ServerTime) -> Resolved {
    let mut bytes = [0; PASSWORD_LENGTH];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    let letter = |byte: u8| char::from(PASSWORD_LETTERS[usize::from(byte) % PASSWORD_LETTERS.len()]);
    let new: String = bytes.into_iter().map(letter).collect();
    let before = vec![secret(seal, SecretKind::NextPassword, new.clone(), now)];
    Resolved {
        command: SealCommand::SetPassword { new, old },
        before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(awake_s: u32, asleep_s: u32) -> (u32, u32) {
        match interval(awake_s, asleep_s) {
            SealCommand::Interval { awake_s, asleep_s } => (awake_s, asleep_s),
            _ => (0, 0),
        }
    }

    #[test]
    fn a_seal_reports_at_least_as_often_as_asked_while_awake_and_wakes_as_often_as_it_can() {
        assert_eq!(set(30, 30), (30, 300));
        assert_eq!(set(60, 1800), (60, 1800));
        assert_eq!(set(60, 1801), (60, 1860));
        assert_eq!(set(900, 100_000), (600, 86_400));
    }

    #[test]
    fn a_fresh_password_has_six_letters_that_are_not_taken_for_one_another() {
        let fresh = fresh_password(SealId(1), "888888".into(), ServerTime::from_unix_ms(0));
        let SealCommand::SetPassword { new, old } = fresh.command else {
            panic!("a password is set")
        };
        assert_eq!((new.len(), old.as_str()), (6, "888888"));
        assert!(
            new.bytes().all(|letter| PASSWORD_LETTERS.contains(&letter)),
            "{new}"
        );
        assert_eq!(
            fresh.before,
            [secret(
                SealId(1),
                SecretKind::NextPassword,
                new,
                ServerTime::from_unix_ms(0)
            )]
        );
    }
}
