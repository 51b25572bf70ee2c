//! A forward process together with what its network predicts of it.

use super::Schedule;
use crate::nn::Objective;
use serde::{Deserialize, Serialize};

/// What a denoiser predicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prediction {
    /// The velocity `v = α·ε − σ·x0` (Salimans and Ho 2022): `x0 = α·x − σ·v`.
    Velocity,
    /// The noise ε (Ho et al. 2020): `x0 = (x − σ·ε)/α`.
    Noise,
}

impl Prediction {
    /// What a network of this prediction is trained on.
    pub fn objective(self) -> Objective {
        match self {
            Prediction::Velocity => Objective::Velocity,
            Prediction::Noise => Objective::Noise,
        }
    }
}

/// Where α is smaller than this, a network that predicts noise says nothing of x0.
///
/// An error δ of ε is one of δ·σ/α in x0, which a step from t to t' carries over as δ·(σ' − α'·σ/α): by
/// 25 steps from α_T = 5e-5 it comes out 1,300 times. On a normal distribution of mean 1 and deviation ½
/// and for δ = 0.02, 25 DDIM steps end 11 off from T, 0.25 off with x0 held to ±4, and 0.17, 0.14 or 0.13
/// off when they begin at α = 0.01, 0.02 or 0.05; without δ the truth is 0.07 away. What beginning there
/// costs is the mean's share of the first state, `α·E x0`, which is taken to be 0: 1,000 steps without δ
/// end 0.003, 0.013 and 0.028 off from T, 0.02 and 0.05.
const LEAST_SIGNAL: f64 = 0.02;

/// A forward process and what its network predicts.
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    /// The noise schedule.
    pub schedule: Schedule,
    /// What the network predicts.
    pub prediction: Prediction,
    /// Predicted clean coordinates are held to −limit … limit at each step; `None` to leave them.
    pub limit: Option<f32>,
}

impl Process {
    /// The cosine schedule with zero terminal SNR and T = `steps`, learnt by its velocity.
    pub fn velocity(steps: usize) -> Process {
        Process { schedule: Schedule::cosine(steps), prediction: Prediction::Velocity, limit: None }
    }

    /// The clipped cosine schedule with T = `steps`, learnt by its noise. `limit` is the largest absolute
    /// coordinate of the data, as published samplers hold pixels to −1 … 1; some 4 for standardised
    /// coordinates. It bounds what remains of the first steps' errors.
    pub fn noise(steps: usize, limit: f32) -> Process {
        let schedule = Schedule::clipped_cosine(steps);
        Process { schedule, prediction: Prediction::Noise, limit: Some(limit) }
    }

    /// The timestep that sampling begins at: T; for noise, the last whose α is at least 0.02, where the state
    /// is as good as pure noise.
    pub fn first_timestep(&self) -> usize {
        let all = 0..=self.schedule.steps();
        match self.prediction {
            Prediction::Velocity => self.schedule.steps(),
            Prediction::Noise => {
                all.rev().find(|&t| self.schedule.alpha(t) >= LEAST_SIGNAL).expect("α_0 is 1")
            }
        }
    }

    /// The timesteps of a walk of `count` steps: `count + 1` of them, down to 0; fewer if it has fewer.
    pub fn timesteps(&self, count: usize) -> Vec<usize> {
        self.schedule.timesteps(self.first_timestep(), count)
    }

    /// `(a, b)` of `x0 = a·x + b·prediction` at t.
    pub(super) fn clean(&self, t: usize) -> (f64, f64) {
        let (alpha, sigma) = (self.schedule.alpha(t), self.schedule.sigma(t));
        match self.prediction {
            Prediction::Velocity => (alpha, -sigma),
            Prediction::Noise => (1.0 / alpha, -sigma / alpha),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_predictions_give_the_clean_coordinate_back() {
        let (x0, noise) = (0.7, -1.2);
        for process in [Process::velocity(1000), Process::noise(1000, 4.0)] {
            for t in [1, 10, 500, process.first_timestep()] {
                let (alpha, sigma) = (process.schedule.alpha(t), process.schedule.sigma(t));
                let predicted = match process.prediction {
                    Prediction::Velocity => alpha * noise - sigma * x0,
                    Prediction::Noise => noise,
                };
                let (a, b) = process.clean(t);
                let found = a * (alpha * x0 + sigma * noise) + b * predicted;
                assert!((found - x0).abs() < 1e-9, "{:?} at {t}: {found}", process.prediction);
            }
        }
    }

    #[test]
    fn noise_is_followed_from_where_there_is_a_signal() {
        for steps in [2, 10, 100, 1000] {
            let process = Process::noise(steps, 4.0);
            let first = process.first_timestep();
            assert!(first > 0 && process.schedule.alpha(first) >= 0.02, "T = {steps}: {first}");
            assert_eq!(process.timesteps(25).last(), Some(&0));
        }
        assert_eq!(Process::velocity(1000).first_timestep(), 1000);
        // every schedule can be walked: this one has no signal at all at T
        let zero = Process { schedule: Schedule::cosine(1000), ..Process::noise(1000, 4.0) };
        assert!(zero.clean(zero.first_timestep()).0.is_finite());
    }
}
