//! The trained systems that the paper compares: names of combinations of network, process and loss, which
//! [`super::Preset`] spells out. Nothing is computed by them.

use crate::choice::choices;
use serde::{Deserialize, Serialize};

/// Which of the paper's trained systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum System {
    /// The diffusion transformer, the paper's own.
    DmTransformer,
    /// The diffusion model with a multilayer perceptron, the paper's reference 6.
    DmMlp,
    /// The neural network from specification to sizing, the paper's reference 4.
    Ann,
}

choices!(System, "system": DmTransformer "dm-transformer", DmMlp "dm-mlp", Ann "ann");

impl System {
    /// The name in the paper's tables and in the window.
    pub fn title(self) -> &'static str {
        match self {
            System::DmTransformer => "DM-Transf.",
            System::DmMlp => "DM-MLP",
            System::Ann => "ANN",
        }
    }
}
