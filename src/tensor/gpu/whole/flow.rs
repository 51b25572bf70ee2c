//! What a backward pass leaves for the gradients of weights, in slots as [`super::tape`] has them, and the gradients of
//! vectors.

use super::tape::Slots;
use crate::tensor::TransformerPlan;

/// Gradients of what an attention layer's products give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttentionFlow {
    /// `[tokens, width]`: of the branch.
    pub branch: usize,
    /// `[tokens, width]`: of the queries.
    pub query: usize,
    /// `[keys, 2·width]`: of keys and values.
    pub key_value: usize,
}

impl AttentionFlow {
    fn new(slots: &mut Slots, plan: &TransformerPlan, keys: usize) -> AttentionFlow {
        let stream = plan.tokens * plan.width;
        AttentionFlow {
            branch: slots.take(stream),
            query: slots.take(stream),
            key_value: slots.take(keys * 2 * plan.width),
        }
    }
}

/// Gradients of what products give; as [`Tape`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flow {
    /// Self-attention.
    pub own: AttentionFlow,
    /// Cross-attention.
    pub cross: AttentionFlow,
    /// `[tokens, hidden]`: of the first feed-forward layer, before its ReLU.
    pub hidden: usize,
    /// `[tokens, width]`: of the feed-forward branch.
    pub feed_branch: usize,
    /// Elements of a block.
    pub block: usize,
    /// `[width]`: of the timestep's embedding.
    pub time: usize,
    /// `[2·width]`: of its hidden layer, before SiLU.
    pub time_hidden: usize,
    /// Elements a row of the batch.
    pub len: usize,
}

impl Flow {
    /// For a network.
    pub fn new(plan: &TransformerPlan) -> Flow {
        let mut slots = Slots(0);
        let own = AttentionFlow::new(&mut slots, plan, plan.tokens);
        let cross = AttentionFlow::new(&mut slots, plan, plan.features);
        let hidden = slots.take(plan.tokens * plan.hidden);
        let feed_branch = slots.take(plan.tokens * plan.width);
        let block = slots.0;
        let mut slots = Slots(block * plan.blocks);
        Flow {
            own,
            cross,
            hidden,
            feed_branch,
            block,
            time: slots.take(plan.width),
            time_hidden: slots.take(2 * plan.width),
            len: slots.0,
        }
    }
}

/// Gradients of an attention layer's vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttentionVectors {
    /// Scale and shift of its norm, `[width]` each.
    pub norm: Pair,
    /// `[width]`: bias of the queries.
    pub query: usize,
    /// `[2·width]`: bias of keys and values.
    pub key_value: usize,
    /// `[width]`: bias of the output.
    pub output: usize,
}

/// Where two vectors start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pair {
    /// Scale, or weight.
    pub weight: usize,
    /// Shift, or bias.
    pub bias: usize,
}

impl Pair {
    fn new(slots: &mut Slots, weight: usize, bias: usize) -> Pair {
        Pair { weight: slots.take(weight), bias: slots.take(bias) }
    }
}

impl AttentionVectors {
    fn new(slots: &mut Slots, width: usize) -> AttentionVectors {
        AttentionVectors {
            norm: Pair::new(slots, width, width),
            query: slots.take(width),
            key_value: slots.take(2 * width),
            output: slots.take(width),
        }
    }
}

/// A row's gradients of all that is no product's matrix: a line of [`Self::len`] elements a row of the batch, whose sum over
/// the rows is the gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Vectors {
    /// Self-attention.
    pub own: AttentionVectors,
    /// Cross-attention.
    pub cross: AttentionVectors,
    /// Norm of the feed-forward layer.
    pub feed_norm: Pair,
    /// `[hidden]`: bias of its first layer.
    pub widen: usize,
    /// `[width]`: bias of its second.
    pub narrow: usize,
    /// Elements of a block.
    pub block: usize,
    /// `[tokens, width]` each: embedding of coordinates.
    pub token: Pair,
    /// `[features, width]` each: embedding of features.
    pub feature: Pair,
    /// `[features, width]`: tokens of a dropped condition.
    pub null: usize,
    /// `[2·width]`: bias of the timestep's first layer.
    pub time_in: usize,
    /// `[width]`: bias of its second.
    pub time_out: usize,
    /// `[width]` each: norm of the encoder.
    pub encoder_norm: Pair,
    /// `[width]` each: norm of the output.
    pub norm: Pair,
    /// `[tokens, width]` and `[tokens]`: output.
    pub output: Pair,
    /// Elements a row.
    pub len: usize,
}

impl Vectors {
    /// For a network.
    pub fn new(plan: &TransformerPlan) -> Vectors {
        let TransformerPlan { tokens, features, width, hidden, blocks, .. } = *plan;
        let mut slots = Slots(0);
        let s = &mut slots;
        let (own, cross) = (AttentionVectors::new(s, width), AttentionVectors::new(s, width));
        let feed_norm = Pair::new(s, width, width);
        let (widen, narrow) = (s.take(hidden), s.take(width));
        let block = slots.0;
        let mut slots = Slots(block * blocks);
        let s = &mut slots;
        Vectors {
            own,
            cross,
            feed_norm,
            widen,
            narrow,
            block,
            token: Pair::new(s, tokens * width, tokens * width),
            feature: Pair::new(s, features * width, features * width),
            null: s.take(features * width),
            time_in: s.take(2 * width),
            time_out: s.take(width),
            encoder_norm: Pair::new(s, width, width),
            norm: Pair::new(s, width, width),
            output: Pair::new(s, tokens * width, tokens),
            len: slots.0,
        }
    }
}
