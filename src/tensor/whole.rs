//! A network run whole: what a device must know of an encoder-decoder transformer to take all of its layers in a few
//! launches, instead of operation by operation.
//!
//! A device that can has a [`WholeTransformer`] ([`Machine::whole`](super::Machine::whole)); it says of each network
//! whether it takes it, and how much memory that needs. One that cannot, or does not want a network of that size, is asked
//! for the operations of [`super::Backend`] one by one. The mathematics are the same.

use super::view::{View, ViewMut};

/// Where a matrix and a vector start in an arena of weights: those of `x·W + b`, or scale and shift of a norm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Affine {
    /// The matrix, `[inputs, outputs]`, or the scale.
    pub weight: usize,
    /// The vector, `[outputs]`.
    pub bias: usize,
}

/// Where the parts of an attention layer start, from the beginning of their block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttentionSlots {
    /// Norm before the layer.
    pub norm: Affine,
    /// Queries, `[width, width]`.
    pub query: Affine,
    /// Keys and values, `[width, 2·width]`.
    pub key_value: Affine,
    /// Output, `[width, width]`.
    pub output: Affine,
}

/// An encoder-decoder transformer of pre-norm blocks: its sizes, and where its weights start in their arena.
///
/// The encoder embeds each feature of the condition as a token of its own, puts a learnt token in its place where the
/// condition is dropped, adds the embedded timestep and normalises. The decoder embeds each coordinate; a block is
/// self-attention, cross-attention and a feed-forward layer with ReLU; norm, then one number a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TransformerPlan {
    /// Decoder tokens: coordinates.
    pub tokens: usize,
    /// Encoder tokens: features of the condition.
    pub features: usize,
    /// Channels of a token.
    pub width: usize,
    /// Attention heads.
    pub heads: usize,
    /// Channels within a feed-forward layer.
    pub hidden: usize,
    /// Blocks.
    pub blocks: usize,
    /// Elements of the arena.
    pub parameters: usize,
    /// Embedding of the coordinates, `[tokens, width]` both.
    pub token: Affine,
    /// Embedding of the features, `[features, width]` both.
    pub feature: Affine,
    /// Tokens of a dropped condition, `[features, width]`.
    pub null: usize,
    /// First layer of the timestep's embedding, `[width, 2·width]`, SiLU after it.
    pub time_in: Affine,
    /// Second layer, `[2·width, width]`.
    pub time_out: Affine,
    /// Norm of the encoder.
    pub encoder_norm: Affine,
    /// Where the first block starts.
    pub first_block: usize,
    /// Elements from a block's start to the next one's.
    pub block_stride: usize,
    /// Self-attention, within a block.
    pub own: AttentionSlots,
    /// Cross-attention, within a block.
    pub cross: AttentionSlots,
    /// Norm before the feed-forward layer, within a block.
    pub feed_norm: Affine,
    /// First feed-forward layer, within a block.
    pub widen: Affine,
    /// Second feed-forward layer, within a block.
    pub narrow: Affine,
    /// Norm of the output.
    pub norm: Affine,
    /// Output: `[tokens, width]` and `[tokens]`.
    pub output: Affine,
}

/// One step of a solver with a network that predicts something of a noisy sizing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SolverStep {
    /// The row of the context that the network is asked with.
    pub first: usize,
    /// How often it is asked: once, or twice, the second time with the row after the first.
    pub passes: usize,
    /// The clean coordinates are `state·x + given·prediction + dropped·second prediction`.
    pub state: f32,
    /// See [`Self::state`].
    pub given: f32,
    /// See [`Self::state`].
    pub dropped: f32,
    /// Clean coordinates are held to −limit … limit.
    pub limit: Option<f32>,
    /// Then `x ← a·x + b·clean + c·other`; `None` to leave `x` as it is.
    pub update: Option<(f32, f32, f32)>,
}

/// Elements of the memory that training a network whole needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WholeLengths {
    /// Keys and values of the condition for all blocks.
    pub context: usize,
    /// What the backward pass needs of the forward pass.
    pub activations: usize,
    /// Gradients of what products give.
    pub flow: usize,
    /// Gradients of vectors, a row of the batch each.
    pub vectors: usize,
    /// Gradients of matrices, in parts.
    pub parts: usize,
    /// Weights, their matrices turned.
    pub turned: usize,
}

/// What a network is asked with in training.
#[derive(Clone, Copy)]
pub struct WholeInputs<'a, T> {
    /// `[rows, tokens]`: coordinates.
    pub x: View<'a, T>,
    /// `[rows]`: timesteps.
    pub time: View<'a, T>,
    /// `[rows, features]`: what is asked for.
    pub condition: View<'a, T>,
    /// `[rows]`: 1 where the condition is given, 0 where it is dropped.
    pub keep: View<'a, T>,
}

/// Memory by [`WholeLengths`], to write.
pub struct WholeMemory<'a, T> {
    /// See [`WholeLengths::context`].
    pub context: ViewMut<'a, T>,
    /// See [`WholeLengths::activations`].
    pub activations: ViewMut<'a, T>,
    /// See [`WholeLengths::flow`].
    pub flow: ViewMut<'a, T>,
    /// See [`WholeLengths::vectors`].
    pub vectors: ViewMut<'a, T>,
    /// See [`WholeLengths::parts`].
    pub parts: ViewMut<'a, T>,
    /// See [`WholeLengths::turned`].
    pub turned: ViewMut<'a, T>,
}

/// Dropout of residual branches: the probability, and seed and stream of the first branch; branch `i` has the `i`th
/// stream after it.
pub type WholeDropout = Option<(f32, u64, u64)>;

/// What a device with memory `T` can do with a transformer whole. Lengths are checked by each.
pub trait WholeTransformer<T> {
    /// Elements of keys and values for drawing with `rows` rows of context; `None` if the device does not take the
    /// network.
    fn drawing(&self, plan: &TransformerPlan, rows: usize) -> Option<usize>;

    /// Writes keys and values of the condition for all blocks: row `i` of them is of `time[i]` and `condition[features]`,
    /// which are given where `keep[i]` is 1 and dropped where it is 0.
    #[allow(clippy::too_many_arguments)]
    fn encode(
        &self,
        plan: &TransformerPlan,
        weights: View<T>,
        time: View<T>,
        condition: View<T>,
        keep: View<T>,
        context: ViewMut<T>,
    );

    /// One solver step of `x[rows, tokens]`. `clean[rows, tokens]` becomes the predicted clean coordinates; `other` is
    /// read where the step has a factor for it.
    #[allow(clippy::too_many_arguments)]
    fn walk(
        &self,
        plan: &TransformerPlan,
        weights: View<T>,
        context: View<T>,
        step: SolverStep,
        x: ViewMut<T>,
        clean: ViewMut<T>,
        other: View<T>,
    );

    /// Elements of memory for training with up to `rows` rows, with dropout or without; `None` if the device does not take
    /// the network.
    fn training(&self, plan: &TransformerPlan, rows: usize, dropout: bool) -> Option<WholeLengths>;

    /// Computes `output[rows, tokens]` and keeps what [`Self::backward`] needs of it.
    fn forward(
        &self,
        plan: &TransformerPlan,
        weights: View<T>,
        dropout: WholeDropout,
        inputs: WholeInputs<T>,
        memory: WholeMemory<T>,
        output: ViewMut<T>,
    );

    /// Adds the weights' gradient to `gradients`, given the output's; after [`Self::forward`] of the same pass.
    #[allow(clippy::too_many_arguments)]
    fn backward(
        &self,
        plan: &TransformerPlan,
        weights: View<T>,
        dropout: WholeDropout,
        inputs: WholeInputs<T>,
        memory: WholeMemory<T>,
        output_gradient: View<T>,
        gradients: ViewMut<T>,
    );
}
