//! What is delivered for a specification: more is drawn than that, the surest of it is kept, and of that those designs are
//! moved that would rather miss it.

use super::aim::probability;
use super::ascent::{Effort, Goal, Ground, ascend};
use super::draw::{Draw, DrawError, draw};
use super::ranking::{Sureness, rank};
use super::verdict::Candidate;
use crate::tensor::Backend;

/// From this probability on a design is left as it was drawn: a move goes to where the model is wrong in its favour, which a
/// draw does not.
const RATHER: f64 = 0.5;
/// By how many of the model's errors a design lies inside every bound that is not moved any further.
const SURE: f64 = 4.0;
const EFFORT: Effort = Effort { rounds: 16, moves: 6 };

/// Draws `times` as many as `count` and delivers the `count` that the performance model is surest of, the best first;
/// where the settings aim, those that would rather miss are moved to where it is surer. And how many were drawn.
///
/// # Errors
/// The device failed, or it was cancelled.
pub fn deliver<B: Backend>(
    backend: &B,
    drawing: &Draw<'_>,
    count: usize,
    times: usize,
) -> Result<(Vec<Candidate>, usize), DrawError> {
    let Draw { circuit, model, specification, region, seed, watch, .. } = *drawing;
    let drawn = draw(backend, drawing, count * times)?;
    let (performance, all) = (&model.performance, drawn.len());
    let ranked = rank(circuit, performance, specification, drawn, count);
    if !drawing.settings.aimed {
        return Ok((ranked, all));
    }
    let within = region.applied(circuit);
    let ground = Ground { circuit, within: &within, coordinates: &model.coordinates };
    let sureness = Sureness::new(circuit, performance, specification);
    let goal = Goal {
        of: &|predicted| sureness.of(predicted),
        enough: SURE,
        left: &|predicted| {
            probability(circuit, specification, &performance.held_out_error, predicted) >= RATHER
        },
    };
    let moved = ascend(&ground, &goal, ranked, EFFORT, seed, &mut |sizings| {
        if watch.cancelled() {
            return Err(DrawError::Cancelled);
        }
        let predicted = performance.predict(backend, circuit, &model.coordinates, &model.conditions, sizings);
        Ok(predicted?)
    })?;
    Ok((rank(circuit, performance, specification, moved, count), all))
}
