//! What a process is given, rows to learn from and what is asked of a trained network, and what it must say.

use crate::circuit::{Circuit, Specification};
use crate::dataset::Conditions;
use crate::diffusion::{Adjust, SampleSettings, Solver, Told, Watch};
use crate::nn::{Batch, Network};
use crate::tensor::{Backend, Precision, TensorError};

/// Rows to learn from, not yet in the shape that a network learns from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Examples {
    /// The number of rows.
    pub rows: usize,
    /// `[rows, coordinates]`.
    pub x: Vec<f32>,
    /// `[rows, features]`.
    pub condition: Vec<f32>,
    /// `[rows]`: whether the row's condition is dropped.
    pub dropped: Vec<bool>,
    /// In 0 … 1: where the rows' timesteps begin within their equal shares of the schedule.
    pub offset: f64,
    /// The noise's seed, the training's own.
    pub seed: u64,
    /// The noise's stream, the step's own.
    pub stream: u64,
}

/// How examples become a batch.
pub(crate) type Batching = Box<dyn Fn(Examples) -> Batch + Send + Sync>;

/// What is asked of a trained network.
#[derive(Clone, Copy)]
pub(crate) struct DrawRequest<'a> {
    /// The circuit to draw for.
    pub circuit: &'a Circuit,
    /// How a specification becomes features.
    pub conditions: &'a Conditions,
    /// The specification to draw for.
    pub specification: &'a Specification,
    /// The condition to draw with, standardised: an aim inside the specification.
    pub aim: &'a [f64],
    /// Solver, steps and guidance weight.
    pub sampling: SampleSettings,
    /// The number of rows of coordinates.
    pub count: usize,
    /// The seed of the noise, or of the jitter.
    pub seed: u64,
    /// Moves rows of coordinates to where they shall lie.
    pub adjust: Option<Adjust<'a>>,
    /// Told of rows as they are done, where a process has some before others.
    pub told: Option<Told<'a>>,
    /// Told how far it is; asked whether to stop early.
    pub watch: &'a Watch,
}

/// Rows of coordinates; `None` if cancelled.
pub(super) type Drawn = Option<Vec<Vec<f32>>>;

/// What a process must say of itself.
pub(super) trait ProcessKind {
    /// Whether its network is asked with a noisy sizing and a timestep.
    fn denoises(&self) -> bool;
    /// Checks the settings.
    fn check(&self) -> Result<(), String>;
    /// The most solver steps that a draw can take.
    fn timesteps(&self) -> usize;
    /// The solver to draw with by default in so many steps.
    fn solver(&self, steps: usize) -> Solver;
    /// How exact a network's products have to be, in training and in drawing.
    fn products(&self) -> Precision {
        Precision::Single
    }
    /// How examples become batches for a network that takes a condition beside its input, or one that does not.
    fn batching(&self, conditioned: bool) -> Batching;
    /// Draws `request.count` rows of coordinates.
    ///
    /// # Errors
    /// The device failed.
    fn draw<B: Backend, N: Network<B>>(
        &self,
        backend: &B,
        network: &N,
        weights: &[f32],
        request: &DrawRequest,
    ) -> Result<Drawn, TensorError>;
}
