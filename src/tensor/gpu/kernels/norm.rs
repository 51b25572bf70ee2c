//! Layer normalisation (Ba et al. 2016) of rows of `width`: `y = γ·x̂ + β`, `x̂ = (x − mean)·r`,
//! `r = 1/√(var + 1e-5)`. Eight rows a cube, 32 lanes a row. One launch forward; backward one over
//! rows here and one over columns in [`super::gradients`].

use super::reduce::{FOLD, GROUPS, LANES, fold_rows};
use super::{Family, In, Out, Pair, UNITS, Work, cubes, gradients, units};
use crate::tensor::gpu::buffer::arg;
use crate::tensor::gpu::machine::Gpu;
use cubecl::prelude::*;

/// Added to the variance.
const EPSILON: f32 = 1e-5;

/// Three passes over a row: mean, centred squares, result.
#[cube(launch_unchecked)]
fn forward_kernel(
    x: &[f32],
    gamma: &[f32],
    beta: &[f32],
    y: &mut [f32],
    stats: &mut [f32],
    rows: usize,
    width: usize,
) {
    let mut shared = Shared::<[f32]>::new_slice(UNITS);
    let lane = UNIT_POS as usize % LANES;
    let row = CUBE_POS * GROUPS + UNIT_POS as usize / LANES;
    let last = select(row < rows, width, 0usize);
    let start = row * width;
    let size = f32::cast_from(width as u32);

    let mut sum = 0.0f32;
    let mut i = lane;
    while i < last {
        sum += x[start + i];
        i += LANES;
    }
    let mean = fold_rows(&mut shared, sum) / size;

    let mut squares = 0.0f32;
    i = lane;
    while i < last {
        let centred = x[start + i] - mean;
        squares = fma(centred, centred, squares);
        i += LANES;
    }
    let reciprocal = 1.0f32 / (fold_rows(&mut shared, squares) / size + EPSILON).sqrt();

    i = lane;
    while i < last {
        y[start + i] = fma((x[start + i] - mean) * reciprocal, gamma[i], beta[i]);
        i += LANES;
    }
    if row < rows && lane == 0usize {
        stats[row * 2] = mean;
        stats[row * 2 + 1] = reciprocal;
    }
}

/// `y[rows,width]` and `stats[rows,2]` from `x[rows,width]`, `gamma[width]`, `beta[width]`.
pub fn layer_norm(gpu: &Gpu, width: usize, x: In, gamma: In, beta: In, y: Out, stats: Out) {
    let rows = stats.len / 2;
    let count = cubes(rows, GROUPS);
    let work = Work::new(Family::Norms, &count)
        .moves([x.len, width, width, y.len, stats.len])
        .flop(8 * x.len)
        .shares(UNITS, 2 * FOLD);
    // SAFETY: rows beyond the last and columns beyond the width are neither read nor written.
    unsafe {
        forward_kernel::launch_unchecked(
            gpu.launch(work),
            count,
            units(),
            arg(x),
            arg(gamma),
            arg(beta),
            arg(y),
            arg(stats),
            rows,
            width,
        )
    }
}

/// `dx += (g − mean(g) − x̂·mean(g·x̂))·r`, `g = γ·dy`
#[cube(launch_unchecked)]
#[allow(clippy::too_many_arguments)]
fn backward_kernel(
    x: &[f32],
    gamma: &[f32],
    stats: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    rows: usize,
    width: usize,
) {
    let mut shared = Shared::<[f32]>::new_slice(UNITS);
    let lane = UNIT_POS as usize % LANES;
    let row = CUBE_POS * GROUPS + UNIT_POS as usize / LANES;
    let inside = row < rows;
    let last = select(inside, width, 0usize);
    let start = row * width;
    let size = f32::cast_from(width as u32);
    let at = select(inside, row * 2, 0usize);
    let mean = stats[at];
    let reciprocal = stats[at + 1];

    let mut sum = 0.0f32;
    let mut product = 0.0f32;
    let mut i = lane;
    while i < last {
        let g = dy[start + i] * gamma[i];
        sum += g;
        product = fma(g, (x[start + i] - mean) * reciprocal, product);
        i += LANES;
    }
    let mean_g = fold_rows(&mut shared, sum) / size;
    let mean_product = fold_rows(&mut shared, product) / size;

    i = lane;
    while i < last {
        let normal = (x[start + i] - mean) * reciprocal;
        let centred = dy[start + i] * gamma[i] - mean_g - normal * mean_product;
        dx[start + i] = fma(centred, reciprocal, dx[start + i]);
        i += LANES;
    }
}

/// `dx[rows,width] += …` from `x`, `dy` of that shape, `gamma[width]`, `stats[rows,2]`.
fn backward(gpu: &Gpu, width: usize, x: In, gamma: In, stats: In, dy: In, dx: Out) {
    let rows = stats.len / 2;
    let count = cubes(rows, GROUPS);
    let work = Work::new(Family::Norms, &count)
        .moves([x.len, width, stats.len, dy.len, 2 * dx.len])
        .flop(12 * x.len)
        .shares(UNITS, 2 * FOLD);
    // SAFETY: as in `forward`; `stats` holds at least the one row that idle units read.
    unsafe {
        backward_kernel::launch_unchecked(
            gpu.launch(work),
            count,
            units(),
            arg(x),
            arg(gamma),
            arg(stats),
            arg(dy),
            arg(dx),
            rows,
            width,
        )
    }
}

/// See [`crate::tensor::ops::layer_norm_backward`].
#[allow(clippy::too_many_arguments)]
pub fn layer_norm_backward(
    gpu: &Gpu,
    width: usize,
    x: In,
    gamma: In,
    stats: In,
    dy: In,
    dx: Out,
    dgamma_dbeta: Pair,
) {
    backward(gpu, width, x, gamma, stats, dy, dx);
    gradients::layer_norm(gpu, width, x, stats, dy, dgamma_dbeta);
}
