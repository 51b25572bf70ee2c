//! The background engine behind the window and the command line.
//!
//! One named thread owns the device and trains and samples; another owns the pool of ngspice processes, a
//! third searches with a pool of its own.
//! Commands go in and events come out over bounded channels; what grows, the loss history, sits in a
//! latest-wins slot, so that a slow listener never stalls training.

mod awaited;
mod checkpoint;
mod device;
mod event;
mod fitting;
mod jobs;
mod searching;
mod worker;

pub mod bench;
#[cfg(test)]
mod tests;

pub use awaited::{Awaited, Measurements};
pub use checkpoint::{CheckpointError, load, save};
pub use device::{Device, DeviceChoice};
pub use event::{Event, Job, Ranking, SampleJob, SampleSet, SearchJob, SimulateJob, TrainJob};
pub use fitting::{Doubt, NoBundledModel, bundled_model, demo_model, doubt, testbench_hash};
pub use jobs::check_training;
pub use searching::Searching;
pub use worker::Engine;

// the data types that listeners need
pub use crate::diffusion::{SampleSettings, Solver};
pub use crate::search::{Design, End, HistoryPoint, Score, SearchResult, SearchSettings, Strategy};
pub use crate::sizing::{
    Architecture, Candidate, DrawSettings, Jitter, Learning, Origin, PerformanceModel, Predicted, Preset,
    Recipe, Simulated, System, TrainedModel, Transformer, beside_known, known_rows, most_known,
};
pub use crate::spice::{
    Allowed, Failure, Finding, Outcome, Provenance, Simulator, SimulatorConfig, SpiceError, allow, deck,
    findings, is_allowed, ngspice_version, serve as serve_spice, testbench_text, unused_parameters,
};
