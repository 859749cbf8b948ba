//! The bare loop: what a TCP server does at least. It reads a frame and answers with its serial, on as many threads as
//! Segel has, with the same framing; it decodes nothing, judges nothing and keeps nothing.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use clap::Args;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Where, and with how many threads.
#[derive(Debug, Args)]
pub struct Options {
    /// Where it listens.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Threads of its runtime; as many as there are cores without.
    #[arg(long)]
    threads: Option<usize>,
}

/// The answers to all serials, ready.
type Answers = Vec<Vec<u8>>;

/// Bytes read at once; also the most that is kept of a frame whose end has not come.
const READ_BYTES: usize = 64 * 1024;
/// Everything of a record but its body, whose length it says.
const AROUND_BODY: usize = 10;

/// Answers until the process is ended.
pub fn run(options: &Options) -> Result<()> {
    let listener = segel_server::gateway::listen(options.listen).context("could not listen")?;
    println!("jointech    {} (TCP)", listener.local_addr()?);
    println!("ready");
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = options.threads {
        runtime.worker_threads(threads.max(1));
    }
    let runtime = runtime.enable_all().build()?;
    runtime.block_on(accept(listener)).context("the bare loop ended")
}

async fn accept(listener: std::net::TcpListener) -> std::io::Result<()> {
    let answers: Answers = (0..=u8::MAX)
        .map(|serial| format!("(P69,0,{serial})").into_bytes())
        .collect();
    let answers: &'static Answers = Box::leak(Box::new(answers));
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(answer_frames(stream, answers));
    }
}

async fn answer_frames(mut stream: TcpStream, answers: &Answers) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut kept, mut said) = (Vec::with_capacity(1024), Vec::with_capacity(256));
    while kept.len() < READ_BYTES && 0 < stream.read_buf(&mut kept).await? {
        let mut at = 0;
        while let Some(length) = kept
            .get(at + 8..at + 10)
            .map(|field| usize::from(field[0]) << 8 | usize::from(field[1]))
        {
            let Some(serial) = kept.get(at + length + AROUND_BODY - 1) else {
                break;
            };
            said.extend_from_slice(&answers[usize::from(*serial)]);
            at += length + AROUND_BODY;
        }
        kept.drain(..at);
        stream.write_all(&said).await?;
        said.clear();
    }
    Ok(())
}
