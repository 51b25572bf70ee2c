//! The report on targets near what a circuit can do: made by seeds, measured by every system with the same help, beside
//! search.
//!
//! A *base* target is what a random legal design reaches, a little loosened, of which few random designs are better. What a search
//! of some thousand simulations reaches beyond it is its best known margin: *hard* targets take 70 % of that, *edge* targets
//! all but 0.01 decades, *beyond* lies 0.05 decades outside these. *Loose* is the base with two bounds opened wide, *partial*
//! the base without them.

use super::making::{Making, key};
use super::models::Opened;
use super::plan::ReportPlan;
use crate::circuit::{Circuit, Performance, Region, Specification};
use crate::dataset;
use crate::engine::{
    Candidate, DrawSettings, Explored, Ranking, RoundsTask, SampleJob, SampleSet, SearchJob, SearchSettings,
    Strategy, System, TrainedModel, known_by, simulate_in_rounds,
};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Random designs that targets are taken from.
const RANDOM: usize = 16_000;
/// The part of them that is better than a base target.
const BETTER: (f64, f64) = (0.0002, 0.003);
/// By how many decades a base target is looser than the design that it is taken from.
const LOOSER: f64 = 0.02;
/// Simulations of the search for the best known margin.
const SEARCHED: usize = 3000;
/// The part of the best known margin that a hard target takes.
const HARD: f64 = 0.7;
/// What an edge target leaves of it, in decades.
const EDGE: f64 = 0.01;
/// By how much the targets beyond lie outside those.
const OUTSIDE: f64 = 0.05;
/// How far two bounds of a loose target are opened, in decades.
const OPENED: f64 = 1.0;
/// How many times as many are drawn as delivered: as `size` does.
const TIMES: usize = 4;
/// Simulations of a loop.
const LOOP: usize = 100;
/// Simulations that a search from scratch may use.
const FROM_SCRATCH: usize = 300;

/// The kinds of targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Kind {
    Base,
    Loose,
    Partial,
    Hard,
    Edge,
    Beyond,
}

impl Kind {
    pub(super) const ALL: [Kind; 6] =
        [Kind::Base, Kind::Loose, Kind::Partial, Kind::Hard, Kind::Edge, Kind::Beyond];

    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Base => "base",
            Kind::Loose => "loose",
            Kind::Partial => "partial",
            Kind::Hard => "hard",
            Kind::Edge => "edge",
            Kind::Beyond => "beyond",
        }
    }
}

/// A target and the best margin of its base that is known, in decades.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Target {
    pub kind: Kind,
    pub specification: Specification,
}

/// What came of one target by one system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tried {
    pub kind: Kind,
    pub target: String,
    /// Feasible of the sizings drawn.
    pub raw: usize,
    /// Feasible of those delivered without a simulation before.
    pub one_shot: usize,
    /// Clusters among the feasible ones, and their mean distance: see [`crate::engine::Diversity`].
    pub clusters: usize,
    pub distance: f64,
    /// Whether a loop of simulations met it.
    pub solved: bool,
    /// Simulations of the loop up to the first feasible design.
    pub first: Option<usize>,
    /// The probability that it can be met, after the one-shot designs were measured, where none was feasible.
    pub reach: Option<f64>,
    /// The same after the loop.
    pub reach_after: Option<f64>,
}

/// A search from scratch for a target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Scratch {
    pub kind: Kind,
    /// Simulations up to the first feasible design.
    pub first: Option<usize>,
}

/// What is known of a circuit.
pub(super) struct Frontier {
    pub systems: Vec<(System, Vec<Tried>)>,
    pub scratch: Vec<Scratch>,
}

/// The part of all simulations that a quick report does.
fn part(plan: &ReportPlan) -> usize {
    if plan.quick { 4 } else { 1 }
}

/// The kinds of targets that a system is tried on: of those beside the transformer whether it is ahead is asked.
fn compared(system: System) -> &'static [Kind] {
    match system {
        System::DmTransformer => &Kind::ALL,
        System::DmMlp | System::Ann => &[Kind::Base, Kind::Hard, Kind::Edge],
    }
}

/// All of a circuit, measured once and kept.
pub(super) fn frontier(making: &mut Making, opened: &Opened) -> Result<Frontier, String> {
    let targets = targets(making, opened)?;
    let mut systems = Vec::new();
    for &system in making.plan.systems() {
        let model = making.model(opened, system)?;
        let kinds = compared(system);
        let targets: Vec<Target> = targets.iter().filter(|t| kinds.contains(&t.kind)).cloned().collect();
        systems.push((system, tried(making, opened, system, &model, &targets)?));
    }
    let scratch = scratch(making, opened, &targets)?;
    Ok(Frontier { systems, scratch })
}

/// What neither targets nor a search from scratch depend on is left out: another dataset has the same.
fn without_rows(opened: &Opened) -> Opened {
    Opened { rows: Arc::default(), ..opened.clone() }
}

/// The targets of a circuit.
fn targets(making: &mut Making, opened: &Opened) -> Result<Vec<Target>, String> {
    let plan = making.plan;
    let (random, searched) = (RANDOM / part(plan), SEARCHED / part(plan));
    let on = format!("frontier {} {random} {searched}", plan.unseen());
    let key = key(&without_rows(opened), plan.seed, &Specification::default(), &on)?;
    let name = plan.stem(&opened.circuit.name, "targets");
    making.kept(&name, &key, |making| {
        let circuit = &opened.circuit;
        making.begins(format!("{}: {random} random designs", circuit.name));
        let mut rng = ChaCha8Rng::seed_from_u64(making.plan.seed);
        let sizings = dataset::random(circuit, random, making.plan.seed);
        let tell = &mut *making.tell;
        let measured = making.engine.simulate(circuit, sizings, making.plan.simulator.clone(), &mut |n| {
            tell(super::Told::Part(n as f64 / random as f64));
        })?;
        making.go_on()?;
        let performances: Vec<Performance> = measured
            .outcomes
            .into_iter()
            .filter_map(|outcome| Some(outcome?.ok()?.performance().clone()))
            .filter(|performance| performance.illegal(circuit).is_none())
            .collect();
        let mut places: Vec<usize> = (0..performances.len()).collect();
        places.shuffle(&mut rng);
        let mut targets = Vec::new();
        let mut bases = 0;
        for place in places {
            if bases >= making.plan.unseen() {
                break;
            }
            let just = Specification::of_performance(circuit, &performances[place]);
            let base = just.moved(circuit, |_| -LOOSER);
            let better = performances.iter().filter(|p| base.met_by(p)).count() as f64;
            let few = better / performances.len() as f64;
            if !(BETTER.0..=BETTER.1).contains(&few) {
                continue;
            }
            making.begins(format!("{}: best known margin of target {}", circuit.name, bases + 1));
            let Some(margin) = best_margin(making, circuit, &base, searched, bases as u64)? else { continue };
            bases += 1;
            let by = |kind, decades: f64| Target { kind, specification: base.moved(circuit, |_| decades) };
            let count = base.bounds.len();
            let first = rng.random_range(0..count);
            let second = (first + rng.random_range(1..count.max(2))) % count;
            let open = |i: usize| i == first || i == second;
            let mut partial = base.clone();
            let mut at = 0;
            partial.bounds.retain(|_| {
                at += 1;
                !open(at - 1)
            });
            targets.extend([
                by(Kind::Base, 0.0),
                Target {
                    kind: Kind::Loose,
                    specification: base.moved(circuit, |i| if open(i) { -OPENED } else { 0.0 }),
                },
                Target { kind: Kind::Partial, specification: partial },
                by(Kind::Hard, HARD * margin),
                by(Kind::Edge, margin - EDGE),
                by(Kind::Beyond, margin - EDGE + OUTSIDE),
            ]);
            // one of a circuit with two metrics would be empty
            targets.retain(|target| !target.specification.bounds.is_empty());
        }
        Ok(targets)
    })
}

/// The worst margin that a long search reaches; `None` where it finds nothing feasible.
fn best_margin(
    making: &mut Making,
    circuit: &Arc<Circuit>,
    base: &Specification,
    simulations: usize,
    seed: u64,
) -> Result<Option<f64>, String> {
    let settings = SearchSettings {
        max_simulations: simulations,
        stop_at_first: false,
        ..SearchSettings::new(Strategy::CmaEs, seed + 1)
    };
    let job = SearchJob {
        circuit: Arc::clone(circuit),
        specification: base.clone(),
        region: Region::default(),
        settings,
        corners: Vec::new(),
        known: Vec::new(),
        pool: making.plan.simulator.clone(),
    };
    let tell = &mut *making.tell;
    let found = making.engine.search(job, &mut |done, _, _, _| {
        tell(super::Told::Part(done as f64 / simulations as f64));
    })?;
    making.go_on()?;
    Ok(found.best.score.feasible().then_some(found.best.score.margin))
}

fn tried(
    making: &mut Making,
    opened: &Opened,
    system: System,
    model: &Arc<TrainedModel>,
    targets: &[Target],
) -> Result<Vec<Tried>, String> {
    let plan = making.plan;
    let recipe = known_by(&model.recipe);
    let on = format!(
        "{recipe} {} {TIMES} {} {targets:?} {} {}",
        plan.count,
        LOOP / part(plan),
        model.dataset_hash,
        env!("CARGO_PKG_VERSION"),
    );
    let key = key(opened, plan.seed, &Specification::default(), &on)?;
    let name = plan.stem(&opened.circuit.name, &format!("frontier-{}", system.name()));
    making.kept(&name, &key, |making| {
        let mut all = Vec::new();
        for (i, target) in targets.iter().enumerate() {
            let what =
                format!("{}: {}, target {} of {}", opened.circuit.name, system.title(), i + 1, targets.len());
            making.begins(what);
            all.push(try_one(making, opened, model, target)?);
        }
        Ok(all)
    })
}

fn try_one(
    making: &mut Making,
    opened: &Opened,
    model: &Arc<TrainedModel>,
    target: &Target,
) -> Result<Tried, String> {
    let circuit = &opened.circuit;
    let specification = &target.specification;
    let drawing = SampleJob {
        circuit: Arc::clone(circuit),
        model: Arc::clone(model),
        specification: specification.clone(),
        region: Region::default(),
        settings: DrawSettings::of(model),
        count: making.plan.count,
        ranking: Ranking::Raw,
        as_drawn: false,
        seed: making.plan.seed,
        device: making.plan.device,
    };
    let deliver = |ranking| -> Result<Arc<SampleSet>, String> {
        making.engine.sample(SampleJob { ranking, ..drawing.clone() }).map_err(String::from)
    };
    let is_feasible = |c: &&Candidate| c.feasible(specification) == Some(true);
    let raw = making.measured(opened, deliver(Ranking::Raw)?.as_ref())?.0;
    let delivered = deliver(Ranking::Oversample(TIMES))?;
    let one_shot = making.measured(opened, &delivered)?.0;
    let feasible: Vec<Candidate> = one_shot.iter().filter(is_feasible).cloned().collect();
    let diversity = model.diversity(circuit, feasible.iter().map(|c| &c.sizing));
    let mut looped = delivered.candidates.clone();
    let task = RoundsTask {
        circuit,
        specification,
        region: &Region::default(),
        rows: &opened.rows.rows,
        drawing: drawing.clone(),
        budget: LOOP / part(making.plan),
        wanted: 1,
        seed: making.plan.seed,
        pool: making.plan.simulator.clone(),
    };
    let rounds = simulate_in_rounds(making.engine, &task, &mut looped, &mut |_| ())?;
    making.go_on()?;
    let reach = |designs: &[Candidate]| -> Result<Option<f64>, String> {
        if designs.iter().any(|c| is_feasible(&c)) {
            return Ok(None);
        }
        let (region, rows) = (&Region::default(), &opened.rows.rows);
        Explored { circuit, model, region, rows, draws: designs }.probability(specification)
    };
    Ok(Tried {
        kind: target.kind,
        target: specification.describe(circuit),
        raw: raw.iter().filter(is_feasible).count(),
        one_shot: feasible.len(),
        clusters: diversity.clusters,
        distance: diversity.distance,
        solved: rounds.first_feasible.is_some(),
        first: rounds.first_feasible,
        reach: reach(&one_shot)?,
        reach_after: reach(&looped)?,
    })
}

/// Searches from scratch for the hard and the edge targets.
fn scratch(making: &mut Making, opened: &Opened, targets: &[Target]) -> Result<Vec<Scratch>, String> {
    let (seed, most) = (making.plan.seed, FROM_SCRATCH / part(making.plan));
    let on = format!("scratch {most} {targets:?}");
    let key = key(&without_rows(opened), seed, &Specification::default(), &on)?;
    let name = making.plan.stem(&opened.circuit.name, "frontier-search");
    let near: Vec<&Target> = targets.iter().filter(|t| matches!(t.kind, Kind::Hard | Kind::Edge)).collect();
    making.kept(&name, &key, |making| {
        let mut all = Vec::new();
        for (i, target) in near.iter().enumerate() {
            making.begins(format!("{}: search, target {} of {}", opened.circuit.name, i + 1, near.len()));
            let settings =
                SearchSettings { max_simulations: most, ..SearchSettings::new(Strategy::Assisted, seed) };
            let job = SearchJob {
                circuit: Arc::clone(&opened.circuit),
                specification: target.specification.clone(),
                region: Region::default(),
                settings,
                corners: Vec::new(),
                known: Vec::new(),
                pool: making.plan.simulator.clone(),
            };
            let found = making.engine.search(job, &mut |_, _, _, _| ())?;
            making.go_on()?;
            all.push(Scratch { kind: target.kind, first: found.first_feasible.map(|(n, _)| n) });
        }
        Ok(all)
    })
}
