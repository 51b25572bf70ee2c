//! The paper's tables, rebuilt: what each system does on each circuit, judged by ngspice, beside what the paper
//! measured.
//!
//! A report is made of cells: a trained system on a circuit, or a search on a circuit. A cell is measured once and
//! kept as JSON in the report's folder with a key of all that it depends on; so is each trained model. A report
//! that was interrupted goes on where it stopped, and one that is whole is only written anew.
//!
//! `plan` says what a report covers, `models` trains, `cell` measures and keeps, `targets` draws unseen
//! specifications, `paper` has the paper's figures, `tables` and `unseen` write, `sheet` is what they write,
//! `chart` draws.

mod cell;
mod chart;
mod models;
mod paper;
mod plan;
mod sheet;
mod tables;
mod targets;
#[cfg(test)]
mod tests;
mod unseen;

pub use cell::{Best, Drawn, Searched, Trained};
pub use plan::{Plan, Table, Told};
pub use sheet::{Block, Cell, Report, Sheet};

use crate::engine::{Awaited, System};
use crate::files::write_atomically;
use std::path::{Path, PathBuf};

/// Makes a report. `tell` hears what is being done.
///
/// # Errors
/// A line with the remedy: a circuit that cannot be opened, no simulator, a folder that cannot be written, or that
/// it was stopped; what is done is kept.
pub fn make(plan: &Plan, engine: &Awaited, tell: &mut dyn FnMut(Told)) -> Result<Report, String> {
    plan.check()?;
    std::fs::create_dir_all(&plan.out).map_err(|e| format!("cannot make {}: {e}", plan.out.display()))?;
    let mut work = cell::Work::new(plan, engine, tell);
    match plan.table {
        Table::One => {
            let mut circuits = Vec::new();
            for name in &plan.circuits {
                let circuit = work.open(name)?;
                let trained = System::ALL.into_iter().map(|s| work.trained(&circuit, s));
                circuits.push((circuit.clone(), trained.collect::<Result<Vec<_>, _>>()?));
            }
            tables::table_one(plan, &circuits)
        }
        Table::Two => {
            let mut circuits = Vec::new();
            for name in &plan.circuits {
                let circuit = work.open(name)?;
                let searched = work.searches(&circuit)?;
                let trained = System::ALL.into_iter().map(|s| work.trained(&circuit, s));
                let trained = trained.collect::<Result<Vec<_>, _>>()?;
                circuits.push(tables::Row { circuit, searched, trained });
            }
            tables::table_two(plan, &circuits)
        }
        Table::Generalisation => {
            let mut circuits = Vec::new();
            for name in &plan.circuits {
                let circuit = work.open(name)?;
                circuits.push((circuit.clone(), work.unseen(&circuit)?));
            }
            unseen::write_all(plan, &circuits)
        }
    }
}

/// Writes the three files of a report.
fn write_report(plan: &Plan, sheet: Sheet, csv: String, picture: Vec<u8>) -> Result<Report, String> {
    let (name, out) = (plan.file(), &plan.out);
    let shown = format!("{name}.png");
    write(out, &shown, &picture)?;
    write(out, &format!("{name}.csv"), csv.as_bytes())?;
    let markdown = sheet.markdown(&shown);
    let file = write(out, &format!("{name}.md"), markdown.as_bytes())?;
    Ok(Report { sheet, markdown, csv, picture, file })
}

/// Writes a file of the report.
fn write(folder: &Path, name: &str, contents: &[u8]) -> Result<PathBuf, String> {
    let path = folder.join(name);
    write_atomically(&path, contents).map_err(|e| e.to_string())?;
    Ok(path)
}
