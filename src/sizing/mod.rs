//! Specifications in, sizings out: what is learnt from a dataset, how sizings are drawn and ranked, and
//! how they are judged.

mod ann;
mod batches;
mod diffusion;
mod draw;
mod learning;
mod performance;
mod preset;
mod ranking;
mod recipe;
mod sizer;
mod verdict;

pub use crate::spice::Simulated;
pub use batches::TrainingData;
pub use draw::{DrawError, DrawSettings, draw};
pub(crate) use learning::time_steps;
pub use learning::{Control, Learning, Progress, Start, TrainedModel, train};
pub(crate) use performance::PerformanceHeader;
pub use performance::PerformanceModel;
pub use preset::Preset;
pub use ranking::rank;
pub use recipe::{Architecture, Jitter, Recipe, System, Transformer};
pub use verdict::{Candidate, Predicted};
