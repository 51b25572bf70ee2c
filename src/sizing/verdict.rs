//! What is known of a sizing's performance, and who says so. [`Simulated`] and [`Predicted`] are
//! different types so that no accuracy figure can ever come from a prediction.

use crate::circuit::{Performance, Sizing, Specification};
use crate::spice::{Outcome, Simulated};

/// The performance model says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicted {
    /// The ensemble's mean.
    pub performance: Performance,
    /// The ensemble's spread of each metric on its own scale: decades, or the metric's unit.
    pub spread: Vec<f64>,
}

/// A sizing with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The sizing, legal and on the grid.
    pub sizing: Sizing,
    /// What the performance model predicts.
    pub predicted: Option<Predicted>,
    /// What ngspice measured, or why there is no measurement; `None` if it was not asked.
    pub simulated: Option<Outcome>,
}

impl Candidate {
    /// A sizing of which nothing is known yet.
    pub fn new(sizing: Sizing) -> Candidate {
        Candidate { sizing, predicted: None, simulated: None }
    }

    /// Whether the *simulated* performance meets the specification; `None` if it was not simulated. A
    /// failed simulation is not feasible.
    pub fn feasible(&self, specification: &Specification) -> Option<bool> {
        let outcome = self.simulated.as_ref()?;
        Some(outcome.as_ref().is_ok_and(|s| specification.met_by(s.performance())))
    }

    /// The simulated performance, if there is one.
    pub fn measured(&self) -> Option<&Performance> {
        self.simulated.as_ref()?.as_ref().ok().map(Simulated::performance)
    }
}
