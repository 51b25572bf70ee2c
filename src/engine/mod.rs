//! The background engine behind the window and the command line.
//!
//! Four named threads: one owns the device and trains and samples, one owns a pool of ngspice processes and
//! measures, one searches with a pool of its own, one looks into designs with a process of its own. Requests go in without waiting and get a [`JobId`]; events come
//! out over a bounded channel; what grows, the loss history, sits in a latest-wins slot, so that a slow listener
//! never stalls training. Every job ends with exactly one [`End`], a panic included.

mod asked;
mod automatic;
mod awaited;
mod checkpoint;
mod computing;
mod device;
mod event;
pub mod explaining;
mod exploring;
mod fitting;
mod generating;
mod growing;
mod handle;
mod inspecting;
mod job;
mod outbox;
mod pool;
mod rounds;
mod sampling;
mod searching;
mod simulating;
mod testbench;
mod training;

pub mod bench;
#[cfg(test)]
mod tests;

pub use awaited::{Awaited, Measurements};
pub use checkpoint::{CheckpointError, load, save};
pub(crate) use checkpoint::{checksum as model_checksum, read as parse_model};
pub use device::{Device, DeviceChoice};
pub use event::{Event, SampleSet};
pub use exploring::{Explored, Outlook, Price, eased, harder};
pub use fitting::{Doubt, NoBundledModel, bundled_model, demo_model, doubt, model_beside};
pub use growing::{GrowTask, Growing, Grown, grow};
pub use handle::Engine;
pub use job::{
    End, GenerateJob, GeneratedRows, InspectJob, JobError, JobId, JobKind, Product, Ranking, SampleJob,
    SearchJob, SimulateJob, TrainJob,
};
pub(crate) use rounds::DOUBTFUL;
pub use rounds::{Rounds, RoundsProgress, RoundsTask, best_first, reachable, simulate_in_rounds};
pub use searching::Searching;
pub use testbench::testbench_hash;
pub(crate) use training::check_training;

// the data types that listeners need
pub use crate::diffusion::{SampleSettings, Solver};
pub use crate::search::{Design, HistoryPoint, SearchEnd, SearchResult, SearchSettings, Strategy};
pub use crate::sizing::{
    Architecture, Candidate, Diffusion, Diversity, DrawSettings, Front, Jitter, Learning, Origin,
    PerformanceModel, Predicted, Preset, Process, Recipe, Regression, Simulated, System, TrainedModel,
    Transformer,
};
pub use crate::sizing::{Limit, Reach, Relaxed};
pub use crate::spice::{
    Allowed, Curve, CurveRole, CurveValues, DevicePoint, Failure, Finding, Inspection, MeasuredBy,
    OperatingRegion, Outcome, Random, Reasons, Simulator, SimulatorConfig, SpiceError, Sweep, allow, deck,
    findings, ngspice_version, unused_parameters,
};
pub use crate::tensor::Loss;
// and what window, command line and reports ask beside them
pub(crate) use crate::sizing::{beside_known, known_by, known_rows, most_known};
pub(crate) use crate::spice::{is_allowed, serve as serve_spice, testbench_text};
