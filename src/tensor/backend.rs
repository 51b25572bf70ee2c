//! The trait that a device implements.
//!
//! All arrays are dense, row-major `f32`. Shapes are written `[rows, columns]`. An inner kernel
//! trusts its arguments: [`super::ops`] has checked every length.

use super::loss::Loss;
use super::shapes::{
    AdamW, AttentionShape, ConditionShape, Epilogue, FilmShape, MatmulShape, Precision, TokenShape,
};
use super::unary::UnaryOp;
use super::view::{PairMut, View, ViewMut};
use super::whole::WholeTransformer;

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

/// What a device is before any arithmetic: its name, its lanes, its memory.
pub trait Machine: Send + Sync {
    /// Memory of the device.
    type Buffer: Send + Sync;

    /// What the user sees: `CPU (AVX2, 2 threads)`, `NVIDIA … (Vulkan)`.
    fn name(&self) -> String;

    /// How many rows of a batch one lane should take. A step is cut into lanes of this many rows;
    /// each accumulates its own parameter gradients, which are then added in order, so that a
    /// result does not depend on the number of threads.
    fn lane_rows(&self) -> usize;

    /// Whether work is queued, so that reading what it gives waits for all of it: who needs results of many steps had better
    /// read them together.
    fn queues(&self) -> bool {
        false
    }

    /// Runs `work` on every lane, in parallel where the device is made of cores.
    fn for_each_lane<L: Send>(&self, lanes: &mut [L], work: impl Fn(usize, &mut L) + Send + Sync) {
        for (index, lane) in lanes.iter_mut().enumerate() {
            work(index, lane);
        }
    }

    /// A buffer of `len` elements with unspecified content.
    fn alloc(&self, len: usize) -> Self::Buffer;
    /// Says that a buffer holds weights, or their gradients: parts of it are factors, or results, of many products
    /// before it is written again, so that a device may keep them as its products want them; and how exact these
    /// products have to be. A device that does nothing about it is right, too.
    fn hold(&self, _buffer: &mut Self::Buffer, _precision: Precision) {}
    /// What the device can do with a network whole; `None` where operations are all it has.
    fn whole(&self) -> Option<&dyn WholeTransformer<Self::Buffer>> {
        None
    }
    /// The number of elements.
    fn len(&self, buffer: &Self::Buffer) -> usize;
    /// Copies `data` to the start of `into`.
    ///
    /// # Safety
    /// `into` lies inside its buffer and is as long as `data`.
    unsafe fn write(&self, into: ViewMut<Self::Buffer>, data: &[f32]);
    /// Copies a view to the host; waits for all that was launched before.
    ///
    /// # Errors
    /// The device failed.
    fn read(&self, from: View<Self::Buffer>) -> Result<Vec<f32>, TensorError>;
}

/// Every operation of the seam with what it is called with, each once; its mathematics and its checks stand with its
/// entry of the same name in [`super::ops`], its kernel goes by the same name on each device. `In` is a part of a
/// buffer that is read, `Out` one that is written, `Pair` two parts of one buffer that are written; `Held` and `HeldOut`
/// are `In` and `Out` of a buffer of which a device may keep more ([`Machine::hold`]). `$with` makes of
/// the list what it needs: the trait below, and its implementation for each device.
macro_rules! operations {
    ($with:ident) => {
        $with! {
            fill(into: Out, value: f32);
            copy(from: In, into: Out);
            add(from: In, into: Out);
            combine(into: Out, a: f32, b: f32, x: In, c: f32, y: In);
            clamp(into: Out, low: f32, high: f32);
            normal(into: Out, seed: u64, stream: u64);
            dropout(into: Out, p: f32, seed: u64, stream: u64);
            matmul(shape: MatmulShape, a: In, b: Held, c: HeldOut, epilogue: Epilogue);
            column_sums(columns: usize, x: In, into: Out);
            unary(op: UnaryOp, x: In, y: Out);
            unary_backward(op: UnaryOp, x: In, dy: Out);
            prelu(x: In, slope: In, y: Out);
            prelu_backward(x: In, slope: In, dy: Out, dslope: Out);
            film(shape: FilmShape, gamma_beta: In, t: In, x: Out);
            film_backward(shape: FilmShape, gamma_beta: In, t: In, dx: In, dgamma_dbeta: Out, dt: Out);
            layer_norm(width: usize, x: In, gamma: In, beta: In, y: Out, stats: Out);
            layer_norm_backward(
                width: usize, x: In, gamma: In, stats: In, dy: In, dx: Out, dgamma_dbeta: Pair
            );
            attention(shape: AttentionShape, q: In, kv: In, out: Out, p: Out);
            attention_backward(
                shape: AttentionShape, q: In, kv: In, p: In, dout: In, dq: Out, dkv: Out
            );
            embed_tokens(shape: TokenShape, value: In, w: In, b: In, out: Out);
            embed_tokens_backward(shape: TokenShape, value: In, dout: In, dw_db: Pair);
            project_tokens(shape: TokenShape, x: In, w: In, b: In, out: Out);
            project_tokens_backward(shape: TokenShape, x: In, w: In, dout: In, dx: Out, dw_db: Pair);
            time_features(width: usize, t: In, features: Out);
            mix_condition(shape: ConditionShape, keep: In, null: In, time: In, tokens: Out);
            mix_condition_backward(
                shape: ConditionShape, keep: In, dtokens: Out, dnull: Out, dtime: Out
            );
            loss(loss: Loss, scale: f32, prediction: In, target: In, gradient: Out, total: Out);
            sum_of_squares(x: In, into: Out);
            adam_w(
                settings: AdamW, gradients: In, mask: In, square_norm: In,
                weights: Out, first: Out, second: Out, ema: Out
            );
        }
    };
}
pub(super) use operations;

/// The type of an argument in a device's implementation.
macro_rules! argument {
    (In) => { View<'_, Self::Buffer> };
    (Out) => { ViewMut<'_, Self::Buffer> };
    (Held) => { View<'_, Self::Buffer> };
    (HeldOut) => { ViewMut<'_, Self::Buffer> };
    (Pair) => { PairMut<'_, Self::Buffer> };
    (Epilogue) => { Epilogue<'_, Self::Buffer> };
    ($kind:ident) => { $kind };
}
pub(super) use argument;

macro_rules! declare {
    ($($name:ident($($argument:ident: $kind:ident),*);)*) => {
        /// A device: the operations that the networks need, no more. Each has its mathematics with its checked entry
        /// of the same name in [`super::ops`].
        ///
        /// # Safety
        /// The operations are `unsafe`: a kernel reads and writes as far as the shapes say. Who calls one promises
        /// what its entry in [`super::ops`] checks, that every argument has the length that the shapes give it, and
        /// best calls that entry.
        #[allow(clippy::missing_safety_doc)] // it is the same for all of them, and stands above
        #[allow(clippy::too_many_arguments)]
        pub trait Backend: Machine {
            $(
                #[doc = concat!("See [`ops::", stringify!($name), "`](super::ops::", stringify!($name), ").")]
                unsafe fn $name(&self, $($argument: argument!($kind)),*);
            )*
        }
    };
}
operations!(declare);
