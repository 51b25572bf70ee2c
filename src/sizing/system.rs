//! The trained systems that the paper compares: names of combinations of network, process and loss, which
//! [`super::Preset`] spells out. Nothing is computed by them.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

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

impl System {
    /// The systems that can be trained.
    pub const ALL: [System; 3] = [System::DmTransformer, System::DmMlp, System::Ann];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            System::DmTransformer => "dm-transformer",
            System::DmMlp => "dm-mlp",
            System::Ann => "ann",
        }
    }

    /// The name in the paper's tables and in the window.
    pub fn title(self) -> &'static str {
        match self {
            System::DmTransformer => "DM-Transf.",
            System::DmMlp => "DM-MLP",
            System::Ann => "ANN",
        }
    }
}

impl FromStr for System {
    type Err = String;

    fn from_str(text: &str) -> Result<System, String> {
        System::ALL.into_iter().find(|s| s.name() == text).ok_or_else(|| {
            let names = System::ALL.map(System::name).join(", ");
            format!("there is no system `{text}`: choose one of {names}")
        })
    }
}
