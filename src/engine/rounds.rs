//! Simulation in rounds: what was drawn is measured, the most promising first. Where few of the draws are feasible, others are
//! drawn for a target that is moved by how far the model was off; then the rest of the budget goes to designs that Gaussian processes of every bound propose, fitted to the nearest rows and to all that
//! was measured until then.

use super::{
    Awaited, Candidate, JobError, Measurements, Origin, Outcome, Ranking, SampleJob, SearchJob,
    SearchSettings, SimulatorConfig, Strategy,
};
use crate::circuit::{
    Circuit, Performance, Region, Score, Sizing, SizingKey, Specification, margins_in_decades,
};
use crate::dataset::Row;
use crate::sizing::reach_after;
use std::collections::HashMap;
use std::sync::Arc;

/// Draws simulated in a round: few enough that little is wasted on draws that miss, enough to fit a first model.
const ROUND: usize = 8;
/// Designs proposed from one model: a fit takes longer than a simulation.
const PROPOSED: usize = 4;
/// Draws go on being simulated while this share of those that were is feasible: a proposal costs more time than a draw,
/// and draws differ more.
const ENOUGH: f64 = 0.5;
/// Times that designs are drawn anew for a target that is moved by how far the model was off.
const CORRECTIONS: u64 = 8;
/// Designs drawn then, of how many times as many, and how many are simulated in a round.
const REDRAWN: usize = 24;
const REDRAWN_OF: usize = 6;
const REDRAWN_ROUND: usize = 4;
/// How far the model is off is not told by fewer measured designs.
const LEAST_MEASURED: usize = 3;
/// No bound is moved farther, in decades: so far off a model knows nothing.
const MOST_CORRECTED: f64 = 0.3;
/// Rows that proposals learn from, at most.
const MOST_LEARNT: usize = 100;
/// From here on a specification is within reach, for all that is known.
pub(crate) const DOUBTFUL: f64 = 0.5;

/// What to measure.
pub struct RoundsTask<'a> {
    /// The circuit.
    pub circuit: &'a Arc<Circuit>,
    /// What is to be met.
    pub specification: &'a Specification,
    /// Where proposals may lie.
    pub region: &'a Region,
    /// Rows that were measured with the same testbench.
    pub rows: &'a [Row],
    /// How the draws were made: others are drawn as what is measured corrects the model.
    pub drawing: SampleJob,
    /// Simulations, at most.
    pub budget: usize,
    /// Feasible designs that are enough.
    pub wanted: usize,
    /// The seed of proposals.
    pub seed: u64,
    /// How sizings are simulated.
    pub pool: SimulatorConfig,
}

/// What came of the rounds.
pub struct Rounds {
    /// All that was given to ngspice.
    pub measured: Measurements,
    /// Rounds of simulation; each proposal is one.
    pub rounds: usize,
    /// The place of the first feasible design in the order of simulation, from 1.
    pub first_feasible: Option<usize>,
    /// The place of each design in the order of simulation, from 1.
    pub order: HashMap<SizingKey, usize>,
}

/// How far the rounds are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoundsProgress {
    /// Designs measured.
    pub simulations: usize,
    /// Feasible ones among them.
    pub feasible: usize,
    /// By how much the best one misses, in decades, once that is known.
    pub violation: Option<f64>,
}

/// Simulates `drawn`, the most promising first, until enough are feasible or the budget is used up; what is proposed
/// beyond the draws is added to them, and then they are sorted, the best first.
///
/// # Errors
/// There is no simulator.
pub fn simulate_in_rounds(
    engine: &Awaited,
    task: &RoundsTask<'_>,
    drawn: &mut Vec<Candidate>,
    see: &mut dyn FnMut(RoundsProgress),
) -> Result<Rounds, JobError> {
    let nothing =
        Measurements { outcomes: Vec::new(), simulations: 0, seconds: 0.0, simulator: String::new() };
    let mut all = Rounds { measured: nothing, rounds: 0, first_feasible: None, order: HashMap::new() };
    let RoundsTask { budget, wanted, .. } = *task;
    let (mut next, first_draws) = (0, drawn.len());
    simulate_draws(
        engine,
        task,
        drawn,
        (&mut next, first_draws, ROUND),
        &mut all,
        see,
        &mut |feasible, all| {
            feasible < wanted && (all.order.is_empty() || feasible as f64 >= ENOUGH * all.order.len() as f64)
        },
    )?;
    let missing = |drawn: &[Candidate], all: &Rounds| {
        let spent = all.measured.simulations >= budget || engine.stopped();
        !spent && feasible(task, drawn) < wanted && drawn.iter().any(|c| c.measured().is_some())
    };
    let mut from = 0;
    for round in 1..=CORRECTIONS {
        if !missing(drawn, &all) {
            break;
        }
        let Some(corrected) = corrected(task, &drawn[from..]) else { break };
        let (mut next, met, done) = (drawn.len(), feasible(task, drawn), all.order.len());
        from = next;
        drawn.extend(redrawn(engine, task, corrected, round, &all)?);
        let last = drawn.len();
        let share = |feasible: usize, all: &Rounds| {
            let (new, of) = (feasible - met.min(feasible), all.order.len() - done);
            feasible < wanted && (of == 0 || new as f64 >= ENOUGH * of as f64)
        };
        simulate_draws(
            engine,
            task,
            drawn,
            (&mut next, last, REDRAWN_ROUND),
            &mut all,
            see,
            &mut |f, all| share(f, all),
        )?;
        // what was not simulated was drawn for another target than is asked for
        drawn.truncate(next);
    }
    // while nothing is feasible, draws that wait may be what meets it as well as a proposal may
    let half = budget - (budget - all.measured.simulations.min(budget)) / 2;
    let until = if all.first_feasible.is_none() && next < first_draws { half } else { budget };
    if missing(drawn, &all) {
        propose(engine, task, until, drawn, &mut all, see);
    }
    if missing(drawn, &all) && all.first_feasible.is_none() {
        let draws = (&mut next, first_draws, ROUND);
        simulate_draws(engine, task, drawn, draws, &mut all, see, &mut |feasible, _| feasible == 0)?;
    }
    if missing(drawn, &all) && until < budget {
        propose(engine, task, budget, drawn, &mut all, see);
    }
    best_first(task.circuit, task.specification, drawn);
    Ok(all)
}

fn feasible(task: &RoundsTask<'_>, drawn: &[Candidate]) -> usize {
    drawn.iter().filter(|c| c.feasible(task.specification) == Some(true)).count()
}

/// Simulates draws from the one that comes `next` to the `last`, in their order, so many a `round`, one round after the
/// other while `go_on` says so of the feasible designs and of what was done.
fn simulate_draws(
    engine: &Awaited,
    task: &RoundsTask<'_>,
    drawn: &mut [Candidate],
    (next, last, round): (&mut usize, usize, usize),
    all: &mut Rounds,
    see: &mut dyn FnMut(RoundsProgress),
    go_on: &mut dyn FnMut(usize, &Rounds) -> bool,
) -> Result<(), JobError> {
    let mut met = feasible(task, drawn);
    while *next < last && all.measured.simulations < task.budget && !engine.stopped() && go_on(met, all) {
        let room = task.budget - all.measured.simulations;
        let round = *next..(*next + round.min(room)).min(last);
        *next = round.end;
        let sizings: Vec<_> = drawn[round.clone()].iter().map(|c| c.sizing.clone()).collect();
        // one that was proposed meanwhile is known
        let fresh: Vec<Sizing> = sizings.into_iter().filter(|s| !all.order.contains_key(&s.key())).collect();
        let (done, before) = (all.measured.simulations, met);
        let measured = engine.simulate(task.circuit, fresh.clone(), task.pool.clone(), &mut |n| {
            see(RoundsProgress { simulations: done + n, feasible: before, violation: None });
        })?;
        for (sizing, outcome) in fresh.into_iter().zip(measured.outcomes) {
            let Some(candidate) = drawn[round.clone()].iter_mut().find(|c| c.sizing == sizing) else {
                continue;
            };
            if outcome.is_some() {
                all.measured.simulations += 1;
                all.order.insert(sizing.key(), all.measured.simulations);
            }
            candidate.simulated = outcome;
            if candidate.feasible(task.specification) == Some(true) {
                met += 1;
                all.first_feasible.get_or_insert(all.measured.simulations);
            }
        }
        all.measured.seconds += measured.seconds;
        all.measured.simulator = measured.simulator;
        all.rounds += 1;
    }
    Ok(())
}

/// The target that designs are drawn for next: each bound moved by how much worse, or better, the latest designs were
/// measured than predicted. `None` where that is not known of enough of them.
fn corrected(task: &RoundsTask<'_>, latest: &[Candidate]) -> Option<Specification> {
    let margins = |p: &Performance| margins_in_decades(task.circuit, task.specification, p);
    let off: Vec<Vec<f64>> = latest
        .iter()
        .filter_map(|c| Some((margins(c.measured()?), margins(&c.predicted.as_ref()?.performance))))
        .map(|(measured, predicted)| measured.iter().zip(predicted).map(|(m, p)| m - p).collect())
        .collect();
    if off.len() < LEAST_MEASURED {
        return None;
    }
    let middle = |bound: usize| -> f64 {
        let mut all: Vec<f64> = off.iter().map(|own| own[bound]).collect();
        all.sort_by(f64::total_cmp);
        let half = all.len() / 2;
        if all.len() % 2 == 1 { all[half] } else { (all[half - 1] + all[half]) / 2.0 }
    };
    let moved = |bound: usize| (-middle(bound)).clamp(-MOST_CORRECTED, MOST_CORRECTED);
    Some(task.specification.moved(task.circuit, moved))
}

/// Designs drawn for a corrected target that were not simulated yet.
fn redrawn(
    engine: &Awaited,
    task: &RoundsTask<'_>,
    specification: Specification,
    round: u64,
    all: &Rounds,
) -> Result<Vec<Candidate>, JobError> {
    let room = task.budget.saturating_sub(all.measured.simulations);
    let job = SampleJob {
        specification,
        count: REDRAWN.min(room.max(1)),
        ranking: Ranking::Oversample(REDRAWN_OF),
        seed: task.seed.wrapping_add(round << 32),
        ..task.drawing.clone()
    };
    let set = engine.sample(job)?;
    Ok(set.candidates.iter().filter(|c| !all.order.contains_key(&c.sizing.key())).cloned().collect())
}

/// How probable it is that a specification can be met, after what was measured of designs for it; `None` where that says
/// nothing.
pub fn reachable(circuit: &Circuit, specification: &Specification, designs: &[Candidate]) -> Option<f64> {
    let pair = |c: &Candidate| -> Option<(Performance, Option<Performance>)> {
        Some((c.measured()?.clone(), c.predicted.as_ref().map(|p| p.performance.clone())))
    };
    let measured: Vec<_> = designs.iter().filter_map(pair).collect();
    reach_after(circuit, specification, &measured)
}

/// Sorts: simulated first, by their [`Score`], then those that were not simulated as they stand, then those whose
/// simulation failed.
pub fn best_first(circuit: &Circuit, specification: &Specification, candidates: &mut [Candidate]) {
    let key = |c: &Candidate| match (&c.simulated, c.measured()) {
        (_, Some(p)) => (0, Score::of(circuit, specification, p).cost()),
        (None, None) => (1, 0.0),
        (Some(_), None) => (2, 0.0),
    };
    candidates.sort_by(|a, b| {
        let ((rank_a, cost_a), (rank_b, cost_b)) = (key(a), key(b));
        rank_a.cmp(&rank_b).then(cost_a.total_cmp(&cost_b))
    });
}

/// The rows that come nearest to the target, with what was measured of them.
fn nearest_rows(task: &RoundsTask<'_>) -> Vec<(Sizing, Performance)> {
    let inside = task.rows.iter().filter(|row| task.region.contains(task.circuit, &row.sizing));
    let cost = |row: &Row| Score::of(task.circuit, task.specification, &row.performance).cost();
    let mut rows: Vec<(f64, &Row)> = inside.map(|row| (cost(row), row)).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    rows.into_iter().take(MOST_LEARNT).map(|(_, row)| (row.sizing.clone(), row.performance.clone())).collect()
}

/// Adds what Gaussian processes propose until so many simulations are done in all. A search that finds nothing to do leaves
/// what there is.
fn propose(
    engine: &Awaited,
    task: &RoundsTask<'_>,
    budget: usize,
    drawn: &mut Vec<Candidate>,
    all: &mut Rounds,
    see: &mut dyn FnMut(RoundsProgress),
) {
    let known: Vec<_> = drawn.iter().filter_map(|c| Some((c.sizing.clone(), c.simulated.clone()?))).collect();
    let before = known.len();
    // of earlier proposals only the feasible ones and the best are among them
    let apart = all.measured.simulations.saturating_sub(before);
    // of what seems out of reach some simulations are kept for what could be met instead
    let doubtful = reachable(task.circuit, task.specification, drawn).is_some_and(|p| p < DOUBTFUL);
    let kept = if doubtful { task.specification.bounds.len() + 1 } else { 0 };
    let settings = SearchSettings {
        max_simulations: budget.saturating_sub(kept + apart).max(1),
        enough: task.wanted,
        population: PROPOSED,
        start: known.iter().map(|(sizing, _)| sizing.clone()).collect(),
        prior: nearest_rows(task),
        candidates: drawn.iter().filter(|c| c.simulated.is_none()).map(|c| c.sizing.clone()).collect(),
        ..SearchSettings::new(Strategy::Assisted, task.seed)
    };
    let job = SearchJob {
        circuit: Arc::clone(task.circuit),
        specification: task.specification.clone(),
        region: task.region.clone(),
        settings,
        corners: Vec::new(),
        known,
        pool: task.pool.clone(),
    };
    let found = engine.search(job, &mut |simulations, feasible, violation, _| {
        see(RoundsProgress { simulations: simulations + apart, feasible, violation: Some(violation) });
    });
    // nothing of it can be, such as no free parameter: the draws stand as they are
    let Ok(found) = found else { return };
    all.rounds += found.simulations.saturating_sub(before);
    all.measured.simulations = all.measured.simulations.max(found.simulations + apart);
    all.measured.seconds += found.seconds;
    let best = std::iter::once(&found.best).filter(|best| !best.score.feasible());
    for design in found.feasible.iter().chain(best) {
        let key = design.sizing.key();
        if all.order.contains_key(&key) {
            continue;
        }
        let order = design.order + apart;
        all.order.insert(key, order);
        if design.score.feasible() {
            let first = all.first_feasible.get_or_insert(order);
            *first = (*first).min(order);
        }
        let simulated: Option<Outcome> = Some(Ok(design.simulated.clone()));
        drawn.push(Candidate {
            simulated,
            origin: Origin::Proposed,
            ..Candidate::new(design.sizing.clone())
        });
    }
}
