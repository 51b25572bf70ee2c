//! What a training is fed with: a dataset split, fitted and encoded, and the rows of each step.

use super::process::{Batching, Examples};
use super::recipe::Recipe;
use crate::circuit::Circuit;
use crate::dataset::{Conditions, Coordinates, Dataset, Row, Split};
use crate::nn::Batch;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Rows without gaps that a training needs.
pub const LEAST_ROWS: usize = 10;
/// Held-out rows, repeated ones counted, that a loss is told from.
const LEAST_ASKED: usize = 64;

/// A dataset made ready: split, then fitted coordinates and conditions. Depends on the rows, the recipe
/// and the seed alone.
pub struct TrainingData {
    /// Rows to train on, those with gaps last, and rows never trained on, of which none has gaps.
    pub split: Split,
    /// What predicts performance learns from: the rows to train on that have no gaps, and those that are nearly legal.
    pub(super) measured: Vec<Row>,
    /// Fitted to the training rows.
    pub coordinates: Coordinates,
    /// Fitted to the training rows.
    pub conditions: Conditions,
    /// The hash of the testbench that the rows were measured with, where it was noted.
    pub testbench: Option<String>,
    /// The training rows' coordinates.
    pub(super) x: Vec<Vec<f32>>,
}

impl TrainingData {
    /// Splits, fits and encodes. `None` if the dataset is too small: fewer than [`LEAST_ROWS`] without
    /// gaps.
    pub fn new(circuit: &Circuit, dataset: &Dataset, recipe: &Recipe, seed: u64) -> Option<TrainingData> {
        if dataset.rows.len() < LEAST_ROWS {
            return None;
        }
        let mut split = Split::new(&dataset.rows, recipe.held_out, seed);
        let measured = split.training.iter().chain(&dataset.outside).cloned().collect();
        split.training.extend(dataset.gaps.iter().cloned());
        let coordinates =
            Coordinates::fit(circuit, recipe.coordinates, split.training.iter().map(|row| &row.sizing));
        let conditions = Conditions::fit(circuit, &split.training);
        let x = split.training.iter().map(|row| coordinates.encode(circuit, &row.sizing)).collect();
        let testbench = dataset.provenance.testbench().map(str::to_owned);
        Some(TrainingData { split, measured, coordinates, conditions, testbench, x })
    }
}

/// Where batches come from. Everything follows from the seed, the epoch and the step, so that a
/// resumed training draws what an uninterrupted one would have.
pub(super) struct Batches<'a> {
    pub circuit: &'a Circuit,
    pub data: &'a TrainingData,
    pub recipe: &'a Recipe,
    pub seed: u64,
}

impl Batches<'_> {
    fn rng(&self, purpose: u64, number: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream((purpose << 48) | number);
        rng
    }

    /// The number of augmented rows.
    pub fn rows(&self) -> usize {
        self.data.x.len() * self.recipe.copies
    }

    /// The augmented rows of an epoch, shuffled: `row · copies + copy`.
    pub fn order(&self, epoch: u32) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.rows()).collect();
        order.shuffle(&mut self.rng(1, u64::from(epoch)));
        order
    }

    /// The batch of a step.
    pub fn batch(&self, batching: &Batching, epoch: u32, step: u32, augmented: &[usize]) -> Batch {
        let mut rng = self.rng(2, u64::from(step));
        let mut examples = Examples { rows: augmented.len(), ..Examples::default() };
        for &index in augmented {
            let (row, copy) = (index / self.recipe.copies, index % self.recipe.copies);
            examples.x.extend(&self.data.x[row]);
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
            self.data.conditions.features(&loosened, &mut examples.condition);
            examples.dropped.push(rng.random::<f64>() < self.recipe.condition_dropout);
        }
        examples.offset = rng.random::<f64>();
        (examples.seed, examples.stream) = (self.seed, u64::from(step));
        batching(examples)
    }

    /// Held-out rows as they are, at most `most`, with always the same noise. Few are asked repeatedly, each time at
    /// another timestep with other noise: of a handful alone the loss would waver by more than it changes.
    pub fn validation(&self, batching: &Batching, most: usize) -> Batch {
        let held_out: &[Row] = &self.data.split.held_out;
        let times = LEAST_ASKED.min(most).div_ceil(held_out.len().max(1));
        let rows: Vec<&Row> = held_out.iter().cycle().take((held_out.len() * times).min(most)).collect();
        let mut examples = Examples {
            rows: rows.len(),
            dropped: vec![false; rows.len()],
            offset: 0.5,
            seed: self.seed,
            stream: u64::from(u32::MAX),
            ..Examples::default()
        };
        for row in rows {
            examples.x.extend(self.data.coordinates.encode(self.circuit, &row.sizing));
            let own = self.data.conditions.standardise(self.circuit, &row.performance);
            self.data.conditions.features(&own, &mut examples.condition);
        }
        batching(examples)
    }
}
