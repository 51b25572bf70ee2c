//! Every operation from host data to host data. What an operation overwrites starts as NaN; what it
//! changes or adds to is given.

use super::{Argument, Pair};
use crate::tensor::{AdamW, AttentionShape, Backend, ConditionShape, Epilogue, MatmulShape, TokenShape, ops};

/// What an operation leaves in memory.
pub type Results = Vec<Vec<f32>>;

pub fn fill<B: Backend>(backend: &B, len: usize, value: f32) -> Results {
    let mut into = Argument::fresh(backend, len);
    ops::fill(backend, into.to_write(), value);
    vec![into.read()]
}

pub fn copy<B: Backend>(backend: &B, from: &[f32]) -> Results {
    let from = Argument::given(backend, from);
    let mut into = Argument::fresh(backend, from.len);
    ops::copy(backend, from.to_read(), into.to_write());
    vec![into.read(), from.read()]
}

pub fn add<B: Backend>(backend: &B, from: &[f32], into: &[f32]) -> Results {
    let (from, mut into) = (Argument::given(backend, from), Argument::given(backend, into));
    ops::add(backend, from.to_read(), into.to_write());
    vec![into.read()]
}

/// `into` starts as NaN where `a` is 0.
pub fn combine<B: Backend>(
    backend: &B,
    a: f32,
    into: &[f32],
    (b, x): (f32, &[f32]),
    (c, y): (f32, &[f32]),
) -> Results {
    let (x, y) = (Argument::given(backend, x), Argument::given(backend, y));
    let mut into =
        if a == 0.0 { Argument::fresh(backend, into.len()) } else { Argument::given(backend, into) };
    ops::combine(backend, into.to_write(), a, (b, x.to_read()), (c, y.to_read()));
    vec![into.read()]
}

pub fn relu_backward<B: Backend>(backend: &B, y: &[f32], dy: &[f32]) -> Results {
    let (y, mut dy) = (Argument::given(backend, y), Argument::given(backend, dy));
    ops::relu_backward(backend, y.to_read(), dy.to_write());
    vec![dy.read()]
}

pub fn silu<B: Backend>(backend: &B, x: &[f32]) -> Results {
    let (x, mut y) = (Argument::given(backend, x), Argument::fresh(backend, x.len()));
    ops::silu(backend, x.to_read(), y.to_write());
    vec![y.read()]
}

pub fn silu_backward<B: Backend>(backend: &B, x: &[f32], dy: &[f32]) -> Results {
    let (x, mut dy) = (Argument::given(backend, x), Argument::given(backend, dy));
    ops::silu_backward(backend, x.to_read(), dy.to_write());
    vec![dy.read()]
}

/// `c` is given where the product adds to it.
pub fn matmul<B: Backend>(
    backend: &B,
    shape: MatmulShape,
    a: &[f32],
    b: &[f32],
    bias: Option<&[f32]>,
    relu: bool,
    c: Option<&[f32]>,
) -> Results {
    let (a, b) = (Argument::given(backend, a), Argument::given(backend, b));
    let bias = bias.map(|bias| Argument::given(backend, bias));
    let accumulate = c.is_some();
    let mut c = match c {
        Some(c) => Argument::given(backend, c),
        None => Argument::fresh(backend, shape.m * shape.n),
    };
    let epilogue = Epilogue { bias: bias.as_ref().map(Argument::to_read), relu, accumulate };
    ops::matmul(backend, shape, a.to_read(), b.to_read(), c.to_write(), epilogue);
    vec![c.read()]
}

pub fn column_sums<B: Backend>(backend: &B, x: &[f32], into: &[f32]) -> Results {
    let (x, mut into) = (Argument::given(backend, x), Argument::given(backend, into));
    ops::column_sums(backend, into.len, x.to_read(), into.to_write());
    vec![into.read()]
}

/// `[y, stats]`.
pub fn layer_norm<B: Backend>(backend: &B, x: &[f32], gamma: &[f32], beta: &[f32]) -> Results {
    let width = gamma.len();
    let (x, gamma) = (Argument::given(backend, x), Argument::given(backend, gamma));
    let beta = Argument::given(backend, beta);
    let mut y = Argument::fresh(backend, x.len);
    let mut stats = Argument::fresh(backend, x.len / width * 2);
    let (gamma, beta) = (gamma.to_read(), beta.to_read());
    ops::layer_norm(backend, x.to_read(), gamma, beta, y.to_write(), stats.to_write());
    vec![y.read(), stats.read()]
}

/// `[dx, dgamma, dbeta]`, all of which accumulate.
pub fn layer_norm_backward<B: Backend>(
    backend: &B,
    x: &[f32],
    gamma: &[f32],
    dy: &[f32],
    [dx, dgamma, dbeta]: [&[f32]; 3],
) -> Results {
    let stats = &layer_norm(backend, x, gamma, gamma)[1];
    let given = |data| Argument::given(backend, data);
    let (x, gamma, stats, dy) = (given(x), given(gamma), given(stats), given(dy));
    let (mut dx, mut pair) = (given(dx), Pair::given(backend, dgamma, dbeta));
    ops::layer_norm_backward(
        backend,
        x.to_read(),
        gamma.to_read(),
        stats.to_read(),
        dy.to_read(),
        dx.to_write(),
        pair.to_write(),
    );
    let [dgamma, dbeta] = pair.read();
    vec![dx.read(), dgamma, dbeta]
}

/// `[out, p]`.
pub fn attention<B: Backend>(backend: &B, shape: AttentionShape, q: &[f32], kv: &[f32]) -> Results {
    let (q, kv) = (Argument::given(backend, q), Argument::given(backend, kv));
    let mut out = Argument::fresh(backend, q.len);
    let mut p = Argument::fresh(backend, shape.batch * shape.heads * shape.queries * shape.keys);
    ops::attention(backend, shape, q.to_read(), kv.to_read(), out.to_write(), p.to_write());
    vec![out.read(), p.read()]
}

/// `[dq, dkv]`.
pub fn attention_backward<B: Backend>(
    backend: &B,
    shape: AttentionShape,
    q: &[f32],
    kv: &[f32],
    dout: &[f32],
) -> Results {
    let p = &attention(backend, shape, q, kv)[1];
    let given = |data| Argument::given(backend, data);
    let (q, kv, p, dout) = (given(q), given(kv), given(p), given(dout));
    let (mut dq, mut dkv) = (Argument::fresh(backend, q.len), Argument::fresh(backend, kv.len));
    ops::attention_backward(
        backend,
        shape,
        q.to_read(),
        kv.to_read(),
        p.to_read(),
        dout.to_read(),
        dq.to_write(),
        dkv.to_write(),
    );
    vec![dq.read(), dkv.read()]
}

pub fn embed_tokens<B: Backend>(
    backend: &B,
    shape: TokenShape,
    value: &[f32],
    w: &[f32],
    b: &[f32],
) -> Results {
    let (value, w, b) =
        (Argument::given(backend, value), Argument::given(backend, w), Argument::given(backend, b));
    let mut out = Argument::fresh(backend, value.len * shape.width);
    ops::embed_tokens(backend, shape, value.to_read(), w.to_read(), b.to_read(), out.to_write());
    vec![out.read()]
}

/// `[dw, db]`, both of which accumulate.
pub fn embed_tokens_backward<B: Backend>(
    backend: &B,
    shape: TokenShape,
    value: &[f32],
    dout: &[f32],
    [dw, db]: [&[f32]; 2],
) -> Results {
    let (value, dout) = (Argument::given(backend, value), Argument::given(backend, dout));
    let mut pair = Pair::given(backend, dw, db);
    let (value, dout) = (value.to_read(), dout.to_read());
    ops::embed_tokens_backward(backend, shape, value, dout, pair.to_write());
    pair.read().to_vec()
}

pub fn project_tokens<B: Backend>(
    backend: &B,
    shape: TokenShape,
    x: &[f32],
    w: &[f32],
    b: &[f32],
) -> Results {
    let (x, w, b) = (Argument::given(backend, x), Argument::given(backend, w), Argument::given(backend, b));
    let mut out = Argument::fresh(backend, shape.rows * shape.tokens);
    ops::project_tokens(backend, shape, x.to_read(), w.to_read(), b.to_read(), out.to_write());
    vec![out.read()]
}

/// `[dx, dw, db]`; the first is overwritten, the others accumulate.
pub fn project_tokens_backward<B: Backend>(
    backend: &B,
    shape: TokenShape,
    x: &[f32],
    w: &[f32],
    dout: &[f32],
    [dw, db]: [&[f32]; 2],
) -> Results {
    let given = |data| Argument::given(backend, data);
    let (x, w, dout, mut pair) = (given(x), given(w), given(dout), Pair::given(backend, dw, db));
    let mut dx = Argument::fresh(backend, x.len);
    ops::project_tokens_backward(
        backend,
        shape,
        x.to_read(),
        w.to_read(),
        dout.to_read(),
        dx.to_write(),
        pair.to_write(),
    );
    let [dw, db] = pair.read();
    vec![dx.read(), dw, db]
}

pub fn time_features<B: Backend>(backend: &B, width: usize, t: &[f32]) -> Results {
    let t = Argument::given(backend, t);
    let mut features = Argument::fresh(backend, t.len * width);
    ops::time_features(backend, width, t.to_read(), features.to_write());
    vec![features.read()]
}

pub fn mix_condition<B: Backend>(
    backend: &B,
    shape: ConditionShape,
    keep: &[f32],
    null: &[f32],
    time: &[f32],
    tokens: &[f32],
) -> Results {
    let given = |data| Argument::given(backend, data);
    let (keep, null, time, mut tokens) = (given(keep), given(null), given(time), given(tokens));
    ops::mix_condition(backend, shape, keep.to_read(), null.to_read(), time.to_read(), tokens.to_write());
    vec![tokens.read()]
}

/// `[dtokens, dnull, dtime]`; the second accumulates.
pub fn mix_condition_backward<B: Backend>(
    backend: &B,
    shape: ConditionShape,
    keep: &[f32],
    dtokens: &[f32],
    dnull: &[f32],
) -> Results {
    let given = |data| Argument::given(backend, data);
    let (keep, mut dtokens, mut dnull) = (given(keep), given(dtokens), given(dnull));
    let mut dtime = Argument::fresh(backend, shape.rows * shape.width);
    let (dtokens_view, dnull_view) = (dtokens.to_write(), dnull.to_write());
    ops::mix_condition_backward(backend, shape, keep.to_read(), dtokens_view, dnull_view, dtime.to_write());
    vec![dtokens.read(), dnull.read(), dtime.read()]
}

/// `[xt, v]`.
pub fn diffuse<B: Backend>(backend: &B, x0: &[f32], noise: &[f32], alpha: &[f32], sigma: &[f32]) -> Results {
    let width = x0.len() / alpha.len();
    let given = |data| Argument::given(backend, data);
    let (x0, noise, alpha, sigma) = (given(x0), given(noise), given(alpha), given(sigma));
    let (mut xt, mut v) = (Argument::fresh(backend, x0.len), Argument::fresh(backend, x0.len));
    let (alpha, sigma) = (alpha.to_read(), sigma.to_read());
    ops::diffuse(backend, width, x0.to_read(), noise.to_read(), alpha, sigma, xt.to_write(), v.to_write());
    vec![xt.read(), v.read()]
}

/// `[gradient, loss]`; the loss accumulates.
pub fn squared_error<B: Backend>(
    backend: &B,
    scale: f32,
    prediction: &[f32],
    target: &[f32],
    loss: f32,
) -> Results {
    let (prediction, target) = (Argument::given(backend, prediction), Argument::given(backend, target));
    let mut gradient = Argument::fresh(backend, prediction.len);
    let mut loss = Argument::given(backend, &[loss]);
    let (p, t) = (prediction.to_read(), target.to_read());
    ops::squared_error(backend, scale, p, t, gradient.to_write(), loss.to_write());
    vec![gradient.read(), loss.read()]
}

pub fn sum_of_squares<B: Backend>(backend: &B, x: &[f32]) -> Results {
    let x = Argument::given(backend, x);
    let mut into = Argument::fresh(backend, 1);
    ops::sum_of_squares(backend, x.to_read(), into.to_write());
    vec![into.read()]
}

/// `[weights, first, second, ema]`.
pub fn adam_w<B: Backend>(
    backend: &B,
    settings: AdamW,
    gradients: &[f32],
    mask: &[f32],
    [weights, first, second, ema]: [&[f32]; 4],
) -> Results {
    let given = |data| Argument::given(backend, data);
    let (gradients, mask) = (given(gradients), given(mask));
    let (mut weights, mut first, mut second, mut ema) =
        (given(weights), given(first), given(second), given(ema));
    let mut square_norm = Argument::fresh(backend, 1);
    ops::sum_of_squares(backend, gradients.to_read(), square_norm.to_write());
    ops::adam_w(
        backend,
        settings,
        gradients.to_read(),
        mask.to_read(),
        square_norm.to_read(),
        weights.to_write(),
        first.to_write(),
        second.to_write(),
        ema.to_write(),
    );
    vec![weights.read(), first.read(), second.read(), ema.read()]
}

pub fn normal<B: Backend>(backend: &B, len: usize, seed: u64, stream: u64) -> Results {
    let mut into = Argument::fresh(backend, len);
    ops::normal(backend, into.to_write(), seed, stream);
    vec![into.read()]
}

pub fn dropout<B: Backend>(backend: &B, x: &[f32], p: f32, seed: u64, stream: u64) -> Results {
    let mut into = Argument::given(backend, x);
    ops::dropout(backend, into.to_write(), p, seed, stream);
    vec![into.read()]
}
