//! One unit an element: copies and sums. Cost: one pass over the
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

/// `into ← min(max(into, low), high)`
#[cube(launch_unchecked)]
fn clamp_kernel(into: &mut [f32], len: usize, low: f32, high: f32) {
    if ABSOLUTE_POS < len {
        into[ABSOLUTE_POS] = clamp(into[ABSOLUTE_POS], low, high);
    }
}

/// `into[len]` held to `low … high`.
pub fn limit(client: &Client, len: usize, into: BufferArg, low: f32, high: f32) {
    // SAFETY: the kernel stays below `len`, the length of `into`.
    unsafe { clamp_kernel::launch_unchecked(client, cubes(len, UNITS), units(), into, len, low, high) }
}
