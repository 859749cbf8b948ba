//! Every figure of a bench in one table: on the screen for people, in a JSON file for whoever compares two runs.
//!
//! A figure is read once a run. A run that is repeated reads it again, and the table keeps all readings: it shows the
//! median and the range, and judges the promise by the median.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::machine::Machine;

/// What one run read.
#[derive(Debug, Clone)]
pub struct Reading {
    name: String,
    unit: &'static str,
    value: f64,
    reference: Option<(String, f64)>,
    promise: Option<Promise>,
    remark: Option<String>,
}

/// What a figure must reach.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(dead_code, reason = "figures that come next want all four")]
pub enum Promise {
    /// It is no greater.
    AtMost(f64),
    /// It is no smaller.
    AtLeast(f64),
    /// It is no greater than this part of its reference.
    RatioAtMost(f64),
    /// It is no smaller than this part of its reference.
    RatioAtLeast(f64),
}

impl Reading {
    /// A figure's name within its group, its unit and what was read.
    pub fn of(name: impl Into<String>, unit: &'static str, value: f64) -> Self {
        Self {
            name: name.into(),
            unit,
            value,
            reference: None,
            promise: None,
            remark: None,
        }
    }

    /// What it is held against, read in the same run in the same unit.
    pub fn beside(mut self, name: impl Into<String>, value: f64) -> Self {
        self.reference = Some((name.into(), value));
        self
    }

    /// What it must reach.
    pub fn promised(mut self, promise: Promise) -> Self {
        self.promise = Some(promise);
        self
    }

    /// What a reader must know beside the number.
    pub fn remarking(mut self, remark: impl Into<String>) -> Self {
        self.remark = Some(remark.into());
        self
    }
}

/// All figures of a bench.
pub struct Table {
    machine: Machine,
    settings: String,
    figures: Vec<Figure>,
    failures: Vec<String>,
}

/// One line: all readings of one figure.
struct Figure {
    group: &'static str,
    name: String,
    unit: &'static str,
    values: Vec<f64>,
    reference: Option<Reference>,
    promise: Option<Promise>,
    remarks: Vec<String>,
}

struct Reference {
    name: String,
    values: Vec<f64>,
}

/// The middle of some readings and the two ends.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Range {
    median: f64,
    low: f64,
    high: f64,
}

impl Table {
    /// An empty table of a bench on this machine.
    pub fn new(machine: Machine, settings: String) -> Self {
        Self {
            machine,
            settings,
            figures: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// Takes a reading in. A reading of the same group and name is another run of the same figure.
    pub fn take(&mut self, group: &'static str, reading: Reading) {
        let known = self
            .figures
            .iter_mut()
            .find(|figure| figure.group == group && figure.name == reading.name);
        match known {
            Some(figure) => figure.take(reading),
            None => self.figures.push(Figure::first(group, reading)),
        }
        let figure = self.figures.iter().rfind(|figure| figure.group == group);
        if let Some(figure) = figure {
            eprintln!("{}", figure.line().trim_end());
        }
    }

    /// Keeps that a group could not be measured: the others stand all the same.
    pub fn take_failure(&mut self, group: &'static str, failure: &anyhow::Error) {
        let sentence = format!("{group}: {failure:#}");
        eprintln!("{sentence}");
        self.failures.push(sentence);
    }

    /// What could not be measured.
    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    /// The table for the screen.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n", self.machine.text(), self.settings);
        let mut group = "";
        for figure in &self.figures {
            if figure.group != group {
                group = figure.group;
                let _always = writeln!(text, "\n{group}");
            }
            text.push_str(&figure.line());
        }
        for failure in &self.failures {
            let _always = writeln!(text, "\nnot measured: {failure}");
        }
        text
    }

    /// The same for a program.
    pub fn json(&self) -> Value {
        json!({
            "machine": self.machine.json(),
            "settings": self.settings,
            "figures": self.figures.iter().map(Figure::json).collect::<Vec<_>>(),
            "failures": self.failures,
        })
    }
}

impl Figure {
    fn first(group: &'static str, reading: Reading) -> Self {
        let Reading {
            name,
            unit,
            value,
            reference,
            promise,
            remark,
        } = reading;
        Self {
            group,
            name,
            unit,
            values: vec![value],
            reference: reference.map(|(name, value)| Reference {
                name,
                values: vec![value],
            }),
            promise,
            remarks: remark.into_iter().collect(),
        }
    }

    fn take(&mut self, reading: Reading) {
        self.values.push(reading.value);
        if let (Some(known), Some((_, value))) = (&mut self.reference, reading.reference) {
            known.values.push(value);
        }
        self.remarks.extend(reading.remark);
    }

    /// Each reading over the reference of its own run: what drifts with the machine drifts in both.
    fn ratio(&self) -> Option<Range> {
        let reference = self.reference.as_ref()?;
        let ratios = self.values.iter().zip(&reference.values);
        Some(Range::of(ratios.map(|(value, beside)| value / beside)))
    }

    fn kept(&self) -> Option<bool> {
        let value = Range::of(self.values.iter().copied()).median;
        let ratio = self.ratio().map(|range| range.median);
        Some(match self.promise? {
            Promise::AtMost(most) => value <= most,
            Promise::AtLeast(least) => least <= value,
            Promise::RatioAtMost(most) => ratio? <= most,
            Promise::RatioAtLeast(least) => least <= ratio?,
        })
    }

    fn line(&self) -> String {
        let range = Range::of(self.values.iter().copied());
        let mut line = format!(
            "  {:<58} {:>12} {}{}",
            self.name,
            number(range.median),
            self.unit,
            range.spread()
        );
        let kept = match self.kept() {
            Some(true) => "kept",
            Some(false) => "MISSED",
            None => "",
        };
        if let Some(promise) = self.promise {
            let _always = write!(line, "   promise {}: {kept}", promise.text());
        }
        line.push('\n');
        line.push_str(&self.reference_line());
        for remark in &self.remarks {
            let _always = writeln!(line, "      {remark}");
        }
        line
    }

    fn reference_line(&self) -> String {
        let (Some(reference), Some(ratio)) = (&self.reference, self.ratio()) else {
            return String::new();
        };
        let range = Range::of(reference.values.iter().copied());
        format!(
            "    {:<56} {:>12} {}{}   ratio {:.3}\n",
            reference.name,
            number(range.median),
            self.unit,
            range.spread(),
            ratio.median
        )
    }

    fn json(&self) -> Value {
        let reference = self.reference.as_ref().map(|reference| {
            let mut value = Range::of(reference.values.iter().copied()).json();
            value["name"] = json!(reference.name);
            value
        });
        let mut value = Range::of(self.values.iter().copied()).json();
        for (name, field) in [
            ("group", json!(self.group)),
            ("name", json!(self.name)),
            ("unit", json!(self.unit)),
            ("runs", json!(self.values.len())),
            ("reference", json!(reference)),
            ("ratio", json!(self.ratio().map(|range| range.median))),
            ("promise", json!(self.promise.map(Promise::text))),
            ("kept", json!(self.kept())),
            ("remarks", json!(self.remarks)),
        ] {
            value[name] = field;
        }
        value
    }
}

impl Promise {
    fn text(self) -> String {
        match self {
            Self::AtMost(most) => format!("<= {}", number(most)),
            Self::AtLeast(least) => format!(">= {}", number(least)),
            Self::RatioAtMost(most) => format!("ratio <= {most}"),
            Self::RatioAtLeast(least) => format!("ratio >= {least}"),
        }
    }
}

impl Range {
    /// Of one reading at least; the median of an even number is the lower of the two in the middle, one that was read.
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        Self {
            median: at(values.len().saturating_sub(1) / 2),
            low: at(0),
            high: at(values.len().saturating_sub(1)),
        }
    }

    fn spread(self) -> String {
        if self.low == self.high {
            return String::new();
        }
        format!(" ({} to {})", number(self.low), number(self.high))
    }

    fn json(self) -> Value {
        json!({"median": self.median, "low": self.low, "high": self.high})
    }
}

/// Three digits that count, thousands apart.
fn number(value: f64) -> String {
    if value.abs() < 100.0 {
        let decimals = if value.abs() < 10.0 { 2 } else { 1 };
        return format!("{value:.decimals$}");
    }
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if 0 < index && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(readings: &[(f64, f64)], promise: Promise) -> Table {
        let mut table = Table::new(Machine::unknown(), "tested".to_owned());
        for (value, reference) in readings {
            let reading = Reading::of("lockstep", "reports/s", *value);
            table.take("rates", reading.beside("bare", *reference).promised(promise));
        }
        table
    }

    fn figure(table: &Table) -> Value {
        table.json()["figures"][0].clone()
    }

    #[test]
    fn repeated_readings_are_one_figure_with_its_median_and_range() {
        let table = table(
            &[(90.0, 100.0), (70.0, 100.0), (80.0, 200.0)],
            Promise::RatioAtLeast(0.7),
        );
        let figure = figure(&table);
        assert_eq!(table.json()["figures"].as_array().map(Vec::len), Some(1));
        assert_eq!(
            (
                &figure["median"],
                &figure["low"],
                &figure["high"],
                &figure["runs"]
            ),
            (&json!(80.0), &json!(70.0), &json!(90.0), &json!(3))
        );
        // 0.9, 0.7 and 0.4: the ratio is of each run, not of the medians (0.8).
        assert_eq!((&figure["ratio"], &figure["kept"]), (&json!(0.7), &json!(true)));
    }

    #[test]
    fn a_promise_is_kept_at_its_edge_and_missed_beyond() {
        let kept = |promise| figure(&table(&[(80.0, 100.0)], promise))["kept"].clone();
        assert_eq!(kept(Promise::RatioAtLeast(0.8)), json!(true));
        assert_eq!(kept(Promise::RatioAtLeast(0.81)), json!(false));
        assert_eq!(kept(Promise::RatioAtMost(0.8)), json!(true));
        assert_eq!(kept(Promise::RatioAtMost(0.79)), json!(false));
        assert_eq!(kept(Promise::AtMost(80.0)), json!(true));
        assert_eq!(kept(Promise::AtMost(79.0)), json!(false));
        assert_eq!(kept(Promise::AtLeast(80.0)), json!(true));
        assert_eq!(kept(Promise::AtLeast(81.0)), json!(false));
    }

    #[test]
    fn the_screen_shows_figure_reference_ratio_promise_and_what_was_missed() {
        let text = table(&[(45_322.0, 113_685.0)], Promise::RatioAtLeast(0.8)).text();
        for part in [
            "rates",
            "45,322 reports/s",
            "113,685",
            "ratio 0.399",
            "promise ratio >= 0.8: MISSED",
        ] {
            assert!(text.contains(part), "no {part}: {text}");
        }
    }

    #[test]
    fn a_group_that_failed_is_told_beside_those_that_did_not() {
        let mut table = table(&[(1.0, 1.0)], Promise::AtLeast(1.0));
        table.take_failure("memory", &anyhow::anyhow!("no such process"));
        assert!(table.text().contains("not measured: memory: no such process"));
        assert_eq!(table.json()["failures"], json!(["memory: no such process"]));
    }

    #[test]
    fn numbers_show_what_counts() {
        let shown = [0.0, 0.456, 12.34, 99.96, 123.4, 1_276_000.4, -1234.0].map(number);
        assert_eq!(
            shown,
            ["0.00", "0.46", "12.3", "100.0", "123", "1,276,000", "-1,234"]
        );
    }
}
