//! Sessions of people and tokens of machines: how they look on the wire, how long they hold, who hears that one ended.

use segel_model::{PersonId, SecretHash, ServerTime, TokenId};
use segel_store::side::SessionRow;
use tokio::sync::broadcast;

use super::secrets;

/// The cookie's name.
pub const COOKIE: &str = "segel_session";
/// A session not used for so long is over: a shift with its breaks.
pub const IDLE_S: i64 = 12 * 3600;
/// A session is over after so long in any case.
pub const ABSOLUTE_S: i64 = 7 * 24 * 3600;
/// Use is noted at most this often, so that reading costs no write.
pub const TOUCH_S: i64 = 60;
/// The longest name of a browser that is kept.
pub const AGENT_MAX: usize = 120;
/// Endings kept for a slow stream; one that misses some looks its own session up again.
pub const ENDINGS_KEPT: usize = 256;

/// What ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// One session.
    Session(SecretHash),
    /// Everything of a person.
    Person(PersonId),
    /// One token.
    Token(TokenId),
}

/// A session as it is handed out: what goes into the cookie, and what the web app sends back with each change.
pub struct Opened {
    /// For the cookie.
    pub token: String,
    /// For `X-CSRF-Token`.
    pub csrf: String,
    /// For the store.
    pub row: SessionRow,
}

/// A fresh session of a person.
pub fn open(person: PersonId, agent: &str, now: ServerTime) -> Opened {
    let token = secrets::word();
    let csrf = csrf(&token);
    let row = SessionRow {
        token: secrets::hash("session", token.as_bytes()),
        person,
        csrf: secrets::hash("csrf", csrf.as_bytes()),
        agent: agent.chars().take(AGENT_MAX).collect(),
        created: now,
        seen: now,
        revoked: None,
    };
    Opened { token, csrf, row }
}

/// What the web app sends back with each change: made of the session's own word, so that it can be shown again.
pub fn csrf(token: &str) -> String {
    secrets::hex(&secrets::hash("csrf word", token.as_bytes()).0)
}

/// Until when a session holds unless it is used.
pub fn until(row: &SessionRow) -> ServerTime {
    row.seen.plus_s(IDLE_S).min(row.created.plus_s(ABSOLUTE_S))
}

/// Whether a session holds.
pub fn is_live(row: &SessionRow, now: ServerTime) -> bool {
    row.revoked.is_none() && now < until(row)
}

/// A machine's token: its number and its secret, `segel_7_…`.
pub fn token_text(id: TokenId, secret: &str) -> String {
    format!("segel_{id}_{secret}")
}

/// Reads a machine's token.
pub fn read_token(text: &str) -> Option<(TokenId, &str)> {
    let (id, secret) = text.strip_prefix("segel_")?.split_once('_')?;
    Some((TokenId(id.parse().ok()?), secret))
}

/// Who hears that a session ended.
pub fn endings() -> broadcast::Sender<Ended> {
    broadcast::channel(ENDINGS_KEPT).0
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: ServerTime = ServerTime::from_unix_ms(1_795_000_000_000);

    #[test]
    fn a_session_ends_after_twelve_idle_hours() {
        let row = open(PersonId(7), "browser", NOW).row;
        assert!(is_live(&row, NOW.plus_s(IDLE_S).plus_ms(-1)));
        assert!(!is_live(&row, NOW.plus_s(IDLE_S)));
    }

    #[test]
    fn a_session_ends_after_seven_days_however_much_it_is_used() {
        let mut row = open(PersonId(7), "browser", NOW).row;
        row.seen = NOW.plus_s(ABSOLUTE_S - 1);
        assert!(is_live(&row, NOW.plus_s(ABSOLUTE_S - 1)));
        assert!(!is_live(&row, NOW.plus_s(ABSOLUTE_S)));
    }

    #[test]
    fn a_revoked_session_is_over_at_once() {
        let mut row = open(PersonId(7), "browser", NOW).row;
        row.revoked = Some(NOW);
        assert!(!is_live(&row, NOW));
    }

    #[test]
    fn a_token_names_itself_and_nonsense_names_nothing() {
        assert_eq!(
            read_token(&token_text(TokenId(7), "abc")),
            Some((TokenId(7), "abc"))
        );
        for nonsense in ["", "segel_", "segel_x_abc", "segel_7", "other_7_abc"] {
            assert_eq!(read_token(nonsense), None, "{nonsense}");
        }
    }
}
