//! `circuit.ron` as it is written, formats 1 and 2: not yet checked.

use super::device::NamedDeviceGroup;
use super::metric::{Metric, Sense, Validity};
use super::parameter::{Parameter, Scale};
use super::unit::Unit;
use serde::Deserialize;

/// A circuit.
#[derive(Deserialize)]
#[serde(rename = "Circuit", deny_unknown_fields)]
pub(super) struct Raw {
    pub format: u32,
    pub name: String,
    pub title: String,
    #[serde(default)]
    pub about: String,
    /// The only testbench, by its deck.
    #[serde(default)]
    pub testbench: String,
    #[serde(default)]
    pub testbenches: Vec<RawTestbench>,
    /// A program and its arguments that measure in place of testbenches.
    #[serde(default)]
    pub command: Vec<String>,
    #[serde(default = "default_dataset")]
    pub dataset: String,
    /// Empty where there is none, so that the file need not say `Some("…")`.
    #[serde(default)]
    pub schematic: String,
    pub parameters: Vec<RawParameter>,
    /// Deck parameters that follow from others: (name, expression).
    #[serde(default)]
    pub ties: Vec<(String, String)>,
    #[serde(default)]
    pub groups: Vec<NamedDeviceGroup>,
    pub metrics: Vec<RawMetric>,
    #[serde(default)]
    pub validity: Vec<RawValidity>,
    #[serde(default)]
    pub specifications: Vec<(String, Vec<String>)>,
    #[serde(default)]
    pub export_names: Vec<(String, String)>,
    #[serde(default)]
    pub corners: Vec<RawCorner>,
    /// Corners by name over which a design counts as its worst; `all` for all of them.
    #[serde(default)]
    pub worst_over: Vec<String>,
    /// What makes the decks draw each device's mismatch.
    #[serde(default, deserialize_with = "given")]
    pub mismatch: Option<RawCorner>,
}

fn default_dataset() -> String {
    "samples.csv".to_owned()
}

/// A testbench: its name and its deck's.
#[derive(Deserialize)]
#[serde(rename = "Testbench", deny_unknown_fields)]
pub(super) struct RawTestbench {
    pub name: String,
    pub deck: String,
    /// See [`super::Testbench::process`].
    #[serde(default)]
    pub process: bool,
}

/// [`Parameter`], and how the decks write it.
#[derive(Deserialize)]
#[serde(rename = "Parameter", deny_unknown_fields)]
pub(super) struct RawParameter {
    pub name: String,
    pub unit: Unit,
    /// NaN where they are not given: `values` are then.
    #[serde(default = "absent")]
    pub low: f64,
    #[serde(default = "absent")]
    pub high: f64,
    #[serde(default = "absent")]
    pub grid: f64,
    pub scale: Scale,
    #[serde(default)]
    pub about: String,
    /// The legal values in place of range and grid.
    #[serde(default)]
    pub values: Vec<f64>,
    /// Such as `um`; empty where the decks write the plain unit.
    #[serde(default)]
    pub deck_unit: String,
}

/// [`Metric`], and how it is measured.
#[derive(Deserialize)]
#[serde(rename = "Metric", deny_unknown_fields)]
pub(super) struct RawMetric {
    pub name: String,
    pub title: String,
    pub unit: Unit,
    pub scale: Scale,
    pub sense: Sense,
    pub legal: (f64, f64),
    /// Empty for the first testbench.
    #[serde(default)]
    pub testbench: String,
    /// Empty for the vector of the metric's name.
    #[serde(default)]
    pub from: String,
}

/// [`Validity`], and how it is measured.
#[derive(Deserialize)]
#[serde(rename = "Validity", deny_unknown_fields)]
pub(super) struct RawValidity {
    pub vector: String,
    pub above: f64,
    pub otherwise: String,
    #[serde(default)]
    pub testbench: String,
    #[serde(default)]
    pub from: String,
}

/// A corner.
#[derive(Deserialize)]
#[serde(rename = "Corner", deny_unknown_fields)]
pub(super) struct RawCorner {
    /// Mismatch needs none.
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub sections: Vec<(String, String)>,
    /// NaN for the decks' own.
    #[serde(default = "absent")]
    pub temperature: f64,
    #[serde(default)]
    pub set: Vec<(String, String)>,
    #[serde(default)]
    pub replace: Vec<(String, String)>,
}

/// So that the file need not say `Some(…)`.
fn given<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<RawCorner>, D::Error> {
    RawCorner::deserialize(from).map(Some)
}

fn absent() -> f64 {
    f64::NAN
}

impl RawParameter {
    pub(super) fn parameter(&self) -> Parameter {
        let mut values = self.values.clone();
        values.sort_by(f64::total_cmp);
        let steps = values.windows(2).map(|pair| pair[1] - pair[0]);
        let listed = |own: f64, of: Option<f64>| of.filter(|_| own.is_nan()).unwrap_or(own);
        Parameter {
            name: self.name.clone(),
            unit: self.unit,
            low: listed(self.low, values.first().copied()),
            high: listed(self.high, values.last().copied()),
            grid: listed(self.grid, steps.reduce(f64::min)),
            values,
            scale: self.scale,
            about: self.about.clone(),
        }
    }
}

impl RawMetric {
    pub(super) fn metric(&self) -> Metric {
        Metric {
            name: self.name.clone(),
            title: self.title.clone(),
            unit: self.unit,
            scale: self.scale,
            sense: self.sense,
            legal: self.legal,
        }
    }
}

impl RawValidity {
    pub(super) fn validity(&self) -> Validity {
        Validity { vector: self.vector.clone(), above: self.above, otherwise: self.otherwise.clone() }
    }
}
