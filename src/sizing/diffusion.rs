//! The two diffusion systems as sizers: they differ in their network and in what it predicts.

use super::sizer::{DrawRequest, Examples, Sizer};
use crate::diffusion::{Process, SampleRequest, sample};
use crate::model::{DmMlp, DmMlpSettings, DmTransformer, DmTransformerSettings};
use crate::nn::{Batch, Loss, Network, Objective};
use crate::tensor::{Backend, TensorError, random};

/// Streams of the training's noise, beside those of initial weights.
const NOISE: u64 = 1 << 40;

/// The DM-MLP's clean coordinates are held within this: standardised ones reach 3, plain ones 1.
const LIMIT: f32 = 4.0;

/// A diffusion system: `declare` makes its network.
pub(super) struct Diffusion<F> {
    process: Process,
    loss: Loss,
    declare: F,
}

/// DM-Transf.: the velocity, a schedule with zero terminal SNR, the squared error.
pub(super) fn transformer(
    settings: DmTransformerSettings,
    timesteps: usize,
) -> Diffusion<impl Fn() -> DmTransformer + Sync> {
    let declare = move || DmTransformer::new(settings);
    Diffusion { process: Process::velocity(timesteps), loss: Loss::Squared, declare }
}

/// DM-MLP: the noise, the clipped cosine schedule, the absolute error.
pub(super) fn mlp(settings: DmMlpSettings, timesteps: usize) -> Diffusion<impl Fn() -> DmMlp + Sync> {
    let declare = move || DmMlp::new(settings.clone());
    Diffusion { process: Process::noise(timesteps, LIMIT), loss: Loss::Absolute, declare }
}

impl<B: Backend, N: Network<B>, F: Fn() -> N + Sync> Sizer<B> for Diffusion<F> {
    type Network = N;

    fn network(&self) -> N {
        (self.declare)()
    }

    fn objective(&self) -> (Objective, Loss) {
        (self.process.prediction.objective(), self.loss)
    }

    /// One timestep a row, spread evenly over the batch (rows are shuffled already), and the noise.
    fn batch(&self, examples: Examples) -> Batch {
        let Examples { rows, x, condition, dropped, offset, seed, stream } = examples;
        let keep = dropped.iter().map(|dropped| if *dropped { 0.0 } else { 1.0 }).collect();
        let mut batch = Batch { rows, x, condition, keep, seed, ..Batch::default() };
        let schedule = &self.process.schedule;
        let steps = schedule.steps();
        for row in 0..rows {
            let at = (row as f64 + offset) / rows as f64;
            let t = ((at * steps as f64) as usize).min(steps - 1) + 1;
            batch.time.push(t as f32 * 1000.0 / steps as f32);
            batch.alpha.push(schedule.alpha(t) as f32);
            batch.sigma.push(schedule.sigma(t) as f32);
        }
        batch.noise.resize(batch.x.len(), 0.0);
        for (index, part) in batch.noise.chunks_mut(4).enumerate() {
            let words = random::block(seed, NOISE + stream, index as u32);
            let (a, b) = random::normal_pair(words[0], words[1]);
            let (c, d) = random::normal_pair(words[2], words[3]);
            part.copy_from_slice(&[a, b, c, d][..part.len()]);
        }
        batch
    }

    fn draw(
        &self,
        backend: &B,
        weights: &[f32],
        request: &DrawRequest,
    ) -> Result<Option<Vec<Vec<f32>>>, TensorError> {
        let DrawRequest { conditions, aim, sampling, count, seed, hold, watch, .. } = *request;
        let mut features = Vec::new();
        conditions.features(aim, &mut features);
        let request = SampleRequest { condition: &features, rows: count, seed, hold, watch };
        sample(backend, &self.network(), weights, &self.process, sampling, &request)
    }
}
