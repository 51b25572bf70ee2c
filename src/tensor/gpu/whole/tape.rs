//! What a forward pass keeps for the backward pass of a training step. All of it follows from the sizes of the network.
//!
//! Memory between launches is made of *slots*: `rows` rows of a fixed width, one after another, so that a product
//! over all rows finds a dense matrix. A slot that begins `s` elements into a row of the batch's begins at `rows·s`.

use crate::tensor::TransformerPlan;

/// Counts slots.
pub struct Slots(pub usize);

impl Slots {
    /// Where the next one starts, of so many elements.
    pub fn take(&mut self, width: usize) -> usize {
        let start = self.0;
        self.0 += width;
        start
    }
}

/// What an attention layer keeps of its forward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttentionTape {
    /// `[tokens, width]`: normalised, before scale and shift.
    pub normal: usize,
    /// `[tokens]`: 1/σ.
    pub reciprocal: usize,
    /// `[tokens, width]`: queries.
    pub query: usize,
    /// `[tokens, 2·width]`: keys and values of self-attention.
    pub key_value: usize,
    /// `[heads, tokens, keys]`: probabilities.
    pub p: usize,
    /// `[tokens, width]`: what was attended.
    pub attended: usize,
}

impl AttentionTape {
    fn new(slots: &mut Slots, plan: &TransformerPlan, keys: usize, own: bool) -> AttentionTape {
        let stream = plan.tokens * plan.width;
        AttentionTape {
            normal: slots.take(stream),
            reciprocal: slots.take(plan.tokens),
            query: slots.take(stream),
            key_value: slots.take(if own { 2 * stream } else { 0 }),
            p: slots.take(plan.heads * plan.tokens * keys),
            attended: slots.take(stream),
        }
    }
}

/// What a backward pass needs of its forward pass. What belongs to a block begins `block` elements later in the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tape {
    /// Self-attention.
    pub own: AttentionTape,
    /// Cross-attention.
    pub cross: AttentionTape,
    /// `[tokens, width]`: normalised for the feed-forward layer, before scale and shift.
    pub feed_normal: usize,
    /// `[tokens]`: 1/σ.
    pub feed_reciprocal: usize,
    /// `[tokens, hidden]`: after the ReLU.
    pub hidden: usize,
    /// Elements of a block.
    pub block: usize,
    /// `[tokens, width]`: normalised for the output, before scale and shift.
    pub normal: usize,
    /// `[tokens]`: 1/σ.
    pub reciprocal: usize,
    /// `[features, width]`: the condition normalised, before scale and shift.
    pub condition: usize,
    /// `[features]`: 1/σ.
    pub condition_reciprocal: usize,
    /// `[width]`: the timestep's features.
    pub time_features: usize,
    /// `[2·width]`: its hidden layer before SiLU …
    pub time_hidden: usize,
    /// … and after.
    pub time_active: usize,
    /// Elements a row of the batch.
    pub len: usize,
}

impl Tape {
    /// For a network.
    pub fn new(plan: &TransformerPlan) -> Tape {
        let TransformerPlan { tokens, features, width, hidden, blocks, .. } = *plan;
        let mut slots = Slots(0);
        let own = AttentionTape::new(&mut slots, plan, tokens, true);
        let cross = AttentionTape::new(&mut slots, plan, features, false);
        let feed_normal = slots.take(tokens * width);
        let feed_reciprocal = slots.take(tokens);
        let hidden = slots.take(tokens * hidden);
        let block = slots.0;
        let mut slots = Slots(block * blocks);
        Tape {
            own,
            cross,
            feed_normal,
            feed_reciprocal,
            hidden,
            block,
            normal: slots.take(tokens * width),
            reciprocal: slots.take(tokens),
            condition: slots.take(features * width),
            condition_reciprocal: slots.take(features),
            time_features: slots.take(width),
            time_hidden: slots.take(2 * width),
            time_active: slots.take(2 * width),
            len: slots.0,
        }
    }
}
