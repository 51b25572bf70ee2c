//! Metrics: what is measured of a design, and which way is better.

use super::{Scale, Unit};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which way a metric, or a bound on one, must go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Sense {
    /// At most the target: power, noise.
    AtMost,
    /// At least the target: gain, bandwidth.
    AtLeast,
    /// Between two values: of a metric alone, neither way is better. Its bounds are one at least and one at most.
    Between,
}

impl Sense {
    /// +1 where larger values are worse, −1 where smaller ones are: the direction that loosens. 0 where neither is.
    pub fn loosening(self) -> f64 {
        match self {
            Sense::AtMost => 1.0,
            Sense::AtLeast => -1.0,
            Sense::Between => 0.0,
        }
    }

    /// The sense of the first bound on a metric of this sense: of two bounds, the lower one.
    pub fn of_bound(self) -> Sense {
        match self {
            Sense::Between => Sense::AtLeast,
            one_sided => one_sided,
        }
    }

    /// `<=`, `>=` or `between`.
    pub fn symbol(self) -> &'static str {
        match self {
            Sense::AtMost => "<=",
            Sense::AtLeast => ">=",
            Sense::Between => "between",
        }
    }

    /// `≤`, `≥` or `…`.
    pub fn glyph(self) -> &'static str {
        match self {
            Sense::AtMost => "≤",
            Sense::AtLeast => "≥",
            Sense::Between => "…",
        }
    }

    /// Whether `value` meets `bound`. NaN never does; no bound is between.
    pub fn met(self, value: f64, bound: f64) -> bool {
        match self {
            Sense::Between => value == bound,
            Sense::AtMost => value <= bound,
            Sense::AtLeast => value >= bound,
        }
    }
}

impl TryFrom<String> for Sense {
    type Error = String;

    fn try_from(symbol: String) -> Result<Sense, String> {
        [Sense::AtMost, Sense::AtLeast, Sense::Between]
            .into_iter()
            .find(|sense| sense.symbol() == symbol)
            .ok_or_else(|| format!("unknown sense `{symbol}`: write \"<=\", \">=\" or \"between\""))
    }
}

impl From<Sense> for String {
    fn from(sense: Sense) -> String {
        sense.symbol().to_owned()
    }
}

impl fmt::Display for Sense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

/// One measured quantity, in its SI unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// The name in specifications, CSV columns and the testbench's vectors, such as `irn`.
    pub name: String,
    /// The name in the window, such as `Input-referred noise`.
    pub title: String,
    /// The unit of the values.
    pub unit: Unit,
    /// Whether the metric spans decades.
    pub scale: Scale,
    /// Which way a specification of it goes.
    pub sense: Sense,
    /// The smallest and the largest value of a legal design: outside it the circuit does not work
    /// as what it is meant to be.
    pub legal: (f64, f64),
}

impl Metric {
    /// The value on the metric's own scale: log10 where it spans decades, as it is elsewhere.
    pub fn scaled(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => value,
            Scale::Log => value.log10(),
        }
    }

    /// The inverse of [`Self::scaled`].
    pub fn unscaled(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => value,
            Scale::Log => 10f64.powf(value),
        }
    }

    /// Whether a legal design can have this value.
    pub fn is_legal(&self, value: f64) -> bool {
        value.is_finite() && value >= self.legal.0 && value <= self.legal.1
    }

    /// Whether a value is legal, or beyond it by no more than a fifth of the legal range on the metric's own scale: a circuit
    /// that begins to fail, of which there is something to learn.
    pub fn is_nearly_legal(&self, value: f64) -> bool {
        const BEYOND: f64 = 0.2;
        let (low, high) = (self.scaled(self.legal.0), self.scaled(self.legal.1));
        let more = BEYOND * (high - low);
        (low - more..=high + more).contains(&self.scaled(value))
    }
}

/// A further vector of the testbench that must lie in a range for a design to be legal at all, and
/// that is not a metric: OTA1's `polarity` tells a working circuit from a latched one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validity {
    /// The testbench's vector.
    pub vector: String,
    /// Values above this are legal.
    pub above: f64,
    /// What it means when the value is not above, such as `latched: the output has the wrong sign`.
    pub otherwise: String,
}
