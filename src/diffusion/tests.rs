//! Samplers on data that is one normal distribution, whose best denoiser and probability flow are known.

use super::sampler::{initial_noise, step};
use super::{ForwardProcess, SampleRequest, SampleSettings, Schedule, Solver, Watch, sample};
use crate::nn::{Inputs, Layout, Network, Pass};
use crate::tensor::cpu::Cpu;
use crate::tensor::{Backend, Precision, Rows, ops};

/// For data that is one normal distribution the best denoiser is known, x0 = α·s²·x/(α²s² + σ²), and
/// the probability flow takes noise ε to s·ε. Integrating it tests every coefficient.
fn error_on_a_normal(solver: Solver, steps: usize) -> f64 {
    let (schedule, s) = (Schedule::cosine(1000), 0.5);
    let timesteps = schedule.timesteps(1000, steps);
    let (mut x, mut previous, mut before) = (1.3, 0.0, None);
    for pair in timesteps.windows(2) {
        let (alpha, sigma) = (schedule.alpha(pair[0]), schedule.sigma(pair[0]));
        let clean = alpha * s * s * x / (alpha * alpha * s * s + sigma * sigma);
        let step = step(&schedule, solver, before, pair[0], pair[1]);
        x = step.a * x + step.b * clean + step.c * previous;
        (previous, before) = (clean, Some(pair[0]));
    }
    (x - 1.3 * s).abs()
}

#[test]
fn the_deterministic_solvers_follow_the_probability_flow() {
    assert!(error_on_a_normal(Solver::Ddim, 500) < 4e-3);
    assert!(error_on_a_normal(Solver::DpmSolver, 500) < 2e-4);
    let (first, second) = (error_on_a_normal(Solver::Ddim, 25), error_on_a_normal(Solver::DpmSolver, 25));
    assert!(second < 0.3 * first, "second order {second} against first {first}");
}

#[test]
fn ancestral_steps_keep_the_variance_of_the_forward_process() {
    let schedule = Schedule::cosine(1000);
    for pair in schedule.timesteps(1000, 50).windows(2) {
        // with x0 known to be 0 the state's variance must be σ² at every step
        let step = step(&schedule, Solver::Ancestral, None, pair[0], pair[1]);
        let variance = (step.a * schedule.sigma(pair[0])).powi(2) + step.c * step.c;
        assert!((variance - schedule.sigma(pair[1]).powi(2)).abs() < 1e-9, "{pair:?}");
        // and a known x0 must arrive with the weight α'
        let mean = step.a * schedule.alpha(pair[0]) + step.b;
        assert!((mean - schedule.alpha(pair[1])).abs() < 1e-9, "{pair:?}");
    }
}

/// The best denoiser of normal data of mean `mean` and deviation `deviation`, its prediction off by `error`
/// everywhere.
struct Denoiser<'a> {
    process: &'a ForwardProcess,
    mean: f64,
    deviation: f64,
    error: f64,
    layout: Layout,
}

impl<B: Backend> Network<B> for Denoiser<'_> {
    type Workspace = ();

    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn coordinates(&self) -> usize {
        3
    }

    fn features(&self) -> usize {
        1
    }

    fn outputs(&self) -> usize {
        3
    }

    fn workspace(&self, _: &B, _: usize, _: bool) {}

    fn forward(
        &self,
        backend: &B,
        _: &B::Buffer,
        pass: Pass,
        inputs: &Inputs<B>,
        _: &mut (),
        output: &mut Rows<B>,
    ) {
        let time = backend.read(inputs.time.rows(1)).expect("the device answers")[0];
        let schedule = &self.process.schedule;
        let t = (f64::from(time) * schedule.steps() as f64 / 1000.0).round() as usize;
        let (alpha, sigma) = (schedule.alpha(t), schedule.sigma(t));
        let variance = (alpha * self.deviation).powi(2) + sigma * sigma;
        let x = backend.read(inputs.x.rows(pass.rows)).expect("the device answers");
        let predict = |x: &f32| {
            let off = f64::from(*x) - alpha * self.mean;
            let noise = sigma * off / variance;
            let clean = self.mean + alpha * self.deviation * self.deviation * off / variance;
            let (of_clean, of_noise) = self.process.target[t];
            let exact = of_noise * noise + of_clean * clean;
            (exact + self.error) as f32
        };
        let predicted: Vec<f32> = x.iter().map(predict).collect();
        ops::write(backend, output.rows_mut(pass.rows), &predicted);
    }

    fn backward(
        &self,
        _: &B,
        _: &B::Buffer,
        _: Pass,
        _: &Inputs<B>,
        _: &mut (),
        _: &Rows<B>,
        _: &mut B::Buffer,
    ) {
    }

    fn forward_flop(&self, _: usize) -> f64 {
        0.0
    }
}

/// The largest distance of a sampled coordinate from where the probability flow takes its noise.
fn sampled_error<B: Backend>(
    backend: &B,
    process: &ForwardProcess,
    solver: Solver,
    steps: usize,
    error: f64,
) -> f64 {
    let (mean, deviation) = (0.5, 0.5);
    let network = Denoiser { process, mean, deviation, error, layout: Layout::default() };
    let watch = Watch::default();
    let request = SampleRequest {
        condition: &[0.0],
        rows: 40,
        seed: 3,
        adjust: None,
        precision: Precision::Single,
        told: None,
        watch: &watch,
    };
    let settings = SampleSettings { solver, steps, guidance: -0.5 };
    let rows = sample(backend, &network, &[0.0], process, settings, &request);
    let rows = rows.expect("the device answers").expect("nobody cancelled");
    assert_eq!(watch.part(), 1.0, "all of it is told");
    let off = |(row, values): (usize, &Vec<f32>)| {
        let noise = initial_noise(3, row, 3);
        let off = |(x, e): (&f32, f32)| (f64::from(*x) - mean - deviation * f64::from(e)).abs();
        values.iter().zip(noise).map(off).fold(0.0, f64::max)
    };
    rows.iter().enumerate().map(off).fold(0.0, f64::max)
}

fn velocity() -> ForwardProcess {
    ForwardProcess::velocity(Schedule::cosine(1000))
}

fn noise(limit: f32) -> ForwardProcess {
    ForwardProcess { limit: Some(limit), ..ForwardProcess::noise(Schedule::clipped_cosine(1000)) }
}

#[test]
fn both_predictions_follow_the_probability_flow() {
    let cpu = Cpu::poisoned().expect("threads start");
    for (process, tolerance) in [(velocity(), 8e-3), (noise(4.0), 2e-2)] {
        for solver in [Solver::Ddim, Solver::DpmSolver] {
            let error = sampled_error(&cpu, &process, solver, 1000, 0.0);
            assert!(error < tolerance, "{:?}, {solver:?}: {error}", process.target[1]);
        }
    }
}

/// A small error of the predicted noise stays small, which it would not from where there is hardly a signal.
#[test]
fn errors_of_the_predicted_noise_are_not_amplified() {
    let cpu = Cpu::poisoned().expect("threads start");
    let process = noise(4.0);
    for solver in [Solver::Ddim, Solver::DpmSolver] {
        let (exact, off) =
            (sampled_error(&cpu, &process, solver, 25, 0.0), sampled_error(&cpu, &process, solver, 25, 0.02));
        assert!(off < exact + 0.1, "{solver:?}: {off} against {exact}");
    }
}

#[test]
fn the_gpu_samples_by_noise_as_the_cpu_does() {
    let Some(gpu) = crate::tensor::tests::gpu("the_gpu_samples_by_noise_as_the_cpu_does") else { return };
    let cpu = Cpu::poisoned().expect("threads start");
    let process = noise(1.0);
    let (found, expected) = (
        sampled_error(gpu, &process, Solver::DpmSolver, 25, 0.02),
        sampled_error(&cpu, &process, Solver::DpmSolver, 25, 0.02),
    );
    assert!((found - expected).abs() < 1e-4, "{found}, not {expected}");
}

/// Twice the weight at half of the steps: the extrapolation of all, but for the first third, where there is none.
#[test]
fn guidance_that_extrapolates_acts_at_every_other_step_and_not_at_the_first_or_last() {
    let settings = |solver, guidance, steps| SampleSettings { solver, steps, guidance };
    let weights =
        |of: SampleSettings| -> Vec<f32> { (0..of.steps).map(|i| of.weight(i, of.steps)).collect() };
    for steps in 8..40 {
        let weights = weights(settings(Solver::DpmSolver, -0.5, steps));
        assert!(weights[..steps / 3].iter().chain(weights.last()).all(|w| *w == 0.0), "{weights:?}");
        assert!(weights.iter().all(|w| *w == 0.0 || *w == -1.0), "{weights:?}");
        let (sum, whole) = (weights.iter().sum::<f32>(), -0.5 * (steps - steps / 3) as f32);
        assert!((sum - whole).abs() <= 0.5, "{weights:?}");
    }
    // what is published is sampled as published, and so is what interpolates
    for (solver, guidance, steps) in
        [(Solver::Ancestral, -0.5, 1000), (Solver::Ddim, -0.5, 12), (Solver::DpmSolver, 0.1, 12)]
    {
        assert_eq!(weights(settings(solver, guidance, steps)), vec![guidance; steps]);
    }
    assert_eq!(weights(settings(Solver::DpmSolver, -0.5, 4)), [-0.5; 4]);
}
