//! Which of many sizings to deliver: those that the performance model is surest of.

use super::performance::PerformanceModel;
use super::verdict::Candidate;
use crate::circuit::{Circuit, Score, Specification};
use std::collections::HashSet;

/// How many of the model's errors on held-out rows a prediction is doubted by.
const DOUBT: f64 = 1.0;

/// Sorts `candidates`, best first, by the [`Score`] of their prediction, each metric taken to be worse by the
/// ensemble's spread and by `DOUBT` times the model's error on held-out rows; candidates without a prediction come last. Of
/// equal sizings the first is kept.
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
        distinct.map(|c| (cost(circuit, model, specification, &c), c)).collect();
    // stable, so that equal scores keep their order
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    scored.into_iter().map(|(_, candidate)| candidate).collect()
}

fn cost(
    circuit: &Circuit,
    model: &PerformanceModel,
    specification: &Specification,
    candidate: &Candidate,
) -> f64 {
    let Some(predicted) = &candidate.predicted else {
        return f64::INFINITY;
    };
    let error = |m: usize| model.held_out_error.get(m).copied().unwrap_or(0.0);
    let doubt: Vec<f64> = predicted.spread.iter().enumerate().map(|(m, s)| s + DOUBT * error(m)).collect();
    Score::doubted(circuit, specification, &predicted.performance, &doubt).cost()
}
