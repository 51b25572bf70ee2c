//! The cosine noise schedule with zero terminal SNR.

use serde::{Deserialize, Serialize};

/// `xt = α_t·x0 + σ_t·ε` for t = 0 … T, with α² + σ² = 1.
///
/// ᾱ follows the cosine of Nichol and Dhariwal 2021, equation 17, s = 0.008; √ᾱ is then shifted and scaled
/// so that α_T = 0 and α_1 stays (Lin et al. 2024, algorithm 1): the last step is pure noise, as
/// sampling begins. α_0 = 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "usize", into = "usize")]
pub struct Schedule {
    alpha: Vec<f64>,
}

impl From<usize> for Schedule {
    fn from(steps: usize) -> Schedule {
        Schedule::cosine(steps)
    }
}

impl From<Schedule> for usize {
    fn from(schedule: Schedule) -> usize {
        schedule.steps()
    }
}

impl Schedule {
    /// The schedule with T = `steps`, at least 2.
    pub fn cosine(steps: usize) -> Schedule {
        let steps = steps.max(2);
        const S: f64 = 0.008;
        let f = |t: usize| ((t as f64 / steps as f64 + S) / (1.0 + S) * std::f64::consts::FRAC_PI_2).cos();
        let root: Vec<f64> = (0..=steps).map(|t| f(t) / f(0)).collect();
        let (first, last) = (root[1], root[steps]);
        let rescaled = |r: &f64| (r - last) * first / (first - last);
        let mut alpha: Vec<f64> = root.iter().map(rescaled).collect();
        alpha[0] = 1.0;
        alpha[steps] = 0.0;
        Schedule { alpha }
    }

    /// T.
    pub fn steps(&self) -> usize {
        self.alpha.len() - 1
    }

    /// √ᾱ at t in 0 … T.
    pub fn alpha(&self, t: usize) -> f64 {
        self.alpha[t]
    }

    /// √(1 − ᾱ) at t in 0 … T.
    pub fn sigma(&self, t: usize) -> f64 {
        (1.0 - self.alpha[t] * self.alpha[t]).max(0.0).sqrt()
    }

    /// Half the logarithm of the SNR, ln(α/σ): −∞ at T, +∞ at 0.
    pub fn half_log_snr(&self, t: usize) -> f64 {
        (self.alpha(t) / self.sigma(t)).ln()
    }

    /// `count` steps down from T to 0, both included, evenly spaced ("trailing" in Lin et al. 2024):
    /// `count + 1` falling timesteps.
    pub fn timesteps(&self, count: usize) -> Vec<usize> {
        let count = count.clamp(1, self.steps());
        (0..=count).rev().map(|i| (i * self.steps() + count / 2) / count).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terminal_signal_is_zero_and_the_signal_falls() {
        let schedule = Schedule::cosine(1000);
        assert_eq!(schedule.alpha(1000), 0.0);
        assert_eq!(schedule.sigma(1000), 1.0);
        assert_eq!((schedule.alpha(0), schedule.sigma(0)), (1.0, 0.0));
        assert!((1..=1000).all(|t| schedule.alpha(t) < schedule.alpha(t - 1)));
        assert_eq!(schedule.half_log_snr(1000), f64::NEG_INFINITY);
    }

    #[test]
    fn timesteps_run_from_the_last_to_zero() {
        let schedule = Schedule::cosine(1000);
        assert_eq!(schedule.timesteps(4), [1000, 750, 500, 250, 0]);
        assert_eq!(schedule.timesteps(3), [1000, 667, 333, 0]);
        assert_eq!(schedule.timesteps(9999).len(), 1001);
        assert!(schedule.timesteps(17).windows(2).all(|w| w[0] > w[1]));
    }
}
