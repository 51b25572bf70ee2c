//! The performance model: an ensemble of perceptrons from coordinates to metrics, trained beside the
//! denoiser. It ranks and explains; it never judges.

use super::performance_recipe::PerformanceRecipe;
use super::verdict::Predicted;
use crate::circuit::{Circuit, Sizing};
use crate::dataset::{Conditions, Coordinates, Row};
use crate::model::{Perceptron, PerceptronSettings};
use crate::nn::{Batch, Inputs, Network, OptimiserState, Pass, Trainer, upload};
use crate::tensor::{Backend, Rows, TensorError, ops};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

/// A trained ensemble.
#[derive(Clone, Debug, PartialEq)]
pub struct PerformanceModel {
    /// The sizes of each member.
    pub settings: PerceptronSettings,
    /// The weights of each member.
    pub members: Vec<Vec<f32>>,
    /// Root-mean-square error of each metric over the held-out rows, on the metric's own scale.
    pub held_out_error: Vec<f64>,
    /// The number of held-out rows; 0 where it is not known.
    pub held_out_rows: usize,
}

/// What a checkpoint's header keeps of the ensemble, beside the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PerformanceHeader {
    pub settings: PerceptronSettings,
    pub members: usize,
    pub held_out_error: Vec<f64>,
    /// 0 where it is not known: older files do not say.
    #[serde(default)]
    pub held_out_rows: usize,
}

impl PerformanceModel {
    /// Trains the ensemble. `progress` gets the part done and returns whether to go on; stopping early
    /// keeps what was learnt.
    ///
    /// # Errors
    /// The device failed.
    #[allow(clippy::too_many_arguments)]
    pub fn train<B: Backend>(
        backend: &B,
        recipe: &PerformanceRecipe,
        circuit: &Circuit,
        coordinates: &Coordinates,
        conditions: &Conditions,
        training: &[Row],
        held_out: &[Row],
        seed: u64,
        progress: &mut dyn FnMut(f64) -> bool,
    ) -> Result<PerformanceModel, TensorError> {
        let settings = PerceptronSettings {
            inputs: coordinates.len(),
            hidden: recipe.widths.clone(),
            outputs: circuit.metrics.len(),
            activation: recipe.activation,
        };
        let x: Vec<Vec<f32>> = training.iter().map(|row| coordinates.encode(circuit, &row.sizing)).collect();
        let y: Vec<Vec<f32>> = training
            .iter()
            .map(|row| conditions.standardise(circuit, &row.performance).iter().map(|z| *z as f32).collect())
            .collect();
        let (steps, most) = (recipe.steps(training.len()), recipe.batch);
        let mut members = Vec::with_capacity(recipe.ensemble);
        let mut go_on = true;
        for member in 0..recipe.ensemble {
            let network = Perceptron::new(settings.clone());
            let member_seed = seed.wrapping_mul(31).wrapping_add(member as u64);
            let state = OptimiserState::start(Network::<B>::layout(&network), member_seed);
            let optimiser = recipe.optimiser(steps);
            let mut trainer = Trainer::new(backend, network, recipe.loss, optimiser, &state, most);
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(member_seed);
            let mut order: Vec<usize> = Vec::new();
            for step in 0..steps {
                if step % 50 == 0 {
                    let done = (member as f64 + f64::from(step) / f64::from(steps)) / recipe.ensemble as f64;
                    go_on = go_on && progress(done);
                }
                if !go_on {
                    break;
                }
                if order.len() < most.min(x.len()) {
                    order = (0..x.len()).collect();
                    order.shuffle(&mut rng);
                }
                let rows = order.split_off(order.len() - most.min(order.len()));
                let pick = |from: &[Vec<f32>]| rows.iter().flat_map(|&i| from[i].iter().copied()).collect();
                let batch = Batch { rows: rows.len(), x: pick(&x), target: pick(&y), ..Batch::default() };
                trainer.step(backend, &batch);
            }
            members.push(trainer.optimiser().averaged(backend)?);
        }
        let held_out_rows = held_out.len();
        let mut model = PerformanceModel { settings, members, held_out_error: Vec::new(), held_out_rows };
        model.held_out_error = model.error(backend, circuit, coordinates, conditions, held_out)?;
        Ok(model)
    }

    /// Root-mean-square error of each metric over `rows`, on the metric's own scale.
    fn error<B: Backend>(
        &self,
        backend: &B,
        circuit: &Circuit,
        coordinates: &Coordinates,
        conditions: &Conditions,
        rows: &[Row],
    ) -> Result<Vec<f64>, TensorError> {
        let sizings: Vec<Sizing> = rows.iter().map(|row| row.sizing.clone()).collect();
        let predicted = self.predict(backend, circuit, coordinates, conditions, &sizings)?;
        let one = |(m, metric): (usize, &crate::circuit::Metric)| {
            let square = |(p, row): (&Predicted, &Row)| {
                (metric.scaled(p.performance.0[m]) - metric.scaled(row.performance.0[m])).powi(2)
            };
            (predicted.iter().zip(rows).map(square).sum::<f64>() / rows.len().max(1) as f64).sqrt()
        };
        Ok(circuit.metrics.iter().enumerate().map(one).collect())
    }

    /// Predicts each sizing's performance.
    ///
    /// # Errors
    /// The device failed.
    pub fn predict<B: Backend>(
        &self,
        backend: &B,
        circuit: &Circuit,
        coordinates: &Coordinates,
        conditions: &Conditions,
        sizings: &[Sizing],
    ) -> Result<Vec<Predicted>, TensorError> {
        const ROWS: usize = 64;
        let network = Perceptron::new(self.settings.clone());
        let (inputs, outputs) = (self.settings.inputs, self.settings.outputs);
        let weights: Vec<B::Buffer> = self.members.iter().map(|member| upload(backend, member)).collect();
        struct Chunk<'a> {
            sizings: &'a [Sizing],
            result: Result<Vec<Vec<f32>>, TensorError>,
        }
        let mut chunks: Vec<Chunk> =
            sizings.chunks(ROWS).map(|sizings| Chunk { sizings, result: Ok(Vec::new()) }).collect();
        backend.for_each_lane(&mut chunks, |_, chunk| {
            let rows = chunk.sizings.len();
            let mut buffers = Inputs::new(backend, rows, inputs, 0);
            let x: Vec<f32> = chunk.sizings.iter().flat_map(|s| coordinates.encode(circuit, s)).collect();
            ops::write(backend, buffers.x.rows_mut(rows), &x);
            let mut work = network.workspace(backend, rows, false);
            let mut output = Rows::new(backend, rows, outputs);
            chunk.result = weights
                .iter()
                .map(|weights| {
                    network.forward(backend, weights, Pass::plain(rows), &buffers, &mut work, &mut output);
                    backend.read(output.rows(rows))
                })
                .collect();
        });
        let mut predicted = Vec::with_capacity(sizings.len());
        for chunk in chunks {
            let members = chunk.result?;
            for row in 0..chunk.sizings.len() {
                let of: Vec<&[f32]> =
                    members.iter().map(|values| &values[row * outputs..][..outputs]).collect();
                predicted.push(self.said(circuit, conditions, &of));
            }
        }
        Ok(predicted)
    }

    /// What the members say of a sizing together; of each its standardised metrics.
    pub(super) fn said(&self, circuit: &Circuit, conditions: &Conditions, members: &[&[f32]]) -> Predicted {
        let count = members.len() as f64;
        let of = |m: usize| members.iter().map(move |values| f64::from(values[m]));
        let mean: Vec<f64> = (0..self.settings.outputs).map(|m| of(m).sum::<f64>() / count).collect();
        let spread = mean.iter().enumerate().map(|(m, mean)| {
            let variance = of(m).map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
            variance.sqrt() * conditions.deviation(m)
        });
        let spread = spread.collect();
        Predicted { performance: conditions.performance(circuit, &mean), spread }
    }
}
