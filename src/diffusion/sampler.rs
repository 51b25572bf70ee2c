//! Samplers: from pure noise to coordinates along the learnt velocity or noise.

use super::watch::Watch;
use super::whole_walk::WholeWalk;
use super::{ForwardProcess, Schedule};
use crate::choice::choices;
use crate::nn::{Inputs, Network, Pass, upload_weights};
use crate::tensor::{Backend, Precision, Rows, TensorError, ops, random};
use serde::{Deserialize, Serialize};

/// How the reverse process is integrated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Solver {
    /// The stochastic posterior of Ho et al. 2020, equation 7, generalised to skipped steps.
    Ancestral,
    /// Deterministic, first order (Song et al. 2021, equation 12, η = 0).
    Ddim,
    /// DPM-Solver++(2M) (Lu et al. 2022, algorithm 2): second order, multistep.
    DpmSolver,
}

choices!(Solver, "solver": DpmSolver "dpm-solver++", Ddim "ddim", Ancestral "ancestral");

/// How to sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleSettings {
    /// The solver.
    pub solver: Solver,
    /// Steps from noise to data, at most the schedule's own number.
    pub steps: usize,
    /// The weight `w` of the paper's equation (3), `w·unconditional + (1 − w)·conditional`: positive
    /// values interpolate, negative ones extrapolate away from the unconditional prediction.
    pub guidance: f32,
}

/// Solver steps from which on every other one is guided alone.
const MANY: usize = 8;

impl SampleSettings {
    /// The guidance weight of step `i`, where 0 asks the network once in place of twice.
    ///
    /// The first third of a draw is as good without guidance (Kynkäänniemi et al. 2024 guide in an interval of noise levels),
    /// and a solver that averages over neighbouring steps takes twice the extrapolation at every other step for as much at
    /// each. The last step, whose prediction is the answer, is not one of these. `docs/experiments.md` has the figures.
    pub(super) fn weight(&self, i: usize, steps: usize) -> f32 {
        if self.solver != Solver::DpmSolver || self.guidance >= 0.0 || steps < MANY {
            return self.guidance;
        }
        let guided = i >= steps / 3 && (steps - i).is_multiple_of(2);
        if guided { 2.0 * self.guidance } else { 0.0 }
    }
}

/// Moves rows; told whether no step follows.
type Move<'a> = &'a (dyn Fn(&mut [f32], bool) -> Result<(), TensorError> + Sync);

/// Moves rows of clean coordinates to where they shall lie.
#[derive(Clone, Copy)]
pub struct Adjust<'a> {
    /// Moves them; told whether no step follows.
    pub with: Move<'a>,
    /// Whether it has anything to do only where no step follows: what is not asked for needs no copies from a device
    /// and back.
    pub last_only: bool,
}

/// Told of rows that are done while others are not: the number of the first of them, and their coordinates. Called from
/// whichever thread made them.
pub type Told<'a> = &'a (dyn Fn(usize, &[f32]) + Sync);

/// What to sample.
#[derive(Clone)]
pub struct SampleRequest<'a> {
    /// The condition's features, shared by all rows.
    pub condition: &'a [f32],
    /// How many rows.
    pub rows: usize,
    /// The seed: row `r` begins with the noise of stream `r`, on every device.
    pub seed: u64,
    /// What predicted clean coordinates are put through at every step, so that the rows end where it puts them and the
    /// coordinates that it leaves alone are drawn to go with those that it does not. For
    /// a coordinate that it fixes this is replacement conditioning (Song et al. 2021, score-based models,
    /// appendix I.2): the state stays `α·fixed + σ·noise` from the first step to the last.
    pub adjust: Option<Adjust<'a>>,
    /// How exact the network's products are.
    pub precision: Precision,
    /// Told of each lane's rows as it finishes; not of a draw that was cancelled.
    pub told: Option<Told<'a>>,
    /// Told how far it is; asked whether to stop early.
    pub watch: &'a Watch,
}

struct Lane {
    first: usize,
    rows: usize,
    result: Result<Vec<f32>, TensorError>,
}

/// Samples `rows` rows of coordinates. `None` if cancelled.
///
/// # Errors
/// The device failed.
pub fn sample<B: Backend, N: Network<B>>(
    backend: &B,
    network: &N,
    weights: &[f32],
    process: &ForwardProcess,
    settings: SampleSettings,
    request: &SampleRequest,
) -> Result<Option<Vec<Vec<f32>>>, TensorError> {
    let weights = upload_weights(backend, weights, request.precision);
    let coordinates = network.coordinates();
    let lane_rows = network.lane_rows(backend.lane_rows()).min(request.rows.max(1)).min(4096);
    let mut lanes: Vec<Lane> = (0..request.rows.div_ceil(lane_rows))
        .map(|i| Lane {
            first: i * lane_rows,
            rows: lane_rows.min(request.rows - i * lane_rows),
            result: Ok(Vec::new()),
        })
        .collect();
    request.watch.begin(request.rows * (process.timesteps(settings.steps).len().saturating_sub(1)));
    backend.for_each_lane(&mut lanes, |_, lane| {
        let walk = Walk { backend, network, weights: &weights, process, settings, request };
        lane.result = walk.run(lane.first, lane.rows);
        if let (Some(told), Ok(rows)) = (request.told, &lane.result)
            && !rows.is_empty()
        {
            told(lane.first, rows);
        }
    });
    let mut rows = Vec::with_capacity(request.rows);
    for lane in lanes {
        let values = lane.result?;
        rows.extend(values.chunks_exact(coordinates.max(1)).map(<[f32]>::to_vec));
    }
    Ok((!request.watch.cancelled()).then_some(rows))
}

struct Walk<'a, B: Backend, N> {
    backend: &'a B,
    network: &'a N,
    weights: &'a B::Buffer,
    process: &'a ForwardProcess,
    settings: SampleSettings,
    request: &'a SampleRequest<'a>,
}

/// `x ← a·x + b·x0 + c·other`, where `other` is the previous x0 or fresh noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    pub a: f64,
    pub b: f64,
    pub c: f64,
}

impl<B: Backend, N: Network<B>> Walk<'_, B, N> {
    fn run(&self, first: usize, rows: usize) -> Result<Vec<f32>, TensorError> {
        let Walk { backend, network, process, settings, request, .. } = *self;
        let width = network.coordinates();
        let noise: Vec<f32> =
            (first..first + rows).flat_map(|row| initial_noise(request.seed, row, width)).collect();
        let alloc = || Rows::new(backend, rows, width);
        let (mut clean, mut previous, mut fresh) = (alloc(), alloc(), alloc());
        let timesteps = process.timesteps(settings.steps);
        let mut denoiser = Denoiser::new(self, rows, &timesteps);
        let mut x = alloc();
        ops::write(backend, x.rows_mut(rows), &noise);
        for (i, pair) in timesteps.windows(2).enumerate() {
            if request.watch.cancelled() {
                return Ok(Vec::new());
            }
            let (t, next) = (pair[0], pair[1]);
            let before = if i == 0 { None } else { Some(timesteps[i - 1]) };
            let step = step(&process.schedule, settings.solver, before, t, next);
            let ancestral = settings.solver == Solver::Ancestral;
            if ancestral {
                let stream = ((i as u64 + 1) << 32) | first as u64;
                ops::normal(backend, fresh.rows_mut(rows), request.seed, stream);
            }
            let other = if ancestral { &fresh } else { &previous };
            let adjust = request.adjust.filter(|adjust| next == 0 || !adjust.last_only);
            // where nothing happens in between, the prediction may be followed by its step at once
            let at_once = adjust.is_none().then_some(step);
            let weight = settings.weight(i, timesteps.len() - 1);
            let stepped = denoiser.predict(self, i, t, weight, at_once, &mut x, &mut clean, other);
            if let Some(adjust) = adjust {
                let mut values = backend.read(clean.rows(rows))?;
                (adjust.with)(&mut values, next == 0)?;
                ops::write(backend, clean.rows_mut(rows), &values);
            }
            if !stepped {
                let other = if step.c == 0.0 { &clean } else { other };
                ops::combine(
                    backend,
                    x.rows_mut(rows),
                    step.a as f32,
                    (step.b as f32, clean.rows(rows)),
                    (step.c as f32, other.rows(rows)),
                );
            }
            std::mem::swap(&mut clean, &mut previous);
            request.watch.advance(rows);
        }
        backend.read(x.rows(rows))
    }
}

/// What predicts clean coordinates: the network, asked operation by operation or, where the device takes it so, whole.
enum Denoiser<'a, B: Backend, N: Network<B>> {
    Whole(WholeWalk<'a, B>),
    Layers { inputs: Inputs<B>, work: N::Workspace, given: Rows<B>, dropped: Rows<B>, rows: usize },
}

impl<'a, B: Backend, N: Network<B>> Denoiser<'a, B, N> {
    fn new(walk: &Walk<'a, B, N>, rows: usize, timesteps: &[usize]) -> Denoiser<'a, B, N> {
        let Walk { backend, network, weights, process, settings, request } = *walk;
        let times: Vec<f32> =
            timesteps[..timesteps.len().saturating_sub(1)].iter().map(|t| process.network_time(*t)).collect();
        let guided = settings.guidance != 0.0;
        if let Some(plan) = network.whole()
            && let Some(whole) = WholeWalk::new(backend, plan, weights, request.condition, times, guided)
        {
            return Denoiser::Whole(whole);
        }
        let width = network.coordinates();
        let mut inputs = Inputs::new(backend, rows, width, network.features());
        ops::write(backend, inputs.condition.rows_mut(1), request.condition);
        let alloc = || Rows::new(backend, rows, width);
        let work = network.workspace(backend, rows, false);
        Denoiser::Layers { inputs, work, given: alloc(), dropped: alloc(), rows }
    }

    /// Predicts the clean coordinates of `x` at timestep `t`, the `i`th of the walk, guided by the weight `w`, and may go on
    /// with the step; says whether it did. `x` is unchanged else.
    #[allow(clippy::too_many_arguments)]
    fn predict(
        &mut self,
        walk: &Walk<'a, B, N>,
        i: usize,
        t: usize,
        w: f32,
        at_once: Option<Step>,
        x: &mut Rows<B>,
        clean: &mut Rows<B>,
        other: &Rows<B>,
    ) -> bool {
        let Walk { backend, network, weights, process, .. } = *walk;
        // x0 = a·x + b·prediction, where the prediction is (1 − w)·given + w·dropped
        let (a, b) = process.clean[t];
        let (a, b) = (a as f32, b as f32);
        match self {
            Denoiser::Whole(whole) => {
                let factors = (a, b * (1.0 - w), b * w);
                let update = at_once.map(|s| (s.a as f32, s.b as f32, s.c as f32));
                whole.step(i, factors, process.limit, update, x, clean, other);
                update.is_some()
            }
            Denoiser::Layers { inputs, work, given, dropped, rows } => {
                let rows = *rows;
                let pass = Pass { rows, condition_rows: 1, dropout: None };
                std::mem::swap(&mut inputs.x, x);
                ops::write(backend, inputs.time.rows_mut(1), &[process.network_time(t)]);
                ops::write(backend, inputs.keep.rows_mut(1), &[1.0]);
                network.forward(backend, weights, pass, inputs, work, given);
                if w != 0.0 {
                    ops::write(backend, inputs.keep.rows_mut(1), &[0.0]);
                    network.forward(backend, weights, pass, inputs, work, dropped);
                }
                std::mem::swap(&mut inputs.x, x);
                ops::copy(backend, x.rows(rows), clean.rows_mut(rows));
                let second = if w == 0.0 { &*given } else { &*dropped };
                ops::combine(
                    backend,
                    clean.rows_mut(rows),
                    a,
                    (b * (1.0 - w), given.rows(rows)),
                    (b * w, second.rows(rows)),
                );
                if let Some(limit) = process.limit {
                    ops::clamp(backend, clean.rows_mut(rows), -limit, limit);
                }
                false
            }
        }
    }
}

/// Row `row`'s first noise: the head of its own stream.
pub(super) fn initial_noise(seed: u64, row: usize, width: usize) -> Vec<f32> {
    let mut noise = vec![0.0; width];
    random::fill_normal(&mut noise, seed, row as u64);
    noise
}

pub(super) fn step(
    schedule: &Schedule,
    solver: Solver,
    before: Option<usize>,
    t: usize,
    next: usize,
) -> Step {
    let (alpha, sigma) = (schedule.alpha(t), schedule.sigma(t));
    let (alpha_next, sigma_next) = (schedule.alpha(next), schedule.sigma(next));
    match solver {
        Solver::Ddim => first_order(alpha, sigma, alpha_next, sigma_next),
        Solver::Ancestral => {
            // at next = 0, α is 1 and σ 0: the posterior is x0 itself
            let ratio = if alpha_next > 0.0 { alpha / alpha_next } else { 0.0 };
            let variance = sigma * sigma - ratio * ratio * sigma_next * sigma_next;
            Step {
                a: ratio * sigma_next * sigma_next / (sigma * sigma),
                b: alpha_next * variance / (sigma * sigma),
                c: (variance.max(0.0)).sqrt() * sigma_next / sigma,
            }
        }
        Solver::DpmSolver => {
            let first = first_order(alpha, sigma, alpha_next, sigma_next);
            let lambda = schedule.half_log_snr(t);
            let previous = before.map_or(f64::NEG_INFINITY, |b| schedule.half_log_snr(b));
            // first order where λ is infinite: after pure noise, and onto clean data
            if next == 0 || !lambda.is_finite() || !previous.is_finite() {
                return first;
            }
            let h = schedule.half_log_snr(next) - lambda;
            let part = 0.5 * h / (lambda - previous);
            Step { a: first.a, b: first.b * (1.0 + part), c: -first.b * part }
        }
    }
}

/// `x ← (σ'/σ)·x + (α' − α·σ'/σ)·x0`.
fn first_order(alpha: f64, sigma: f64, alpha_next: f64, sigma_next: f64) -> Step {
    let a = sigma_next / sigma;
    Step { a, b: alpha_next - alpha * a, c: 0.0 }
}
