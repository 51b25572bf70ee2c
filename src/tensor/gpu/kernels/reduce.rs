//! Sums. Within a cube, units add their own share first and then fold it in a tree through shared
//! memory, always in the same order.
//!
//! Three layouts of 256 units: *columns* (8 columns × 32 lanes along the rows: each load takes 32
//! consecutive bytes, and a gradient of 64 columns still occupies 8 cubes), *rows* (8 rows × 32
//! lanes along the columns) and *all* (one sum).

use super::{Family, In, Out, UNITS, Work, cubes, units};
use crate::tensor::gpu::buffer::arg;
use crate::tensor::gpu::machine::Gpu;
use crate::tensor::loss::{Loss, LossOnGpu, with_loss};
use cubecl::prelude::*;

/// Columns, or rows, of a cube.
pub const GROUPS: usize = 8;
/// Units that share a column or a row.
pub const LANES: usize = 32;
/// Barriers of a fold over a column or a row …
pub const FOLD: usize = 7;
/// … and of one over all units.
const FOLD_ALL: usize = 10;
/// Cubes of the first pass of a long sum.
const PARTIALS: usize = 64;

/// Folds one share a unit, unit = lane·8 + column; every unit gets its column's total.
#[cube]
pub fn fold_columns(shared: &mut Shared<[f32]>, share: f32) -> f32 {
    let unit = UNIT_POS as usize;
    shared[unit] = share;
    sync_cube();
    #[unroll]
    for step in 0..5usize {
        let half = comptime!(UNITS >> (step + 1));
        if unit < half {
            let other = shared[unit + half];
            shared[unit] += other;
        }
        sync_cube();
    }
    let total = shared[unit % GROUPS];
    sync_cube();
    total
}

/// Folds one share a unit, unit = row·32 + lane; every unit gets its row's total.
#[cube]
pub fn fold_rows(shared: &mut Shared<[f32]>, share: f32) -> f32 {
    let unit = UNIT_POS as usize;
    let lane = unit % LANES;
    shared[unit] = share;
    sync_cube();
    #[unroll]
    for step in 0..5usize {
        let half = comptime!(LANES >> (step + 1));
        if lane < half {
            let other = shared[unit + half];
            shared[unit] += other;
        }
        sync_cube();
    }
    let total = shared[unit - lane];
    sync_cube();
    total
}

/// Folds one share a unit; every unit gets the total.
#[cube]
pub fn fold_all(shared: &mut Shared<[f32]>, share: f32) -> f32 {
    let unit = UNIT_POS as usize;
    shared[unit] = share;
    sync_cube();
    #[unroll]
    for step in 0..8usize {
        let half = comptime!(UNITS >> (step + 1));
        if unit < half {
            let other = shared[unit + half];
            shared[unit] += other;
        }
        sync_cube();
    }
    let total = shared[0];
    sync_cube();
    total
}

/// `into[columns] += Σ_rows x[rows, columns]`
#[cube(launch_unchecked)]
fn column_sums_kernel(x: &[f32], into: &mut [f32], rows: usize, columns: usize) {
    let mut shared = Shared::<[f32]>::new_slice(UNITS);
    let column = CUBE_POS * GROUPS + UNIT_POS as usize % GROUPS;
    let inside = column < columns;
    let last = select(inside, rows, 0usize);
    let mut row = UNIT_POS as usize / GROUPS;
    let lane = row;
    let mut sum = 0.0f32;
    while row < last {
        sum += x[row * columns + column];
        row += LANES;
    }
    let total = fold_columns(&mut shared, sum);
    if inside && lane == 0usize {
        into[column] += total;
    }
}

/// `into[columns] += Σ_rows x[rows, columns]`.
pub fn column_sums(gpu: &Gpu, columns: usize, x: In, into: Out) {
    add_columns(gpu, columns, x, arg(into));
}

/// [`column_sums`] into one part of a pair.
pub fn add_columns(gpu: &Gpu, columns: usize, x: In, into: BufferArg) {
    let rows = x.len.checked_div(columns).unwrap_or(0);
    let count = cubes(columns, GROUPS);
    let work =
        Work::new(Family::Gradients, &count).moves([x.len, 2 * columns]).flop(x.len).shares(UNITS, FOLD);
    let client = gpu.launch(work);
    // SAFETY: the kernel stays below `rows·columns` in `x` and below `columns` in `into`.
    unsafe { column_sums_kernel::launch_unchecked(client, count, units(), arg(x), into, rows, columns) }
}

/// `gradient = scale·loss'(p − t)`, `total[0] += scale·Σ loss(p − t)`, in one cube
#[cube(launch_unchecked)]
fn loss_kernel<L: LossOnGpu>(
    prediction: &[f32],
    target: &[f32],
    gradient: &mut [f32],
    total: &mut [f32],
    len: usize,
    scale: f32,
) {
    let mut shared = Shared::<[f32]>::new_slice(UNITS);
    let mut i = UNIT_POS as usize;
    let mut sum = 0.0f32;
    while i < len {
        let difference = prediction[i] - target[i];
        gradient[i] = L::gradient(scale, difference);
        sum = L::add(sum, difference);
        i += UNITS;
    }
    let all = fold_all(&mut shared, sum);
    if UNIT_POS == 0u32 {
        total[0] += scale * all;
    }
}

/// See [`crate::tensor::ops::loss`]. One launch of one cube: a batch's loss is a few thousand numbers.
pub fn loss(gpu: &Gpu, loss: Loss, scale: f32, prediction: In, target: In, gradient: Out, total: Out) {
    let len = prediction.len;
    let count = CubeCount::Static(1, 1, 1);
    let work =
        Work::new(Family::Sums, &count).moves([len, len, len, 2]).flop(3 * len).shares(UNITS, FOLD_ALL);
    let client = gpu.launch(work);
    let (prediction, target, gradient, total) = (arg(prediction), arg(target), arg(gradient), arg(total));
    // SAFETY: the kernel stays below `len`, the length of the three arrays; `total` has one element.
    with_loss!(loss, L => unsafe {
        let u = units();
        loss_kernel::launch_unchecked::<L>(client, count, u, prediction, target, gradient, total, len, scale);
    })
}

/// `into[cube] = Σ x²` over the cube's share, or `Σ x` where `square` is false
#[cube(launch_unchecked)]
fn total_kernel(x: &[f32], into: &mut [f32], len: usize, cubes: usize, #[comptime] square: bool) {
    let mut shared = Shared::<[f32]>::new_slice(UNITS);
    let mut i = CUBE_POS * UNITS + UNIT_POS as usize;
    let mut sum = 0.0f32;
    while i < len {
        if square {
            sum = fma(x[i], x[i], sum);
        } else {
            sum += x[i];
        }
        i += cubes * UNITS;
    }
    let total = fold_all(&mut shared, sum);
    if UNIT_POS == 0u32 {
        into[CUBE_POS] = total;
    }
}

/// `into[0] = Σ x²`. Two launches, one pass over `x`.
pub fn sum_of_squares(gpu: &Gpu, x: In, into: Out) {
    let len = x.len;
    let scratch = gpu.scratch(PARTIALS);
    let (count, last) = (CubeCount::Static(PARTIALS as u32, 1, 1), CubeCount::Static(1, 1, 1));
    let work = |count: &CubeCount| Work::new(Family::Sums, count).shares(UNITS, FOLD_ALL);
    let first_work = work(&count).moves([len, PARTIALS]).flop(2 * len);
    let last_work = work(&last).moves([PARTIALS, 1]).flop(PARTIALS);
    // SAFETY: the kernel stays below `len` in `x` and below the number of cubes in its result.
    unsafe {
        let client = gpu.launch(first_work);
        total_kernel::launch_unchecked(client, count, units(), arg(x), scratch.arg(), len, PARTIALS, true);
        let client = gpu.launch(last_work);
        total_kernel::launch_unchecked(client, last, units(), scratch.arg(), arg(into), PARTIALS, 1, false);
    }
}
