//! What the kernels of a whole network are made of: products, norms and dropout of tokens that lie in a workgroup's
//! shared memory. Units take items in turn, so any number of tokens and channels will do. Barriers stand with the callers, but
//! for those within a norm.

use super::super::kernels::{UNITS, Words, philox, uniform};
use super::layout::SHARERS;
use cubecl::prelude::*;

/// Tokens whose sums a unit makes at a time, so that it reads a weight once for all of them.
pub const EACH: usize = 4;
/// Added to the variance of a norm.
const EPSILON: f32 = 1e-5;

/// A product of tokens in shared memory with a matrix of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Product {
    /// Tokens.
    pub tokens: usize,
    /// The contracted size.
    pub inner: usize,
    /// Channels of the result.
    pub columns: usize,
    /// Where the factor starts in shared memory, and the length of its lines.
    pub from: (usize, usize),
    /// Where the result starts, and the length of its lines.
    pub into: (usize, usize),
    /// In the matrix, how far apart the weights of a contraction are, and how far those of two columns.
    pub steps: (usize, usize),
}

/// Adds `memory[from + line·t + i]·weights[at + step·i]` over `i` to the sum of each of a unit's tokens.
#[cube]
pub fn contract(
    memory: &mut Shared<[f32]>,
    weights: &[f32],
    sums: &mut Array<f32>,
    token: usize,
    at: usize,
    step: usize,
    #[comptime] tokens: usize,
    #[comptime] inner: usize,
    #[comptime] from: usize,
    #[comptime] line: usize,
) {
    let mut lines = Array::<usize>::new(EACH);
    #[unroll]
    for i in 0..EACH {
        // beyond the last token is the last one's work again, which nobody keeps
        lines[i] = from + clamp_max(token + i, tokens - 1) * line;
    }
    for k in 0..inner {
        let weight = weights[at + k * step];
        #[unroll]
        for i in 0..EACH {
            sums[i] = fma(memory[lines[i] + k], weight, sums[i]);
        }
    }
}

/// `into = factor·(from·W) + bias`: what stands there is added to where `keep`; `biased` is 1, or 0 to leave the bias
/// out. `relu` makes what is negative 0.
#[cube]
pub fn product(
    memory: &mut Shared<[f32]>,
    weights: &[f32],
    at: usize,
    bias: usize,
    biased: f32,
    keep: bool,
    #[comptime] p: Product,
    #[comptime] relu: bool,
) {
    let columns = comptime!(p.columns);
    let items = comptime!(p.columns * p.tokens.div_ceil(EACH));
    let mut item = UNIT_POS as usize;
    while item < items {
        let column = item % columns;
        let token = item / columns * EACH;
        let mut sums = Array::<f32>::new(EACH);
        let start = biased * weights[bias + column];
        #[unroll]
        for i in 0..EACH {
            sums[i] = start;
        }
        let from = at + column * comptime!(p.steps.1);
        contract(
            memory,
            weights,
            &mut sums,
            token,
            from,
            comptime!(p.steps.0),
            p.tokens,
            p.inner,
            p.from.0,
            p.from.1,
        );
        #[unroll]
        for i in 0..EACH {
            if token + i < comptime!(p.tokens) {
                let into = comptime!(p.into.0) + (token + i) * comptime!(p.into.1) + column;
                let value = sums[i] + select(keep, memory[into], 0.0f32);
                memory[into] = if comptime!(relu) { max(value, 0.0f32) } else { value };
            }
        }
        item += UNITS;
    }
}

/// A norm of tokens in shared memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Norm {
    /// Tokens.
    pub tokens: usize,
    /// Channels.
    pub width: usize,
    /// Where the tokens start in shared memory.
    pub from: usize,
    /// Where the result starts.
    pub into: usize,
    /// Where there is room for `2·SHARERS` sums a token.
    pub sums: usize,
}

/// The sum of a token's shares.
#[cube]
fn shares(memory: &mut Shared<[f32]>, at: usize) -> f32 {
    let mut sum = 0.0f32;
    #[unroll]
    for i in 0..SHARERS {
        sum += memory[at + i];
    }
    sum
}

/// `into = γ·x̂ + β`, `x̂ = (from − mean)·r`, `r = 1/√(var + 1e-5)`; where `keep`, the first `valid` tokens' x̂ go to
/// `tape[normal…]` and their r to `tape[reciprocal…]`. Three barriers; the tokens must be there before.
#[cube]
pub fn normalise(
    memory: &mut Shared<[f32]>,
    weights: &[f32],
    tape: &mut [f32],
    gamma: usize,
    beta: usize,
    normal: usize,
    reciprocal: usize,
    valid: usize,
    #[comptime] n: Norm,
    #[comptime] keep: bool,
) {
    let items = comptime!(n.tokens * SHARERS);
    let width = comptime!(n.width);
    let (from, into, sums) = comptime!((n.from, n.into, n.sums));
    let size = f32::cast_from(comptime!(width as u32));

    let mut item = UNIT_POS as usize;
    while item < items {
        let line = from + item / SHARERS * width;
        let mut sum = 0.0f32;
        let mut c = item % SHARERS;
        while c < width {
            sum += memory[line + c];
            c += SHARERS;
        }
        memory[sums + item] = sum;
        item += UNITS;
    }
    sync_cube();
    item = UNIT_POS as usize;
    while item < items {
        let token = item / SHARERS;
        let line = from + token * width;
        let mean = shares(memory, sums + token * SHARERS) / size;
        let mut sum = 0.0f32;
        let mut c = item % SHARERS;
        while c < width {
            let centred = memory[line + c] - mean;
            sum = fma(centred, centred, sum);
            c += SHARERS;
        }
        memory[sums + items + item] = sum;
        item += UNITS;
    }
    sync_cube();
    item = UNIT_POS as usize;
    while item < items {
        let token = item / SHARERS;
        let mean = shares(memory, sums + token * SHARERS) / size;
        let variance = shares(memory, sums + items + token * SHARERS) / size;
        let r = 1.0f32 / (variance + EPSILON).sqrt();
        let mut c = item % SHARERS;
        while c < width {
            let x = (memory[from + token * width + c] - mean) * r;
            memory[into + token * width + c] = fma(x, weights[gamma + c], weights[beta + c]);
            if comptime!(keep) {
                if token < valid {
                    tape[normal + token * width + c] = x;
                }
            }
            c += SHARERS;
        }
        if comptime!(keep) {
            let sharer = item % SHARERS;
            if token < valid && sharer == 0usize {
                tape[reciprocal + token] = r;
            }
        }
        item += UNITS;
    }
    sync_cube();
}

/// The gradient of [`normalise`]: with `g = γ·dy` of `dy` at `n.from`, `into = add·into + (g − mean(g) − x̂·mean(g·x̂))·r`,
/// and `Σ dy·x̂` and `Σ dy` over the first `valid` tokens into `vectors[dgamma…]` and `vectors[dbeta…]`, added to what
/// is there where `more`. Two barriers; `dy` must be there before.
#[cube]
pub fn normalise_backward(
    memory: &mut Shared<[f32]>,
    weights: &[f32],
    tape: &[f32],
    vectors: &mut [f32],
    gamma: usize,
    normal: usize,
    reciprocal: usize,
    dgamma: usize,
    dbeta: usize,
    valid: usize,
    more: bool,
    #[comptime] n: Norm,
    #[comptime] add: bool,
) {
    let items = comptime!(n.tokens * SHARERS);
    let width = comptime!(n.width);
    let (from, into, sums) = comptime!((n.from, n.into, n.sums));
    let size = f32::cast_from(comptime!(width as u32));

    let mut item = UNIT_POS as usize;
    while item < items {
        let token = item / SHARERS;
        let at = clamp_max(token, valid - 1) * width;
        let mut sum = 0.0f32;
        let mut product = 0.0f32;
        let mut c = item % SHARERS;
        while c < width {
            let g = memory[from + token * width + c] * weights[gamma + c];
            sum += g;
            product = fma(g, tape[normal + at + c], product);
            c += SHARERS;
        }
        memory[sums + item] = sum;
        memory[sums + items + item] = product;
        item += UNITS;
    }
    let mut c = UNIT_POS as usize;
    while c < width {
        let mut scale = select(more, vectors[dgamma + c], 0.0f32);
        let mut shift = select(more, vectors[dbeta + c], 0.0f32);
        for token in 0..valid {
            let d = memory[from + token * width + c];
            scale = fma(d, tape[normal + token * width + c], scale);
            shift += d;
        }
        vectors[dgamma + c] = scale;
        vectors[dbeta + c] = shift;
        c += UNITS;
    }
    sync_cube();
    item = UNIT_POS as usize;
    while item < items {
        let token = item / SHARERS;
        let clamped = clamp_max(token, valid - 1);
        let mean = shares(memory, sums + token * SHARERS) / size;
        let product = shares(memory, sums + items + token * SHARERS) / size;
        let r = tape[reciprocal + clamped];
        let mut c = item % SHARERS;
        while c < width {
            let at = token * width + c;
            let g = memory[from + at] * weights[gamma + c];
            let d = (g - mean - tape[normal + clamped * width + c] * product) * r;
            if comptime!(add) {
                memory[into + at] += d;
            } else {
                memory[into + at] = d;
            }
            c += SHARERS;
        }
        item += UNITS;
    }
    sync_cube();
}

/// What a launch is told of dropout.
#[derive(CubeType, Clone, Copy)]
pub struct Drops {
    /// The probability.
    pub p: f32,
    /// `1/(1 − p)`.
    pub scale: f32,
    /// The seed's lower half …
    pub seed_low: u32,
    /// … and its upper one.
    pub seed_high: u32,
    /// The lower half of the first branch's stream …
    pub low: u32,
    /// … and the upper one.
    pub high: u32,
}

/// What dropout makes of `value`: 0 where the stream's number for it is below the probability, else `scale` times it.
#[cube]
pub fn dropped(value: f32, word: u32, drops: &Drops) -> f32 {
    select(uniform(word) < drops.p, 0.0f32, value * drops.scale)
}

/// The words for elements `4·block …` of branch `branch`.
#[cube]
pub fn words(block: usize, branch: usize, drops: &Drops) -> Words {
    philox(block as u32, drops.seed_low, drops.seed_high, drops.low + branch as u32, drops.high)
}
