//! Flow matching (Lipman et al. 2023): a straight path `x = (1 − s)·x0 + s·ε` with s = t/T, whose velocity `ε − x0` the
//! network learns.

use super::noising::Noising;
use crate::diffusion::{ForwardProcess, Schedule};
use crate::sizing::bounds::{MOST_TIMESTEPS, at_most};
use serde::{Deserialize, Serialize};

/// The flow's settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// T, the parts into which the path is cut.
    pub timesteps: usize,
}

impl Noising for Flow {
    fn check(&self) -> Result<(), String> {
        at_most("timesteps", self.timesteps, MOST_TIMESTEPS)
    }

    fn timesteps(&self) -> usize {
        self.timesteps
    }

    fn forward(&self) -> ForwardProcess {
        let sigma: Vec<f64> = (0..=self.timesteps).map(|t| t as f64 / self.timesteps as f64).collect();
        let alpha = sigma.iter().map(|sigma| 1.0 - sigma).collect();
        ForwardProcess::new(Schedule::new(alpha, sigma), |_, _| (-1.0, 1.0), |_, sigma| (1.0, -sigma))
    }
}
