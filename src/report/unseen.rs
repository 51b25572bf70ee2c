//! What each system makes of targets that were never seen.

use super::making::{AsAsked, Making, key};
use super::measured::{Unseen, UnseenTarget};
use super::models::Opened;
use super::targets;
use crate::circuit::Specification;
use crate::engine::{Ranking, Recipe, System, TrainedModel, known_by};
use std::sync::Arc;

/// Unseen targets of a circuit, measured once and kept.
pub(super) fn unseen(making: &mut Making, opened: &Opened) -> Result<Unseen, String> {
    let models = System::ALL.into_iter().map(|system| making.model(opened, system));
    let models: Vec<Arc<TrainedModel>> = models.collect::<Result<_, _>>()?;
    let recipe = |r: &Recipe| format!("({}, {:?})", known_by(r), AsAsked(r));
    let recipes = models.iter().map(|m| recipe(&m.recipe)).collect::<Vec<_>>().join(", ");
    let plan = making.plan;
    let on = format!("[{recipes}] {} {} {}", plan.count, plan.oversample, plan.unseen());
    let key = key(opened, making.plan.seed, &Specification::default(), &on)?;
    let name = plan.stem(&opened.circuit.name, "unseen");
    making.kept(&name, &key, |making| measure(making, opened, &models))
}

/// Draws for every unseen target by every system and simulates all of it.
fn measure(making: &mut Making, opened: &Opened, models: &[Arc<TrainedModel>]) -> Result<Unseen, String> {
    // a row held out of one training must be held out of all
    let held_out = models.iter().map(|m| m.recipe.held_out).fold(f64::INFINITY, f64::min);
    let targets = targets::unseen(opened, held_out, making.plan.seed, making.plan.unseen());
    let mut outcomes = Vec::new();
    for (i, target) in targets.iter().enumerate() {
        making.begins(format!("{}: unseen target {} of {}", opened.circuit.name, i + 1, targets.len()));
        let mut outcome =
            UnseenTarget { target: target.describe(&opened.circuit), raw: Vec::new(), ranked: Vec::new() };
        for model in models {
            outcome.raw.push(making.drawn(opened, model, target, Ranking::Raw)?.feasible);
            if making.plan.ranks() {
                let ranking = Ranking::Oversample(making.plan.oversample);
                outcome.ranked.push(making.drawn(opened, model, target, ranking)?.feasible);
            }
        }
        outcomes.push(outcome);
    }
    making.done(format!("{}: {} unseen targets judged", opened.circuit.name, targets.len()));
    Ok(Unseen { count: making.plan.count, targets: outcomes })
}
