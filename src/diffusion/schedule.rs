//! Cosine noise schedules: with zero terminal SNR, and clipped.

/// α and σ of `xt = α_t·x0 + σ_t·ε` for t = 0 … T, where α_0 = 1 and σ_0 = 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    alpha: Vec<f64>,
    sigma: Vec<f64>,
}

/// The root of Nichol and Dhariwal 2021, equation 17, before it is scaled to 1 at t = 0.
fn cosine(t: usize, steps: usize) -> f64 {
    const S: f64 = 0.008;
    ((t as f64 / steps as f64 + S) / (1.0 + S) * std::f64::consts::FRAC_PI_2).cos()
}

impl Schedule {
    /// The schedule with these α, of which the first is 1, and σ, of which the first is 0; as many of both.
    pub fn new(alpha: Vec<f64>, sigma: Vec<f64>) -> Schedule {
        assert_eq!(alpha.len(), sigma.len(), "a schedule has as many α as σ");
        Schedule { alpha, sigma }
    }

    /// The schedule with these α that keeps the variance: α² + σ² = 1.
    fn keeping_variance(alpha: Vec<f64>) -> Schedule {
        let sigma = alpha.iter().map(|alpha| (1.0 - alpha * alpha).max(0.0).sqrt()).collect();
        Schedule { alpha, sigma }
    }

    /// The schedule with T = `steps`, at least 2: √ᾱ follows the cosine and is then shifted and scaled so
    /// that α_T = 0 and α_1 stays (Lin et al. 2024, algorithm 1): the last step is pure noise, as sampling
    /// begins.
    pub fn cosine(steps: usize) -> Schedule {
        let steps = steps.max(2);
        let root: Vec<f64> = (0..=steps).map(|t| cosine(t, steps) / cosine(0, steps)).collect();
        let (first, last) = (root[1], root[steps]);
        let rescaled = |r: &f64| (r - last) * first / (first - last);
        let mut alpha: Vec<f64> = root.iter().map(rescaled).collect();
        alpha[0] = 1.0;
        alpha[steps] = 0.0;
        Schedule::keeping_variance(alpha)
    }

    /// The schedule with T = `steps`, at least 2, as Nichol and Dhariwal 2021 have it: ᾱ follows the square
    /// of the cosine, `β_t = 1 − ᾱ_t/ᾱ_(t−1)` clipped to 0.001 … 0.999. A little signal is left at T, α_T ≈
    /// 5e-5 for T = 1000.
    pub fn clipped_cosine(steps: usize) -> Schedule {
        let steps = steps.max(2);
        let mut alpha = vec![1.0];
        for t in 1..=steps {
            let beta = 1.0 - (cosine(t, steps) / cosine(t - 1, steps)).powi(2);
            alpha.push(alpha[t - 1] * (1.0 - beta.clamp(0.001, 0.999)).sqrt());
        }
        Schedule::keeping_variance(alpha)
    }

    /// T.
    pub fn steps(&self) -> usize {
        self.alpha.len() - 1
    }

    /// α at t in 0 … T; √ᾱ where the variance is kept.
    pub fn alpha(&self, t: usize) -> f64 {
        self.alpha[t]
    }

    /// σ at t in 0 … T; √(1 − ᾱ) where the variance is kept.
    pub fn sigma(&self, t: usize) -> f64 {
        self.sigma[t]
    }

    /// Half the logarithm of the SNR, ln(α/σ): −∞ at T, +∞ at 0.
    pub fn half_log_snr(&self, t: usize) -> f64 {
        (self.alpha(t) / self.sigma(t)).ln()
    }

    /// `count` steps down from `first` to 0, both included, evenly spaced ("trailing" in Lin et al. 2024):
    /// `count + 1` falling timesteps.
    pub fn timesteps(&self, first: usize, count: usize) -> Vec<usize> {
        let first = first.min(self.steps());
        let count = count.clamp(1, first.max(1));
        (0..=count).rev().map(|i| (i * first + count / 2) / count).collect()
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
        assert_eq!(schedule.timesteps(1000, 4), [1000, 750, 500, 250, 0]);
        assert_eq!(schedule.timesteps(1000, 3), [1000, 667, 333, 0]);
        assert_eq!(schedule.timesteps(1000, 9999).len(), 1001);
        assert_eq!(schedule.timesteps(986, 9999).len(), 987);
        assert_eq!(schedule.timesteps(986, 2), [986, 493, 0]);
        assert!(schedule.timesteps(1000, 17).windows(2).all(|w| w[0] > w[1]));
    }

    #[test]
    fn the_clipped_schedule_keeps_its_betas_in_bounds() {
        for steps in [10, 100, 1000] {
            let schedule = Schedule::clipped_cosine(steps);
            assert_eq!((schedule.steps(), schedule.alpha(0)), (steps, 1.0));
            for t in 1..=steps {
                let beta = 1.0 - (schedule.alpha(t) / schedule.alpha(t - 1)).powi(2);
                assert!((0.001 - 1e-12..=0.999 + 1e-12).contains(&beta), "β_{t} = {beta}");
            }
        }
        let last = Schedule::clipped_cosine(1000).alpha(1000);
        assert!((4e-5..6e-5).contains(&last), "{last}");
    }
}
