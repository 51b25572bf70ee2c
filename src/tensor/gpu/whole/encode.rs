//! The encoder forward, and the condition's keys and values for all blocks of the decoder: a workgroup a row and some
//! tokens of it. Rows that share a condition read one line of features.

use super::super::kernels::{UNITS, time_feature};
use super::layout::Encoding;
use super::parts::{EACH, Norm, Product, contract, normalise, product};
use super::tape::Tape;
use crate::tensor::TransformerPlan;
use crate::tensor::unary::{Silu, UnaryOnGpu};
use cubecl::prelude::*;

/// What an encoder kernel is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Encoder {
    /// The network.
    pub plan: TransformerPlan,
    /// Shared memory.
    pub at: Encoding,
    /// Memory for the backward pass.
    pub tape: Tape,
    /// Whether that is written.
    pub keep: bool,
}

impl Encoder {
    /// Workgroups a row.
    pub fn parts(&self) -> usize {
        self.plan.features.div_ceil(self.at.tokens)
    }

    /// Barriers that a workgroup meets.
    pub fn barriers(&self) -> usize {
        8
    }

    /// Floating-point operations of one row.
    pub fn flop(&self) -> usize {
        let TransformerPlan { features, width, blocks, .. } = self.plan;
        8 * width * width * self.parts() + features * width * (4 * width * blocks + 11)
    }
}

/// `context[rows, blocks, features, 2·width]` of `time[rows]`, `keep[rows]` and `condition[rows, features]`, of whose
/// lines row `r` reads `r·shared`.
#[cube(launch_unchecked)]
pub fn encode_kernel(
    weights: &[f32],
    frequencies: &[f32],
    time: &[f32],
    condition: &[f32],
    keep: &[f32],
    context: &mut [f32],
    tape: &mut [f32],
    rows: usize,
    shared: usize,
    #[comptime] s: Encoder,
) {
    let features = comptime!(s.plan.features);
    let width = comptime!(s.plan.width);
    let tokens = comptime!(s.at.tokens);
    let blocks = comptime!(s.plan.blocks);
    let parts = comptime!(features.div_ceil(tokens));
    let mut memory = Shared::<[f32]>::new_slice(comptime!(s.at.len));
    let row = CUBE_POS / parts;
    let part = CUBE_POS % parts;
    let first = part * tokens;
    let valid = clamp_max(features - first, tokens);

    let mut item = UNIT_POS as usize;
    while item < width {
        let value =
            time_feature(time[row], frequencies[item % comptime!(width / 2)], item < comptime!(width / 2));
        memory[comptime!(s.at.features) + item] = value;
        if comptime!(s.keep) {
            if part == 0usize {
                tape[rows * comptime!(s.tape.time_features) + row * width + item] = value;
            }
        }
        item += UNITS;
    }
    sync_cube();
    product(
        &mut memory,
        weights,
        comptime!(s.plan.time_in.weight).runtime(),
        comptime!(s.plan.time_in.bias).runtime(),
        1.0f32,
        false,
        comptime!(Product {
            tokens: 1,
            inner: width,
            columns: 2 * width,
            from: (s.at.features, width),
            into: (s.at.hidden, 2 * width),
            steps: (2 * width, 1),
        }),
        false,
    );
    sync_cube();
    item = UNIT_POS as usize;
    while item < comptime!(2 * width) {
        let before = memory[comptime!(s.at.hidden) + item];
        let active = Silu::value(before);
        memory[comptime!(s.at.hidden) + item] = active;
        if comptime!(s.keep) {
            if part == 0usize {
                let at = rows * comptime!(s.tape.time_hidden) + row * comptime!(2 * width);
                tape[at + item] = before;
                let at = rows * comptime!(s.tape.time_active) + row * comptime!(2 * width);
                tape[at + item] = active;
            }
        }
        item += UNITS;
    }
    sync_cube();
    product(
        &mut memory,
        weights,
        comptime!(s.plan.time_out.weight).runtime(),
        comptime!(s.plan.time_out.bias).runtime(),
        1.0f32,
        false,
        comptime!(Product {
            tokens: 1,
            inner: 2 * width,
            columns: width,
            from: (s.at.hidden, 2 * width),
            into: (s.at.time, width),
            steps: (width, 1),
        }),
        false,
    );
    sync_cube();
    item = UNIT_POS as usize;
    while item < comptime!(tokens * width) {
        // beyond the last token is the last one again, which nobody keeps
        let token = clamp_max(first + item / width, features - 1);
        let at = token * width + item % width;
        let value = condition[row * shared * features + token];
        let given = fma(
            value,
            weights[comptime!(s.plan.feature.weight) + at],
            weights[comptime!(s.plan.feature.bias) + at],
        );
        let mixed = select(keep[row] > 0.5f32, given, weights[comptime!(s.plan.null) + at]);
        memory[item] = mixed + memory[comptime!(s.at.time) + item % width];
        item += UNITS;
    }
    sync_cube();
    normalise(
        &mut memory,
        weights,
        tape,
        comptime!(s.plan.encoder_norm.weight).runtime(),
        comptime!(s.plan.encoder_norm.bias).runtime(),
        rows * comptime!(s.tape.condition) + (row * features + first) * width,
        rows * comptime!(s.tape.condition_reciprocal) + row * features + first,
        valid,
        comptime!(Norm { tokens, width, from: 0, into: 0, sums: s.at.part }),
        s.keep,
    );
    for block in 0..blocks {
        let w = comptime!(s.plan.first_block) + block * comptime!(s.plan.block_stride);
        let columns = comptime!(2 * width);
        item = UNIT_POS as usize;
        while item < comptime!(columns * tokens.div_ceil(EACH)) {
            let column = item % columns;
            let token = item / columns * EACH;
            let mut sums = Array::<f32>::new(EACH);
            let start = weights[w + comptime!(s.plan.cross.key_value.bias) + column];
            #[unroll]
            for i in 0..EACH {
                sums[i] = start;
            }
            let at = w + comptime!(s.plan.cross.key_value.weight) + column;
            contract(
                &mut memory,
                weights,
                &mut sums,
                token,
                at,
                columns.runtime(),
                tokens,
                width,
                0usize,
                width,
            );
            #[unroll]
            for i in 0..EACH {
                if token + i < valid {
                    let line = (row * blocks + block) * features + first + token + i;
                    context[line * columns + column] = sums[i];
                }
            }
            item += UNITS;
        }
    }
}
