//! Layers as explicit forward/backward pairs over the backend seam, the parameter arena and the
//! optimiser.
//!
//! All weights of a network lie in one arena with named slots, so that the optimiser, checkpoints and
//! gradient norms are single loops. A layer holds slots and sizes, never data: weights, gradients and
//! activations are handed to it.

mod arena;
mod attention;
mod dropout;
mod feed_forward;
mod in_turn;
mod layers;
mod optimiser;
mod trainer;
mod upload;

pub use arena::{Initial, Layout, NamedSlot, Slot};
pub use attention::{AttentionGradients, AttentionLayer, AttentionScratch, AttentionState};
pub use dropout::Dropout;
pub use feed_forward::{FeedForward, FeedForwardScratch, FeedForwardState};
pub use in_turn::in_turn;
pub use layers::{LayerNorm, Linear};
pub use optimiser::{LearningRate, Optimiser, OptimiserSettings, OptimiserState};
pub use trainer::{Batch, KEPT_LOSSES, Trainer};
pub use upload::{upload, upload_weights};

use crate::tensor::{Backend, Rows, TransformerPlan};

/// What a network may be asked with. Each network reads what it needs; unused buffers may be of any
/// content.
pub struct Inputs<B: Backend> {
    /// `[rows, coordinates]`: a sizing's coordinates, clean or noisy.
    pub x: Rows<B>,
    /// `[condition_rows]`: the timestep, 0 … 1000.
    pub time: Rows<B>,
    /// `[condition_rows, features]`: the condition's features.
    pub condition: Rows<B>,
    /// `[condition_rows]`: 1 where the condition is given, 0 where it is dropped.
    pub keep: Rows<B>,
}

impl<B: Backend> Inputs<B> {
    /// Buffers for up to `rows` rows.
    pub fn new(backend: &B, rows: usize, coordinates: usize, features: usize) -> Inputs<B> {
        Inputs {
            x: Rows::new(backend, rows, coordinates),
            time: Rows::new(backend, rows, 1),
            condition: Rows::new(backend, rows, features),
            keep: Rows::new(backend, rows, 1),
        }
    }
}

/// The sizes of one pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    /// Rows of the batch, at most what the workspace was made for.
    pub rows: usize,
    /// Rows of time, condition and keep: `rows`, or 1 when all rows share them (forward only).
    pub condition_rows: usize,
    /// Seed and stream of this pass's dropout; `None` outside training.
    pub dropout: Option<(u64, u64)>,
}

impl Pass {
    /// A pass without dropout in which every row has its own condition.
    pub fn plain(rows: usize) -> Pass {
        Pass { rows, condition_rows: rows, dropout: None }
    }
}

/// A network: rows in, rows out, and the gradient of its weights.
pub trait Network<B: Backend>: Send + Sync {
    /// Activations and scratch for one pass at a time.
    type Workspace: Send;

    /// The arena's slots.
    fn layout(&self) -> &Layout;
    /// Columns of [`Inputs::x`].
    fn coordinates(&self) -> usize;
    /// Columns of [`Inputs::condition`].
    fn features(&self) -> usize;
    /// Columns of the output.
    fn outputs(&self) -> usize;
    /// Rows of a batch that one lane should take, given the device's own number
    /// ([`Machine::lane_rows`](crate::tensor::Machine::lane_rows)), which suits a network of few weights and some ten
    /// tokens a row.
    fn lane_rows(&self, device: usize) -> usize {
        device
    }
    /// The network as a device may take it whole ([`Machine::whole`](crate::tensor::Machine::whole)); `None` for one that
    /// is no such transformer.
    fn whole(&self) -> Option<&TransformerPlan> {
        None
    }
    /// Memory for passes of up to `rows` rows; `training` adds what the backward pass needs.
    fn workspace(&self, backend: &B, rows: usize, training: bool) -> Self::Workspace;
    /// Computes `output[rows, outputs]`.
    fn forward(
        &self,
        backend: &B,
        weights: &B::Buffer,
        pass: Pass,
        inputs: &Inputs<B>,
        work: &mut Self::Workspace,
        output: &mut Rows<B>,
    );
    /// Adds the weights' gradient to `gradients`, given the output's gradient; after [`Self::forward`]
    /// of the same pass with a training workspace.
    #[allow(clippy::too_many_arguments)]
    fn backward(
        &self,
        backend: &B,
        weights: &B::Buffer,
        pass: Pass,
        inputs: &Inputs<B>,
        work: &mut Self::Workspace,
        output_gradient: &Rows<B>,
        gradients: &mut B::Buffer,
    );
    /// Floating-point operations of one forward pass, products only.
    fn forward_flop(&self, rows: usize) -> f64;
}
