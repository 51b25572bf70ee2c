//! The walk of a draw with a network that the device takes whole: the condition is encoded once for all timesteps, given
//! and dropped, and each step of the solver is one launch.

use crate::nn::upload;
use crate::tensor::ops::{all, all_mut};
use crate::tensor::{Backend, Rows, SolverStep, TransformerPlan, WholeTransformer};

/// A network, its weights and its encoded condition on such a device.
pub(super) struct WholeWalk<'a, B: Backend> {
    backend: &'a B,
    device: &'a dyn WholeTransformer<B::Buffer>,
    plan: &'a TransformerPlan,
    weights: &'a B::Buffer,
    context: B::Buffer,
    /// Passes a step: with the condition, and without where a draw is guided.
    passes: usize,
}

impl<'a, B: Backend> WholeWalk<'a, B> {
    /// Encodes the condition for all timesteps, as networks are told them; `None` if the device does not take the
    /// network whole.
    pub fn new(
        backend: &'a B,
        plan: &'a TransformerPlan,
        weights: &'a B::Buffer,
        condition: &[f32],
        times: &[f32],
        guided: bool,
    ) -> Option<WholeWalk<'a, B>> {
        let passes = if guided { 2 } else { 1 };
        let device = backend.whole()?;
        let mut context = backend.alloc(device.drawing(plan, passes * times.len())?);
        if !times.is_empty() {
            let repeated: Vec<f32> = times.iter().flat_map(|t| std::iter::repeat_n(*t, passes)).collect();
            let keep: Vec<f32> = times.iter().flat_map(|_| &[1.0, 0.0][..passes]).copied().collect();
            let (time, condition, keep) =
                (upload(backend, &repeated), upload(backend, condition), upload(backend, &keep));
            device.encode(
                plan,
                all(backend, weights),
                all(backend, &time),
                all(backend, &condition),
                all(backend, &keep),
                all_mut(backend, &mut context),
            );
        }
        Some(WholeWalk { backend, device, plan, weights, context, passes })
    }

    /// The step from timestep `i`: with the `factors` of state and predictions, and the solver's as [`SolverStep`] has
    /// them. `x`, `clean` and `other` are whole.
    #[allow(clippy::too_many_arguments)]
    pub fn step(
        &self,
        i: usize,
        factors: (f32, f32, f32),
        limit: Option<f32>,
        update: Option<(f32, f32, f32)>,
        x: &mut Rows<B>,
        clean: &mut Rows<B>,
        other: &Rows<B>,
    ) {
        let WholeWalk { backend, device, plan, weights, context, passes } = self;
        let (state, given, dropped) = factors;
        let step = SolverStep { first: i * passes, passes: *passes, state, given, dropped, limit, update };
        let rows = x.whole(*backend).len / plan.tokens;
        device.walk(
            plan,
            all(*backend, weights),
            all(*backend, context),
            step,
            x.rows_mut(rows),
            clean.rows_mut(rows),
            other.rows(rows),
        );
    }
}
