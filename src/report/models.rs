//! The trained models of a report: found where they were left, gone on with, or trained.

use super::output::make;
use super::paper::Paper;
use super::plan::{ReportPlan, Told};
use crate::circuit::{Circuit, bundled_model_path, grown_model_path};
use crate::dataset::Dataset;
use crate::engine::{Awaited, Event, Recipe, System, TrainJob, TrainedModel, load};
use std::path::PathBuf;
use std::sync::Arc;

/// A circuit with its rows and what the paper measured of it, if it did.
#[derive(Clone)]
pub(super) struct Opened {
    pub circuit: Arc<Circuit>,
    pub rows: Arc<Dataset>,
    pub paper: Option<Arc<Paper>>,
}

/// Where a system's model is kept.
fn path(plan: &ReportPlan, circuit: &Circuit, system: System) -> PathBuf {
    plan.out.join("models").join(format!("{}.model", plan.stem(&circuit.name, system.name())))
}

/// Whether a model is what training by `recipe` on these rows gives, whole or in part.
fn fits(model: &TrainedModel, opened: &Opened, recipe: &Recipe, seed: u64) -> bool {
    model.recipe.trains_like(recipe) && model.seed == seed && model.dataset_hash == opened.rows.hash()
}

fn whole(model: &TrainedModel) -> bool {
    model.learning.training.len() == model.learning.steps as usize
}

/// The model of a system: the bundled one or the report's own if they fit, else trained. `beside` may lend its
/// performance model.
pub(super) fn model(
    plan: &ReportPlan,
    engine: &Awaited,
    opened: &Opened,
    system: System,
    beside: Option<&Arc<TrainedModel>>,
    tell: &mut dyn FnMut(Told),
) -> Result<Arc<TrainedModel>, String> {
    let rows = opened.rows.rows.len();
    let recipe = plan.recipe(system, rows);
    let own = path(plan, &opened.circuit, system);
    let name = &opened.circuit.name;
    let files = [bundled_model_path(name), grown_model_path(name)].into_iter().flatten();
    let bundled =
        plan.bundled(system, rows).into_iter().flat_map(|r| files.clone().map(move |f| (r.clone(), f)));
    let mut part = None;
    for (recipe, file) in bundled.chain([(recipe.clone(), own.clone())]) {
        // one that cannot be read or is of another training is trained anew
        let Some(found) = load(&opened.circuit, &file).ok().filter(|m| fits(m, opened, &recipe, plan.seed))
        else {
            continue;
        };
        if whole(&found) {
            // how it is drawn from is not part of what was learnt
            return Ok(Arc::new(TrainedModel { recipe, ..found }));
        }
        part = Some(found).filter(|m| m.optimiser.is_some());
    }
    if let Some(folder) = own.parent() {
        make(folder)?;
    }
    let beside = beside.filter(|m| m.recipe.predicts_like(&recipe)).cloned();
    let recipe = part.as_ref().map_or(recipe, |m| m.recipe.clone());
    let job = TrainJob {
        circuit: Arc::clone(&opened.circuit),
        dataset: Arc::clone(&opened.rows),
        recipe,
        seed: plan.seed,
        device: plan.device,
        resume: part.map(Arc::new),
        beside,
        checkpoint: Some(own),
    };
    tell(Told::Begins(format!("{}: training {}", opened.circuit.name, system.title())));
    let (model, stopped) = engine.train(job, &mut |event| {
        if let Event::Step { step, steps, .. } = event {
            tell(Told::Part(f64::from(*step) / f64::from((*steps).max(1))));
        }
        !engine.stopped()
    })?;
    if stopped {
        return Err("stopped: what is done is kept; the same command goes on".to_owned());
    }
    let seconds = model.learning.seconds;
    tell(Told::Done(format!("{}: {} trained in {seconds:.0} s", opened.circuit.name, system.title())));
    Ok(model)
}
