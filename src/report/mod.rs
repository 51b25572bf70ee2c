//! The paper's tables, rebuilt: what each system does on each circuit, judged by ngspice, beside what the paper
//! measured.
//!
//! A report is made of cells: a trained system on a circuit, or a search on a circuit. A cell is measured once and
//! kept as JSON in the report's folder with a key of all that it depends on; so is each trained model. A report
//! that was interrupted goes on where it stopped, and one that is whole is only written anew.
//!
//! `plan` says what a report covers, `models` trains, `making` measures and keeps cells, `unseen` those of unseen
//! specifications, which `targets` draws, `frontier` those of targets near what a circuit can do, of which `near` makes a
//! table; `measured` is what is kept, `paper` what the paper measured of a circuit,
//! from its folder. `tables` and `generalisation` put both into the cells of a `sheet`, `chart` and `curves` draw, `output` writes.

mod chart;
pub(crate) mod curves;
mod frontier;
mod generalisation;
mod making;
mod measured;
mod models;
mod near;
mod output;
mod paper;
mod plan;
mod reading;
pub mod review;
mod sheet;
mod tables;
mod targets;
#[cfg(test)]
mod tests;
mod unseen;

pub use paper::circuits_of_the_paper;
pub use plan::Table;
pub(crate) use plan::{ReportPlan, Told};
pub(crate) use reading::{Part, Readable, SweepPlot, readable, shown_first, sweep_plots};
pub use sheet::{Block, Cell, Emphasis, Figure, Paragraph, Report, Sheet, Source, Span, Value};

use crate::engine::{Awaited, System};

/// Makes a report. `tell` hears what is being done.
///
/// # Errors
/// A line with the remedy: a circuit that cannot be opened, no simulator, a folder that cannot be written, or that
/// it was stopped; what is done is kept.
pub(crate) fn make(
    plan: &ReportPlan,
    engine: &Awaited,
    tell: &mut dyn FnMut(Told),
) -> Result<Report, String> {
    plan.check()?;
    output::make(&plan.out)?;
    let mut making = making::Making::new(plan, engine, tell);
    match plan.table {
        Table::One => {
            let mut circuits = Vec::new();
            for name in &plan.circuits {
                let circuit = making.open(name)?;
                let trained = System::ALL.into_iter().map(|s| making.trained(&circuit, s));
                circuits.push((circuit.clone(), trained.collect::<Result<Vec<_>, _>>()?));
            }
            tables::table_one(plan, &circuits)
        }
        Table::Two => {
            let mut circuits = Vec::new();
            for name in &plan.circuits {
                let circuit = making.open(name)?;
                let searched = making.searches(&circuit)?;
                let trained = System::ALL.into_iter().map(|s| making.trained(&circuit, s));
                let trained = trained.collect::<Result<Vec<_>, _>>()?;
                circuits.push(tables::TableCircuit { circuit, searched, trained });
            }
            tables::table_two(plan, &circuits)
        }
        Table::Generalisation => {
            let mut circuits = Vec::new();
            for name in &plan.circuits {
                let circuit = making.open(name)?;
                circuits.push((circuit.clone(), unseen::unseen(&mut making, &circuit)?));
            }
            generalisation::generalisation(plan, &circuits)
        }
        Table::Frontier => {
            let mut circuits = Vec::new();
            for name in &plan.circuits {
                let circuit = making.open_grown(name)?;
                circuits.push((circuit.clone(), frontier::frontier(&mut making, &circuit)?));
            }
            near::near(plan, &circuits)
        }
    }
}
