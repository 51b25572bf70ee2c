//! Design parameters: what may be varied, within which range and on which grid.

use super::Unit;
use serde::{Deserialize, Serialize};

/// How a parameter or a metric is best spread: evenly, or evenly in its logarithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// Differences matter.
    Linear,
    /// Ratios matter; the range must be positive.
    Log,
}

/// One design parameter, in its SI unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// The name in the testbench, such as `W1`.
    pub name: String,
    /// The unit of all the numbers below.
    pub unit: Unit,
    /// The smallest legal value.
    pub low: f64,
    /// The largest legal value.
    pub high: f64,
    /// Legal values are whole multiples of this.
    pub grid: f64,
    /// How the range is spread.
    pub scale: Scale,
    /// What it is, in a few words.
    #[serde(default)]
    pub about: String,
    /// The legal values, rising, where they are none of a grid: `grid` is then the smallest step between two.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<f64>,
}

impl Parameter {
    /// The legal value nearest to `value`: on the grid and inside the range.
    ///
    /// A value that is not finite is returned as it is, for [`super::Sizing::check`] to refuse.
    pub fn snap(&self, value: f64) -> f64 {
        if !value.is_finite() {
            return value;
        }
        if !self.values.is_empty() {
            return self.nearest(value);
        }
        let first = (self.low / self.grid - 1e-6).ceil();
        let last = (self.high / self.grid + 1e-6).floor();
        let step = (value / self.grid).round().clamp(first, last);
        self.at_step(step)
    }

    /// Of the listed values inside the range the nearest, by the parameter's scale.
    fn nearest(&self, value: f64) -> f64 {
        let slack = 1e-6 * self.grid;
        let inside = self.values.iter().filter(|v| **v >= self.low - slack && **v <= self.high + slack);
        let value = value.clamp(self.low, self.high);
        let apart = |v: f64| match self.scale {
            Scale::Linear => (v - value).abs(),
            Scale::Log => (v / value).ln().abs(),
        };
        inside.min_by(|a, b| apart(**a).total_cmp(&apart(**b))).copied().unwrap_or(value)
    }

    /// The legal value after a legal one, upwards or downwards; the last one's is itself.
    pub fn neighbour(&self, value: f64, upwards: bool) -> f64 {
        if self.values.is_empty() {
            return self.snap(if upwards { value + self.grid } else { value - self.grid });
        }
        let slack = 1e-6 * self.grid;
        let next = if upwards {
            self.values.iter().find(|v| **v > value + slack)
        } else {
            self.values.iter().rev().find(|v| **v < value - slack)
        };
        next.map_or_else(|| self.snap(value), |&next| self.snap(next))
    }

    /// `step · grid`, written so that 260 steps of 10 nm are exactly the float 2.6e-6.
    fn at_step(&self, step: f64) -> f64 {
        let per_unit = 1.0 / self.grid;
        if per_unit > 1.0 && (per_unit - per_unit.round()).abs() < 1e-6 * per_unit {
            step / per_unit.round()
        } else {
            step * self.grid
        }
    }

    /// The step between legal values, or how many there are.
    pub fn grid_in_words(&self) -> String {
        match self.values.len() {
            0 => super::format_quantity(self.grid, self.unit, 6),
            n => format!("its {n} values"),
        }
    }

    /// Whether legal values are whole numbers, as a finger count's are.
    pub fn is_whole(&self) -> bool {
        self.unit == Unit::One && self.grid.fract() == 0.0
    }

    /// Where `value` lies in the range, 0 at `low` and 1 at `high`, by the parameter's scale.
    pub fn to_unit_interval(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => (value / self.low).ln() / (self.high / self.low).ln(),
        }
    }

    /// The inverse of [`Self::to_unit_interval`], not snapped.
    pub fn from_unit_interval(&self, at: f64) -> f64 {
        match self.scale {
            Scale::Linear => self.low + at * (self.high - self.low),
            Scale::Log => self.low * (self.high / self.low).powf(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn width() -> Parameter {
        Parameter {
            name: "W1".into(),
            unit: Unit::Metre,
            low: 1e-6,
            high: 10e-6,
            grid: 10e-9,
            scale: Scale::Linear,
            about: String::new(),
            values: Vec::new(),
        }
    }

    #[test]
    fn a_list_of_values_is_what_a_parameter_may_have() {
        let mut r =
            Parameter { low: 1e3, high: 10e3, grid: 1e3, values: vec![1e3, 2.2e3, 4.7e3, 10e3], ..width() };
        assert_eq!([0.0, 1.5e3, 1.7e3, 8e3, 1e9].map(|v| r.snap(v)), [1e3, 1e3, 2.2e3, 10e3, 10e3]);
        assert_eq!((r.neighbour(2.2e3, true), r.neighbour(2.2e3, false)), (4.7e3, 1e3));
        assert_eq!(r.neighbour(10e3, true), 10e3);
        // a region of it holds to the values inside
        (r.low, r.high) = (2e3, 5e3);
        assert_eq!([0.0, 1e9].map(|v| r.snap(v)), [2.2e3, 4.7e3]);
        r.scale = Scale::Log;
        assert_eq!(r.snap(3.3e3), 4.7e3);
    }

    #[test]
    fn snaps_to_the_grid_inside_the_range() {
        let w = width();
        assert_eq!(w.snap(2.6004e-6), 2.6e-6);
        assert_eq!(w.snap(0.2e-6), 1e-6);
        assert_eq!(w.snap(1.0), 10e-6);
        assert!(w.snap(f64::NAN).is_nan());
    }

    #[test]
    fn the_unit_interval_maps_back() {
        let mut w = width();
        for scale in [Scale::Linear, Scale::Log] {
            w.scale = scale;
            for value in [1e-6, 3.3e-6, 10e-6] {
                let back = w.from_unit_interval(w.to_unit_interval(value));
                assert!((back - value).abs() < 1e-15, "{scale:?} {value} {back}");
            }
        }
    }
}
