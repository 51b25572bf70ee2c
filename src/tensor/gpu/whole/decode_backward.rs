//! The decoder backward, a workgroup a row: from the output's gradient through all blocks, last to first, the residual
//! stream's gradient in shared memory; see [`super::layers_backward`].

use super::super::kernels::UNITS;
use super::layers_backward::{DecoderBackward, attend_backward, feed_backward};
use super::parts::{Drops, Norm, normalise_backward};
use cubecl::prelude::*;

/// `turned` are the weights with their matrices turned; `flow` and `vectors` but for the encoder's from `gradient[rows, tokens]`, the output's; `values[rows, tokens]` are the
/// noisy coordinates.
#[cube(launch_unchecked)]
pub fn decode_backward_kernel(
    weights: &[f32],
    turned: &[f32],
    context: &[f32],
    tape: &[f32],
    values: &[f32],
    gradient: &[f32],
    flow: &mut [f32],
    vectors: &mut [f32],
    rows: usize,
    p: f32,
    scale: f32,
    seed_low: u32,
    seed_high: u32,
    low: u32,
    high: u32,
    #[comptime] s: DecoderBackward,
) {
    let tokens = comptime!(s.plan.tokens);
    let width = comptime!(s.plan.width);
    let blocks = comptime!(s.plan.blocks);
    let stream = comptime!(tokens * width);
    let mut memory = Shared::<[f32]>::new_slice(comptime!(s.at.len));
    let drops = Drops { p, scale, seed_low, seed_high, low, high };
    let row = CUBE_POS;
    let v0 = row * comptime!(s.vectors.len);
    let normal = rows * comptime!(s.tape.normal) + row * stream;

    let mut item = UNIT_POS as usize;
    while item < stream {
        let d = gradient[row * tokens + item / width];
        let c = item % width;
        let gamma = weights[comptime!(s.plan.norm.weight) + c];
        let y = fma(tape[normal + item], gamma, weights[comptime!(s.plan.norm.bias) + c]);
        vectors[v0 + comptime!(s.vectors.output.weight) + item] = d * y;
        memory[comptime!(s.at.normal) + item] = d * weights[comptime!(s.plan.output.weight) + item];
        memory[comptime!(s.at.x) + item] = 0.0f32;
        item += UNITS;
    }
    item = UNIT_POS as usize;
    while item < tokens {
        vectors[v0 + comptime!(s.vectors.output.bias) + item] = gradient[row * tokens + item];
        item += UNITS;
    }
    sync_cube();
    normalise_backward(
        &mut memory,
        weights,
        tape,
        vectors,
        comptime!(s.plan.norm.weight).runtime(),
        normal,
        rows * comptime!(s.tape.reciprocal) + row * tokens,
        v0 + comptime!(s.vectors.norm.weight),
        v0 + comptime!(s.vectors.norm.bias),
        tokens.runtime(),
        false,
        comptime!(Norm { tokens, width, from: s.at.normal, into: s.at.x, sums: s.at.part }),
        true,
    );
    for after in 0..blocks {
        let block = blocks - 1 - after;
        feed_backward(&mut memory, weights, turned, tape, &drops, flow, vectors, row, rows, block, s);
        attend_backward(
            &mut memory,
            weights,
            turned,
            context,
            tape,
            &drops,
            flow,
            vectors,
            row,
            rows,
            block,
            s,
            false,
        );
        attend_backward(
            &mut memory,
            weights,
            turned,
            context,
            tape,
            &drops,
            flow,
            vectors,
            row,
            rows,
            block,
            s,
            true,
        );
    }
    item = UNIT_POS as usize;
    while item < stream {
        let d = memory[comptime!(s.at.x) + item];
        vectors[v0 + comptime!(s.vectors.token.weight) + item] = values[row * tokens + item / width] * d;
        vectors[v0 + comptime!(s.vectors.token.bias) + item] = d;
        item += UNITS;
    }
}
