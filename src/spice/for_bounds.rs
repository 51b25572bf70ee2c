//! Designs judged by bounds that do not need every testbench: the others are run for designs alone that are worth it.

use super::{MeasuredBy, Outcome, Simulate, Simulator};
use crate::circuit::{Circuit, Score, Sizing, Specification};
use std::sync::atomic::AtomicBool;

/// A simulator for a specification. A design that meets it, or is the nearest so far, has every metric; of any other those
/// that no bound needs are NaN.
pub struct ForBounds<'a> {
    simulator: &'a mut Simulator,
    circuit: &'a Circuit,
    specification: &'a Specification,
    saves: bool,
    /// The least cost so far.
    nearest: f64,
}

impl ForBounds<'_> {
    /// Over a simulator of `circuit`.
    pub fn new<'a>(
        simulator: &'a mut Simulator,
        circuit: &'a Circuit,
        specification: &'a Specification,
    ) -> ForBounds<'a> {
        let saves = simulator.can_save(specification);
        ForBounds { simulator, circuit, specification, saves, nearest: f64::INFINITY }
    }
}

impl Simulate for ForBounds<'_> {
    fn run(
        &mut self,
        sizings: &[Sizing],
        cancel: &AtomicBool,
        on_result: &mut dyn FnMut(usize, &Outcome),
    ) -> Vec<Outcome> {
        if !self.saves {
            return self.simulator.run(sizings, cancel, on_result);
        }
        self.simulator.take(Some(self.specification));
        let mut outcomes = self.simulator.run(sizings, cancel, &mut |_, _| {});
        self.simulator.take(None);
        let mut worth = Vec::new();
        for (i, outcome) in outcomes.iter().enumerate() {
            let Ok(simulated) = outcome else { continue };
            let score = Score::of(self.circuit, self.specification, simulated.performance());
            if score.feasible() || score.cost() < self.nearest {
                worth.push(i);
            }
            self.nearest = self.nearest.min(score.cost());
        }
        let whole: Vec<Sizing> = worth.iter().map(|&i| sizings[i].clone()).collect();
        let measured = self.simulator.run(&whole, cancel, &mut |_, _| {});
        for (i, outcome) in worth.into_iter().zip(measured) {
            outcomes[i] = outcome;
        }
        for (i, outcome) in outcomes.iter().enumerate() {
            on_result(i, outcome);
        }
        outcomes
    }

    fn measured_by(&self) -> &MeasuredBy {
        self.simulator.measured_by()
    }
}
