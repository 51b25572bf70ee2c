//! Scalars to tokens and back, the timestep's features, the condition with its dropout; the
//! mathematics stand in [`crate::tensor::ops`]. One launch each; gradients of parameters, which sum
//! over the batch, stand in [`super::gradients`].

use super::math::cosine;
use super::reduce::{FOLD, GROUPS, LANES, fold_rows};
use super::{Family, In, Out, UNITS, Work, cubes, gradients, units};
use crate::tensor::gpu::buffer::arg;
use crate::tensor::gpu::machine::Gpu;
use crate::tensor::{ConditionShape, TokenShape};
use cubecl::prelude::*;

/// `out[r,t,c] = value[r,t]·w[t,c] + b[t,c]`, `span = tokens·width`
#[cube(launch_unchecked)]
fn embed_kernel(value: &[f32], w: &[f32], b: &[f32], out: &mut [f32], len: usize, span: usize, width: usize) {
    let i = ABSOLUTE_POS;
    if i < len {
        out[i] = fma(value[i / width], w[i % span], b[i % span]);
    }
}

/// `out[rows,tokens,width]` from `value[rows,tokens]`, `w[tokens,width]`, `b[tokens,width]`.
pub fn embed_tokens(gpu: &Gpu, shape: TokenShape, value: In, w: In, b: In, out: Out) {
    let TokenShape { rows, tokens, width } = shape;
    let (len, span) = (rows * tokens * width, tokens * width);
    let count = cubes(len, UNITS);
    // SAFETY: the kernel stays below `len`, and remainders below the sizes of the parameters.
    unsafe {
        embed_kernel::launch_unchecked(
            gpu.launch(Work::new(Family::Tokens, &count).moves([value.len, w.len, b.len, len]).flop(2 * len)),
            count,
            units(),
            arg(value),
            arg(w),
            arg(b),
            arg(out),
            len,
            span,
            width,
        )
    }
}

/// `out[r,t] = x[r,t,:]·w[t,:] + b[t]`, eight dot products a cube
#[cube(launch_unchecked)]
fn project_kernel(x: &[f32], w: &[f32], b: &[f32], out: &mut [f32], len: usize, tokens: usize, width: usize) {
    let mut shared = Shared::<[f32]>::new_slice(UNITS);
    let lane = UNIT_POS as usize % LANES;
    let at = CUBE_POS * GROUPS + UNIT_POS as usize / LANES;
    let last = select(at < len, width, 0usize);
    let token = at % tokens;
    let mut sum = 0.0f32;
    let mut i = lane;
    while i < last {
        sum = fma(x[at * width + i], w[token * width + i], sum);
        i += LANES;
    }
    let total = fold_rows(&mut shared, sum);
    if at < len && lane == 0usize {
        out[at] = total + b[token];
    }
}

/// `out[rows,tokens]` from `x[rows,tokens,width]`, `w[tokens,width]`, `b[tokens]`.
pub fn project_tokens(gpu: &Gpu, shape: TokenShape, x: In, w: In, b: In, out: Out) {
    let TokenShape { rows, tokens, width } = shape;
    let len = rows * tokens;
    let count = cubes(len, GROUPS);
    let work = Work::new(Family::Tokens, &count)
        .moves([x.len, w.len, b.len, len])
        .flop(2 * x.len)
        .shares(UNITS, FOLD);
    // SAFETY: products beyond `len` and channels beyond `width` are neither read nor written.
    unsafe {
        project_kernel::launch_unchecked(
            gpu.launch(work),
            count,
            units(),
            arg(x),
            arg(w),
            arg(b),
            arg(out),
            len,
            tokens,
            width,
        )
    }
}

/// `cos(t·f)` or else `sin(t·f)`, the angle reduced to a quarter turn in three parts of π/2 (Cody and Waite)
#[cube]
pub fn time_feature(t: f32, frequency: f32, is_cosine: bool) -> f32 {
    let angle = t * frequency;
    let turns = (angle * std::f32::consts::FRAC_2_PI + 0.5f32).floor();
    let rest = fma(turns, -1.570_312_5f32, angle);
    let rest = fma(turns, -4.837_513e-4f32, rest);
    let rest = fma(turns, -7.549_79e-8f32, rest);
    // quadrants repeat every four, in two's complement too; a sine is three quadrants on
    let quadrant = u32::cast_from(i32::cast_from(turns)) + select(is_cosine, 0u32, 3u32);
    cosine(rest, quadrant)
}

/// `[cos(t·f), sin(t·f)]`
#[cube(launch_unchecked)]
fn time_kernel(t: &[f32], frequency: &[f32], features: &mut [f32], len: usize, half: usize) {
    let i = ABSOLUTE_POS;
    if i < len {
        let row = i / (2 * half);
        let column = i % (2 * half);
        features[i] = time_feature(t[row], frequency[column % half], column < half);
    }
}

/// `features[rows, 2·half]` from `t[rows]` and `frequency[half]`.
pub fn time_features(gpu: &Gpu, width: usize, t: In, features: Out) {
    let (rows, half) = (t.len, width / 2);
    let frequency = gpu.frequencies(half);
    let len = rows * 2 * half;
    let count = cubes(len, UNITS);
    let work = Work::new(Family::Tokens, &count).moves([rows, half, len]).flop(12 * len);
    // SAFETY: the kernel stays below `len`, and quotient and remainder below the sizes of the rest.
    unsafe {
        time_kernel::launch_unchecked(
            gpu.launch(work),
            count,
            units(),
            arg(t),
            frequency,
            arg(features),
            len,
            half,
        )
    }
}

/// `tokens[r,t,c] ← (keep[r] > ½ ? tokens[r,t,c] : null[t,c]) + time[r,c]`
#[cube(launch_unchecked)]
fn mix_kernel(
    keep: &[f32],
    null: &[f32],
    time: &[f32],
    tokens: &mut [f32],
    len: usize,
    span: usize,
    width: usize,
) {
    let i = ABSOLUTE_POS;
    if i < len {
        let row = i / span;
        let token = select(keep[row] > 0.5f32, tokens[i], null[i % span]);
        tokens[i] = token + time[row * width + i % width];
    }
}

/// In place on `tokens[rows,tokens,width]`; `keep[rows]`, `null[tokens,width]`, `time[rows,width]`.
pub fn mix_condition(gpu: &Gpu, shape: ConditionShape, keep: In, null: In, time: In, tokens: Out) {
    let (span, width) = (shape.tokens * shape.width, shape.width);
    let len = shape.rows * span;
    let count = cubes(len, UNITS);
    // SAFETY: the kernel stays below `len`, and quotients and remainders below the sizes of the rest.
    unsafe {
        mix_kernel::launch_unchecked(
            gpu.launch(
                Work::new(Family::Tokens, &count).moves([keep.len, span, time.len, 2 * len]).flop(len),
            ),
            count,
            units(),
            arg(keep),
            arg(null),
            arg(time),
            arg(tokens),
            len,
            span,
            width,
        )
    }
}

/// One unit a row and channel: `dtime[r,c] = Σ_t dtokens[r,t,c]`, then 0 where dropped
#[cube(launch_unchecked)]
fn mix_time_kernel(
    keep: &[f32],
    dtokens: &mut [f32],
    dtime: &mut [f32],
    len: usize,
    tokens: usize,
    width: usize,
) {
    let i = ABSOLUTE_POS;
    if i < len {
        let row = i / width;
        let start = row * tokens * width + i % width;
        let kept = keep[row] > 0.5f32;
        let mut sum = 0.0f32;
        for t in 0..tokens {
            let at = start + t * width;
            let d = dtokens[at];
            sum += d;
            dtokens[at] = select(kept, d, 0.0f32);
        }
        dtime[i] = sum;
    }
}

/// `dtime[rows,width]` from `dtokens[rows,tokens,width]`, whose dropped rows become 0.
pub fn mix_condition_backward(
    gpu: &Gpu,
    shape: ConditionShape,
    keep: In,
    dtokens: Out,
    dnull: Out,
    dtime: Out,
) {
    gradients::null_condition(gpu, shape, keep, dtokens, dnull);
    let ConditionShape { rows, tokens, width } = shape;
    let len = rows * width;
    let count = cubes(len, UNITS);
    let work = Work::new(Family::Tokens, &count).moves([rows, 2 * dtokens.len, len]).flop(dtokens.len);
    // SAFETY: a unit below `rows·width` touches its own channel of its own row's tokens only.
    unsafe {
        mix_time_kernel::launch_unchecked(
            gpu.launch(work),
            count,
            units(),
            arg(keep),
            arg(dtokens),
            arg(dtime),
            len,
            tokens,
            width,
        )
    }
}
