//! Dropout of a residual branch.

use super::layers::Linear;
use crate::tensor::{Backend, View, ViewMut, ops};

/// Dropout of a residual branch: a probability and a stream of its own in each pass.
#[derive(Clone, Copy, Debug)]
pub struct Dropout {
    /// The probability; 0 for none.
    pub probability: f32,
    /// Seed and stream of this branch in this pass.
    pub stream: Option<(u64, u64)>,
}

impl Dropout {
    fn active(self) -> Option<(f32, u64, u64)> {
        self.stream.filter(|_| self.probability > 0.0).map(|(seed, stream)| (self.probability, seed, stream))
    }

    /// `y = x + dropout(branch·W + b)`; without dropout the product accumulates onto a copy of `x`.
    pub(super) fn residual<B: Backend>(
        self,
        backend: &B,
        output: &Linear,
        weights: &B::Buffer,
        branch: View<B::Buffer>,
        x: View<B::Buffer>,
        mut y: ViewMut<B::Buffer>,
    ) {
        match self.active() {
            None => {
                ops::copy(backend, x, y.reborrow());
                output.forward_onto(backend, weights, branch, y);
            }
            Some((probability, seed, stream)) => {
                output.forward(backend, weights, branch, y.reborrow());
                ops::dropout(backend, y.reborrow(), probability, seed, stream);
                ops::add(backend, x, y);
            }
        }
    }

    /// The gradient that enters the branch: the stream's own without dropout, else a masked copy in `branch`.
    pub(super) fn backward<'a, B: Backend>(
        self,
        backend: &B,
        dx: View<'a, B::Buffer>,
        mut branch: ViewMut<'a, B::Buffer>,
    ) -> View<'a, B::Buffer> {
        match self.active() {
            None => dx,
            Some((probability, seed, stream)) => {
                ops::copy(backend, dx, branch.reborrow());
                ops::dropout(backend, branch.reborrow(), probability, seed, stream);
                branch.into_view()
            }
        }
    }
}
