//! The tile that products of matrices are made of: 64 × 64 elements a cube of 256 units, 4 × 4 a unit in registers, 16
//! steps of the contraction in shared memory at a time.

use cubecl::prelude::*;

/// Rows and columns of a tile.
pub const TILE: usize = 64;
/// Steps of the contraction in shared memory at a time.
pub const DEPTH: usize = 16;
/// A line of a shared tile; odd, so that transposed stores fall on different banks.
pub const LINE: usize = TILE + 1;
/// Units along an edge of a tile.
pub const EDGE: usize = 16;
/// Rows, and columns, of the result that a unit makes.
pub const EACH: usize = TILE / EDGE;

/// `sums[i, j] += Σ a[depth, y + i·EDGE] · b[depth, x + j·EDGE]` over the steps in shared memory: unit `(y, x)`'s part.
#[cube]
pub fn accumulate(a: &Shared<[f32]>, b: &Shared<[f32]>, y: usize, x: usize, sums: &mut Array<f32>) {
    for depth in 0..DEPTH {
        let mut a_part = Array::<f32>::new(EACH);
        let mut b_part = Array::<f32>::new(EACH);
        #[unroll]
        for i in 0..EACH {
            a_part[i] = a[depth * LINE + y + i * EDGE];
            b_part[i] = b[depth * LINE + x + i * EDGE];
        }
        #[unroll]
        for i in 0..EACH {
            #[unroll]
            for j in 0..EACH {
                sums[i * EACH + j] = fma(a_part[i], b_part[j], sums[i * EACH + j]);
            }
        }
    }
}
