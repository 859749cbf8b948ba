//! What occurred in a world, or in many.

use std::collections::BTreeMap;
use std::fmt;

use super::seals::{Mood, Seal};
use super::skp::Office;

/// Counts of what occurred.
#[allow(missing_docs)]
#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub worlds: u64,
    pub reports: u64,
    pub acknowledged: u64,
    pub entries: u64,
    pub commands: u64,
    pub refused: u64,
    pub repeats: u64,
    pub crashes: u64,
    pub disk_faults: u64,
    pub stops: u64,
    pub clock_steps: u64,
    pub deeds: u64,
    pub openings_let_out: u64,
    pub trips_done: u64,
    pub orders_compared: u64,
    pub skp_taken: u64,
    pub skp_down: u64,
    pub skp_lost_answers: u64,
    pub skp_refused: u64,
    pub alarms: BTreeMap<&'static str, u64>,
    pub moods: BTreeMap<Mood, u64>,
}

impl Tally {
    /// Counts the moods of seals.
    pub fn moods(&mut self, seals: &[Seal]) {
        for mood in seals.iter().flat_map(|seal| &seal.moods) {
            *self.moods.entry(*mood).or_default() += 1;
        }
    }

    /// Counts what SKP did.
    pub fn skp(&mut self, office: &Office) {
        let counts = office.counts();
        self.skp_taken += counts.taken;
        self.skp_down += counts.down;
        self.skp_lost_answers += counts.lost_answers;
        self.skp_refused += counts.refused;
    }

    /// Adds another world's.
    pub fn add(&mut self, other: &Self) {
        self.worlds += 1;
        for (mine, theirs) in self.counts_mut().into_iter().zip(other.clone().counts_mut()) {
            *mine += *theirs;
        }
        for (code, count) in &other.alarms {
            *self.alarms.entry(code).or_default() += count;
        }
        for (mood, count) in &other.moods {
            *self.moods.entry(*mood).or_default() += count;
        }
    }

    fn counts_mut(&mut self) -> [&mut u64; 18] {
        [
            &mut self.reports,
            &mut self.acknowledged,
            &mut self.entries,
            &mut self.commands,
            &mut self.refused,
            &mut self.repeats,
            &mut self.crashes,
            &mut self.disk_faults,
            &mut self.stops,
            &mut self.clock_steps,
            &mut self.deeds,
            &mut self.openings_let_out,
            &mut self.trips_done,
            &mut self.orders_compared,
            &mut self.skp_taken,
            &mut self.skp_down,
            &mut self.skp_lost_answers,
            &mut self.skp_refused,
        ]
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "worlds                {:>10}", self.worlds)?;
        let lines = [
            ("reports stored", self.reports),
            ("frames acknowledged", self.acknowledged),
            ("journal entries", self.entries),
            ("commands", self.commands),
            ("  of them refused", self.refused),
            ("  asked twice", self.repeats),
            ("crashes", self.crashes),
            ("  by a refused commit", self.disk_faults),
            ("orderly stops", self.stops),
            ("clock steps", self.clock_steps),
            ("seals violated", self.deeds),
            ("openings let out", self.openings_let_out),
            ("trips completed", self.trips_done),
            ("orders compared", self.orders_compared),
            ("SKP took", self.skp_taken),
            ("SKP was down", self.skp_down),
            ("SKP lost its answer", self.skp_lost_answers),
            ("SKP refused", self.skp_refused),
        ];
        for (name, count) in lines {
            writeln!(f, "{name:<22}{count:>10}")?;
        }
        let alarms: Vec<String> = self
            .alarms
            .iter()
            .map(|(code, count)| format!("{code} {count}"))
            .collect();
        writeln!(f, "alarms                {}", alarms.join(", "))?;
        let moods: Vec<String> = self
            .moods
            .iter()
            .map(|(mood, count)| format!("{mood:?} {count}"))
            .collect();
        write!(f, "moods                 {}", moods.join(", "))
    }
}
