//! A multilayer perceptron from coordinates to standardised metrics: the performance model.

use crate::nn::{Inputs, Layout, Linear, Network, Pass};
use crate::tensor::Backend;
use crate::tensor::ops::{self, head, head_mut};
use serde::{Deserialize, Serialize};

/// The sizes of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PerceptronSettings {
    /// Columns of the input.
    pub inputs: usize,
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Columns of the output.
    pub outputs: usize,
}

/// Initial weights are normal with deviation `GAIN/√inputs`, as small as PyTorch's `Linear` has them (uniform
/// within 1/√inputs). A network that starts nearly linear stays smooth between few rows: on OTA4's
/// rows a gain of 1.6 gave errors on unseen rows three to five times larger.
const GAIN: f32 = 0.5;

/// The network: dense layers with SiLU between them.
pub struct Perceptron {
    settings: PerceptronSettings,
    layout: Layout,
    layers: Vec<Linear>,
    widths: Vec<usize>,
}

/// Activations of one pass.
pub struct Workspace<B: Backend> {
    linear: Vec<B::Buffer>,
    active: Vec<B::Buffer>,
    gradients: Vec<B::Buffer>,
}

impl Perceptron {
    /// Declares the network.
    pub fn new(settings: PerceptronSettings) -> Perceptron {
        let mut layout = Layout::default();
        let mut widths = vec![settings.inputs];
        widths.extend(&settings.hidden);
        widths.push(settings.outputs);
        let layers = (0..widths.len() - 1)
            .map(|i| {
                Linear::new(&mut layout, &format!("layer{i}"), widths[i], widths[i + 1], GAIN)
            })
            .collect();
        Perceptron { settings, layout, layers, widths }
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
        let buffers = |on: bool| -> Vec<B::Buffer> {
            let widths = self.settings.hidden.iter().filter(|_| on);
            widths.map(|width| backend.alloc(rows * width)).collect()
        };
        Workspace { linear: buffers(true), active: buffers(true), gradients: buffers(training) }
    }

    fn forward(
        &self,
        backend: &B,
        weights: &B::Buffer,
        pass: Pass,
        inputs: &Inputs<B>,
        work: &mut Workspace<B>,
        output: &mut B::Buffer,
    ) {
        let rows = pass.rows;
        for (i, layer) in self.layers.iter().enumerate() {
            let x = if i == 0 { &inputs.x } else { &work.active[i - 1] };
            let x = head::<B>(x, rows * self.widths[i]);
            let n = rows * self.widths[i + 1];
            let y = work.linear.get_mut(i).unwrap_or(output);
            layer.forward(backend, weights, rows, x, head_mut::<B>(y, n), false, false);
            if let Some(active) = work.active.get_mut(i) {
                ops::silu(backend, head::<B>(&work.linear[i], n), head_mut::<B>(active, n));
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
        output_gradient: &B::Buffer,
        gradients: &mut B::Buffer,
    ) {
        let rows = pass.rows;
        let Workspace { linear, active, gradients: flow } = work;
        for (i, layer) in self.layers.iter().enumerate().rev() {
            let (below, above) = flow.split_at_mut(i);
            let dy = above.first().unwrap_or(output_gradient);
            let dy = head::<B>(dy, rows * self.widths[i + 1]);
            let n = rows * self.widths[i];
            let x = if i == 0 { &inputs.x } else { &active[i - 1] };
            layer.backward_weights(backend, rows, head::<B>(x, n), dy, gradients);
            if let Some(dx) = below.last_mut() {
                layer.backward_input(backend, weights, rows, dy, head_mut::<B>(dx, n), false);
                ops::silu_backward(backend, head::<B>(&linear[i - 1], n), head_mut::<B>(dx, n));
            }
        }
    }

    fn forward_flop(&self, rows: usize) -> f64 {
        self.layers.iter().map(|layer| layer.flop(rows)).sum()
    }
}
