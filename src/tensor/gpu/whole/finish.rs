//! All gradients finished at once: parts of matrices and rows of vectors are added up in a fixed order and added to the
//! gradients. A workgroup finishes 64 elements of the arena; what they are is found in lists of slots that the kernel is
//! compiled with.

use super::super::kernels::UNITS;
use super::flow::{AttentionVectors, Pair, Vectors};
use crate::tensor::{Affine, AttentionSlots, TransformerPlan};
use cubecl::prelude::*;

/// Slots of a block.
const BLOCK_SLOTS: usize = 22;
/// … and outside of blocks.
const OTHER_SLOTS: usize = 15;

/// A slot of the arena: where it starts, its length, and where it starts in a row of vectors, or that it is a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Slot {
    start: usize,
    len: usize,
    vector: Option<usize>,
}

/// What the kernel that finishes all gradients is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Finish {
    plan: TransformerPlan,
    vectors: Vectors,
    of_block: [Slot; BLOCK_SLOTS],
    others: [Slot; OTHER_SLOTS],
}

impl Finish {
    /// Of a network.
    pub fn new(plan: &TransformerPlan) -> Finish {
        let vectors = Vectors::new(plan);
        let TransformerPlan { tokens, features, width, hidden, .. } = *plan;
        let vector = |start, len, at| Slot { start, len, vector: Some(at) };
        let matrix = |start, len| Slot { start, len, vector: None };
        let both = |slots: Affine, at: Pair, weight, bias| {
            [vector(slots.weight, weight, at.weight), vector(slots.bias, bias, at.bias)]
        };
        let linear =
            |slots: Affine, at, weight, bias| [matrix(slots.weight, weight), vector(slots.bias, bias, at)];
        let attention = |s: AttentionSlots, v: AttentionVectors| {
            [
                both(s.norm, v.norm, width, width),
                linear(s.query, v.query, width * width, width),
                linear(s.key_value, v.key_value, 2 * width * width, 2 * width),
                linear(s.output, v.output, width * width, width),
            ]
        };
        let feed = [
            both(plan.feed_norm, vectors.feed_norm, width, width),
            linear(plan.widen, vectors.widen, width * hidden, hidden),
            linear(plan.narrow, vectors.narrow, hidden * width, width),
        ];
        let (own, cross) = (attention(plan.own, vectors.own), attention(plan.cross, vectors.cross));
        let block: Vec<Slot> = [&own[..], &cross[..], &feed[..]].concat().concat();
        let others = [
            &both(plan.token, vectors.token, tokens * width, tokens * width)[..],
            &both(plan.feature, vectors.feature, features * width, features * width),
            &[vector(plan.null, features * width, vectors.null)],
            &linear(plan.time_in, vectors.time_in, 2 * width * width, 2 * width),
            &linear(plan.time_out, vectors.time_out, 2 * width * width, width),
            &both(plan.encoder_norm, vectors.encoder_norm, width, width),
            &both(plan.norm, vectors.norm, width, width),
            &both(plan.output, vectors.output, tokens * width, tokens),
        ];
        Finish {
            plan: *plan,
            vectors,
            of_block: block.try_into().expect("as many slots as a block has"),
            others: others.concat().try_into().expect("as many slots as lie outside"),
        }
    }

    /// Workgroups.
    pub fn workgroups(&self) -> usize {
        self.plan.parameters.div_ceil(COLUMNS)
    }
}

/// Elements of the arena that a workgroup finishes …
const COLUMNS: usize = 64;
/// … with so many units each.
const LANES: usize = UNITS / COLUMNS;

/// `gradients[i] += Σ_splits parts[split, i]` of matrices, `+= Σ_rows vectors[row, …]` of all else.
#[cube(launch_unchecked)]
pub fn finish_kernel(
    vectors: &[f32],
    parts: &[f32],
    gradients: &mut [f32],
    rows: usize,
    splits: usize,
    #[comptime] s: Finish,
) {
    let mut memory = Shared::<[f32]>::new_slice(UNITS);
    let unit = UNIT_POS as usize;
    let element = CUBE_POS * COLUMNS + unit % COLUMNS;
    let lane = unit / COLUMNS;
    let stride = comptime!(s.plan.block_stride);
    let first_block = comptime!(s.plan.first_block);
    let after_blocks = comptime!(first_block + stride * s.plan.blocks);
    let in_block = element >= first_block && element < after_blocks;
    let from_first = select(in_block, element - first_block, 0usize);
    let block = from_first / stride;
    let within = from_first % stride;

    let mut is_vector = false;
    let mut is_matrix = false;
    let mut at = 0usize;
    #[unroll]
    for i in 0..BLOCK_SLOTS {
        let slot = comptime!(s.of_block[i]);
        let here = in_block && within >= comptime!(slot.start) && within < comptime!(slot.start + slot.len);
        if comptime!(slot.vector.is_some()) {
            is_vector = is_vector || here;
            let place = comptime!(slot.vector.unwrap_or(0)) + within - comptime!(slot.start);
            at = select(here, place + block * comptime!(s.vectors.block), at);
        } else {
            is_matrix = is_matrix || here;
        }
    }
    #[unroll]
    for i in 0..OTHER_SLOTS {
        let slot = comptime!(s.others[i]);
        let here = element >= comptime!(slot.start) && element < comptime!(slot.start + slot.len);
        if comptime!(slot.vector.is_some()) {
            is_vector = is_vector || here;
            at = select(here, comptime!(slot.vector.unwrap_or(0)) + element - comptime!(slot.start), at);
        } else {
            is_matrix = is_matrix || here;
        }
    }
    let mut sum = 0.0f32;
    let last = select(is_vector, rows, 0usize);
    let mut row = lane;
    while row < last {
        sum += vectors[row * comptime!(s.vectors.len) + at];
        row += LANES;
    }
    let last = select(is_matrix, splits, 0usize);
    let mut split = lane;
    while split < last {
        sum += parts[split * comptime!(s.plan.parameters) + element];
        split += LANES;
    }
    memory[unit] = sum;
    sync_cube();
    if lane == 0usize && (is_vector || is_matrix) {
        let mut total = sum;
        #[unroll]
        for i in 1..LANES {
            total += memory[unit + i * COLUMNS];
        }
        gradients[element] += total;
    }
}
