//! Gradients of all matrices of a network in one launch, after its backward pass; and before it its matrices turned, in one.
//!
//! A gradient is a product over all rows and tokens, `dW = Aᵀ·dY`, of what the forward pass kept and what the backward
//! pass left. A workgroup makes a tile of 64 × 64 of one of them over a split of the rows; which one is found by the tile's
//! number in a list that the kernel is compiled with. Splits are added up by [`super::finish`].

use super::super::kernels::UNITS;
use super::super::kernels::tile::{DEPTH, EACH, EDGE, LINE, TILE, accumulate};
use super::flow::{AttentionFlow, Flow};
use super::tape::{AttentionTape, Tape};
use crate::tensor::{Affine, AttentionSlots, TransformerPlan};
use cubecl::prelude::*;

/// A split has at least so many lines …
const SPLIT_LINES: usize = 128;
/// … and splits are made until there are about this many workgroups.
const BUSY: usize = 512;
/// Elements of shared memory for a gradient …
pub const SHARED: usize = 2 * DEPTH * LINE;
/// … and for turning a matrix, and the barriers of that.
pub const TURNING: (usize, usize) = (SLAB * LINE, 2 * TILE / SLAB);

/// Matrices of a block.
const BLOCK_MATRICES: usize = 8;
/// … and all, those of the timestep last.
const MATRICES: usize = BLOCK_MATRICES + 2;
/// A matrix's gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Matrix {
    /// Its rows and columns.
    m: usize,
    n: usize,
    /// Lines of the contraction a row of the batch.
    lines: usize,
    /// What was multiplied, in the tape, and whether it lies there once a block.
    factor: usize,
    factor_in_block: bool,
    /// Scale and shift that were applied to it, and whether they lie in the block.
    norm: Option<Affine>,
    norm_in_block: bool,
    /// The gradient of the product.
    flow: usize,
    /// Where the matrix starts.
    into: usize,
    /// Its first tile.
    first: usize,
}

impl Matrix {
    fn tiles(&self) -> usize {
        self.m.div_ceil(TILE) * self.n.div_ceil(TILE)
    }
}

/// What the kernel for matrices is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Matrices {
    plan: TransformerPlan,
    tape: Tape,
    flow: Flow,
    list: [Matrix; MATRICES],
    /// Tiles of a block, and all.
    block_tiles: usize,
    tiles: usize,
}

impl Matrices {
    /// Of a network.
    pub fn new(plan: &TransformerPlan) -> Matrices {
        let (tape, flow) = (Tape::new(plan), Flow::new(plan));
        let TransformerPlan { tokens, features, width, hidden, .. } = *plan;
        let own = |m, n, factor, norm, flow, into| Matrix {
            m,
            n,
            lines: tokens,
            factor,
            factor_in_block: true,
            norm,
            norm_in_block: true,
            flow,
            into,
            first: 0,
        };
        let query = |slots: AttentionSlots, kept: AttentionTape, flow: AttentionFlow| {
            own(width, width, kept.normal, Some(slots.norm), flow.query, slots.query.weight)
        };
        let output = |slots: AttentionSlots, kept: AttentionTape, flow: AttentionFlow| {
            own(width, width, kept.attended, None, flow.branch, slots.output.weight)
        };
        let (o, c) = (plan.own, plan.cross);
        let time = |m, n, factor, flow, into| Matrix {
            lines: 1,
            factor_in_block: false,
            ..own(m, n, factor, None, flow, into)
        };
        let condition = Matrix {
            lines: features,
            factor_in_block: false,
            norm_in_block: false,
            ..own(
                width,
                2 * width,
                tape.condition,
                Some(plan.encoder_norm),
                flow.cross.key_value,
                c.key_value.weight,
            )
        };
        let mut list = [
            query(o, tape.own, flow.own),
            own(width, 2 * width, tape.own.normal, Some(o.norm), flow.own.key_value, o.key_value.weight),
            output(o, tape.own, flow.own),
            query(c, tape.cross, flow.cross),
            condition,
            output(c, tape.cross, flow.cross),
            own(width, hidden, tape.feed_normal, Some(plan.feed_norm), flow.hidden, plan.widen.weight),
            own(hidden, width, tape.hidden, None, flow.feed_branch, plan.narrow.weight),
            time(width, 2 * width, tape.time_features, flow.time_hidden, plan.time_in.weight),
            time(2 * width, width, tape.time_active, flow.time, plan.time_out.weight),
        ];
        let mut tiles = 0;
        for matrix in &mut list {
            matrix.first = tiles;
            tiles += matrix.tiles();
        }
        let block_tiles = list[BLOCK_MATRICES].first;
        tiles += (plan.blocks - 1) * block_tiles;
        Matrices { plan: *plan, tape, flow, list, block_tiles, tiles }
    }

    /// Splits of the contraction for so many rows of the batch.
    pub fn splits(&self, rows: usize) -> usize {
        let most = (rows * self.plan.tokens / SPLIT_LINES).max(1);
        (BUSY / self.tiles).clamp(1, most)
    }

    /// Tiles: workgroups that turn the matrices.
    pub fn tiles(&self) -> usize {
        self.tiles
    }

    /// Workgroups for so many splits.
    pub fn workgroups(&self, splits: usize) -> usize {
        self.tiles * splits
    }

    /// Barriers that a workgroup meets.
    pub fn barriers(&self, rows: usize, splits: usize) -> usize {
        let lines = self.plan.tokens.max(self.plan.features) * rows;
        2 * lines.div_ceil(splits).div_ceil(DEPTH)
    }

    /// Elements of tape and flow that are read, and floating-point operations, for so many rows.
    pub fn work(&self, rows: usize) -> (usize, usize) {
        let (mut read, mut flop) = (0, 0);
        for (i, matrix) in self.list.iter().enumerate() {
            let times = if i < BLOCK_MATRICES { self.plan.blocks } else { 1 };
            read += times * rows * matrix.lines * (matrix.m + matrix.n);
            flop += times * 2 * rows * matrix.lines * matrix.m * matrix.n;
        }
        (read, flop)
    }
}

/// One tile of one split: `parts[split, into + i·n + j] = Σ A[line, i]·dY[line, j]`.
#[cube(launch_unchecked)]
pub fn matrices_kernel(
    weights: &[f32],
    tape: &[f32],
    flow: &[f32],
    parts: &mut [f32],
    rows: usize,
    splits: usize,
    #[comptime] s: Matrices,
) {
    let mut a_tile = Shared::<[f32]>::new_slice(DEPTH * LINE);
    let mut b_tile = Shared::<[f32]>::new_slice(DEPTH * LINE);
    let unit = UNIT_POS as usize;
    let tiles = comptime!(s.tiles);
    let split = CUBE_POS / tiles;
    let tile = CUBE_POS % tiles;
    let of_blocks = comptime!(s.block_tiles * s.plan.blocks);
    let block_tiles = comptime!(s.block_tiles);
    let in_block = tile < of_blocks;
    let block = select(in_block, tile / block_tiles, 0usize);
    let number = select(in_block, tile % block_tiles, tile + block_tiles - of_blocks);

    let w0 = comptime!(s.plan.first_block) + block * comptime!(s.plan.block_stride);
    let t0 = block * comptime!(s.tape.block);
    let f0 = block * comptime!(s.flow.block);
    let mut m = 0usize;
    let mut n = 0usize;
    let mut lines = 0usize;
    let mut factor = 0usize;
    let mut gradient = 0usize;
    let mut into = 0usize;
    let mut first = 0usize;
    let mut normed = false;
    let mut gamma = 0usize;
    let mut beta = 0usize;
    #[unroll]
    for i in 0..MATRICES {
        let matrix = comptime!(s.list[i]);
        let here = number >= comptime!(matrix.first) && number < comptime!(matrix.first + matrix.tiles());
        let of_block = comptime!(i < BLOCK_MATRICES);
        m = select(here, comptime!(matrix.m), m);
        n = select(here, comptime!(matrix.n), n);
        lines = select(here, comptime!(matrix.lines), lines);
        first = select(here, comptime!(matrix.first), first);
        let in_tape =
            comptime!(matrix.factor) + if comptime!(matrix.factor_in_block) { t0 } else { 0usize.runtime() };
        factor = select(here, in_tape, factor);
        let in_flow = comptime!(matrix.flow) + if comptime!(of_block) { f0 } else { 0usize.runtime() };
        gradient = select(here, in_flow, gradient);
        let in_arena = comptime!(matrix.into) + if comptime!(of_block) { w0 } else { 0usize.runtime() };
        into = select(here, in_arena, into);
        if comptime!(matrix.norm.is_some()) {
            let w = if comptime!(matrix.norm_in_block) { w0 } else { 0usize.runtime() };
            normed = normed || here;
            gamma = select(here, w + comptime!(matrix.norm.map_or(0, |norm| norm.weight)), gamma);
            beta = select(here, w + comptime!(matrix.norm.map_or(0, |norm| norm.bias)), beta);
        }
    }
    let k = rows * lines;
    let factor = factor * rows;
    let gradient = gradient * rows;
    let tiles_n = n.div_ceil(TILE);
    let row = (number - first) / tiles_n * TILE;
    let column = (number - first) % tiles_n * TILE;

    // each of a unit's loads is of the same row of A, and of the same column of dY
    let own_row = row + unit % TILE;
    let own_column = column + unit % TILE;
    let a_inside = own_row < m;
    let b_inside = own_column < n;
    let scaled = normed && a_inside;
    let scale = select(scaled, weights[select(scaled, gamma + own_row, 0usize)], 1.0f32);
    let shift = select(scaled, weights[select(scaled, beta + own_row, 0usize)], 0.0f32);

    let mut sums = Array::<f32>::new(EACH * EACH);
    #[unroll]
    for i in 0..EACH * EACH {
        sums[i] = 0.0f32;
    }
    let y = unit / EDGE;
    let x = unit % EDGE;
    let depth = k.div_ceil(splits).div_ceil(DEPTH) * DEPTH;
    let start = clamp_max(split * depth, k);
    let end = clamp_max(start + depth, k);
    let steps = (end - start).div_ceil(DEPTH);
    for step in 0..steps {
        let from = start + step * DEPTH;
        #[unroll]
        for load in 0..TILE * DEPTH / UNITS {
            let line = (unit + load * UNITS) / TILE;
            let within = from + line < end;
            let a_here = a_inside && within;
            let b_here = b_inside && within;
            let a = tape[select(a_here, factor + (from + line) * m + own_row, 0usize)];
            let b = flow[select(b_here, gradient + (from + line) * n + own_column, 0usize)];
            a_tile[line * LINE + unit % TILE] = select(a_here, fma(a, scale, shift), 0.0f32);
            b_tile[line * LINE + unit % TILE] = select(b_here, b, 0.0f32);
        }
        sync_cube();
        accumulate(&a_tile, &b_tile, y, x, &mut sums);
        sync_cube();
    }
    let at = split * comptime!(s.plan.parameters) + into;
    #[unroll]
    for i in 0..EACH {
        #[unroll]
        for j in 0..EACH {
            let r = row + y + i * EDGE;
            let c = column + x + j * EDGE;
            if r < m && c < n {
                parts[at + r * n + c] = sums[i * EACH + j];
            }
        }
    }
}

/// Lines of a tile in shared memory while it is turned.
const SLAB: usize = 16;

/// `turned[into + j·m + i] = weights[into + i·n + j]` of each matrix `[m, n]`: a backward pass contracts over the columns,
/// and units that follow each other read what follows in memory.
#[cube(launch_unchecked)]
pub fn turn_kernel(weights: &[f32], turned: &mut [f32], #[comptime] s: Matrices) {
    let mut slab = Shared::<[f32]>::new_slice(SLAB * LINE);
    let unit = UNIT_POS as usize;
    let of_blocks = comptime!(s.block_tiles * s.plan.blocks);
    let block_tiles = comptime!(s.block_tiles);
    let in_block = CUBE_POS < of_blocks;
    let block = select(in_block, CUBE_POS / block_tiles, 0usize);
    let number = select(in_block, CUBE_POS % block_tiles, CUBE_POS + block_tiles - of_blocks);
    let w0 = comptime!(s.plan.first_block) + block * comptime!(s.plan.block_stride);
    let mut m = 0usize;
    let mut n = 0usize;
    let mut at = 0usize;
    let mut first = 0usize;
    #[unroll]
    for i in 0..MATRICES {
        let matrix = comptime!(s.list[i]);
        let here = number >= comptime!(matrix.first) && number < comptime!(matrix.first + matrix.tiles());
        m = select(here, comptime!(matrix.m), m);
        n = select(here, comptime!(matrix.n), n);
        first = select(here, comptime!(matrix.first), first);
        let of_block = comptime!(i < BLOCK_MATRICES);
        let in_arena = comptime!(matrix.into) + if comptime!(of_block) { w0 } else { 0usize.runtime() };
        at = select(here, in_arena, at);
    }
    let tiles_n = n.div_ceil(TILE);
    let row = (number - first) / tiles_n * TILE;
    let column = (number - first) % tiles_n * TILE;
    for step in 0..TILE / SLAB {
        let line = row + step * SLAB;
        #[unroll]
        for load in 0..TILE * SLAB / UNITS {
            let t = unit + load * UNITS;
            let i = line + t / TILE;
            let j = column + t % TILE;
            let inside = i < m && j < n;
            slab[t / TILE * LINE + t % TILE] = weights[select(inside, at + i * n + j, 0usize)];
        }
        sync_cube();
        #[unroll]
        for store in 0..TILE * SLAB / UNITS {
            let t = unit + store * UNITS;
            let i = line + t % SLAB;
            let j = column + t / SLAB;
            if i < m && j < n {
                turned[at + j * m + i] = slab[t % SLAB * LINE + t / SLAB];
            }
        }
        sync_cube();
    }
}
