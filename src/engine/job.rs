//! What the engine is asked to do, and how each job ends: once.

use super::{DeviceChoice, SampleSet};
use crate::circuit::{Circuit, Corner, Region, Sizing, Specification};
use crate::dataset::{Dataset, Plan};
use crate::search::{SearchResult, SearchSettings};
use crate::sizing::{DrawSettings, Recipe, TrainedModel};
use crate::spice::{Inspection, Outcome, SimulatorConfig, SpiceError};
use std::path::PathBuf;
use std::sync::Arc;

/// The kinds of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Training a system.
    Training,
    /// Drawing sizings.
    Sampling,
    /// Measuring in ngspice.
    Simulation,
    /// Searching in the loop with ngspice.
    Search,
    /// Making the rows of a dataset.
    Generation,
    /// Looking into a design.
    Inspection,
}

/// A job that was asked for: what it is called until it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JobId {
    /// What kind of job was asked for.
    pub kind: JobKind,
    /// Counted from 1 over all kinds: the later the request, the larger.
    pub number: u64,
}

/// Train a system.
#[derive(Clone)]
pub struct TrainJob {
    /// The circuit.
    pub circuit: Arc<Circuit>,
    /// The rows to learn from.
    pub dataset: Arc<Dataset>,
    /// The network, the process and the loss, and how they are trained.
    pub recipe: Recipe,
    /// The seed of everything random.
    pub seed: u64,
    /// Where the network is computed.
    pub device: DeviceChoice,
    /// A model to go on from; recipe and seed must be its own.
    pub resume: Option<Arc<TrainedModel>>,
    /// A model of another system whose performance model is taken over, as it would come out the same: of
    /// the same rows, coordinates and seed. Without effect where `resume` is given.
    pub beside: Option<Arc<TrainedModel>>,
    /// Where a checkpoint is written: after the first step, then ever less often up to every minute, and at
    /// the end.
    pub checkpoint: Option<PathBuf>,
}

/// Whether and how drawn sizings are ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ranking {
    /// Deliver what is drawn for just what is asked, without trying what else could be asked for inside it: the quickest.
    Draft,
    /// Deliver what is drawn, as it is drawn.
    Raw,
    /// Draw this many times as many, rank them by the performance model, deliver the best.
    Oversample(usize),
}

impl Ranking {
    /// How many are drawn for so many that are delivered.
    pub fn drawn(self, count: usize) -> usize {
        match self {
            Ranking::Draft | Ranking::Raw => count,
            Ranking::Oversample(times) => count * times.max(1),
        }
    }
}

/// Draw sizings.
#[derive(Clone)]
pub struct SampleJob {
    /// The circuit.
    pub circuit: Arc<Circuit>,
    /// What to draw from.
    pub model: Arc<TrainedModel>,
    /// The target.
    pub specification: Specification,
    /// Where the sizings shall lie.
    pub region: Region,
    /// Solver, steps, guidance and what is aimed at.
    pub settings: DrawSettings,
    /// How many to deliver.
    pub count: usize,
    /// Whether the best of more are delivered.
    pub ranking: Ranking,
    /// Whether designs are told of as they are drawn, by [`super::Event::Drawn`]: each is judged by the performance model once
    /// more for it.
    pub as_drawn: bool,
    /// The seed.
    pub seed: u64,
    /// Where the network is computed.
    pub device: DeviceChoice,
}

/// Measure sizings in ngspice.
#[derive(Clone)]
pub struct SimulateJob {
    /// The circuit.
    pub circuit: Arc<Circuit>,
    /// What to measure.
    pub sizings: Vec<Sizing>,
    /// The pool.
    pub pool: SimulatorConfig,
}

/// Look into one design: its curves and the operating points of its transistors.
#[derive(Clone)]
pub struct InspectJob {
    /// The circuit.
    pub circuit: Arc<Circuit>,
    /// The design.
    pub sizing: Sizing,
    /// The condition; `None` for the decks' own, whatever a design of the circuit counts as its worst over.
    pub corner: Option<Corner>,
    /// What binds the one worker that it runs in; `jobs` has no effect.
    pub pool: SimulatorConfig,
}

/// Search for feasible sizings in the loop with ngspice, without a model or a dataset.
#[derive(Clone)]
pub struct SearchJob {
    /// The circuit.
    pub circuit: Arc<Circuit>,
    /// The target.
    pub specification: Specification,
    /// Where is searched.
    pub region: Region,
    /// Strategy, budget and seed.
    pub settings: SearchSettings,
    /// What was measured already: those of the designs to start with that are among these are not measured again.
    pub known: Vec<(Sizing, Outcome)>,
    /// Corners in which the specification is to be met besides the decks' own conditions; where there is none, those over
    /// which a design of the circuit counts as its worst.
    pub corners: Vec<Corner>,
    /// The pool; it changes no result.
    pub pool: SimulatorConfig,
}

/// Make the rows of a dataset by simulation. What is measured is kept as it comes, in a journal beside `out`;
/// the same job goes on where an earlier one ended, however it ended.
#[derive(Clone)]
pub struct GenerateJob {
    /// The circuit.
    pub circuit: Arc<Circuit>,
    /// How many rows, from which seed, which part of them.
    pub plan: Plan,
    /// The pool; it changes no result.
    pub pool: SimulatorConfig,
    /// The CSV file to write.
    pub out: PathBuf,
}

/// How a job ended: every job does, once.
#[derive(Clone, Debug)]
pub enum End {
    /// All of what was asked is done.
    Done(Product),
    /// The job was asked to stop, or a newer request took its place; what is kept of the work, if anything is.
    Stopped(Option<Product>),
    /// The work could not be done.
    Failed(JobError),
}

/// What a job made.
#[derive(Clone, Debug)]
pub enum Product {
    /// Of a training.
    Model(Arc<TrainedModel>),
    /// Of a draw.
    Designs(Arc<SampleSet>),
    /// Of a simulation: each outcome was told as it came.
    Measured {
        /// How many were given to ngspice.
        simulations: usize,
        /// Seconds, starting the pool included.
        seconds: f64,
        /// The simulator at work, such as `ngspice-39`.
        simulator: String,
    },
    /// Of a search.
    Found(Arc<SearchResult>),
    /// Of a generation: the rows are in the job's file.
    Rows(Arc<GeneratedRows>),
    /// Of a look into a design.
    Inspected(Arc<Inspection>),
}

/// The rows that were made and how they came about.
#[derive(Clone, Debug)]
pub struct GeneratedRows {
    /// The rows, as they were written.
    pub dataset: Dataset,
    /// Designs whose measurement an earlier, unfinished run had left.
    pub recalled: usize,
}

/// Why a job could not be done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum JobError {
    /// What was asked cannot be done: why, and what would do.
    #[error("{0}")]
    Input(String),
    /// The computing device refused.
    #[error("{0}")]
    Device(String),
    /// There is no simulator, or it refuses the circuit.
    #[error(transparent)]
    Simulator(Arc<SpiceError>),
    /// A file could not be read or written.
    #[error("{0}")]
    File(String),
    /// A mistake of the program.
    #[error(
        "{kind} broke off by an error of its own ({message}): this is a mistake of the program, please report it"
    )]
    Panicked {
        /// What broke off, such as `sampling`.
        kind: JobKind,
        /// The panic's own words.
        message: String,
    },
    /// The thread that would have done it is gone.
    #[error("the engine's thread for this work has ended: start the program again")]
    Gone,
    /// The job was stopped before there was anything to keep. Only callers that wait for an answer see it.
    #[error("stopped before there was a result")]
    Stopped,
}

impl From<SpiceError> for JobError {
    fn from(error: SpiceError) -> JobError {
        JobError::Simulator(Arc::new(error))
    }
}

impl From<JobError> for String {
    fn from(error: JobError) -> String {
        error.to_string()
    }
}

impl std::fmt::Display for JobKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            JobKind::Training => "the training",
            JobKind::Sampling => "the sampling",
            JobKind::Simulation => "the simulation",
            JobKind::Search => "the search",
            JobKind::Generation => "the making of rows",
            JobKind::Inspection => "the look into a design",
        })
    }
}
