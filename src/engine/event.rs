//! What the engine is asked to do, and what it says.

use super::DeviceChoice;
use crate::circuit::{Circuit, Region, Sizing, Specification};
use crate::dataset::Dataset;
use crate::search::{SearchResult, SearchSettings};
use crate::sizing::{Candidate, DrawSettings, Recipe, Simulated, TrainedModel};
use crate::spice::{Failure, SimulatorConfig};
use std::path::PathBuf;
use std::sync::Arc;

/// The kinds of work; each has at most one running at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Job {
    /// Training a system.
    Training,
    /// Drawing sizings.
    Sampling,
    /// Measuring in ngspice.
    Simulation,
    /// Searching in the loop with ngspice.
    Searching,
}

/// Train a system.
#[derive(Clone)]
pub struct TrainJob {
    /// The circuit.
    pub circuit: Arc<Circuit>,
    /// Its rows.
    pub dataset: Arc<Dataset>,
    /// How.
    pub recipe: Recipe,
    /// The seed of everything random.
    pub seed: u64,
    /// Where.
    pub device: DeviceChoice,
    /// A model to go on from; recipe and seed must be its own.
    pub resume: Option<Arc<TrainedModel>>,
    /// A model of another system whose performance model is taken over, as it would come out the same: of
    /// the same rows, coordinates and seed. Without effect where `resume` is given.
    pub beside: Option<Arc<TrainedModel>>,
    /// Where a checkpoint is written every minute and at the end.
    pub checkpoint: Option<PathBuf>,
}

/// Whether and how drawn sizings are ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ranking {
    /// Deliver what is drawn, as it is drawn.
    Raw,
    /// Draw this many times as many, rank them by the performance model, deliver the best.
    Oversample(usize),
}

/// Draw sizings.
#[derive(Clone)]
pub struct SampleJob {
    /// Comes back with the answer; of several requests waiting only the newest is answered.
    pub id: u64,
    /// The circuit.
    pub circuit: Arc<Circuit>,
    /// What to draw from.
    pub model: Arc<TrainedModel>,
    /// The target.
    pub specification: Specification,
    /// Where the sizings shall lie.
    pub region: Region,
    /// How.
    pub settings: DrawSettings,
    /// How many to deliver.
    pub count: usize,
    /// Whether the best of more are delivered.
    pub ranking: Ranking,
    /// The seed.
    pub seed: u64,
    /// Where.
    pub device: DeviceChoice,
}

/// Measure sizings in ngspice.
#[derive(Clone)]
pub struct SimulateJob {
    /// Comes back with the answer.
    pub id: u64,
    /// The circuit.
    pub circuit: Arc<Circuit>,
    /// What to measure.
    pub sizings: Vec<Sizing>,
    /// The pool.
    pub pool: SimulatorConfig,
}

/// Search for feasible sizings in the loop with ngspice, without a model or a dataset.
#[derive(Clone)]
pub struct SearchJob {
    /// Comes back with the answer.
    pub id: u64,
    /// The circuit.
    pub circuit: Arc<Circuit>,
    /// The target.
    pub specification: Specification,
    /// Where is searched.
    pub region: Region,
    /// Strategy, budget and seed.
    pub settings: SearchSettings,
    /// The pool; it changes no result.
    pub pool: SimulatorConfig,
}

/// Drawn sizings.
#[derive(Clone, Debug)]
pub struct SampleSet {
    /// The request's.
    pub id: u64,
    /// The target.
    pub specification: Specification,
    /// Where they lie, all of them.
    pub region: Region,
    /// How many were drawn, of which these were delivered.
    pub drawn: usize,
    /// With predictions, without measurements.
    pub candidates: Vec<Candidate>,
    /// Seconds from request to answer, ranking included.
    pub seconds: f64,
    /// The device's name.
    pub device: String,
}

/// What the engine says. Every job ends with `Trained`, `Sampled`, `Simulated`,
/// `Searched` or `Failed`, once.
#[derive(Clone, Debug)]
pub enum Event {
    /// A device was made ready: its name.
    Device(String),
    /// The performance model is being trained: the part done.
    PerformanceModel(f64),
    /// Steps were taken: look into [`super::Engine::learning`].
    Step {
        /// Steps taken.
        step: u32,
        /// Steps in all.
        steps: u32,
        /// The last loss.
        loss: f32,
        /// The last learning rate.
        learning_rate: f32,
        /// Augmented rows a second, over the last moments.
        samples_a_second: f64,
    },
    /// Training waits.
    Paused,
    /// Training goes on.
    Resumed,
    /// A checkpoint was written.
    Saved(PathBuf),
    /// A checkpoint could not be written; training goes on.
    NotSaved(String),
    /// Training ended.
    Trained {
        /// What was learnt.
        model: Arc<TrainedModel>,
        /// Whether it was stopped before its last step.
        stopped: bool,
    },
    /// Sizings were drawn.
    Sampled(Arc<SampleSet>),
    /// One sizing was measured.
    Measured {
        /// The request's.
        id: u64,
        /// Which sizing of the request.
        index: usize,
        /// What ngspice said.
        outcome: Result<Simulated, Failure>,
    },
    /// All sizings were measured, or the rest was cancelled.
    Simulated {
        /// The request's.
        id: u64,
        /// How many were given to ngspice.
        simulations: usize,
        /// Seconds, starting the pool included.
        seconds: f64,
    },
    /// Designs were measured in a search: look into [`super::Engine::searching`].
    Searching {
        /// The request's.
        id: u64,
        /// Designs measured.
        simulations: usize,
        /// Feasible designs among them.
        feasible: usize,
        /// The smallest violation so far, in decades.
        violation: f64,
        /// The best design's worst margin, in decades.
        margin: f64,
    },
    /// A search ended, or was cancelled after it had measured something.
    Searched {
        /// The request's.
        id: u64,
        /// What it found.
        result: Arc<SearchResult>,
    },
    /// A job ended without a result.
    Failed {
        /// Which.
        job: Job,
        /// Why, in a line, with the remedy.
        message: String,
    },
}
