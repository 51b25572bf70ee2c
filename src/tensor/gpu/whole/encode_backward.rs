//! The encoder backward, a workgroup a row, after the decoder's: from the gradients of all blocks' keys and values of the
//! condition to those of its tokens and of the timestep.

use super::super::kernels::UNITS;
use super::flow::{Flow, Vectors};
use super::layout::Encoding;
use super::parts::{Norm, Product, normalise_backward, product};
use super::tape::Tape;
use crate::tensor::TransformerPlan;
use crate::tensor::unary::{Silu, UnaryOnGpu};
use cubecl::prelude::*;

/// What an encoder's backward kernel is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EncoderBackward {
    /// The network.
    pub plan: TransformerPlan,
    /// Shared memory.
    pub at: Encoding,
    /// What the forward pass kept.
    pub tape: Tape,
    /// What the weights' gradients are made of.
    pub flow: Flow,
    /// Gradients of vectors.
    pub vectors: Vectors,
}

impl EncoderBackward {
    /// Barriers that a workgroup meets.
    pub fn barriers(&self) -> usize {
        1 + self.plan.features.div_ceil(self.at.tokens) * (2 * self.plan.blocks + 3)
    }

    /// Floating-point operations of one row.
    pub fn flop(&self) -> usize {
        let TransformerPlan { features, width, blocks, .. } = self.plan;
        features * width * (4 * width * blocks + 15) + 4 * width * width
    }
}

/// `turned` are the weights with their matrices turned. The rest of `flow` and `vectors`; `condition[rows, features]` and `keep[rows]` are those of the forward pass.
#[cube(launch_unchecked)]
pub fn encode_backward_kernel(
    weights: &[f32],
    turned: &[f32],
    tape: &[f32],
    condition: &[f32],
    keep: &[f32],
    flow: &mut [f32],
    vectors: &mut [f32],
    rows: usize,
    #[comptime] s: EncoderBackward,
) {
    let features = comptime!(s.plan.features);
    let width = comptime!(s.plan.width);
    let tokens = comptime!(s.at.tokens);
    let blocks = comptime!(s.plan.blocks);
    let dtime = comptime!(s.at.features);
    let staged = comptime!(s.at.part);
    let mut memory = Shared::<[f32]>::new_slice(comptime!(s.at.len));
    let row = CUBE_POS;
    let v0 = row * comptime!(s.vectors.len);

    let mut item = UNIT_POS as usize;
    while item < width {
        memory[dtime + item] = 0.0f32;
        item += UNITS;
    }
    sync_cube();
    for part in 0..comptime!(features.div_ceil(tokens)) {
        let first = part * tokens;
        let valid = clamp_max(features - first, tokens);
        for block in 0..blocks {
            let f0 = rows * (block * comptime!(s.flow.block) + comptime!(s.flow.cross.key_value));
            item = UNIT_POS as usize;
            while item < comptime!(tokens * 2 * width) {
                // beyond the last token is the last one again, which nobody keeps
                let token = clamp_max(first + item / comptime!(2 * width), features - 1);
                let at = f0 + (row * features + token) * comptime!(2 * width) + item % comptime!(2 * width);
                memory[staged + item] = flow[at];
                item += UNITS;
            }
            sync_cube();
            product(
                &mut memory,
                turned,
                comptime!(s.plan.first_block + s.plan.cross.key_value.weight)
                    + block * comptime!(s.plan.block_stride),
                0usize.runtime(),
                0.0f32,
                block > 0usize,
                comptime!(Product {
                    tokens,
                    inner: 2 * width,
                    columns: width,
                    from: (staged, 2 * width),
                    into: (0, width),
                    steps: (width, 1),
                }),
                false,
            );
            sync_cube();
        }
        normalise_backward(
            &mut memory,
            weights,
            tape,
            vectors,
            comptime!(s.plan.encoder_norm.weight).runtime(),
            rows * comptime!(s.tape.condition) + (row * features + first) * width,
            rows * comptime!(s.tape.condition_reciprocal) + row * features + first,
            v0 + comptime!(s.vectors.encoder_norm.weight),
            v0 + comptime!(s.vectors.encoder_norm.bias),
            valid,
            part > 0usize,
            comptime!(Norm { tokens, width, from: 0, into: 0, sums: s.at.part }),
            false,
        );
        let given = keep[row] > 0.5f32;
        item = UNIT_POS as usize;
        while item < valid * width {
            let d = memory[item];
            let token = first + item / width;
            let at = v0 + first * width + item;
            let of_given = select(given, d, 0.0f32);
            vectors[at + comptime!(s.vectors.feature.weight)] = condition[row * features + token] * of_given;
            vectors[at + comptime!(s.vectors.feature.bias)] = of_given;
            vectors[at + comptime!(s.vectors.null)] = select(given, 0.0f32, d);
            item += UNITS;
        }
        item = UNIT_POS as usize;
        while item < width {
            let mut sum = memory[dtime + item];
            for t in 0..valid {
                sum += memory[t * width + item];
            }
            memory[dtime + item] = sum;
            item += UNITS;
        }
        sync_cube();
    }
    item = UNIT_POS as usize;
    while item < width {
        let d = memory[dtime + item];
        flow[rows * comptime!(s.flow.time) + row * width + item] = d;
        vectors[v0 + comptime!(s.vectors.time_out) + item] = d;
        item += UNITS;
    }
    item = UNIT_POS as usize;
    while item < comptime!(2 * width) {
        let w = comptime!(s.plan.time_out.weight) + item;
        let mut sum = 0.0f32;
        for c in 0..width {
            sum = fma(memory[dtime + c], turned[w + c * comptime!(2 * width)], sum);
        }
        let before = tape[rows * comptime!(s.tape.time_hidden) + row * comptime!(2 * width) + item];
        let d = Silu::gradient(before, sum);
        flow[rows * comptime!(s.flow.time_hidden) + row * comptime!(2 * width) + item] = d;
        vectors[v0 + comptime!(s.vectors.time_in) + item] = d;
        item += UNITS;
    }
}
