//! A multilayer perceptron: from coordinates to standardised metrics it is the performance model, from
//! features of a specification to coordinates the paper's ANN.

use crate::nn::{Inputs, Layout, Linear, Network, Pass};
use crate::tensor::{Backend, Rows, UnaryOp, ops};
use serde::{Deserialize, Serialize};

/// What stands between the layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Activation {
    /// `x·s(x)`, smooth.
    #[default]
    Silu,
    /// `max(x, 0)`.
    Relu,
}

/// The sizes of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PerceptronSettings {
    /// Columns of the input.
    pub inputs: usize,
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Columns of the output.
    pub outputs: usize,
    /// What stands between the layers.
    #[serde(default)]
    pub activation: Activation,
}

/// Initial weights are normal with deviation `GAIN/√inputs`, as small as PyTorch's `Linear` has them (uniform
/// within 1/√inputs). A network that starts nearly linear stays smooth between few rows: on OTA4's
/// rows a gain of 1.6 gave errors on unseen rows three to five times larger.
const GAIN: f32 = 0.5;

/// The network: dense layers with an activation between them.
pub struct Perceptron {
    settings: PerceptronSettings,
    layout: Layout,
    layers: Vec<Linear>,
}

/// Activations of one pass. `linear` is what SiLU's gradient asks for; ReLU's follows from its result.
pub struct Workspace<B: Backend> {
    linear: Vec<Rows<B>>,
    active: Vec<Rows<B>>,
    gradients: Vec<Rows<B>>,
}

impl Perceptron {
    /// Declares the network.
    pub fn new(settings: PerceptronSettings) -> Perceptron {
        let mut layout = Layout::default();
        let mut widths = vec![settings.inputs];
        widths.extend(&settings.hidden);
        widths.push(settings.outputs);
        let layers = (0..widths.len() - 1)
            .map(|i| Linear::new(&mut layout, &format!("layer{i}"), widths[i], widths[i + 1], GAIN))
            .collect();
        Perceptron { settings, layout, layers }
    }
}

impl Perceptron {
    /// The gradient of `Σ output·output_gradient` by the input, `into[rows,inputs]`, after a pass forward with a workspace
    /// for training.
    pub fn input_gradient<B: Backend>(
        &self,
        backend: &B,
        weights: &B::Buffer,
        rows: usize,
        work: &mut Workspace<B>,
        output_gradient: &Rows<B>,
        into: &mut Rows<B>,
    ) {
        let Workspace { linear, active, gradients: flow } = work;
        for (i, layer) in self.layers.iter().enumerate().rev() {
            let (below, above) = flow.split_at_mut(i);
            let dy = above.first().unwrap_or(output_gradient).rows(rows);
            match below.last_mut() {
                None => layer.backward_input(backend, weights, dy, into.rows_mut(rows), false),
                Some(dx) => {
                    layer.backward_input(backend, weights, dy, dx.rows_mut(rows), false);
                    self.activation_backward(backend, rows, (linear, active), i - 1, dx);
                }
            }
        }
    }

    /// The gradient before the activation behind a layer, in the place of that after it.
    fn activation_backward<B: Backend>(
        &self,
        backend: &B,
        rows: usize,
        (linear, active): (&[Rows<B>], &[Rows<B>]),
        layer: usize,
        dx: &mut Rows<B>,
    ) {
        let (op, x) = match self.settings.activation {
            Activation::Silu => (UnaryOp::Silu, &linear[layer]),
            Activation::Relu => (UnaryOp::Relu, &active[layer]),
        };
        ops::unary_backward(backend, op, x.rows(rows), dx.rows_mut(rows));
    }
}

impl<B: Backend> Network<B> for Perceptron {
    type Workspace = Workspace<B>;

    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn coordinates(&self) -> usize {
        self.settings.inputs
    }

    fn features(&self) -> usize {
        0
    }

    fn outputs(&self) -> usize {
        self.settings.outputs
    }

    fn workspace(&self, backend: &B, rows: usize, training: bool) -> Workspace<B> {
        let buffers = |on: bool| -> Vec<Rows<B>> {
            let widths = self.settings.hidden.iter().filter(|_| on);
            widths.map(|width| Rows::new(backend, rows, *width)).collect()
        };
        let linear = buffers(self.settings.activation == Activation::Silu);
        Workspace { linear, active: buffers(true), gradients: buffers(training) }
    }

    fn forward(
        &self,
        backend: &B,
        weights: &B::Buffer,
        pass: Pass,
        inputs: &Inputs<B>,
        work: &mut Workspace<B>,
        output: &mut Rows<B>,
    ) {
        let (rows, hidden) = (pass.rows, self.settings.hidden.len());
        for (i, layer) in self.layers.iter().enumerate() {
            let (below, above) = work.active.split_at_mut(i);
            let x = below.last().unwrap_or(&inputs.x).rows(rows);
            let y = above.first_mut().unwrap_or(output).rows_mut(rows);
            match self.settings.activation {
                _ if i == hidden => layer.forward(backend, weights, x, y),
                Activation::Relu => layer.forward_relu(backend, weights, x, y),
                Activation::Silu => {
                    let linear = &mut work.linear[i];
                    layer.forward(backend, weights, x, linear.rows_mut(rows));
                    ops::unary(backend, UnaryOp::Silu, linear.rows(rows), y);
                }
            }
        }
    }

    fn backward(
        &self,
        backend: &B,
        weights: &B::Buffer,
        pass: Pass,
        inputs: &Inputs<B>,
        work: &mut Workspace<B>,
        output_gradient: &Rows<B>,
        gradients: &mut B::Buffer,
    ) {
        let rows = pass.rows;
        let Workspace { linear, active, gradients: flow } = work;
        for (i, layer) in self.layers.iter().enumerate().rev() {
            let (below, above) = flow.split_at_mut(i);
            let dy = above.first().unwrap_or(output_gradient).rows(rows);
            let x = if i == 0 { &inputs.x } else { &active[i - 1] };
            layer.backward_weights(backend, x.rows(rows), dy, gradients);
            if let Some(dx) = below.last_mut() {
                layer.backward_input(backend, weights, dy, dx.rows_mut(rows), false);
                self.activation_backward(backend, rows, (linear, active), i - 1, dx);
            }
        }
    }

    fn forward_flop(&self, rows: usize) -> f64 {
        self.layers.iter().map(|layer| layer.flop(rows)).sum()
    }
}
