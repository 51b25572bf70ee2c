//! Specifications: a bound on each of some metrics.

use super::metric::Sense;
use serde::{Deserialize, Serialize};

/// A bound on one metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    /// The metric's place in [`super::Circuit::metrics`].
    pub metric: usize,
    /// Which way it goes; always the metric's own sense.
    pub sense: Sense,
    /// The target, in the metric's SI unit.
    pub value: f64,
}

/// Bounds on some or all of a circuit's metrics, at most one a metric, in the metrics' order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Specification {
    /// The bounds.
    pub bounds: Vec<Bound>,
}

/// A specification with a name, as `circuit.ron` and the window keep them.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedSpecification {
    /// The name, such as `Table II`.
    pub name: String,
    /// Its bounds.
    pub specification: Specification,
}

impl Specification {
    /// The bound on a metric, if there is one.
    pub fn bound_on(&self, metric: usize) -> Option<&Bound> {
        self.bounds.iter().find(|b| b.metric == metric)
    }
}
