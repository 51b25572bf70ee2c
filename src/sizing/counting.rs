//! What a training step and a solver step ask of a GPU, counted on one.

use super::architecture::with_network;
use super::batches::{Batches, TrainingData};
use super::process::DrawRequest;
use super::recipe::Recipe;
use crate::circuit::{Circuit, Specification};
use crate::dataset::Dataset;
use crate::diffusion::{SampleSettings, Watch};
use crate::nn::{Network, OptimiserState, Trainer};
use crate::tensor::TensorError;
use crate::tensor::gpu::{Gpu, Tally};

/// What one training step of a recipe asks of the device: a batch written, the step, its loss read.
///
/// # Errors
/// The device failed.
///
/// # Panics
/// The dataset has fewer than ten rows.
pub(crate) fn count_training_step(
    gpu: &Gpu,
    circuit: &Circuit,
    dataset: &Dataset,
    recipe: &Recipe,
) -> Result<Tally, TensorError> {
    let data = TrainingData::new(circuit, dataset, recipe, 1).expect("a bench has a dataset");
    let batches = Batches { circuit, data: &data, recipe, seed: 1 };
    let rows: Vec<usize> = batches.order(0).iter().cycle().take(recipe.batch).copied().collect();
    with_network!(&recipe.architecture, data.coordinates.len(), data.conditions.features_len(), network => {
        let state = OptimiserState::start(Network::<Gpu>::layout(&network), 1);
        let conditioned = Network::<Gpu>::features(&network) > 0;
        let batch = batches.batch(&recipe.process.batching(conditioned), 0, 0, &rows);
        let mut trainer = Trainer::new(gpu, network, recipe.loss, recipe.optimiser(3), &state, recipe.batch);
        // the first step makes memory
        trainer.step(gpu, &batch);
        trainer.loss(gpu)?;
        gpu.take_tally();
        trainer.step(gpu, &batch);
        trainer.loss(gpu)?;
        Ok(gpu.take_tally())
    })
}

/// What drawing `count` rows in `steps` steps with a recipe's untrained network asks of the device.
///
/// # Errors
/// The device failed.
///
/// # Panics
/// The dataset has fewer than ten rows.
pub(crate) fn count_draw(
    gpu: &Gpu,
    circuit: &Circuit,
    dataset: &Dataset,
    recipe: &Recipe,
    count: usize,
    steps: usize,
) -> Result<Tally, TensorError> {
    let data = TrainingData::new(circuit, dataset, recipe, 1).expect("a bench has a dataset");
    let specification = Specification::default();
    let aim = data.conditions.of_specification(circuit, &specification, recipe.tighten);
    let watch = Watch::default();
    let request = DrawRequest {
        circuit,
        conditions: &data.conditions,
        specification: &specification,
        aim: &aim,
        sampling: SampleSettings {
            solver: recipe.process.solver(recipe.sampling_steps),
            steps,
            guidance: recipe.guidance,
        },
        count,
        seed: 1,
        adjust: None,
        told: None,
        watch: &watch,
    };
    with_network!(&recipe.architecture, data.coordinates.len(), data.conditions.features_len(), network => {
        let weights = Network::<Gpu>::layout(&network).initial(1);
        gpu.take_tally();
        recipe.process.draw(gpu, &network, &weights, &request)?;
        Ok(gpu.take_tally())
    })
}
