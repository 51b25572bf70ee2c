//! What a model file says is checked before anything is computed with it: its lengths, whether its numbers
//! are finite and of the right sign, and whether its networks are of a size that this program makes.

use crate::circuit::{Circuit, shortened};
use crate::sizing::{PerformanceHeader, TrainedModel};

/// No learnt number is larger.
const LARGEST_WEIGHT: f32 = 1e6;
/// More networks are in no ensemble.
const MOST_MEMBERS: usize = 64;
const MOST_LAYERS: usize = 64;
const WIDEST_LAYER: usize = 1 << 14;
/// More of a device's name is not kept.
const LONGEST_DEVICE: usize = 200;

/// Checks the ensemble's header: its sizes decide what is allocated.
pub(super) fn performance(circuit: &Circuit, header: &PerformanceHeader) -> Result<(), String> {
    let (parameters, metrics) = (circuit.parameters.len(), circuit.metrics.len());
    let settings = &header.settings;
    if (settings.inputs, settings.outputs) != (parameters, metrics) {
        return Err(format!(
            "its performance model maps {} numbers to {}, the circuit's {parameters} to {metrics}",
            settings.inputs, settings.outputs
        ));
    }
    if !(1..=MOST_MEMBERS).contains(&header.members) {
        return Err(format!(
            "its performance model has {} networks: 1 to {MOST_MEMBERS} can be",
            header.members
        ));
    }
    let hidden = &settings.hidden;
    if hidden.len() > MOST_LAYERS || hidden.iter().any(|width| !(1..=WIDEST_LAYER).contains(width)) {
        return Err(format!(
            "its performance model has {} layers: at most {MOST_LAYERS} can be, of 1 to {WIDEST_LAYER} channels",
            hidden.len()
        ));
    }
    let errors = &header.held_out_error;
    if errors.len() != metrics || errors.iter().any(|error| !(error.is_finite() && *error >= 0.0)) {
        return Err("its held-out errors are not one a metric, finite and at least 0".to_owned());
    }
    Ok(())
}

/// Checks a model whose arrays were read.
pub(super) fn model(circuit: &Circuit, model: &mut TrainedModel) -> Result<(), String> {
    model.coordinates.check(circuit)?;
    model.conditions.check(circuit)?;
    let (weights, member) = model.arena_lengths();
    let optimiser = || {
        let state = model.optimiser.iter().flat_map(|s| [&s.weights, &s.first, &s.second, &s.ema]);
        state.chain(&model.best)
    };
    let sound = model.weights.len() == weights
        && optimiser().all(|array| array.len() == weights)
        && model.performance.members.iter().all(|m| m.len() == member);
    if !sound {
        return Err("its arrays have the wrong lengths".to_owned());
    }
    let learnt = [&model.weights].into_iter().chain(&model.performance.members).chain(optimiser());
    let sound = -LARGEST_WEIGHT..=LARGEST_WEIGHT;
    // NaN lies in no range
    if !learnt.flatten().all(|weight| sound.contains(weight)) {
        return Err(format!("a weight is not a number of a size up to {LARGEST_WEIGHT:e}"));
    }
    if model.optimiser.iter().flat_map(|s| &s.second).any(|square| *square < 0.0) {
        return Err("a square in the optimiser's memory is negative".to_owned());
    }
    learning(model)?;
    model.device = shortened(&model.device, LONGEST_DEVICE);
    Ok(())
}

fn learning(model: &TrainedModel) -> Result<(), String> {
    let learning = &model.learning;
    let taken = learning.training.len();
    if taken > learning.steps as usize || learning.steps_an_epoch == 0 {
        return Err(format!(
            "it has the losses of {taken} steps of {}, {} an epoch",
            learning.steps, learning.steps_an_epoch
        ));
    }
    if model.optimiser.as_ref().is_some_and(|state| state.step as usize != taken) {
        return Err(format!("its optimiser's memory is not that of step {taken}"));
    }
    if learning.training.iter().any(|loss| !loss.is_finite()) {
        return Err("a training loss is not a finite number".to_owned());
    }
    let mut last = 0;
    for (step, loss) in &learning.validation {
        if *step <= last || *step as usize > taken || !loss.is_finite() {
            return Err(format!("its validation loss {loss} at step {step} cannot be"));
        }
        last = *step;
    }
    for seconds in [learning.seconds, learning.performance_seconds] {
        if !(0.0..=1e12).contains(&seconds) {
            return Err(format!("{seconds} seconds of training cannot be"));
        }
    }
    Ok(())
}
