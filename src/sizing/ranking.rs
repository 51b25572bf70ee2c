//! Which of many drawn sizings to deliver, and in which order: those of which the performance model is surest that
//! they meet the target, and of these the best first.
//!
//! A prediction is doubted: by how many of the model's errors on held-out rows it may be wrong and still meet every
//! bound says how sure it is. How good a design is, is for [`Score`] to say, the same for a prediction as for a
//! measurement.

use super::performance::PerformanceModel;
use super::verdict::{Candidate, Predicted};
use crate::circuit::{Bound, Circuit, Score, Specification};
use std::collections::HashSet;

/// How sure a prediction is of a specification.
#[derive(Clone, Copy)]
pub(super) struct Sureness<'a> {
    circuit: &'a Circuit,
    specification: &'a Specification,
    model: &'a PerformanceModel,
}

impl<'a> Sureness<'a> {
    pub(super) fn new(
        circuit: &'a Circuit,
        model: &'a PerformanceModel,
        specification: &'a Specification,
    ) -> Sureness<'a> {
        Sureness { circuit, specification, model }
    }

    /// By how many of the model's errors on held-out rows, beyond the ensemble's spread, it may be wrong and still meet
    /// every bound; negative where it misses one. What [strays](Specification::strays) is less sure than all that does not.
    pub(super) fn of(&self, predicted: &Predicted) -> f64 {
        let margins = self.specification.margins(self.circuit, &predicted.performance);
        let one = |(bound, margin): (&Bound, f64)| {
            (margin - predicted.spread[bound.metric]) / error(self.model, bound.metric).max(1e-6)
        };
        let least = self.specification.bounds.iter().zip(margins).map(one).fold(f64::INFINITY, f64::min);
        least.min(STRAYED) - self.straying(predicted)
    }

    /// What a prediction that [strays](Specification::strays) is put behind all others by.
    fn straying(&self, predicted: &Predicted) -> f64 {
        if self.specification.strays(self.circuit, &predicted.performance) { STRAYED } else { 0.0 }
    }
}

/// More errors than any prediction that matters lies off.
const STRAYED: f64 = 1e6;

fn error(model: &PerformanceModel, metric: usize) -> f64 {
    model.held_out_error.get(metric).copied().unwrap_or(0.0)
}

/// The `count` surest of `candidates`, those of the best [`Score`] first, where each metric is taken to be worse by the
/// ensemble's spread and one error on held-out rows; candidates without a prediction come last. Of equal sizings the
/// first is kept.
pub fn rank(
    circuit: &Circuit,
    model: &PerformanceModel,
    specification: &Specification,
    candidates: Vec<Candidate>,
    count: usize,
) -> Vec<Candidate> {
    let mut seen = HashSet::new();
    let distinct: Vec<Candidate> = candidates.into_iter().filter(|c| seen.insert(c.sizing.key())).collect();
    let sureness = Sureness::new(circuit, model, specification);
    let cost = |predicted: &Predicted| {
        let doubt: Vec<f64> = predicted.spread.iter().enumerate().map(|(m, s)| s + error(model, m)).collect();
        Score::doubted(circuit, specification, &predicted.performance, &doubt).cost()
            + sureness.straying(predicted)
    };
    // stable, so that equals keep their order
    let mut surest = sorted(distinct, |c| c.predicted.as_ref().map_or(f64::INFINITY, |p| -sureness.of(p)));
    surest.truncate(count);
    sorted(surest, |c| c.predicted.as_ref().map_or(f64::INFINITY, cost))
}

/// By a key, the smallest first.
fn sorted(candidates: Vec<Candidate>, key: impl Fn(&Candidate) -> f64) -> Vec<Candidate> {
    let mut keyed: Vec<(f64, Candidate)> = candidates.into_iter().map(|c| (key(&c), c)).collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    keyed.into_iter().map(|(_, candidate)| candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::{Performance, Sizing};
    use crate::model::{Activation, PerceptronSettings};

    #[test]
    fn the_surest_are_delivered_and_the_best_of_them_first() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let target = &circuit.specifications[0].specification;
        // gain is known badly, the rest well
        let settings =
            PerceptronSettings { inputs: 1, hidden: vec![], outputs: 4, activation: Activation::Silu };
        let held_out_error = vec![0.01, 0.01, 4.0, 0.01];
        let model = PerformanceModel { settings, members: vec![], held_out_error, held_out_rows: 10 };
        let drawn = |number: f64, power: f64, gain: f64| Candidate {
            predicted: Some(Predicted {
                performance: Performance(vec![power, 4e-6, gain, 2e3]),
                spread: vec![0.0; 4],
            }),
            ..Candidate::new(Sizing(vec![number]))
        };
        let candidates = vec![
            drawn(0.0, 26e-9, 36.0),
            drawn(1.0, 20e-9, 31.0),
            drawn(2.0, 22e-9, 38.0),
            drawn(2.0, 22e-9, 38.0),
            Candidate::new(Sizing(vec![3.0])),
        ];
        let numbers = |count| -> Vec<f64> {
            let ranked = rank(&circuit, &model, target, candidates.clone(), count);
            ranked.iter().map(|c| c.sizing.0[0]).collect()
        };
        assert_eq!(numbers(2), [2.0, 0.0], "the gain of 1 may be wrong by a quarter of an error alone");
        assert_eq!(numbers(9), [2.0, 0.0, 1.0, 3.0]);
        // the best of all, were half a nanowatt legal
        let candidates = [candidates.clone(), vec![drawn(4.0, 0.5e-9, 38.0)]].concat();
        let all = rank(&circuit, &model, target, candidates, 4);
        assert_eq!(all.iter().map(|c| c.sizing.0[0]).collect::<Vec<_>>(), [2.0, 0.0, 1.0, 4.0]);
    }
}
