//! Training a system on a dataset: batches, epochs, validation, and what is left when it ends.

use super::performance::PerformanceModel;
use super::recipe::Recipe;
use crate::circuit::Circuit;
use crate::dataset::{Conditions, Coordinates, Dataset, Row, Split};
use crate::diffusion::Schedule;
use crate::model::{DmTransformer, DmTransformerSettings, Perceptron};
use crate::nn::{Batch, Loss, Network, Objective, OptimiserState, Trainer};
use crate::tensor::cpu::Cpu;
use crate::tensor::{Backend, TensorError, random};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// A dataset made ready: split, then fitted coordinates and conditions. Depends on the rows, the recipe
/// and the seed alone.
pub struct TrainingData {
    /// Rows to train on and rows never trained on.
    pub split: Split,
    /// Fitted to the training rows.
    pub coordinates: Coordinates,
    /// Fitted to the training rows.
    pub conditions: Conditions,
    x: Vec<Vec<f32>>,
}

impl TrainingData {
    /// Splits, fits and encodes. `None` if the dataset is too small: fewer than ten rows.
    pub fn new(circuit: &Circuit, dataset: &Dataset, recipe: &Recipe, seed: u64) -> Option<TrainingData> {
        if dataset.rows.len() < 10 {
            return None;
        }
        let split = Split::new(&dataset.rows, recipe.held_out, seed);
        let coordinates =
            Coordinates::fit(circuit, recipe.coordinates, split.training.iter().map(|row| &row.sizing));
        let conditions = Conditions::fit(circuit, &split.training);
        let x = split.training.iter().map(|row| coordinates.encode(circuit, &row.sizing)).collect();
        Some(TrainingData { split, coordinates, conditions, x })
    }
}

/// The losses so far and the time they took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Learning {
    /// The training loss of each step.
    pub training: Vec<f32>,
    /// (step, loss) over the held-out rows with the averaged weights, once an epoch.
    pub validation: Vec<(u32, f32)>,
    /// Steps of the whole training.
    pub steps: u32,
    /// Steps of one epoch.
    pub steps_an_epoch: u32,
    /// Seconds spent training, pauses left out.
    pub seconds: f64,
}

/// All that sampling needs, and all that resuming needs.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainedModel {
    /// The circuit's name.
    pub circuit: String,
    /// SHA-256 of what the circuit's coordinates and metrics depend on.
    pub circuit_hash: String,
    /// SHA-256 of the dataset's numbers.
    pub dataset_hash: String,
    /// How it was trained.
    pub recipe: Recipe,
    /// The seed of split, weights, noise and order.
    pub seed: u64,
    /// The device that trained it.
    pub device: String,
    /// Of the sizings.
    pub coordinates: Coordinates,
    /// Of the performances.
    pub conditions: Conditions,
    /// The denoiser's averaged weights.
    pub denoiser: Vec<f32>,
    /// The performance model.
    pub performance: PerformanceModel,
    /// Losses and time.
    pub learning: Learning,
    /// The optimiser's memory, to resume from; a model made for sampling alone has none.
    pub optimiser: Option<OptimiserState>,
}

impl TrainedModel {
    /// The denoiser's network.
    pub(super) fn network(&self) -> DmTransformer {
        network(&self.recipe, self.coordinates.len(), self.conditions.features_len())
    }

    /// The arena lengths that a checkpoint must hold: the denoiser's, and a member's of the
    /// performance model.
    pub(crate) fn arena_lengths(&self) -> (usize, usize) {
        let member = Perceptron::new(self.performance.settings.clone());
        (Network::<Cpu>::layout(&self.network()).len(), Network::<Cpu>::layout(&member).len())
    }
}

fn network(recipe: &Recipe, coordinates: usize, features: usize) -> DmTransformer {
    DmTransformer::new(DmTransformerSettings {
        coordinates,
        features,
        width: recipe.width,
        heads: recipe.heads,
        blocks: recipe.blocks,
        expansion: recipe.expansion,
        dropout: recipe.dropout,
    })
}

/// What training says from time to time.
#[derive(Clone, Debug)]
pub enum Progress<'a> {
    /// The performance model is being trained: the part done.
    PerformanceModel(f64),
    /// A step of the denoiser is done.
    Step {
        /// Losses and time so far.
        learning: &'a Learning,
        /// The learning rate of that step.
        learning_rate: f32,
    },
    /// Everything as it stands, because the last answer was [`Control::Checkpoint`].
    Checkpoint(Box<TrainedModel>),
}

/// What training is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Go on.
    Continue,
    /// Go on, but first hand out everything as it stands.
    Checkpoint,
    /// Keep what was learnt and end.
    Stop,
}

/// Trains from scratch, or goes on where `resume` stopped: the same losses follow as if it had not.
/// `control` is asked after every step; the time it takes, a pause, does not count as training.
///
/// # Errors
/// The device failed.
#[allow(clippy::too_many_arguments)]
pub fn train<B: Backend>(
    backend: &B,
    circuit: &Circuit,
    dataset_hash: &str,
    data: &TrainingData,
    recipe: &Recipe,
    seed: u64,
    resume: Option<TrainedModel>,
    control: &mut dyn FnMut(Progress) -> Control,
) -> Result<TrainedModel, TensorError> {
    let began = Instant::now();
    let mut paused = Duration::ZERO;
    let mut stopped = false;
    let network = || network(recipe, data.coordinates.len(), data.conditions.features_len());
    let rows = data.split.training.len() * recipe.copies;
    let batch_rows = recipe.batch.min(rows);
    let steps_an_epoch = rows.div_ceil(batch_rows) as u32;
    let steps = steps_an_epoch * recipe.epochs as u32;
    let (state, performance, mut learning) = match resume {
        Some(TrainedModel { optimiser: Some(state), performance, learning, .. }) if state.step > 0 => {
            (state, performance, Learning { steps, ..learning })
        }
        // stopped before the first step, the performance model is not whole either
        _ => {
            let mut go_on = |part| {
                stopped = control(Progress::PerformanceModel(part)) == Control::Stop;
                !stopped
            };
            let performance = PerformanceModel::train(
                backend,
                circuit,
                &data.coordinates,
                &data.conditions,
                &data.split.training,
                &data.split.held_out,
                seed,
                &mut go_on,
            )?;
            let state = OptimiserState::start(Network::<B>::layout(&network()), seed);
            (state, performance, Learning { steps, steps_an_epoch, ..Learning::default() })
        }
    };
    let already = learning.seconds;
    let settings = recipe.optimiser(steps);
    let batches = Batches { circuit, data, recipe, schedule: Schedule::cosine(recipe.timesteps), seed };
    let mut trainer =
        Trainer::new(backend, network(), Objective::Velocity, Loss::Squared, settings, &state, batch_rows);
    let kept = |trainer: &Trainer<B, DmTransformer>, performance: &PerformanceModel, learning: &Learning| {
        Ok::<_, TensorError>(TrainedModel {
            circuit: circuit.name.clone(),
            circuit_hash: crate::dataset::text_hash(&circuit.fingerprint_text()),
            dataset_hash: dataset_hash.to_owned(),
            recipe: recipe.clone(),
            seed,
            device: backend.name(),
            coordinates: data.coordinates.clone(),
            conditions: data.conditions.clone(),
            denoiser: trainer.optimiser().averaged(backend)?,
            performance: performance.clone(),
            learning: learning.clone(),
            optimiser: Some(trainer.optimiser().state(backend)?),
        })
    };
    let mut order = Vec::new();
    let mut ordered = None;
    while !stopped && trainer.optimiser().steps() < steps {
        let step = trainer.optimiser().steps();
        let (epoch, within) = (step / steps_an_epoch, (step % steps_an_epoch) as usize);
        if ordered != Some(epoch) {
            order = batches.order(epoch);
            ordered = Some(epoch);
        }
        let part = &order[within * batch_rows..((within + 1) * batch_rows).min(order.len())];
        let learning_rate = trainer.optimiser().learning_rate();
        trainer.step(backend, &batches.batch(epoch, step, part));
        learning.training.push(trainer.loss(backend)?);
        if (step + 1) % steps_an_epoch == 0 {
            let loss = trainer.evaluate(backend, &batches.validation(batch_rows))?;
            learning.validation.push((step + 1, loss));
        }
        learning.seconds = already + (began.elapsed() - paused).as_secs_f64();
        let asked = Instant::now();
        let mut answer = control(Progress::Step { learning: &learning, learning_rate });
        if answer == Control::Checkpoint {
            let model = kept(&trainer, &performance, &learning)?;
            answer = control(Progress::Checkpoint(Box::new(model)));
        }
        paused += asked.elapsed();
        if answer == Control::Stop {
            break;
        }
    }
    kept(&trainer, &performance, &learning)
}

/// Times `steps` training steps after three that do not count: sorted milliseconds, floating-point
/// operations of a step's products, and the number of weights.
pub(crate) fn time_steps<B: Backend>(
    backend: &B,
    circuit: &Circuit,
    dataset: &Dataset,
    recipe: &Recipe,
    steps: usize,
) -> Result<(Vec<f64>, f64, usize), TensorError> {
    let data = TrainingData::new(circuit, dataset, recipe, 1).expect("a bench has a dataset");
    let network = network(recipe, data.coordinates.len(), data.conditions.features_len());
    let state = OptimiserState::start(Network::<B>::layout(&network), 1);
    let weights = Network::<B>::layout(&network).weights();
    // forward once, backward twice: to the inputs and to the weights
    let flop = 3.0 * Network::<B>::forward_flop(&network, recipe.batch);
    let schedule = Schedule::cosine(recipe.timesteps);
    let batches = Batches { circuit, data: &data, recipe, schedule, seed: 1 };
    let optimiser = recipe.optimiser(steps as u32 + 3);
    let mut trainer =
        Trainer::new(backend, network, Objective::Velocity, Loss::Squared, optimiser, &state, recipe.batch);
    let order = batches.order(0);
    let mut milliseconds = Vec::with_capacity(steps);
    for step in 0..steps + 3 {
        let began = Instant::now();
        let rows: Vec<usize> =
            order.iter().cycle().skip(step * recipe.batch).take(recipe.batch).copied().collect();
        trainer.step(backend, &batches.batch(0, step as u32, &rows));
        trainer.loss(backend)?;
        if step >= 3 {
            milliseconds.push(began.elapsed().as_secs_f64() * 1e3);
        }
    }
    milliseconds.sort_by(f64::total_cmp);
    Ok((milliseconds, flop, weights))
}

/// Where batches come from. Everything follows from the seed, the epoch and the step, so that a
/// resumed training draws what an uninterrupted one would have.
struct Batches<'a> {
    circuit: &'a Circuit,
    data: &'a TrainingData,
    recipe: &'a Recipe,
    schedule: Schedule,
    seed: u64,
}

/// Streams of the training's random numbers, beside those of initial weights.
const NOISE: u64 = 1 << 40;

impl Batches<'_> {
    fn rng(&self, purpose: u64, number: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream((purpose << 48) | number);
        rng
    }

    /// The augmented rows of an epoch, shuffled: `row · copies + copy`.
    fn order(&self, epoch: u32) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.data.x.len() * self.recipe.copies).collect();
        order.shuffle(&mut self.rng(1, u64::from(epoch)));
        order
    }

    fn batch(&self, epoch: u32, step: u32, augmented: &[usize]) -> Batch {
        let mut rng = self.rng(2, u64::from(step));
        let mut batch = Batch { rows: augmented.len(), ..Batch::default() };
        for &index in augmented {
            let (row, copy) = (index / self.recipe.copies, index % self.recipe.copies);
            batch.x.extend(&self.data.x[row]);
            let fresh = if self.recipe.fresh_loosening { u64::from(epoch) << 32 } else { 0 };
            let mut own = self.rng(3, fresh | index as u64);
            let u: Vec<f64> = self
                .circuit
                .metrics
                .iter()
                .map(|_| if copy == 0 { 0.0 } else { own.random::<f64>() })
                .collect();
            let performance = &self.data.split.training[row].performance;
            let loosened =
                self.data.conditions.loosened(self.circuit, performance, self.recipe.loosening, &u);
            self.data.conditions.features(&loosened, &mut batch.condition);
            let dropped = rng.random::<f64>() < self.recipe.condition_dropout;
            batch.keep.push(if dropped { 0.0 } else { 1.0 });
        }
        let offset = rng.random::<f64>();
        self.add_noise(&mut batch, offset, u64::from(step));
        batch
    }

    /// One timestep a row, spread evenly over the batch (rows are shuffled already), and the noise.
    fn add_noise(&self, batch: &mut Batch, offset: f64, stream: u64) {
        let steps = self.schedule.steps();
        for row in 0..batch.rows {
            let at = (row as f64 + offset) / batch.rows as f64;
            let t = ((at * steps as f64) as usize).min(steps - 1) + 1;
            batch.time.push(t as f32 * 1000.0 / steps as f32);
            batch.alpha.push(self.schedule.alpha(t) as f32);
            batch.sigma.push(self.schedule.sigma(t) as f32);
        }
        batch.noise.resize(batch.x.len(), 0.0);
        for (index, part) in batch.noise.chunks_mut(4).enumerate() {
            let words = random::block(self.seed, NOISE + stream, index as u32);
            let (a, b) = random::normal_pair(words[0], words[1]);
            let (c, d) = random::normal_pair(words[2], words[3]);
            part.copy_from_slice(&[a, b, c, d][..part.len()]);
        }
    }

    /// Held-out rows as they are, at most `most`, with always the same noise.
    fn validation(&self, most: usize) -> Batch {
        let rows: &[Row] = &self.data.split.held_out;
        let rows = &rows[..rows.len().min(most)];
        let mut batch = Batch { rows: rows.len(), keep: vec![1.0; rows.len()], ..Batch::default() };
        for row in rows {
            batch.x.extend(self.data.coordinates.encode(self.circuit, &row.sizing));
            let own = self.data.conditions.standardise(self.circuit, &row.performance);
            self.data.conditions.features(&own, &mut batch.condition);
        }
        self.add_noise(&mut batch, 0.5, u64::from(u32::MAX));
        batch
    }
}
