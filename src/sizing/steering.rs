//! Draws that are led into the specification in the last step that makes them.
//!
//! A denoiser is told what to draw and lands near it; the performance model says how near. The clean coordinates that the
//! last step predicts are moved up the gradient of the logarithm of the [probability] that they meet every bound: guidance by
//! a classifier (Dhariwal and Nichol 2021, section 4.1), in the clean coordinates as Chung et al. (2023, diffusion posterior
//! sampling) have it, in an interval of the steps alone (Kynkäänniemi et al. 2024). Nothing is chosen among draws or thrown
//! away.
//!
//! A move by the gradient alone would overshoot where the model is sure, so it is taken against the curvature along it, as
//! Gauss and Newton would: far out it ends where the nearest bounds are met. Between moves the coordinates become those of
//! the nearest legal sizing, and one whose grid is coarser than what is left open is decided and moved no more: the finer
//! ones make good what snapping a supply voltage to its grid has spoilt.
//!
//! [probability]: super::aim::probability

use super::aim::{error, probability};
use super::learning::TrainedModel;
use crate::circuit::{Bound, Circuit, Region, Specification};
use crate::model::Perceptron;
use crate::nn::{Inputs, Network, Pass, upload_weights};
use crate::normal::log_cumulative;
use crate::tensor::{Backend, Precision, Rows, TensorError, ops};

/// Moves of a draw.
const MOVES: i32 = 10;
/// What is left open of a coordinate at the first move, in standard deviations of the rows, and the part of it at each
/// further one.
const OPEN: (f64, f64) = (0.1, 0.8);
/// The variance within which a draw is moved: what the last of a dozen steps leaves.
const VARIANCE: f64 = 0.02;
/// From this probability on a legal sizing is left as it is.
const SETTLED: f64 = 0.99;

/// The performance model with a specification that draws are to meet.
pub(super) struct Steering<'a, B: Backend> {
    backend: &'a B,
    circuit: &'a Circuit,
    /// The circuit narrowed to the region.
    within: Circuit,
    specification: &'a Specification,
    model: &'a TrainedModel,
    network: Perceptron,
    /// Of each member.
    weights: Vec<B::Buffer>,
}

/// Of one row: by how much more the logarithm of the probability a metric's mean gives, the curvature's scale, and the
/// probability itself.
struct Slope {
    metrics: Vec<f32>,
    squares: f64,
    probability: f64,
}

impl<'a, B: Backend> Steering<'a, B> {
    pub fn new(
        backend: &'a B,
        circuit: &'a Circuit,
        specification: &'a Specification,
        region: &Region,
        model: &'a TrainedModel,
    ) -> Steering<'a, B> {
        let performance = &model.performance;
        Steering {
            backend,
            circuit,
            within: region.applied(circuit),
            specification,
            model,
            network: Perceptron::new(performance.settings.clone()),
            weights: performance
                .members
                .iter()
                .map(|member| upload_weights(backend, member, Precision::Single))
                .collect(),
        }
    }

    /// Leads rows of clean coordinates into the specification.
    ///
    /// # Errors
    /// The device failed.
    pub fn lead(&self, clean: &mut [f32]) -> Result<(), TensorError> {
        let coordinates = &self.model.coordinates;
        // of the rows that are not there yet: where they stand, and the rows themselves
        let mut places: Vec<usize> = (0..clean.len() / coordinates.len().max(1)).collect();
        let mut rows = clean.to_vec();
        for i in 0..MOVES {
            let open = OPEN.0 * OPEN.1.powi(i);
            let mut decided = Vec::with_capacity(rows.len());
            for row in rows.chunks_exact_mut(coordinates.len()) {
                let sizing = coordinates.decode_within(self.circuit, &self.within, row);
                row.copy_from_slice(&coordinates.encode(self.circuit, &sizing));
                let steps = coordinates.grid_steps(self.circuit, &self.within, &sizing);
                decided.extend(steps.into_iter().map(|step| step > open));
            }
            let settled = self.step(&mut rows, VARIANCE, &decided)?;
            let mut moved = Vec::with_capacity(rows.len());
            let each = rows.chunks_exact(coordinates.len()).zip(std::mem::take(&mut places)).zip(settled);
            for ((row, place), settled) in each {
                clean[place * row.len()..][..row.len()].copy_from_slice(row);
                if !settled {
                    moved.extend_from_slice(row);
                    places.push(place);
                }
            }
            rows = moved;
            if places.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Moves rows of clean coordinates, of which each is known to within `variance`, but for those that are `decided` and
    /// rows that are [`SETTLED`]; which rows these are.
    fn step(&self, clean: &mut [f32], variance: f64, decided: &[bool]) -> Result<Vec<bool>, TensorError> {
        let (backend, settings) = (self.backend, &self.model.performance.settings);
        let (inputs, outputs) = (settings.inputs, settings.outputs);
        let (rows, members) = (clean.len() / inputs.max(1), self.weights.len());
        let mut buffers = Inputs::new(backend, rows, inputs, 0);
        ops::write(backend, buffers.x.rows_mut(rows), clean);
        let mut output = Rows::new(backend, rows, outputs);
        let mut passes = Vec::with_capacity(members);
        let mut values = Vec::with_capacity(members);
        for weights in &self.weights {
            let mut work = self.network.workspace(backend, rows, true);
            self.network.forward(backend, weights, Pass::plain(rows), &buffers, &mut work, &mut output);
            values.push(backend.read(output.rows(rows))?);
            passes.push(work);
        }
        let slopes: Vec<Slope> = (0..rows)
            .map(|row| {
                let of: Vec<&[f32]> = values.iter().map(|v| &v[row * outputs..][..outputs]).collect();
                self.slope(&of)
            })
            .collect();
        let given: Vec<f32> =
            slopes.iter().flat_map(|s| s.metrics.iter().map(|g| g / members as f32)).collect();
        ops::write(backend, output.rows_mut(rows), &given);
        let mut into = Rows::new(backend, rows, inputs);
        let mut gradient = vec![0.0f32; clean.len()];
        for (weights, work) in self.weights.iter().zip(&mut passes) {
            self.network.input_gradient(backend, weights, rows, work, &output, &mut into);
            for (sum, part) in gradient.iter_mut().zip(backend.read(into.rows(rows))?) {
                *sum += part;
            }
        }
        for (slope, _) in gradient.iter_mut().zip(decided).filter(|(_, decided)| **decided) {
            *slope = 0.0;
        }
        let settled: Vec<bool> = slopes.iter().map(|slope| slope.probability >= SETTLED).collect();
        let moved = clean.chunks_exact_mut(inputs).zip(gradient.chunks_exact(inputs)).zip(&slopes);
        for (((row, gradient), slope), _) in moved.zip(&settled).filter(|(_, settled)| !**settled) {
            let length: f64 = gradient.iter().map(|g| f64::from(*g).powi(2)).sum();
            let curvature = length / slope.squares;
            let step = variance / (1.0 + variance * curvature);
            if step.is_finite() && length.is_finite() {
                for (x, g) in row.iter_mut().zip(gradient) {
                    *x += step as f32 * g;
                }
            }
        }
        Ok(settled)
    }

    /// What the members say of a row, standardised, a slice a member.
    fn slope(&self, members: &[&[f32]]) -> Slope {
        let TrainedModel { conditions, performance, .. } = self.model;
        let predicted = performance.said(self.circuit, conditions, members);
        let margins = self.specification.margins(self.circuit, &predicted.performance);
        let metrics = performance.settings.outputs;
        let errors = &performance.held_out_error;
        let probability = probability(self.circuit, self.specification, errors, &predicted);
        let mut slope = Slope { metrics: vec![0.0; metrics], squares: 0.0, probability };
        let each = |(bound, margin): (&Bound, f64)| {
            let m = bound.metric;
            let deviation = conditions.deviation(m);
            let error = error(errors, &predicted, m);
            let ratio = mills(margin / error);
            // a margin grows against the way in which its bound is loosened
            slope.metrics[m] -= (bound.sense.loosening() * deviation * ratio / error) as f32;
            slope.squares += ratio * ratio;
        };
        self.specification.bounds.iter().zip(margins).for_each(each);
        slope
    }
}

/// The derivative of the logarithm of the standard normal distribution function: the density over the function.
fn mills(z: f64) -> f64 {
    let log_density = -0.5 * z * z - 0.5 * (2.0 * std::f64::consts::PI).ln();
    (log_density - log_cumulative(z)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::random;
    use crate::sizing::trial::trained_on;
    use crate::tensor::cpu::Cpu;

    #[test]
    fn the_derivative_is_that_of_the_tables() {
        for (z, expected) in
            [(0.0, 0.797_884_56), (5.0, 1.486_720e-6), (-10.0, 10.098_093), (-40.0, 40.024_968)]
        {
            assert!((mills(z) / expected - 1.0).abs() < 1e-5, "{z}: {}", mills(z));
        }
    }

    #[test]
    fn draws_are_led_to_where_the_target_is_met_and_no_farther_than_their_variance_allows() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let backend = Cpu::new(0).expect("a thread");
        let (model, _) = trained_on(&backend, &circuit, 400);
        let target =
            Specification::parse(&circuit, &["power<=40nW", "irn<=6uV", "gain>=28dB"]).expect("sound");
        let region = Region::parse(&circuit, &["W1=2u"], &["L3=1u..2u"]).expect("sound");
        let within = region.applied(&circuit);
        let steering = Steering::new(&backend, &circuit, &target, &region, &model);
        let (coordinates, conditions) = (&model.coordinates, &model.conditions);
        let decode = |row: &[f32]| coordinates.decode_within(&circuit, &within, row);
        let likely = |rows: &[f32]| -> Vec<f64> {
            let sizings: Vec<_> = rows.chunks_exact(coordinates.len()).map(decode).collect();
            let said = model.performance.predict(&backend, &circuit, coordinates, conditions, &sizings);
            let error = &model.performance.held_out_error;
            said.expect("a CPU").iter().map(|p| probability(&circuit, &target, error, p)).collect()
        };
        let start: Vec<f32> =
            random(&within, 40, 9).iter().flat_map(|s| coordinates.encode(&circuit, s)).collect();
        let mut moved = start.clone();
        steering.lead(&mut moved).expect("a CPU");
        let met = |likely: &[f64]| likely.iter().filter(|p| **p > 0.5).count();
        let (before, after) = (met(&likely(&start)), met(&likely(&moved)));
        assert!(before <= 10 && after >= 30, "{before} and {after} of 40");
        // where little is open little is moved, by nothing at all nothing, and never what is decided
        let none = vec![false; start.len()];
        let by = |variance: f64, decided: &[bool]| -> Vec<f32> {
            let mut rows = start.clone();
            steering.step(&mut rows, variance, decided).expect("a CPU");
            rows.iter().zip(&start).map(|(a, b)| (a - b).abs()).collect()
        };
        let total = |moved: Vec<f32>| moved.iter().sum::<f32>();
        assert_eq!(total(by(0.0, &none)), 0.0);
        assert!(total(by(1e-6, &none)) < 0.1 * total(by(1e-2, &none)));
        let decided: Vec<bool> = (0..start.len()).map(|i| i % 3 == 0).collect();
        let moved = by(1e-2, &decided);
        assert!(moved.iter().zip(&decided).all(|(moved, decided)| !decided || *moved == 0.0));
        assert!(total(moved) > 0.0);
        // what is no number spoils no other row
        let mut poisoned = start.clone();
        poisoned[0] = f32::NAN;
        steering.step(&mut poisoned, 0.3, &none).expect("a CPU");
        assert!(poisoned[0].is_nan() && poisoned[1..].iter().all(|x| x.is_finite()));
    }
}
