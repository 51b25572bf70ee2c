//! Questions to a performance model that a slider may ask: whether a specification can be met, what is nearest, what it
//! costs. The model is small, so the answer is worked out where it is asked for, on the CPU, in tenths of a second.

use super::rounds::reachable;
use crate::circuit::{Circuit, Region, Specification};
use crate::dataset::Row;
use crate::sizing::{Candidate, Explorer, Reach, TrainedModel};
use crate::tensor::TensorError;
use crate::tensor::cpu::Cpu;

/// What a question is asked of.
pub struct Explored<'a> {
    /// The circuit.
    pub circuit: &'a Circuit,
    /// The model.
    pub model: &'a TrainedModel,
    /// Where designs may lie.
    pub region: &'a Region,
    /// Rows of the circuit.
    pub rows: &'a [Row],
    /// Designs with predictions, such as draws for the specification.
    pub draws: &'a [Candidate],
}

impl Explored<'_> {
    fn ask<T>(
        &self,
        question: impl FnOnce(&Explorer<'_, Cpu>) -> Result<T, TensorError>,
    ) -> Result<T, String> {
        let answer = || {
            let cpu = Cpu::new(0)?;
            let mut explorer = Explorer::new(&cpu, self.circuit, self.region, self.model, self.rows)?;
            explorer.learn(self.draws.iter().cloned());
            question(&explorer)
        };
        answer().map_err(|e: TensorError| e.to_string())
    }

    /// Whether a specification can be met, as far as the model knows. `None` without rows and draws.
    ///
    /// # Errors
    /// There is no thread to work on.
    pub fn reach(&self, specification: &Specification) -> Result<Option<Reach>, String> {
        self.ask(|explorer| explorer.reach(specification))
    }

    /// How probable it is that a specification can be met: after what was measured of the draws, where that says
    /// something, else as far as the model knows. `None` without rows and draws.
    ///
    /// # Errors
    /// As [`Self::reach`].
    pub fn probability(&self, specification: &Specification) -> Result<Option<f64>, String> {
        match reachable(self.circuit, specification, self.draws) {
            Some(probability) => Ok(Some(probability)),
            None => Ok(self.reach(specification)?.map(|reach| reach.probability)),
        }
    }

    /// See [`Explorer::nearest`].
    ///
    /// # Errors
    /// As [`Self::reach`].
    pub fn nearest(&self, specification: &Specification) -> Result<Vec<Candidate>, String> {
        self.ask(|explorer| explorer.nearest(specification))
    }

    /// See [`Explorer::tradeoff`].
    ///
    /// # Errors
    /// As [`Self::reach`].
    pub fn tradeoff(
        &self,
        specification: &Specification,
        along: usize,
        values: &[f64],
    ) -> Result<Vec<Vec<Option<Candidate>>>, String> {
        self.ask(|explorer| explorer.tradeoff(specification, along, values))
    }
}
