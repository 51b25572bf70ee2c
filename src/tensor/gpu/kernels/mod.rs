//! The kernels, one family a file: each with its formula, its shapes, its cost and its launch.
//!
//! Baseline WebGPU is all they ask for: `f32` and `u32`, at most 256 units and 16 KiB of shared
//! memory a cube, no plane operations, no float atomics. Sums are taken in a fixed order, so a
//! result is the same on every run. Kernels are launched without cubecl's own bounds checks (which
//! also bound every loop), so each guards its indices itself; where a barrier follows, a unit
//! outside the data stays in step with the others and only its loads and stores are left out.

mod activation;
mod attention;
mod elementwise;
mod gradients;
mod math;
mod matmul;
mod norm;
mod optimiser;
mod random;
mod reduce;
pub mod tile;
mod tokens;

pub use activation::{film, film_backward, prelu, unary, unary_backward};
pub use attention::{attention, attention_backward};
// the prelude has a `clamp` of its own
pub use elementwise::{add, combine, copy, fill, limit as clamp};
pub use gradients::{embed_tokens_backward, prelu_backward, project_tokens_backward};
pub use matmul::matmul;
pub use norm::{layer_norm, layer_norm_backward};
pub use optimiser::adam_w;
pub use random::{Words, dropout, halves, normal, philox, uniform};
pub use reduce::{column_sums, loss, sum_of_squares};
pub use tokens::{
    embed_tokens, mix_condition, mix_condition_backward, project_tokens, time_feature, time_features,
};

use super::buffer::GpuBuffer;
use super::tally::{Family, Work};
use crate::tensor::View;
use cubecl::prelude::*;

/// A part of a buffer that a kernel reads.
pub type In<'a> = View<'a, GpuBuffer>;
/// A part of a buffer that a kernel writes.
pub type Out<'a> = View<'a, GpuBuffer>;
/// Two parts of one buffer that a kernel writes.
pub type Pair = (BufferArg, BufferArg);

/// Units of most cubes.
pub const UNITS: usize = 256;

/// The most cubes in one dimension that WebGPU promises.
const MAX_CUBES: usize = 65_535;

/// Cubes of `UNITS` in one line.
pub fn units() -> CubeDim {
    CubeDim::new_1d(UNITS as u32)
}

/// Enough cubes for `items` at `per_cube` each, folded into two dimensions; kernels use the linear
/// `CUBE_POS` and `ABSOLUTE_POS` and pass over what is too much. None for no items.
pub fn cubes(items: usize, per_cube: usize) -> CubeCount {
    let total = items.div_ceil(per_cube);
    let x = total.clamp(1, MAX_CUBES);
    let y = total.div_ceil(x);
    CubeCount::Static(x as u32, y as u32, u32::from(total > 0))
}
