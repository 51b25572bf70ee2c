//! The backend seam: one small set of operations on `f32` buffers, forward and backward.
//!
//! [`Backend`] is what a device must offer; its methods trust their arguments. Everything above
//! calls the functions of [`ops`], which check shapes once and then dispatch. Two devices stand
//! behind the seam: [`cpu`], fast and the readable reference, and [`gpu`], hand-written cubecl
//! kernels.
//!
//! Two rules hold throughout: *parameter gradients accumulate, activation gradients overwrite*
//! (where an operation departs from this, its documentation says so), and *a fresh buffer holds
//! garbage*.

mod backend;
pub mod cpu;
pub mod gpu;
mod loss;
pub mod ops;
pub mod random;
mod rows;
mod shapes;
mod unary;
mod view;
mod whole;

pub use backend::{Backend, Machine, TensorError};
pub use loss::Loss;
pub use rows::Rows;
pub use shapes::{
    AdamW, AttentionShape, ConditionShape, Epilogue, FilmShape, MatmulShape, Precision, TokenShape, Transpose,
};
pub use unary::UnaryOp;
pub use view::{PairMut, View, ViewMut};
pub use whole::{
    Affine, AttentionSlots, SolverStep, TransformerPlan, WholeDropout, WholeInputs, WholeLengths,
    WholeMemory, WholeTransformer,
};

#[cfg(test)]
pub(crate) mod tests;

/// The frequency `10000^(−i/half)` of time feature `i` of `half`, in radians a timestep.
fn frequency(i: usize, half: usize) -> f32 {
    (-(10_000f32.ln()) * i as f32 / half as f32).exp()
}
