//! The simulations of `size`: in rounds, or what was drawn at once.

use super::drawing::DrawTask;
use super::jobs::Jobs;
use super::progress::ProgressLine;
use super::{CliError, candidates, known};
use crate::circuit::SizingKey;
pub(super) use crate::engine::Rounds;
use crate::engine::{Candidate, Ranking, RoundsTask, SimulatorConfig, simulate_in_rounds};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Simulates in rounds until `wanted` are feasible or `budget` is used up.
///
/// # Errors
/// There is no simulator.
pub(super) fn run(
    jobs: &Jobs,
    drawing: &DrawTask,
    drawn: &mut Vec<Candidate>,
    budget: usize,
    wanted: usize,
    seed: u64,
) -> Result<Rounds, CliError> {
    let rows = known::rows(&drawing.circuit);
    let task = RoundsTask {
        circuit: &drawing.circuit,
        specification: &drawing.specification,
        region: &drawing.region,
        rows: &rows,
        drawing: drawing.job(Ranking::Raw)?,
        budget,
        wanted,
        seed,
        pool: SimulatorConfig::default().altering(),
    };
    let mut bar = ProgressLine::new("designs simulated at most", budget as u64);
    let rounds = simulate_in_rounds(jobs, &task, drawn, &mut |progress| {
        let note = match progress.violation.filter(|_| progress.feasible == 0) {
            Some(violation) => format!("the best misses by {violation:.3} decades"),
            None => format!("{} feasible", progress.feasible),
        };
        bar.set(progress.simulations as u64, &note);
    });
    bar.finish();
    Ok(rounds?)
}

/// Simulates the first `most` of what was drawn and nothing else.
///
/// # Errors
/// There is no simulator.
pub(super) fn at_once(
    jobs: &Jobs,
    drawing: &DrawTask,
    drawn: &mut [Candidate],
    most: usize,
) -> Result<Rounds, CliError> {
    let measured = candidates::measure(jobs, drawing, drawn, most)?;
    let simulated = drawn.iter().filter(|c| c.simulated.is_some());
    let order: HashMap<SizingKey, usize> =
        simulated.enumerate().map(|(i, c)| (c.sizing.key(), i + 1)).collect();
    let first = drawn.iter().position(|c| c.feasible(&drawing.specification) == Some(true));
    let rounds = usize::from(measured.simulations > 0);
    Ok(Rounds { measured, rounds, first_feasible: first.map(|i| i + 1), order })
}

/// Adds to a result of `size` how it came about.
pub(super) fn with_rounds(mut value: Value, rounds: Option<&Rounds>, candidates: &[Candidate]) -> Value {
    value["first_feasible"] = json!(rounds.and_then(|r| r.first_feasible));
    value["rounds"] = json!(rounds.map_or(0, |r| r.rounds));
    if let Some(entries) = value["sizings"].as_array_mut() {
        for (entry, candidate) in entries.iter_mut().zip(candidates) {
            entry["order"] = json!(rounds.and_then(|r| r.order.get(&candidate.sizing.key())));
        }
    }
    value
}
