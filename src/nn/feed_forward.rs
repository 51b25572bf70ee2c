//! A pre-norm feed-forward sub-layer, `x ← x + dropout(relu(norm(x)·W₁ + b₁)·W₂ + b₂)`.

use super::attention::Dropout;
use super::layers::{LayerNorm, Linear};
use super::{Layout, Pass};
use crate::tensor::ops::{self, head, head_mut};
use crate::tensor::{Backend, UnaryOp};

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
    normal: B::Buffer,
    stats: B::Buffer,
    hidden: B::Buffer,
}

/// Scratch that all feed-forward layers of a network share.
pub struct FeedForwardScratch<B: Backend> {
    dnormal: B::Buffer,
    dhidden: B::Buffer,
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
        let tokens = rows * self.tokens;
        FeedForwardState {
            normal: backend.alloc(tokens * self.width),
            stats: backend.alloc(tokens * 2),
            hidden: backend.alloc(tokens * self.hidden),
        }
    }

    /// Scratch for backward passes of up to `rows` rows.
    pub fn scratch<B: Backend>(&self, backend: &B, rows: usize) -> FeedForwardScratch<B> {
        let tokens = rows * self.tokens;
        FeedForwardScratch {
            dnormal: backend.alloc(tokens * self.width),
            dhidden: backend.alloc(tokens * self.hidden),
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
        x: &B::Buffer,
        state: &mut FeedForwardState<B>,
        y: &mut B::Buffer,
    ) {
        let tokens = pass.rows * self.tokens;
        let (n, h) = (tokens * self.width, tokens * self.hidden);
        let (normal, stats) =
            (head_mut::<B>(&mut state.normal, n), head_mut::<B>(&mut state.stats, tokens * 2));
        self.norm.forward(backend, weights, head::<B>(x, n), normal, stats);
        let normal = head::<B>(&state.normal, n);
        self.widen.forward(
            backend,
            weights,
            tokens,
            normal,
            head_mut::<B>(&mut state.hidden, h),
            true,
            false,
        );
        let hidden = head::<B>(&state.hidden, h);
        dropout.residual(backend, &self.narrow, weights, tokens, (hidden, head::<B>(x, n)), y, n);
    }

    /// The layer's gradients; `dx` in: of the output, out: of the input.
    #[allow(clippy::too_many_arguments)]
    pub fn backward<B: Backend>(
        &self,
        backend: &B,
        weights: &B::Buffer,
        pass: Pass,
        dropout: Dropout,
        x: &B::Buffer,
        state: &FeedForwardState<B>,
        scratch: &mut FeedForwardScratch<B>,
        dx: &mut B::Buffer,
        branch: &mut B::Buffer,
        gradients: &mut B::Buffer,
    ) {
        let tokens = pass.rows * self.tokens;
        let (n, h) = (tokens * self.width, tokens * self.hidden);
        let hidden = head::<B>(&state.hidden, h);
        let dy = dropout.backward(backend, dx, branch, n);
        self.narrow.backward_weights(backend, tokens, hidden, dy, gradients);
        self.narrow.backward_input(
            backend,
            weights,
            tokens,
            dy,
            head_mut::<B>(&mut scratch.dhidden, h),
            false,
        );
        ops::unary_backward(backend, UnaryOp::Relu, hidden, head_mut::<B>(&mut scratch.dhidden, h));
        let dhidden = head::<B>(&scratch.dhidden, h);
        self.widen.backward_weights(backend, tokens, head::<B>(&state.normal, n), dhidden, gradients);
        self.widen.backward_input(
            backend,
            weights,
            tokens,
            dhidden,
            head_mut::<B>(&mut scratch.dnormal, n),
            false,
        );
        let (stats, dnormal) = (head::<B>(&state.stats, tokens * 2), head::<B>(&scratch.dnormal, n));
        self.norm.backward(
            backend,
            weights,
            head::<B>(x, n),
            stats,
            dnormal,
            head_mut::<B>(dx, n),
            gradients,
        );
    }

    /// Products of one forward pass.
    pub fn flop(&self, rows: usize) -> f64 {
        let tokens = rows * self.tokens;
        self.widen.flop(tokens) + self.narrow.flop(tokens)
    }
}
