//! How far a prediction is from its target, element by element: one loss a file, with its formula and its form
//! for each device. A new loss is such a file and its name in the lists below; both devices, the recipe and the
//! tests go by them.

mod absolute;
mod formula;
mod squared;

pub(super) use absolute::Absolute;
pub(super) use formula::{LossOnCpu, LossOnGpu};
pub(super) use squared::Squared;

use serde::{Deserialize, Serialize};

/// How far a prediction is from its target, in the mean over all elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Loss {
    /// The squared error.
    Squared,
    /// The absolute error, L1.
    Absolute,
}

impl Loss {
    /// All losses.
    pub const ALL: [Loss; 2] = [Loss::Squared, Loss::Absolute];
}

/// Runs `$body` with `$of` as the type of the loss: its formula is compiled into the loop that needs it.
macro_rules! with_loss {
    ($loss:expr, $of:ident => $body:expr) => {{
        use $crate::tensor::loss::{self, Loss};
        match $loss {
            Loss::Squared => {
                type $of = loss::Squared;
                $body
            }
            Loss::Absolute => {
                type $of = loss::Absolute;
                $body
            }
        }
    }};
}
pub(super) use with_loss;
