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

use super::whole::WholePass;
use crate::nn::{
    AttentionGradients, AttentionLayer, AttentionScratch, AttentionState, Dropout, FeedForward,
    FeedForwardScratch, FeedForwardState, Initial, Inputs, LayerNorm, Layout, Linear, Network, Pass, Slot,
    in_turn,
};
use crate::tensor::{Affine, Backend, Rows, TokenShape, TransformerPlan, UnaryOp, WholeDropout, ops};
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
    plan: Option<TransformerPlan>,
}

/// What one block keeps of its forward pass: its sub-layers' states and their inputs.
struct BlockState<B: Backend> {
    own: AttentionState<B>,
    after_own: Rows<B>,
    cross: AttentionState<B>,
    after_cross: Rows<B>,
    feed_forward: FeedForwardState<B>,
    after: Rows<B>,
}

struct Scratch<B: Backend> {
    attention: AttentionScratch<B>,
    feed_forward: FeedForwardScratch<B>,
    dx: Rows<B>,
    branch: Rows<B>,
    dnormal: Rows<B>,
    dcondition: Rows<B>,
    dmixed: Rows<B>,
    dtime: Rows<B>,
    dhidden: Rows<B>,
}

/// Memory of one pass: of the network whole, where the device takes it so, or of its layers.
pub enum Workspace<B: Backend> {
    /// For training on such a device.
    Whole(WholePass<B>),
    /// Else.
    Layers(Box<Layers<B>>),
}

/// Activations of one pass, layer by layer.
pub struct Layers<B: Backend> {
    time_features: Rows<B>,
    time_hidden: Rows<B>,
    time_active: Rows<B>,
    time: Rows<B>,
    mixed: Rows<B>,
    encoder_stats: Rows<B>,
    condition: Rows<B>,
    x: Rows<B>,
    blocks: Vec<BlockState<B>>,
    normal: Rows<B>,
    stats: Rows<B>,
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
        let network = DmTransformer {
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
            plan: None,
        };
        DmTransformer { plan: network.plan(), ..network }
    }

    /// Where everything is, for a device that takes the network whole; `None` without blocks.
    fn plan(&self) -> Option<TransformerPlan> {
        let start = |block: &Block| block.own.slots(0).norm.weight;
        let first = self.blocks.first()?;
        let first_block = start(first);
        // the output's norm was declared after the last block
        let after = self.norm.slots(0).weight;
        let block_stride = self.blocks.get(1).map_or(after, start) - first_block;
        // blocks are declared alike, so they lie alike
        let alike = |(i, block): (usize, &Block)| {
            let at = first_block + i * block_stride;
            let parts = |block: &Block, at| {
                (block.own.slots(at), block.cross.slots(at), block.feed_forward.slots(at))
            };
            start(block) == at && parts(block, at) == parts(first, first_block)
        };
        assert!(self.blocks.iter().enumerate().all(alike), "a block that lies otherwise");
        let pair = |weight: Slot, bias: Slot| Affine { weight: weight.start, bias: bias.start };
        let [feed_norm, widen, narrow] = first.feed_forward.slots(first_block);
        let DmTransformerSettings { coordinates, features, width, heads, blocks, expansion, .. } =
            self.settings;
        Some(TransformerPlan {
            tokens: coordinates,
            features,
            width,
            heads,
            hidden: expansion * width,
            blocks,
            parameters: self.layout.len(),
            token: pair(self.token_weight, self.token_bias),
            feature: pair(self.feature_weight, self.feature_bias),
            null: self.null.start,
            time_in: self.time_in.slots(0),
            time_out: self.time_out.slots(0),
            encoder_norm: self.encoder_norm.slots(0),
            first_block,
            block_stride,
            own: first.own.slots(first_block),
            cross: first.cross.slots(first_block),
            feed_norm,
            widen,
            narrow,
            norm: self.norm.slots(0),
            output: pair(self.output_weight, self.output_bias),
        })
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

    /// What a device that takes the network whole is told beside its inputs: dropout as [`Self::dropout`] has it.
    fn taken_whole(&self, pass: Pass) -> (&TransformerPlan, WholeDropout) {
        let p = self.settings.dropout;
        let dropout = pass.dropout.filter(|_| p > 0.0).map(|(seed, stream)| (p, seed, stream));
        (self.plan.as_ref().expect("memory was made by the plan"), dropout)
    }

    /// The encoder: condition features and timestep to `work.condition[condition_rows,features,width]`.
    fn encode<B: Backend>(
        &self,
        backend: &B,
        weights: &B::Buffer,
        pass: Pass,
        inputs: &Inputs<B>,
        work: &mut Layers<B>,
    ) {
        let rows = pass.condition_rows;
        let shape = self.condition_tokens(rows);
        let Layers { time_features, time_hidden, time_active, time, mixed, encoder_stats, condition, .. } =
            work;
        ops::time_features(backend, shape.width, inputs.time.rows(rows), time_features.rows_mut(rows));
        self.time_in.forward(backend, weights, time_features.rows(rows), time_hidden.rows_mut(rows));
        ops::unary(backend, UnaryOp::Silu, time_hidden.rows(rows), time_active.rows_mut(rows));
        self.time_out.forward(backend, weights, time_active.rows(rows), time.rows_mut(rows));
        let (w, b) = (self.feature_weight.of(weights), self.feature_bias.of(weights));
        ops::embed_tokens(backend, shape, inputs.condition.rows(rows), w, b, mixed.rows_mut(rows));
        let (keep, null) = (inputs.keep.rows(rows), self.null.of(weights));
        ops::mix_condition(backend, shape, keep, null, time.rows(rows), mixed.rows_mut(rows));
        let stats = encoder_stats.rows_mut(rows);
        self.encoder_norm.forward(backend, weights, mixed.rows(rows), condition.rows_mut(rows), stats);
    }

    fn encode_backward<B: Backend>(
        &self,
        backend: &B,
        weights: &B::Buffer,
        pass: Pass,
        inputs: &Inputs<B>,
        work: &mut Layers<B>,
        gradients: &mut B::Buffer,
    ) {
        let rows = pass.rows;
        let shape = self.condition_tokens(rows);
        let Layers { time_features, time_hidden, time_active, mixed, encoder_stats, scratch, .. } = work;
        let Scratch { dcondition, dmixed, dtime, dhidden, .. } =
            scratch.as_mut().expect("a training workspace");
        ops::fill(backend, dmixed.rows_mut(rows), 0.0);
        let (stats, dcondition) = (encoder_stats.rows(rows), dcondition.rows(rows));
        let into = dmixed.rows_mut(rows);
        self.encoder_norm.backward(backend, weights, mixed.rows(rows), stats, dcondition, into, gradients);
        let (keep, null) = (inputs.keep.rows(rows), self.null.of_mut(gradients));
        ops::mix_condition_backward(backend, shape, keep, dmixed.rows_mut(rows), null, dtime.rows_mut(rows));
        let parameters = self.feature_weight.pair_mut(self.feature_bias, gradients);
        let condition = inputs.condition.rows(rows);
        ops::embed_tokens_backward(backend, shape, condition, dmixed.rows(rows), parameters);
        self.time_out.backward_weights(backend, time_active.rows(rows), dtime.rows(rows), gradients);
        self.time_out.backward_input(backend, weights, dtime.rows(rows), dhidden.rows_mut(rows), false);
        ops::unary_backward(backend, UnaryOp::Silu, time_hidden.rows(rows), dhidden.rows_mut(rows));
        self.time_in.backward_weights(backend, time_features.rows(rows), dhidden.rows(rows), gradients);
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

    fn whole(&self) -> Option<&TransformerPlan> {
        self.plan.as_ref()
    }

    fn workspace(&self, backend: &B, rows: usize, training: bool) -> Workspace<B> {
        let DmTransformerSettings { coordinates, features, width, dropout, .. } = self.settings;
        if let Some(plan) = self.plan.as_ref().filter(|_| training)
            && let Some(whole) = WholePass::new(backend, plan, rows, dropout > 0.0)
        {
            return Workspace::Whole(whole);
        }
        let (x, c) = (coordinates * width, features * width);
        let alloc = |width| Rows::new(backend, rows, width);
        Workspace::Layers(Box::new(Layers {
            time_features: alloc(width),
            time_hidden: alloc(2 * width),
            time_active: alloc(2 * width),
            time: alloc(width),
            mixed: alloc(c),
            encoder_stats: alloc(features * 2),
            condition: alloc(c),
            x: alloc(x),
            blocks: self
                .blocks
                .iter()
                // sampling keeps nothing: all blocks take turns in the memory of two
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
            stats: alloc(coordinates * 2),
            scratch: self.blocks.first().filter(|_| training).map(|block| Scratch {
                attention: block.own.scratch(backend, rows, coordinates.max(features)),
                feed_forward: block.feed_forward.scratch(backend, rows),
                dx: alloc(x),
                branch: alloc(x),
                dnormal: alloc(x),
                dcondition: alloc(c),
                dmixed: alloc(c),
                dtime: alloc(width),
                dhidden: alloc(2 * width),
            }),
        }))
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
        let work = match work {
            Workspace::Whole(whole) => {
                let (plan, dropout) = self.taken_whole(pass);
                return whole.forward(backend, plan, weights, pass, dropout, inputs, output);
            }
            Workspace::Layers(layers) => &mut **layers,
        };
        self.encode(backend, weights, pass, inputs, work);
        let rows = pass.rows;
        let shape = self.tokens(rows);
        let Layers { condition, x, blocks: states, normal, stats, .. } = work;
        let (w, b) = (self.token_weight.of(weights), self.token_bias.of(weights));
        ops::embed_tokens(backend, shape, inputs.x.rows(rows), w, b, x.rows_mut(rows));
        for (i, block) in self.blocks.iter().enumerate() {
            let (before, state) = in_turn(states, i);
            let input = before.map_or(&*x, |before| &before.after);
            let BlockState { own, after_own, cross, after_cross, feed_forward, after } = state;
            let d = |branch| self.dropout(pass, 3 * i + branch);
            block.own.forward(backend, weights, pass, d(0), input, condition, own, after_own);
            block.cross.forward(backend, weights, pass, d(1), after_own, condition, cross, after_cross);
            block.feed_forward.forward(backend, weights, pass, d(2), after_cross, feed_forward, after);
        }
        let last = self.blocks.len().checked_sub(1).map_or(&*x, |i| &states[i % states.len()].after);
        self.norm.forward(backend, weights, last.rows(rows), normal.rows_mut(rows), stats.rows_mut(rows));
        let (w, b) = (self.output_weight.of(weights), self.output_bias.of(weights));
        ops::project_tokens(backend, shape, normal.rows(rows), w, b, output.rows_mut(rows));
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
        let work = match work {
            Workspace::Whole(whole) => {
                let (plan, dropout) = self.taken_whole(pass);
                let flow = output_gradient;
                return whole.backward(backend, plan, weights, pass, dropout, inputs, flow, gradients);
            }
            Workspace::Layers(layers) => &mut **layers,
        };
        let rows = pass.rows;
        let shape = self.tokens(rows);
        let Layers { condition, x, blocks: states, normal, stats, scratch, .. } = work;
        let Scratch { attention, feed_forward, dx, branch, dnormal, dcondition, .. } =
            scratch.as_mut().expect("a training workspace");
        ops::project_tokens_backward(
            backend,
            shape,
            normal.rows(rows),
            self.output_weight.of(weights),
            output_gradient.rows(rows),
            dnormal.rows_mut(rows),
            self.output_weight.pair_mut(self.output_bias, gradients),
        );
        ops::fill(backend, dx.rows_mut(rows), 0.0);
        ops::fill(backend, dcondition.rows_mut(rows), 0.0);
        let last = states.last().map_or(&*x, |state| &state.after).rows(rows);
        let (stats, dnormal) = (stats.rows(rows), dnormal.rows(rows));
        self.norm.backward(backend, weights, last, stats, dnormal, dx.rows_mut(rows), gradients);
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
        ops::embed_tokens_backward(backend, shape, inputs.x.rows(rows), dx.rows(rows), parameters);
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
