//! The sizes and settings that operations take.

use super::view::View;

/// Which operand of a product is read transposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transpose {
    /// `A[m,k] · B[k,n]`: a layer's forward pass.
    Neither,
    /// `A[m,k] · B[n,k]ᵀ`: the gradient of a layer's input.
    Second,
    /// `A[k,m]ᵀ · B[k,n]`: the gradient of a layer's weights.
    First,
}

/// How exact products are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// Of `f32`.
    #[default]
    Single,
    /// Both factors may be rounded to bfloat16, eight bits of a number, where the device has instructions for that;
    /// sums are of `f32`.
    Half,
}

/// The sizes of `C[m,n] = A · B`, contracted over `k`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatmulShape {
    /// Rows of the result.
    pub m: usize,
    /// The contracted size.
    pub k: usize,
    /// Columns of the result.
    pub n: usize,
    /// Which operand is read transposed.
    pub transpose: Transpose,
}

/// What happens to a product before it is stored: `C = relu(accumulate · C + A·B + bias)`.
pub struct Epilogue<'a, T> {
    /// `[n]`, added to each row.
    pub bias: Option<View<'a, T>>,
    /// Negative results become 0.
    pub relu: bool,
    /// The product is added to what `C` holds instead of replacing it.
    pub accumulate: bool,
}

impl<T> Epilogue<'_, T> {
    /// `C = A·B`.
    pub fn store() -> Self {
        Epilogue { bias: None, relu: false, accumulate: false }
    }

    /// `C += A·B`.
    pub fn accumulate() -> Self {
        Epilogue { bias: None, relu: false, accumulate: true }
    }
}

/// The sizes of a multi-head attention. The width divides into `heads` of `width / heads` each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttentionShape {
    /// Rows of the batch.
    pub batch: usize,
    /// Rows of the batch that keys and values have: `batch`, or 1 when all rows share them (forward
    /// only).
    pub key_batch: usize,
    /// Number of heads.
    pub heads: usize,
    /// Query tokens a row.
    pub queries: usize,
    /// Key and value tokens a row.
    pub keys: usize,
    /// Channels of a token.
    pub width: usize,
}

/// The sizes of a token embedding or projection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenShape {
    /// Rows of the batch.
    pub rows: usize,
    /// Tokens a row.
    pub tokens: usize,
    /// Channels of a token.
    pub width: usize,
}

/// The sizes of the condition: as [`TokenShape`].
pub type ConditionShape = TokenShape;

/// The sizes of a modulation by the condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilmShape {
    /// Rows of the batch.
    pub rows: usize,
    /// Rows of the scales, shifts and embeddings: `rows`, or 1 when all rows share them (forward only).
    pub condition_rows: usize,
    /// Channels.
    pub width: usize,
}

/// The settings of one AdamW step (Loshchilov and Hutter 2019, algorithm 2) with global-norm clipping
/// and an exponential moving average of the weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// The step's number, from 1: corrects the moments' bias.
    pub step: u32,
    /// Learning rate at this step.
    pub learning_rate: f32,
    /// Decay of the first moment.
    pub beta1: f32,
    /// Decay of the second moment.
    pub beta2: f32,
    /// Added to the root of the second moment.
    pub epsilon: f32,
    /// Decoupled weight decay, applied where the mask is 1.
    pub weight_decay: f32,
    /// Gradients whose global L2 norm is greater are scaled down to it; infinite for none.
    pub clip_norm: f32,
    /// Decay of the moving average of the weights.
    pub ema_decay: f32,
}
