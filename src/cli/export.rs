//! `sizewright export`: one sizing as a file for another tool.

use super::choice::one_of;
use super::output::print;
use super::sizings::OneSizing;
use super::{CliError, sizings, trust};
use crate::export::{ExportRecord, Format, export, save};
use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    of: OneSizing,
    /// For which tool
    #[arg(long, value_name = "FORMAT", value_parser = one_of::<Format>())]
    format: Format,
    /// The file to write; stdout by default
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(a: &Arguments) -> Result<(), CliError> {
    let circuit = trust::open(&a.of.circuit)?;
    let file = sizings::read_all(&circuit, &a.of.sizing)?;
    let entry = sizings::legal_row(&circuit, &file, &a.of.sizing, a.of.row)?;
    let by = file.simulator.as_deref().unwrap_or("as the source file says");
    let simulated = entry.simulated.as_ref().map(|p| (p, Some(by)));
    let word = simulated.or_else(|| entry.predicted.as_ref().map(|p| (p, None)));
    let (model, seed) = (file.model.clone(), file.seed);
    let record = ExportRecord::new(&entry.sizing, file.specification.as_ref(), word, model, seed);
    match &a.out {
        Some(path) => save(&circuit, &record, a.format, path).map_err(CliError::usage),
        None => print(&export(&circuit, &record, a.format)),
    }
}
