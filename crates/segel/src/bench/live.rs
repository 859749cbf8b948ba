//! What watching costs: the same load with screens that follow the live stream and without. Each screen shows the whole
//! road, so that it is sent every position there is to send.

use std::io::{BufRead, Read};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, ensure};
use segel_sim::client::Client;
use serde_json::{Value, json};

use super::Setting;
use super::program::Load;
use super::rates::spread;
use super::table::{Promise, Reading, Table};
use super::town::{Group, Town};

/// Reports a second beside which the screens watch.
const RATE: f64 = 50_000.0;

/// Without watchers, then with them, on one server.
pub fn measure(setting: &Setting, table: &mut Table) -> Result<()> {
    let town = Town::open(setting, "live")?;
    let rate = if setting.quick { 200.0 } else { RATE };
    let load = Load {
        rate: Some(rate),
        ..town.load(Group::REPORTING, setting.size().usual, setting.seconds() * 2)
    };
    let alone = timed(&town, &load)?;
    let screens = town.watchers()?;
    static READ: AtomicU64 = AtomicU64::new(0);
    for screen in &screens {
        let stream = show(screen)?;
        // It ends with the server, which ends the stream.
        std::thread::spawn(move || drain(stream, &READ));
    }
    let before = READ.load(Ordering::Relaxed);
    let watched = timed(&town, &load)?;
    let read = READ.load(Ordering::Relaxed) - before;
    ensure!(0 < read, "the screens were sent nothing");
    let remark = format!(
        "{} streams were sent {:.1} MB; with them {}; without {}",
        screens.len(),
        read as f64 / 1e6,
        watched.latency,
        alone.latency
    );
    let name = format!("reports at {rate:.0} a second, {} screens watch", screens.len());
    let reading = Reading::of(name, "reports/s", watched.per_second)
        .beside("nobody watches", alone.per_second)
        .promised(Promise::RatioAtLeast(0.9))
        .remarking(remark);
    table.take("live", reading);
    let reading = Reading::of(
        "processor of the server a report, screens watch",
        "us",
        watched.cpu_us,
    )
    .beside("nobody watches", alone.cpu_us);
    table.take("live", reading);
    town.program.kill()
}

struct Timed {
    per_second: f64,
    cpu_us: f64,
    latency: String,
}

fn timed(town: &Town, load: &Load) -> Result<Timed> {
    let before = town.program.usage()?;
    let (loaded, _) = town.loaded(load)?;
    let cpu_s = town.program.usage()?.cpu_s - before.cpu_s;
    Ok(Timed {
        per_second: loaded.per_second,
        cpu_us: cpu_s * 1e6 / loaded.acknowledged as f64,
        latency: spread(&loaded.latency),
    })
}

/// Follows the stream and says that the whole region is on the screen.
fn show(screen: &Client) -> Result<impl BufRead + Send + use<>> {
    let mut stream = screen.follow_live()?;
    let mut line = String::new();
    let name = loop {
        line.clear();
        ensure!(
            0 < stream.read_line(&mut line)?,
            "a live stream ended before its first word"
        );
        let data = line.strip_prefix("data:").unwrap_or_default();
        let hello: Value = serde_json::from_str(data.trim()).unwrap_or_default();
        if let Some(name) = hello["stream"].as_str() {
            break name.to_owned();
        }
    };
    let viewport = json!({"west": 109.0, "south": -8.0, "east": 112.0, "north": -6.0});
    screen
        .put(&format!("/live/{name}/viewport"), viewport)
        .context("could not say what the screen shows")?;
    Ok(stream)
}

fn drain(mut stream: impl Read, counted: &AtomicU64) {
    let mut piece = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = stream.read(&mut piece) {
        counted.fetch_add(read as u64, Ordering::Relaxed);
    }
}
