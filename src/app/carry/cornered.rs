//! Designs over the circuit's corners and under mismatch.

use crate::app::core::App;
use crate::app::state::{CorneringUnderWay, conditions};
use crate::circuit::{Circuit, NOMINAL, Sizing};
use crate::engine::Outcome;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

impl App {
    /// Measures the selected design, as it is turned if it is, in every condition and so many times with mismatch.
    pub(super) fn corner(&mut self, runs: usize) {
        if !self.may_simulate() {
            return;
        }
        let Some(bench) = self.bench.as_mut().filter(|bench| bench.cornered.under_way.is_none()) else {
            return;
        };
        let Some(sizing) = bench.looked_at().cloned() else {
            return;
        };
        let circuit = &bench.open.circuit;
        let in_corner = |name: String| {
            let corner = circuit.corners.iter().find(|corner| corner.name == name);
            // a circuit may count a design as its worst over corners: each is looked at by itself here
            let own = corner.map_or_else(|| circuit.in_own_conditions(), |corner| circuit.in_corner(corner));
            (name, Arc::new(own))
        };
        let all: Vec<(String, Arc<Circuit>)> = conditions(circuit).into_iter().map(in_corner).collect();
        let mismatch = circuit.mismatch.as_ref().filter(|_| runs > 0);
        let mismatch = mismatch.map(|corner| (Arc::new(circuit.in_corner(corner)), runs));
        let stop = Arc::new(AtomicBool::new(false));
        let count = all.len() + mismatch.as_ref().map_or(0, |(_, runs)| *runs);
        bench.cornered.begin_runs(&sizing);
        bench.cornered.under_way =
            Some(CorneringUnderWay { sizing: sizing.clone(), stop: Arc::clone(&stop), done: 0, all: count });
        let of = Arc::clone(circuit);
        self.background.over_conditions(of, sizing, all, mismatch, self.config.simulator.clone(), stop);
    }

    pub(in crate::app) fn stop_corners(&mut self) {
        let under_way = self.bench.as_ref().and_then(|bench| bench.cornered.under_way.as_ref());
        if let Some(under_way) = under_way {
            under_way.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Takes an outcome in a condition, or a run with mismatch.
    pub(in crate::app) fn cornered(
        &mut self,
        circuit: &Arc<Circuit>,
        sizing: &Sizing,
        condition: Option<String>,
        outcome: Outcome,
    ) {
        if let Some(bench) = self.bench.as_mut().filter(|bench| Arc::ptr_eq(&bench.open.circuit, circuit)) {
            // in its own conditions a circuit that is not judged over corners is the same as ever
            if condition.as_deref() == Some(NOMINAL) && circuit.worst_over.is_empty() {
                bench.note_outcome(sizing, outcome.clone());
            }
            bench.cornered.hear(sizing, condition, outcome);
        }
    }

    /// Takes the end of a design's conditions.
    pub(in crate::app) fn corners_ended(&mut self, circuit: &Arc<Circuit>, ended: Result<(), String>) {
        let bench = self.bench.as_mut().filter(|bench| Arc::ptr_eq(&bench.open.circuit, circuit));
        let stopped = bench.and_then(|bench| bench.cornered.under_way.take()).is_some_and(|u| u.stopping());
        if let Err(why) = ended
            && !stopped
        {
            self.environment.messages.error(why);
        }
    }
}
