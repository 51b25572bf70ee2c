//! `train --active`: rows grown at the front before a model is trained on them.

use super::CliError;
use super::jobs::Jobs;
use super::progress::ProgressLine;
use crate::circuit::{Circuit, Performance, bundled_model_path};
use crate::dataset::{self, Dataset};
use crate::engine::{
    Event, GrowTask, Growing, Grown, SimulatorConfig, TrainJob, TrainedModel, grow, load, model_beside,
};
use crate::files::check_writable;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// More simulations than anyone waits for.
const MOST: usize = 1_000_000;

/// Checks what is asked for: `out` must not be one of the files that the rows come from or the model goes to.
///
/// # Errors
/// [`CliError::Usage`] with the remedy.
pub(super) fn check(simulations: usize, out: &Path, others: [&PathBuf; 2]) -> Result<(), CliError> {
    if simulations == 0 || simulations > MOST {
        return Err(CliError::usage(format!("--active must be from 1 to {MOST}")));
    }
    let whole = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).ok();
    if others.iter().any(|other| whole(other) == whole(out)) {
        return Err(CliError::usage(format!(
            "{}: all rows, the new ones too, would take the place of that file: name another with --grown",
            out.display()
        )));
    }
    check_writable(out).map_err(CliError::usage)
}

/// The rows of `job` and those that `simulations` at their front gave, which are written to `out`.
///
/// # Errors
/// No simulator, a device that fails, a file that cannot be written.
pub(super) fn run(jobs: &Jobs, job: &TrainJob, simulations: usize, out: &Path) -> Result<Grown, CliError> {
    let task = GrowTask {
        circuit: Arc::clone(&job.circuit),
        dataset: Arc::clone(&job.dataset),
        model: model(jobs, job)?,
        recipe: job.recipe.clone(),
        simulations,
        seed: job.seed,
        device: job.device,
        pool: SimulatorConfig::default(),
    };
    let mut simulated: Option<ProgressLine> = None;
    let mut trained: Option<ProgressLine> = None;
    let grown = grow(jobs, &task, &mut |told| match told {
        Growing::Simulated(counts) => {
            if let Some(bar) = trained.take() {
                bar.finish();
            }
            let bar =
                simulated.get_or_insert_with(|| ProgressLine::new("designs simulated", simulations as u64));
            bar.set(counts.simulated as u64, &format!("{} new rows", counts.useful));
        }
        Growing::Training(part) => {
            if let Some(bar) = simulated.take() {
                bar.finish();
            }
            let bar = trained.get_or_insert_with(|| ProgressLine::new("% of a model of the new rows", 100));
            bar.set((part * 100.0) as u64, "");
        }
    })?;
    for bar in [simulated, trained].into_iter().flatten() {
        bar.finish();
    }
    dataset::write(&job.circuit, &grown.dataset, out).map_err(CliError::failed)?;
    eprintln!("{}", in_words(&job.circuit, &job.dataset, &grown));
    eprintln!("all rows are written to {}", out.display());
    if jobs.stopped() {
        return Err(CliError::failed("stopped before a model was trained on the new rows; they are kept"));
    }
    Ok(grown)
}

/// A model of the job's rows: one that is there, else it is trained.
fn model(jobs: &Jobs, job: &TrainJob) -> Result<Arc<TrainedModel>, CliError> {
    let (circuit, rows) = (&*job.circuit, job.dataset.hash());
    let files = bundled_model_path(&circuit.name).into_iter().chain(model_beside(circuit));
    let found = files.filter_map(|file| Some((load(circuit, &file).ok()?, file)));
    for (model, file) in found {
        if model.dataset_hash == rows && model.is_finished() {
            eprintln!("drawing from {}", file.display());
            return Ok(Arc::new(model));
        }
    }
    let mut bar = ProgressLine::new("% of a model to draw from", 100);
    let first = TrainJob { checkpoint: None, ..job.clone() };
    let (model, stopped) = jobs.train(first, &mut |event| {
        if let Event::Step { step, steps, .. } = event {
            bar.set(100 * u64::from(*step) / u64::from((*steps).max(1)), "");
        }
        true
    })?;
    bar.finish();
    if stopped {
        return Err(CliError::failed("stopped before there was a model to draw from"));
    }
    Ok(model)
}

fn in_words(circuit: &Circuit, before: &Dataset, grown: &Grown) -> String {
    let (counts, old) = (grown.counts, grown.before.performances().len());
    format!(
        "{} rows more than {}: of {} simulated designs {} could not be measured, {} have gaps, {} are outside the legal ranges, of which {} \
         teach where the circuit begins to fail, and {} meet the first specification wholly, which are left out; the front had {old} rows and has {}, and {} of the {old} are \
         beaten in every metric by a new one",
        counts.useful,
        before.rows.len(),
        counts.simulated,
        counts.failed,
        counts.gaps,
        counts.illegal,
        grown.dataset.outside.len() - before.outside.len(),
        counts.left_out,
        grown.after.performances().len(),
        grown.after.beats(circuit, &grown.before),
    )
}

/// What growing gained, beside the rest of a training's JSON.
pub(super) fn in_json(circuit: &Circuit, grown: &Grown) -> Value {
    let counts = grown.counts;
    let point = |p: &Performance| -> Value {
        circuit
            .metrics
            .iter()
            .zip(&p.0)
            .map(|(m, v)| (m.name.clone(), json!(v)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let front = |of: &crate::engine::Front| of.performances().iter().map(point).collect::<Vec<Value>>();
    json!({
        "simulations": counts.simulated, "failed": counts.failed, "gaps": counts.gaps, "illegal": counts.illegal,
        "left_out": counts.left_out, "outside": grown.dataset.outside.len(), "rows": counts.useful, "beaten": grown.after.beats(circuit, &grown.before),
        "front_before": front(&grown.before), "front_after": front(&grown.after),
    })
}
