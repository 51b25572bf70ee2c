//! `sizewright size`, the main job: draw, rank, simulate the best, export the best of all.

use super::choice::one_of;
use super::jobs;
use super::output::{check_target, print_beside, write_json};
use super::{CliError, candidates, drawing, known, region};
use crate::engine::{Candidate, Origin, Ranking};
use crate::export::{ExportRecord, Format, save};
use crate::files::check_writable;
use clap::Args;
use std::path::{Path, PathBuf};

/// Lines of the table.
const MOST_SHOWN: usize = 10;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    drawing: drawing::DrawingArguments,
    /// Simulate at most this many, the most promising first
    #[arg(long, value_name = "K", default_value_t = 100)]
    simulations: usize,
    /// Draw this many times as many sizings and deliver those that the performance model is surest of
    #[arg(long, value_name = "TIMES", default_value_t = 10)]
    oversample: usize,
    /// Write the best sizing to this file
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// For which tool it is written
    #[arg(
        long,
        value_name = "FORMAT",
        value_parser = one_of::<Format>(),
        default_value = "ngspice",
        requires = "export"
    )]
    format: Format,
    /// Write the sizings as JSON, best first, `-` for stdout
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Arguments {
    /// The circuit's name or folder.
    pub(super) fn circuit(&self) -> &str {
        &self.drawing.circuit
    }

    /// Whether ngspice is asked.
    pub(super) fn simulates(&self) -> bool {
        self.simulations > 0
    }
}

pub(super) fn run(a: &Arguments) -> Result<(), CliError> {
    let drawing = a.drawing.open()?;
    check_target(a.json.as_deref())?;
    if let Some(path) = &a.export {
        check_writable(path).map_err(CliError::usage)?;
    }
    let job = drawing.job(Ranking::Oversample(a.oversample))?;
    let jobs = jobs::start()?;
    let set = jobs.sample(job)?;
    // a circuit that is data alone has nothing to simulate with
    let simulations = if drawing.circuit.is_measured() { a.simulations } else { 0 };
    let mut sizings = known::with_rows(&drawing, &set, simulations);
    let measured = candidates::measure(&jobs, &drawing, &mut sizings, simulations);
    candidates::best_first(&drawing.circuit, &drawing.specification, &mut sizings);
    let mut text = candidates::table(&drawing, &sizings, MOST_SHOWN);
    if let Some(best) = sizings.first() {
        text += &format!("best: {}\n", candidates::parameters(&drawing.circuit, best));
    }
    let held = region::in_words(&drawing.circuit, &set.region);
    let rows = match sizings.iter().filter(|c| c.origin == Origin::Row).count() {
        0 => String::new(),
        n => format!(" and {n} known rows"),
    };
    text += &format!(
        "best {} of {} drawn{rows} in {:.2} s on {}{held}\n",
        sizings.len(),
        set.drawn,
        set.seconds,
        set.device
    );
    if let Ok(m) = &measured {
        let feasible = candidates::feasible(&drawing.specification, &sizings);
        let n = m.simulations;
        text += &format!("{feasible} of {n} simulated are feasible in ngspice, {:.2} s\n", m.seconds);
    }
    if let (Some(path), Some(best)) = (&a.export, sizings.first()) {
        export(a, &drawing, best, path)?;
        let who = match best.feasible(&drawing.specification) {
            Some(true) => "feasible in ngspice",
            Some(false) => "NOT feasible in ngspice: no sizing meets every bound",
            None => "unverified",
        };
        text += &format!("the best, {who}, is written to {}\n", path.display());
    }
    print_beside(a.json.as_deref(), &text)?;
    if let Some(target) = &a.json {
        let measured = measured.as_ref().ok();
        write_json(&candidates::in_json(&drawing, &set, &sizings, measured, a.drawing.seed), target)?;
    }
    candidates::verified(&jobs, &measured, &sizings)
}

fn export(a: &Arguments, drawing: &drawing::DrawTask, best: &Candidate, path: &Path) -> Result<(), CliError> {
    let model = drawing.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let target = Some(&drawing.specification);
    let record = ExportRecord::new(&best.sizing, target, best.word(), Some(model), Some(a.drawing.seed));
    save(&drawing.circuit, &record, a.format, path).map_err(CliError::usage)
}
