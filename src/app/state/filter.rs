//! One filter for all views: designs stand out that lie inside every range and, where some were chosen by a lasso, are among
//! those.

use crate::circuit::{Circuit, Performance, Sizing, SizingKey};
use crate::engine::Candidate;
use std::collections::HashSet;

/// What is measured along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AxisOf {
    /// A metric, on its own scale.
    Metric(usize),
    /// A parameter, from 0 to 1 on its range.
    Parameter(usize),
}

impl AxisOf {
    /// Where a design stands; not a number where the circuit has no such axis.
    pub fn coordinate(self, circuit: &Circuit, performance: &Performance, sizing: &Sizing) -> f64 {
        let metric = |m: usize| Some(circuit.metrics.get(m)?.scaled(*performance.0.get(m)?));
        let parameter = |p: usize| Some(circuit.parameters.get(p)?.to_unit_interval(*sizing.0.get(p)?));
        let at = match self {
            AxisOf::Metric(m) => metric(m),
            AxisOf::Parameter(p) => parameter(p),
        };
        at.unwrap_or(f64::NAN)
    }
}

/// What an axis was narrowed to, on its own scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Brush {
    /// The axis.
    pub of: AxisOf,
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// What designs stand out by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// The ranges, one an axis at most.
    pub brushes: Vec<Brush>,
    /// The designs that were chosen, if some were.
    pub chosen: Option<HashSet<SizingKey>>,
}

impl Filter {
    /// Whether everything stands out.
    pub fn is_empty(&self) -> bool {
        self.brushes.is_empty() && self.chosen.is_none()
    }

    /// Whether a design stands out, where it performs as given.
    pub fn admits(&self, circuit: &Circuit, performance: &Performance, sizing: &Sizing) -> bool {
        let inside = |b: &Brush| (b.low..=b.high).contains(&b.of.coordinate(circuit, performance, sizing));
        self.brushes.iter().all(inside) && self.chosen.as_ref().is_none_or(|all| all.contains(&sizing.key()))
    }

    /// Whether a design stands out; one of which nothing is known does not where a metric is narrowed.
    pub fn lets(&self, circuit: &Circuit, candidate: &Candidate) -> bool {
        let predicted = || candidate.predicted.as_ref().map(|p| &p.performance);
        let nothing = Performance(Vec::new());
        let performance = candidate.measured().or_else(predicted).unwrap_or(&nothing);
        self.is_empty() || self.admits(circuit, performance, &candidate.sizing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn designs_stand_out_inside_every_range_and_among_the_chosen() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let sizing = |part: f64| {
            Sizing(circuit.parameters.iter().map(|p| p.snap(p.from_unit_interval(part))).collect())
        };
        let (low, high) = (Candidate::new(sizing(0.2)), Candidate::new(sizing(0.8)));
        let all = Filter::default();
        assert!(all.is_empty() && all.lets(&circuit, &low));
        let brush = Brush { of: AxisOf::Parameter(2), low: 0.5, high: 1.0 };
        let half = Filter { brushes: vec![brush], ..Filter::default() };
        assert!(!half.lets(&circuit, &low) && half.lets(&circuit, &high));
        let chosen = Filter { chosen: Some(HashSet::from([low.sizing.key()])), ..Filter::default() };
        assert!(chosen.lets(&circuit, &low) && !chosen.lets(&circuit, &high));
        // of these nobody knows what they perform
        let metric = Brush { of: AxisOf::Metric(0), low: f64::NEG_INFINITY, high: f64::INFINITY };
        assert!(!Filter { brushes: vec![metric], ..Filter::default() }.lets(&circuit, &low));
    }
}
