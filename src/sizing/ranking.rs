//! Which of many sizings to deliver: those that the performance model is surest of.

use super::performance::PerformanceModel;
use super::verdict::Candidate;
use crate::circuit::{Circuit, Specification};
use std::collections::HashSet;

/// Sorts `candidates`, best first, by the predicted worst margin less the ensemble's spread, in units of
/// the model's error on held-out rows; candidates without a prediction come last. Of equal sizings
/// the first is kept.
pub fn rank(
    circuit: &Circuit,
    model: &PerformanceModel,
    specification: &Specification,
    candidates: Vec<Candidate>,
) -> Vec<Candidate> {
    let mut seen = HashSet::new();
    let key = |c: &Candidate| c.sizing.0.iter().map(|v| v.to_bits()).collect::<Vec<u64>>();
    let distinct = candidates.into_iter().filter(|c| seen.insert(key(c)));
    let mut scored: Vec<(f64, Candidate)> =
        distinct.map(|c| (score(circuit, model, specification, &c), c)).collect();
    // stable, so that equal scores keep their order
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().map(|(_, candidate)| candidate).collect()
}

fn score(
    circuit: &Circuit,
    model: &PerformanceModel,
    specification: &Specification,
    candidate: &Candidate,
) -> f64 {
    let Some(predicted) = &candidate.predicted else {
        return f64::NEG_INFINITY;
    };
    let margins = specification.margins(circuit, &predicted.performance);
    let sure = |(bound, margin): (&crate::circuit::Bound, f64)| {
        let error = model.held_out_error.get(bound.metric).copied().unwrap_or(0.0).max(1e-6);
        (margin - predicted.spread[bound.metric]) / error
    };
    specification.bounds.iter().zip(margins).map(sure).fold(f64::INFINITY, f64::min)
}
