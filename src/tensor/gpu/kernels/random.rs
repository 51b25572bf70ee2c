//! Philox4x32-10 (see [`crate::tensor::random`]): the same words as on the host, and from them
//! normal numbers and dropout. One unit a block of four elements, one launch.

use super::math::{cosine, logarithm};
use super::{Family, Out, UNITS, Work, cubes, units};
use crate::tensor::gpu::buffer::arg;
use crate::tensor::gpu::machine::Gpu;
use crate::tensor::random::{M0, M1, ROUNDS, W0, W1};
use cubecl::prelude::*;

/// Elements a unit makes.
const BLOCK: usize = 4;

/// Four words of a stream.
#[derive(CubeType, Clone, Copy)]
pub struct Words {
    pub a: u32,
    pub b: u32,
    pub c: u32,
    pub d: u32,
}

/// The high word of `a·b`, by halves: cubecl's own takes 64-bit integers where the adapter has them,
/// which baseline WebGPU has not
#[cube]
fn high_product(a: u32, b: u32) -> u32 {
    let (a_low, a_high) = (a & 0xffffu32, a >> 16u32);
    let (b_low, b_high) = (b & 0xffffu32, b >> 16u32);
    let (low_high, high_low) = (a_low * b_high, a_high * b_low);
    let middle = ((a_low * b_low) >> 16u32) + (low_high & 0xffffu32) + (high_low & 0xffffu32);
    a_high * b_high + (low_high >> 16u32) + (high_low >> 16u32) + (middle >> 16u32)
}

/// Ten rounds over the counter `(block, 0, stream low, stream high)`
#[cube]
pub fn philox(block: u32, seed_low: u32, seed_high: u32, stream_low: u32, stream_high: u32) -> Words {
    let mut a = block;
    let mut b = 0u32;
    let mut c = stream_low;
    let mut d = stream_high;
    let mut key0 = seed_low;
    let mut key1 = seed_high;
    #[unroll]
    for _ in 0..ROUNDS {
        let high0 = high_product(a, M0);
        let low0 = a * M0;
        let high1 = high_product(c, M1);
        let low1 = c * M1;
        a = high1 ^ b ^ key0;
        b = low1;
        c = high0 ^ d ^ key1;
        d = low0;
        key0 += W0;
        key1 += W1;
    }
    Words { a, b, c, d }
}

/// A word as a number in (0, 1)
#[cube]
pub fn uniform(word: u32) -> f32 {
    (f32::cast_from(word >> 9u32) + 0.5f32) * 1.192_092_9e-7f32
}

/// `√(−2 ln u)`
#[cube]
fn radius(word: u32) -> f32 {
    (-2.0f32 * logarithm(uniform(word))).sqrt()
}

/// The eighth-turn-reduced angle of `2π·u`: the rest, in radians
#[cube]
fn rest(u: f32) -> f32 {
    (u - 0.25f32 * (4.0f32 * u + 0.5f32).floor()) * std::f32::consts::TAU
}

/// … and the quadrant
#[cube]
fn quadrant(u: f32) -> u32 {
    u32::cast_from((4.0f32 * u + 0.5f32).floor())
}

/// Elements 4k … 4k+3 from block k, two Box–Muller pairs
#[cube(launch_unchecked)]
fn normal_kernel(into: &mut [f32], len: usize, seed_low: u32, seed_high: u32, low: u32, high: u32) {
    let start = ABSOLUTE_POS * BLOCK;
    if start < len {
        let words = philox(ABSOLUTE_POS as u32, seed_low, seed_high, low, high);
        let first = radius(words.a);
        let second = radius(words.c);
        let u = uniform(words.b);
        let v = uniform(words.d);
        into[start] = first * cosine(rest(u), quadrant(u));
        if start + 1 < len {
            into[start + 1] = first * cosine(rest(u), quadrant(u) + 3u32);
        }
        if start + 2 < len {
            into[start + 2] = second * cosine(rest(v), quadrant(v));
        }
        if start + 3 < len {
            into[start + 3] = second * cosine(rest(v), quadrant(v) + 3u32);
        }
    }
}

/// `into[len]` from (seed, stream).
pub fn normal(gpu: &Gpu, into: Out, seed: u64, stream: u64) {
    let len = into.len;
    let count = cubes(len.div_ceil(BLOCK), UNITS);
    let (seed, stream) = (halves(seed), halves(stream));
    // SAFETY: every store is guarded by `len`, the length of `into`.
    unsafe {
        normal_kernel::launch_unchecked(
            gpu.launch(Work::new(Family::Random, &count).moves([len])),
            count,
            units(),
            arg(into),
            len,
            seed.0,
            seed.1,
            stream.0,
            stream.1,
        )
    }
}

/// `x ← u < p ? 0 : x·scale`
#[cube(launch_unchecked)]
#[allow(clippy::too_many_arguments)]
fn dropout_kernel(
    into: &mut [f32],
    len: usize,
    p: f32,
    scale: f32,
    seed_low: u32,
    seed_high: u32,
    low: u32,
    high: u32,
) {
    let start = ABSOLUTE_POS * BLOCK;
    if start < len {
        let words = philox(ABSOLUTE_POS as u32, seed_low, seed_high, low, high);
        into[start] = select(uniform(words.a) < p, 0.0f32, into[start] * scale);
        if start + 1 < len {
            into[start + 1] = select(uniform(words.b) < p, 0.0f32, into[start + 1] * scale);
        }
        if start + 2 < len {
            into[start + 2] = select(uniform(words.c) < p, 0.0f32, into[start + 2] * scale);
        }
        if start + 3 < len {
            into[start + 3] = select(uniform(words.d) < p, 0.0f32, into[start + 3] * scale);
        }
    }
}

/// In place on `into[len]`, from (seed, stream).
pub fn dropout(gpu: &Gpu, into: Out, p: f32, seed: u64, stream: u64) {
    let len = into.len;
    let count = cubes(len.div_ceil(BLOCK), UNITS);
    let (seed, stream) = (halves(seed), halves(stream));
    // SAFETY: every access is guarded by `len`, the length of `into`.
    unsafe {
        dropout_kernel::launch_unchecked(
            gpu.launch(Work::new(Family::Random, &count).moves([2 * len]).flop(len)),
            count,
            units(),
            arg(into),
            len,
            p,
            1.0 / (1.0 - p),
            seed.0,
            seed.1,
            stream.0,
            stream.1,
        )
    }
}

/// The lower and the upper half.
pub fn halves(x: u64) -> (u32, u32) {
    (x as u32, (x >> 32) as u32)
}
