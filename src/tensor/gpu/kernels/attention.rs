//! Softmax attention over short sequences (Vaswani et al. 2017, equation 1) and its gradient; the
//! mathematics stand in [`crate::tensor::ops::attention`].
//!
//! One cube a batch row and head, 64 units. Scores live in shared memory; queries, keys and values
//! (a head's are about a kilobyte) are read through the cache. Queries are taken in blocks, so that
//! block × keys fits the shared memory; a typical head is one block. One launch forward, one backward.
//! Cost: 4·batch·queries·keys·width forward, 8 backward.

use super::{Family, In, Out, Work, cubes};
use crate::tensor::AttentionShape;
use crate::tensor::gpu::buffer::arg;
use crate::tensor::gpu::machine::Gpu;
use cubecl::prelude::*;

/// Units of a cube.
const UNITS: usize = 64;
/// The most scores in shared memory; a row of keys must fit.
const MOST_SCORES: usize = 4096;
/// The least, so that few kernels are compiled.
const LEAST_SCORES: usize = 256;

/// `p = softmax(q·kᵀ·scale)`, `out = p·v`
#[cube(launch_unchecked)]
#[allow(clippy::too_many_arguments)]
fn forward_kernel(
    q: &[f32],
    kv: &[f32],
    out: &mut [f32],
    p: &mut [f32],
    batch: usize,
    key_batch: usize,
    heads: usize,
    queries: usize,
    keys: usize,
    width: usize,
    block: usize,
    scale: f32,
    #[comptime] capacity: usize,
) {
    let mut scores = Shared::<[f32]>::new_slice(capacity);
    let unit = UNIT_POS as usize;
    let d = width / heads;
    let inside = CUBE_POS < batch * heads;
    let head_row = select(inside, CUBE_POS, 0usize);
    let row = head_row / heads;
    let channel = head_row % heads * d;
    let q_start = row * queries * width + channel;
    let kv_start = row % key_batch * keys * 2 * width + channel;
    let p_start = head_row * queries * keys;

    // a cube beyond the last has no blocks
    let blocks = select(inside, queries.div_ceil(block), 0usize);
    for b in 0..blocks {
        let first = b * block;
        let rows = clamp_max(queries - first, block);

        let mut i = unit;
        while i < rows * keys {
            let q_at = q_start + (first + i / keys) * width;
            let k_at = kv_start + i % keys * 2 * width;
            let mut score = 0.0f32;
            for c in 0..d {
                score = fma(q[q_at + c], kv[k_at + c], score);
            }
            scores[i] = score * scale;
            i += UNITS;
        }
        sync_cube();

        i = unit;
        while i < rows {
            let at = i * keys;
            let mut largest = scores[at];
            for j in 1..keys {
                largest = max(largest, scores[at + j]);
            }
            let mut sum = 0.0f32;
            for j in 0..keys {
                let e = max(scores[at + j] - largest, -87.0f32).exp();
                scores[at + j] = e;
                sum += e;
            }
            for j in 0..keys {
                let probability = scores[at + j] / sum;
                scores[at + j] = probability;
                p[p_start + (first + i) * keys + j] = probability;
            }
            i += UNITS;
        }
        sync_cube();

        i = unit;
        while i < rows * d {
            let r = i / d;
            let c = i % d;
            let mut value = 0.0f32;
            for j in 0..keys {
                value = fma(scores[r * keys + j], kv[kv_start + j * 2 * width + width + c], value);
            }
            out[q_start + (first + r) * width + c] = value;
            i += UNITS;
        }
        sync_cube();
    }
}

/// `ds = p·(dp − Σ p·dp)·scale` with `dp = dout·vᵀ`; `dq = ds·k`, `dk = dsᵀ·q`, `dv = pᵀ·dout`
#[cube(launch_unchecked)]
#[allow(clippy::too_many_arguments)]
fn backward_kernel(
    q: &[f32],
    kv: &[f32],
    p: &[f32],
    dout: &[f32],
    dq: &mut [f32],
    dkv: &mut [f32],
    batch: usize,
    heads: usize,
    queries: usize,
    keys: usize,
    width: usize,
    block: usize,
    scale: f32,
    #[comptime] capacity: usize,
) {
    let mut ds = Shared::<[f32]>::new_slice(capacity);
    let unit = UNIT_POS as usize;
    let d = width / heads;
    let inside = CUBE_POS < batch * heads;
    let head_row = select(inside, CUBE_POS, 0usize);
    let row = head_row / heads;
    let channel = head_row % heads * d;
    let q_start = row * queries * width + channel;
    let kv_start = row * keys * 2 * width + channel;
    let p_start = head_row * queries * keys;

    // a cube beyond the last has no blocks
    let blocks = select(inside, queries.div_ceil(block), 0usize);
    for b in 0..blocks {
        let first = b * block;
        let rows = clamp_max(queries - first, block);

        let mut i = unit;
        while i < rows * keys {
            let q_at = q_start + (first + i / keys) * width;
            let v_at = kv_start + i % keys * 2 * width + width;
            let mut dp = 0.0f32;
            for c in 0..d {
                dp = fma(dout[q_at + c], kv[v_at + c], dp);
            }
            ds[i] = dp;
            i += UNITS;
        }
        sync_cube();

        i = unit;
        while i < rows {
            let at = i * keys;
            let p_at = p_start + (first + i) * keys;
            let mut mean = 0.0f32;
            for j in 0..keys {
                mean = fma(p[p_at + j], ds[at + j], mean);
            }
            for j in 0..keys {
                let centred = ds[at + j] - mean;
                ds[at + j] = p[p_at + j] * centred * scale;
            }
            i += UNITS;
        }
        sync_cube();

        i = unit;
        while i < rows * d {
            let r = i / d;
            let c = i % d;
            let mut value = 0.0f32;
            for j in 0..keys {
                value = fma(ds[r * keys + j], kv[kv_start + j * 2 * width + c], value);
            }
            dq[q_start + (first + r) * width + c] = value;
            i += UNITS;
        }

        // a unit owns the same elements in every block, so it may add to them without a barrier
        i = unit;
        while i < keys * d {
            let j = i / d;
            let c = i % d;
            let mut dk = 0.0f32;
            let mut dv = 0.0f32;
            for r in 0..rows {
                let q_at = q_start + (first + r) * width + c;
                dk = fma(ds[r * keys + j], q[q_at], dk);
                dv = fma(p[p_start + (first + r) * keys + j], dout[q_at], dv);
            }
            let k_at = kv_start + j * 2 * width + c;
            if b > 0 {
                dk += dkv[k_at];
                dv += dkv[k_at + width];
            }
            dkv[k_at] = dk;
            dkv[k_at + width] = dv;
            i += UNITS;
        }
        sync_cube();
    }
}

/// Queries a block, and scores in shared memory.
fn blocks(queries: usize, keys: usize) -> (usize, usize) {
    assert!(keys <= MOST_SCORES, "attention on the GPU takes at most {MOST_SCORES} keys, not {keys}");
    let block = (MOST_SCORES / keys.max(1)).min(queries).max(1);
    (block, (block * keys).next_power_of_two().max(LEAST_SCORES))
}

fn scale(shape: AttentionShape) -> f32 {
    1.0 / ((shape.width / shape.heads) as f32).sqrt()
}

/// `out` and `p`; shapes as in [`crate::tensor::ops::attention`].
pub fn attention(gpu: &Gpu, shape: AttentionShape, q: In, kv: In, out: Out, p: Out) {
    let AttentionShape { batch, key_batch, heads, queries, keys, width } = shape;
    let (block, capacity) = blocks(queries, keys);
    let count = cubes(batch * heads, 1);
    let work = Work::new(Family::Attention, &count)
        .moves([q.len, kv.len, out.len, p.len])
        .flop(4 * batch * queries * keys * width)
        .shares(capacity, 3 * queries.div_ceil(block));
    // SAFETY: rows, keys and channels stay inside the shapes that the seam has checked; scores stay
    // inside block × keys ≤ capacity.
    unsafe {
        forward_kernel::launch_unchecked(
            gpu.launch(work),
            count,
            CubeDim::new_1d(UNITS as u32),
            arg(q),
            arg(kv),
            arg(out),
            arg(p),
            batch,
            key_batch,
            heads,
            queries,
            keys,
            width,
            block,
            scale(shape),
            capacity,
        )
    }
}

/// `dq` and `dkv`; shapes as in [`crate::tensor::ops::attention_backward`].
#[allow(clippy::too_many_arguments)]
pub fn attention_backward(
    gpu: &Gpu,
    shape: AttentionShape,
    q: In,
    kv: In,
    p: In,
    dout: In,
    dq: Out,
    dkv: Out,
) {
    let AttentionShape { batch, heads, queries, keys, width, .. } = shape;
    let (block, capacity) = blocks(queries, keys);
    let count = cubes(batch * heads, 1);
    let work = Work::new(Family::Attention, &count)
        .moves([q.len, kv.len, p.len, dout.len, dq.len, dkv.len])
        .flop(8 * batch * queries * keys * width)
        .shares(capacity, 3 * queries.div_ceil(block));
    // SAFETY: as in `forward`.
    unsafe {
        backward_kernel::launch_unchecked(
            gpu.launch(work),
            count,
            CubeDim::new_1d(UNITS as u32),
            arg(q),
            arg(kv),
            arg(p),
            arg(dout),
            arg(dq),
            arg(dkv),
            batch,
            heads,
            queries,
            keys,
            width,
            block,
            scale(shape),
            capacity,
        )
    }
}
