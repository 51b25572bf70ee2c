//! Every operation from host data to host data. What an operation overwrites starts as NaN; what it
//! changes or adds to is given.

use super::{Argument, Pair};
use crate::tensor::{
    AdamW, AttentionShape, Backend, ConditionShape, Epilogue, FilmShape, Loss, MatmulShape, TokenShape,
    UnaryOp, ops,
};

/// What an operation leaves in memory.
pub type Results = Vec<Vec<f32>>;

pub fn fill<B: Backend>(backend: &B, len: usize, value: f32) -> Results {
    let mut into = Argument::fresh(backend, len);
    ops::fill(backend, into.writable(), value);
    vec![into.read()]
}

pub fn copy<B: Backend>(backend: &B, from: &[f32]) -> Results {
    let from = Argument::given(backend, from);
    let mut into = Argument::fresh(backend, from.len);
    ops::copy(backend, from.readable(), into.writable());
    vec![into.read(), from.read()]
}

pub fn add<B: Backend>(backend: &B, from: &[f32], into: &[f32]) -> Results {
    let (from, mut into) = (Argument::given(backend, from), Argument::given(backend, into));
    ops::add(backend, from.readable(), into.writable());
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
    ops::combine(backend, into.writable(), a, (b, x.readable()), (c, y.readable()));
    vec![into.read()]
}

pub fn unary<B: Backend>(backend: &B, op: UnaryOp, x: &[f32]) -> Results {
    let (x, mut y) = (Argument::given(backend, x), Argument::fresh(backend, x.len()));
    ops::unary(backend, op, x.readable(), y.writable());
    vec![y.read()]
}

pub fn unary_backward<B: Backend>(backend: &B, op: UnaryOp, x: &[f32], dy: &[f32]) -> Results {
    let (x, mut dy) = (Argument::given(backend, x), Argument::given(backend, dy));
    ops::unary_backward(backend, op, x.readable(), dy.writable());
    vec![dy.read()]
}

pub fn clamp<B: Backend>(backend: &B, into: &[f32], low: f32, high: f32) -> Results {
    let mut into = Argument::given(backend, into);
    ops::clamp(backend, into.writable(), low, high);
    vec![into.read()]
}

pub fn prelu<B: Backend>(backend: &B, x: &[f32], slope: &[f32]) -> Results {
    let (x, slope) = (Argument::given(backend, x), Argument::given(backend, slope));
    let mut y = Argument::fresh(backend, x.len);
    ops::prelu(backend, x.readable(), slope.readable(), y.writable());
    vec![y.read()]
}

/// `[dy, dslope]`; the second accumulates.
pub fn prelu_backward<B: Backend>(
    backend: &B,
    x: &[f32],
    slope: &[f32],
    dy: &[f32],
    dslope: &[f32],
) -> Results {
    let given = |data| Argument::given(backend, data);
    let (x, slope, mut dy, mut dslope) = (given(x), given(slope), given(dy), given(dslope));
    ops::prelu_backward(backend, x.readable(), slope.readable(), dy.writable(), dslope.writable());
    vec![dy.read(), dslope.read()]
}

pub fn film<B: Backend>(backend: &B, shape: FilmShape, gamma_beta: &[f32], t: &[f32], x: &[f32]) -> Results {
    let given = |data| Argument::given(backend, data);
    let (gamma_beta, t, mut x) = (given(gamma_beta), given(t), given(x));
    ops::film(backend, shape, gamma_beta.readable(), t.readable(), x.writable());
    vec![x.read()]
}

/// `[dgamma_dbeta, dt]`.
pub fn film_backward<B: Backend>(
    backend: &B,
    shape: FilmShape,
    gamma_beta: &[f32],
    t: &[f32],
    dx: &[f32],
) -> Results {
    let given = |data| Argument::given(backend, data);
    let (gamma_beta, t, dx) = (given(gamma_beta), given(t), given(dx));
    let mut dgamma_dbeta = Argument::fresh(backend, gamma_beta.len);
    let mut dt = Argument::fresh(backend, t.len);
    let (gamma_beta, t, dx) = (gamma_beta.readable(), t.readable(), dx.readable());
    ops::film_backward(backend, shape, gamma_beta, t, dx, dgamma_dbeta.writable(), dt.writable());
    vec![dgamma_dbeta.read(), dt.read()]
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
    let epilogue = Epilogue { bias: bias.as_ref().map(Argument::readable), relu, accumulate };
    ops::matmul(backend, shape, a.readable(), b.readable(), c.writable(), epilogue);
    vec![c.read()]
}

pub fn column_sums<B: Backend>(backend: &B, x: &[f32], into: &[f32]) -> Results {
    let (x, mut into) = (Argument::given(backend, x), Argument::given(backend, into));
    ops::column_sums(backend, into.len, x.readable(), into.writable());
    vec![into.read()]
}

/// `[y, stats]`.
pub fn layer_norm<B: Backend>(backend: &B, x: &[f32], gamma: &[f32], beta: &[f32]) -> Results {
    let width = gamma.len();
    let (x, gamma) = (Argument::given(backend, x), Argument::given(backend, gamma));
    let beta = Argument::given(backend, beta);
    let mut y = Argument::fresh(backend, x.len);
    let mut stats = Argument::fresh(backend, x.len / width * 2);
    let (gamma, beta) = (gamma.readable(), beta.readable());
    ops::layer_norm(backend, x.readable(), gamma, beta, y.writable(), stats.writable());
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
        x.readable(),
        gamma.readable(),
        stats.readable(),
        dy.readable(),
        dx.writable(),
        pair.writable(),
    );
    let [dgamma, dbeta] = pair.read();
    vec![dx.read(), dgamma, dbeta]
}

/// `[out]`.
pub fn attention<B: Backend>(backend: &B, shape: AttentionShape, q: &[f32], kv: &[f32]) -> Results {
    let [out, _] = attention_and_p(backend, shape, q, kv);
    vec![out]
}

/// `[out, p]`; the order of `p` is the device's own.
fn attention_and_p<B: Backend>(backend: &B, shape: AttentionShape, q: &[f32], kv: &[f32]) -> [Vec<f32>; 2] {
    let (q, kv) = (Argument::given(backend, q), Argument::given(backend, kv));
    let mut out = Argument::fresh(backend, q.len);
    let mut p = Argument::fresh(backend, shape.batch * shape.heads * shape.queries * shape.keys);
    ops::attention(backend, shape, q.readable(), kv.readable(), out.writable(), p.writable());
    [out.read(), p.read()]
}

/// `[dq, dkv]`.
pub fn attention_backward<B: Backend>(
    backend: &B,
    shape: AttentionShape,
    q: &[f32],
    kv: &[f32],
    dout: &[f32],
) -> Results {
    let [_, p] = &attention_and_p(backend, shape, q, kv);
    let given = |data| Argument::given(backend, data);
    let (q, kv, p, dout) = (given(q), given(kv), given(p), given(dout));
    let (mut dq, mut dkv) = (Argument::fresh(backend, q.len), Argument::fresh(backend, kv.len));
    ops::attention_backward(
        backend,
        shape,
        q.readable(),
        kv.readable(),
        p.readable(),
        dout.readable(),
        dq.writable(),
        dkv.writable(),
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
    ops::embed_tokens(backend, shape, value.readable(), w.readable(), b.readable(), out.writable());
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
    let (value, dout) = (value.readable(), dout.readable());
    ops::embed_tokens_backward(backend, shape, value, dout, pair.writable());
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
    ops::project_tokens(backend, shape, x.readable(), w.readable(), b.readable(), out.writable());
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
        x.readable(),
        w.readable(),
        dout.readable(),
        dx.writable(),
        pair.writable(),
    );
    let [dw, db] = pair.read();
    vec![dx.read(), dw, db]
}

pub fn time_features<B: Backend>(backend: &B, width: usize, t: &[f32]) -> Results {
    let t = Argument::given(backend, t);
    let mut features = Argument::fresh(backend, t.len * width);
    ops::time_features(backend, width, t.readable(), features.writable());
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
    ops::mix_condition(backend, shape, keep.readable(), null.readable(), time.readable(), tokens.writable());
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
    let (dtokens_view, dnull_view) = (dtokens.writable(), dnull.writable());
    ops::mix_condition_backward(backend, shape, keep.readable(), dtokens_view, dnull_view, dtime.writable());
    vec![dtokens.read(), dnull.read(), dtime.read()]
}

/// `[gradient, total]`; the total accumulates.
pub fn loss<B: Backend>(
    backend: &B,
    loss: Loss,
    scale: f32,
    prediction: &[f32],
    target: &[f32],
    total: f32,
) -> Results {
    let (prediction, target) = (Argument::given(backend, prediction), Argument::given(backend, target));
    let mut gradient = Argument::fresh(backend, prediction.len);
    let mut total = Argument::given(backend, &[total]);
    let (p, t) = (prediction.readable(), target.readable());
    ops::loss(backend, loss, scale, p, t, gradient.writable(), total.writable());
    vec![gradient.read(), total.read()]
}

pub fn sum_of_squares<B: Backend>(backend: &B, x: &[f32]) -> Results {
    let x = Argument::given(backend, x);
    let mut into = Argument::fresh(backend, 1);
    ops::sum_of_squares(backend, x.readable(), into.writable());
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
    ops::sum_of_squares(backend, gradients.readable(), square_norm.writable());
    ops::adam_w(
        backend,
        settings,
        gradients.readable(),
        mask.readable(),
        square_norm.readable(),
        weights.writable(),
        first.writable(),
        second.writable(),
        ema.writable(),
    );
    vec![weights.read(), first.read(), second.read(), ema.read()]
}

pub fn normal<B: Backend>(backend: &B, len: usize, seed: u64, stream: u64) -> Results {
    let mut into = Argument::fresh(backend, len);
    ops::normal(backend, into.writable(), seed, stream);
    vec![into.read()]
}

pub fn dropout<B: Backend>(backend: &B, x: &[f32], p: f32, seed: u64, stream: u64) -> Results {
    let mut into = Argument::given(backend, x);
    ops::dropout(backend, into.writable(), p, seed, stream);
    vec![into.read()]
}
