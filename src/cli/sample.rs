//! `sizewright sample`: draws as they come, none chosen and none thrown away.

use super::jobs;
use super::output::{check_target, print_beside, write_json};
use super::{CliError, candidates, drawing, region};
use crate::engine::Ranking;
use crate::files::{check_writable, write_atomically};
use clap::Args;
use std::path::PathBuf;

/// Lines of the table.
const MOST_SHOWN: usize = 20;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    drawing: drawing::DrawingArguments,
    /// Measure every sizing in ngspice
    #[arg(long)]
    simulate: bool,
    /// Write the sizings as JSON, `-` for stdout
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the sizings as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

impl Arguments {
    /// The circuit's name or folder.
    pub(super) fn circuit(&self) -> &str {
        &self.drawing.target.circuit
    }

    /// Whether ngspice is asked.
    pub(super) fn simulates(&self) -> bool {
        self.simulate
    }
}

pub(super) fn run(a: &Arguments) -> Result<(), CliError> {
    let drawing = a.drawing.open()?;
    check_target(a.json.as_deref())?;
    if let Some(csv) = &a.csv {
        check_writable(csv).map_err(CliError::usage)?;
    }
    let jobs = jobs::start()?;
    let set = jobs.sample(drawing.job(Ranking::Raw)?)?;
    let mut drawn = set.candidates.clone();
    let measured =
        if a.simulate { Some(candidates::measure(&jobs, &drawing, &mut drawn, usize::MAX)) } else { None };
    let mut text = candidates::table(&drawing, &drawn, MOST_SHOWN);
    let held = region::in_words(&drawing.circuit, &set.region);
    text += &format!("{} sizings drawn in {:.2} s on {}{held}", set.drawn, set.seconds, set.device);
    if let Some(Ok(m)) = &measured {
        let feasible = candidates::feasible(&drawing.specification, &drawn);
        text += &format!("; {feasible} of {} simulated are feasible in ngspice", m.simulations);
    }
    print_beside(a.json.as_deref(), &(text + "\n"))?;
    if let Some(target) = &a.json {
        let measured = measured.as_ref().and_then(|m| m.as_ref().ok());
        write_json(&candidates::in_json(&drawing, &set, &drawn, measured, a.drawing.seed), target)?;
    }
    if let Some(csv) = &a.csv {
        let rows = candidates::in_csv(&drawing.circuit, &drawn);
        write_atomically(csv, rows.as_bytes()).map_err(CliError::usage)?;
    }
    measured.map_or(Ok(()), |measured| candidates::verified(&jobs, measured.as_ref(), &drawn))
}
