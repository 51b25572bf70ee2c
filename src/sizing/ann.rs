//! The ANN as a sizer: a regression from a specification's features to coordinates. It has one answer to a
//! target; it gives many by asking for targets a little harder, each by its own amount.

use super::recipe::Jitter;
use super::sizer::{DrawRequest, Examples, Sizer};
use crate::model::{Activation, Perceptron, PerceptronSettings};
use crate::nn::{Batch, Inputs, Loss, Network, Objective, Pass, upload};
use crate::tensor::ops::{self, head, head_mut};
use crate::tensor::{Backend, TensorError};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The network's sizes and the jitter of its answers.
pub(super) struct Ann {
    settings: PerceptronSettings,
    jitter: Jitter,
}

impl Ann {
    pub fn new(features: usize, widths: &[usize], coordinates: usize, jitter: Jitter) -> Ann {
        let settings = PerceptronSettings {
            inputs: features,
            hidden: widths.to_vec(),
            outputs: coordinates,
            activation: Activation::Relu,
        };
        Ann { settings, jitter }
    }

    /// The features of row `row`'s own target, after those before it.
    fn features(&self, request: &DrawRequest, row: usize, into: &mut Vec<f32>) {
        let DrawRequest { circuit, conditions, specification, aim, .. } = *request;
        let mut rng = ChaCha8Rng::seed_from_u64(request.seed);
        rng.set_stream(row as u64);
        let (Jitter::PartOfValue(least, most) | Jitter::Deviations(least, most)) = self.jitter;
        let amounts: Vec<f64> =
            specification.bounds.iter().map(|_| least + (most - least) * rng.random::<f64>()).collect();
        let bounds = specification.bounds.iter().zip(&amounts);
        let target = match self.jitter {
            Jitter::PartOfValue(..) => {
                let mut performance = conditions.performance(circuit, aim);
                for (bound, part) in bounds {
                    let value = &mut performance.0[bound.metric];
                    *value -= bound.sense.loosening() * part * value.abs();
                }
                conditions.standardise(circuit, &performance)
            }
            Jitter::Deviations(..) => {
                let mut target = aim.to_vec();
                for (bound, amount) in bounds {
                    target[bound.metric] -= bound.sense.loosening() * amount;
                }
                target
            }
        };
        conditions.features(&target, into);
    }
}

impl<B: Backend> Sizer<B> for Ann {
    type Network = Perceptron;

    fn network(&self) -> Perceptron {
        Perceptron::new(self.settings.clone())
    }

    fn objective(&self) -> (Objective, Loss) {
        (Objective::Regression, Loss::Squared)
    }

    fn batch(&self, examples: Examples) -> Batch {
        let Examples { rows, x, condition, .. } = examples;
        Batch { rows, x: condition, target: x, ..Batch::default() }
    }

    fn draw(
        &self,
        backend: &B,
        weights: &[f32],
        request: &DrawRequest,
    ) -> Result<Option<Vec<Vec<f32>>>, TensorError> {
        const ROWS: usize = 1024;
        let network = Sizer::<B>::network(self);
        let (features, coordinates) = (self.settings.inputs, self.settings.outputs);
        let weights = upload(backend, weights);
        let most = ROWS.min(request.count.max(1));
        let mut inputs = Inputs::new(backend, most, features, 0);
        let mut work = network.workspace(backend, most, false);
        let mut output = backend.alloc(most * coordinates);
        let mut answers = Vec::with_capacity(request.count);
        request.watch.begin(request.count);
        for first in (0..request.count).step_by(ROWS) {
            if request.watch.cancelled() {
                return Ok(None);
            }
            let rows = ROWS.min(request.count - first);
            let mut x = Vec::with_capacity(rows * features);
            (first..first + rows).for_each(|row| self.features(request, row, &mut x));
            ops::write(backend, head_mut::<B>(&mut inputs.x, x.len()), &x);
            network.forward(backend, &weights, Pass::plain(rows), &inputs, &mut work, &mut output);
            let values = backend.read(head::<B>(&output, rows * coordinates))?;
            let held = |row: &[f32]| {
                let mut row = row.to_vec();
                if let Some(hold) = request.hold {
                    hold(&mut row);
                }
                row
            };
            request.watch.advance(rows);
            answers.extend(values.chunks_exact(coordinates).map(held));
        }
        Ok(Some(answers))
    }
}
