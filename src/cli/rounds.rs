//! The loop of `size`: what was drawn is simulated in rounds, the most promising first. Where few of the draws are
//! feasible, the rest of the budget goes to designs that Gaussian processes of every bound propose, fitted to all that was
//! simulated until then.

use super::drawing::DrawTask;
use super::jobs::{Jobs, Measurements};
use super::progress::ProgressLine;
use super::{CliError, candidates, known};
use crate::circuit::SizingKey;
use crate::engine::{Candidate, Origin, Outcome, SearchJob, SearchSettings, SimulatorConfig, Strategy};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

/// Draws simulated in a round: few enough that little is wasted on draws that miss, enough to fit a first model.
const ROUND: usize = 8;
/// Designs proposed from one model: a fit takes longer than a simulation.
const PROPOSED: usize = 4;
/// Draws go on being simulated while this share of those that were is feasible: a proposal costs more time than a draw,
/// and draws differ more.
const ENOUGH: f64 = 0.5;

/// What came of the rounds.
pub(super) struct Rounds {
    /// All that was given to ngspice.
    pub measured: Measurements,
    /// Rounds of simulation; each proposal is one.
    pub rounds: usize,
    /// The place of the first feasible design in the order of simulation, from 1.
    pub first_feasible: Option<usize>,
    /// The place of each design in the order of simulation, from 1.
    pub order: HashMap<SizingKey, usize>,
}

/// Simulates `drawn`, the most promising first, until `wanted` are feasible or `budget` is used up; what is proposed
/// beyond the draws is added to them.
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
    let nothing =
        Measurements { outcomes: Vec::new(), simulations: 0, seconds: 0.0, simulator: String::new() };
    let mut all = Rounds { measured: nothing, rounds: 0, first_feasible: None, order: HashMap::new() };
    let mut feasible = 0;
    let mut bar = ProgressLine::new("designs simulated at most", budget as u64);
    let mut done = 0;
    while done < drawn.len().min(budget) && feasible < wanted && !jobs.stopped() {
        let end = (done + ROUND).min(drawn.len()).min(budget);
        let sizings: Vec<_> = drawn[done..end].iter().map(|c| c.sizing.clone()).collect();
        let measured = jobs.simulate(&drawing.circuit, sizings, SimulatorConfig::default(), &mut |n| {
            bar.set((done + n) as u64, &format!("{feasible} feasible"));
        })?;
        for (candidate, outcome) in drawn[done..end].iter_mut().zip(measured.outcomes) {
            if outcome.is_some() {
                all.measured.simulations += 1;
                all.order.insert(candidate.sizing.key(), all.measured.simulations);
            }
            candidate.simulated = outcome;
            if candidate.feasible(&drawing.specification) == Some(true) {
                feasible += 1;
                all.first_feasible.get_or_insert(all.measured.simulations);
            }
        }
        all.measured.seconds += measured.seconds;
        all.measured.simulator = measured.simulator;
        all.rounds += 1;
        done = end;
        if (feasible as f64) < ENOUGH * done as f64 {
            break;
        }
    }
    bar.finish();
    let missing = feasible < wanted && all.measured.simulations < budget && !jobs.stopped();
    if missing && drawn.iter().any(|c| c.measured().is_some()) {
        propose(jobs, drawing, drawn, &mut all, budget, wanted, seed);
    }
    Ok(all)
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

/// Adds what Gaussian processes propose. A search that finds nothing to do leaves what there is.
fn propose(
    jobs: &Jobs,
    drawing: &DrawTask,
    drawn: &mut Vec<Candidate>,
    all: &mut Rounds,
    budget: usize,
    wanted: usize,
    seed: u64,
) {
    let known: Vec<_> = drawn.iter().filter_map(|c| Some((c.sizing.clone(), c.simulated.clone()?))).collect();
    let before = known.len();
    let settings = SearchSettings {
        max_simulations: budget,
        enough: wanted,
        population: PROPOSED,
        start: known.iter().map(|(sizing, _)| sizing.clone()).collect(),
        prior: known::nearest_rows(drawing),
        candidates: drawn.iter().filter(|c| c.simulated.is_none()).map(|c| c.sizing.clone()).collect(),
        ..SearchSettings::new(Strategy::Assisted, seed)
    };
    let job = SearchJob {
        circuit: Arc::clone(&drawing.circuit),
        specification: drawing.specification.clone(),
        region: drawing.region.clone(),
        settings,
        corners: Vec::new(),
        known,
        pool: SimulatorConfig::default(),
    };
    let mut bar = ProgressLine::new("designs simulated at most", budget as u64);
    let found = jobs.search(job, &mut |simulations, feasible, violation, _| {
        let note = if feasible == 0 {
            format!("the best misses by {violation:.3} decades")
        } else {
            format!("{feasible} feasible")
        };
        bar.set(simulations as u64, &note);
    });
    bar.finish();
    // nothing of it can be, such as no free parameter: the draws stand as they are
    let Ok(found) = found else { return };
    all.rounds += found.simulations.saturating_sub(before);
    all.measured.simulations = all.measured.simulations.max(found.simulations);
    all.measured.seconds += found.seconds;
    let best = std::iter::once(&found.best).filter(|best| !best.score.feasible());
    for design in found.feasible.iter().chain(best) {
        let key = design.sizing.key();
        if all.order.contains_key(&key) {
            continue;
        }
        all.order.insert(key, design.order);
        if design.score.feasible() {
            let first = all.first_feasible.get_or_insert(design.order);
            *first = (*first).min(design.order);
        }
        let simulated: Option<Outcome> = Some(Ok(design.simulated.clone()));
        drawn.push(Candidate {
            simulated,
            origin: Origin::Proposed,
            ..Candidate::new(design.sizing.clone())
        });
    }
    candidates::best_first(&drawing.circuit, &drawing.specification, drawn);
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
