//! The one binary: each word of its command line has a file here.

mod serve;
mod demo;
mod upkeep;
mod decode;
mod conform;
mod sim;
mod bench;
mod skp_sim;
mod orbcomm_sim;

mod log;
mod web;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use segel_server::profiles::ProfileFailure;
use segel_server::service::StartFailure;
use segel_store::StoreError;

/// A report is allocated where its bytes are read and freed where it is made durable, on another thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Custody of containers under electronic seals.
#[derive(Debug, Parser)]
#[command(name = "segel", version)]
struct CommandLine {
    #[command(subcommand)]
    word: Word,
}

#[derive(Debug, Subcommand)]
enum Word {
    /// Segel itself.
    Serve(serve::Options),
    /// Everything on one machine, with simulated seals and people.
    Demo(demo::Options),
    /// Copies a data folder, also while Segel runs in it.
    Backup(upkeep::Backup),
    /// Puts a backup into an empty folder and verifies it.
    Restore(upkeep::Restore),
    /// Reads a data folder at rest again, every chain and file.
    Verify(upkeep::Folder),
    /// Builds the state from the first entry on, and compares.
    Rebuild(upkeep::Folder),
    /// Says what the bytes of a seal mean: JSON lines in, JSON lines out.
    Decode(decode::Options),
    /// Takes a maker's seal through a script, and writes a report that a certifier can sign.
    Conform(conform::Options),
    /// Simulated seals against any server that speaks their protocol.
    Sim(sim::Options),
    /// Figures of speed and size, each beside a reference in the same run.
    Bench(bench::Options),
    /// A fake customs computer system, as a program of its own.
    SkpSim(skp_sim::Options),
    /// A fake gateway of Orbcomm's, as a program of its own.
    OrbcommSim(orbcomm_sim::Options),
}

fn main() -> ExitCode {
    let done = match CommandLine::parse().word {
        Word::Serve(options) => serve::run(options),
        Word::Demo(options) => demo::run(options),
        Word::Backup(options) => upkeep::backup(&options),
        Word::Restore(options) => upkeep::restore(&options),
        Word::Verify(options) => upkeep::verify(&options),
        Word::Rebuild(options) => upkeep::rebuild_state(&options),
        Word::Decode(options) => decode::run(&options),
        Word::Conform(options) => conform::run(options),
        Word::Sim(options) => sim::run(options),
        Word::Bench(options) => bench::run(options),
        Word::SkpSim(options) => skp_sim::run(options),
        Word::OrbcommSim(options) => orbcomm_sim::run(options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(sentence) = in_indonesian(&failure) {
                eprintln!("segel: {sentence}");
            }
            eprintln!("segel: {failure:#}");
            ExitCode::FAILURE
        }
    }
}

/// What the administrator can do about it, first in Indonesian, where it is the store or a profile that failed.
fn in_indonesian(failure: &anyhow::Error) -> Option<String> {
    failure.chain().find_map(|cause| {
        // A start that fails passes the failure of another through, so that is not a cause of its own.
        let start = cause.downcast_ref::<StartFailure>();
        let (store, profile) = match start {
            Some(StartFailure::Store(failure)) => (Some(failure), None),
            Some(StartFailure::Profiles(failure)) => (None, Some(failure)),
            _ => (
                cause.downcast_ref::<StoreError>(),
                cause.downcast_ref::<ProfileFailure>(),
            ),
        };
        let of_store = store.and_then(|failure| failure.indonesian().map(str::to_owned));
        of_store.or_else(|| profile.map(ProfileFailure::indonesian))
    })
}
