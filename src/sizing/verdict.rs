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

/// Where a sizing comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A trained system drew it.
    Drawn,
    /// It was drawn and then moved to where the performance model is surer of it.
    Refined,
    /// A search proposed it.
    Proposed,
    /// A designer has turned it by hand.
    Tuned,
    /// The sizing is a row of the circuit's dataset.
    Row,
}

impl Origin {
    /// The name in results.
    pub fn name(self) -> &'static str {
        match self {
            Origin::Drawn => "drawn",
            Origin::Refined => "refined",
            Origin::Proposed => "proposed",
            Origin::Tuned => "tuned",
            Origin::Row => "row",
        }
    }
}

/// A sizing with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The sizing, legal and on the grid.
    pub sizing: Sizing,
    /// Where the sizing comes from.
    pub origin: Origin,
    /// What the performance model predicts.
    pub predicted: Option<Predicted>,
    /// What ngspice measured, or why there is no measurement; `None` if it was not asked.
    pub simulated: Option<Outcome>,
}

impl Candidate {
    /// A drawn sizing of which nothing is known yet.
    pub fn new(sizing: Sizing) -> Candidate {
        Candidate { sizing, origin: Origin::Drawn, predicted: None, simulated: None }
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

    /// The best word on it: a performance and the simulator that measured it; none where it is predicted.
    pub fn word(&self) -> Option<(&Performance, Option<&str>)> {
        if let Some(Ok(simulated)) = &self.simulated {
            return Some((simulated.performance(), Some(&simulated.provenance().simulator)));
        }
        self.predicted.as_ref().map(|p| (&p.performance, None))
    }
}
