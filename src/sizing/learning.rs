//! Training a system on a dataset: steps, epochs, validation, and what is left when it ends.

#[cfg(test)]
mod tests;

use super::architecture::with_network;
use super::batches::{Batches, TrainingData};
use super::losses::Learning;
use super::pace::Pace;
use super::performance::PerformanceModel;
use super::recipe::Recipe;
use crate::circuit::{Circuit, Identity};
use crate::dataset::{Conditions, Coordinates, Dataset};
use crate::model::Perceptron;
use crate::nn::{Network, OptimiserState, Trainer};
use crate::tensor::cpu::Cpu;
use crate::tensor::{Backend, TensorError};
use std::time::{Duration, Instant};

/// All that sampling needs, and all that resuming needs.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainedModel {
    /// The circuit's name.
    pub circuit: String,
    /// What of the circuit the model depends on.
    pub identity: Identity,
    /// The hash of the testbench that its rows were measured with, where it was noted.
    pub testbench: Option<String>,
    /// SHA-256 of the dataset's numbers.
    pub dataset_hash: String,
    /// How the model was trained.
    pub recipe: Recipe,
    /// The seed of split, weights, noise and order.
    pub seed: u64,
    /// The device that trained it.
    pub device: String,
    /// The coordinates of sizings, fitted to the training rows.
    pub coordinates: Coordinates,
    /// How performances become conditions, fitted to the training rows.
    pub conditions: Conditions,
    /// The system's averaged weights: of the last step, or of the best one where the recipe has patience and rows were
    /// learnt by heart since.
    pub weights: Vec<f32>,
    /// The averaged weights of the step with the lowest loss over held-out rows, where training can go on from here and
    /// the recipe has patience.
    pub best: Option<Vec<f32>>,
    /// The performance model.
    pub performance: PerformanceModel,
    /// Losses and time.
    pub learning: Learning,
    /// The optimiser's memory, to resume from; a model made for sampling alone has none.
    pub optimiser: Option<OptimiserState>,
}

impl TrainedModel {
    /// The arena lengths that a checkpoint must hold: the system's, and a member's of the performance
    /// model.
    pub(crate) fn arena_lengths(&self) -> (usize, usize) {
        let member = Perceptron::new(self.performance.settings.clone());
        (self.weights_expected(), Network::<Cpu>::layout(&member).len())
    }

    /// The step that the weights are of: the last, or the best one before it.
    pub fn kept_step(&self) -> u32 {
        let best = self.learning.by_heart().filter(|_| self.recipe.patience > 0.0);
        best.map_or(self.learning.training.len() as u32, |(step, _)| step)
    }

    /// Whether no step is left to take: all are taken, or it ended early.
    pub fn is_finished(&self) -> bool {
        self.learning.training.len() >= self.learning.steps as usize
            || self.learning.is_spent(self.recipe.patience)
    }

    fn weights_expected(&self) -> usize {
        with_network!(&self.recipe.architecture, self.coordinates.len(), self.conditions.features_len(), network => {
            Network::<Cpu>::layout(&network).len()
        })
    }

    /// Learnable weights of the system's network, without the performance model's.
    pub fn parameters(&self) -> usize {
        with_network!(&self.recipe.architecture, self.coordinates.len(), self.conditions.features_len(), network => {
            Network::<Cpu>::layout(&network).weights()
        })
    }
}

/// Where training begins.
pub enum Start {
    /// From scratch.
    Fresh,
    /// From scratch, but with a performance model, and the seconds that it took, of another system that was
    /// trained on the same rows in the same coordinates with the same seed: it would come out the same.
    Beside(Box<PerformanceModel>, f64),
    /// Where this model stopped.
    Resume(Box<TrainedModel>),
}

/// What training says from time to time.
#[derive(Clone, Debug)]
pub enum TrainingEvent<'a> {
    /// The performance model is being trained: the part done.
    PerformanceModel(f64),
    /// Steps of the system are done: one, or on a device that queues its work several.
    Step {
        /// Losses and time so far.
        learning: &'a Learning,
        /// The learning rate of the last step.
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

/// Trains. One that goes on where it stopped has the same losses as one that never stopped. It ends early where the
/// recipe's patience is over, and then, or where it is stopped after the rows were learnt by heart, the weights are
/// those of the step with the lowest loss over held-out rows.
/// `control` is asked after every step, on a device that queues its work after several that take a twentieth of a second;
/// the time it takes, a pause, does not count as training.
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
    start: Start,
    control: &mut dyn FnMut(TrainingEvent) -> Control,
) -> Result<TrainedModel, TensorError> {
    let batches = Batches { circuit, data, recipe, seed };
    with_network!(&recipe.architecture, data.coordinates.len(), data.conditions.features_len(), network => {
        train_with(backend, network, dataset_hash, &batches, start, control)
    })
}

fn train_with<B: Backend, N: Network<B>>(
    backend: &B,
    network: N,
    dataset_hash: &str,
    batches: &Batches,
    start: Start,
    control: &mut dyn FnMut(TrainingEvent) -> Control,
) -> Result<TrainedModel, TensorError> {
    let Batches { circuit, data, recipe, seed } = *batches;
    let began = Instant::now();
    let mut paused = Duration::ZERO;
    let mut stopped = false;
    let batch_rows = recipe.batch.min(batches.rows());
    let steps_an_epoch = batches.rows().div_ceil(batch_rows) as u32;
    let steps = steps_an_epoch.saturating_mul(recipe.epochs as u32);
    let fresh = || OptimiserState::start(network.layout(), seed);
    let mut best = None;
    let (state, performance, mut learning) = match start {
        Start::Resume(model) if model.optimiser.as_ref().is_some_and(|state| state.step > 0) => {
            let TrainedModel { optimiser, performance, learning, weights, best: kept, .. } = *model;
            let state = optimiser.expect("the arm is for a model with one");
            best = learning.best().map(|_| kept.unwrap_or(weights));
            (state, performance, Learning { steps, ..learning })
        }
        Start::Beside(performance, performance_seconds) => {
            let learning = Learning {
                steps,
                steps_an_epoch,
                performance_seconds,
                seconds: performance_seconds,
                ..Learning::default()
            };
            (fresh(), *performance, learning)
        }
        // stopped before the first step, the performance model is not whole either
        _ => {
            let mut go_on = |part| {
                stopped = control(TrainingEvent::PerformanceModel(part)) == Control::Stop;
                !stopped
            };
            let performance = PerformanceModel::train(
                backend,
                &recipe.performance,
                circuit,
                &data.coordinates,
                &data.conditions,
                &data.measured,
                &data.split.held_out,
                seed,
                &mut go_on,
            )?;
            let performance_seconds = began.elapsed().as_secs_f64();
            (
                fresh(),
                performance,
                Learning { steps, steps_an_epoch, performance_seconds, ..Learning::default() },
            )
        }
    };
    let already = learning.seconds;
    let settings = recipe.optimiser(steps);
    let batching = recipe.process.batching(network.features() > 0);
    let trainer = Trainer::new(backend, network, recipe.loss, settings, &state, batch_rows);
    let mut trainer = trainer.with_products(backend, recipe.process.products());
    let patience = recipe.patience;
    let kept = |trainer: &Trainer<B, N>, best: &Option<Vec<f32>>, learning: &Learning| {
        let state = trainer.optimiser().state(backend)?;
        let by_heart = patience > 0.0 && learning.by_heart().is_some();
        let weights = best.clone().filter(|_| by_heart).unwrap_or_else(|| state.ema.clone());
        let goes_on = state.step < steps && !learning.is_spent(patience);
        Ok::<_, TensorError>(TrainedModel {
            circuit: circuit.name.clone(),
            identity: Identity::of(circuit),
            testbench: data.testbench.clone(),
            dataset_hash: dataset_hash.to_owned(),
            recipe: recipe.clone(),
            seed,
            device: backend.name(),
            coordinates: data.coordinates.clone(),
            conditions: data.conditions.clone(),
            weights,
            best: best.clone().filter(|_| goes_on && patience > 0.0),
            performance: performance.clone(),
            learning: learning.clone(),
            optimiser: Some(state),
        })
    };
    let mut order = Vec::new();
    let mut ordered = None;
    let mut pace = Pace::new(backend.queues());
    while !stopped && trainer.optimiser().steps() < steps && !learning.is_spent(patience) {
        let step = trainer.optimiser().steps();
        let (epoch, within) = (step / steps_an_epoch, (step % steps_an_epoch) as usize);
        if ordered != Some(epoch) {
            order = batches.order(epoch);
            ordered = Some(epoch);
        }
        let part = &order[within * batch_rows..((within + 1) * batch_rows).min(order.len())];
        let learning_rate = trainer.optimiser().learning_rate();
        trainer.step(backend, &batches.batch(&batching, epoch, step, part));
        let epoch_ends = (step + 1) % steps_an_epoch == 0;
        if !pace.step() && !epoch_ends && step + 1 < steps {
            continue;
        }
        learning.training.extend(trainer.losses(backend)?);
        pace.read();
        if epoch_ends {
            let loss = trainer.evaluate(backend, &batches.validation(&batching, batch_rows))?;
            learning.validation.push((step + 1, loss));
            if patience > 0.0 && learning.best().is_some_and(|(best, _)| best == step + 1) {
                best = Some(trainer.optimiser().averaged(backend)?);
            }
        }
        learning.seconds = already + (began.elapsed() - paused).as_secs_f64();
        let asked = Instant::now();
        let mut answer = control(TrainingEvent::Step { learning: &learning, learning_rate });
        if answer == Control::Checkpoint {
            let model = kept(&trainer, &best, &learning)?;
            answer = control(TrainingEvent::Checkpoint(Box::new(model)));
        }
        paused += asked.elapsed();
        pace.go_on();
        if answer == Control::Stop {
            break;
        }
    }
    kept(&trainer, &best, &learning)
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
    let batches = Batches { circuit, data: &data, recipe, seed: 1 };
    with_network!(&recipe.architecture, data.coordinates.len(), data.conditions.features_len(), network => {
        time_with(backend, network, &batches, steps)
    })
}

fn time_with<B: Backend, N: Network<B>>(
    backend: &B,
    network: N,
    batches: &Batches,
    steps: usize,
) -> Result<(Vec<f64>, f64, usize), TensorError> {
    let recipe = batches.recipe;
    let state = OptimiserState::start(network.layout(), 1);
    let weights = network.layout().weights();
    // forward once, backward twice: to the inputs and to the weights
    let flop = 3.0 * network.forward_flop(recipe.batch);
    let optimiser = recipe.optimiser(steps as u32 + 3);
    let batching = recipe.process.batching(network.features() > 0);
    let trainer = Trainer::new(backend, network, recipe.loss, optimiser, &state, recipe.batch);
    let mut trainer = trainer.with_products(backend, recipe.process.products());
    let order = batches.order(0);
    let mut milliseconds = Vec::with_capacity(steps);
    for step in 0..steps + 3 {
        let began = Instant::now();
        let rows: Vec<usize> =
            order.iter().cycle().skip(step * recipe.batch).take(recipe.batch).copied().collect();
        trainer.step(backend, &batches.batch(&batching, 0, step as u32, &rows));
        trainer.loss(backend)?;
        if step >= 3 {
            milliseconds.push(began.elapsed().as_secs_f64() * 1e3);
        }
    }
    milliseconds.sort_by(f64::total_cmp);
    Ok((milliseconds, flop, weights))
}
