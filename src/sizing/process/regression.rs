//! Direct regression, the paper's ANN: from a specification's features to coordinates at once. It has one answer to
//! a target; it gives many by asking for targets a little harder, each by its own amount.

use super::kind::{Batching, DrawRequest, Drawn, Examples, ProcessKind};
use crate::circuit::Bound;
use crate::diffusion::Solver;
use crate::nn::{Batch, Inputs, Network, Pass, upload};
use crate::tensor::{Backend, Rows, TensorError, ops};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// The regression's settings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Regression {
    /// How targets differ from row to row of an answer.
    pub jitter: Jitter,
}

/// How a network that has one answer to a target gives many: each bound of each row is made harder by an amount
/// drawn evenly between two.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Jitter {
    /// By these parts of the bound's value, as published: 5 to 50 %.
    PartOfValue(f64, f64),
    /// By these numbers of standard deviations of the scaled metric over the training rows.
    Deviations(f64, f64),
}

/// There are no solver steps. Settings of a draw, which the cells of reports are known by, speak of steps all the
/// same: as if there were so many.
const STEPS: usize = 1000;
/// Rows of a pass.
const ROWS: usize = 1024;

impl Regression {
    /// The features of row `row`'s own target, after those before it.
    fn features(&self, request: &DrawRequest, row: usize, into: &mut Vec<f32>) {
        let DrawRequest { circuit, conditions, specification, aim, .. } = *request;
        let mut rng = ChaCha8Rng::seed_from_u64(request.seed);
        rng.set_stream(row as u64);
        let (Jitter::PartOfValue(least, most) | Jitter::Deviations(least, most)) = self.jitter;
        // between two bounds the middle is aimed at: it is not moved
        let single: Vec<&Bound> = specification
            .bounds
            .iter()
            .filter(|b| specification.other_bound_on(b.metric).is_none())
            .collect();
        let amounts: Vec<f64> = single.iter().map(|_| least + (most - least) * rng.random::<f64>()).collect();
        let bounds = single.into_iter().zip(&amounts);
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

impl ProcessKind for Regression {
    fn denoises(&self) -> bool {
        false
    }

    fn check(&self) -> Result<(), String> {
        let (Jitter::PartOfValue(least, most) | Jitter::Deviations(least, most)) = self.jitter;
        if !(0.0 <= least && least <= most && most <= 1000.0) {
            return Err(format!("jitter from {least} to {most} must rise from 0 or more to at most 1000"));
        }
        if matches!(self.jitter, Jitter::PartOfValue(..)) && most >= 1.0 {
            return Err("jitter by parts of a bound's value must stay below 1".to_owned());
        }
        Ok(())
    }

    fn timesteps(&self) -> usize {
        STEPS
    }

    fn solver(&self, steps: usize) -> Solver {
        if steps >= STEPS { Solver::Ancestral } else { Solver::DpmSolver }
    }

    /// The features are the input of a network that takes nothing else; a denoiser has them as its condition, beside
    /// a sizing of zeros at timestep 0.
    fn batching(&self, conditioned: bool) -> Batching {
        Box::new(move |examples| {
            let Examples { rows, x: target, condition, seed, .. } = examples;
            if !conditioned {
                return Batch { rows, x: condition, target, seed, ..Batch::default() };
            }
            let (x, keep, time) = (vec![0.0; target.len()], vec![1.0; rows], vec![0.0; rows]);
            Batch { rows, x, condition, keep, time, target, seed }
        })
    }

    fn draw<B: Backend, N: Network<B>>(
        &self,
        backend: &B,
        network: &N,
        weights: &[f32],
        request: &DrawRequest,
    ) -> Result<Drawn, TensorError> {
        let (width, conditioned) = (network.coordinates(), network.features() > 0);
        let outputs = network.outputs();
        let weights = upload(backend, weights);
        let most = ROWS.min(request.count.max(1));
        let mut inputs = Inputs::new(backend, most, width, network.features());
        if conditioned {
            ops::fill(backend, inputs.x.rows_mut(most), 0.0);
            ops::fill(backend, inputs.time.rows_mut(most), 0.0);
            ops::fill(backend, inputs.keep.rows_mut(most), 1.0);
        }
        let mut work = network.workspace(backend, most, false);
        let mut output = Rows::new(backend, most, outputs);
        let mut answers = Vec::with_capacity(request.count);
        request.watch.begin(request.count);
        for first in (0..request.count).step_by(ROWS) {
            if request.watch.cancelled() {
                return Ok(None);
            }
            let rows = ROWS.min(request.count - first);
            let mut features = Vec::new();
            (first..first + rows).for_each(|row| self.features(request, row, &mut features));
            let into = if conditioned { &mut inputs.condition } else { &mut inputs.x };
            ops::write(backend, into.rows_mut(rows), &features);
            network.forward(backend, &weights, Pass::plain(rows), &inputs, &mut work, &mut output);
            let mut values = backend.read(output.rows(rows))?;
            if let Some(adjust) = request.adjust {
                (adjust.with)(&mut values, true)?;
            }
            request.watch.advance(rows);
            answers.extend(values.chunks_exact(outputs).map(<[f32]>::to_vec));
        }
        Ok(Some(answers))
    }
}
