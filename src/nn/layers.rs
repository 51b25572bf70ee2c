//! The layers that the networks are made of.
//!
//! Shapes stand behind the arguments. Parameter gradients accumulate into the gradient arena.

use super::arena::{Initial, Layout, Slot};
use crate::tensor::{Affine, Backend, Epilogue, MatmulShape, Transpose, View, ViewMut, ops};

/// `y = x·W + b`.
#[derive(Clone, Copy, Debug)]
pub struct Linear {
    weight: Slot,
    bias: Slot,
    inputs: usize,
    outputs: usize,
}

impl Linear {
    /// Declares `name.weight[inputs,outputs]`, normal with deviation `gain/√inputs`, and
    /// `name.bias[outputs]`, 0.
    pub fn new(layout: &mut Layout, name: &str, inputs: usize, outputs: usize, gain: f32) -> Linear {
        let initial = Initial::Normal(gain / (inputs as f32).sqrt());
        Linear {
            weight: layout.declare(format!("{name}.weight"), [inputs, outputs], initial),
            bias: layout.declare(format!("{name}.bias"), [1, outputs], Initial::Constant(0.0)),
            inputs,
            outputs,
        }
    }

    /// Where its weights are, from an element of the arena on.
    pub fn slots(&self, from: usize) -> Affine {
        Affine { weight: self.weight.start - from, bias: self.bias.start - from }
    }

    /// `y[rows,outputs] = x[rows,inputs]·W + b`.
    pub fn forward<B: Backend>(
        &self,
        backend: &B,
        weights: &B::Buffer,
        x: View<B::Buffer>,
        y: ViewMut<B::Buffer>,
    ) {
        self.product(backend, weights, x, y, Epilogue::store());
    }

    /// `y[rows,outputs] = relu(x[rows,inputs]·W + b)`.
    pub fn forward_relu<B: Backend>(
        &self,
        backend: &B,
        weights: &B::Buffer,
        x: View<B::Buffer>,
        y: ViewMut<B::Buffer>,
    ) {
        self.product(backend, weights, x, y, Epilogue { relu: true, ..Epilogue::store() });
    }

    /// `y[rows,outputs] += x[rows,inputs]·W + b`.
    pub fn forward_onto<B: Backend>(
        &self,
        backend: &B,
        weights: &B::Buffer,
        x: View<B::Buffer>,
        y: ViewMut<B::Buffer>,
    ) {
        self.product(backend, weights, x, y, Epilogue::accumulate());
    }

    fn product<'a, B: Backend>(
        &self,
        backend: &B,
        weights: &'a B::Buffer,
        x: View<B::Buffer>,
        y: ViewMut<B::Buffer>,
        epilogue: Epilogue<'a, B::Buffer>,
    ) {
        let (m, k, n) = (x.len / self.inputs, self.inputs, self.outputs);
        let shape = MatmulShape { m, k, n, transpose: Transpose::Neither };
        let epilogue = Epilogue { bias: Some(self.bias.of(weights)), ..epilogue };
        ops::matmul(backend, shape, x, self.weight.of(weights), y, epilogue);
    }

    /// The weights' gradients from `x[rows,inputs]` and `dy[rows,outputs]`.
    pub fn backward_weights<B: Backend>(
        &self,
        backend: &B,
        x: View<B::Buffer>,
        dy: View<B::Buffer>,
        gradients: &mut B::Buffer,
    ) {
        let (m, k, n) = (self.inputs, dy.len / self.outputs, self.outputs);
        let shape = MatmulShape { m, k, n, transpose: Transpose::First };
        ops::matmul(backend, shape, x, dy, self.weight.of_mut(gradients), Epilogue::accumulate());
        ops::column_sums(backend, self.outputs, dy, self.bias.of_mut(gradients));
    }

    /// `dx[rows,inputs] = dy[rows,outputs]·Wᵀ`, or `+=` where it is to accumulate.
    pub fn backward_input<B: Backend>(
        &self,
        backend: &B,
        weights: &B::Buffer,
        dy: View<B::Buffer>,
        dx: ViewMut<B::Buffer>,
        accumulate: bool,
    ) {
        let (m, k, n) = (dy.len / self.outputs, self.outputs, self.inputs);
        let shape = MatmulShape { m, k, n, transpose: Transpose::Second };
        let epilogue = if accumulate { Epilogue::accumulate() } else { Epilogue::store() };
        ops::matmul(backend, shape, dy, self.weight.of(weights), dx, epilogue);
    }

    /// Products of one forward pass.
    pub fn flop(&self, rows: usize) -> f64 {
        2.0 * (rows * self.inputs * self.outputs) as f64
    }
}

/// Layer normalisation with scale and shift.
#[derive(Clone, Copy, Debug)]
pub struct LayerNorm {
    gamma: Slot,
    beta: Slot,
}

impl LayerNorm {
    /// Declares `name.gamma[width]`, 1, and `name.beta[width]`, 0.
    pub fn new(layout: &mut Layout, name: &str, width: usize) -> LayerNorm {
        LayerNorm {
            gamma: layout.declare(format!("{name}.gamma"), [1, width], Initial::Constant(1.0)),
            beta: layout.declare(format!("{name}.beta"), [1, width], Initial::Constant(0.0)),
        }
    }

    /// Where its scale and shift are, from an element of the arena on.
    pub fn slots(&self, from: usize) -> Affine {
        Affine { weight: self.gamma.start - from, bias: self.beta.start - from }
    }

    /// `y[rows,width]`, `stats[rows,2]` from `x[rows,width]`.
    pub fn forward<B: Backend>(
        &self,
        backend: &B,
        weights: &B::Buffer,
        x: View<B::Buffer>,
        y: ViewMut<B::Buffer>,
        stats: ViewMut<B::Buffer>,
    ) {
        ops::layer_norm(backend, x, self.gamma.of(weights), self.beta.of(weights), y, stats);
    }

    /// `dx += …`; see [`ops::layer_norm_backward`].
    #[allow(clippy::too_many_arguments)]
    pub fn backward<B: Backend>(
        &self,
        backend: &B,
        weights: &B::Buffer,
        x: View<B::Buffer>,
        stats: View<B::Buffer>,
        dy: View<B::Buffer>,
        dx: ViewMut<B::Buffer>,
        gradients: &mut B::Buffer,
    ) {
        let parameters = self.gamma.pair_mut(self.beta, gradients);
        ops::layer_norm_backward(backend, x, self.gamma.of(weights), stats, dy, dx, parameters);
    }
}
