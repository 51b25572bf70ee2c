//! What a review is of: a design with all that was measured of it.

use crate::circuit::{Circuit, Performance, Sizing, Specification};
use crate::engine::{Inspection, Outcome, Simulated};
use std::sync::Arc;

/// Whose design it is, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// What the user calls it.
    pub name: Option<String>,
    /// What the user notes on it.
    pub note: Option<String>,
    /// The model that proposed it.
    pub model: Option<String>,
    /// The seed it was proposed with.
    pub seed: Option<u64>,
}

/// A design with all that speaks for it.
#[derive(Clone, Debug)]
pub struct Review {
    /// The circuit.
    pub circuit: Arc<Circuit>,
    /// What it was to meet; it may be empty.
    pub targets: Specification,
    /// The design, legal.
    pub sizing: Sizing,
    /// What ngspice measured, over the conditions in which the circuit counts a design as its worst.
    pub simulated: Simulated,
    /// What there is to see of it in the decks' own conditions; nothing where a command measures the circuit.
    pub inspection: Option<Arc<Inspection>>,
    /// The outcome in each condition that was asked for, by its name, the decks' own first; empty where none was.
    pub conditions: Vec<(String, Outcome)>,
    /// Whose it is.
    pub about: About,
    /// When it was measured, such as `2026-11-22 23:10:29 UTC`.
    pub date: String,
    /// What could not be had, in words.
    pub notes: Vec<String>,
}

impl Review {
    /// The metrics, in the circuit's order and SI units.
    pub fn performance(&self) -> &Performance {
        self.simulated.performance()
    }

    /// Whether ngspice's word meets every target; `None` without targets.
    pub fn feasible(&self) -> Option<bool> {
        (!self.targets.bounds.is_empty()).then(|| self.targets.met_by(self.performance()))
    }

    /// The worst value of each metric over the conditions that were asked for, and the place of its condition; `None` where
    /// none was, or one was not measured.
    pub fn worst(&self) -> Option<Vec<(f64, usize)>> {
        let measured = self.conditions.iter().map(|(_, o)| o.as_ref().ok().map(Simulated::performance));
        let all: Vec<&Performance> = measured.collect::<Option<_>>()?;
        (!all.is_empty()).then(|| Performance::worst(&self.circuit, Some(&self.targets), &all))
    }

    /// Whether the targets are met in every condition that was asked for; `None` without either.
    pub fn feasible_everywhere(&self) -> Option<bool> {
        if self.conditions.is_empty() || self.targets.bounds.is_empty() {
            return None;
        }
        let met = |o: &Outcome| o.as_ref().is_ok_and(|s| self.targets.met_by(s.performance()));
        Some(self.conditions.iter().all(|(_, outcome)| met(outcome)))
    }

    /// The verdict in one line: `Feasible in ngspice-39, worst margin +3.7 % power`.
    pub fn verdict(&self) -> String {
        let (circuit, by) = (&self.circuit, &self.simulated.provenance().simulator);
        let over = circuit.judged_in_words();
        let Some(feasible) = self.feasible() else {
            return format!("Measured in {by}{over}, without targets");
        };
        let worst = crate::circuit::worst_margin(circuit, &self.targets, self.performance());
        let worst = worst.map_or_else(String::new, |(bound, _)| {
            let metric = &circuit.metrics[bound.metric];
            let margin = crate::circuit::signed_margin(metric, bound, self.performance().0[bound.metric]);
            format!(", worst margin {margin} {}", metric.name)
        });
        let word = if feasible { "Feasible" } else { "Infeasible" };
        let count = self.conditions.len();
        let everywhere = match self.feasible_everywhere() {
            Some(true) => format!("; feasible in each of {count} conditions"),
            Some(false) => format!("; infeasible over {count} conditions"),
            None => String::new(),
        };
        format!("{word} in {by}{over}{worst}{everywhere}")
    }
}
