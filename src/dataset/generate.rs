//! The design of experiments behind a bundled dataset.
//!
//! * **Broad half.** Owen-scrambled Sobol points over the whole parameter space (`sobol_burley`);
//!   what ngspice measures as legal is kept.
//! * **Useful half.** A designer asks for good circuits, which uniform points hardly reach (some
//!   0.2 % of OTA1's legal ones meet Table II). So parents are chosen from all rows measured so
//!   far, half of them on the Pareto front of the metrics, half by their worst distance to the
//!   named specification with one bound loosened at random, and children recombine and move them
//!   (`perturb`). Of all children, those are kept that miss exactly one bound by at most half a
//!   spread of that metric (an equal share a bound), then rows on the front, then those that miss
//!   least; within each kind the ones farthest apart in metrics and coordinates (`select`).
//! * **The target stays unseen.** A row that meets the circuit's first named specification wholly
//!   is neither kept nor a parent. Each bound alone, and each combination short of all, is met.
//!
//! The result depends on the circuit, [`Plan`] and what `measure` answers, not on how many workers
//! answer it: batches have fixed sizes and come back in order. Shards use every N-th Sobol point
//! and their own random streams, so their broad halves are disjoint.

use super::Row;
use super::front::pareto_front;
use super::perturb::{child, coordinates};
use super::select::{Spreads, pick_far_apart};
use crate::circuit::{Circuit, Performance, Sizing, Specification};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Designs a batch.
const BATCH: usize = 256;
/// The longest sequence of `sobol_burley`; then a new scrambling starts.
const SOBOL_LENGTH: u64 = 1 << 16;
/// The broad half gives up after this many designs a row.
const MOST_DESIGNS_A_ROW: usize = 200;
/// Children measured for each row of the useful half, at least and at most.
const CHILDREN_A_ROW: (usize, usize) = (6, 24);
/// A near miss: at most this many spreads of the metric.
const NEAR: f64 = 0.5;
/// The share of the useful half that misses exactly one bound by little.
const NEAR_SHARE: f64 = 0.6;
/// Rows from which the best parent for a random target is taken.
const TOURNAMENT: usize = 32;

/// Simulates a batch and answers in the same order, `None` for a design that failed, NaN for a metric that could not be
/// measured; it answers `None` as a whole to cancel.
pub type Measure<'a> = dyn FnMut(&[Sizing]) -> Option<Vec<Option<Performance>>> + 'a;

/// What to generate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// Rows of the whole dataset, all shards together.
    pub rows: usize,
    /// Simulations of all shards together, where they are bounded.
    pub simulations: Option<usize>,
    /// Whether every legal design is kept, those too that meet the first specification.
    pub keep_all: bool,
    /// The seed.
    pub seed: u64,
    /// Which part of how many, from 0: `(0, 1)` is everything.
    pub shard: (usize, usize),
}

/// Simulations for each row where their number is what is given: half of what [`generate`] uses at most.
const SIMULATIONS_A_ROW: usize = 8;

impl Plan {
    /// So many rows.
    pub fn of_rows(rows: usize, seed: u64) -> Plan {
        Plan { rows, simulations: None, keep_all: false, seed, shard: (0, 1) }
    }

    /// What so many simulations give.
    pub fn of_simulations(simulations: usize, seed: u64) -> Plan {
        let rows = (simulations / SIMULATIONS_A_ROW).max(1);
        Plan { simulations: Some(simulations), ..Plan::of_rows(rows, seed) }
    }

    /// The share of a shard of a total.
    fn share(&self, total: usize) -> usize {
        let shards = self.shard.1.max(1) as u64;
        let up_to = |i: u64| (total as u64 * i / shards) as usize;
        up_to(self.shard.0 as u64 + 1) - up_to(self.shard.0 as u64)
    }
}

/// What happened to the designs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// Designs simulated.
    pub simulated: usize,
    /// Of these, without a measurement.
    pub failed: usize,
    /// Of some metrics measured, of others not.
    pub gaps: usize,
    /// Measured, but outside a metric's legal range.
    pub illegal: usize,
    /// Legal.
    pub legal: usize,
    /// Legal, but left out because they meet the first named specification wholly.
    pub left_out: usize,
    /// Rows kept of the broad half.
    pub broad: usize,
    /// Rows kept of the useful half.
    pub useful: usize,
}

/// What becomes of a measured design.
#[derive(Clone, Debug, PartialEq)]
pub enum Sorted {
    /// A row.
    Row(Row),
    /// A row that meets the target, which is to stay unseen.
    Met(Row),
    /// A row with gaps, legal in what was measured.
    Gaps(Row),
    /// A row without gaps that is outside the legal ranges, but nearly legal.
    Outside(Row),
    /// Nothing: it failed or is wholly illegal.
    None,
}

impl Counts {
    /// Counts a simulated design and says what becomes of it. Metrics that could not be measured are NaN; without any
    /// there is no performance.
    pub fn sort(
        &mut self,
        circuit: &Circuit,
        target: Option<&Specification>,
        sizing: Sizing,
        performance: Option<Performance>,
    ) -> Sorted {
        self.simulated += 1;
        let Some(performance) = performance else {
            self.failed += 1;
            return Sorted::None;
        };
        let row = Row { sizing, performance };
        if row.has_gaps() {
            self.gaps += 1;
            let mut metrics = circuit.metrics.iter().zip(&row.performance.0);
            let legal = metrics.all(|(metric, &value)| value.is_nan() || metric.is_legal(value));
            return if legal { Sorted::Gaps(row) } else { Sorted::None };
        }
        if row.performance.illegal(circuit).is_some() {
            self.illegal += 1;
            let mut metrics = circuit.metrics.iter().zip(&row.performance.0);
            let nearly = metrics.all(|(metric, &value)| metric.is_nearly_legal(value));
            return if nearly { Sorted::Outside(row) } else { Sorted::None };
        }
        self.legal += 1;
        if target.is_some_and(|target| target.met_by(&row.performance)) {
            self.left_out += 1;
            return Sorted::Met(row);
        }
        Sorted::Row(row)
    }
}

/// The rows, in a random order, and how they came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// The rows; fewer than planned where the run was cancelled or the circuit is hardly ever legal.
    pub rows: Vec<Row>,
    /// Rows with gaps, at most a quarter as many as rows unless all are kept.
    pub gaps: Vec<Row>,
    /// What happened to the designs.
    pub counts: Counts,
    /// Whether `measure` cancelled the run.
    pub cancelled: bool,
}

/// Generates rows. `progress` hears what happened so far, after every batch.
pub fn generate(
    circuit: &Circuit,
    plan: &Plan,
    measure: &mut Measure<'_>,
    progress: &mut dyn FnMut(&Counts),
) -> Generated {
    let (shard, shards) = (plan.shard.0 as u64, plan.shard.1.max(1) as u64);
    let rows = plan.share(plan.rows);
    let mut run = Run {
        circuit,
        target: circuit.specifications.first().map(|s| &s.specification),
        archive: Vec::new(),
        met: Vec::new(),
        gaps: Vec::new(),
        most: plan.simulations.map_or(usize::MAX, |most| plan.share(most)),
        counts: Counts::default(),
        measure,
        progress,
    };
    let mut rng = ChaCha8Rng::seed_from_u64(plan.seed);
    rng.set_stream(shard);
    let broad = rows - rows / 2;
    let mut chosen: Vec<usize> = Vec::new();
    let finished = run.broad(broad, plan.seed, (shard, shards));
    chosen.extend(0..run.archive.len().min(broad));
    let finished = finished && run.useful(rows - chosen.len(), &mut chosen, &mut rng);
    if plan.keep_all {
        chosen = (0..run.archive.len()).collect();
    }
    run.counts.useful = chosen.len() - run.counts.broad.min(chosen.len());
    shuffle(&mut chosen, &mut rng);
    let mut rows: Vec<Row> = chosen.iter().map(|&i| run.archive[i].row.clone()).collect();
    if plan.keep_all {
        rows.append(&mut run.met);
    } else {
        run.gaps.truncate(rows.len() / 4);
    }
    Generated { rows, gaps: run.gaps, counts: run.counts, cancelled: !finished }
}

/// About how many designs [`generate`] simulates at most, where two in five are legal.
pub fn most_designs(plan: &Plan) -> usize {
    let rows = plan.rows / plan.shard.1.max(1);
    let most = plan.simulations.map_or(usize::MAX, |most| plan.share(most));
    (rows / 2 * (CHILDREN_A_ROW.1 + 3)).min(most)
}

/// Designs at random points of the parameter space.
pub fn random(circuit: &Circuit, n: usize, seed: u64) -> Vec<Sizing> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut one =
        || circuit.parameters.iter().map(|p| p.snap(p.from_unit_interval(rng.random::<f64>()))).collect();
    (0..n).map(|_| Sizing(one())).collect()
}

/// A legal row that does not meet the target, and what selection needs to know of it.
struct Entry {
    row: Row,
    scaled: Vec<f64>,
    coordinates: Vec<f64>,
}

struct Run<'a> {
    circuit: &'a Circuit,
    target: Option<&'a Specification>,
    archive: Vec<Entry>,
    /// Legal rows that meet the target.
    met: Vec<Row>,
    gaps: Vec<Row>,
    /// Designs that may be simulated in all.
    most: usize,
    counts: Counts,
    measure: &'a mut Measure<'a>,
    progress: &'a mut dyn FnMut(&Counts),
}

impl Run<'_> {
    fn is_spent(&self) -> bool {
        self.counts.simulated >= self.most
    }

    /// Measures a batch into the archive, up to `most` entries in all; `false` once cancelled.
    fn batch(&mut self, mut sizings: Vec<Sizing>, most: usize) -> bool {
        sizings.truncate(self.most - self.counts.simulated.min(self.most));
        let Some(performances) = (self.measure)(&sizings) else {
            return false;
        };
        for (sizing, performance) in sizings.into_iter().zip(performances) {
            if self.archive.len() >= most {
                break;
            }
            match self.counts.sort(self.circuit, self.target, sizing, performance) {
                Sorted::Row(row) => self.archive.push(Entry {
                    scaled: row.performance.scaled(self.circuit),
                    coordinates: coordinates(self.circuit, &row.sizing),
                    row,
                }),
                Sorted::Met(row) => self.met.push(row),
                Sorted::Gaps(row) => self.gaps.push(row),
                Sorted::Outside(_) | Sorted::None => {}
            }
        }
        (self.progress)(&self.counts);
        true
    }

    fn broad(&mut self, rows: usize, seed: u64, (shard, shards): (u64, u64)) -> bool {
        let mut index = shard;
        while self.archive.len() < rows
            && self.counts.simulated < MOST_DESIGNS_A_ROW * rows
            && !self.is_spent()
        {
            let sizings = (0..BATCH)
                .map(|_| {
                    let point = sobol(self.circuit, index, seed);
                    index += shards;
                    point
                })
                .collect();
            let going = self.batch(sizings, rows);
            self.counts.broad = self.archive.len();
            if !going {
                return false;
            }
        }
        true
    }

    /// Measures children and adds the `rows` most useful to `chosen`. Once cancelled, chooses from
    /// those that there are.
    fn useful(&mut self, rows: usize, chosen: &mut Vec<usize>, rng: &mut ChaCha8Rng) -> bool {
        if self.archive.is_empty() || rows == 0 {
            return true;
        }
        let ordinary: Vec<Vec<f64>> = self.archive.iter().map(|e| e.scaled.clone()).collect();
        let spreads = Spreads::new(self.circuit, &ordinary);
        let first = self.archive.len();
        let before = self.counts.simulated;
        let quota = self.target.map_or(0, |t| near_quota(rows, t));
        let mut going = true;
        while going && !self.is_spent() {
            let children = self.counts.simulated - before;
            let near: Vec<usize> = self.near_misses(&spreads, first).iter().map(Vec::len).collect();
            let enough = near.iter().all(|&n| n >= 3 * quota) && self.archive.len() - first >= 2 * rows;
            if children >= CHILDREN_A_ROW.1 * rows || (enough && children >= CHILDREN_A_ROW.0 * rows) {
                break;
            }
            let scarcest = (0..near.len()).min_by_key(|&bound| near[bound]);
            let sizings = self.children(&spreads, scarcest, rng);
            going = self.batch(sizings, usize::MAX);
        }
        self.choose(&spreads, first, rows, quota, chosen);
        going
    }

    fn children(&self, spreads: &Spreads, scarcest: Option<usize>, rng: &mut ChaCha8Rng) -> Vec<Sizing> {
        let costs: Vec<Vec<f64>> = self.archive.iter().map(|e| spreads.costs(&e.scaled)).collect();
        let front = pareto_front(&costs);
        (0..BATCH)
            .map(|_| {
                let aim = self
                    .target
                    .filter(|_| rng.random::<bool>())
                    .map(|t| self.loosened(spreads, t, scarcest, rng));
                let mut parent = || match &aim {
                    Some(aim) => self.best_of_some(spreads, aim, rng),
                    None => front[below(rng, front.len())],
                };
                let parents = [parent(), parent()].map(|i| &self.archive[i].row.sizing);
                let step = [0.05, 0.15, 0.4][below(rng, 3)];
                child(self.circuit, parents, step, rng)
            })
            .collect()
    }

    /// The target with one bound loosened by up to one spread and the others moved a little; every
    /// other time it is the bound of which near misses are the scarcest.
    fn loosened(
        &self,
        spreads: &Spreads,
        target: &Specification,
        scarcest: Option<usize>,
        rng: &mut ChaCha8Rng,
    ) -> Specification {
        let mut aim = target.clone();
        let any = below(rng, aim.bounds.len());
        let loose = scarcest.filter(|_| rng.random::<bool>()).unwrap_or(any);
        for (i, bound) in aim.bounds.iter_mut().enumerate() {
            let metric = &self.circuit.metrics[bound.metric];
            let by = if i == loose { rng.random::<f64>() } else { 0.3 * (rng.random::<f64>() - 0.7) };
            let moved =
                metric.scaled(bound.value) + bound.sense.loosening() * by * spreads.spread(bound.metric);
            bound.value = metric.unscaled(moved);
        }
        aim
    }

    fn best_of_some(&self, spreads: &Spreads, aim: &Specification, rng: &mut ChaCha8Rng) -> usize {
        let worst = |i: usize| {
            spreads.misses(aim, &self.archive[i].scaled).into_iter().fold(f64::NEG_INFINITY, f64::max)
        };
        let mut best = below(rng, self.archive.len());
        for _ in 1..TOURNAMENT {
            let other = below(rng, self.archive.len());
            if worst(other) < worst(best) {
                best = other;
            }
        }
        best
    }

    /// For each bound of the target the children from `first` on that miss it alone, and by little.
    fn near_misses(&self, spreads: &Spreads, first: usize) -> Vec<Vec<usize>> {
        let Some(target) = self.target else {
            return Vec::new();
        };
        let mut near = vec![Vec::new(); target.bounds.len()];
        for (i, entry) in self.archive.iter().enumerate().skip(first) {
            let misses = spreads.misses(target, &entry.scaled);
            let mut missed = misses.iter().enumerate().filter(|(_, m)| **m > 0.0);
            if let (Some((bound, miss)), None) = (missed.next(), missed.next())
                && *miss <= NEAR
            {
                near[bound].push(i);
            }
        }
        near
    }

    fn choose(&self, spreads: &Spreads, first: usize, rows: usize, quota: usize, chosen: &mut Vec<usize>) {
        let costs: Vec<Vec<f64>> = self.archive.iter().map(|e| spreads.costs(&e.scaled)).collect();
        let points: Vec<Vec<f64>> = self
            .archive
            .iter()
            .zip(&costs)
            .map(|(e, costs)| {
                // metrics in spreads, coordinates in ranges: about as far apart
                costs.iter().map(|c| 0.3 * c).chain(e.coordinates.iter().copied()).collect()
            })
            .collect();
        let full = chosen.len() + rows;
        for near in self.near_misses(spreads, first) {
            pick_far_apart(&points, &near, quota.min(full - chosen.len()), chosen);
        }
        let front: Vec<usize> = pareto_front(&costs).into_iter().filter(|&i| i >= first).collect();
        let front_share = (full - chosen.len()).div_ceil(2);
        pick_far_apart(&points, &front, front_share, chosen);
        // then whatever comes nearest to the target, again far apart
        let mut rest: Vec<usize> = (first..self.archive.len()).filter(|i| !chosen.contains(i)).collect();
        if let Some(target) = self.target {
            let total = |i: usize| -> f64 {
                spreads.misses(target, &self.archive[i].scaled).iter().map(|m| m.max(0.0)).sum()
            };
            rest.sort_by(|&a, &b| total(a).total_cmp(&total(b)).then(a.cmp(&b)));
        }
        rest.truncate(3 * (full - chosen.len()));
        pick_far_apart(&points, &rest, full - chosen.len(), chosen);
    }
}

fn near_quota(rows: usize, target: &Specification) -> usize {
    (NEAR_SHARE * rows as f64 / target.bounds.len().max(1) as f64) as usize
}

/// The point of this index, mapped to the parameters' ranges and snapped.
fn sobol(circuit: &Circuit, index: u64, seed: u64) -> Sizing {
    // a new scrambling wherever the sequence starts anew
    let scrambling = (seed ^ (seed >> 32)) as u32 ^ ((index / SOBOL_LENGTH) as u32).wrapping_mul(0x9e37_79b9);
    let within = (index % SOBOL_LENGTH) as u32;
    let value = |(i, p): (usize, &crate::circuit::Parameter)| {
        // more parameters than dimensions: reuse them under another scrambling
        let turn = (i as u32) / sobol_burley::NUM_DIMENSIONS;
        let dimension = (i as u32) % sobol_burley::NUM_DIMENSIONS;
        let at = sobol_burley::sample(within, dimension, scrambling.wrapping_add(turn));
        p.snap(p.from_unit_interval(f64::from(at)))
    };
    Sizing(circuit.parameters.iter().enumerate().map(value).collect())
}

fn below(rng: &mut impl Rng, n: usize) -> usize {
    rng.random_range(0..n as u64) as usize
}

fn shuffle(places: &mut [usize], rng: &mut impl Rng) {
    for i in (1..places.len()).rev() {
        places.swap(i, below(rng, i + 1));
    }
}

#[cfg(test)]
mod tests;
