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
}

impl Parameter {
    /// The legal value nearest to `value`: on the grid and inside the range.
    ///
    /// A value that is not finite is returned as it is, for [`super::Sizing::check`] to refuse.
    pub fn snap(&self, value: f64) -> f64 {
        if !value.is_finite() {
            return value;
        }
        let first = (self.low / self.grid - 1e-6).ceil();
        let last = (self.high / self.grid + 1e-6).floor();
        let step = (value / self.grid).round().clamp(first, last);
        self.at_step(step)
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
        }
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
