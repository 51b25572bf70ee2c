//! Gaussian processes of how far inside each bound a design lies, on `egobox-gp`.

use super::record::Trial;
use crate::normal::log_cumulative;
use egobox_gp::correlation_models::SquaredExponentialCorr;
use egobox_gp::mean_models::LinearMean;
use egobox_gp::{GaussianProcess, GpParams, ThetaTuning};
use linfa::prelude::{Dataset, Fit};
use ndarray::{Array1, Array2, Axis};
use rayon::prelude::*;

type Process = GaussianProcess<f64, LinearMean, SquaredExponentialCorr>;

/// Designs that the processes are fitted to, at most: the best ones. A fit costs the cube of it.
const MOST_FITTED: usize = 160;
/// The inverse squared length scales that are tried, in standard deviations of a feature.
const SCALES: (f64, f64) = (1e-4, 3.0);
/// Where their search starts at first.
const FIRST_SCALE: f64 = 0.03;
/// How much of a metric's variance the model need not explain: fingers, which are no feature, and the
/// grid.
const NUGGET: f64 = 1e-4;
/// What a design that could not be measured counts as, and one that could, in the process that learns
/// where designs can be measured.
const WORKS: f64 = 1.0;

/// One process a bound and, where designs have failed, one of whether a design can be measured.
#[derive(Clone)]
pub(super) struct Surrogate {
    processes: Vec<Process>,
    bounds: usize,
    /// Designs measured when the length scales were last looked for.
    scaled_at: usize,
}

impl Surrogate {
    /// Fits to the best of `trials`. The length scales are those of `before` until there are a tenth more
    /// designs, then they are looked for anew, from there. `None` where too few designs were measured or
    /// the processes cannot be fitted.
    pub(super) fn fit(trials: &[Trial], bounds: usize, before: Option<&Surrogate>) -> Option<Surrogate> {
        let mut order: Vec<usize> = (0..trials.len()).collect();
        order.sort_by(|&a, &b| trials[a].cost.total_cmp(&trials[b].cost).then(a.cmp(&b)));
        order.truncate(MOST_FITTED);
        let dimensions = trials.first()?.features.len();
        let measured: Vec<usize> = order.iter().copied().filter(|&i| trials[i].margins.is_some()).collect();
        // a linear trend has one more coefficient than features
        if measured.len() < dimensions + 3 {
            return None;
        }
        let some_failed = measured.len() < order.len();
        let scaled_at = before.map(|b| b.scaled_at).filter(|at| trials.len() < at + (at / 10).max(4));
        let one = |place: usize| {
            let start = before.and_then(|b| b.processes.get(place));
            if place < bounds {
                let of = |i: &usize| trials[*i].margins.as_ref().map_or(0.0, |m| m[place]);
                fit(trials, &measured, measured.iter().map(of).collect(), start, scaled_at.is_some())
            } else {
                let of = |i: &usize| if trials[*i].margins.is_some() { WORKS } else { -WORKS };
                fit(trials, &order, order.iter().map(of).collect(), start, scaled_at.is_some())
            }
        };
        let places = (0..bounds + usize::from(some_failed)).into_par_iter();
        let processes = places.map(one).collect::<Option<Vec<_>>>()?;
        Some(Surrogate { processes, bounds, scaled_at: scaled_at.unwrap_or(trials.len()) })
    }

    /// The logarithm of the probability that a design can be measured and lies at least `level` decades
    /// inside every bound, a row of `features` each.
    pub(super) fn log_probability(&self, features: &Array2<f64>, level: f64) -> Vec<f64> {
        let mut sum = vec![0.0; features.nrows()];
        let predictions: Vec<_> = self.processes.par_iter().map(|p| p.predict_valvar(features)).collect();
        // added in order, so that a sum does not depend on the threads
        for (i, prediction) in predictions.into_iter().enumerate() {
            let level = if i < self.bounds { level } else { 0.0 };
            match prediction {
                Ok((mean, variance)) => {
                    for (sum, (m, v)) in sum.iter_mut().zip(mean.iter().zip(&variance)) {
                        *sum += log_cumulative((m - level) / v.max(1e-10).sqrt());
                    }
                }
                Err(_) => sum.fill(f64::NEG_INFINITY),
            }
        }
        sum
    }

    /// The processes as they would be if the designs had measured what they predict: makes a second
    /// choice from one model differ from the first (Ginsbourger 2010, "kriging believer").
    pub(super) fn believing(self, features: &Array2<f64>) -> Option<Surrogate> {
        let (bounds, scaled_at) = (self.bounds, self.scaled_at);
        let believe = |process: Process| {
            let mean = process.predict(features).ok()?;
            process.update(features, &mean).ok()
        };
        let processes = self.processes.into_iter().map(believe).collect::<Option<Vec<_>>>()?;
        Some(Surrogate { processes, bounds, scaled_at })
    }
}

fn fit(
    trials: &[Trial],
    rows: &[usize],
    values: Vec<f64>,
    start: Option<&Process>,
    keep_scales: bool,
) -> Option<Process> {
    let dimensions = trials[rows[0]].features.len();
    let flat: Vec<f64> = rows.iter().flat_map(|&i| trials[i].features.iter().copied()).collect();
    let features = Array2::from_shape_vec((rows.len(), dimensions), flat).expect("rows of one length");
    let init = start.map_or_else(|| Array1::from_elem(dimensions, FIRST_SCALE), |p| p.theta().clone());
    let tuning = match start {
        Some(process) if keep_scales => ThetaTuning::Fixed(process.theta().clone()),
        _ => ThetaTuning::Full { init, bounds: Array1::from_elem(1, SCALES) },
    };
    // starts: egobox draws a single further one from the system's entropy, which would spoil the seed
    let starts = if start.is_none() { 3 } else { 0 };
    GpParams::new(LinearMean::default(), SquaredExponentialCorr::default())
        .theta_tuning(tuning)
        .n_start(starts)
        .nugget(NUGGET)
        .fit(&Dataset::new(features, Array1::from_vec(values)))
        .ok()
}

/// Rows of features as a matrix.
pub(super) fn matrix(rows: &[Vec<f64>]) -> Array2<f64> {
    let mut matrix = Array2::zeros((rows.len(), rows.first().map_or(0, Vec::len)));
    for (mut to, from) in matrix.axis_iter_mut(Axis(0)).zip(rows) {
        to.assign(&Array1::from_vec(from.clone()));
    }
    matrix
}
