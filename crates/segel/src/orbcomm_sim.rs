//! `segel orbcomm-sim`: the fake gateway of a satellite operator, so that fetching can be tried, and made to fail, without the
//! real one.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use clap::Args;
use segel_sim::orbcomm::{Setup, serve};
use tokio::net::TcpListener;

/// How the fake is set up.
#[derive(Debug, Args)]
pub struct Options {
    /// Where it listens; port 0 takes a free one, and the address is printed.
    #[arg(long, default_value = "127.0.0.1:9081")]
    listen: SocketAddr,
    /// Who may ask.
    #[arg(long)]
    access_id: String,
    /// With which password.
    #[arg(long, env = "SEGEL_ORBCOMM_PASSWORD")]
    password: String,
    /// Messages of one page.
    #[arg(long, default_value_t = 500)]
    page: usize,
}

/// Serves until it is ended.
pub fn run(options: Options) -> Result<()> {
    let setup = Setup {
        access_id: options.access_id,
        password: options.password,
        page: options.page.max(1),
    };
    let runtime = tokio::runtime::Runtime::new().context("could not start")?;
    runtime.block_on(async {
        let listener = TcpListener::bind(options.listen)
            .await
            .with_context(|| format!("could not listen on {}", options.listen))?;
        println!("orbcomm-sim listens on http://{}", listener.local_addr()?);
        serve(listener, setup).await
    })
}
