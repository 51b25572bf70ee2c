//! DM-MLP, the diffusion model that the paper compares itself with: a multilayer perceptron that predicts
//! the noise of a noisy sizing.
//!
//! Each block is dense layer → layer norm → PReLU with a learnt slope a channel. Its normalised channels are
//! modulated by timestep and condition, `+ (1 + γ(y)) ⊙ t + β(y)` ([`ops::film`]), where γ and β are linear
//! maps of the condition's features `y` to the block's width, and `t` is sinusoid → linear → GELU → linear
//! with a last layer of the block's own (one that blocks share could be multiplied into it). Where in a
//! block the modulation acts is not stated; after the norm its size is set against channels of variance 1.
//! A dropped condition is a learnt set of features. A last dense layer leads to the coordinates.

use crate::nn::{Initial, Inputs, LayerNorm, Layout, Linear, Network, Pass, Slot};
use crate::tensor::ops::{self, head, head_mut};
use crate::tensor::{Backend, ConditionShape, FilmShape, UnaryOp};
use serde::{Deserialize, Serialize};

/// The sizes of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DmMlpSettings {
    /// Coordinates of a sizing: inputs and outputs.
    pub coordinates: usize,
    /// Condition features.
    pub features: usize,
    /// Channels of each block, at least one block.
    pub widths: Vec<usize>,
    /// Features of the timestep and channels of its hidden layer, even.
    pub time_width: usize,
}

impl DmMlpSettings {
    /// The published widths, which were tuned on other circuits; the timestep's is our choice.
    pub fn published(features: usize, coordinates: usize) -> DmMlpSettings {
        let widths = vec![467, 292, 758, 1115, 208, 1968, 507];
        DmMlpSettings { coordinates, features, widths, time_width: 128 }
    }
}

struct Block {
    linear: Linear,
    norm: LayerNorm,
    gamma_beta: Linear,
    time: Linear,
    slope: Slot,
    width: usize,
}

/// The network: slots and sizes.
pub struct DmMlp {
    settings: DmMlpSettings,
    layout: Layout,
    null: Slot,
    time_in: Linear,
    blocks: Vec<Block>,
    output: Linear,
}

/// What one block keeps of its forward pass.
struct BlockState<B: Backend> {
    linear: B::Buffer,
    stats: B::Buffer,
    gamma_beta: B::Buffer,
    time: B::Buffer,
    modulated: B::Buffer,
    active: B::Buffer,
}

/// Gradients; those of a block are as wide as the widest.
struct Scratch<B: Backend> {
    active: B::Buffer,
    linear: B::Buffer,
    gamma_beta: B::Buffer,
    time: B::Buffer,
    hidden: B::Buffer,
    features: B::Buffer,
    unused: B::Buffer,
}

/// Activations of one pass.
pub struct Workspace<B: Backend> {
    time_features: B::Buffer,
    time_linear: B::Buffer,
    time_hidden: B::Buffer,
    features: B::Buffer,
    zeros: B::Buffer,
    blocks: Vec<BlockState<B>>,
    scratch: Option<Scratch<B>>,
}

impl DmMlp {
    /// Declares the network.
    ///
    /// # Panics
    /// There is no block.
    pub fn new(settings: DmMlpSettings) -> DmMlp {
        assert!(!settings.widths.is_empty(), "a DM-MLP has at least one block");
        let (features, time_width) = (settings.features, settings.time_width);
        let mut layout = Layout::default();
        let l = &mut layout;
        let null = l.declare("feature.null", [1, features], Initial::Normal(0.5));
        let time_in = Linear::new(l, "time.in", time_width, time_width, 1.414);
        let mut inputs = settings.coordinates;
        let mut blocks = Vec::with_capacity(settings.widths.len());
        for (i, &width) in settings.widths.iter().enumerate() {
            let name = |part: &str| format!("block{i}.{part}");
            blocks.push(Block {
                linear: Linear::new(l, &name("linear"), inputs, width, 1.0),
                norm: LayerNorm::new(l, &name("norm"), width),
                gamma_beta: Linear::new(l, &name("condition"), features, 2 * width, 0.5),
                time: Linear::new(l, &name("time"), time_width, width, 1.0),
                slope: l.declare(name("slope"), [1, width], Initial::Constant(0.25)),
                width,
            });
            inputs = width;
        }
        let output = Linear::new(l, "output", inputs, settings.coordinates, 0.1);
        DmMlp { settings, layout, null, time_in, blocks, output }
    }

    /// The timestep to `work.time_hidden[condition_rows,time_width]`, the condition, or what stands for it where
    /// it is dropped, to `work.features[condition_rows,features]`.
    fn encode<B: Backend>(
        &self,
        backend: &B,
        weights: &B::Buffer,
        pass: Pass,
        inputs: &Inputs<B>,
        work: &mut Workspace<B>,
    ) {
        let rows = pass.condition_rows;
        let (n, f) = (rows * self.settings.time_width, rows * self.settings.features);
        let (width, time) = (self.settings.time_width, head::<B>(&inputs.time, rows));
        ops::time_features(backend, width, time, head_mut::<B>(&mut work.time_features, n));
        let features = head::<B>(&work.time_features, n);
        let linear = head_mut::<B>(&mut work.time_linear, n);
        self.time_in.forward(backend, weights, rows, features, linear, false, false);
        ops::unary(
            backend,
            UnaryOp::Gelu,
            head::<B>(&work.time_linear, n),
            head_mut::<B>(&mut work.time_hidden, n),
        );
        ops::copy(backend, head::<B>(&inputs.condition, f), head_mut::<B>(&mut work.features, f));
        ops::mix_condition(
            backend,
            self.condition_shape(rows),
            head::<B>(&inputs.keep, rows),
            self.null.of(weights),
            head::<B>(&work.zeros, f),
            head_mut::<B>(&mut work.features, f),
        );
    }

    /// The condition as one token.
    fn condition_shape(&self, rows: usize) -> ConditionShape {
        ConditionShape { rows, tokens: 1, width: self.settings.features }
    }
}

impl<B: Backend> Network<B> for DmMlp {
    type Workspace = Workspace<B>;

    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn coordinates(&self) -> usize {
        self.settings.coordinates
    }

    fn features(&self) -> usize {
        self.settings.features
    }

    fn outputs(&self) -> usize {
        self.settings.coordinates
    }

    fn lane_rows(&self, device: usize) -> usize {
        // each lane passes over all weights, which no core's cache holds: at the published widths a step of 175
        // rows took 90 ms in lanes of 64 rows and 200 ms in lanes of 16 (AVX-512, two threads)
        device.saturating_mul(4)
    }

    fn workspace(&self, backend: &B, rows: usize, training: bool) -> Workspace<B> {
        let DmMlpSettings { features, widths, time_width, .. } = &self.settings;
        let alloc = |n: usize| backend.alloc(rows * n);
        let widest = widths.iter().copied().max().expect("there is a block");
        // sampling keeps nothing: all blocks take turns in the memory of two
        let kept = if training { widths.clone() } else { vec![widest; widths.len().min(2)] };
        let mut zeros = alloc(*features);
        ops::fill(backend, ops::all_mut(backend, &mut zeros), 0.0);
        let state = |width: usize| BlockState {
            linear: alloc(width),
            stats: alloc(2),
            gamma_beta: alloc(2 * width),
            time: alloc(width),
            modulated: alloc(width),
            active: alloc(width),
        };
        Workspace {
            time_features: alloc(*time_width),
            time_linear: alloc(*time_width),
            time_hidden: alloc(*time_width),
            features: alloc(*features),
            zeros,
            blocks: kept.into_iter().map(state).collect(),
            scratch: training.then(|| Scratch {
                active: alloc(widest),
                linear: alloc(widest),
                gamma_beta: alloc(2 * widest),
                time: alloc(widest),
                hidden: alloc(*time_width),
                features: alloc(*features),
                unused: alloc(*features),
            }),
        }
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
        self.encode(backend, weights, pass, inputs, work);
        let Pass { rows, condition_rows, .. } = pass;
        let c = condition_rows;
        let Workspace { time_hidden, features, blocks: states, .. } = work;
        let hidden = head::<B>(time_hidden, c * self.settings.time_width);
        let features = head::<B>(features, c * self.settings.features);
        let slots = states.len();
        let mut inner = self.settings.coordinates;
        for (i, block) in self.blocks.iter().enumerate() {
            let (width, n) = (block.width, rows * block.width);
            let (input, state) = input_and_state(&inputs.x, states, i, slots);
            let BlockState { linear, stats, gamma_beta, time, modulated, active } = state;
            let input = head::<B>(input, rows * inner);
            block.linear.forward(backend, weights, rows, input, head_mut::<B>(linear, n), false, false);
            let (normal, stats) = (head_mut::<B>(modulated, n), head_mut::<B>(stats, 2 * rows));
            block.norm.forward(backend, weights, head::<B>(linear, n), normal, stats);
            let into = head_mut::<B>(gamma_beta, c * 2 * width);
            block.gamma_beta.forward(backend, weights, c, features, into, false, false);
            block.time.forward(backend, weights, c, hidden, head_mut::<B>(time, c * width), false, false);
            let shape = FilmShape { rows, condition_rows, width };
            let (gamma_beta, time) = (head::<B>(gamma_beta, c * 2 * width), head::<B>(time, c * width));
            ops::film(backend, shape, gamma_beta, time, head_mut::<B>(modulated, n));
            let active = head_mut::<B>(active, n);
            ops::prelu(backend, head::<B>(modulated, n), block.slope.of(weights), active);
            inner = width;
        }
        let last = head::<B>(&states[(self.blocks.len() - 1) % slots].active, rows * inner);
        let output = head_mut::<B>(output, rows * self.settings.coordinates);
        self.output.forward(backend, weights, rows, last, output, false, false);
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
        let DmMlpSettings { coordinates, features, time_width, .. } = self.settings;
        let (h, f) = (rows * time_width, rows * features);
        let Workspace { time_features, time_linear, time_hidden, features, blocks: states, scratch, .. } =
            work;
        let (hidden, features) = (head::<B>(time_hidden, h), head::<B>(features, f));
        let scratch = scratch.as_mut().expect("a training workspace");
        let dout = head::<B>(output_gradient, rows * coordinates);
        let last = states.last().expect("there is a block");
        let n = rows * self.blocks.last().expect("there is a block").width;
        self.output.backward_weights(backend, rows, head::<B>(&last.active, n), dout, gradients);
        self.output.backward_input(
            backend,
            weights,
            rows,
            dout,
            head_mut::<B>(&mut scratch.active, n),
            false,
        );
        for (i, block) in self.blocks.iter().enumerate().rev() {
            let (width, n, state) = (block.width, rows * block.width, &states[i]);
            let later = i + 1 < self.blocks.len();
            let slope = (block.slope.of(weights), block.slope.of_mut(gradients));
            let d = head_mut::<B>(&mut scratch.active, n);
            ops::prelu_backward(backend, head::<B>(&state.modulated, n), slope.0, d, slope.1);
            let d = head::<B>(&scratch.active, n);

            let (gamma_beta, time) = (head::<B>(&state.gamma_beta, 2 * n), head::<B>(&state.time, n));
            let into = (head_mut::<B>(&mut scratch.gamma_beta, 2 * n), head_mut::<B>(&mut scratch.time, n));
            let shape = FilmShape { rows, condition_rows: rows, width };
            ops::film_backward(backend, shape, gamma_beta, time, d, into.0, into.1);
            let dgamma_dbeta = head::<B>(&scratch.gamma_beta, 2 * n);
            let dfeatures = head_mut::<B>(&mut scratch.features, f);
            block.gamma_beta.backward_weights(backend, rows, features, dgamma_dbeta, gradients);
            block.gamma_beta.backward_input(backend, weights, rows, dgamma_dbeta, dfeatures, later);
            let (dtime, dhidden) = (head::<B>(&scratch.time, n), head_mut::<B>(&mut scratch.hidden, h));
            block.time.backward_weights(backend, rows, hidden, dtime, gradients);
            block.time.backward_input(backend, weights, rows, dtime, dhidden, later);

            ops::fill(backend, head_mut::<B>(&mut scratch.linear, n), 0.0);
            let (linear, stats) = (head::<B>(&state.linear, n), head::<B>(&state.stats, 2 * rows));
            let dlinear = head_mut::<B>(&mut scratch.linear, n);
            block.norm.backward(backend, weights, linear, stats, d, dlinear, gradients);
            let dlinear = head::<B>(&scratch.linear, n);
            let Some(before) = i.checked_sub(1) else {
                let x = head::<B>(&inputs.x, rows * coordinates);
                block.linear.backward_weights(backend, rows, x, dlinear, gradients);
                continue;
            };
            let n = rows * self.blocks[before].width;
            let input = head::<B>(&states[before].active, n);
            block.linear.backward_weights(backend, rows, input, dlinear, gradients);
            let dinput = head_mut::<B>(&mut scratch.active, n);
            block.linear.backward_input(backend, weights, rows, dlinear, dinput, false);
        }
        ops::mix_condition_backward(
            backend,
            self.condition_shape(rows),
            head::<B>(&inputs.keep, rows),
            head_mut::<B>(&mut scratch.features, f),
            self.null.of_mut(gradients),
            head_mut::<B>(&mut scratch.unused, f),
        );
        ops::unary_backward(
            backend,
            UnaryOp::Gelu,
            head::<B>(time_linear, h),
            head_mut::<B>(&mut scratch.hidden, h),
        );
        let dhidden = head::<B>(&scratch.hidden, h);
        self.time_in.backward_weights(backend, rows, head::<B>(time_features, h), dhidden, gradients);
    }

    fn forward_flop(&self, rows: usize) -> f64 {
        let block = |b: &Block| b.linear.flop(rows) + b.gamma_beta.flop(rows) + b.time.flop(rows);
        self.blocks.iter().map(block).sum::<f64>() + self.time_in.flop(rows) + self.output.flop(rows)
    }
}

/// Block `i`'s input and its state, where `slots` states are used in turn.
fn input_and_state<'a, B: Backend>(
    x: &'a B::Buffer,
    states: &'a mut [BlockState<B>],
    i: usize,
    slots: usize,
) -> (&'a B::Buffer, &'a mut BlockState<B>) {
    if i == 0 {
        return (x, &mut states[0]);
    }
    let [previous, own] = states.get_disjoint_mut([(i - 1) % slots, i % slots]).expect("two slots in turn");
    (&previous.active, own)
}
