//! A pre-norm attention sub-layer, `x ← x + dropout(attend(norm(x), context)·W + b)`, self- or cross-.
//!
//! Self-attention is the same layer whose context is its own normalised input. Queries have one
//! matrix, keys and values one fused matrix.

use super::layers::{LayerNorm, Linear};
use super::{Layout, Pass};
use crate::tensor::ops::{self, head, head_mut};
use crate::tensor::{AttentionShape, Backend};

/// The layer: slots and sizes.
#[derive(Clone, Copy, Debug)]
pub struct AttentionLayer {
    norm: LayerNorm,
    query: Linear,
    key_value: Linear,
    output: Linear,
    heads: usize,
    width: usize,
    queries: usize,
    keys: usize,
    cross: bool,
}

/// What the backward pass needs of one layer's forward pass.
pub struct AttentionState<B: Backend> {
    normal: B::Buffer,
    stats: B::Buffer,
    q: B::Buffer,
    kv: B::Buffer,
    p: B::Buffer,
    attended: B::Buffer,
}

/// Scratch that all attention layers of a network share.
pub struct AttentionScratch<B: Backend> {
    dnormal: B::Buffer,
    dq: B::Buffer,
    dkv: B::Buffer,
    dattended: B::Buffer,
}

/// Gradients that flow through the layer.
pub struct AttentionGradients<'a, B: Backend> {
    /// `[rows,queries,width]`: the residual stream's gradient; in: of the output, out: of the input.
    pub dx: &'a mut B::Buffer,
    /// `[rows,queries,width]`: `dx` as it came in, with dropout applied to the branch.
    pub branch: &'a mut B::Buffer,
    /// `[rows,keys,width]`, accumulates: the context's gradient of a cross-attention.
    pub dcontext: &'a mut B::Buffer,
}

impl AttentionLayer {
    /// Declares the layer: `queries` tokens of `width` attend to `keys` tokens of the same width, which
    /// are a context's if `cross`, else their own. `gain` scales the output's initial weights.
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        layout: &mut Layout,
        name: &str,
        width: usize,
        heads: usize,
        queries: usize,
        keys: usize,
        cross: bool,
        gain: f32,
    ) -> AttentionLayer {
        AttentionLayer {
            norm: LayerNorm::new(layout, &format!("{name}.norm"), width),
            query: Linear::new(layout, &format!("{name}.query"), width, width, 1.0),
            key_value: Linear::new(layout, &format!("{name}.key_value"), width, 2 * width, 1.0),
            output: Linear::new(layout, &format!("{name}.output"), width, width, gain),
            heads,
            width,
            queries,
            keys,
            cross,
        }
    }

    /// Memory for a pass of up to `rows` rows.
    pub fn state<B: Backend>(&self, backend: &B, rows: usize) -> AttentionState<B> {
        let x = rows * self.queries * self.width;
        AttentionState {
            normal: backend.alloc(x),
            stats: backend.alloc(rows * self.queries * 2),
            q: backend.alloc(x),
            kv: backend.alloc(rows * self.keys * 2 * self.width),
            p: backend.alloc(rows * self.heads * self.queries * self.keys),
            attended: backend.alloc(x),
        }
    }

    /// Scratch for backward passes of up to `rows` rows of up to `keys` keys.
    pub fn scratch<B: Backend>(&self, backend: &B, rows: usize, keys: usize) -> AttentionScratch<B> {
        let x = rows * self.queries * self.width;
        AttentionScratch {
            dnormal: backend.alloc(x),
            dq: backend.alloc(x),
            dkv: backend.alloc(rows * keys * 2 * self.width),
            dattended: backend.alloc(x),
        }
    }

    fn shape(&self, pass: Pass) -> AttentionShape {
        AttentionShape {
            batch: pass.rows,
            key_batch: if self.cross { pass.condition_rows } else { pass.rows },
            heads: self.heads,
            queries: self.queries,
            keys: self.keys,
            width: self.width,
        }
    }

    /// `y = x + dropout(…)`, `x[rows,queries,width]`, `context[condition_rows,keys,width]` (unused
    /// without `cross`). `y` may not be `x`.
    #[allow(clippy::too_many_arguments)]
    pub fn forward<B: Backend>(
        &self,
        backend: &B,
        weights: &B::Buffer,
        pass: Pass,
        dropout: Dropout,
        x: &B::Buffer,
        context: &B::Buffer,
        state: &mut AttentionState<B>,
        y: &mut B::Buffer,
    ) {
        let shape = self.shape(pass);
        let tokens = pass.rows * self.queries;
        let context_tokens = shape.key_batch * self.keys;
        let (n, stats) = (tokens * self.width, tokens * 2);
        let kv = context_tokens * 2 * self.width;
        let p = pass.rows * self.heads * self.queries * self.keys;
        let (normal, stats) = (head_mut::<B>(&mut state.normal, n), head_mut::<B>(&mut state.stats, stats));
        self.norm.forward(backend, weights, head::<B>(x, n), normal, stats);
        let normal = head::<B>(&state.normal, n);
        self.query.forward(backend, weights, tokens, normal, head_mut::<B>(&mut state.q, n), false, false);
        let source = if self.cross { head::<B>(context, context_tokens * self.width) } else { normal };
        let keys_values = head_mut::<B>(&mut state.kv, kv);
        self.key_value.forward(backend, weights, context_tokens, source, keys_values, false, false);
        let (q, kv) = (head::<B>(&state.q, n), head::<B>(&state.kv, kv));
        let (attended, p) = (head_mut::<B>(&mut state.attended, n), head_mut::<B>(&mut state.p, p));
        ops::attention(backend, shape, q, kv, attended, p);
        let attended = head::<B>(&state.attended, n);
        dropout.residual(backend, &self.output, weights, tokens, (attended, head::<B>(x, n)), y, n);
    }

    /// The layer's gradients; `scratch` and `flow.branch` may hold anything before.
    #[allow(clippy::too_many_arguments)]
    pub fn backward<B: Backend>(
        &self,
        backend: &B,
        weights: &B::Buffer,
        pass: Pass,
        dropout: Dropout,
        x: &B::Buffer,
        context: &B::Buffer,
        state: &AttentionState<B>,
        scratch: &mut AttentionScratch<B>,
        flow: AttentionGradients<B>,
        gradients: &mut B::Buffer,
    ) {
        let shape = self.shape(pass);
        let tokens = pass.rows * self.queries;
        let context_tokens = pass.rows * self.keys;
        let n = tokens * self.width;
        let kv = context_tokens * 2 * self.width;
        let p = pass.rows * self.heads * self.queries * self.keys;
        let dy = dropout.backward(backend, flow.dx, flow.branch, n);
        let attended = head::<B>(&state.attended, n);
        self.output.backward_weights(backend, tokens, attended, dy, gradients);
        self.output.backward_input(
            backend,
            weights,
            tokens,
            dy,
            head_mut::<B>(&mut scratch.dattended, n),
            false,
        );
        ops::attention_backward(
            backend,
            shape,
            head::<B>(&state.q, n),
            head::<B>(&state.kv, kv),
            head::<B>(&state.p, p),
            head::<B>(&scratch.dattended, n),
            head_mut::<B>(&mut scratch.dq, n),
            head_mut::<B>(&mut scratch.dkv, kv),
        );
        let (dq, dkv) = (head::<B>(&scratch.dq, n), head::<B>(&scratch.dkv, kv));
        let normal = head::<B>(&state.normal, n);
        let source = if self.cross { head::<B>(context, context_tokens * self.width) } else { normal };
        self.query.backward_weights(backend, tokens, normal, dq, gradients);
        self.key_value.backward_weights(backend, context_tokens, source, dkv, gradients);
        self.query.backward_input(
            backend,
            weights,
            tokens,
            dq,
            head_mut::<B>(&mut scratch.dnormal, n),
            false,
        );
        let dsource = if self.cross {
            head_mut::<B>(flow.dcontext, context_tokens * self.width)
        } else {
            head_mut::<B>(&mut scratch.dnormal, n)
        };
        self.key_value.backward_input(backend, weights, context_tokens, dkv, dsource, true);
        let (stats, dnormal) = (head::<B>(&state.stats, tokens * 2), head::<B>(&scratch.dnormal, n));
        let dx = head_mut::<B>(flow.dx, n);
        self.norm.backward(backend, weights, head::<B>(x, n), stats, dnormal, dx, gradients);
    }

    /// Products of one forward pass.
    pub fn flop(&self, rows: usize, condition_rows: usize) -> f64 {
        let key_rows = if self.cross { condition_rows } else { rows };
        self.query.flop(rows * self.queries)
            + self.output.flop(rows * self.queries)
            + self.key_value.flop(key_rows * self.keys)
            + 4.0 * (rows * self.queries * self.keys * self.width) as f64
    }
}

/// Dropout of a residual branch: a probability and a stream of its own in each pass.
#[derive(Clone, Copy, Debug)]
pub struct Dropout {
    /// The probability; 0 for none.
    pub probability: f32,
    /// Seed and stream of this branch in this pass.
    pub stream: Option<(u64, u64)>,
}

impl Dropout {
    fn active(self) -> Option<(f32, u64, u64)> {
        self.stream.filter(|_| self.probability > 0.0).map(|(seed, stream)| (self.probability, seed, stream))
    }

    /// `y = x + dropout(branch·W + b)`; without dropout the product accumulates onto a copy of `x`.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn residual<B: Backend>(
        self,
        backend: &B,
        output: &Linear,
        weights: &B::Buffer,
        tokens: usize,
        (branch, x): (crate::tensor::View<B::Buffer>, crate::tensor::View<B::Buffer>),
        y: &mut B::Buffer,
        n: usize,
    ) {
        match self.active() {
            None => {
                ops::copy(backend, x, head_mut::<B>(y, n));
                output.forward(backend, weights, tokens, branch, head_mut::<B>(y, n), false, true);
            }
            Some((probability, seed, stream)) => {
                output.forward(backend, weights, tokens, branch, head_mut::<B>(y, n), false, false);
                ops::dropout(backend, head_mut::<B>(y, n), probability, seed, stream);
                ops::add(backend, x, head_mut::<B>(y, n));
            }
        }
    }

    /// The gradient that enters the branch: the stream's own without dropout, else a masked copy.
    pub(super) fn backward<'a, B: Backend>(
        self,
        backend: &B,
        dx: &'a B::Buffer,
        branch: &'a mut B::Buffer,
        n: usize,
    ) -> crate::tensor::View<'a, B::Buffer> {
        match self.active() {
            None => head::<B>(dx, n),
            Some((probability, seed, stream)) => {
                ops::copy(backend, head::<B>(dx, n), head_mut::<B>(branch, n));
                ops::dropout(backend, head_mut::<B>(branch, n), probability, seed, stream);
                head::<B>(branch, n)
            }
        }
    }
}
