//! A pre-norm feed-forward sub-layer, `x ← x + dropout(relu(norm(x)·W₁ + b₁)·W₂ + b₂)`.

use super::dropout::Dropout;
use super::layers::{LayerNorm, Linear};
use super::{Layout, Pass};
use crate::tensor::{Affine, Backend, Rows, UnaryOp, ops};

/// The layer: slots and sizes.
#[derive(Clone, Copy, Debug)]
pub struct FeedForward {
    norm: LayerNorm,
    widen: Linear,
    narrow: Linear,
    tokens: usize,
    width: usize,
    hidden: usize,
}

/// What the backward pass needs of one layer's forward pass.
pub struct FeedForwardState<B: Backend> {
    normal: Rows<B>,
    stats: Rows<B>,
    hidden: Rows<B>,
}

/// Scratch that all feed-forward layers of a network share.
pub struct FeedForwardScratch<B: Backend> {
    dnormal: Rows<B>,
    dhidden: Rows<B>,
}

impl FeedForward {
    /// Declares the layer for `tokens` tokens of `width`; `gain` scales the output's initial weights.
    pub fn new(
        layout: &mut Layout,
        name: &str,
        width: usize,
        hidden: usize,
        tokens: usize,
        gain: f32,
    ) -> FeedForward {
        FeedForward {
            norm: LayerNorm::new(layout, &format!("{name}.norm"), width),
            widen: Linear::new(layout, &format!("{name}.widen"), width, hidden, 1.414),
            narrow: Linear::new(layout, &format!("{name}.narrow"), hidden, width, gain),
            tokens,
            width,
            hidden,
        }
    }

    /// Memory for a pass of up to `rows` rows.
    pub fn state<B: Backend>(&self, backend: &B, rows: usize) -> FeedForwardState<B> {
        FeedForwardState {
            normal: Rows::new(backend, rows, self.tokens * self.width),
            stats: Rows::new(backend, rows, self.tokens * 2),
            hidden: Rows::new(backend, rows, self.tokens * self.hidden),
        }
    }

    /// Where norm, first and second layer are, from an element of the arena on.
    pub fn slots(&self, from: usize) -> [Affine; 3] {
        [self.norm.slots(from), self.widen.slots(from), self.narrow.slots(from)]
    }

    /// Scratch for backward passes of up to `rows` rows.
    pub fn scratch<B: Backend>(&self, backend: &B, rows: usize) -> FeedForwardScratch<B> {
        FeedForwardScratch {
            dnormal: Rows::new(backend, rows, self.tokens * self.width),
            dhidden: Rows::new(backend, rows, self.tokens * self.hidden),
        }
    }

    /// `y = x + …`, both `[rows,tokens,width]`. `y` may not be `x`.
    #[allow(clippy::too_many_arguments)]
    pub fn forward<B: Backend>(
        &self,
        backend: &B,
        weights: &B::Buffer,
        pass: Pass,
        dropout: Dropout,
        x: &Rows<B>,
        state: &mut FeedForwardState<B>,
        y: &mut Rows<B>,
    ) {
        let rows = pass.rows;
        let FeedForwardState { normal, stats, hidden } = state;
        self.norm.forward(backend, weights, x.rows(rows), normal.rows_mut(rows), stats.rows_mut(rows));
        self.widen.forward_relu(backend, weights, normal.rows(rows), hidden.rows_mut(rows));
        dropout.residual(backend, &self.narrow, weights, hidden.rows(rows), x.rows(rows), y.rows_mut(rows));
    }

    /// The layer's gradients; `dx` in: of the output, out: of the input.
    #[allow(clippy::too_many_arguments)]
    pub fn backward<B: Backend>(
        &self,
        backend: &B,
        weights: &B::Buffer,
        pass: Pass,
        dropout: Dropout,
        x: &Rows<B>,
        state: &FeedForwardState<B>,
        scratch: &mut FeedForwardScratch<B>,
        dx: &mut Rows<B>,
        branch: &mut Rows<B>,
        gradients: &mut B::Buffer,
    ) {
        let rows = pass.rows;
        let FeedForwardState { normal, stats, hidden } = state;
        let FeedForwardScratch { dnormal, dhidden } = scratch;
        let hidden = hidden.rows(rows);
        let dy = dropout.backward(backend, dx.rows(rows), branch.rows_mut(rows));
        self.narrow.backward_weights(backend, hidden, dy, gradients);
        self.narrow.backward_input(backend, weights, dy, dhidden.rows_mut(rows), false);
        ops::unary_backward(backend, UnaryOp::Relu, hidden, dhidden.rows_mut(rows));
        self.widen.backward_weights(backend, normal.rows(rows), dhidden.rows(rows), gradients);
        self.widen.backward_input(backend, weights, dhidden.rows(rows), dnormal.rows_mut(rows), false);
        let (stats, dnormal) = (stats.rows(rows), dnormal.rows(rows));
        self.norm.backward(backend, weights, x.rows(rows), stats, dnormal, dx.rows_mut(rows), gradients);
    }

    /// Products of one forward pass.
    pub fn flop(&self, rows: usize) -> f64 {
        let tokens = rows * self.tokens;
        self.widen.flop(tokens) + self.narrow.flop(tokens)
    }
}
