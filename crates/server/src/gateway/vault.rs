//! Orders become commands here, at the moment of sending: a journal names a secret, only the vault holds it.

use segel_model::order::{Ordered, Outcome, SealCommand};
use segel_model::report::Protocol;
use segel_model::{SealId, SealOrder, ServerTime};
use segel_store::{Reader, SecretKind, SecretRow, SideRow, StoreError};
use segel_wire::Profile;

/// Letters and digits that are not taken for one another; a password is sometimes read out on the telephone.
const PASSWORD_LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// What a Jointech seal leaves the factory with (JT701D manual, P43); a seal entered without a password has it.
const MAKERS_PASSWORD: &str = "888888";
/// An order ready to be sent.
pub struct Resolved {
    /// What to send.
    pub command: SealCommand,
    /// Rows that must be durable before it leaves.
    pub before: Vec<SideRow>,
}

/// What a seal speaks, and how.
#[derive(Debug, Clone, Copy)]
pub struct Tongue {
    /// Its language.
    pub protocol: Protocol,
    /// Its maker's way of speaking it.
    pub profile: Profile,
}

/// Puts the secrets in. The inner failure is a sentence without secrets: why it cannot be sent.
pub fn resolve(
    reader: &Reader,
    ordered: &Ordered,
    tongue: Tongue,
    now: ServerTime,
) -> Result<Result<Resolved, &'static str>, StoreError> {
    let seal = ordered.seal;
    let plain = |command| {
        Ok(Ok(Resolved {
            command: segel_wire::fitted(tongue.protocol, tongue.profile, command),
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
        SealOrder::RotatePassword => {
            let old = fixed_password(reader, seal)?;
            let letters = segel_wire::password_letters(tongue.profile);
            Ok(Ok(fresh_password(seal, old, letters, now)))
        }
        SealOrder::AuthoriseCards { cards } => plain(SealCommand::AuthoriseCards { cards: cards.clone() }),
        SealOrder::WithdrawCards { cards } => plain(SealCommand::WithdrawCards { cards: cards.clone() }),
        SealOrder::DynamicPassword { on } => plain(SealCommand::DynamicPassword { on: *on }),
        SealOrder::Channels(channels) => plain(SealCommand::Channels(*channels)),
        SealOrder::Interval { awake_s, asleep_s } => plain(SealCommand::Interval {
            awake_s: *awake_s,
            asleep_s: *asleep_s,
        }),
        SealOrder::AlwaysAwake { on } => plain(SealCommand::AlwaysAwake { on: *on }),
        SealOrder::SetTime => plain(SealCommand::SetTime),
        SealOrder::Lock => plain(SealCommand::Lock),
        SealOrder::PositionNow => plain(SealCommand::PositionNow),
        SealOrder::Restart => plain(SealCommand::Restart),
        SealOrder::Text { text } => plain(SealCommand::Text { text: text.clone() }),
        SealOrder::ConfirmAlarm => plain(SealCommand::ConfirmAlarm),
        SealOrder::Track { every_s, for_s } => plain(SealCommand::Track {
            every_s: *every_s,
            for_s: *for_s,
        }),
        SealOrder::Fence(fence) => plain(SealCommand::Fence(fence.clone())),
        SealOrder::ClearFence { number, sort } => plain(SealCommand::ClearFence {
            number: *number,
            sort: *sort,
        }),
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

/// The new password is durable before the seal hears of it: otherwise a crash in between would lock everybody out.
fn fresh_password(seal: SealId, old: String, letters: usize, now: ServerTime) -> Resolved {
    let mut bytes = vec![0; letters];
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

    #[test]
    fn a_fresh_password_has_as_many_letters_as_asked_and_none_is_taken_for_another() {
        let fresh = fresh_password(SealId(1), "888888".into(), 8, ServerTime::from_unix_ms(0));
        let SealCommand::SetPassword { new, old } = fresh.command else {
            panic!("a password is set")
        };
        assert_eq!((new.len(), old.as_str()), (8, "888888"));
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
