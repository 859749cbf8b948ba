//! What callgrind counts for `tests/work.rs`: one hostile stream, said once.

use std::hint::black_box;

use anyhow::{Context, Result, bail};
use segel_fuzz::hostile::{Comes, Hostile, all};

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [number, comes, bytes] = words.as_slice() else {
        bail!("usage: work NUMBER glued|trickling BYTES");
    };
    let number: usize = number.parse().context("which stream")?;
    let hostile = all().into_iter().nth(number).context("there is no such stream")?;
    let comes = Comes::ALL.into_iter().find(|known| known.name() == comes);
    let comes = comes.context("it comes glued or trickling")?;
    let stream = hostile.stream(bytes.parse().context("how many bytes")?);
    println!("{} reports", weighed_here(&hostile, &stream, comes));
    Ok(())
}

/// The name that is looked for.
#[inline(never)]
fn weighed_here(hostile: &Hostile, stream: &[u8], comes: Comes) -> usize {
    black_box(hostile.say(black_box(stream), comes))
}
