//! The log: one JSON object a line on standard error, so that standard output stays for people.

use tracing_subscriber::EnvFilter;

/// What is logged where `SEGEL_LOG` says nothing else.
const DEFAULT: &str = "info";

/// Starts the log. A second start changes nothing.
pub fn start() {
    let filter = EnvFilter::try_from_env("SEGEL_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let log = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(filter);
    let _second_start = log.with_writer(std::io::stderr).try_init();
}
