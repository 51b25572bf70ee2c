//! The designs, the model that they are drawn from, and how many of them meet the targets.

use crate::circuit::Specification;
use crate::engine::{Candidate, TrainedModel};
use std::sync::Arc;

/// A model to sample from.
pub struct ModelInHand {
    /// The model.
    pub model: Arc<TrainedModel>,
    /// What the model is called in exported files and on screen.
    pub name: String,
}

/// Drawn designs.
#[derive(Clone)]
pub struct Designs {
    /// The specification that the designs were drawn for.
    pub specification: Specification,
    /// The designs, as delivered.
    pub candidates: Vec<Candidate>,
    /// Seconds that drawing and ranking took.
    pub seconds: f64,
    /// The name of the device that drew.
    pub device: String,
    /// The seed of the draw.
    pub seed: u64,
    /// The name of the model that drew.
    pub model: String,
    /// How many designs were drawn for each that was delivered; 1 where all were, unranked.
    pub of: usize,
    /// Whether they stand in for those that are being drawn and ranked.
    pub draft: bool,
}

/// How many designs were simulated, how many of these meet the targets, and how many are predicted to.
pub struct Tally {
    /// All designs.
    pub designs: usize,
    /// Simulated, failed ones included.
    pub simulated: usize,
    /// Simulated and feasible.
    pub feasible: usize,
    /// Predicted to meet, whether simulated or not.
    pub predicted: usize,
}

impl Tally {
    /// Counts `candidates` against `targets`.
    pub fn of(candidates: &[Candidate], targets: &Specification) -> Tally {
        let predicted = |c: &&Candidate| c.predicted.as_ref().is_some_and(|p| targets.met_by(&p.performance));
        Tally {
            designs: candidates.len(),
            simulated: candidates.iter().filter(|c| c.simulated.is_some()).count(),
            feasible: candidates.iter().filter(|c| c.feasible(targets) == Some(true)).count(),
            predicted: candidates.iter().filter(predicted).count(),
        }
    }

    /// What ngspice said, or that it was not asked; a prediction is called one.
    pub fn verdict(&self) -> String {
        match self.simulated {
            0 => format!("Not simulated yet. Predicted to meet: {} (not verified)", self.predicted),
            n => format!("{} of {n} simulated are feasible in ngspice", self.feasible),
        }
    }
}
