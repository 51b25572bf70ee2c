//! AdamW with warm-up and cosine decay, clipping, and a moving average of the weights.

use super::Layout;
use super::upload::{upload, upload_weights};
use crate::tensor::ops::{self, all, all_mut};
use crate::tensor::{AdamW, Backend, Precision, TensorError};
use serde::{Deserialize, Serialize};

/// A learning rate that rises linearly for `warm_up` steps and falls along a cosine to `last` of its
/// peak at step `steps` (Loshchilov and Hutter 2017, without restarts).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearningRate {
    /// The highest rate.
    pub peak: f32,
    /// Steps of the rise.
    pub warm_up: u32,
    /// Steps in all.
    pub steps: u32,
    /// The last rate, as a part of the peak.
    pub last: f32,
}

impl LearningRate {
    /// The rate at a step, counted from 1.
    pub fn at(self, step: u32) -> f32 {
        if step <= self.warm_up {
            return self.peak * step as f32 / self.warm_up as f32;
        }
        let fall = (step - self.warm_up) as f32 / (self.steps.saturating_sub(self.warm_up)).max(1) as f32;
        let cosine = 0.5 * (1.0 + (std::f32::consts::PI * fall.min(1.0)).cos());
        self.peak * (self.last + (1.0 - self.last) * cosine)
    }
}

/// What does not change from step to step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OptimiserSettings {
    /// The learning rate over the steps.
    pub learning_rate: LearningRate,
    /// Decay of the first moment.
    pub beta1: f32,
    /// Decay of the second moment.
    pub beta2: f32,
    /// Decoupled weight decay of matrices. An L2 penalty `½·c·‖w‖²` in the loss is its counterpart where
    /// the moments do not rescale gradients: there both take `learning rate · c · w` off a weight, so a work
    /// that states a penalty `c` (1.3e-5 for the ANN) is followed with a decay of `c`, or of `2c` where its
    /// framework writes the penalty as `c·‖w‖²`.
    pub weight_decay: f32,
    /// The largest global norm of the gradient.
    pub clip_norm: f32,
    /// Decay of the moving average of the weights.
    pub ema_decay: f32,
}

impl OptimiserSettings {
    /// What every training of this program has in common: its moments' decays and its clipping; neither weight decay
    /// nor an average.
    pub fn usual(learning_rate: LearningRate) -> OptimiserSettings {
        let (beta1, beta2, clip_norm) = (0.9, 0.99, 1.0);
        OptimiserSettings { learning_rate, beta1, beta2, weight_decay: 0.0, clip_norm, ema_decay: 0.0 }
    }
}

/// The optimiser's memory on the host, as a checkpoint keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimiserState {
    /// Steps taken.
    pub step: u32,
    /// The weights.
    pub weights: Vec<f32>,
    /// The moving average of the weights.
    pub ema: Vec<f32>,
    /// First moment.
    pub first: Vec<f32>,
    /// Second moment.
    pub second: Vec<f32>,
}

impl OptimiserState {
    /// Before the first step.
    pub fn start(layout: &Layout, seed: u64) -> OptimiserState {
        let weights = layout.initial(seed);
        let zeros = vec![0.0; weights.len()];
        OptimiserState { step: 0, ema: weights.clone(), weights, first: zeros.clone(), second: zeros }
    }
}

/// The weights of a network and the optimiser's memory, on the device.
pub struct Optimiser<B: Backend> {
    settings: OptimiserSettings,
    step: u32,
    weights: B::Buffer,
    ema: B::Buffer,
    first: B::Buffer,
    second: B::Buffer,
    mask: B::Buffer,
    square_norm: B::Buffer,
}

impl<B: Backend> Optimiser<B> {
    /// Puts a state on the device.
    pub fn new(
        backend: &B,
        layout: &Layout,
        settings: OptimiserSettings,
        state: &OptimiserState,
    ) -> Optimiser<B> {
        Optimiser {
            settings,
            step: state.step,
            weights: upload_weights(backend, &state.weights, Precision::Single),
            ema: upload_weights(backend, &state.ema, Precision::Single),
            first: upload(backend, &state.first),
            second: upload(backend, &state.second),
            mask: upload(backend, &layout.decay_mask()),
            square_norm: backend.alloc(1),
        }
    }

    /// Makes products with the weights this exact.
    pub(super) fn hold(&mut self, backend: &B, precision: Precision) {
        backend.hold(&mut self.weights, precision);
        backend.hold(&mut self.ema, precision);
    }

    /// The weights as they stand.
    pub fn weights(&self) -> &B::Buffer {
        &self.weights
    }

    /// The moving average of the weights.
    pub fn averaged_weights(&self) -> &B::Buffer {
        &self.ema
    }

    /// Steps taken.
    pub fn steps(&self) -> u32 {
        self.step
    }

    /// The rate of the next step.
    pub fn learning_rate(&self) -> f32 {
        self.settings.learning_rate.at(self.step + 1)
    }

    /// One step along the gradients of the mean loss.
    pub fn step(&mut self, backend: &B, gradients: &B::Buffer) {
        let learning_rate = self.learning_rate();
        self.step += 1;
        let s = self.settings;
        ops::sum_of_squares(backend, all(backend, gradients), all_mut(backend, &mut self.square_norm));
        // the average forgets its random start quickly: it follows closely in the first steps
        let ema_decay = s.ema_decay.min((1.0 + self.step as f32) / (10.0 + self.step as f32));
        let settings = AdamW {
            step: self.step,
            learning_rate,
            beta1: s.beta1,
            beta2: s.beta2,
            epsilon: 1e-8,
            weight_decay: s.weight_decay,
            clip_norm: s.clip_norm,
            ema_decay,
        };
        ops::adam_w(
            backend,
            settings,
            all(backend, gradients),
            all(backend, &self.mask),
            all(backend, &self.square_norm),
            all_mut(backend, &mut self.weights),
            all_mut(backend, &mut self.first),
            all_mut(backend, &mut self.second),
            all_mut(backend, &mut self.ema),
        );
    }

    /// The averaged weights, on the host.
    ///
    /// # Errors
    /// The device failed.
    pub fn averaged(&self, backend: &B) -> Result<Vec<f32>, TensorError> {
        backend.read(all(backend, &self.ema))
    }

    /// Everything, on the host.
    ///
    /// # Errors
    /// The device failed.
    pub fn state(&self, backend: &B) -> Result<OptimiserState, TensorError> {
        Ok(OptimiserState {
            step: self.step,
            weights: backend.read(all(backend, &self.weights))?,
            ema: backend.read(all(backend, &self.ema))?,
            first: backend.read(all(backend, &self.first))?,
            second: backend.read(all(backend, &self.second))?,
        })
    }
}
