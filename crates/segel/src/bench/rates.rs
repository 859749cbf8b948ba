//! Durable acknowledged reports a second over TCP, each beside the bare loop under the same load in the same minute.

use std::time::Duration;

use anyhow::{Result, ensure};
use segel_sim::histogram::Histogram;

use super::program::{Bare, Load, Loaded};
use super::table::{Promise, Reading, Table};
use super::town::{Group, Town};
use super::{Setting, disk, ms};

/// The bare loop gave so many here when its machine was quiet; where it is slower, the table says why.
const BARE_EXPECTED: f64 = 90_000.0;
/// The bare loop.
const BARE: &str = "a bare loop that acknowledges and keeps nothing";

/// What is measured on the way.
struct Rates<'a> {
    setting: &'a Setting,
    table: &'a mut Table,
    town: Town,
    bare: Bare,
    acknowledged: u64,
}

/// Lockstep with more and more connections, many reports under way, half of what is possible; then the kill.
pub fn measure(setting: &Setting, table: &mut Table) -> Result<()> {
    let mut rates = Rates {
        setting,
        table,
        town: Town::open(setting, "rates")?,
        bare: Bare::start()?,
        acknowledged: 0,
    };
    let sizes = setting.size();
    let mut half = 0.0;
    for seals in sizes.connections {
        let rate = rates.at_full_speed(seals, 1, Promise::RatioAtLeast(0.8))?;
        if seals == sizes.usual {
            half = rate / 2.0;
        }
    }
    rates.at_full_speed(sizes.usual, 16, Promise::RatioAtLeast(0.4))?;
    rates.at_half_speed(sizes.usual, half)?;
    let Rates {
        town, acknowledged, ..
    } = rates;
    town.program.kill()?;
    disk::weigh(&town.data, acknowledged, table)
}

impl Rates<'_> {
    fn load(&self, seals: u32) -> Load {
        self.town.load(Group::REPORTING, seals, self.setting.seconds())
    }

    /// The same load on the bare loop, and then on Segel; and how many reports Segel judged, in words.
    fn beside_bare(&mut self, load: &Load) -> Result<(Loaded, Loaded, String)> {
        let bare = Load {
            target: self.bare.address,
            ..*load
        };
        let bare = bare.run()?;
        self.town.warm_up(load)?;
        let (ours, judged) = self.town.loaded(load)?;
        self.acknowledged += ours.acknowledged;
        Ok((bare, ours, judged))
    }

    /// As fast as acknowledgements come; says how many a second.
    fn at_full_speed(&mut self, seals: u32, in_flight: usize, promise: Promise) -> Result<f64> {
        let load = Load {
            in_flight,
            ..self.load(seals)
        };
        let (bare, ours, judged) = self.beside_bare(&load)?;
        let mut remark = format!(
            "{}; bare {}; {judged}",
            spread(&ours.latency),
            spread(&bare.latency)
        );
        if bare.per_second < BARE_EXPECTED {
            remark += &format!(
                "; bare below {BARE_EXPECTED:.0}: {}",
                self.setting.machine.excuse()
            );
        }
        let name = format!("{seals} seals, {in_flight} under way each");
        let reading = Reading::of(name, "reports/s", ours.per_second)
            .beside(BARE, bare.per_second)
            .promised(promise)
            .remarking(remark);
        self.table.take("rates", reading);
        Ok(ours.per_second)
    }

    /// Half of what was possible, evenly; a second report of a seal may be due before the first is acknowledged.
    fn at_half_speed(&mut self, seals: u32, rate: f64) -> Result<()> {
        let load = Load {
            rate: Some(rate),
            lasting: self.setting.seconds() * 2,
            ..self.load(seals)
        };
        let (bare, ours, judged) = self.beside_bare(&load)?;
        ensure!(0 < ours.latency.count(), "nothing was reported at half load");
        let name = format!("{seals} seals at half load, due to acknowledged, p99");
        let p99 = |latency: &Histogram| ms(latency.quantile(0.99));
        let reading = Reading::of(name, "ms", p99(&ours.latency))
            .beside(BARE, p99(&bare.latency))
            .promised(Promise::AtMost(20.0))
            .remarking(format!(
                "{:.0} reports/s; {}; bare {}; {judged}",
                ours.per_second,
                spread(&ours.latency),
                spread(&bare.latency)
            ));
        self.table.take("rates", reading);
        Ok(())
    }
}

/// A distribution in words; the far tail only where enough was counted.
pub fn spread(latency: &Histogram) -> String {
    const TAIL_FROM: u64 = 1000;
    let at = |part| ms(latency.quantile(part));
    let tail = if TAIL_FROM <= latency.count() {
        format!("p99.9 {:.2} ms, ", at(0.999))
    } else {
        String::new()
    };
    format!(
        "p50 {:.2} ms, p99 {:.2} ms, {tail}max {:.2} ms of {}",
        at(0.5),
        at(0.99),
        ms(latency.worst()),
        latency.count()
    )
}

/// A short load at full speed, to know what half of it is.
pub fn half_of_full(setting: &Setting, town: &Town) -> Result<f64> {
    let lasting = (setting.seconds() / 2).max(Duration::from_millis(500));
    let load = town.load(Group::REPORTING, setting.size().usual, lasting);
    town.warm_up(&load)?;
    let (loaded, _) = town.loaded(&load)?;
    Ok(loaded.per_second / 2.0)
}
