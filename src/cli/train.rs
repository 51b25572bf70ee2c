//! `sizewright train`: a dataset in, a model file out. Ctrl-C keeps what was learnt.

use super::choice::{explained, one_of};
use super::jobs::{self, Jobs};
use super::output::{backend, check_target, print_beside, write_json};
use super::progress::ProgressLine;
use super::{CliError, grow, trust};
use crate::circuit::{Circuit, Scale};
use crate::dataset;
use crate::engine::{
    Architecture, DeviceChoice, Event, Preset, Recipe, System, TrainJob, TrainedModel, check_training, load,
    save, testbench_hash,
};
use crate::files::check_writable;
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Args)]
pub(super) struct Arguments {
    /// A bundled circuit or the path of a circuit's folder
    circuit: String,
    /// Which system
    #[arg(long, value_name = "NAME", value_parser = one_of::<System>(), default_value = "dm-transformer")]
    system: System,
    #[arg(
        long,
        value_name = "NAME",
        value_parser = one_of::<Preset>(),
        default_value = "quick",
        hide_possible_values = true,
        help = explained("Which recipe", |p: Preset| p.about().to_owned())
    )]
    preset: Preset,
    /// Passes over the augmented rows; the preset's by default, as with what follows
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Rows of a batch
    #[arg(long, value_name = "N")]
    batch: Option<usize>,
    /// End early once the loss on held-out rows has risen for this part of all steps, and keep the best model; 0 takes
    /// every step and keeps the last
    #[arg(long, value_name = "PART")]
    patience: Option<f64>,
    /// Transformer blocks, of dm-transformer only
    #[arg(long, value_name = "N")]
    blocks: Option<usize>,
    /// Channels of a token, of dm-transformer only
    #[arg(long, value_name = "N")]
    width: Option<usize>,
    /// Where networks are computed; auto takes a real GPU if there is one
    #[arg(long, value_name = "NAME", value_parser = one_of::<DeviceChoice>(), default_value = "auto")]
    backend: DeviceChoice,
    /// The seed of split, weights, noise and order
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Go on from this model, with its own recipe and seed: the same losses follow as if it had
    /// never stopped
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["system", "preset", "epochs", "batch", "patience", "blocks", "width", "seed"]
    )]
    resume: Option<PathBuf>,
    /// The rows to learn from; the circuit's own by default
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// First grow the rows: draw for targets at and beyond the front of the rows, simulate so many of these designs, and
    /// learn from them too
    #[arg(long, value_name = "N", conflicts_with = "resume")]
    active: Option<usize>,
    /// Where all rows go then; beside the model, as NAME.rows.csv, by default
    #[arg(long, value_name = "FILE", requires = "active")]
    grown: Option<PathBuf>,
    /// End once this many steps are taken, as Ctrl-C would: go on later with --resume
    #[arg(long, value_name = "STEPS")]
    stop_after: Option<u32>,
    /// The model file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Leave the optimiser's memory out of the model: a fourth of the size, but it cannot be resumed
    #[arg(long)]
    slim: bool,
    /// Write the losses and errors as JSON, `-` for stdout
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Arguments {
    /// The circuit's name or folder.
    pub(super) fn circuit(&self) -> &str {
        &self.circuit
    }

    /// Whether ngspice is asked.
    pub(super) fn simulates(&self) -> bool {
        self.active.is_some()
    }
}

pub(super) fn run(a: &Arguments) -> Result<(), CliError> {
    let circuit = trust::open(&a.circuit)?;
    // found out now rather than after the work
    check_writable(&a.out).map_err(CliError::usage)?;
    check_target(a.json.as_deref())?;
    let resume = match &a.resume {
        Some(path) => {
            let model = load(&circuit, path).map_err(CliError::usage)?;
            super::drawing::warn_of(&circuit, path, &model);
            Some(model)
        }
        None => None,
    };
    let mut job = job(a, circuit, resume)?;
    let rows = a.grown.clone().unwrap_or_else(|| a.out.with_extension("rows.csv"));
    if let Some(simulations) = a.active {
        grow::check(simulations, &rows, [&a.out, a.data.as_ref().unwrap_or(&job.circuit.dataset)])?;
    }
    let jobs = jobs::start()?;
    let grown = match a.active {
        Some(simulations) => {
            let grown = grow::run(&jobs, &job, simulations, &rows)?;
            job.dataset = Arc::new(grown.dataset.clone());
            job.recipe = recipe(a, job.dataset.rows.len())?;
            Some(grown)
        }
        None => None,
    };
    let (model, stopped) = jobs.train(job.clone(), &mut watch(a, &jobs))?;
    if a.slim {
        let slim = TrainedModel { optimiser: None, ..(*model).clone() };
        save(&slim, &a.out).map_err(CliError::failed)?;
    }
    print_beside(a.json.as_deref(), &in_words(a, &job.circuit, &model))?;
    if let Some(target) = &a.json {
        let mut value = in_json(a, &job.circuit, &model, stopped);
        if let Some(grown) = &grown {
            value["grown"] = grow::in_json(&job.circuit, grown);
        }
        write_json(&value, target)?;
    }
    if stopped && jobs.stopped() {
        let taken = model.learning.training.len();
        let go_on = if a.slim { "it is of use as it is" } else { "go on with --resume" };
        return Err(CliError::failed(format!(
            "stopped after {taken} of {} steps; the model is written: {go_on}",
            model.learning.steps
        )));
    }
    Ok(())
}

fn job(a: &Arguments, circuit: Circuit, resume: Option<TrainedModel>) -> Result<TrainJob, CliError> {
    let file = a.data.as_ref().unwrap_or(&circuit.dataset);
    let loaded = dataset::read(&circuit, file).map_err(CliError::usage)?;
    if let Some(left_out) = loaded.left_out(file) {
        if loaded.dataset.rows.is_empty() {
            return Err(CliError::usage(left_out));
        }
        eprintln!("warning: {left_out}");
    }
    let bench = testbench_hash(&circuit);
    if let Some(other) = bench.ok().and_then(|h| loaded.dataset.provenance.other_testbench(&circuit, &h)) {
        eprintln!("warning: {}: {other}", file.display());
    }
    let (recipe, seed) = match &resume {
        Some(model) => (model.recipe.clone(), model.seed),
        None => (recipe(a, loaded.dataset.rows.len())?, a.seed),
    };
    let job = TrainJob {
        circuit: Arc::new(circuit),
        dataset: Arc::new(loaded.dataset),
        recipe,
        seed,
        device: a.backend,
        resume: resume.map(Arc::new),
        beside: None,
        checkpoint: Some(a.out.clone()),
    };
    check_training(&job).map_err(CliError::usage)?;
    Ok(job)
}

fn recipe(a: &Arguments, rows: usize) -> Result<Recipe, CliError> {
    let mut recipe = a.preset.recipe(a.system, rows);
    recipe.epochs = a.epochs.unwrap_or(recipe.epochs);
    recipe.batch = a.batch.unwrap_or(recipe.batch);
    recipe.patience = a.patience.unwrap_or(recipe.patience);
    match &mut recipe.architecture {
        Architecture::DmTransformer(shape) => {
            shape.blocks = a.blocks.unwrap_or(shape.blocks);
            shape.width = a.width.unwrap_or(shape.width);
        }
        _ if a.blocks.is_some() || a.width.is_some() => {
            return Err(CliError::usage(format!(
                "--blocks and --width are sizes of dm-transformer: leave them out for {}",
                a.system.name()
            )));
        }
        _ => {}
    }
    Ok(recipe)
}

/// Shows how it goes, and ends the training after `--stop-after` steps.
fn watch<'a>(a: &'a Arguments, jobs: &'a Jobs) -> impl FnMut(&Event) -> bool + 'a {
    let mut device = String::new();
    let mut ensemble: Option<ProgressLine> = None;
    let mut bar: Option<ProgressLine> = None;
    move |event| {
        match event {
            Event::Device { name, why } => {
                let why = why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
                eprintln!("training on {name}{why}");
                device.clone_from(name);
            }
            Event::PerformanceModel { part, .. } => {
                let bar =
                    ensemble.get_or_insert_with(|| ProgressLine::new("% of the performance model", 100));
                bar.set((part * 100.0) as u64, "");
            }
            Event::Step { step, steps, loss, samples_a_second, .. } => {
                if let Some(ensemble) = ensemble.take() {
                    ensemble.finish();
                }
                let bar = bar.get_or_insert_with(|| ProgressLine::new("steps", u64::from(*steps)));
                let validation = jobs.learning().validation.last().map(|(_, loss)| *loss);
                let validation = validation.map(|loss| format!(", validation {loss:.4}"));
                let note = format!(
                    "loss {loss:.4}{}, {samples_a_second:.0} samples/s, {device}",
                    validation.unwrap_or_default()
                );
                bar.set(u64::from(*step), &note);
                return a.stop_after.is_none_or(|most| *step < most);
            }
            Event::NotSaved(why) => eprintln!("warning: {why}; training goes on"),
            Event::Ended(..) => {
                if let Some(bar) = bar.take() {
                    bar.finish();
                }
            }
            _ => {}
        }
        true
    }
}

fn in_words(a: &Arguments, circuit: &Circuit, model: &TrainedModel) -> String {
    let learning = &model.learning;
    let mut text = format!(
        "{} for {}: {} of {} steps in {:.1} s on {}",
        model.recipe.system().name(),
        circuit.name,
        learning.training.len(),
        learning.steps,
        learning.seconds,
        model.device
    );
    if let Some(loss) = learning.training.last() {
        text += &format!(", loss {loss:.4}");
    }
    if let Some((_, loss)) = learning.validation.last() {
        text += &format!(", validation loss {loss:.4}");
    }
    for said in model.trust(circuit).sentences() {
        text += &format!("\n{said}");
    }
    format!("{text}\nwritten to {}\n", a.out.display())
}

/// The unit of differences on a metric's own scale.
fn scale_unit(metric: &crate::circuit::Metric) -> &'static str {
    match metric.scale {
        Scale::Log => "decades",
        Scale::Linear => metric.unit.symbol(),
    }
}

fn in_json(a: &Arguments, circuit: &Circuit, model: &TrainedModel, stopped: bool) -> Value {
    let errors: serde_json::Map<String, Value> = circuit
        .metrics
        .iter()
        .zip(model.held_out_errors())
        .map(|(m, e)| {
            (m.name.clone(), json!({ "value": e.error, "unit": scale_unit(m), "of_spread": e.of_spread }))
        })
        .collect();
    let learning = &model.learning;
    let validation: Vec<Value> =
        learning.validation.iter().map(|(step, loss)| json!({ "step": step, "loss": loss })).collect();
    json!({
        "circuit": circuit.name, "system": model.recipe.system().name(), "recipe": model.recipe,
        "model": a.out.display().to_string(), "backend": backend(&model.device), "device": model.device,
        "seed": model.seed, "steps": learning.steps, "steps_done": learning.training.len(),
        "stopped": stopped, "kept_step": model.kept_step(), "train_s": learning.seconds, "loss": learning.training,
        "validation": validation, "held_out_error": errors,
        "held_out_rows": model.performance.held_out_rows, "trust": model.trust(circuit).sentences().collect::<Vec<_>>(),
    })
}
