//! DM-Transf., the paper's proposal (figure 1): an encoder-decoder transformer that predicts the
//! velocity of a noisy sizing.
//!
//! The paper states the blocks (normalisation, linear, multi-head attention, ReLU, dropout), their
//! number and that target and timestep embeddings are added and fed to every block. Widths, heads and
//! tokens are our choice: the *decoder* has one token a coordinate, `value·w + b` with weights of its
//! own; the *encoder* has one token a condition feature, embedded likewise, with the timestep's
//! embedding added to each and normalised. Each block lets the coordinates attend to one another, then to
//! the condition, then passes each through a feed-forward layer. A dropped condition is a learnt
//! set of tokens.

use crate::nn::{
    AttentionGradients, AttentionLayer, AttentionScratch, AttentionState, Dropout, FeedForward,
    FeedForwardScratch, FeedForwardState, Initial, Inputs, LayerNorm, Layout, Linear, Network, Pass, Slot,
};
use crate::tensor::ops::{self, head, head_mut};
use crate::tensor::{Backend, TokenShape, UnaryOp};
use serde::{Deserialize, Serialize};

/// The sizes of the network.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DmTransformerSettings {
    /// Coordinates of a sizing: decoder tokens.
    pub coordinates: usize,
    /// Condition features: encoder tokens.
    pub features: usize,
    /// Channels of a token.
    pub width: usize,
    /// Attention heads; divides `width`.
    pub heads: usize,
    /// Transformer blocks, N in the paper.
    pub blocks: usize,
    /// Hidden channels of a feed-forward layer, as a multiple of `width`.
    pub expansion: usize,
    /// Dropout on each residual branch.
    pub dropout: f32,
}

struct Block {
    own: AttentionLayer,
    cross: AttentionLayer,
    feed_forward: FeedForward,
}

/// The network: slots and sizes.
pub struct DmTransformer {
    settings: DmTransformerSettings,
    layout: Layout,
    token_weight: Slot,
    token_bias: Slot,
    feature_weight: Slot,
    feature_bias: Slot,
    null: Slot,
    time_in: Linear,
    time_out: Linear,
    encoder_norm: LayerNorm,
    blocks: Vec<Block>,
    norm: LayerNorm,
    output_weight: Slot,
    output_bias: Slot,
}

/// What one block keeps of its forward pass: its sub-layers' states and their inputs.
struct BlockState<B: Backend> {
    own: AttentionState<B>,
    after_own: B::Buffer,
    cross: AttentionState<B>,
    after_cross: B::Buffer,
    feed_forward: FeedForwardState<B>,
    after: B::Buffer,
}

struct Scratch<B: Backend> {
    attention: AttentionScratch<B>,
    feed_forward: FeedForwardScratch<B>,
    dx: B::Buffer,
    branch: B::Buffer,
    dnormal: B::Buffer,
    dcondition: B::Buffer,
    dmixed: B::Buffer,
    dtime: B::Buffer,
    dhidden: B::Buffer,
}

/// Activations of one pass.
pub struct Workspace<B: Backend> {
    time_features: B::Buffer,
    time_hidden: B::Buffer,
    time_active: B::Buffer,
    time: B::Buffer,
    mixed: B::Buffer,
    encoder_stats: B::Buffer,
    condition: B::Buffer,
    x: B::Buffer,
    blocks: Vec<BlockState<B>>,
    normal: B::Buffer,
    stats: B::Buffer,
    scratch: Option<Scratch<B>>,
}

impl DmTransformer {
    /// Declares the network.
    pub fn new(settings: DmTransformerSettings) -> DmTransformer {
        let DmTransformerSettings { coordinates, features, width, heads, blocks, expansion, .. } = settings;
        let mut layout = Layout::default();
        let l = &mut layout;
        // residual branches start small so that their sum does not grow with the depth (GPT-2)
        let gain = 1.0 / ((3 * blocks.max(1)) as f32).sqrt();
        let token_weight = l.declare("token.weight", [coordinates, width], Initial::Normal(1.0));
        let token_bias = l.declare("token.bias", [coordinates, width], Initial::Normal(0.5));
        let feature_weight = l.declare("feature.weight", [features, width], Initial::Normal(1.0));
        let feature_bias = l.declare("feature.bias", [features, width], Initial::Normal(0.5));
        let null = l.declare("feature.null", [features, width], Initial::Normal(0.5));
        let time_in = Linear::new(l, "time.in", width, 2 * width, 1.414);
        let time_out = Linear::new(l, "time.out", 2 * width, width, 1.414);
        let encoder_norm = LayerNorm::new(l, "encoder.norm", width);
        let blocks = (0..blocks)
            .map(|i| {
                let name = |part: &str| format!("block{i}.{part}");
                let (c, f) = (coordinates, features);
                Block {
                    own: AttentionLayer::new(l, &name("self"), width, heads, c, c, false, gain),
                    cross: AttentionLayer::new(l, &name("cross"), width, heads, c, f, true, gain),
                    feed_forward: FeedForward::new(l, &name("feed"), width, expansion * width, c, gain),
                }
            })
            .collect();
        let norm = LayerNorm::new(l, "output.norm", width);
        let output_weight = l.declare("output.weight", [coordinates, width], Initial::Normal(0.02));
        let output_bias = l.declare("output.bias", [1, coordinates], Initial::Constant(0.0));
        DmTransformer {
            settings,
            layout,
            token_weight,
            token_bias,
            feature_weight,
            feature_bias,
            null,
            time_in,
            time_out,
            encoder_norm,
            blocks,
            norm,
            output_weight,
            output_bias,
        }
    }

    fn tokens(&self, rows: usize) -> TokenShape {
        TokenShape { rows, tokens: self.settings.coordinates, width: self.settings.width }
    }

    fn condition_tokens(&self, rows: usize) -> TokenShape {
        TokenShape { rows, tokens: self.settings.features, width: self.settings.width }
    }

    fn dropout(&self, pass: Pass, branch: usize) -> Dropout {
        let stream = pass.dropout.map(|(seed, stream)| (seed, stream + branch as u64));
        Dropout { probability: self.settings.dropout, stream }
    }

    /// The encoder: condition features and timestep to `work.condition[condition_rows,features,width]`.
    fn encode<B: Backend>(
        &self,
        backend: &B,
        weights: &B::Buffer,
        pass: Pass,
        inputs: &Inputs<B>,
        work: &mut Workspace<B>,
    ) {
        let rows = pass.condition_rows;
        let width = self.settings.width;
        let (n, n2) = (rows * width, rows * 2 * width);
        let shape = self.condition_tokens(rows);
        let c = rows * shape.tokens * width;
        let time = head::<B>(&inputs.time, rows);
        ops::time_features(backend, width, time, head_mut::<B>(&mut work.time_features, n));
        let features = head::<B>(&work.time_features, n);
        let hidden = head_mut::<B>(&mut work.time_hidden, n2);
        self.time_in.forward(backend, weights, rows, features, hidden, false, false);
        ops::unary(
            backend,
            UnaryOp::Silu,
            head::<B>(&work.time_hidden, n2),
            head_mut::<B>(&mut work.time_active, n2),
        );
        let active = head::<B>(&work.time_active, n2);
        self.time_out.forward(backend, weights, rows, active, head_mut::<B>(&mut work.time, n), false, false);
        let condition = head::<B>(&inputs.condition, rows * shape.tokens);
        let (w, b) = (self.feature_weight.of(weights), self.feature_bias.of(weights));
        ops::embed_tokens(backend, shape, condition, w, b, head_mut::<B>(&mut work.mixed, c));
        let keep = head::<B>(&inputs.keep, rows);
        let time = head::<B>(&work.time, n);
        ops::mix_condition(
            backend,
            shape,
            keep,
            self.null.of(weights),
            time,
            head_mut::<B>(&mut work.mixed, c),
        );
        let stats = head_mut::<B>(&mut work.encoder_stats, rows * shape.tokens * 2);
        let normal = head_mut::<B>(&mut work.condition, c);
        self.encoder_norm.forward(backend, weights, head::<B>(&work.mixed, c), normal, stats);
    }

    fn encode_backward<B: Backend>(
        &self,
        backend: &B,
        weights: &B::Buffer,
        pass: Pass,
        inputs: &Inputs<B>,
        work: &mut Workspace<B>,
        gradients: &mut B::Buffer,
    ) {
        let rows = pass.rows;
        let width = self.settings.width;
        let (n, n2) = (rows * width, rows * 2 * width);
        let shape = self.condition_tokens(rows);
        let c = rows * shape.tokens * width;
        let scratch = work.scratch.as_mut().expect("a training workspace");
        ops::fill(backend, head_mut::<B>(&mut scratch.dmixed, c), 0.0);
        let stats = head::<B>(&work.encoder_stats, rows * shape.tokens * 2);
        let (mixed, dcondition) = (head::<B>(&work.mixed, c), head::<B>(&scratch.dcondition, c));
        let dmixed = head_mut::<B>(&mut scratch.dmixed, c);
        self.encoder_norm.backward(backend, weights, mixed, stats, dcondition, dmixed, gradients);
        ops::mix_condition_backward(
            backend,
            shape,
            head::<B>(&inputs.keep, rows),
            head_mut::<B>(&mut scratch.dmixed, c),
            self.null.of_mut(gradients),
            head_mut::<B>(&mut scratch.dtime, n),
        );
        let condition = head::<B>(&inputs.condition, rows * shape.tokens);
        let parameters = self.feature_weight.pair_mut(self.feature_bias, gradients);
        ops::embed_tokens_backward(backend, shape, condition, head::<B>(&scratch.dmixed, c), parameters);
        let dtime = head::<B>(&scratch.dtime, n);
        self.time_out.backward_weights(backend, rows, head::<B>(&work.time_active, n2), dtime, gradients);
        let dhidden = head_mut::<B>(&mut scratch.dhidden, n2);
        self.time_out.backward_input(backend, weights, rows, dtime, dhidden, false);
        let hidden = head::<B>(&work.time_hidden, n2);
        ops::unary_backward(backend, UnaryOp::Silu, hidden, head_mut::<B>(&mut scratch.dhidden, n2));
        let features = head::<B>(&work.time_features, n);
        self.time_in.backward_weights(backend, rows, features, head::<B>(&scratch.dhidden, n2), gradients);
    }
}

impl<B: Backend> Network<B> for DmTransformer {
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

    fn workspace(&self, backend: &B, rows: usize, training: bool) -> Workspace<B> {
        let DmTransformerSettings { coordinates, features, width, .. } = self.settings;
        let (x, c) = (rows * coordinates * width, rows * features * width);
        let alloc = |n| backend.alloc(n);
        Workspace {
            time_features: alloc(rows * width),
            time_hidden: alloc(rows * 2 * width),
            time_active: alloc(rows * 2 * width),
            time: alloc(rows * width),
            mixed: alloc(c),
            encoder_stats: alloc(rows * features * 2),
            condition: alloc(c),
            x: alloc(x),
            blocks: self
                .blocks
                .iter()
                // sampling keeps nothing: all blocks take turns in the memory of one
                .take(if training { self.blocks.len() } else { 2 })
                .map(|block| BlockState {
                    own: block.own.state(backend, rows),
                    after_own: alloc(x),
                    cross: block.cross.state(backend, rows),
                    after_cross: alloc(x),
                    feed_forward: block.feed_forward.state(backend, rows),
                    after: alloc(x),
                })
                .collect(),
            normal: alloc(x),
            stats: alloc(rows * coordinates * 2),
            scratch: self.blocks.first().filter(|_| training).map(|block| Scratch {
                attention: block.own.scratch(backend, rows, coordinates.max(features)),
                feed_forward: block.feed_forward.scratch(backend, rows),
                dx: alloc(x),
                branch: alloc(x),
                dnormal: alloc(x),
                dcondition: alloc(c),
                dmixed: alloc(c),
                dtime: alloc(rows * width),
                dhidden: alloc(rows * 2 * width),
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
        let shape = self.tokens(pass.rows);
        let values = pass.rows * shape.tokens;
        let n = values * shape.width;
        let (w, b) = (self.token_weight.of(weights), self.token_bias.of(weights));
        ops::embed_tokens(backend, shape, head::<B>(&inputs.x, values), w, b, head_mut::<B>(&mut work.x, n));
        let Workspace { condition, x, blocks: states, normal, stats, .. } = work;
        let slots = states.len();
        for (i, block) in self.blocks.iter().enumerate() {
            let (input, state) = input_and_state(x, states, i, slots);
            let BlockState { own, after_own, cross, after_cross, feed_forward, after } = state;
            let d = |branch| self.dropout(pass, 3 * i + branch);
            block.own.forward(backend, weights, pass, d(0), input, condition, own, after_own);
            block.cross.forward(backend, weights, pass, d(1), after_own, condition, cross, after_cross);
            block.feed_forward.forward(backend, weights, pass, d(2), after_cross, feed_forward, after);
        }
        let last = self.blocks.len().checked_sub(1).map_or(&*x, |i| &states[i % slots].after);
        let stats = head_mut::<B>(stats, values * 2);
        self.norm.forward(backend, weights, head::<B>(last, n), head_mut::<B>(normal, n), stats);
        let (w, b) = (self.output_weight.of(weights), self.output_bias.of(weights));
        ops::project_tokens(backend, shape, head::<B>(normal, n), w, b, head_mut::<B>(output, values));
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
        let shape = self.tokens(pass.rows);
        let values = pass.rows * shape.tokens;
        let n = values * shape.width;
        let c = pass.rows * self.settings.features * shape.width;
        let Workspace { condition, x, blocks: states, normal, stats, scratch, .. } = work;
        let scratch = scratch.as_mut().expect("a training workspace");
        let dout = head::<B>(output_gradient, values);
        ops::project_tokens_backward(
            backend,
            shape,
            head::<B>(normal, n),
            self.output_weight.of(weights),
            dout,
            head_mut::<B>(&mut scratch.dnormal, n),
            self.output_weight.pair_mut(self.output_bias, gradients),
        );
        ops::fill(backend, head_mut::<B>(&mut scratch.dx, n), 0.0);
        ops::fill(backend, head_mut::<B>(&mut scratch.dcondition, c), 0.0);
        let last = states.last().map_or(&*x, |state| &state.after);
        let (stats, dnormal) = (head::<B>(stats, values * 2), head::<B>(&scratch.dnormal, n));
        let dx = head_mut::<B>(&mut scratch.dx, n);
        self.norm.backward(backend, weights, head::<B>(last, n), stats, dnormal, dx, gradients);
        let Scratch { attention, feed_forward, dx, branch, dcondition, .. } = scratch;
        for (i, block) in self.blocks.iter().enumerate().rev() {
            let input = if i == 0 { &*x } else { &states[i - 1].after };
            let s = &states[i];
            let d = |branch| self.dropout(pass, 3 * i + branch);
            let (state, scratch) = (&s.feed_forward, &mut *feed_forward);
            let after = &s.after_cross;
            block.feed_forward.backward(
                backend,
                weights,
                pass,
                d(2),
                after,
                state,
                scratch,
                dx,
                branch,
                gradients,
            );
            let mut layer = |layer: &AttentionLayer, dropout, x, state| {
                let flow = AttentionGradients { dx, branch, dcontext: dcondition };
                layer.backward(
                    backend, weights, pass, dropout, x, condition, state, attention, flow, gradients,
                );
            };
            layer(&block.cross, d(1), &s.after_own, &s.cross);
            layer(&block.own, d(0), input, &s.own);
        }
        let parameters = self.token_weight.pair_mut(self.token_bias, gradients);
        ops::embed_tokens_backward(
            backend,
            shape,
            head::<B>(&inputs.x, values),
            head::<B>(dx, n),
            parameters,
        );
        self.encode_backward(backend, weights, pass, inputs, work, gradients);
    }

    fn forward_flop(&self, rows: usize) -> f64 {
        let blocks: f64 = self
            .blocks
            .iter()
            .map(|b| b.own.flop(rows, rows) + b.cross.flop(rows, rows) + b.feed_forward.flop(rows))
            .sum();
        blocks + self.time_in.flop(rows) + self.time_out.flop(rows)
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
    let (previous, own) = ((i - 1) % slots, i % slots);
    let [previous, own] = states.get_disjoint_mut([previous, own]).expect("two slots in turn");
    (&previous.after, own)
}
