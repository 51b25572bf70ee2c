//! The operations, with their mathematics and their shapes checked once, before dispatch.
//!
//! A wrong shape is a mistake in a network's code, not in the user's data, so it panics with the
//! operation's name. All functions take [`View`]s and [`ViewMut`]s, whole buffers mostly, or named parts of a
//! parameter arena.

use super::{
    AdamW, AttentionShape, Backend, ConditionShape, Epilogue, Loss, MatmulShape, PairMut, TokenShape, View,
    ViewMut,
};

mod activation;

pub use activation::{film, film_backward, prelu, prelu_backward, unary, unary_backward};

/// Parts of an arena start at multiples of this many elements: 256 bytes, the largest offset
/// alignment that WebGPU adapters ask for.
pub const ALIGNMENT: usize = 64;

/// A whole buffer, to read.
pub fn all<'a, B: Backend>(backend: &B, buffer: &'a B::Buffer) -> View<'a, B::Buffer> {
    View { len: backend.len(buffer), buffer, start: 0 }
}

/// A whole buffer, to write.
pub fn all_mut<'a, B: Backend>(backend: &B, buffer: &'a mut B::Buffer) -> ViewMut<'a, B::Buffer> {
    ViewMut { len: backend.len(buffer), buffer, start: 0 }
}

fn expect(operation: &str, argument: &str, found: usize, expected: usize) {
    assert!(found == expected, "{operation}: {argument} has {found} elements, not {expected}");
}

/// `C = relu?(accumulate?·C + A·B + bias)` with `C[m,n]` and one of
/// `A[m,k]·B[k,n]`, `A[m,k]·B[n,k]ᵀ`, `A[k,m]ᵀ·B[k,n]`; `bias[n]`. Cost 2·m·n·k.
pub fn matmul<B: Backend>(
    backend: &B,
    shape: MatmulShape,
    a: View<B::Buffer>,
    b: View<B::Buffer>,
    c: ViewMut<B::Buffer>,
    epilogue: Epilogue<B::Buffer>,
) {
    let MatmulShape { m, k, n, .. } = shape;
    expect("matmul", "A", a.len, m.saturating_mul(k));
    expect("matmul", "B", b.len, k.saturating_mul(n));
    expect("matmul", "C", c.len, m.saturating_mul(n));
    if let Some(bias) = epilogue.bias {
        expect("matmul", "bias", bias.len, n);
    }
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.matmul(shape, a, b, c, epilogue) };
}

/// `into[columns] += Σ_rows x[rows,columns]`: a bias's gradient.
pub fn column_sums<B: Backend>(backend: &B, columns: usize, x: View<B::Buffer>, into: ViewMut<B::Buffer>) {
    expect("column_sums", "the result", into.len, columns);
    expect("column_sums", "the remainder of x by columns", x.len % columns, 0);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.column_sums(columns, x, into) };
}

/// `y = γ·(x − mean)/σ + β` over each row of `width` (Ba et al. 2016), σ² with 1e-5 added;
/// `stats[rows,2]` keeps the mean and 1/σ.
pub fn layer_norm<B: Backend>(
    backend: &B,
    x: View<B::Buffer>,
    gamma: View<B::Buffer>,
    beta: View<B::Buffer>,
    y: ViewMut<B::Buffer>,
    stats: ViewMut<B::Buffer>,
) {
    let width = gamma.len;
    expect("layer_norm", "beta", beta.len, width);
    expect("layer_norm", "the remainder of x by width", x.len % width, 0);
    expect("layer_norm", "y", y.len, x.len);
    expect("layer_norm", "stats", stats.len, x.len / width * 2);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.layer_norm(width, x, gamma, beta, y, stats) };
}

/// With `x̂ = (x − mean)/σ` and `g = γ·dy`:
/// `dx += (g − mean(g) − x̂·mean(g·x̂))/σ`, `dγ += Σ dy·x̂`, `dβ += Σ dy`.
/// `dx` accumulates because a layer norm reads a residual stream whose gradient flows around it.
#[allow(clippy::too_many_arguments)]
pub fn layer_norm_backward<B: Backend>(
    backend: &B,
    x: View<B::Buffer>,
    gamma: View<B::Buffer>,
    stats: View<B::Buffer>,
    dy: View<B::Buffer>,
    dx: ViewMut<B::Buffer>,
    dgamma_dbeta: PairMut<B::Buffer>,
) {
    let width = gamma.len;
    expect("layer_norm_backward", "dy", dy.len, x.len);
    expect("layer_norm_backward", "dx", dx.len, x.len);
    expect("layer_norm_backward", "stats", stats.len, x.len / width * 2);
    expect("layer_norm_backward", "dgamma", dgamma_dbeta.first.1, width);
    expect("layer_norm_backward", "dbeta", dgamma_dbeta.second.1, width);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.layer_norm_backward(width, x, gamma, stats, dy, dx, dgamma_dbeta) };
}

/// Multi-head attention (Vaswani et al. 2017, equation 1), heads side by side in the channels:
/// `q[batch,queries,width]`, `kv[key_batch,keys,2·width]` with the keys in the first half of each token
/// and the values in the second, `out[batch,queries,width] = p·v`, `p = softmax(q·kᵀ/√(width/heads))`; `p` is kept
/// for the backward pass, all `batch·heads·queries·keys` of it, in whatever order suits the device.
pub fn attention<B: Backend>(
    backend: &B,
    shape: AttentionShape,
    q: View<B::Buffer>,
    kv: View<B::Buffer>,
    out: ViewMut<B::Buffer>,
    p: ViewMut<B::Buffer>,
) {
    check_attention("attention", shape, q.len, kv.len, p.len);
    expect("attention", "out", out.len, q.len);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.attention(shape, q, kv, out, p) };
}

fn check_attention(operation: &str, s: AttentionShape, q: usize, kv: usize, p: usize) {
    assert!(s.key_batch == s.batch || s.key_batch == 1, "{operation}: key_batch {}", s.key_batch);
    expect(operation, "the remainder of width by heads", s.width % s.heads, 0);
    expect(operation, "q", q, s.batch * s.queries * s.width);
    expect(operation, "kv", kv, s.key_batch * s.keys * 2 * s.width);
    expect(operation, "p", p, s.batch * s.heads * s.queries * s.keys);
}

/// `dv = pᵀ·dout`, `ds = p·(dp − Σ p·dp)` with `dp = dout·vᵀ`, `dq = ds·k/√d`, `dk = dsᵀ·q/√d`.
#[allow(clippy::too_many_arguments)]
pub fn attention_backward<B: Backend>(
    backend: &B,
    shape: AttentionShape,
    q: View<B::Buffer>,
    kv: View<B::Buffer>,
    p: View<B::Buffer>,
    dout: View<B::Buffer>,
    dq: ViewMut<B::Buffer>,
    dkv: ViewMut<B::Buffer>,
) {
    check_attention("attention_backward", shape, q.len, kv.len, p.len);
    expect("attention_backward", "key_batch", shape.key_batch, shape.batch);
    expect("attention_backward", "dout", dout.len, q.len);
    expect("attention_backward", "dq", dq.len, q.len);
    expect("attention_backward", "dkv", dkv.len, kv.len);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.attention_backward(shape, q, kv, p, dout, dq, dkv) };
}

/// One token a scalar, weights of its own: `out[r,t,:] = value[r,t]·w[t,:] + b[t,:]`.
pub fn embed_tokens<B: Backend>(
    backend: &B,
    shape: TokenShape,
    value: View<B::Buffer>,
    w: View<B::Buffer>,
    b: View<B::Buffer>,
    out: ViewMut<B::Buffer>,
) {
    let TokenShape { rows, tokens, width } = shape;
    expect("embed_tokens", "value", value.len, rows * tokens);
    expect("embed_tokens", "w", w.len, tokens * width);
    expect("embed_tokens", "b", b.len, tokens * width);
    expect("embed_tokens", "out", out.len, rows * tokens * width);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.embed_tokens(shape, value, w, b, out) };
}

/// `dw[t,:] += Σ_r value[r,t]·dout[r,t,:]`, `db[t,:] += Σ_r dout[r,t,:]`.
pub fn embed_tokens_backward<B: Backend>(
    backend: &B,
    shape: TokenShape,
    value: View<B::Buffer>,
    dout: View<B::Buffer>,
    dw_db: PairMut<B::Buffer>,
) {
    let TokenShape { rows, tokens, width } = shape;
    expect("embed_tokens_backward", "value", value.len, rows * tokens);
    expect("embed_tokens_backward", "dout", dout.len, rows * tokens * width);
    expect("embed_tokens_backward", "dw", dw_db.first.1, tokens * width);
    expect("embed_tokens_backward", "db", dw_db.second.1, tokens * width);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.embed_tokens_backward(shape, value, dout, dw_db) };
}

/// One scalar a token, weights of its own: `out[r,t] = x[r,t,:]·w[t,:] + b[t]`.
pub fn project_tokens<B: Backend>(
    backend: &B,
    shape: TokenShape,
    x: View<B::Buffer>,
    w: View<B::Buffer>,
    b: View<B::Buffer>,
    out: ViewMut<B::Buffer>,
) {
    let TokenShape { rows, tokens, width } = shape;
    expect("project_tokens", "x", x.len, rows * tokens * width);
    expect("project_tokens", "w", w.len, tokens * width);
    expect("project_tokens", "b", b.len, tokens);
    expect("project_tokens", "out", out.len, rows * tokens);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.project_tokens(shape, x, w, b, out) };
}

/// `dx[r,t,:] = dout[r,t]·w[t,:]`, `dw[t,:] += Σ_r dout[r,t]·x[r,t,:]`, `db[t] += Σ_r dout[r,t]`.
#[allow(clippy::too_many_arguments)]
pub fn project_tokens_backward<B: Backend>(
    backend: &B,
    shape: TokenShape,
    x: View<B::Buffer>,
    w: View<B::Buffer>,
    dout: View<B::Buffer>,
    dx: ViewMut<B::Buffer>,
    dw_db: PairMut<B::Buffer>,
) {
    let TokenShape { rows, tokens, width } = shape;
    expect("project_tokens_backward", "x", x.len, rows * tokens * width);
    expect("project_tokens_backward", "w", w.len, tokens * width);
    expect("project_tokens_backward", "dout", dout.len, rows * tokens);
    expect("project_tokens_backward", "dx", dx.len, x.len);
    expect("project_tokens_backward", "dw", dw_db.first.1, w.len);
    expect("project_tokens_backward", "db", dw_db.second.1, tokens);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.project_tokens_backward(shape, x, w, dout, dx, dw_db) };
}

/// Sinusoidal features of the timestep (Vaswani et al. 2017, section 3.5), `t[rows]` in 0 … 1000:
/// `[cos(t·f_i), sin(t·f_i)]`, `f_i = 10000^(−i/half)`, `half = width/2`, width even.
pub fn time_features<B: Backend>(
    backend: &B,
    width: usize,
    t: View<B::Buffer>,
    features: ViewMut<B::Buffer>,
) {
    expect("time_features", "the remainder of width by 2", width % 2, 0);
    expect("time_features", "features", features.len, t.len * width);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.time_features(width, t, features) };
}

/// Condition dropout and the time embedding, in place on `tokens[rows,tokens,width]`:
/// `tokens[r] ← (keep[r] > 0.5 ? tokens[r] : null) + time[r]`, `null[tokens,width]`, `time[rows,width]`,
/// `keep[rows]`.
pub fn mix_condition<B: Backend>(
    backend: &B,
    shape: ConditionShape,
    keep: View<B::Buffer>,
    null: View<B::Buffer>,
    time: View<B::Buffer>,
    tokens: ViewMut<B::Buffer>,
) {
    expect("mix_condition", "keep", keep.len, shape.rows);
    expect("mix_condition", "null", null.len, shape.tokens * shape.width);
    expect("mix_condition", "time", time.len, shape.rows * shape.width);
    expect("mix_condition", "tokens", tokens.len, shape.rows * shape.tokens * shape.width);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.mix_condition(shape, keep, null, time, tokens) };
}

/// `dtime[r] = Σ_t dtokens[r,t]`, `dnull += Σ_{r dropped} dtokens[r]`, then `dtokens[r] ← 0` where
/// the condition was dropped.
pub fn mix_condition_backward<B: Backend>(
    backend: &B,
    shape: ConditionShape,
    keep: View<B::Buffer>,
    dtokens: ViewMut<B::Buffer>,
    dnull: ViewMut<B::Buffer>,
    dtime: ViewMut<B::Buffer>,
) {
    expect("mix_condition_backward", "keep", keep.len, shape.rows);
    expect("mix_condition_backward", "dtokens", dtokens.len, shape.rows * shape.tokens * shape.width);
    expect("mix_condition_backward", "dnull", dnull.len, shape.tokens * shape.width);
    expect("mix_condition_backward", "dtime", dtime.len, shape.rows * shape.width);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.mix_condition_backward(shape, keep, dtokens, dnull, dtime) };
}

/// `total[0] += scale·Σ loss(p − t)`, `gradient = scale·loss'(p − t)`; each [`Loss`] has its formula in a file of its
/// own. A lane of a larger batch passes 1/(elements of the whole batch) as `scale`, so that lanes add up to the mean.
pub fn loss<B: Backend>(
    backend: &B,
    loss: Loss,
    scale: f32,
    prediction: View<B::Buffer>,
    target: View<B::Buffer>,
    gradient: ViewMut<B::Buffer>,
    total: ViewMut<B::Buffer>,
) {
    expect("loss", "target", target.len, prediction.len);
    expect("loss", "gradient", gradient.len, prediction.len);
    expect("loss", "the total", total.len, 1);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.loss(loss, scale, prediction, target, gradient, total) };
}

/// `into[0] = Σ x²`.
pub fn sum_of_squares<B: Backend>(backend: &B, x: View<B::Buffer>, into: ViewMut<B::Buffer>) {
    expect("sum_of_squares", "the result", into.len, 1);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.sum_of_squares(x, into) };
}

/// One AdamW step over a whole arena (see [`AdamW`]): with `g ← g·min(1, clip/‖g‖)`,
/// `m ← β₁m + (1−β₁)g`, `u ← β₂u + (1−β₂)g²`,
/// `w ← w − lr·(m̂/(√û + ε) + mask·decay·w)`, `ema ← d·ema + (1−d)·w`.
#[allow(clippy::too_many_arguments)]
pub fn adam_w<B: Backend>(
    backend: &B,
    settings: AdamW,
    gradients: View<B::Buffer>,
    mask: View<B::Buffer>,
    square_norm: View<B::Buffer>,
    weights: ViewMut<B::Buffer>,
    first: ViewMut<B::Buffer>,
    second: ViewMut<B::Buffer>,
    ema: ViewMut<B::Buffer>,
) {
    let len = weights.len;
    expect("adam_w", "gradients", gradients.len, len);
    expect("adam_w", "mask", mask.len, len);
    expect("adam_w", "square_norm", square_norm.len, 1);
    expect("adam_w", "the first moment", first.len, len);
    expect("adam_w", "the second moment", second.len, len);
    expect("adam_w", "the average", ema.len, len);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.adam_w(settings, gradients, mask, square_norm, weights, first, second, ema) };
}

/// `into = value`.
pub fn fill<B: Backend>(backend: &B, into: ViewMut<B::Buffer>, value: f32) {
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.fill(into, value) };
}

/// `into = from`.
pub fn copy<B: Backend>(backend: &B, from: View<B::Buffer>, into: ViewMut<B::Buffer>) {
    expect("copy", "the result", into.len, from.len);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.copy(from, into) };
}

/// `into += from`.
pub fn add<B: Backend>(backend: &B, from: View<B::Buffer>, into: ViewMut<B::Buffer>) {
    expect("add", "the result", into.len, from.len);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.add(from, into) };
}

/// `into = a·into + b·x + c·y`; what `into` held is ignored where `a` is 0.
pub fn combine<B: Backend>(
    backend: &B,
    into: ViewMut<B::Buffer>,
    a: f32,
    x: (f32, View<B::Buffer>),
    y: (f32, View<B::Buffer>),
) {
    expect("combine", "x", x.1.len, into.len);
    expect("combine", "y", y.1.len, into.len);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.combine(into, a, x.0, x.1, y.0, y.1) };
}

/// In place: `into = min(max(into, low), high)`.
pub fn clamp<B: Backend>(backend: &B, into: ViewMut<B::Buffer>, low: f32, high: f32) {
    assert!(low <= high, "clamp: from {low} to {high}");
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.clamp(into, low, high) };
}

/// Standard normal numbers: element `i` of the stream (see [`super::random`]); elements `4k … 4k+3`
/// are the two pairs of block `k`.
pub fn normal<B: Backend>(backend: &B, into: ViewMut<B::Buffer>, seed: u64, stream: u64) {
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.normal(into, seed, stream) };
}

/// In place: element `i` becomes 0 where `uniform(word i of the stream) < p`, else is divided by
/// `1 − p`. The backward pass is the same call on the gradient.
pub fn dropout<B: Backend>(backend: &B, into: ViewMut<B::Buffer>, p: f32, seed: u64, stream: u64) {
    assert!((0.0..1.0).contains(&p), "dropout: the probability {p} is not in 0 … 1");
    if p > 0.0 {
        // SAFETY: the lengths are those that the shapes give.
        unsafe { backend.dropout(into, p, seed, stream) };
    }
}

/// Writes host data.
pub fn write<B: Backend>(backend: &B, into: ViewMut<B::Buffer>, data: &[f32]) {
    expect("write", "the host's data", data.len(), into.len);
    // SAFETY: the lengths are those that the shapes give.
    unsafe { backend.write(into, data) };
}
