//! Gradients of parameters that are not weights of a product: sums over the batch's rows, a column
//! a parameter. All have the layout of [`super::reduce`]'s columns: 8 columns × 32 lanes a cube,
//! lane `l` adding rows `l, l + 32, …`. They accumulate. One launch each.

use super::reduce::{FOLD, GROUPS, LANES, add_columns, fold_columns};
use super::{Family, In, Out, Pair, UNITS, Work, cubes, units};
use crate::tensor::gpu::buffer::arg;
use crate::tensor::gpu::machine::Gpu;
use crate::tensor::{ConditionShape, TokenShape};
use cubecl::prelude::*;

/// A launch that folds this many sums over rows.
fn work(count: &CubeCount, folds: usize) -> Work {
    Work::new(Family::Gradients, count).shares(UNITS, folds * FOLD)
}

/// `dγ[c] += Σ_r dy[r,c]·x̂[r,c]`, `dβ[c] += Σ_r dy[r,c]`
#[cube(launch_unchecked)]
fn layer_norm_kernel(
    x: &[f32],
    stats: &[f32],
    dy: &[f32],
    dgamma: &mut [f32],
    dbeta: &mut [f32],
    rows: usize,
    width: usize,
) {
    let mut shared = Shared::<[f32]>::new_slice(UNITS);
    let lane = UNIT_POS as usize / GROUPS;
    let column = CUBE_POS * GROUPS + UNIT_POS as usize % GROUPS;
    let last = select(column < width, rows, 0usize);
    let mut product = 0.0f32;
    let mut sum = 0.0f32;
    let mut row = lane;
    while row < last {
        let at = row * width + column;
        product = fma(dy[at], (x[at] - stats[row * 2]) * stats[row * 2 + 1], product);
        sum += dy[at];
        row += LANES;
    }
    let total_product = fold_columns(&mut shared, product);
    let total = fold_columns(&mut shared, sum);
    if column < width && lane == 0usize {
        dgamma[column] += total_product;
        dbeta[column] += total;
    }
}

/// `dgamma[width]`, `dbeta[width]` from `x[rows,width]`, `stats[rows,2]`, `dy[rows,width]`.
pub fn layer_norm(gpu: &Gpu, width: usize, x: In, stats: In, dy: In, dgamma_dbeta: Pair) {
    let rows = stats.len / 2;
    let (dgamma, dbeta) = dgamma_dbeta;
    let count = cubes(width, GROUPS);
    // SAFETY: rows beyond the last and columns beyond the width are neither read nor written.
    unsafe {
        layer_norm_kernel::launch_unchecked(
            gpu.launch(work(&count, 2).moves([x.len, stats.len, dy.len, 4 * width]).flop(5 * x.len)),
            count,
            units(),
            arg(x),
            arg(stats),
            arg(dy),
            dgamma,
            dbeta,
            rows,
            width,
        )
    }
}

/// `dw[t,c] += Σ_r value[r,t]·dout[r,t,c]`, `db[t,c] += Σ_r dout[r,t,c]`
#[cube(launch_unchecked)]
#[allow(clippy::too_many_arguments)]
fn embed_kernel(
    value: &[f32],
    dout: &[f32],
    dw: &mut [f32],
    db: &mut [f32],
    rows: usize,
    tokens: usize,
    width: usize,
) {
    let mut shared = Shared::<[f32]>::new_slice(UNITS);
    let columns = tokens * width;
    let lane = UNIT_POS as usize / GROUPS;
    let column = CUBE_POS * GROUPS + UNIT_POS as usize % GROUPS;
    let last = select(column < columns, rows, 0usize);
    let mut product = 0.0f32;
    let mut sum = 0.0f32;
    let mut row = lane;
    while row < last {
        let d = dout[row * columns + column];
        product = fma(value[row * tokens + column / width], d, product);
        sum += d;
        row += LANES;
    }
    let total_product = fold_columns(&mut shared, product);
    let total = fold_columns(&mut shared, sum);
    if column < columns && lane == 0usize {
        dw[column] += total_product;
        db[column] += total;
    }
}

/// `dw[tokens,width]`, `db[tokens,width]` from `value[rows,tokens]`, `dout[rows,tokens,width]`.
pub fn embed_tokens_backward(gpu: &Gpu, shape: TokenShape, value: In, dout: In, dw_db: Pair) {
    let (dw, db) = dw_db;
    let TokenShape { rows, tokens, width } = shape;
    let count = cubes(tokens * width, GROUPS);
    // SAFETY: rows beyond the last and columns beyond `tokens·width` are neither read nor written.
    unsafe {
        embed_kernel::launch_unchecked(
            gpu.launch(work(&count, 2).moves([value.len, dout.len, 4 * tokens * width]).flop(3 * dout.len)),
            count,
            units(),
            arg(value),
            arg(dout),
            dw,
            db,
            rows,
            tokens,
            width,
        )
    }
}

/// `dx[r,t,c] = dout[r,t]·w[t,c]`, `dw[t,c] += Σ_r dout[r,t]·x[r,t,c]`
#[cube(launch_unchecked)]
#[allow(clippy::too_many_arguments)]
fn project_kernel(
    x: &[f32],
    w: &[f32],
    dout: &[f32],
    dx: &mut [f32],
    dw: &mut [f32],
    rows: usize,
    tokens: usize,
    width: usize,
) {
    let mut shared = Shared::<[f32]>::new_slice(UNITS);
    let columns = tokens * width;
    let lane = UNIT_POS as usize / GROUPS;
    let column = CUBE_POS * GROUPS + UNIT_POS as usize % GROUPS;
    let inside = column < columns;
    let last = select(inside, rows, 0usize);
    let weight = w[select(inside, column, 0usize)];
    let mut product = 0.0f32;
    let mut row = lane;
    while row < last {
        let at = row * columns + column;
        let d = dout[row * tokens + column / width];
        product = fma(d, x[at], product);
        dx[at] = d * weight;
        row += LANES;
    }
    let total = fold_columns(&mut shared, product);
    if inside && lane == 0usize {
        dw[column] += total;
    }
}

/// `dx[rows,tokens,width]`, `dw[tokens,width]` from `x`, `w` and `dout[rows,tokens]`. The bias's
/// gradient is [`super::reduce::column_sums`] of `dout`.
pub fn project(gpu: &Gpu, shape: TokenShape, x: In, w: In, dout: In, dx: Out, dw: BufferArg) {
    let TokenShape { rows, tokens, width } = shape;
    let count = cubes(tokens * width, GROUPS);
    // SAFETY: as in `embed`; idle units read weight 0.
    unsafe {
        project_kernel::launch_unchecked(
            gpu.launch(
                work(&count, 1).moves([x.len, w.len, dout.len, dx.len, 2 * tokens * width]).flop(3 * x.len),
            ),
            count,
            units(),
            arg(x),
            arg(w),
            arg(dout),
            arg(dx),
            dw,
            rows,
            tokens,
            width,
        )
    }
}

/// See [`crate::tensor::ops::project_tokens_backward`].
pub fn project_tokens_backward(
    gpu: &Gpu,
    shape: TokenShape,
    x: In,
    w: In,
    dout: In,
    dx: Out,
    (dw, db): Pair,
) {
    project(gpu, shape, x, w, dout, dx, dw);
    add_columns(gpu, shape.tokens, dout, db);
}

/// `dnull[t,c] += Σ_{r dropped} dtokens[r,t,c]`
#[cube(launch_unchecked)]
fn null_kernel(keep: &[f32], dtokens: &[f32], dnull: &mut [f32], rows: usize, columns: usize) {
    let mut shared = Shared::<[f32]>::new_slice(UNITS);
    let lane = UNIT_POS as usize / GROUPS;
    let column = CUBE_POS * GROUPS + UNIT_POS as usize % GROUPS;
    let last = select(column < columns, rows, 0usize);
    let mut sum = 0.0f32;
    let mut row = lane;
    while row < last {
        sum += select(keep[row] > 0.5f32, 0.0f32, dtokens[row * columns + column]);
        row += LANES;
    }
    let total = fold_columns(&mut shared, sum);
    if column < columns && lane == 0usize {
        dnull[column] += total;
    }
}

/// `dnull[tokens,width]` from `keep[rows]`, `dtokens[rows,tokens,width]`.
pub fn null_condition(gpu: &Gpu, shape: ConditionShape, keep: In, dtokens: In, dnull: Out) {
    let columns = shape.tokens * shape.width;
    let count = cubes(columns, GROUPS);
    // SAFETY: rows beyond the last and columns beyond `columns` are neither read nor written.
    unsafe {
        null_kernel::launch_unchecked(
            gpu.launch(work(&count, 1).moves([keep.len, dtokens.len, 2 * columns]).flop(dtokens.len)),
            count,
            units(),
            arg(keep),
            arg(dtokens),
            arg(dnull),
            shape.rows,
            columns,
        )
    }
}

/// `dslope[c] += Σ_r [x ≤ 0]·x·dy`, then `dy ← x > 0 ? dy : slope[c]·dy`
#[cube(launch_unchecked)]
fn prelu_kernel(x: &[f32], slope: &[f32], dy: &mut [f32], dslope: &mut [f32], rows: usize, channels: usize) {
    let mut shared = Shared::<[f32]>::new_slice(UNITS);
    let lane = UNIT_POS as usize / GROUPS;
    let column = CUBE_POS * GROUPS + UNIT_POS as usize % GROUPS;
    let inside = column < channels;
    let last = select(inside, rows, 0usize);
    let negative = slope[select(inside, column, 0usize)];
    let mut sum = 0.0f32;
    let mut row = lane;
    while row < last {
        let at = row * channels + column;
        let d = dy[at];
        sum = fma(d, select(x[at] > 0.0f32, 0.0f32, x[at]), sum);
        dy[at] = select(x[at] > 0.0f32, d, negative * d);
        row += LANES;
    }
    let total = fold_columns(&mut shared, sum);
    if inside && lane == 0usize {
        dslope[column] += total;
    }
}

/// In place on `dy[rows,channels]`, and `dslope[channels]`, from `x[rows,channels]`, `slope[channels]`.
pub fn prelu_backward(gpu: &Gpu, x: In, slope: In, dy: Out, dslope: Out) {
    let channels = slope.len;
    let rows = x.len.checked_div(channels).unwrap_or(0);
    let count = cubes(channels, GROUPS);
    // SAFETY: rows beyond the last and columns beyond the channels are neither read nor written; idle
    // units read slope 0.
    unsafe {
        prelu_kernel::launch_unchecked(
            gpu.launch(work(&count, 1).moves([x.len, channels, 2 * dy.len, 2 * channels]).flop(3 * x.len)),
            count,
            units(),
            arg(x),
            arg(slope),
            arg(dy),
            arg(dslope),
            rows,
            channels,
        )
    }
}
