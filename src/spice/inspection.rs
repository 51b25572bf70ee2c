//! A design that was looked into: besides its metrics the curves that they were read from, and where its transistors rest.

use super::device_point::DevicePoint;
use super::verdict::Outcome;
use crate::circuit::Analysis;
use serde::{Deserialize, Serialize};

/// What there is to see of one sizing in one condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// What a simulation says of the sizing, bit for bit. Where it is a failure, what is below may still be there: all
    /// that was run before it.
    pub outcome: Outcome,
    /// The corner's name; `None` in the decks' own conditions.
    pub corner: Option<String>,
    /// The sweeps, in the order in which the testbenches ran them.
    pub sweeps: Vec<Sweep>,
    /// The transistors of the circuit's groups, in their order; those that no testbench has are missing.
    pub devices: Vec<DevicePoint>,
    /// What is not there and why, and what was left out, in words.
    pub notes: Vec<String>,
}

/// One analysis over frequency, time or a swept quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// The place of the testbench that ran it.
    pub testbench: usize,
    /// Its name.
    pub testbench_name: String,
    /// Which analysis: any but [`Analysis::Op`].
    pub analysis: Analysis,
    /// What ngspice calls the results, such as `ac1`: a testbench may run an analysis several times.
    pub plot: String,
    /// What was swept: `frequency`, `time`, or such as `v-sweep`.
    pub x_name: String,
    /// Its unit: Hz, s, V, A, °C, Ohm; empty where it is not known.
    pub x_unit: String,
    /// The points in that unit, as they were swept: at most [`Sweep::MOST_POINTS`].
    pub x: Vec<f64>,
    /// The curves, what was measured first: at most [`Sweep::MOST_CURVES`].
    pub curves: Vec<Curve>,
}

impl Sweep {
    /// Of a sweep with more points so many are kept: both ends, of each curve the largest and the smallest value, of the
    /// first curves those of each stretch too.
    pub const MOST_POINTS: usize = 2000;
    /// Of more curves so many are kept.
    pub const MOST_CURVES: usize = 64;
}

/// One quantity over a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The signal as circuit or deck write it, such as `v(out)`, or the vector's name.
    pub name: String,
    /// The unit, where it is known.
    pub unit: Option<String>,
    /// Why it is here.
    pub role: CurveRole,
    /// A value a point of the sweep.
    pub values: CurveValues,
}

/// Why a curve is handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CurveRole {
    /// A metric or a `meas` line of the deck is read from it.
    Measured,
    /// The deck made it by `let`.
    Made,
    /// A noise density.
    Noise,
    /// The voltage of a node of the netlist, for whoever wants to see it; nodes within models are not handed out.
    Node,
}

impl CurveRole {
    /// In a word: `measured`, `made`, `noise` or `node`.
    pub fn name(self) -> &'static str {
        match self {
            CurveRole::Measured => "measured",
            CurveRole::Made => "made",
            CurveRole::Noise => "noise",
            CurveRole::Node => "node",
        }
    }
}

/// The values of a curve. They may be infinite or not a number, as ngspice's are.
#[derive(Clone, Debug, PartialEq)]
pub enum CurveValues {
    /// Numbers.
    Real(Vec<f64>),
    /// Real and imaginary parts.
    Complex(Vec<[f64; 2]>),
}

impl CurveValues {
    /// Numbers where no imaginary part is other than 0.
    pub(super) fn of(values: Vec<[f64; 2]>) -> CurveValues {
        if values.iter().all(|[_, im]| *im == 0.0) {
            CurveValues::Real(values.into_iter().map(|[re, _]| re).collect())
        } else {
            CurveValues::Complex(values)
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            CurveValues::Real(values) => values.len(),
            CurveValues::Complex(values) => values.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The magnitudes; of numbers without their sign.
    pub fn magnitudes(&self) -> Vec<f64> {
        match self {
            CurveValues::Real(values) => values.iter().map(|v| v.abs()).collect(),
            CurveValues::Complex(values) => values.iter().map(|[re, im]| re.hypot(*im)).collect(),
        }
    }
}
