//! How the performance model is trained.

use super::bounds::{self, at_most};
use crate::model::Activation;
use crate::nn::{LearningRate, OptimiserSettings};
use crate::tensor::Loss;
use serde::{Deserialize, Serialize};

/// The settings of the performance model: an ensemble of perceptrons from coordinates to metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PerformanceRecipe {
    /// Networks in the ensemble; their spread is the prediction's uncertainty.
    pub ensemble: usize,
    /// Channels of the hidden layers.
    pub widths: Vec<usize>,
    /// What stands between the layers.
    pub activation: Activation,
    /// How far a prediction is from its target.
    pub loss: Loss,
    /// Rows of a batch.
    pub batch: usize,
    /// Passes over the training rows, as far as `least_steps` and `most_steps` let them.
    pub passes: usize,
    /// Steps of each network at least: a small dataset is passed over more often.
    pub least_steps: usize,
    /// Steps of each network at most: a large dataset ends all the same.
    pub most_steps: usize,
    /// The highest learning rate.
    pub learning_rate: f32,
    /// The last learning rate, as a part of the highest.
    pub last_rate: f32,
    /// Steps over which the learning rate rises.
    pub warm_up: u32,
    /// Decoupled weight decay.
    pub weight_decay: f32,
    /// Decay of the moving average of the weights.
    pub ema_decay: f32,
}

impl PerformanceRecipe {
    /// The settings of both presets.
    pub fn preset() -> PerformanceRecipe {
        PerformanceRecipe {
            ensemble: 3,
            widths: vec![128; 4],
            activation: Activation::Silu,
            loss: Loss::Squared,
            batch: 64,
            passes: 160,
            least_steps: 200,
            most_steps: 20_000,
            learning_rate: 3e-3,
            last_rate: 0.005,
            warm_up: 100,
            weight_decay: 0.003,
            ema_decay: 0.995,
        }
    }

    /// Steps of each network on so many rows.
    pub(super) fn steps(&self, rows: usize) -> u32 {
        let wanted = rows.saturating_mul(self.passes) / self.batch;
        wanted.clamp(self.least_steps, self.most_steps) as u32
    }

    /// The optimiser's settings for a training of `steps` steps.
    pub(super) fn optimiser(&self, steps: u32) -> OptimiserSettings {
        let (peak, warm_up, last) = (self.learning_rate, self.warm_up, self.last_rate);
        OptimiserSettings {
            weight_decay: self.weight_decay,
            ema_decay: self.ema_decay,
            ..OptimiserSettings::usual(LearningRate { peak, warm_up, steps, last })
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let checked = || {
            for (name, value, most) in [
                ("ensemble", self.ensemble, 64),
                ("batch", self.batch, 1 << 16),
                ("passes", self.passes, 1_000_000),
                ("least steps", self.least_steps, self.most_steps),
                ("most steps", self.most_steps, 10_000_000),
                ("warm-up", self.warm_up as usize, 1_000_000),
            ] {
                at_most(name, value, most)?;
            }
            bounds::widths(&self.widths)?;
            bounds::learning_rate(self.learning_rate)?;
            if !(0.0..=1.0).contains(&self.last_rate) {
                return Err("the last rate must lie in 0 … 1".to_owned());
            }
            bounds::weight_decay(self.weight_decay)?;
            bounds::ema_decay(self.ema_decay)
        };
        checked().map_err(|why| format!("of the performance model: {why}"))
    }
}
