//! Specifications in, sizings out: what is learnt from a dataset, how sizings are drawn and ranked, and
//! how they are judged.

mod aim;
#[cfg(test)]
mod alike;
mod architecture;
mod ascent;
mod batches;
mod bounds;
mod counting;
mod deliver;
mod diversity;
mod draw;
mod front;
mod known;
mod known_by;
mod learning;
mod losses;
mod pace;
mod performance;
mod performance_recipe;
mod preset;
mod process;
mod ranking;
mod reach;
mod recipe;
mod steering;
mod system;
#[cfg(test)]
mod trial;
mod trust;
mod verdict;
mod written;

pub use crate::spice::Simulated;
pub use architecture::{Architecture, Transformer};
pub use batches::{LEAST_ROWS, TrainingData};
pub(crate) use counting::{count_draw, count_training_step};
pub use deliver::deliver;
pub use diversity::Diversity;
pub use draw::{AsDrawn, Draw, DrawError, DrawSettings, draw};
pub use front::{Front, roomy_target};
pub use known::{beside_known, known_rows, most_known};
pub use known_by::known_by;
pub(crate) use learning::time_steps;
pub use learning::{Control, Start, TrainedModel, TrainingEvent, train};
pub use losses::Learning;
pub(crate) use performance::PerformanceHeader;
pub use performance::PerformanceModel;
pub use performance_recipe::PerformanceRecipe;
pub use preset::Preset;
pub use process::{Diffusion, Jitter, NoiseSchedule, Prediction, Process, Regression};
pub use ranking::rank;
pub use reach::{Explorer, Limit, Reach, Relaxed, reach_after};
pub use recipe::Recipe;
pub use system::System;
pub use trust::{HeldOutError, Trust};
pub use verdict::{Candidate, Origin, Predicted};
