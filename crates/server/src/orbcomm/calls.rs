//! One call to a mailbox: what is asked, and what may come of it. A call runs on a thread of its own, so that a gateway that
//! hangs holds up neither the stopping of Segel nor anything else.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use ureq::Agent;

use segel_wire::orbcomm::{MailboxTime, PAGE_BYTES};

use crate::config::Orbcomm as Config;

/// Where the messages of a mailbox are asked for (handbook, section 9).
const PATH: &str = "GLGW/2/RestMessages.svc/JSON/get_return_messages/";

/// Why a call gave no page. Nothing of these holds the password: it stands in the address that was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The password cannot be read.
    #[error("could not read the password: {0}")]
    NoPassword(String),
    /// Nobody answers there, or not in time.
    #[error("could not reach the gateway: {0}")]
    Unreachable(&'static str),
    /// An answer without a page.
    #[error("the gateway answered HTTP {0}")]
    Http(u16),
    /// An answer that is no page, or half of one.
    #[error("the gateway's answer is no page: {0}")]
    NoPage(&'static str),
    /// The gateway says no.
    #[error("the gateway gave nothing: error {0}")]
    Gateway(i64),
}

impl Failure {
    /// As the metrics count it; errors of the gateway by their own numbers.
    pub fn word(&self) -> String {
        match self {
            Self::NoPassword(_) => "no_password".into(),
            Self::Unreachable(why) => (*why).into(),
            Self::Http(status) => format!("http_{status}"),
            Self::NoPage(_) => "no_page".into(),
            Self::Gateway(code) => format!("error_{code}"),
        }
    }
}

/// What a call came to.
pub type Answer = Result<Vec<u8>, Failure>;

/// The way to a mailbox, one call at a time.
pub struct Calls {
    config: Config,
    agent: Agent,
    under_way: Option<Receiver<Answer>>,
}

impl Calls {
    /// Nothing is asked yet.
    pub fn new(config: Config) -> Self {
        let limit = Duration::from_secs(config.call_limit_s.into());
        let agent = Agent::new_with_config(
            Agent::config_builder()
                .timeout_global(Some(limit))
                .http_status_as_error(false)
                // The password stands in the address: it goes nowhere else.
                .max_redirects(0)
                .build(),
        );
        Self {
            config,
            agent,
            under_way: None,
        }
    }

    /// Asks for the messages from a moment on.
    pub fn ask(&mut self, start: MailboxTime) {
        let (config, agent) = (self.config.clone(), self.agent.clone());
        let (end, ended) = channel();
        std::thread::spawn(move || {
            // Whoever asked has stopped where the receiver is gone; the cursor stands where it stood.
            let _gone = end.send(call(&config, &agent, start));
        });
        self.under_way = Some(ended);
    }

    /// The answer to what was asked last, if it comes in that time.
    pub fn answer(&mut self, patience: Duration) -> Option<Answer> {
        let ended = self.under_way.as_ref()?.recv_timeout(patience);
        let answer = match ended {
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => Err(Failure::Unreachable("broken_off")),
            Ok(answer) => answer,
        };
        self.under_way = None;
        Some(answer)
    }
}

fn call(config: &Config, agent: &Agent, start: MailboxTime) -> Answer {
    let password = config
        .password
        .read()
        .map_err(|failure| Failure::NoPassword(failure.to_string()))?;
    let url = format!("{}/{PATH}", config.url.trim_end_matches('/'));
    let asked = agent
        .get(url)
        .query("access_id", &config.access_id)
        .query("password", password)
        .query("start_utc", start.to_string())
        .call();
    let mut answer = asked.map_err(|failure| Failure::Unreachable(word(&failure)))?;
    if !answer.status().is_success() {
        return Err(Failure::Http(answer.status().as_u16()));
    }
    let body = answer
        .body_mut()
        .with_config()
        .limit(PAGE_BYTES as u64)
        .read_to_vec();
    body.map_err(|failure| match failure {
        ureq::Error::BodyExceedsLimit(_) => Failure::NoPage("frame_too_long"),
        failure => Failure::Unreachable(word(&failure)),
    })
}

/// A stable word: what the library says may hold the address, and that the password.
const fn word(failure: &ureq::Error) -> &'static str {
    match failure {
        ureq::Error::Timeout(_) => "timeout",
        ureq::Error::HostNotFound => "no_such_host",
        ureq::Error::TooManyRedirects => "redirected",
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => "bad_address",
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::Pem(_) => "tls",
        _ => "unreachable",
    }
}
