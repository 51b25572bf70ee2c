//! Activations, and the modulation of a layer by the condition. One unit an element, one pass over the
//! arguments, one launch each; the slopes' gradients, which sum over the batch, stand in
//! [`super::gradients`].

use super::{Family, In, Out, UNITS, Work, cubes, units};
use crate::tensor::FilmShape;
use crate::tensor::gpu::buffer::arg;
use crate::tensor::gpu::machine::Gpu;
use crate::tensor::unary::{UnaryOnGpu, UnaryOp, with_unary};
use cubecl::prelude::*;

/// `y = f(x)`
#[cube(launch_unchecked)]
fn unary_kernel<F: UnaryOnGpu>(x: &[f32], y: &mut [f32], len: usize) {
    if ABSOLUTE_POS < len {
        y[ABSOLUTE_POS] = F::value(x[ABSOLUTE_POS]);
    }
}

/// `y[len] = f(x[len])`.
pub fn unary(gpu: &Gpu, op: UnaryOp, x: In, y: Out) {
    let len = x.len;
    let (count, x, y) = (cubes(len, UNITS), arg(x), arg(y));
    let client = gpu.launch(Work::new(Family::Activations, &count).moves([len, len]).flop(len));
    // SAFETY: the kernel stays below `len`, the length of both.
    with_unary!(op, F => unsafe {
        unary_kernel::launch_unchecked::<F>(client, count, units(), x, y, len);
    })
}

/// `dy ← dy·f'(x)`
#[cube(launch_unchecked)]
fn unary_backward_kernel<F: UnaryOnGpu>(x: &[f32], dy: &mut [f32], len: usize) {
    if ABSOLUTE_POS < len {
        dy[ABSOLUTE_POS] = F::gradient(x[ABSOLUTE_POS], dy[ABSOLUTE_POS]);
    }
}

/// `dy[len] ← dy·f'(x[len])`.
pub fn unary_backward(gpu: &Gpu, op: UnaryOp, x: In, dy: Out) {
    let len = x.len;
    let (count, x, dy) = (cubes(len, UNITS), arg(x), arg(dy));
    let client = gpu.launch(Work::new(Family::Activations, &count).moves([len, 2 * len]).flop(len));
    // SAFETY: the kernel stays below `len`, the length of both.
    with_unary!(op, F => unsafe {
        unary_backward_kernel::launch_unchecked::<F>(client, count, units(), x, dy, len);
    })
}

/// `y = x > 0 ? x : slope·x`
#[cube(launch_unchecked)]
fn prelu_kernel(x: &[f32], slope: &[f32], y: &mut [f32], len: usize, channels: usize) {
    let i = ABSOLUTE_POS;
    if i < len {
        y[i] = select(x[i] > 0.0f32, x[i], slope[i % channels] * x[i]);
    }
}

/// `y[len]` from `x[len]` and `slope[channels]`.
pub fn prelu(gpu: &Gpu, x: In, slope: In, y: Out) {
    let (len, channels) = (x.len, slope.len);
    let count = cubes(len, UNITS);
    // SAFETY: the kernel stays below `len`, and the remainder below the number of slopes.
    unsafe {
        prelu_kernel::launch_unchecked(
            gpu.launch(Work::new(Family::Activations, &count).moves([len, channels, len]).flop(len)),
            count,
            units(),
            arg(x),
            arg(slope),
            arg(y),
            len,
            channels,
        )
    }
}

/// `x ← x + (1 + γ)·t + β`; `step` is 1, or 0 where all rows share row 0 of the condition
#[cube(launch_unchecked)]
fn film_kernel(gamma_beta: &[f32], t: &[f32], x: &mut [f32], len: usize, width: usize, step: usize) {
    let i = ABSOLUTE_POS;
    if i < len {
        let row = i / width * step;
        let column = i % width;
        let at = row * 2 * width + column;
        x[i] += fma(1.0f32 + gamma_beta[at], t[row * width + column], gamma_beta[at + width]);
    }
}

/// In place on `x[rows,width]`; `gamma_beta[condition_rows, 2·width]`, `t[condition_rows,width]`.
pub fn film(gpu: &Gpu, shape: FilmShape, gamma_beta: In, t: In, x: Out) {
    let FilmShape { rows, condition_rows, width } = shape;
    let len = rows * width;
    let step = usize::from(condition_rows > 1);
    let count = cubes(len, UNITS);
    let work = Work::new(Family::Activations, &count).moves([gamma_beta.len, t.len, 2 * len]).flop(4 * len);
    // SAFETY: the kernel stays below `len`; rows of the condition are those of `x`, or the first.
    unsafe {
        film_kernel::launch_unchecked(
            gpu.launch(work),
            count,
            units(),
            arg(gamma_beta),
            arg(t),
            arg(x),
            len,
            width,
            step,
        )
    }
}

/// `dγ = dx·t`, `dβ = dx`, `dt = dx·(1 + γ)`
#[cube(launch_unchecked)]
fn film_backward_kernel(
    gamma_beta: &[f32],
    t: &[f32],
    dx: &[f32],
    dgamma_dbeta: &mut [f32],
    dt: &mut [f32],
    len: usize,
    width: usize,
) {
    let i = ABSOLUTE_POS;
    if i < len {
        let d = dx[i];
        let at = i / width * 2 * width + i % width;
        dgamma_dbeta[at] = d * t[i];
        dgamma_dbeta[at + width] = d;
        dt[i] = d * (1.0f32 + gamma_beta[at]);
    }
}

/// `dgamma_dbeta[rows, 2·width]`, `dt[rows,width]` from `gamma_beta`, `t` and `dx` of the same shapes.
pub fn film_backward(gpu: &Gpu, shape: FilmShape, gamma_beta: In, t: In, dx: In, dgamma_dbeta: Out, dt: Out) {
    let FilmShape { rows, width, .. } = shape;
    let len = rows * width;
    let count = cubes(len, UNITS);
    let moved = [gamma_beta.len, len, len, 2 * len, len];
    let work = Work::new(Family::Activations, &count).moves(moved).flop(3 * len);
    // SAFETY: the kernel stays below `len`, and below `2·len` in what holds scales and shifts.
    unsafe {
        film_backward_kernel::launch_unchecked(
            gpu.launch(work),
            count,
            units(),
            arg(gamma_beta),
            arg(t),
            arg(dx),
            arg(dgamma_dbeta),
            arg(dt),
            len,
            width,
        )
    }
}
