//! Drawing sizings from a trained diffusion model.

use super::learning::TrainedModel;
use super::verdict::Candidate;
use crate::circuit::{Circuit, Specification};
use crate::diffusion::{Process, SampleRequest, SampleSettings, sample};
use crate::tensor::{Backend, TensorError};
use serde::{Deserialize, Serialize};
use std::sync::atomic::AtomicBool;

/// How to draw.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrawSettings {
    /// Solver, steps, guidance weight.
    pub sampling: SampleSettings,
    /// Standard deviations by which the target is made harder than asked.
    pub tighten: f64,
}

/// Why nothing was drawn.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// The device failed.
    #[error(transparent)]
    Device(#[from] TensorError),
    /// It was asked to stop.
    #[error("cancelled")]
    Cancelled,
}

/// Draws `count` sizings for a specification and predicts the performance of each.
///
/// # Errors
/// The device failed, or it was cancelled.
#[allow(clippy::too_many_arguments)]
pub fn draw<B: Backend>(
    backend: &B,
    circuit: &Circuit,
    model: &TrainedModel,
    specification: &Specification,
    settings: DrawSettings,
    count: usize,
    seed: u64,
    cancel: &AtomicBool,
) -> Result<Vec<Candidate>, DrawError> {
    let network = model.network();
    let target = model.conditions.of_specification(circuit, specification, settings.tighten);
    let mut features = Vec::new();
    model.conditions.features(&target, &mut features);
    let process = Process::velocity(model.recipe.timesteps);
    let request = SampleRequest { condition: &features, rows: count, seed, cancel };
    let rows = sample(backend, &network, &model.denoiser, &process, settings.sampling, &request)?;
    let rows = rows.ok_or(DrawError::Cancelled)?;
    let sizings: Vec<_> = rows.iter().map(|row| model.coordinates.decode(circuit, row)).collect();
    let predicted =
        model.performance.predict(backend, circuit, &model.coordinates, &model.conditions, &sizings)?;
    let with = |(sizing, predicted)| Candidate { predicted: Some(predicted), ..Candidate::new(sizing) };
    Ok(sizings.into_iter().zip(predicted).map(with).collect())
}
