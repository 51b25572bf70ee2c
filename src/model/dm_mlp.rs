//! DM-MLP, the diffusion model that the paper compares itself with: a multilayer perceptron that predicts
//! the noise of a noisy sizing.
//!
//! Each block is dense layer → layer norm → PReLU with a learnt slope a channel. Its normalised channels are
//! modulated by timestep and condition, `+ (1 + γ(y)) ⊙ t + β(y)` ([`ops::film`]), where γ and β are linear
//! maps of the condition's features `y` to the block's width, and `t` is sinusoid → linear → GELU → linear
//! with a last layer of the block's own (one that blocks share could be multiplied into it). Where in a
//! block the modulation acts is not stated; after the norm its size is set against channels of variance 1.
//! A dropped condition is a learnt set of features. A last dense layer leads to the coordinates.

use crate::nn::{Initial, Inputs, LayerNorm, Layout, Linear, Network, Pass, Slot, in_turn};
use crate::tensor::{Backend, ConditionShape, FilmShape, Rows, UnaryOp, ops};
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
    linear: Rows<B>,
    stats: Rows<B>,
    gamma_beta: Rows<B>,
    time: Rows<B>,
    modulated: Rows<B>,
    active: Rows<B>,
}

/// Gradients; those of a block are as wide as the widest.
struct Scratch<B: Backend> {
    active: Rows<B>,
    linear: Rows<B>,
    gamma_beta: Rows<B>,
    time: Rows<B>,
    hidden: Rows<B>,
    features: Rows<B>,
    unused: Rows<B>,
}

/// Activations of one pass.
pub struct Workspace<B: Backend> {
    time_features: Rows<B>,
    time_linear: Rows<B>,
    time_hidden: Rows<B>,
    features: Rows<B>,
    zeros: Rows<B>,
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
        let Workspace { time_features, time_linear, time_hidden, features, zeros, .. } = work;
        let (width, time) = (self.settings.time_width, inputs.time.rows(rows));
        ops::time_features(backend, width, time, time_features.rows_mut(rows));
        self.time_in.forward(backend, weights, time_features.rows(rows), time_linear.rows_mut(rows));
        ops::unary(backend, UnaryOp::Gelu, time_linear.rows(rows), time_hidden.rows_mut(rows));
        ops::copy(backend, inputs.condition.rows(rows), features.rows_mut(rows));
        let (shape, keep, null) = (self.condition_shape(rows), inputs.keep.rows(rows), self.null.of(weights));
        ops::mix_condition(backend, shape, keep, null, zeros.rows(rows), features.rows_mut(rows));
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
        let alloc = |width: usize| Rows::new(backend, rows, width);
        let widest = widths.iter().copied().max().expect("there is a block");
        // sampling keeps nothing: all blocks take turns in the memory of two
        let kept = if training { widths.clone() } else { vec![widest; widths.len().min(2)] };
        let mut zeros = alloc(*features);
        ops::fill(backend, zeros.rows_mut(rows), 0.0);
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
        output: &mut Rows<B>,
    ) {
        self.encode(backend, weights, pass, inputs, work);
        let Pass { rows, condition_rows, .. } = pass;
        let c = condition_rows;
        let Workspace { time_hidden, features, blocks: states, .. } = work;
        let (hidden, features) = (time_hidden.rows(c), features.rows(c));
        let mut inner = self.settings.coordinates;
        for (i, block) in self.blocks.iter().enumerate() {
            let width = block.width;
            let (before, state) = in_turn(states, i);
            let input = before.map_or(&inputs.x, |before| &before.active).narrow(rows, inner);
            let BlockState { linear, stats, gamma_beta, time, modulated, active } = state;
            block.linear.forward(backend, weights, input, linear.narrow_mut(rows, width));
            let (normal, stats) = (modulated.narrow_mut(rows, width), stats.rows_mut(rows));
            block.norm.forward(backend, weights, linear.narrow(rows, width), normal, stats);
            block.gamma_beta.forward(backend, weights, features, gamma_beta.narrow_mut(c, 2 * width));
            block.time.forward(backend, weights, hidden, time.narrow_mut(c, width));
            let shape = FilmShape { rows, condition_rows, width };
            let (gamma_beta, time) = (gamma_beta.narrow(c, 2 * width), time.narrow(c, width));
            ops::film(backend, shape, gamma_beta, time, modulated.narrow_mut(rows, width));
            let (slope, active) = (block.slope.of(weights), active.narrow_mut(rows, width));
            ops::prelu(backend, modulated.narrow(rows, width), slope, active);
            inner = width;
        }
        let last = &states[(self.blocks.len() - 1) % states.len()].active;
        self.output.forward(backend, weights, last.narrow(rows, inner), output.rows_mut(rows));
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
        let Workspace { time_features, time_linear, time_hidden, features, blocks: states, scratch, .. } =
            work;
        let (hidden, features) = (time_hidden.rows(rows), features.rows(rows));
        let Scratch {
            active: dactive,
            linear: dlinear,
            gamma_beta: dgamma_beta,
            time: dtime,
            hidden: dhidden,
            features: dfeatures,
            unused,
        } = scratch.as_mut().expect("a training workspace");
        let dout = output_gradient.rows(rows);
        let last = states.last().expect("there is a block").active.rows(rows);
        let width = self.blocks.last().expect("there is a block").width;
        self.output.backward_weights(backend, last, dout, gradients);
        self.output.backward_input(backend, weights, dout, dactive.narrow_mut(rows, width), false);
        for (i, block) in self.blocks.iter().enumerate().rev() {
            let (width, state) = (block.width, &states[i]);
            let later = i + 1 < self.blocks.len();
            let (slope, dslope) = (block.slope.of(weights), block.slope.of_mut(gradients));
            let d = dactive.narrow_mut(rows, width);
            ops::prelu_backward(backend, state.modulated.rows(rows), slope, d, dslope);
            let d = dactive.narrow(rows, width);

            let shape = FilmShape { rows, condition_rows: rows, width };
            let (gamma_beta, time) = (state.gamma_beta.rows(rows), state.time.rows(rows));
            let into = (dgamma_beta.narrow_mut(rows, 2 * width), dtime.narrow_mut(rows, width));
            ops::film_backward(backend, shape, gamma_beta, time, d, into.0, into.1);
            let dgamma_beta = dgamma_beta.narrow(rows, 2 * width);
            block.gamma_beta.backward_weights(backend, features, dgamma_beta, gradients);
            let into = dfeatures.rows_mut(rows);
            block.gamma_beta.backward_input(backend, weights, dgamma_beta, into, later);
            let dtime = dtime.narrow(rows, width);
            block.time.backward_weights(backend, hidden, dtime, gradients);
            block.time.backward_input(backend, weights, dtime, dhidden.rows_mut(rows), later);

            ops::fill(backend, dlinear.narrow_mut(rows, width), 0.0);
            let (linear, stats) = (state.linear.rows(rows), state.stats.rows(rows));
            let into = dlinear.narrow_mut(rows, width);
            block.norm.backward(backend, weights, linear, stats, d, into, gradients);
            let dlinear = dlinear.narrow(rows, width);
            let Some(before) = i.checked_sub(1) else {
                block.linear.backward_weights(backend, inputs.x.rows(rows), dlinear, gradients);
                continue;
            };
            let input = states[before].active.rows(rows);
            block.linear.backward_weights(backend, input, dlinear, gradients);
            let into = dactive.narrow_mut(rows, self.blocks[before].width);
            block.linear.backward_input(backend, weights, dlinear, into, false);
        }
        let (shape, keep) = (self.condition_shape(rows), inputs.keep.rows(rows));
        let (dfeatures, null) = (dfeatures.rows_mut(rows), self.null.of_mut(gradients));
        ops::mix_condition_backward(backend, shape, keep, dfeatures, null, unused.rows_mut(rows));
        ops::unary_backward(backend, UnaryOp::Gelu, time_linear.rows(rows), dhidden.rows_mut(rows));
        self.time_in.backward_weights(backend, time_features.rows(rows), dhidden.rows(rows), gradients);
    }

    fn forward_flop(&self, rows: usize) -> f64 {
        let block = |b: &Block| b.linear.flop(rows) + b.gamma_beta.flop(rows) + b.time.flop(rows);
        self.blocks.iter().map(block).sum::<f64>() + self.time_in.flop(rows) + self.output.flop(rows)
    }
}
