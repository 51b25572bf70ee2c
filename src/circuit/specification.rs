//! Specifications: a bound on each of some metrics.

use super::metric::Sense;
use serde::{Deserialize, Serialize};

/// A bound on one metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    /// The metric's place in [`super::Circuit::metrics`].
    pub metric: usize,
    /// Which way it goes, `<=` or `>=`. The only bound on a metric that has one of these senses has the same.
    pub sense: Sense,
    /// The target, in the metric's SI unit.
    pub value: f64,
}

/// Bounds on some or all of a circuit's metrics, in the metrics' order: one a metric, or two of both senses, of which the
/// one of the metric's own sense comes first.
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
    /// The bound on a metric, if there is one; of two, that of the metric's own sense.
    pub fn bound_on(&self, metric: usize) -> Option<&Bound> {
        self.bounds.iter().find(|b| b.metric == metric)
    }

    /// The other bound on a metric that has two.
    pub fn other_bound_on(&self, metric: usize) -> Option<&Bound> {
        self.bounds.iter().filter(|b| b.metric == metric).nth(1)
    }
}
