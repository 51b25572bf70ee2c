//! The walk of a draw with a network that the device takes whole: the condition is encoded for many timesteps at once,
//! given and dropped, and each step of the solver is one launch.

use crate::nn::upload;
use crate::tensor::ops::{self, all};
use crate::tensor::{Backend, Rows, SolverStep, TransformerPlan, View, ViewMut, WholeTransformer};

/// Timesteps that are encoded at once: most draws have fewer, and what is kept of a thousand would be hundreds of
/// megabytes.
const WINDOW: usize = 32;

/// A network, its weights and its encoded condition on such a device.
pub(super) struct WholeWalk<'a, B: Backend> {
    backend: &'a B,
    device: &'a dyn WholeTransformer<B::Buffer>,
    plan: &'a TransformerPlan,
    weights: &'a B::Buffer,
    /// Timesteps, as networks are told them.
    times: Vec<f32>,
    /// Passes of a step that is guided: with the condition, and without. One where none is.
    passes: usize,
    condition: B::Buffer,
    keep: B::Buffer,
    time: B::Buffer,
    context: B::Buffer,
    /// Elements of the context a pass.
    context_row: usize,
}

impl<'a, B: Backend> WholeWalk<'a, B> {
    /// Memory for a walk along these timesteps; `None` if the device does not take the network whole.
    pub fn new(
        backend: &'a B,
        plan: &'a TransformerPlan,
        weights: &'a B::Buffer,
        condition: &[f32],
        times: Vec<f32>,
        guided: bool,
    ) -> Option<WholeWalk<'a, B>> {
        let passes = if guided { 2 } else { 1 };
        let device = backend.whole()?;
        let rows = passes * times.len().clamp(1, WINDOW);
        let context = backend.alloc(device.drawing(plan, rows)?);
        let keep: Vec<f32> = (0..rows).map(|row| if row % passes == 0 { 1.0 } else { 0.0 }).collect();
        Some(WholeWalk {
            backend,
            device,
            plan,
            weights,
            times,
            passes,
            condition: upload(backend, condition),
            keep: upload(backend, &keep),
            time: backend.alloc(rows),
            context_row: backend.len(&context) / rows,
            context,
        })
    }

    /// Encodes the condition for the timesteps from `i` on.
    fn encode(&mut self, i: usize) {
        let WholeWalk {
            backend, device, plan, weights, times, passes, condition, keep, time, context, ..
        } = self;
        let window = &times[i..(i + WINDOW).min(times.len())];
        let repeated: Vec<f32> = window.iter().flat_map(|t| std::iter::repeat_n(*t, *passes)).collect();
        let rows = repeated.len();
        ops::write(*backend, ViewMut { buffer: time, start: 0, len: rows }, &repeated);
        device.encode(
            plan,
            all(*backend, weights),
            View { buffer: time, start: 0, len: rows },
            all(*backend, condition),
            View { buffer: keep, start: 0, len: rows },
            ViewMut { buffer: context, start: 0, len: rows * self.context_row },
        );
    }

    /// The step from timestep `i`, the one after the last that was asked for: with the `factors` of state and
    /// predictions, and the solver's as [`SolverStep`] has them. `x`, `clean` and `other` are whole.
    #[allow(clippy::too_many_arguments)]
    pub fn step(
        &mut self,
        i: usize,
        factors: (f32, f32, f32),
        limit: Option<f32>,
        update: Option<(f32, f32, f32)>,
        x: &mut Rows<B>,
        clean: &mut Rows<B>,
        other: &Rows<B>,
    ) {
        if i.is_multiple_of(WINDOW) {
            self.encode(i);
        }
        let WholeWalk { backend, device, plan, weights, context, passes, .. } = self;
        let (state, given, dropped) = factors;
        let first = i % WINDOW * *passes;
        // what counts for nothing is not asked for
        let passes = if dropped == 0.0 { 1 } else { *passes };
        let step = SolverStep { first, passes, state, given, dropped, limit, update };
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
