//! What kept cells of reports know a recipe by. What the first edition could train is known by that edition's words,
//! so that what was measured with it counts on.

use super::architecture::Architecture;
use super::performance_recipe::PerformanceRecipe;
use super::process::{Diffusion, Process, Regression};
use super::recipe::Recipe;
use crate::tensor::Loss;

/// The T that the first edition noted for systems without a schedule.
const NO_SCHEDULE: usize = 1000;

/// A text that differs where trainings by two recipes may.
pub fn known_by(recipe: &Recipe) -> String {
    first_edition(recipe).unwrap_or_else(|| format!("{recipe:?}"))
}

/// The first edition's text, where it knew such a recipe: one without patience.
fn first_edition(recipe: &Recipe) -> Option<String> {
    let r = recipe;
    let (architecture, timesteps, loss) = match (&r.architecture, &r.process) {
        (Architecture::DmTransformer(_), Process::Diffusion(d)) if *d == Diffusion::velocity(d.timesteps) => {
            (format!("{:?}", r.architecture), d.timesteps, Loss::Squared)
        }
        (Architecture::DmMlp { .. }, Process::Diffusion(d)) if *d == Diffusion::noise(d.timesteps) => {
            (format!("{:?}", r.architecture), d.timesteps, Loss::Absolute)
        }
        (Architecture::Perceptron { widths }, Process::Regression(Regression { jitter })) => {
            (format!("Ann {{ widths: {widths:?}, jitter: {jitter:?} }}"), NO_SCHEDULE, Loss::Squared)
        }
        _ => return None,
    };
    let known = r.loss == loss && r.patience == 0.0 && r.performance == PerformanceRecipe::preset();
    known.then(|| {
        format!(
            "Recipe {{ architecture: {architecture}, coordinates: {:?}, held_out: {:?}, copies: {:?}, \
             loosening: {:?}, fresh_loosening: {:?}, timesteps: {timesteps:?}, condition_dropout: {:?}, \
             epochs: {:?}, batch: {:?}, learning_rate: {:?}, weight_decay: {:?}, ema_decay: {:?}, \
             guidance: {:?}, tighten: {:?}, sampling_steps: {:?} }}",
            r.coordinates,
            r.held_out,
            r.copies,
            r.loosening,
            r.fresh_loosening,
            r.condition_dropout,
            r.epochs,
            r.batch,
            r.learning_rate,
            r.weight_decay,
            r.ema_decay,
            r.guidance,
            r.tighten,
            r.sampling_steps
        )
    })
}
