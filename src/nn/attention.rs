//! A pre-norm attention sub-layer, `x ← x + dropout(attend(norm(x), context)·W + b)`, self- or cross-.
//!
//! Self-attention is the same layer whose context is its own normalised input. Queries have one
//! matrix, keys and values one fused matrix.

use super::dropout::Dropout;
use super::layers::{LayerNorm, Linear};
use super::{Layout, Pass};
use crate::tensor::{AttentionShape, AttentionSlots, Backend, Rows, ops};

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
    normal: Rows<B>,
    stats: Rows<B>,
    q: Rows<B>,
    kv: Rows<B>,
    p: Rows<B>,
    attended: Rows<B>,
}

/// Scratch that all attention layers of a network share.
pub struct AttentionScratch<B: Backend> {
    dnormal: Rows<B>,
    dq: Rows<B>,
    dkv: Rows<B>,
    dattended: Rows<B>,
}

/// Gradients that flow through the layer.
pub struct AttentionGradients<'a, B: Backend> {
    /// `[rows,queries,width]`: the residual stream's gradient; in: of the output, out: of the input.
    pub dx: &'a mut Rows<B>,
    /// `[rows,queries,width]`: `dx` as it came in, with dropout applied to the branch.
    pub branch: &'a mut Rows<B>,
    /// `[rows,keys,width]`, accumulates: the context's gradient of a cross-attention.
    pub dcontext: &'a mut Rows<B>,
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

    /// Where its weights are, from an element of the arena on.
    pub fn slots(&self, from: usize) -> AttentionSlots {
        AttentionSlots {
            norm: self.norm.slots(from),
            query: self.query.slots(from),
            key_value: self.key_value.slots(from),
            output: self.output.slots(from),
        }
    }

    /// Memory for a pass of up to `rows` rows.
    pub fn state<B: Backend>(&self, backend: &B, rows: usize) -> AttentionState<B> {
        let alloc = |width| Rows::new(backend, rows, width);
        let x = self.queries * self.width;
        AttentionState {
            normal: alloc(x),
            stats: alloc(self.queries * 2),
            q: alloc(x),
            kv: alloc(self.keys * 2 * self.width),
            p: alloc(self.heads * self.queries * self.keys),
            attended: alloc(x),
        }
    }

    /// Scratch for backward passes of up to `rows` rows of up to `keys` keys.
    pub fn scratch<B: Backend>(&self, backend: &B, rows: usize, keys: usize) -> AttentionScratch<B> {
        let alloc = |width| Rows::new(backend, rows, width);
        let x = self.queries * self.width;
        AttentionScratch {
            dnormal: alloc(x),
            dq: alloc(x),
            dkv: alloc(keys * 2 * self.width),
            dattended: alloc(x),
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
        x: &Rows<B>,
        context: &Rows<B>,
        state: &mut AttentionState<B>,
        y: &mut Rows<B>,
    ) {
        let shape = self.shape(pass);
        let (rows, key_rows) = (pass.rows, shape.key_batch);
        let AttentionState { normal, stats, q, kv, p, attended } = state;
        self.norm.forward(backend, weights, x.rows(rows), normal.rows_mut(rows), stats.rows_mut(rows));
        self.query.forward(backend, weights, normal.rows(rows), q.rows_mut(rows));
        let source = if self.cross { context } else { &*normal };
        self.key_value.forward(backend, weights, source.rows(key_rows), kv.rows_mut(key_rows));
        let (into, p) = (attended.rows_mut(rows), p.rows_mut(rows));
        ops::attention(backend, shape, q.rows(rows), kv.rows(key_rows), into, p);
        dropout.residual(backend, &self.output, weights, attended.rows(rows), x.rows(rows), y.rows_mut(rows));
    }

    /// The layer's gradients; `scratch` and `flow.branch` may hold anything before.
    #[allow(clippy::too_many_arguments)]
    pub fn backward<B: Backend>(
        &self,
        backend: &B,
        weights: &B::Buffer,
        pass: Pass,
        dropout: Dropout,
        x: &Rows<B>,
        context: &Rows<B>,
        state: &AttentionState<B>,
        scratch: &mut AttentionScratch<B>,
        flow: AttentionGradients<B>,
        gradients: &mut B::Buffer,
    ) {
        let shape = self.shape(pass);
        let rows = pass.rows;
        let AttentionState { normal, stats, q, kv, p, attended } = state;
        let AttentionScratch { dnormal, dq, dkv, dattended } = scratch;
        // the scratch's is as wide as the longest context
        let kv_width = self.keys * 2 * self.width;
        let dy = dropout.backward(backend, flow.dx.rows(rows), flow.branch.rows_mut(rows));
        self.output.backward_weights(backend, attended.rows(rows), dy, gradients);
        self.output.backward_input(backend, weights, dy, dattended.rows_mut(rows), false);
        ops::attention_backward(
            backend,
            shape,
            q.rows(rows),
            kv.rows(rows),
            p.rows(rows),
            dattended.rows(rows),
            dq.rows_mut(rows),
            dkv.narrow_mut(rows, kv_width),
        );
        let dkv = dkv.narrow(rows, kv_width);
        let source = if self.cross { context } else { normal };
        self.query.backward_weights(backend, normal.rows(rows), dq.rows(rows), gradients);
        self.key_value.backward_weights(backend, source.rows(rows), dkv, gradients);
        self.query.backward_input(backend, weights, dq.rows(rows), dnormal.rows_mut(rows), false);
        let dsource = if self.cross { flow.dcontext } else { &mut *dnormal };
        self.key_value.backward_input(backend, weights, dkv, dsource.rows_mut(rows), true);
        let (stats, dnormal) = (stats.rows(rows), dnormal.rows(rows));
        let dx = flow.dx.rows_mut(rows);
        self.norm.backward(backend, weights, x.rows(rows), stats, dnormal, dx, gradients);
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
