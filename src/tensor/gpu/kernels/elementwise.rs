//! One unit an element: copies, sums, activations, the forward process. Cost: one pass over the
//! arguments, one launch each.

use super::{UNITS, cubes, units};
use cubecl::prelude::*;

/// `into = value`
#[cube(launch_unchecked)]
fn fill_kernel(into: &mut [f32], len: usize, value: f32) {
    if ABSOLUTE_POS < len {
        into[ABSOLUTE_POS] = value;
    }
}

/// `into[len] = value`.
pub fn fill(client: &Client, len: usize, into: BufferArg, value: f32) {
    // SAFETY: the kernel stays below `len`, the length of `into`.
    unsafe { fill_kernel::launch_unchecked(client, cubes(len, UNITS), units(), into, len, value) }
}

/// `into = from`
#[cube(launch_unchecked)]
fn copy_kernel(from: &[f32], into: &mut [f32], len: usize) {
    if ABSOLUTE_POS < len {
        into[ABSOLUTE_POS] = from[ABSOLUTE_POS];
    }
}

/// `into[len] = from[len]`.
pub fn copy(client: &Client, len: usize, from: BufferArg, into: BufferArg) {
    // SAFETY: the kernel stays below `len`, the length of both.
    unsafe { copy_kernel::launch_unchecked(client, cubes(len, UNITS), units(), from, into, len) }
}

/// `into += from`
#[cube(launch_unchecked)]
fn add_kernel(from: &[f32], into: &mut [f32], len: usize) {
    if ABSOLUTE_POS < len {
        into[ABSOLUTE_POS] += from[ABSOLUTE_POS];
    }
}

/// `into[len] += from[len]`.
pub fn add(client: &Client, len: usize, from: BufferArg, into: BufferArg) {
    // SAFETY: the kernel stays below `len`, the length of both.
    unsafe { add_kernel::launch_unchecked(client, cubes(len, UNITS), units(), from, into, len) }
}

/// `into = a·into + b·x + c·y`; NaN in `into` does not survive `a = 0`
#[cube(launch_unchecked)]
fn combine_kernel(into: &mut [f32], x: &[f32], y: &[f32], len: usize, a: f32, b: f32, c: f32) {
    let i = ABSOLUTE_POS;
    if i < len {
        let sum = fma(b, x[i], c * y[i]);
        into[i] = select(a == 0.0f32, sum, fma(a, into[i], sum));
    }
}

/// `into[len] = a·into + b·x[len] + c·y[len]`.
pub fn combine(
    client: &Client,
    len: usize,
    into: BufferArg,
    a: f32,
    x: (f32, BufferArg),
    y: (f32, BufferArg),
) {
    let count = cubes(len, UNITS);
    // SAFETY: the kernel stays below `len`, the length of all three.
    unsafe { combine_kernel::launch_unchecked(client, count, units(), into, x.1, y.1, len, a, x.0, y.0) }
}

/// `dy ← dy·[y > 0]`
#[cube(launch_unchecked)]
fn relu_backward_kernel(y: &[f32], dy: &mut [f32], len: usize) {
    if ABSOLUTE_POS < len {
        dy[ABSOLUTE_POS] = select(y[ABSOLUTE_POS] > 0.0f32, dy[ABSOLUTE_POS], 0.0f32);
    }
}

/// `dy[len] ← dy·[y[len] > 0]`.
pub fn relu_backward(client: &Client, len: usize, y: BufferArg, dy: BufferArg) {
    // SAFETY: the kernel stays below `len`, the length of both.
    unsafe { relu_backward_kernel::launch_unchecked(client, cubes(len, UNITS), units(), y, dy, len) }
}

/// `1/(1+e⁻ˣ)`, the exponential kept finite
#[cube]
fn sigmoid(x: f32) -> f32 {
    1.0f32 / (1.0f32 + clamp(-x, -87.0f32, 88.0f32).exp())
}

/// `y = x·s(x)`
#[cube(launch_unchecked)]
fn silu_kernel(x: &[f32], y: &mut [f32], len: usize) {
    if ABSOLUTE_POS < len {
        y[ABSOLUTE_POS] = x[ABSOLUTE_POS] * sigmoid(x[ABSOLUTE_POS]);
    }
}

/// `y[len] = x[len]·s(x)`.
pub fn silu(client: &Client, len: usize, x: BufferArg, y: BufferArg) {
    // SAFETY: the kernel stays below `len`, the length of both.
    unsafe { silu_kernel::launch_unchecked(client, cubes(len, UNITS), units(), x, y, len) }
}

/// `dy ← dy·s·(1 + x·(1 − s))`
#[cube(launch_unchecked)]
fn silu_backward_kernel(x: &[f32], dy: &mut [f32], len: usize) {
    let i = ABSOLUTE_POS;
    if i < len {
        let s = sigmoid(x[i]);
        dy[i] *= s * fma(x[i], 1.0f32 - s, 1.0f32);
    }
}

/// `dy[len] ← dy·silu'(x[len])`.
pub fn silu_backward(client: &Client, len: usize, x: BufferArg, dy: BufferArg) {
    // SAFETY: the kernel stays below `len`, the length of both.
    unsafe { silu_backward_kernel::launch_unchecked(client, cubes(len, UNITS), units(), x, dy, len) }
}

/// `xt = α·x0 + σ·ε`, `v = α·ε − σ·x0`
#[cube(launch_unchecked)]
#[allow(clippy::too_many_arguments)]
fn diffuse_kernel(
    x0: &[f32],
    noise: &[f32],
    alpha: &[f32],
    sigma: &[f32],
    xt: &mut [f32],
    v: &mut [f32],
    len: usize,
    width: usize,
) {
    let i = ABSOLUTE_POS;
    if i < len {
        let a = alpha[i / width];
        let s = sigma[i / width];
        xt[i] = fma(a, x0[i], s * noise[i]);
        v[i] = fma(a, noise[i], -s * x0[i]);
    }
}

/// `xt[rows,width]` and `v[rows,width]` from `x0`, `noise` of that shape and `alpha[rows]`, `sigma[rows]`.
#[allow(clippy::too_many_arguments)]
pub fn diffuse(
    client: &Client,
    len: usize,
    width: usize,
    x0: BufferArg,
    noise: BufferArg,
    alpha: BufferArg,
    sigma: BufferArg,
    xt: BufferArg,
    v: BufferArg,
) {
    let count = cubes(len, UNITS);
    // SAFETY: the kernel stays below `len = rows·width`, and below `rows` in `alpha` and `sigma`.
    unsafe {
        diffuse_kernel::launch_unchecked(client, count, units(), x0, noise, alpha, sigma, xt, v, len, width)
    }
}
