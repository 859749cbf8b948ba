//! `segel skp-sim`: the fake customs computer system, so that Segel can be tried, and made to wait, without the real one.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use segel_sim::skp::{Setup, serve};
use tokio::net::TcpListener;

/// How the fake is set up.
#[derive(Debug, Args)]
pub struct Options {
    /// Where it listens; port 0 takes a free one, and the address is printed.
    #[arg(long, default_value = "127.0.0.1:9080")]
    listen: SocketAddr,
    /// The key it wants in `beacukai-api-key`.
    #[arg(long, env = "SEGEL_SKP_API_KEY")]
    api_key: String,
    /// Who may log in.
    #[arg(long)]
    username: String,
    /// With which password.
    #[arg(long, env = "SEGEL_SKP_PASSWORD")]
    password: String,
    /// Seconds a token holds.
    #[arg(long, default_value_t = 300)]
    token_lasts_s: u64,
    /// A file that gets each message taken, as a line of JSON.
    #[arg(long)]
    log: Option<PathBuf>,
}

/// Serves until it is ended.
pub fn run(options: Options) -> Result<()> {
    let setup = Setup {
        api_key: options.api_key,
        username: options.username,
        password: options.password,
        token_lasts: Duration::from_secs(options.token_lasts_s),
        log: options.log,
    };
    let runtime = tokio::runtime::Runtime::new().context("could not start")?;
    runtime.block_on(async {
        let listener = TcpListener::bind(options.listen)
            .await
            .with_context(|| format!("could not listen on {}", options.listen))?;
        println!("skp-sim listens on http://{}", listener.local_addr()?);
        serve(listener, setup).await
    })
}
