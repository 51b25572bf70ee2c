//! `sizewright review`: a page of a sizing for colleagues, measured anew.

use super::output::print;
use super::progress::ProgressLine;
use super::sizings::OneSizing;
use super::verify::chosen;
use super::{CliError, jobs, sizings, target, trust};
use crate::circuit::{Circuit, Specification};
use crate::engine::SimulatorConfig;
use crate::report::review::{About, ReviewTask, check_folder, review, write};
use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    of: OneSizing,
    /// A target such as `power<=27nW`; may be repeated. By default those of the file of sizings, else the circuit's first
    /// named specification
    #[arg(long = "spec", value_name = "METRIC<=VALUE")]
    specs: Vec<String>,
    /// Measure in corners of the circuit too: `all`, or names with commas between
    #[arg(long, value_name = "NAMES")]
    corners: Option<String>,
    /// Simulations at a time; as many as there are cores by default
    #[arg(long)]
    jobs: Option<usize>,
    /// The folder of the page: review.md, review.html, sizing.param and pictures
    ///
    /// It is made if it is not there. What an earlier review wrote there gives way; a file that no review wrote, or that was
    /// changed since, is an error, and then nothing is written.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Arguments {
    /// The circuit's name or folder.
    pub(super) fn circuit(&self) -> &str {
        &self.of.circuit
    }
}

pub(super) fn run(a: &Arguments) -> Result<(), CliError> {
    let circuit = trust::open(&a.of.circuit)?;
    let file = sizings::read_all(&circuit, &a.of.sizing)?;
    let sizing = sizings::legal_row(&circuit, &file, &a.of.sizing, a.of.row)?.sizing.clone();
    let targets = targets(&circuit, &a.specs, file.specification)?;
    let corners = match &a.corners {
        None => Vec::new(),
        Some(_) if circuit.corners.is_empty() => {
            return Err(CliError::usage(format!("--corners: {} has no corners", circuit.name)));
        }
        Some(names) => chosen(&circuit, names)?,
    };
    check_folder(&a.out).map_err(|e| CliError::usage(format!("--out: {e}")))?;
    let mut pool = SimulatorConfig::default();
    pool.jobs = a.jobs.unwrap_or(pool.jobs);
    // whoever proposed it: what a file says of its measurements is not taken over
    // where it lies on this machine is nobody's business
    let name = |model: String| Path::new(&model).file_name().map(|n| n.to_string_lossy().into_owned());
    let about = About { model: file.model.and_then(name), seed: file.seed, ..About::default() };
    let task = ReviewTask { circuit: Arc::new(circuit), targets, sizing, corners, about, pool };
    let jobs = jobs::start()?;
    let mut bar = ProgressLine::new("measurements made", task.pieces() as u64);
    let reviewed = review(&task, &jobs, &mut |done| bar.set(done as u64, ""));
    bar.finish();
    let reviewed = reviewed?;
    let path = write(&reviewed, &a.out).map_err(|e| CliError::usage(format!("--out: {e}")))?;
    print(&format!("{}\nthe page is in {}\n", reviewed.verdict(), path.display()))
}

/// The targets as given, else those of the file, else the circuit's first named ones, which is said; none where there are
/// none.
fn targets(
    circuit: &Circuit,
    given: &[String],
    of_file: Option<Specification>,
) -> Result<Specification, CliError> {
    match of_file.filter(|_| given.is_empty()) {
        Some(targets) => Ok(targets),
        None if given.is_empty() && circuit.specifications.is_empty() => Ok(Specification::default()),
        None => target::target(circuit, given),
    }
}
