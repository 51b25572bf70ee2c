//! The decoder forward, a workgroup a row: all blocks one after another, the residual stream in shared memory. In a draw
//! twice, with and without the condition, and then the solver's step.
//!
//! Per row, head by head: queries, keys and values of one head; scores; exponentials, whose sum each unit that needs it
//! adds up anew; what is attended, multiplied with the head's lines of the output at once. A feed-forward layer goes in
//! parts of its channels likewise. The weights come through the cache: each workgroup reads all of them.

use super::super::kernels::UNITS;
use super::layout::{Decoding, SHARERS, feed_part};
use super::parts::{Drops, EACH, Norm, Product, contract, dropped, normalise, product, words};
use super::tape::Tape;
use crate::tensor::TransformerPlan;
use cubecl::prelude::*;

/// What a decoder kernel is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decoder {
    /// The network.
    pub plan: TransformerPlan,
    /// Shared memory.
    pub at: Decoding,
    /// Memory for the backward pass.
    pub tape: Tape,
    /// Whether that is written.
    pub keep: bool,
    /// Whether branches are dropped out.
    pub dropout: bool,
    /// Whether a solver's step follows.
    pub walk: bool,
}

impl Decoder {
    /// Barriers that a workgroup meets in one pass.
    pub fn barriers(&self) -> usize {
        let TransformerPlan { heads, blocks, .. } = self.plan;
        let drops = usize::from(self.dropout);
        let attention = 3 + 5 * heads + drops;
        let feed = 3 + 2 * (self.plan.hidden / feed_part(&self.plan)) + drops;
        2 + blocks * (2 * attention + feed) + 3 + 2
    }

    /// Floating-point operations of one row and pass.
    pub fn flop(&self) -> usize {
        let TransformerPlan { tokens, features, width, hidden, blocks, .. } = self.plan;
        let projections = 2 * tokens * width * (3 * width + width + width + width);
        let attended = 4 * tokens * (tokens + features) * width;
        let feed = 4 * tokens * width * hidden;
        blocks * (projections + attended + feed + 3 * 8 * tokens * width) + 12 * tokens * width
    }
}

/// One attention layer onto the stream, or onto the branch where dropout follows.
#[cube]
fn attend(
    memory: &mut Shared<[f32]>,
    weights: &[f32],
    context: &[f32],
    tape: &mut [f32],
    drops: &Drops,
    row: usize,
    rows: usize,
    block: usize,
    context_at: usize,
    #[comptime] s: Decoder,
    #[comptime] own: bool,
) {
    let tokens = comptime!(s.plan.tokens);
    let width = comptime!(s.plan.width);
    let heads = comptime!(s.plan.heads);
    let d = comptime!(s.plan.width / s.plan.heads);
    let keys = comptime!(if own { s.plan.tokens } else { s.plan.features });
    let slots = comptime!(if own { s.plan.own } else { s.plan.cross });
    let kept = comptime!(if own { s.tape.own } else { s.tape.cross });
    let stream = comptime!(s.plan.tokens * s.plan.width);
    let part = comptime!(s.at.part);
    let head_len = comptime!(s.plan.tokens * d);
    let scores = comptime!(if own { s.at.own_scores } else { s.at.cross_scores });
    let exponentials = comptime!(scores + tokens * keys);
    let into = comptime!(if s.dropout { s.at.branch } else { s.at.x });
    let w = comptime!(s.plan.first_block) + block * comptime!(s.plan.block_stride);
    let t0 = rows * block * comptime!(s.tape.block);

    normalise(
        memory,
        weights,
        tape,
        w + comptime!(slots.norm.weight),
        w + comptime!(slots.norm.bias),
        t0 + rows * comptime!(kept.normal) + row * stream,
        t0 + rows * comptime!(kept.reciprocal) + row * tokens,
        tokens,
        comptime!(Norm { tokens, width, from: s.at.x, into: s.at.normal, sums: s.at.part }),
        s.keep,
    );
    let scale = 1.0f32 / f32::cast_from(comptime!(d as u32)).sqrt();
    for head in 0..heads {
        let columns = comptime!(if own { 3 * d } else { d });
        let mut item = UNIT_POS as usize;
        while item < comptime!(columns * tokens.div_ceil(EACH)) {
            let column = item % columns;
            let token = item / columns * EACH;
            let which = column / d;
            let c = head * d + column % d;
            let query = which == 0usize;
            // keys and values lie side by side, and come after the queries
            let beside = which * width + c;
            let at = select(
                query,
                w + comptime!(slots.query.weight) + c,
                w + comptime!(slots.key_value.weight - width) + beside,
            );
            let bias = select(
                query,
                w + comptime!(slots.query.bias) + c,
                w + comptime!(slots.key_value.bias - width) + beside,
            );
            let step = select(query, width, 2 * width);
            let mut sums = Array::<f32>::new(EACH);
            let start = weights[bias];
            #[unroll]
            for i in 0..EACH {
                sums[i] = start;
            }
            contract(
                memory,
                weights,
                &mut sums,
                token,
                at,
                step,
                tokens,
                width,
                comptime!(s.at.normal),
                width,
            );
            #[unroll]
            for i in 0..EACH {
                let t = token + i;
                if t < tokens {
                    memory[part + which * head_len + t * d + column % d] = sums[i];
                    if comptime!(s.keep) {
                        let line = row * tokens + t;
                        if query {
                            tape[t0 + rows * comptime!(kept.query) + line * width + c] = sums[i];
                        } else {
                            let at = t0 + rows * comptime!(kept.key_value) + line * comptime!(2 * width);
                            tape[at + beside - width] = sums[i];
                        }
                    }
                }
            }
            item += UNITS;
        }
        sync_cube();

        item = UNIT_POS as usize;
        while item < comptime!(tokens * keys) {
            let t = item / keys;
            let j = item % keys;
            let q_at = part + t * d;
            let mut score = 0.0f32;
            for c in 0..d {
                let k = if comptime!(own) {
                    memory[part + head_len + j * d + c]
                } else {
                    context[context_at + j * comptime!(2 * width) + head * d + c]
                };
                score = fma(memory[q_at + c], k, score);
            }
            memory[scores + item] = score * scale;
            item += UNITS;
        }
        sync_cube();

        item = UNIT_POS as usize;
        while item < comptime!(tokens * keys) {
            let line = scores + item / keys * keys;
            let mut largest = memory[line];
            for j in 1..keys {
                largest = max(largest, memory[line + j]);
            }
            memory[exponentials + item] = max(memory[scores + item] - largest, -87.0f32).exp();
            item += UNITS;
        }
        sync_cube();

        item = UNIT_POS as usize;
        while item < head_len {
            let t = item / d;
            let c = item % d;
            let mut value = 0.0f32;
            let mut sum = 0.0f32;
            for j in 0..keys {
                let e = memory[exponentials + t * keys + j];
                let v = if comptime!(own) {
                    memory[part + 2 * head_len + j * d + c]
                } else {
                    context[context_at + j * comptime!(2 * width) + width + head * d + c]
                };
                sum += e;
                value = fma(e, v, value);
            }
            let attended = value / sum;
            // in the place of the queries, which are done with
            memory[part + item] = attended;
            if comptime!(s.keep) {
                let line = row * tokens + t;
                tape[t0 + rows * comptime!(kept.attended) + line * width + head * d + c] = attended;
            }
            item += UNITS;
        }
        if comptime!(s.keep) {
            item = UNIT_POS as usize;
            while item < comptime!(tokens * keys) {
                let line = exponentials + item / keys * keys;
                let mut sum = 0.0f32;
                for j in 0..keys {
                    sum += memory[line + j];
                }
                let p_at = t0 + rows * comptime!(kept.p) + (row * heads + head) * comptime!(tokens * keys);
                tape[p_at + item] = memory[exponentials + item] / sum;
                item += UNITS;
            }
        }
        sync_cube();

        let first = head == 0usize;
        product(
            memory,
            weights,
            w + comptime!(slots.output.weight) + head * comptime!(d * width),
            w + comptime!(slots.output.bias),
            select(first, 1.0f32, 0.0f32),
            comptime!(!s.dropout) || !first,
            comptime!(Product {
                tokens,
                inner: d,
                columns: width,
                from: (part, d),
                into: (into, width),
                steps: (width, 1),
            }),
            false,
        );
        sync_cube();
    }
    if comptime!(s.dropout) {
        drop_onto(memory, drops, row, 3 * block + comptime!(if own { 0usize } else { 1 }), s);
    }
}

/// The feed-forward layer, as [`attend`].
#[cube]
fn feed(
    memory: &mut Shared<[f32]>,
    weights: &[f32],
    tape: &mut [f32],
    drops: &Drops,
    row: usize,
    rows: usize,
    block: usize,
    #[comptime] s: Decoder,
) {
    let tokens = comptime!(s.plan.tokens);
    let width = comptime!(s.plan.width);
    let hidden = comptime!(s.plan.hidden);
    let channels = comptime!(feed_part(&s.plan));
    let part = comptime!(s.at.part);
    let into = comptime!(if s.dropout { s.at.branch } else { s.at.x });
    let w = comptime!(s.plan.first_block) + block * comptime!(s.plan.block_stride);
    let t0 = rows * block * comptime!(s.tape.block);
    normalise(
        memory,
        weights,
        tape,
        w + comptime!(s.plan.feed_norm.weight),
        w + comptime!(s.plan.feed_norm.bias),
        t0 + rows * comptime!(s.tape.feed_normal) + row * comptime!(tokens * width),
        t0 + rows * comptime!(s.tape.feed_reciprocal) + row * tokens,
        tokens,
        comptime!(Norm { tokens, width, from: s.at.x, into: s.at.normal, sums: s.at.part }),
        s.keep,
    );
    for chunk in 0..comptime!(hidden / channels) {
        let first_channel = chunk * channels;
        product(
            memory,
            weights,
            w + comptime!(s.plan.widen.weight) + first_channel,
            w + comptime!(s.plan.widen.bias) + first_channel,
            1.0f32,
            false,
            comptime!(Product {
                tokens,
                inner: width,
                columns: channels,
                from: (s.at.normal, width),
                into: (part, channels),
                steps: (hidden, 1),
            }),
            true,
        );
        sync_cube();
        if comptime!(s.keep) {
            let mut item = UNIT_POS as usize;
            while item < comptime!(tokens * channels) {
                let line = (row * tokens + item / channels) * hidden + first_channel;
                tape[t0 + rows * comptime!(s.tape.hidden) + line + item % channels] = memory[part + item];
                item += UNITS;
            }
        }
        let first = chunk == 0usize;
        product(
            memory,
            weights,
            w + comptime!(s.plan.narrow.weight) + first_channel * width,
            w + comptime!(s.plan.narrow.bias),
            select(first, 1.0f32, 0.0f32),
            comptime!(!s.dropout) || !first,
            comptime!(Product {
                tokens,
                inner: channels,
                columns: width,
                from: (part, channels),
                into: (into, width),
                steps: (width, 1),
            }),
            false,
        );
        sync_cube();
    }
    if comptime!(s.dropout) {
        drop_onto(memory, drops, row, 3 * block + 2, s);
    }
}

/// `x += dropout(branch)`, four elements a unit.
#[cube]
fn drop_onto(memory: &mut Shared<[f32]>, drops: &Drops, row: usize, branch: usize, #[comptime] s: Decoder) {
    let blocks = comptime!(s.plan.tokens * s.plan.width / 4);
    let (x, from) = (comptime!(s.at.x), comptime!(s.at.branch));
    let mut item = UNIT_POS as usize;
    while item < blocks {
        let four = words(row * blocks + item, branch, drops);
        let at = 4 * item;
        memory[x + at] += dropped(memory[from + at], four.a, drops);
        memory[x + at + 1] += dropped(memory[from + at + 1], four.b, drops);
        memory[x + at + 2] += dropped(memory[from + at + 2], four.c, drops);
        memory[x + at + 3] += dropped(memory[from + at + 3], four.d, drops);
        item += UNITS;
    }
    sync_cube();
}

/// `values[rows, tokens]` are the noisy coordinates. Row `r` attends to row `first + r·step + pass` of the context.
/// `output[rows, tokens]` becomes the prediction; where a solver walks, the clean coordinates `state·x + given·first
/// pass + dropped·second pass`, and then, where `update` is 1, `values ← a·x + b·clean + c·other`.
#[cube(launch_unchecked)]
pub fn decode_kernel(
    weights: &[f32],
    context: &[f32],
    other: &[f32],
    values: &mut [f32],
    output: &mut [f32],
    tape: &mut [f32],
    rows: usize,
    first: usize,
    step: usize,
    passes: usize,
    state: f32,
    given: f32,
    dropped: f32,
    limit: f32,
    a: f32,
    b: f32,
    c: f32,
    update: u32,
    p: f32,
    scale: f32,
    seed_low: u32,
    seed_high: u32,
    low: u32,
    high: u32,
    #[comptime] s: Decoder,
) {
    let tokens = comptime!(s.plan.tokens);
    let width = comptime!(s.plan.width);
    let features = comptime!(s.plan.features);
    let blocks = comptime!(s.plan.blocks);
    let x = comptime!(s.at.x);
    let part = comptime!(s.at.part);
    let guided = comptime!(s.at.guided);
    let mut memory = Shared::<[f32]>::new_slice(comptime!(s.at.len));
    let drops = Drops { p, scale, seed_low, seed_high, low, high };
    let row = CUBE_POS;
    for pass in 0..passes {
        let mut item = UNIT_POS as usize;
        while item < comptime!(tokens * width) {
            let value = values[row * tokens + item / width];
            let w = weights[comptime!(s.plan.token.weight) + item];
            memory[x + item] = fma(value, w, weights[comptime!(s.plan.token.bias) + item]);
            item += UNITS;
        }
        sync_cube();
        let context_row = (first + row * step + pass) * blocks;
        for block in 0..blocks {
            let context_at = (context_row + block) * comptime!(features * 2 * width);
            attend(&mut memory, weights, context, tape, &drops, row, rows, block, context_at, s, true);
            attend(&mut memory, weights, context, tape, &drops, row, rows, block, context_at, s, false);
            feed(&mut memory, weights, tape, &drops, row, rows, block, s);
        }
        normalise(
            &mut memory,
            weights,
            tape,
            comptime!(s.plan.norm.weight).runtime(),
            comptime!(s.plan.norm.bias).runtime(),
            rows * comptime!(s.tape.normal) + row * comptime!(tokens * width),
            rows * comptime!(s.tape.reciprocal) + row * tokens,
            tokens.runtime(),
            comptime!(Norm { tokens, width, from: s.at.x, into: s.at.normal, sums: s.at.part }),
            s.keep,
        );
        item = UNIT_POS as usize;
        while item < comptime!(tokens * SHARERS) {
            let line = item / SHARERS * width;
            let mut sum = 0.0f32;
            let mut channel = item % SHARERS;
            while channel < width {
                let w = weights[comptime!(s.plan.output.weight) + line + channel];
                sum = fma(memory[comptime!(s.at.normal) + line + channel], w, sum);
                channel += SHARERS;
            }
            memory[part + item] = sum;
            item += UNITS;
        }
        sync_cube();
        item = UNIT_POS as usize;
        while item < tokens {
            let mut prediction = weights[comptime!(s.plan.output.bias) + item];
            for i in 0..SHARERS {
                prediction += memory[part + item * SHARERS + i];
            }
            if comptime!(s.walk) {
                let before = select(pass == 0usize, 0.0f32, memory[guided + item]);
                let factor = select(pass == 0usize, given, dropped);
                memory[guided + item] = fma(factor, prediction, before);
            } else {
                output[row * tokens + item] = prediction;
            }
            item += UNITS;
        }
        sync_cube();
    }
    if comptime!(s.walk) {
        let mut item = UNIT_POS as usize;
        while item < tokens {
            let at = row * tokens + item;
            let noisy = values[at];
            let clean = clamp(fma(state, noisy, memory[guided + item]), -limit, limit);
            output[at] = clean;
            if update == 1u32 {
                // what is not asked for may hold anything
                let rest = if c != 0.0f32 { c * other[at] } else { 0.0f32 };
                values[at] = fma(b, clean, rest) + a * noisy;
            }
            item += UNITS;
        }
    }
}
