//! Search by Gaussian processes: of all designs, the one that most probably meets every bound is
//! measured next. The processes are fitted anew after every round; an evolution strategy looks for the
//! most promising design in them, which costs no simulation.

use super::record::{Record, SearchEnd};
use super::surrogate::{Surrogate, matrix};
use fcmaes_core::{Cmaes, CmaesParams, Fitness};

/// First designs, evenly scattered: one a coordinate and these, the fewest that a linear trend is fitted to.
const FIRST_MORE: usize = 4;
/// By how many decades a feasible design is to be better than the best so far.
const STEP: f64 = 0.02;
/// By how many decades a design is to be inside every bound where more than one feasible design is wanted.
const INSIDE: f64 = 0.002;
/// Scattered designs that a choice looks at.
const SCATTERED: usize = 300;
/// Designs around the best measured ones that a choice looks at, for each of those.
const AROUND: usize = 25;
/// Best measured designs to look around.
const CENTRES: usize = 8;
/// Generations and population of the evolution strategy that refines a choice.
const GENERATIONS: usize = 20;
const POPULATION: usize = 16;

/// Searches until it is over.
pub(super) fn run(record: &mut Record<'_>) -> SearchEnd {
    let dimensions = record.space.len();
    let seed = record.settings.seed;
    let mut scattered_so_far = 0;
    let mut scatter = |count: usize| {
        let points = scattered(dimensions, count, scattered_so_far, seed);
        scattered_so_far += count as u32;
        points
    };
    // designs to start with lie close together: some scattered ones tell the rest
    let known = record.trials.len();
    let mut points = if record.settings.prior.is_empty() {
        scatter((dimensions + FIRST_MORE).saturating_sub(known).max(dimensions.div_ceil(2)))
    } else {
        scatter((dimensions + FIRST_MORE).saturating_sub(known))
    };
    let mut model: Option<Surrogate> = None;
    let mut idle = 0;
    for round in 0u64.. {
        if !points.is_empty() {
            let before = record.left();
            if let Err(end) = record.measure(&points) {
                return end;
            }
            idle = if record.left() == before { idle + 1 } else { 0 };
        }
        if idle > 50 {
            return SearchEnd::Budget;
        }
        model = Surrogate::fit(&record.trials, record.specification.bounds.len(), model.as_ref());
        let count = record.settings.population.min(record.left().max(1));
        points = match &model {
            // nothing new came of the last choices: the model has no more to say
            Some(model) if idle == 0 => choose(record, model, count, round, &mut scatter),
            _ => scatter(count.max(dimensions / 2)),
        };
    }
    unreachable!("rounds go on until the search is over")
}

/// The most promising designs that were not measured yet.
fn choose(
    record: &Record<'_>,
    model: &Surrogate,
    count: usize,
    round: u64,
    scatter: &mut dyn FnMut(usize) -> Vec<Vec<f64>>,
) -> Vec<Vec<f64>> {
    // where many feasible designs are wanted, none need be better than another
    let level = if record.settings.enough > 1 { INSIDE } else { record.best_margin() + STEP };
    let mut model = model.clone();
    let mut chosen: Vec<Vec<f64>> = Vec::with_capacity(count);
    let mut best: Vec<usize> = (0..record.trials.len()).collect();
    best.sort_by(|&a, &b| record.trials[a].cost.total_cmp(&record.trials[b].cost).then(a.cmp(&b)));
    for k in 0..count {
        let seed = record.settings.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (round << 16) ^ k as u64;
        let mut candidates = scatter(SCATTERED);
        candidates.extend(record.settings.candidates.iter().map(|sizing| record.space.point(sizing)));
        let dimensions = record.space.len();
        let steps = scattered(dimensions, CENTRES * AROUND, 0, seed);
        for (i, step) in steps.iter().enumerate() {
            let Some(&centre) = best.get(i % CENTRES) else { continue };
            // from a tenth of the range down to a hundredth
            let size = 0.2 * 0.1f64.powf(i as f64 / steps.len() as f64);
            let point = &record.trials[centre].point;
            candidates.push(
                point.iter().zip(step).map(|(p, s)| (p + size * (2.0 * s - 1.0)).clamp(0.0, 1.0)).collect(),
            );
        }
        let promise = promise(record, &model, &candidates, level);
        let Some(start) =
            (0..candidates.len()).max_by(|&a, &b| promise[a].total_cmp(&promise[b]).then(b.cmp(&a)))
        else {
            break;
        };
        let point = refine(record, &model, candidates.swap_remove(start), level, seed);
        let sizing = record.space.sizing(&point);
        if record.knows(&sizing) || chosen.iter().any(|c| record.space.sizing(c) == sizing) {
            continue;
        }
        let features = matrix(&[record.space.features(&sizing)]);
        chosen.push(point);
        if k + 1 < count {
            match model.believing(&features) {
                Some(believing) => model = believing,
                None => break,
            }
        }
    }
    if chosen.is_empty() { scatter(1) } else { chosen }
}

/// The logarithm of each point's probability to be better than `level`.
fn promise(record: &Record<'_>, model: &Surrogate, points: &[Vec<f64>], level: f64) -> Vec<f64> {
    let features: Vec<Vec<f64>> =
        points.iter().map(|p| record.space.features(&record.space.sizing(p))).collect();
    model.log_probability(&matrix(&features), level)
}

/// The most promising point that an evolution strategy finds from `start`.
fn refine(record: &Record<'_>, model: &Surrogate, start: Vec<f64>, level: f64, seed: u64) -> Vec<f64> {
    let dimensions = start.len();
    let parameters = CmaesParams {
        popsize: POPULATION as i32,
        max_evaluations: (GENERATIONS * POPULATION) as u64,
        seed,
        ..CmaesParams::default()
    };
    let cube = Fitness::new(dimensions, 1, vec![0.0; dimensions], vec![1.0; dimensions]);
    let mut strategy = Cmaes::new(cube, &start, &[0.08], &parameters);
    let mut best = (promise(record, model, std::slice::from_ref(&start), level)[0], start);
    for _ in 0..GENERATIONS {
        let points = strategy.ask();
        let values = promise(record, model, &points, level);
        for (point, &value) in points.iter().zip(&values) {
            if value > best.0 {
                best = (value, point.clone());
            }
        }
        let costs: Vec<f64> = values.iter().map(|v| -v).collect();
        if strategy.tell(&costs) != 0 {
            break;
        }
    }
    best.1
}

/// `count` points of the unit cube, evenly scattered: an Owen-scrambled Sobol sequence from `first` on.
pub(super) fn scattered(dimensions: usize, count: usize, first: u32, seed: u64) -> Vec<Vec<f64>> {
    // the sequence has 256 dimensions and 65,536 points; beyond either another scrambling goes on
    let one = |i: u32, d: usize| {
        let scrambling = (seed ^ (seed >> 32)) as u32 ^ ((d as u32 / 256) << 16) ^ ((i >> 16) << 24);
        f64::from(sobol_burley::sample(i & 0xffff, d as u32 % 256, scrambling))
    };
    (0..count as u32).map(|i| (0..dimensions).map(|d| one(first.wrapping_add(i), d)).collect()).collect()
}
