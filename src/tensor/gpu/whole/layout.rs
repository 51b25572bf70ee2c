//! Where things lie in a workgroup's shared memory. All of it follows from the sizes of the network.

use crate::tensor::TransformerPlan;

/// Units that share a token's sums.
pub const SHARERS: usize = 16;
/// Encoder tokens that are worked on together.
pub const ENCODED: usize = 16;
/// The most channels of a feed-forward layer that are in shared memory at a time.
const WIDEST_PART: usize = 64;

/// Channels of a feed-forward layer that are worked on together: the most that divide all of them.
pub fn feed_part(plan: &TransformerPlan) -> usize {
    (1..=WIDEST_PART.min(plan.hidden)).rev().find(|part| plan.hidden.is_multiple_of(*part)).unwrap_or(1)
}

/// The decoder's shared memory, in elements from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decoding {
    /// `[tokens, width]`: the residual stream, forward, or its gradient, backward.
    pub x: usize,
    /// `[tokens, width]`: the normalised stream; backward the branch's gradient, then the normalised stream's.
    pub normal: usize,
    /// `[tokens, width]`: forward the branch, where dropout has to wait for all of it; backward the gradient of what was
    /// attended or of the normalised stream.
    pub branch: usize,
    /// `[tokens]`: the guided prediction.
    pub guided: usize,
    /// Queries, keys and values of one head, a part of a feed-forward layer, or sums.
    pub part: usize,
    /// `[tokens, keys]` of self-attention: scores, exponentials, and backward a third.
    pub own_scores: usize,
    /// … and of cross-attention.
    pub cross_scores: usize,
    /// All of it.
    pub len: usize,
}

impl Decoding {
    /// For a forward pass.
    pub fn forward(plan: &TransformerPlan, dropout: bool) -> Decoding {
        let TransformerPlan { tokens, width, heads, .. } = *plan;
        let stream = tokens * width;
        let head = tokens * width / heads;
        let branch = 2 * stream;
        let guided = branch + if dropout { stream } else { 0 };
        let part = guided + tokens;
        let (own_scores, cross_scores) = (part + 3 * head, part + head);
        let len = [
            own_scores + 2 * tokens * tokens,
            cross_scores + 2 * tokens * plan.features,
            part + tokens * feed_part(plan),
            part + 2 * tokens * SHARERS,
        ];
        let len = len.into_iter().max().expect("four");
        Decoding { x: 0, normal: stream, branch, guided, part, own_scores, cross_scores, len }
    }

    /// For a backward pass.
    pub fn backward(plan: &TransformerPlan) -> Decoding {
        let TransformerPlan { tokens, width, heads, .. } = *plan;
        let stream = tokens * width;
        let head = tokens * width / heads;
        let part = 3 * stream;
        let (own_scores, cross_scores) = (part + 3 * head, part + head);
        let len = [
            own_scores + 3 * tokens * tokens,
            cross_scores + 3 * tokens * plan.features,
            part + tokens * feed_part(plan),
            part + 2 * tokens * SHARERS,
        ];
        let len = len.into_iter().max().expect("four");
        Decoding {
            x: 0,
            normal: stream,
            branch: 2 * stream,
            guided: part,
            part,
            own_scores,
            cross_scores,
            len,
        }
    }
}

/// The encoder's shared memory, in elements from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Encoding {
    /// Tokens that are worked on together.
    pub tokens: usize,
    /// `[tokens, width]`: condition tokens, or their gradient.
    pub condition: usize,
    /// `[width]`: the timestep's features; backward the gradient of its embedding.
    pub features: usize,
    /// `[2·width]`: the timestep's hidden layer.
    pub hidden: usize,
    /// `[width]`: the timestep's embedding.
    pub time: usize,
    /// Sums; backward the gradient of keys and values, `[tokens, 2·width]`.
    pub part: usize,
    /// All of it.
    pub len: usize,
}

impl Encoding {
    /// For a forward pass.
    pub fn forward(plan: &TransformerPlan) -> Encoding {
        Encoding::new(plan, 0)
    }

    /// For a backward pass.
    pub fn backward(plan: &TransformerPlan) -> Encoding {
        Encoding::new(plan, 2 * plan.width)
    }

    fn new(plan: &TransformerPlan, staged: usize) -> Encoding {
        let (tokens, width) = (plan.features.min(ENCODED), plan.width);
        let features = tokens * width;
        let (hidden, time) = (features + width, features + 3 * width);
        let part = time + width;
        let len = part + tokens * staged.max(2 * SHARERS);
        Encoding { tokens, condition: 0, features, hidden, time, part, len }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::plan;
    use super::*;

    /// WebGPU promises 16 KiB of shared memory a workgroup; OTA1 has 14 coordinates and 14 features.
    #[test]
    fn fourteen_tokens_of_64_channels_fit_the_shared_memory_that_every_adapter_has() {
        let plan = plan(14, 14, 64, 4, 256, 8);
        let bytes = |elements: usize| elements * size_of::<f32>();
        assert!(bytes(Decoding::forward(&plan, false).len) <= 12 << 10);
        assert!(bytes(Decoding::forward(&plan, true).len) <= 16 << 10);
        assert!(bytes(Decoding::backward(&plan).len) <= 16 << 10);
        assert!(bytes(Encoding::backward(&plan).len) <= 16 << 10);
    }

    #[test]
    fn nineteen_tokens_fit_a_draw_and_no_more_than_fourteen_a_training_step() {
        let fits = |len: usize| len * size_of::<f32>() <= 16 << 10;
        let drawing = |tokens| fits(Decoding::forward(&plan(tokens, 14, 64, 4, 256, 8), false).len);
        let training =
            |tokens, features| fits(Decoding::backward(&plan(tokens, features, 64, 4, 256, 8)).len);
        assert!(drawing(19) && !drawing(20));
        assert!(training(14, 14) && !training(15, 14));
        assert!(training(14, 27) && !training(14, 35));
    }

    #[test]
    fn feed_forward_layers_are_cut_evenly() {
        let part = |hidden| feed_part(&plan(3, 3, 8, 2, hidden, 1));
        assert_eq!([part(256), part(96), part(24), part(65), part(67)], [64, 48, 24, 13, 1]);
    }
}
