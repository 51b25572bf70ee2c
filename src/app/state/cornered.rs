//! Designs over the circuit's corners and under mismatch: what was measured where.

use super::jobs::JobProgress;
use crate::circuit::{Circuit, NOMINAL, Performance, Sizing, SizingKey, Specification};
use crate::engine::{Outcome, Simulated};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Designs whose corners are remembered.
const MOST: usize = 200;

/// What is known of one design.
#[derive(Clone, Debug, Default)]
pub struct OverConditions {
    /// The outcome in each condition, by its name.
    pub corners: HashMap<String, Outcome>,
    /// The outcomes of runs with mismatch.
    pub runs: Vec<Outcome>,
}

impl OverConditions {
    /// The worst value of each metric and the condition that it is of; nothing where one was not measured.
    pub fn worst(&self, circuit: &Circuit, targets: &Specification) -> Option<Vec<(f64, String)>> {
        let names = conditions(circuit);
        let measured = |name: &String| self.corners.get(name)?.as_ref().ok().map(Simulated::performance);
        let all: Vec<&Performance> = names.iter().map(measured).collect::<Option<_>>()?;
        let worst = Performance::worst(circuit, Some(targets), &all);
        Some(worst.into_iter().map(|(value, place)| (value, names[place].clone())).collect())
    }

    /// How many runs with mismatch meet the targets, of how many.
    pub fn runs_met(&self, targets: &Specification) -> (usize, usize) {
        let met = |o: &&Outcome| o.as_ref().is_ok_and(|s| targets.met_by(s.performance()));
        (self.runs.iter().filter(met).count(), self.runs.len())
    }
}

/// The names of all conditions: the decks' own, then the corners.
pub fn conditions(circuit: &Circuit) -> Vec<String> {
    std::iter::once(NOMINAL.to_owned()).chain(circuit.corners.iter().map(|c| c.name.clone())).collect()
}

/// A design that is being measured over its conditions.
pub struct CorneringUnderWay {
    /// The design.
    pub sizing: Sizing,
    /// Ends it once it is set.
    pub stop: Arc<AtomicBool>,
    /// Simulations done, and in all.
    pub done: usize,
    /// See `done`.
    pub all: usize,
}

impl CorneringUnderWay {
    /// Whether Stop was asked for.
    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// How far it is.
    pub fn progress(&self) -> JobProgress {
        let part = Some(self.done as f32 / self.all.max(1) as f32);
        let name = format!("Corners, {} of {} simulations", self.done, self.all);
        JobProgress { name, part, left: None, rate: None }
    }
}

/// All that is known of designs over conditions.
#[derive(Default)]
pub struct Cornered {
    known: HashMap<SizingKey, OverConditions>,
    /// The design under way.
    pub under_way: Option<CorneringUnderWay>,
}

impl Cornered {
    /// What is known of a sizing.
    pub fn of(&self, sizing: &Sizing) -> Option<&OverConditions> {
        self.known.get(&sizing.key())
    }

    /// Notes what came of a simulation: in a condition by its name, or a run with mismatch.
    pub fn hear(&mut self, sizing: &Sizing, condition: Option<String>, outcome: Outcome) {
        if self.known.len() >= MOST && !self.known.contains_key(&sizing.key()) {
            self.known.clear();
        }
        let own = self.known.entry(sizing.key()).or_default();
        match condition {
            Some(name) => _ = own.corners.insert(name, outcome),
            None => own.runs.push(outcome),
        }
        if let Some(under_way) = &mut self.under_way {
            under_way.done += 1;
        }
    }

    /// Forgets the runs with mismatch of a sizing: others come.
    pub fn begin_runs(&mut self, sizing: &Sizing) {
        if let Some(own) = self.known.get_mut(&sizing.key()) {
            own.runs.clear();
        }
    }
}
