//! Forward processes, and what a network learns to give of them.

use super::Schedule;

/// `a·first + b·second`, as its two factors.
pub type Sum = (f64, f64);

/// Where α is smaller than this, a network that predicts noise says nothing of x0.
///
/// An error δ of ε is one of δ·σ/α in x0, which a step from t to t' carries over as δ·(σ' − α'·σ/α): by
/// 25 steps from α_T = 5e-5 it comes out 1,300 times. On a normal distribution of mean 1 and deviation ½
/// and for δ = 0.02, 25 DDIM steps end 11 off from T, 0.25 off with x0 held to ±4, and 0.17, 0.14 or 0.13
/// off when they begin at α = 0.01, 0.02 or 0.05; without δ the truth is 0.07 away. What beginning there
/// costs is the mean's share of the first state, `α·E x0`, which is taken to be 0: 1,000 steps without δ
/// end 0.003, 0.013 and 0.028 off from T, 0.02 and 0.05.
const LEAST_SIGNAL: f64 = 0.02;

/// A forward process, `x = α_t·x0 + σ_t·ε` for t = 0 … T, tabulated with what its network learns to give.
#[derive(Clone, Debug, PartialEq)]
pub struct ForwardProcess {
    /// The noise schedule: α and σ.
    pub schedule: Schedule,
    /// By timestep, what the network learns to give, of x0 and ε.
    pub target: Vec<Sum>,
    /// By timestep, x0 of x and what the network gives.
    pub clean: Vec<Sum>,
    /// The timestep that sampling begins at.
    pub first_timestep: usize,
    /// Predicted clean coordinates are held to −limit … limit at each step; `None` to leave them.
    pub limit: Option<f32>,
}

impl ForwardProcess {
    /// A process drawn from T on, without a limit. `target` gives, for α and σ, what the network learns to give,
    /// of x0 and ε, `clean` x0 of x and what it gives.
    pub fn new(
        schedule: Schedule,
        target: impl Fn(f64, f64) -> Sum,
        clean: impl Fn(f64, f64) -> Sum,
    ) -> ForwardProcess {
        let steps = schedule.steps();
        let of = |sum: &dyn Fn(f64, f64) -> Sum| {
            (0..=steps).map(|t| sum(schedule.alpha(t), schedule.sigma(t))).collect()
        };
        let (target, clean) = (of(&target), of(&clean));
        ForwardProcess { schedule, target, clean, first_timestep: steps, limit: None }
    }

    /// Learnt by the velocity `v = α·ε − σ·x0` (Salimans and Ho 2022): `x0 = α·x − σ·v` where α² + σ² = 1.
    pub fn velocity(schedule: Schedule) -> ForwardProcess {
        ForwardProcess::new(schedule, |alpha, sigma| (-sigma, alpha), |alpha, sigma| (alpha, -sigma))
    }

    /// Learnt by the noise ε (Ho et al. 2020): `x0 = (x − σ·ε)/α`. Sampling begins at the last timestep whose α is at
    /// least 0.02, where the state is as good as pure noise. A limit bounds what remains of the first steps' errors:
    /// the largest absolute coordinate of the data, as published samplers hold pixels to −1 … 1.
    pub fn noise(schedule: Schedule) -> ForwardProcess {
        let signal = |t: &usize| schedule.alpha(*t) >= LEAST_SIGNAL;
        let first_timestep = (0..=schedule.steps()).rev().find(signal).expect("α_0 is 1");
        let clean = |alpha: f64, sigma: f64| (1.0 / alpha, -sigma / alpha);
        ForwardProcess { first_timestep, ..ForwardProcess::new(schedule, |_, _| (0.0, 1.0), clean) }
    }

    /// T.
    pub fn steps(&self) -> usize {
        self.schedule.steps()
    }

    /// A timestep as networks are told it, 0 … 1000 whatever T is.
    pub fn network_time(&self, t: usize) -> f32 {
        t as f32 * 1000.0 / self.steps() as f32
    }

    /// The forward process at t: `x`, clean, becomes noisy, and `noise` becomes what the network should give.
    pub fn add_noise(&self, t: usize, x: &mut [f32], noise: &mut [f32]) {
        let (alpha, sigma) = (self.schedule.alpha(t) as f32, self.schedule.sigma(t) as f32);
        let (of_x, of_noise) = (self.target[t].0 as f32, self.target[t].1 as f32);
        for (x, noise) in x.iter_mut().zip(noise) {
            let (clean, fresh) = (*x, *noise);
            *x = alpha.mul_add(clean, sigma * fresh);
            *noise = of_noise.mul_add(fresh, of_x * clean);
        }
    }

    /// The timesteps of a walk of `count` steps: `count + 1` of them, down to 0; fewer if it has fewer.
    pub fn timesteps(&self, count: usize) -> Vec<usize> {
        self.schedule.timesteps(self.first_timestep, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The processes of the paper's two diffusion systems.
    fn both(steps: usize) -> [ForwardProcess; 2] {
        let noise = ForwardProcess::noise(Schedule::clipped_cosine(steps));
        [ForwardProcess::velocity(Schedule::cosine(steps)), ForwardProcess { limit: Some(4.0), ..noise }]
    }

    #[test]
    fn both_predictions_give_the_clean_coordinate_back() {
        let (x0, noise) = (0.7, -1.2);
        for process in both(1000) {
            for t in [1, 10, 500, process.first_timestep] {
                let (alpha, sigma) = (process.schedule.alpha(t), process.schedule.sigma(t));
                let predicted = process.target[t].0 * x0 + process.target[t].1 * noise;
                let (a, b) = process.clean[t];
                let found = a * (alpha * x0 + sigma * noise) + b * predicted;
                assert!((found - x0).abs() < 1e-9, "at {t}: {found}");
            }
        }
    }

    #[test]
    fn rows_get_their_share_of_noise_and_a_target() {
        for process in both(10) {
            let (mut x, mut noise) = ([0.7, -2.0], [-1.2, 0.3]);
            process.add_noise(4, &mut x, &mut noise);
            let (alpha, sigma) = (process.schedule.alpha(4), process.schedule.sigma(4));
            for (i, (x0, fresh)) in [(0.7, -1.2), (-2.0, 0.3)].into_iter().enumerate() {
                let target = process.target[4].0 * x0 + process.target[4].1 * fresh;
                assert!((f64::from(x[i]) - (alpha * x0 + sigma * fresh)).abs() < 1e-6);
                assert!((f64::from(noise[i]) - target).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn noise_is_followed_from_where_there_is_a_signal() {
        for steps in [2, 10, 100, 1000] {
            let [velocity, noise] = both(steps);
            let first = noise.first_timestep;
            assert!(first > 0 && noise.schedule.alpha(first) >= 0.02, "T = {steps}: {first}");
            assert_eq!(noise.timesteps(25).last(), Some(&0));
            assert_eq!(velocity.first_timestep, steps);
        }
        // every schedule can be walked: this one has no signal at all at T
        let zero = ForwardProcess::noise(Schedule::cosine(1000));
        assert!(zero.clean[zero.first_timestep].0.is_finite());
    }
}
