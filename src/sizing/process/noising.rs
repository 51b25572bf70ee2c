//! What the processes have in common that add noise to a sizing step by step: a batch is rows with noise, each at
//! a timestep of its own, and drawing walks the steps back.

use super::kind::{Batching, DrawRequest, Drawn, Examples, ProcessKind};
use crate::diffusion::{ForwardProcess, SampleRequest, Solver, sample};
use crate::nn::{Batch, Network};
use crate::tensor::{Backend, Precision, TensorError, random};

/// Streams of the training's noise, beside those of initial weights.
const NOISE: u64 = 1 << 40;

/// A process that adds noise: all else follows from its forward process.
pub(super) trait Noising {
    /// Checks the settings.
    fn check(&self) -> Result<(), String>;
    /// T, the number of timesteps.
    fn timesteps(&self) -> usize;
    /// The forward process, tabulated.
    fn forward(&self) -> ForwardProcess;
    /// How exact a network's products have to be, in training and in drawing.
    fn products(&self) -> Precision {
        Precision::Single
    }
    /// The solver to draw with by default in fewer steps than there are timesteps.
    fn solver(&self) -> Solver {
        Solver::DpmSolver
    }
}

impl<P: Noising> ProcessKind for P {
    fn denoises(&self) -> bool {
        true
    }

    fn check(&self) -> Result<(), String> {
        Noising::check(self)
    }

    fn timesteps(&self) -> usize {
        Noising::timesteps(self)
    }

    /// Every step of a schedule is the paper's ancestral sampling; fewer steps need a better solver.
    fn solver(&self, steps: usize) -> Solver {
        if steps >= Noising::timesteps(self) { Solver::Ancestral } else { Noising::solver(self) }
    }

    fn products(&self) -> Precision {
        Noising::products(self)
    }

    fn batching(&self, _conditioned: bool) -> Batching {
        let forward = self.forward();
        Box::new(move |examples| batch(&forward, examples))
    }

    fn draw<B: Backend, N: Network<B>>(
        &self,
        backend: &B,
        network: &N,
        weights: &[f32],
        request: &DrawRequest,
    ) -> Result<Drawn, TensorError> {
        let DrawRequest { conditions, aim, sampling, count, seed, adjust, told, watch, .. } = *request;
        let mut features = Vec::new();
        conditions.features(aim, &mut features);
        let precision = Noising::products(self);
        let request =
            SampleRequest { condition: &features, rows: count, seed, adjust, precision, told, watch };
        sample(backend, network, weights, &self.forward(), sampling, &request)
    }
}

/// One timestep a row, spread evenly over the batch (rows are shuffled already), and the noise.
fn batch(forward: &ForwardProcess, examples: Examples) -> Batch {
    let Examples { rows, mut x, condition, dropped, offset, seed, stream } = examples;
    let keep = dropped.iter().map(|dropped| if *dropped { 0.0 } else { 1.0 }).collect();
    let mut noise = vec![0.0; x.len()];
    random::fill_normal(&mut noise, seed, NOISE + stream);
    let mut target = noise;
    let (steps, width) = (forward.steps(), x.len() / rows.max(1));
    let mut time = Vec::with_capacity(rows);
    for row in 0..rows {
        let at = (row as f64 + offset) / rows as f64;
        let t = ((at * steps as f64) as usize).min(steps - 1) + 1;
        time.push(forward.network_time(t));
        let part = row * width..(row + 1) * width;
        forward.add_noise(t, &mut x[part.clone()], &mut target[part]);
    }
    Batch { rows, x, condition, keep, time, target, seed }
}
