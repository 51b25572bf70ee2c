//! What is delivered for a specification: more is drawn than that, the surest of it is kept and moved.

use super::ascent::{Effort, Goal, Ground, ascend};
use super::draw::{DrawError, DrawSettings, draw};
use super::learning::TrainedModel;
use super::ranking::{Sureness, rank};
use super::verdict::Candidate;
use crate::circuit::{Circuit, Region, Specification};
use crate::diffusion::Watch;
use crate::tensor::Backend;

/// By how many of the model's errors a design lies inside every bound that is not moved any further.
const SURE: f64 = 4.0;
/// How many times the ensemble's spread counts where designs are moved: they go to where the model is wrong in their favour,
/// and three members tell that roughly.
const DOUBT: f64 = 3.0;
const EFFORT: Effort = Effort { rounds: 16, moves: 6 };

/// Draws `times` as many as `count` and delivers the `count` that the performance model is surest of, the best first;
/// where the settings aim, those that it is not sure of moved to where it is surer. And how many were drawn.
///
/// # Errors
/// The device failed, or it was cancelled.
#[allow(clippy::too_many_arguments)]
pub fn deliver<B: Backend>(
    backend: &B,
    circuit: &Circuit,
    model: &TrainedModel,
    specification: &Specification,
    region: &Region,
    settings: DrawSettings,
    count: usize,
    times: usize,
    seed: u64,
    watch: &Watch,
) -> Result<(Vec<Candidate>, usize), DrawError> {
    let drawn = draw(backend, circuit, model, specification, region, settings, count * times, seed, watch)?;
    let (performance, all) = (&model.performance, drawn.len());
    let ranked = rank(circuit, performance, specification, drawn, count);
    if !settings.aimed {
        return Ok((ranked, all));
    }
    let within = region.applied(circuit);
    let ground = Ground { circuit, within: &within, coordinates: &model.coordinates };
    let sureness = Sureness::new(circuit, performance, specification);
    let goal = Goal { of: &|predicted| sureness.doubting(predicted, DOUBT), enough: SURE };
    let moved = ascend(&ground, &goal, ranked, EFFORT, seed, &mut |sizings| {
        if watch.cancelled() {
            return Err(DrawError::Cancelled);
        }
        let predicted = performance.predict(backend, circuit, &model.coordinates, &model.conditions, sizings);
        Ok(predicted?)
    })?;
    Ok((rank(circuit, performance, specification, moved, count), all))
}
