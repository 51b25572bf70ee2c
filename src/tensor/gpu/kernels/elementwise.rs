//! One unit an element: copies and sums. Cost: one pass over the
//! arguments, one launch each.

use super::{Family, In, Out, UNITS, Work, cubes, units};
use crate::tensor::gpu::buffer::arg;
use crate::tensor::gpu::machine::Gpu;
use cubecl::prelude::*;

/// `into = value`
#[cube(launch_unchecked)]
fn fill_kernel(into: &mut [f32], len: usize, value: f32) {
    if ABSOLUTE_POS < len {
        into[ABSOLUTE_POS] = value;
    }
}

/// `into[len] = value`.
pub fn fill(gpu: &Gpu, into: Out, value: f32) {
    let len = into.len;
    let count = cubes(len, UNITS);
    let client = gpu.launch(Work::new(Family::Elementwise, &count).moves([len]));
    // SAFETY: the kernel stays below `len`, the length of `into`.
    unsafe { fill_kernel::launch_unchecked(client, count, units(), arg(into), len, value) }
}

/// `into = from`
#[cube(launch_unchecked)]
fn copy_kernel(from: &[f32], into: &mut [f32], len: usize) {
    if ABSOLUTE_POS < len {
        into[ABSOLUTE_POS] = from[ABSOLUTE_POS];
    }
}

/// `into[len] = from[len]`.
pub fn copy(gpu: &Gpu, from: In, into: Out) {
    let len = from.len;
    let count = cubes(len, UNITS);
    let client = gpu.launch(Work::new(Family::Elementwise, &count).moves([len, len]));
    // SAFETY: the kernel stays below `len`, the length of both.
    unsafe { copy_kernel::launch_unchecked(client, count, units(), arg(from), arg(into), len) }
}

/// `into += from`
#[cube(launch_unchecked)]
fn add_kernel(from: &[f32], into: &mut [f32], len: usize) {
    if ABSOLUTE_POS < len {
        into[ABSOLUTE_POS] += from[ABSOLUTE_POS];
    }
}

/// `into[len] += from[len]`.
pub fn add(gpu: &Gpu, from: In, into: Out) {
    let len = from.len;
    let count = cubes(len, UNITS);
    let client = gpu.launch(Work::new(Family::Elementwise, &count).moves([len, 2 * len]).flop(len));
    // SAFETY: the kernel stays below `len`, the length of both.
    unsafe { add_kernel::launch_unchecked(client, count, units(), arg(from), arg(into), len) }
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
pub fn combine(gpu: &Gpu, into: Out, a: f32, b: f32, x: In, c: f32, y: In) {
    let len = into.len;
    let count = cubes(len, UNITS);
    let client = gpu.launch(Work::new(Family::Elementwise, &count).moves([2 * len, len, len]).flop(5 * len));
    // SAFETY: the kernel stays below `len`, the length of all three.
    unsafe {
        combine_kernel::launch_unchecked(client, count, units(), arg(into), arg(x), arg(y), len, a, b, c)
    }
}

/// `into ← min(max(into, low), high)`
#[cube(launch_unchecked)]
fn clamp_kernel(into: &mut [f32], len: usize, low: f32, high: f32) {
    if ABSOLUTE_POS < len {
        into[ABSOLUTE_POS] = clamp(into[ABSOLUTE_POS], low, high);
    }
}

/// `into[len]` held to `low … high`.
pub fn limit(gpu: &Gpu, into: Out, low: f32, high: f32) {
    let len = into.len;
    let count = cubes(len, UNITS);
    let client = gpu.launch(Work::new(Family::Elementwise, &count).moves([2 * len]));
    // SAFETY: the kernel stays below `len`, the length of `into`.
    unsafe { clamp_kernel::launch_unchecked(client, count, units(), arg(into), len, low, high) }
}
