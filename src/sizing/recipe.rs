//! How a model is trained and drawn from: all settings in one place. What is learnt is chosen by three things that
//! know nothing of each other, the network, the process and the loss.

use super::architecture::Architecture;
use super::bounds::{self, MOST_TIMESTEPS, at_most};
use super::performance_recipe::PerformanceRecipe;
use super::process::Process;
use super::system::System;
use crate::dataset::{CoordinateKind, Loosening};
use crate::nn::{LearningRate, OptimiserSettings};
use crate::tensor::Loss;
use serde::Serialize;

/// All that decides what training gives, beside the data, the seed and the device.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recipe {
    /// The network.
    pub architecture: Architecture,
    /// How the network learns and how sizings come out of it.
    pub process: Process,
    /// How far the network's result is from what it should be.
    pub loss: Loss,
    /// The coordinates of a sizing.
    pub coordinates: CoordinateKind,
    /// The part of the rows that is never trained on.
    pub held_out: f64,
    /// Times each training row appears in an epoch, once as it is, else with a loosened condition.
    pub copies: usize,
    /// How far conditions are loosened.
    pub loosening: Loosening,
    /// Whether copies are loosened anew in each epoch rather than once for all.
    pub fresh_loosening: bool,
    /// The part of the rows whose condition is dropped; of no effect on a regression.
    pub condition_dropout: f64,
    /// Passes over the augmented rows.
    pub epochs: usize,
    /// The part of all steps after which training ends early where the loss over held-out rows has risen and fallen no
    /// further; 0 goes on to the last step, whatever it does.
    pub patience: f64,
    /// Rows of a batch.
    pub batch: usize,
    /// The highest learning rate.
    pub learning_rate: f32,
    /// Decoupled weight decay, the counterpart of an L2 penalty.
    pub weight_decay: f32,
    /// Decay of the moving average of the weights.
    pub ema_decay: f32,
    /// The guidance weight to sample with by default; of no effect on a regression, as the solver steps.
    pub guidance: f32,
    /// Standard deviations by which a target is tightened by default before sampling.
    pub tighten: f64,
    /// Solver steps to sample with by default.
    pub sampling_steps: usize,
    /// How the performance model beside is trained.
    pub performance: PerformanceRecipe,
}

impl Recipe {
    /// The system of the paper that goes by the recipe's network.
    pub fn system(&self) -> System {
        self.architecture.system()
    }

    /// Whether training by `other` gives the same model: they differ at most in how it is drawn from.
    pub fn trains_like(&self, other: &Recipe) -> bool {
        let Recipe { guidance, tighten, sampling_steps, .. } = *self;
        *self == Recipe { guidance, tighten, sampling_steps, ..other.clone() }
    }

    /// Whether the performance model trained beside comes out the same as by `other`.
    pub fn predicts_like(&self, other: &Recipe) -> bool {
        self.coordinates == other.coordinates
            && self.held_out == other.held_out
            && self.performance == other.performance
    }

    /// The optimiser's settings for a training of `steps` steps.
    pub(super) fn optimiser(&self, steps: u32) -> OptimiserSettings {
        let (peak, warm_up) = (self.learning_rate, (steps / 20).clamp(1, 500));
        OptimiserSettings {
            weight_decay: self.weight_decay,
            ema_decay: self.ema_decay,
            ..OptimiserSettings::usual(LearningRate { peak, warm_up, steps, last: 0.01 })
        }
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// The first setting that cannot be, and what would do.
    pub fn check(&self) -> Result<(), String> {
        for (name, value, most) in [
            ("copies", self.copies, 10_000),
            ("epochs", self.epochs, 1_000_000),
            ("batch", self.batch, 1 << 16),
            ("sampling steps", self.sampling_steps, MOST_TIMESTEPS),
        ] {
            at_most(name, value, most)?;
        }
        self.architecture.check()?;
        self.process.check(self.architecture.denoises())?;
        bounds::learning_rate(self.learning_rate)?;
        bounds::weight_decay(self.weight_decay)?;
        bounds::ema_decay(self.ema_decay)?;
        if !(self.guidance.abs() <= 1000.0 && self.tighten.abs() <= 1000.0) {
            return Err("guidance and tightening must lie in -1000 … 1000".to_owned());
        }
        let (Loosening::PartOfMean(loosening) | Loosening::Deviations(loosening)) = self.loosening;
        if !(0.0..=1000.0).contains(&loosening) {
            return Err("the loosening must lie in 0 … 1000".to_owned());
        }
        for (name, value) in [
            ("condition dropout", self.condition_dropout),
            ("the held-out part", self.held_out),
            ("patience", self.patience),
        ] {
            if !(0.0..1.0).contains(&value) {
                return Err(format!("{name} must lie in 0 … 1, 1 excluded"));
            }
        }
        self.performance.check()
    }
}
