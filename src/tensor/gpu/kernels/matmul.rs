//! `C = relu?(accumulate?·C + A·B + bias)` in three transposes, 2·m·n·k operations.
//!
//! A cube of 256 units makes a tile of 64 × 64 of `C`, 4 × 4 elements a unit in registers, stepping
//! 16 along the contraction: `A` and `B` come to shared memory once a step, along their contiguous
//! axis, and are read from there 4 + 4 times for 16 multiplications. Ragged edges load 0.
//!
//! The gradient of a layer's weights contracts over thousands of rows into one or a few tiles, which
//! would leave most of a GPU idle: there the contraction is cut into splits, whose partial products
//! go to scratch memory and are added by a second launch.

use super::tile::{DEPTH, EACH, EDGE, LINE, TILE, accumulate};
use super::{Family, In, Out, UNITS, Work, cubes, units};
use crate::tensor::gpu::buffer::{GpuBuffer, arg};
use crate::tensor::gpu::machine::Gpu;
use crate::tensor::{Epilogue, MatmulShape, Transpose};
use cubecl::prelude::*;

/// Flags of the epilogue.
const BIAS: u32 = 1;
const RELU: u32 = 2;
const ACCUMULATE: u32 = 4;

/// A split is at least this long …
const SPLIT_DEPTH: usize = 128;
/// … and splits are made until there are about this many cubes.
const BUSY_CUBES: usize = 64;

/// One tile of one split. `c` holds `splits` results of `m·n`.
#[cube(launch_unchecked)]
#[allow(clippy::too_many_arguments)]
fn tile_kernel(
    a: &[f32],
    b: &[f32],
    bias: &[f32],
    c: &mut [f32],
    m: usize,
    k: usize,
    n: usize,
    split_depth: usize,
    splits: usize,
    flags: u32,
    #[comptime] a_transposed: bool,
    #[comptime] b_transposed: bool,
) {
    let mut a_tile = Shared::<[f32]>::new_slice(DEPTH * LINE);
    let mut b_tile = Shared::<[f32]>::new_slice(DEPTH * LINE);
    let mut sums = Array::<f32>::new(EACH * EACH);
    #[unroll]
    for i in 0..EACH * EACH {
        sums[i] = 0.0f32;
    }

    let tiles_n = n.div_ceil(TILE);
    let tiles = tiles_n * m.div_ceil(TILE);
    let split = CUBE_POS / tiles;
    let tile = CUBE_POS % tiles;
    let row = tile / tiles_n * TILE;
    let column = tile % tiles_n * TILE;
    let unit = UNIT_POS as usize;
    let y = unit / EDGE;
    let x = unit % EDGE;

    // a cube beyond the last split contracts over nothing
    let start = select(split < splits, split * split_depth, k);
    let end = clamp_max(start + split_depth, k);
    let steps = (end - start).div_ceil(DEPTH);
    for step in 0..steps {
        let from = start + step * DEPTH;
        #[unroll]
        for load in 0..TILE * DEPTH / UNITS {
            let t = unit + load * UNITS;
            // units follow each other along the axis that is contiguous in memory
            let (a_row, a_depth) =
                if comptime!(a_transposed) { (t % TILE, t / TILE) } else { (t / DEPTH, t % DEPTH) };
            let (b_column, b_depth) =
                if comptime!(b_transposed) { (t / DEPTH, t % DEPTH) } else { (t % TILE, t / TILE) };
            let a_inside = row + a_row < m && from + a_depth < end;
            let b_inside = column + b_column < n && from + b_depth < end;
            let a_at = if comptime!(a_transposed) {
                (from + a_depth) * m + row + a_row
            } else {
                (row + a_row) * k + from + a_depth
            };
            let b_at = if comptime!(b_transposed) {
                (column + b_column) * k + from + b_depth
            } else {
                (from + b_depth) * n + column + b_column
            };
            let a_value = a[select(a_inside, a_at, 0usize)];
            let b_value = b[select(b_inside, b_at, 0usize)];
            a_tile[a_depth * LINE + a_row] = select(a_inside, a_value, 0.0f32);
            b_tile[b_depth * LINE + b_column] = select(b_inside, b_value, 0.0f32);
        }
        sync_cube();
        accumulate(&a_tile, &b_tile, y, x, &mut sums);
        sync_cube();
    }

    if split < splits {
        #[unroll]
        for i in 0..EACH {
            #[unroll]
            for j in 0..EACH {
                let r = row + y + i * EDGE;
                let s = column + x + j * EDGE;
                if r < m && s < n {
                    let at = (split * m + r) * n + s;
                    let mut value = sums[i * EACH + j];
                    if (flags & BIAS) != 0u32 {
                        value += bias[s];
                    }
                    if (flags & ACCUMULATE) != 0u32 {
                        value += c[at];
                    }
                    if (flags & RELU) != 0u32 {
                        value = select(value > 0.0f32, value, 0.0f32);
                    }
                    c[at] = value;
                }
            }
        }
    }
}

/// `c[i] = relu?(accumulate?·c[i] + Σ_split partial[split, i] + bias[i mod n])`
#[cube(launch_unchecked)]
fn finish_kernel(
    partial: &[f32],
    bias: &[f32],
    c: &mut [f32],
    len: usize,
    n: usize,
    splits: usize,
    flags: u32,
) {
    let i = ABSOLUTE_POS;
    if i < len {
        let mut value = 0.0f32;
        for split in 0..splits {
            value += partial[split * len + i];
        }
        if (flags & BIAS) != 0u32 {
            value += bias[i % n];
        }
        if (flags & ACCUMULATE) != 0u32 {
            value += c[i];
        }
        if (flags & RELU) != 0u32 {
            value = select(value > 0.0f32, value, 0.0f32);
        }
        c[i] = value;
    }
}

/// How a product is cut: into tiles, and its contraction into splits.
#[derive(Clone, Copy, Debug)]
struct Partition {
    splits: usize,
    depth: usize,
    tiles: usize,
}

impl Partition {
    /// One split unless the tiles are few and the contraction is long.
    fn new(shape: MatmulShape) -> Partition {
        let MatmulShape { m, k, n, .. } = shape;
        let tiles = m.div_ceil(TILE) * n.div_ceil(TILE);
        let wanted = (BUSY_CUBES / tiles.max(1)).min(k / SPLIT_DEPTH).max(1);
        let depth = k.div_ceil(wanted).next_multiple_of(DEPTH).max(1);
        Partition { splits: k.div_ceil(depth).max(1), depth, tiles }
    }

    /// Elements of scratch that the splits need; 0 for one split.
    fn scratch(&self, shape: MatmulShape) -> usize {
        if self.splits == 1 { 0 } else { self.splits * shape.m * shape.n }
    }
}

/// The product, in one launch or, where its contraction is split, in two through scratch memory.
pub fn matmul(gpu: &Gpu, shape: MatmulShape, a: In, b: In, c: Out, epilogue: Epilogue<GpuBuffer>) {
    let Epilogue { bias, relu, accumulate } = epilogue;
    let flags =
        u32::from(bias.is_some()) * BIAS + u32::from(relu) * RELU + u32::from(accumulate) * ACCUMULATE;
    // where there is no bias, something must be bound in its place
    let bias = bias.unwrap_or(b);
    let partition = Partition::new(shape);
    let scratch = match partition.scratch(shape) {
        0 => {
            let partition = Partition { splits: 1, depth: shape.k.max(1), ..partition };
            return tiled(gpu, shape, partition, a, b, bias, arg(c), flags);
        }
        len => gpu.scratch(len),
    };
    tiled(gpu, shape, partition, a, b, bias, scratch.arg(), 0);
    let len = shape.m * shape.n;
    let (count, splits) = (cubes(len, UNITS), partition.splits);
    let moved = [splits * len, if accumulate { 2 * len } else { len }];
    let client = gpu.launch(Work::new(Family::ProductSums, &count).moves(moved).flop(splits * len));
    let (partial, bias, c) = (scratch.arg(), arg(bias), arg(c));
    // SAFETY: the kernel stays below `len` in `c` and below `splits·len` in the scratch.
    unsafe {
        finish_kernel::launch_unchecked(client, count, units(), partial, bias, c, len, shape.n, splits, flags)
    }
}

#[allow(clippy::too_many_arguments)]
fn tiled(
    gpu: &Gpu,
    shape: MatmulShape,
    partition: Partition,
    a: In,
    b: In,
    bias: In,
    c: BufferArg,
    flags: u32,
) {
    let MatmulShape { m, k, n, transpose } = shape;
    let count = cubes(partition.tiles * partition.splits, 1);
    let result = partition.splits * m * n * if flags & ACCUMULATE == 0 { 1 } else { 2 };
    let work = Work::new(Family::Products, &count)
        .moves([a.len, b.len, result])
        .flop(2 * m * k * n)
        .shares(2 * DEPTH * LINE, 2 * partition.depth.div_ceil(DEPTH));
    // SAFETY: loads outside A and B are turned to element 0, stores outside C are left out.
    unsafe {
        tile_kernel::launch_unchecked(
            gpu.launch(work),
            count,
            units(),
            arg(a),
            arg(b),
            arg(bias),
            c,
            m,
            k,
            n,
            partition.depth,
            partition.splits,
            flags,
            transpose == Transpose::First,
            transpose == Transpose::Second,
        )
    }
}
