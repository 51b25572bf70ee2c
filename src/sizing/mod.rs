//! Specifications in, sizings out: what is learnt from a dataset, how sizings are drawn and ranked, and
//! how they are judged.

mod diffusion;
mod learning;
mod performance;
mod ranking;
mod recipe;
mod verdict;

pub use diffusion::{DrawError, DrawSettings, draw};
pub(crate) use learning::time_steps;
pub use learning::{Control, Learning, Progress, TrainedModel, TrainingData, train};
pub(crate) use performance::PerformanceHeader;
pub use performance::PerformanceModel;
pub use ranking::rank;
pub use recipe::{Preset, Recipe, System};
pub use verdict::{Candidate, Predicted, Simulated};
