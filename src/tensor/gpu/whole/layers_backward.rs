//! The layers of the decoder backward, on a row whose residual stream's gradient is in a workgroup's shared memory. What the weights' gradients are products of goes to memory as *flow*; gradients
//! of vectors are added up over a row's tokens here and over the rows by a later launch.
//!
//! A softmax does not change when all its keys move along, so the gradient of the keys' bias is 0; probabilities add up
//! to 1, so that of the values' bias is what flows into what was attended.

use super::super::kernels::UNITS;
use super::flow::{Flow, Vectors};
use super::layout::{Decoding, feed_part};
use super::parts::{Drops, EACH, Norm, Product, contract, dropped, normalise_backward, product, words};
use super::tape::Tape;
use crate::tensor::TransformerPlan;
use cubecl::prelude::*;

/// What a decoder's backward kernel is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DecoderBackward {
    /// The network.
    pub plan: TransformerPlan,
    /// Shared memory.
    pub at: Decoding,
    /// What the forward pass kept.
    pub tape: Tape,
    /// What the weights' gradients are made of.
    pub flow: Flow,
    /// Gradients of vectors.
    pub vectors: Vectors,
    /// Whether branches were dropped out.
    pub dropout: bool,
}

impl DecoderBackward {
    /// Barriers that a workgroup meets.
    pub fn barriers(&self) -> usize {
        let TransformerPlan { heads, blocks, .. } = self.plan;
        let attention = 2 + 4 * heads + 2;
        let feed = 1 + 2 * (self.plan.hidden / feed_part(&self.plan)) + 2;
        3 + blocks * (2 * attention + feed)
    }

    /// Floating-point operations of one row.
    pub fn flop(&self) -> usize {
        let TransformerPlan { tokens, features, width, hidden, blocks, .. } = self.plan;
        let projections = 2 * tokens * width * (3 * width + width + width + width);
        let attended = 8 * tokens * (tokens + features) * width;
        let feed = 4 * tokens * width * hidden;
        blocks * (projections + attended + feed + 3 * 12 * tokens * width) + 16 * tokens * width
    }
}

/// The sum of a channel over all tokens.
#[cube]
fn over_tokens(
    memory: &mut Shared<[f32]>,
    from: usize,
    #[comptime] tokens: usize,
    #[comptime] line: usize,
) -> f32 {
    let mut sum = 0.0f32;
    for t in 0..tokens {
        sum += memory[from + t * line];
    }
    sum
}

/// The gradient of a branch, the stream's with dropout: to shared memory, to `flow[at…]`, and its sum over the tokens,
/// the gradient of the bias that the branch ends with, to `vectors[bias…]`. One barrier; the result is awaited.
#[cube]
fn enter_branch(
    memory: &mut Shared<[f32]>,
    drops: &Drops,
    flow: &mut [f32],
    vectors: &mut [f32],
    row: usize,
    branch: usize,
    at: usize,
    bias: usize,
    #[comptime] s: DecoderBackward,
) {
    let stream = comptime!(s.plan.tokens * s.plan.width);
    let (x, into) = (comptime!(s.at.x), comptime!(s.at.normal));
    let mut item = UNIT_POS as usize;
    if comptime!(s.dropout) {
        while item < comptime!(stream / 4) {
            let four = words(row * comptime!(stream / 4) + item, branch, drops);
            let e = 4 * item;
            let a = dropped(memory[x + e], four.a, drops);
            let b = dropped(memory[x + e + 1], four.b, drops);
            let c = dropped(memory[x + e + 2], four.c, drops);
            let d = dropped(memory[x + e + 3], four.d, drops);
            memory[into + e] = a;
            memory[into + e + 1] = b;
            memory[into + e + 2] = c;
            memory[into + e + 3] = d;
            flow[at + e] = a;
            flow[at + e + 1] = b;
            flow[at + e + 2] = c;
            flow[at + e + 3] = d;
            item += UNITS;
        }
    } else {
        while item < stream {
            let value = memory[x + item];
            memory[into + item] = value;
            flow[at + item] = value;
            item += UNITS;
        }
    }
    sync_cube();
    let mut c = UNIT_POS as usize;
    while c < comptime!(s.plan.width) {
        vectors[bias + c] = over_tokens(memory, into + c, s.plan.tokens, s.plan.width);
        c += UNITS;
    }
}

/// The feed-forward layer.
#[cube]
pub fn feed_backward(
    memory: &mut Shared<[f32]>,
    weights: &[f32],
    turned: &[f32],
    tape: &[f32],
    drops: &Drops,
    flow: &mut [f32],
    vectors: &mut [f32],
    row: usize,
    rows: usize,
    block: usize,
    #[comptime] s: DecoderBackward,
) {
    let tokens = comptime!(s.plan.tokens);
    let width = comptime!(s.plan.width);
    let hidden = comptime!(s.plan.hidden);
    let stream = comptime!(tokens * width);
    let channels = comptime!(feed_part(&s.plan));
    let part = comptime!(s.at.part);
    let w = comptime!(s.plan.first_block) + block * comptime!(s.plan.block_stride);
    let t0 = rows * block * comptime!(s.tape.block);
    let f0 = rows * block * comptime!(s.flow.block);
    let v0 = row * comptime!(s.vectors.len) + block * comptime!(s.vectors.block);
    enter_branch(
        memory,
        drops,
        flow,
        vectors,
        row,
        3 * block + 2,
        f0 + rows * comptime!(s.flow.feed_branch) + row * stream,
        v0 + comptime!(s.vectors.narrow),
        s,
    );
    for chunk in 0..comptime!(hidden / channels) {
        let first_channel = chunk * channels;
        let mut item = UNIT_POS as usize;
        while item < comptime!(channels * tokens.div_ceil(EACH)) {
            let column = item % channels;
            let token = item / channels * EACH;
            let mut sums = Array::<f32>::new(EACH);
            #[unroll]
            for i in 0..EACH {
                sums[i] = 0.0f32;
            }
            let at = w + comptime!(s.plan.narrow.weight) + first_channel + column;
            contract(
                memory,
                turned,
                &mut sums,
                token,
                at,
                hidden.runtime(),
                tokens,
                width,
                comptime!(s.at.normal),
                width,
            );
            #[unroll]
            for i in 0..EACH {
                if token + i < tokens {
                    let line = (row * tokens + token + i) * hidden + first_channel + column;
                    let active = tape[t0 + rows * comptime!(s.tape.hidden) + line] > 0.0f32;
                    let value = select(active, sums[i], 0.0f32);
                    memory[part + (token + i) * channels + column] = value;
                    flow[f0 + rows * comptime!(s.flow.hidden) + line] = value;
                }
            }
            item += UNITS;
        }
        sync_cube();
        let mut c = UNIT_POS as usize;
        while c < channels {
            vectors[v0 + comptime!(s.vectors.widen) + first_channel + c] =
                over_tokens(memory, part + c, tokens, channels);
            c += UNITS;
        }
        product(
            memory,
            turned,
            w + comptime!(s.plan.widen.weight) + first_channel * width,
            w,
            0.0f32,
            chunk > 0usize,
            comptime!(Product {
                tokens,
                inner: channels,
                columns: width,
                from: (part, channels),
                into: (s.at.branch, width),
                steps: (width, 1),
            }),
            false,
        );
        sync_cube();
    }
    normalise_backward(
        memory,
        weights,
        tape,
        vectors,
        w + comptime!(s.plan.feed_norm.weight),
        t0 + rows * comptime!(s.tape.feed_normal) + row * stream,
        t0 + rows * comptime!(s.tape.feed_reciprocal) + row * tokens,
        v0 + comptime!(s.vectors.feed_norm.weight),
        v0 + comptime!(s.vectors.feed_norm.bias),
        tokens.runtime(),
        false,
        comptime!(Norm { tokens, width, from: s.at.branch, into: s.at.x, sums: s.at.part }),
        true,
    );
}

/// One attention layer.
#[cube]
pub fn attend_backward(
    memory: &mut Shared<[f32]>,
    weights: &[f32],
    turned: &[f32],
    context: &[f32],
    tape: &[f32],
    drops: &Drops,
    flow: &mut [f32],
    vectors: &mut [f32],
    row: usize,
    rows: usize,
    block: usize,
    #[comptime] s: DecoderBackward,
    #[comptime] own: bool,
) {
    let tokens = comptime!(s.plan.tokens);
    let width = comptime!(s.plan.width);
    let heads = comptime!(s.plan.heads);
    let d = comptime!(s.plan.width / s.plan.heads);
    let keys = comptime!(if own { s.plan.tokens } else { s.plan.features });
    let slots = comptime!(if own { s.plan.own } else { s.plan.cross });
    let kept = comptime!(if own { s.tape.own } else { s.tape.cross });
    let flows = comptime!(if own { s.flow.own } else { s.flow.cross });
    let into = comptime!(if own { s.vectors.own } else { s.vectors.cross });
    let stream = comptime!(tokens * width);
    let part = comptime!(s.at.part);
    let head_len = comptime!(tokens * d);
    let branch = comptime!(s.at.branch);
    let flowing = comptime!(if own { s.at.own_scores } else { s.at.cross_scores });
    let probabilities = comptime!(flowing + tokens * keys);
    let scores = comptime!(flowing + 2 * tokens * keys);
    let w = comptime!(s.plan.first_block) + block * comptime!(s.plan.block_stride);
    let t0 = rows * block * comptime!(s.tape.block);
    let f0 = rows * block * comptime!(s.flow.block);
    let v0 = row * comptime!(s.vectors.len) + block * comptime!(s.vectors.block);
    enter_branch(
        memory,
        drops,
        flow,
        vectors,
        row,
        3 * block + comptime!(if own { 0usize } else { 1 }),
        f0 + rows * comptime!(flows.branch) + row * stream,
        v0 + comptime!(into.output),
        s,
    );
    product(
        memory,
        turned,
        w + comptime!(slots.output.weight),
        w,
        0.0f32,
        false,
        comptime!(Product {
            tokens,
            inner: width,
            columns: width,
            from: (s.at.normal, width),
            into: (branch, width),
            steps: (width, 1),
        }),
        false,
    );
    sync_cube();
    let mut c = UNIT_POS as usize;
    while c < width {
        vectors[v0 + comptime!(into.key_value) + c] = 0.0f32;
        vectors[v0 + comptime!(into.key_value + width) + c] = over_tokens(memory, branch + c, tokens, width);
        c += UNITS;
    }
    // of the row's keys and values: where they start, and how far apart their tokens are
    let kv = if comptime!(own) {
        t0 + rows * comptime!(kept.key_value) + row * comptime!(2 * stream)
    } else {
        (row * comptime!(s.plan.blocks) + block) * comptime!(keys * 2 * width)
    };
    let scale = 1.0f32 / f32::cast_from(comptime!(d as u32)).sqrt();
    for head in 0..heads {
        let channel = head * d;
        let p_at = t0 + rows * comptime!(kept.p) + (row * heads + head) * comptime!(tokens * keys);
        let mut item = UNIT_POS as usize;
        while item < comptime!(tokens * keys) {
            let t = item / keys;
            let v_at = kv + item % keys * comptime!(2 * width) + width + channel;
            let from = branch + t * width + channel;
            let mut sum = 0.0f32;
            for c in 0..d {
                let v = if comptime!(own) { tape[v_at + c] } else { context[v_at + c] };
                sum = fma(memory[from + c], v, sum);
            }
            memory[flowing + item] = sum;
            memory[probabilities + item] = tape[p_at + item];
            item += UNITS;
        }
        sync_cube();

        item = UNIT_POS as usize;
        while item < comptime!(tokens * keys) {
            let line = item / keys * keys;
            let mut mean = 0.0f32;
            for j in 0..keys {
                mean = fma(memory[probabilities + line + j], memory[flowing + line + j], mean);
            }
            memory[scores + item] = memory[probabilities + item] * (memory[flowing + item] - mean) * scale;
            item += UNITS;
        }
        sync_cube();

        item = UNIT_POS as usize;
        while item < head_len {
            let t = item / d;
            let c = item % d;
            let mut dq = 0.0f32;
            for j in 0..keys {
                let k_at = kv + j * comptime!(2 * width) + channel + c;
                let k = if comptime!(own) { tape[k_at] } else { context[k_at] };
                dq = fma(memory[scores + t * keys + j], k, dq);
            }
            memory[part + item] = dq;
            flow[f0 + rows * comptime!(flows.query) + (row * tokens + t) * width + channel + c] = dq;
            item += UNITS;
        }
        item = UNIT_POS as usize;
        while item < comptime!(keys * d) {
            let j = item / d;
            let c = item % d;
            let q_at = t0 + rows * comptime!(kept.query) + row * stream + channel + c;
            let mut dk = 0.0f32;
            let mut dv = 0.0f32;
            for t in 0..tokens {
                dk = fma(memory[scores + t * keys + j], tape[q_at + t * width], dk);
                dv = fma(memory[probabilities + t * keys + j], memory[branch + t * width + channel + c], dv);
            }
            let at = f0
                + rows * comptime!(flows.key_value)
                + (row * keys + j) * comptime!(2 * width)
                + channel
                + c;
            flow[at] = dk;
            flow[at + width] = dv;
            if comptime!(own) {
                memory[part + head_len + item] = dk;
                memory[part + 2 * head_len + item] = dv;
            }
            item += UNITS;
        }
        sync_cube();

        c = UNIT_POS as usize;
        while c < d {
            vectors[v0 + comptime!(into.query) + channel + c] = over_tokens(memory, part + c, tokens, d);
            c += UNITS;
        }
        product(
            memory,
            turned,
            w + comptime!(slots.query.weight) + channel * width,
            w,
            0.0f32,
            head > 0usize,
            comptime!(Product {
                tokens,
                inner: d,
                columns: width,
                from: (part, d),
                into: (s.at.normal, width),
                steps: (width, 1),
            }),
            false,
        );
        if comptime!(own) {
            // a unit adds to the elements that it has just made
            product(
                memory,
                turned,
                w + comptime!(slots.key_value.weight) + channel * width,
                w,
                0.0f32,
                true,
                comptime!(Product {
                    tokens,
                    inner: d,
                    columns: width,
                    from: (part + head_len, d),
                    into: (s.at.normal, width),
                    steps: (width, 1),
                }),
                false,
            );
            product(
                memory,
                turned,
                w + comptime!(slots.key_value.weight + width * width) + channel * width,
                w,
                0.0f32,
                true,
                comptime!(Product {
                    tokens,
                    inner: d,
                    columns: width,
                    from: (part + 2 * head_len, d),
                    into: (s.at.normal, width),
                    steps: (width, 1),
                }),
                false,
            );
        }
        sync_cube();
    }
    normalise_backward(
        memory,
        weights,
        tape,
        vectors,
        w + comptime!(slots.norm.weight),
        t0 + rows * comptime!(kept.normal) + row * stream,
        t0 + rows * comptime!(kept.reciprocal) + row * tokens,
        v0 + comptime!(into.norm.weight),
        v0 + comptime!(into.norm.bias),
        tokens.runtime(),
        false,
        comptime!(Norm { tokens, width, from: s.at.normal, into: s.at.x, sums: s.at.part }),
        true,
    );
}
