//! The battery's curve: how full it is at which voltage. Some protocols tell volts and no per cent; the rules judge per cent.

use segel_model::Report;
use segel_model::report::ReportKind;

/// How full a battery is at which voltage: rising, at least two points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Curve(Vec<(u16, u8)>);

impl Curve {
    /// The curve through these points of thousandths of a volt and per cent; or which one is wrong.
    pub fn new(points: Vec<(u16, u8)>) -> Result<Self, usize> {
        let falls = |(at, pair): (usize, &[(u16, u8)])| {
            let rises = pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1;
            (!rises).then_some(at + 1)
        };
        let too_full = points.iter().position(|(_, percent)| 100 < *percent);
        match too_full.or(points.windows(2).enumerate().find_map(falls)) {
            Some(wrong) => Err(wrong),
            None if points.len() < 2 => Err(points.len()),
            None => Ok(Self(points)),
        }
    }

    /// How full it is at a voltage: between two points as far as between their voltages, beyond the ends as at the ends.
    pub fn percent(&self, battery_mv: u16) -> u8 {
        let above = self.0.partition_point(|(mv, _)| *mv <= battery_mv);
        let (Some(low), Some(high)) = (
            above.checked_sub(1).and_then(|at| self.0.get(at)),
            self.0.get(above),
        ) else {
            let end = if above == 0 { self.0.first() } else { self.0.last() };
            return end.map_or(0, |(_, percent)| *percent);
        };
        let (span, far) = (u32::from(high.0 - low.0), u32::from(battery_mv - low.0));
        low.1 + (u32::from(high.1 - low.1) * far / span) as u8
    }

    /// The points.
    pub fn points(&self) -> &[(u16, u8)] {
        &self.0
    }

    /// Fills in how full the battery is, where a report tells volts alone or its language could only estimate. A smaller seal's
    /// battery is another one.
    pub(super) fn complete(&self, report: &mut Report) {
        let own = report.kind != ReportKind::SubSeal;
        let estimated = report.extra.iter().any(|(name, _)| name == ESTIMATED);
        let Some(battery) = report.battery.as_mut().filter(|_| own) else {
            return;
        };
        if let Some(battery_mv) = battery
            .battery_mv
            .filter(|_| estimated || battery.percent.is_none())
        {
            battery.percent = Some(self.percent(battery_mv));
        }
    }
}

/// Stands beside a report whose language had no curve of the make.
const ESTIMATED: &str = "battery_estimated";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_points_it_is_as_full_as_the_voltage_is_far() {
        let curve = Curve::new(vec![(3400, 0), (3600, 20), (4200, 100)]).expect("it rises");
        let percent = [3000, 3400, 3500, 3600, 3900, 4199, 4200, 5000].map(|mv| curve.percent(mv));
        assert_eq!(percent, [0, 0, 10, 20, 60, 99, 100, 100]);
    }

    #[test]
    fn a_curve_that_does_not_rise_names_its_point() {
        assert_eq!(Curve::new(vec![(3400, 0), (3400, 20)]), Err(1));
        assert_eq!(Curve::new(vec![(3400, 0), (3600, 50), (3800, 40)]), Err(2));
        assert_eq!(Curve::new(vec![(3400, 0), (3600, 101)]), Err(1));
        assert_eq!(Curve::new(vec![(3400, 0)]), Err(1));
        assert_eq!(Curve::new(Vec::new()), Err(0));
    }
}
