//! Networks run whole: a transformer's layers in a launch or two, a workgroup a row of the batch. The mathematics are
//! those of [`crate::tensor::ops`] and [`crate::model`]; sums are taken in another order.
//!
//! A workgroup keeps a row's tokens in its shared memory from the first layer to the last, so nothing but weights and
//! keys and values of the condition comes from outside. What does not fit an adapter's shared memory (WebGPU promises
//! 16 KiB: of 64 channels 14 tokens in training, 19 in drawing) is not taken, and goes operation by operation.

// what is decided when a kernel is compiled stands apart from what a unit decides
#![allow(clippy::collapsible_if)]

mod checks;
mod decode;
mod decode_backward;
mod encode;
mod encode_backward;
mod finish;
mod flow;
mod layers_backward;
mod layout;
mod parts;
mod tape;
mod training;
mod weights;

use super::buffer::{GpuBuffer, arg};
use super::kernels::units;
use super::machine::Gpu;
use super::tally::{Family, Work};
use crate::tensor::{
    SolverStep, TransformerPlan, View, ViewMut, WholeDropout, WholeInputs, WholeLengths, WholeMemory,
    WholeTransformer,
};
use checks::{MOST_ROWS, context_row, expect};
use cubecl::prelude::CubeCount;
use decode::{Decoder, decode_kernel};
use encode::{Encoder, encode_kernel};
use layout::{Decoding, Encoding};
use tape::Tape;

fn encoder(plan: &TransformerPlan) -> Encoder {
    Encoder { plan: *plan, at: Encoding::forward(plan), tape: Tape::new(plan), keep: false }
}

fn decoder(plan: &TransformerPlan) -> Decoder {
    let at = Decoding::forward(plan, false);
    Decoder { plan: *plan, at, tape: Tape::new(plan), keep: false, dropout: false, walk: true }
}

/// Whether there is something of everything, and heads and time features divide the channels.
fn is_whole(plan: &TransformerPlan) -> bool {
    let TransformerPlan { tokens, features, width, heads, hidden, blocks, .. } = *plan;
    let some = [tokens, features, width, heads, hidden, blocks].iter().all(|size| *size > 0);
    some && width.is_multiple_of(2) && width.is_multiple_of(heads)
}

impl WholeTransformer<GpuBuffer> for Gpu {
    fn drawing(&self, plan: &TransformerPlan, rows: usize) -> Option<usize> {
        let limits = self.limits();
        let shared = decoder(plan).at.len.max(encoder(plan).at.len);
        let context = rows * context_row(plan);
        let fits = limits.shares(shared) && limits.binds(context) && limits.binds(plan.parameters);
        (is_whole(plan) && fits && rows * encoder(plan).parts() <= MOST_ROWS).then_some(context)
    }

    fn encode(
        &self,
        plan: &TransformerPlan,
        weights: View<GpuBuffer>,
        time: View<GpuBuffer>,
        condition: View<GpuBuffer>,
        keep: View<GpuBuffer>,
        context: ViewMut<GpuBuffer>,
    ) {
        let rows = time.len;
        expect("the weights", weights.len, plan.parameters);
        expect("keep", keep.len, rows);
        expect("the condition", condition.len, plan.features);
        expect("the context", context.len, rows * context_row(plan));
        let s = encoder(plan);
        let count = CubeCount::Static((rows * s.parts()) as u32, 1, 1);
        let work = Work::new(Family::Whole, &count)
            .moves([weights.len, rows, condition.len, rows, context.len])
            .flop(rows * s.flop())
            .shares(s.at.len, s.barriers());
        let (frequencies, scratch) = (self.frequencies(plan.width / 2), self.scratch(1));
        // SAFETY: the lengths are those of the plan; nothing is written to the scratch.
        unsafe {
            encode_kernel::launch_unchecked(
                self.launch(work),
                count,
                units(),
                arg(weights),
                frequencies,
                arg(time),
                arg(condition),
                arg(keep),
                arg(context.into_view()),
                scratch.arg(),
                rows,
                0,
                s,
            )
        }
    }

    fn walk(
        &self,
        plan: &TransformerPlan,
        weights: View<GpuBuffer>,
        context: View<GpuBuffer>,
        step: SolverStep,
        x: ViewMut<GpuBuffer>,
        clean: ViewMut<GpuBuffer>,
        other: View<GpuBuffer>,
    ) {
        let rows = x.len / plan.tokens;
        let SolverStep { first, passes, state, given, dropped, limit, update } = step;
        expect("the weights", weights.len, plan.parameters);
        expect("x", x.len, rows * plan.tokens);
        expect("the clean coordinates", clean.len, x.len);
        expect("the other coordinates", other.len, x.len);
        assert!(
            (first + passes) * context_row(plan) <= context.len,
            "context row {first} of passes {passes}"
        );
        assert!(rows <= MOST_ROWS, "{rows} rows");
        if rows == 0 {
            return;
        }
        let s = decoder(plan);
        let count = CubeCount::Static(rows as u32, 1, 1);
        let moved = [weights.len, passes * context_row(plan), 2 * x.len, clean.len, other.len];
        let work = Work::new(Family::Whole, &count)
            .moves(moved)
            .flop(rows * passes * s.flop())
            .shares(s.at.len, passes * s.barriers());
        let (a, b, c) = update.unwrap_or((1.0, 0.0, 0.0));
        let scratch = self.scratch(1);
        // SAFETY: the lengths are those of the plan; nothing is written to the scratch.
        unsafe {
            decode_kernel::launch_unchecked(
                self.launch(work),
                count,
                units(),
                arg(weights),
                arg(context),
                arg(other),
                arg(x.into_view()),
                arg(clean.into_view()),
                scratch.arg(),
                rows,
                first,
                0,
                passes,
                state,
                given,
                dropped,
                // a shader may take it that no number is infinite
                limit.unwrap_or(f32::MAX),
                a,
                b,
                c,
                u32::from(update.is_some()),
                0.0,
                1.0,
                0,
                0,
                0,
                0,
                s,
            )
        }
    }

    fn training(&self, plan: &TransformerPlan, rows: usize, dropout: bool) -> Option<WholeLengths> {
        if is_whole(plan) { training::lengths(self, plan, rows, dropout) } else { None }
    }

    fn forward(
        &self,
        plan: &TransformerPlan,
        weights: View<GpuBuffer>,
        dropout: WholeDropout,
        inputs: WholeInputs<GpuBuffer>,
        memory: WholeMemory<GpuBuffer>,
        output: ViewMut<GpuBuffer>,
    ) {
        training::forward(self, plan, weights, dropout, inputs, memory, output);
    }

    fn backward(
        &self,
        plan: &TransformerPlan,
        weights: View<GpuBuffer>,
        dropout: WholeDropout,
        inputs: WholeInputs<GpuBuffer>,
        memory: WholeMemory<GpuBuffer>,
        output_gradient: View<GpuBuffer>,
        gradients: ViewMut<GpuBuffer>,
    ) {
        training::backward(self, plan, weights, dropout, inputs, memory, output_gradient, gradients);
    }
}

#[cfg(test)]
mod tests {
    use crate::tensor::{Affine, AttentionSlots, TransformerPlan};

    /// Sizes alone: where the weights are does not matter.
    pub fn plan(
        tokens: usize,
        features: usize,
        width: usize,
        heads: usize,
        hidden: usize,
        blocks: usize,
    ) -> TransformerPlan {
        let nowhere = Affine { weight: 0, bias: 0 };
        let slots = AttentionSlots { norm: nowhere, query: nowhere, key_value: nowhere, output: nowhere };
        TransformerPlan {
            tokens,
            features,
            width,
            heads,
            hidden,
            blocks,
            parameters: 0,
            token: nowhere,
            feature: nowhere,
            null: 0,
            time_in: nowhere,
            time_out: nowhere,
            encoder_norm: nowhere,
            first_block: 0,
            block_stride: 0,
            own: slots,
            cross: slots,
            feed_norm: nowhere,
            widen: nowhere,
            narrow: nowhere,
            norm: nowhere,
            output: nowhere,
        }
    }
}
