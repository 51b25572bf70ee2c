//! A training pass of a transformer that the device takes whole, and its memory.

use crate::nn::{Inputs, Pass};
use crate::tensor::ops::{all, all_mut};
use crate::tensor::{
    Backend, Rows, TransformerPlan, WholeDropout, WholeInputs, WholeLengths, WholeMemory, WholeTransformer,
};

/// Memory of a training pass.
pub struct WholePass<B: Backend> {
    context: B::Buffer,
    activations: B::Buffer,
    flow: B::Buffer,
    vectors: B::Buffer,
    parts: B::Buffer,
    turned: B::Buffer,
}

fn device<B: Backend>(backend: &B) -> &dyn WholeTransformer<B::Buffer> {
    backend.whole().expect("the device that the memory was made for takes networks whole")
}

/// What is asked for, a condition a row.
fn asked<B: Backend>(pass: Pass, inputs: &Inputs<B>) -> WholeInputs<'_, B::Buffer> {
    let rows = pass.rows;
    assert!(pass.condition_rows == rows, "a training pass has a condition a row");
    let Inputs { x, time, condition, keep } = inputs;
    WholeInputs {
        x: x.rows(rows),
        time: time.rows(rows),
        condition: condition.rows(rows),
        keep: keep.rows(rows),
    }
}

impl<B: Backend> WholePass<B> {
    /// Memory for up to `rows` rows, with dropout or without; `None` if the device does not take the network whole.
    pub fn new(backend: &B, plan: &TransformerPlan, rows: usize, dropout: bool) -> Option<WholePass<B>> {
        let lengths = backend.whole()?.training(plan, rows, dropout)?;
        let WholeLengths { context, activations, flow, vectors, parts, turned } = lengths;
        let alloc = |len| backend.alloc(len);
        Some(WholePass {
            context: alloc(context),
            activations: alloc(activations),
            flow: alloc(flow),
            vectors: alloc(vectors),
            parts: alloc(parts),
            turned: alloc(turned),
        })
    }

    fn memory(&mut self, backend: &B) -> WholeMemory<'_, B::Buffer> {
        let WholePass { context, activations, flow, vectors, parts, turned } = self;
        WholeMemory {
            context: all_mut(backend, context),
            activations: all_mut(backend, activations),
            flow: all_mut(backend, flow),
            vectors: all_mut(backend, vectors),
            parts: all_mut(backend, parts),
            turned: all_mut(backend, turned),
        }
    }

    /// See [`crate::nn::Network::forward`].
    #[allow(clippy::too_many_arguments)]
    pub fn forward(
        &mut self,
        backend: &B,
        plan: &TransformerPlan,
        weights: &B::Buffer,
        pass: Pass,
        dropout: WholeDropout,
        inputs: &Inputs<B>,
        output: &mut Rows<B>,
    ) {
        let (inputs, output) = (asked(pass, inputs), output.rows_mut(pass.rows));
        device(backend).forward(plan, all(backend, weights), dropout, inputs, self.memory(backend), output);
    }

    /// See [`crate::nn::Network::backward`].
    #[allow(clippy::too_many_arguments)]
    pub fn backward(
        &mut self,
        backend: &B,
        plan: &TransformerPlan,
        weights: &B::Buffer,
        pass: Pass,
        dropout: WholeDropout,
        inputs: &Inputs<B>,
        output_gradient: &Rows<B>,
        gradients: &mut B::Buffer,
    ) {
        device(backend).backward(
            plan,
            all(backend, weights),
            dropout,
            asked(pass, inputs),
            self.memory(backend),
            output_gradient.rows(pass.rows),
            all_mut(backend, gradients),
        );
    }
}
