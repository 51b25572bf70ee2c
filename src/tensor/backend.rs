//! The trait that a device implements, and the parts of buffers that its operations take.
//!
//! All arrays are dense, row-major `f32`. Shapes are written `[rows, columns]`. An inner kernel
//! trusts its arguments: [`super::ops`] has checked every length.

use super::loss::Loss;
use super::shapes::{AdamW, AttentionShape, ConditionShape, Epilogue, FilmShape, MatmulShape, TokenShape};
use super::unary::UnaryOp;

/// Why a device could not do its work.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TensorError {
    /// There is no device of the kind asked for.
    #[error("no {wanted} was found: {remedy}")]
    NoDevice {
        /// What was asked for.
        wanted: String,
        /// What to do about it.
        remedy: String,
    },
    /// The device stopped answering or refused a launch.
    #[error("the device {device} failed: {reason}; choose the CPU backend to go on without it")]
    Device {
        /// The device's name.
        device: String,
        /// What it said.
        reason: String,
    },
}

/// A part of a buffer to read.
pub struct View<'a, T> {
    /// The whole buffer.
    pub buffer: &'a T,
    /// The first element; a multiple of [`super::ops::ALIGNMENT`] unless the view is the whole buffer.
    pub start: usize,
    /// The number of elements.
    pub len: usize,
}

impl<T> Clone for View<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for View<'_, T> {}

/// A part of a buffer to write.
pub struct ViewMut<'a, T> {
    /// The whole buffer.
    pub buffer: &'a mut T,
    /// The first element; a multiple of [`super::ops::ALIGNMENT`] unless the view is the whole buffer.
    pub start: usize,
    /// The number of elements.
    pub len: usize,
}

impl<T> ViewMut<'_, T> {
    /// The same part, to read.
    pub fn as_view(&self) -> View<'_, T> {
        View { buffer: self.buffer, start: self.start, len: self.len }
    }

    /// The same part, lent for a shorter while.
    pub fn reborrow(&mut self) -> ViewMut<'_, T> {
        ViewMut { buffer: self.buffer, start: self.start, len: self.len }
    }
}

/// Two parts of one buffer to write, such as the gradients of a scale and of its shift in an arena.
pub struct PairMut<'a, T> {
    /// The whole buffer.
    pub buffer: &'a mut T,
    /// Start and length of the first part; as [`ViewMut::start`].
    pub first: (usize, usize),
    /// Start and length of the second part; overlaps the first nowhere.
    pub second: (usize, usize),
}

impl<T> PairMut<'_, T> {
    /// The first part alone.
    pub fn first_mut(&mut self) -> ViewMut<'_, T> {
        ViewMut { buffer: self.buffer, start: self.first.0, len: self.first.1 }
    }

    /// The second part alone.
    pub fn second_mut(&mut self) -> ViewMut<'_, T> {
        ViewMut { buffer: self.buffer, start: self.second.0, len: self.second.1 }
    }
}

/// A device: buffers and the operations that the networks need, no more.
///
/// The mathematics of each operation stands with its checked entry in [`super::ops`].
///
/// # Safety
/// The operations are `unsafe`: a kernel reads and writes as far as the shapes say. Who calls one promises what
/// its entry in [`super::ops`] checks, that every argument has the length that the shapes give it, and best
/// calls that entry.
#[allow(clippy::missing_safety_doc)] // it is the same for all of them, and stands above
pub trait Backend: Send + Sync {
    /// Memory of the device.
    type Buffer: Send + Sync;

    /// What the user sees: `CPU (AVX2, 2 threads)`, `NVIDIA … (Vulkan)`.
    fn name(&self) -> String;

    /// How many rows of a batch one lane should take. A step is cut into lanes of this many rows;
    /// each accumulates its own parameter gradients, which are then added in order, so that a
    /// result does not depend on the number of threads.
    fn lane_rows(&self) -> usize;

    /// Runs `work` on every lane, in parallel where the device is made of cores.
    fn for_each_lane<L: Send>(&self, lanes: &mut [L], work: impl Fn(usize, &mut L) + Send + Sync) {
        for (index, lane) in lanes.iter_mut().enumerate() {
            work(index, lane);
        }
    }

    /// A buffer of `len` elements with unspecified content.
    fn alloc(&self, len: usize) -> Self::Buffer;
    /// The number of elements.
    fn len(&self, buffer: &Self::Buffer) -> usize;
    /// Copies `data` to the start of `into`.
    unsafe fn write(&self, into: ViewMut<Self::Buffer>, data: &[f32]);
    /// Copies a view to the host; waits for all that was launched before.
    ///
    /// # Errors
    /// The device failed.
    fn read(&self, from: View<Self::Buffer>) -> Result<Vec<f32>, TensorError>;

    /// `into = value`.
    unsafe fn fill(&self, into: ViewMut<Self::Buffer>, value: f32);
    /// `into = from`.
    unsafe fn copy(&self, from: View<Self::Buffer>, into: ViewMut<Self::Buffer>);
    /// `into = a·into + b·x + c·y`.
    unsafe fn combine(
        &self,
        into: ViewMut<Self::Buffer>,
        a: f32,
        x: (f32, View<Self::Buffer>),
        y: (f32, View<Self::Buffer>),
    );
    /// In place: elements are held to `low … high`.
    unsafe fn clamp(&self, into: ViewMut<Self::Buffer>, low: f32, high: f32);
    /// `into += from`.
    unsafe fn add(&self, from: View<Self::Buffer>, into: ViewMut<Self::Buffer>);
    /// Standard normal numbers from the stream.
    unsafe fn normal(&self, into: ViewMut<Self::Buffer>, seed: u64, stream: u64);
    /// In place: each element is dropped with probability `p`, else divided by `1 − p`.
    unsafe fn dropout(&self, into: ViewMut<Self::Buffer>, p: f32, seed: u64, stream: u64);

    /// `C = relu(accumulate·C + A·B + bias)`.
    unsafe fn matmul(
        &self,
        shape: MatmulShape,
        a: View<Self::Buffer>,
        b: View<Self::Buffer>,
        c: ViewMut<Self::Buffer>,
        epilogue: Epilogue<Self::Buffer>,
    );
    /// `into[columns] += Σ_rows x[rows, columns]`.
    unsafe fn column_sums(&self, columns: usize, x: View<Self::Buffer>, into: ViewMut<Self::Buffer>);
    /// `y = f(x)`.
    unsafe fn unary(&self, op: UnaryOp, x: View<Self::Buffer>, y: ViewMut<Self::Buffer>);
    /// In place: `dy` becomes `dy·f'(x)`.
    unsafe fn unary_backward(&self, op: UnaryOp, x: View<Self::Buffer>, dy: ViewMut<Self::Buffer>);
    /// `y = x > 0 ? x : slope·x`, a slope a channel.
    unsafe fn prelu(&self, x: View<Self::Buffer>, slope: View<Self::Buffer>, y: ViewMut<Self::Buffer>);
    /// In place on `dy`; `dslope += …`.
    unsafe fn prelu_backward(
        &self,
        x: View<Self::Buffer>,
        slope: View<Self::Buffer>,
        dy: ViewMut<Self::Buffer>,
        dslope: ViewMut<Self::Buffer>,
    );
    /// In place: `x += (1 + γ)·t + β`, with `γ` and `β` side by side.
    unsafe fn film(
        &self,
        shape: FilmShape,
        gamma_beta: View<Self::Buffer>,
        t: View<Self::Buffer>,
        x: ViewMut<Self::Buffer>,
    );
    /// `dgamma_dbeta = …`, `dt = …`.
    unsafe fn film_backward(
        &self,
        shape: FilmShape,
        gamma_beta: View<Self::Buffer>,
        t: View<Self::Buffer>,
        dx: View<Self::Buffer>,
        dgamma_dbeta: ViewMut<Self::Buffer>,
        dt: ViewMut<Self::Buffer>,
    );

    /// Normalises rows of `width`; `stats` holds `[mean, 1/σ]` a row.
    unsafe fn layer_norm(
        &self,
        width: usize,
        x: View<Self::Buffer>,
        gamma: View<Self::Buffer>,
        beta: View<Self::Buffer>,
        y: ViewMut<Self::Buffer>,
        stats: ViewMut<Self::Buffer>,
    );
    /// `dx += …`, `(dgamma, dbeta) += …`.
    #[allow(clippy::too_many_arguments)]
    unsafe fn layer_norm_backward(
        &self,
        width: usize,
        x: View<Self::Buffer>,
        gamma: View<Self::Buffer>,
        stats: View<Self::Buffer>,
        dy: View<Self::Buffer>,
        dx: ViewMut<Self::Buffer>,
        dgamma_dbeta: PairMut<Self::Buffer>,
    );

    /// Softmax attention; `p` keeps the probabilities for the backward pass.
    unsafe fn attention(
        &self,
        shape: AttentionShape,
        q: View<Self::Buffer>,
        kv: View<Self::Buffer>,
        out: ViewMut<Self::Buffer>,
        p: ViewMut<Self::Buffer>,
    );
    /// `dq = …`, `dkv = …`.
    #[allow(clippy::too_many_arguments)]
    unsafe fn attention_backward(
        &self,
        shape: AttentionShape,
        q: View<Self::Buffer>,
        kv: View<Self::Buffer>,
        p: View<Self::Buffer>,
        dout: View<Self::Buffer>,
        dq: ViewMut<Self::Buffer>,
        dkv: ViewMut<Self::Buffer>,
    );

    /// `out[r,t,:] = value[r,t]·w[t,:] + b[t,:]`.
    unsafe fn embed_tokens(
        &self,
        shape: TokenShape,
        value: View<Self::Buffer>,
        w: View<Self::Buffer>,
        b: View<Self::Buffer>,
        out: ViewMut<Self::Buffer>,
    );
    /// `dw += …`, `db += …`.
    unsafe fn embed_tokens_backward(
        &self,
        shape: TokenShape,
        value: View<Self::Buffer>,
        dout: View<Self::Buffer>,
        dw_db: PairMut<Self::Buffer>,
    );
    /// `out[r,t] = x[r,t,:]·w[t,:] + b[t]`.
    unsafe fn project_tokens(
        &self,
        shape: TokenShape,
        x: View<Self::Buffer>,
        w: View<Self::Buffer>,
        b: View<Self::Buffer>,
        out: ViewMut<Self::Buffer>,
    );
    /// `dx = …`, `dw += …`, `db += …`.
    #[allow(clippy::too_many_arguments)]
    unsafe fn project_tokens_backward(
        &self,
        shape: TokenShape,
        x: View<Self::Buffer>,
        w: View<Self::Buffer>,
        dout: View<Self::Buffer>,
        dx: ViewMut<Self::Buffer>,
        dw_db: PairMut<Self::Buffer>,
    );

    /// `features[r,:] = [cos(t·f_i), sin(t·f_i)]`.
    unsafe fn time_features(&self, width: usize, t: View<Self::Buffer>, features: ViewMut<Self::Buffer>);
    /// In place: `tokens[r] = (keep[r] ? tokens[r] : null) + time[r]`.
    unsafe fn mix_condition(
        &self,
        shape: ConditionShape,
        keep: View<Self::Buffer>,
        null: View<Self::Buffer>,
        time: View<Self::Buffer>,
        tokens: ViewMut<Self::Buffer>,
    );
    /// In place on `dtokens`; `dnull += …`, `dtime = …`.
    unsafe fn mix_condition_backward(
        &self,
        shape: ConditionShape,
        keep: View<Self::Buffer>,
        dtokens: ViewMut<Self::Buffer>,
        dnull: ViewMut<Self::Buffer>,
        dtime: ViewMut<Self::Buffer>,
    );

    /// `total[0] += scale·Σ loss(prediction − target)`, `gradient = scale·loss'(prediction − target)`.
    unsafe fn loss(
        &self,
        loss: Loss,
        scale: f32,
        prediction: View<Self::Buffer>,
        target: View<Self::Buffer>,
        gradient: ViewMut<Self::Buffer>,
        total: ViewMut<Self::Buffer>,
    );
    /// `into[0] = Σ x²`.
    unsafe fn sum_of_squares(&self, x: View<Self::Buffer>, into: ViewMut<Self::Buffer>);
    /// One optimiser step over a whole arena. `mask` is 1 where weight decay applies;
    /// `square_norm[0]` is Σ g² for clipping.
    #[allow(clippy::too_many_arguments)]
    unsafe fn adam_w(
        &self,
        settings: AdamW,
        gradients: View<Self::Buffer>,
        mask: View<Self::Buffer>,
        square_norm: View<Self::Buffer>,
        weights: ViewMut<Self::Buffer>,
        first: ViewMut<Self::Buffer>,
        second: ViewMut<Self::Buffer>,
        ema: ViewMut<Self::Buffer>,
    );
}
