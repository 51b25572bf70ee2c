//! Growing the rows of a circuit where they matter: sizings are drawn for targets at and beyond the front of the rows,
//! measured, and kept, whatever came of them; what is trained on them draws better ones.

use super::generating::of_row;
use super::{
    Awaited, DeviceChoice, DrawSettings, Event, Outcome, Ranking, Recipe, SampleJob, SimulatorConfig,
    TrainJob,
};
use crate::circuit::{Circuit, Region, Sizing, SizingKey};
use crate::dataset::{Counts, Dataset, Sorted};
use crate::sizing::{Front, TrainedModel, roomy_target};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::HashSet;
use std::sync::Arc;

/// Sizings delivered for a target, and how many times as many are drawn.
const A_TARGET: usize = 12;
const TIMES: usize = 4;
/// The part of targets that ask for little, anywhere among the rows.
const ROOMY: f64 = 0.25;
/// Rounds, each drawn from a model of all rows so far.
const ROUNDS: usize = 2;
/// The part of a training that a model between two rounds gets.
const BETWEEN: usize = 3;
/// Targets that are tried for each that rows are missing, before it is given up.
const MOST_TARGETS: usize = 20;

/// What to grow.
pub struct GrowTask {
    /// The circuit.
    pub circuit: Arc<Circuit>,
    /// Its rows.
    pub dataset: Arc<Dataset>,
    /// A model of them.
    pub model: Arc<TrainedModel>,
    /// How it was trained, and how the next ones are.
    pub recipe: Recipe,
    /// Simulations in all.
    pub simulations: usize,
    /// The seed of everything random.
    pub seed: u64,
    /// Where networks are computed.
    pub device: DeviceChoice,
    /// How sizings are simulated.
    pub pool: SimulatorConfig,
}

/// The rows with the new ones.
pub struct Grown {
    /// Old rows, then new ones.
    pub dataset: Dataset,
    /// What happened; new rows are the useful ones.
    pub counts: Counts,
    /// The front of the rows before.
    pub before: Front,
    /// The front of all rows.
    pub after: Front,
}

/// What is told while rows grow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Growing {
    /// So many are simulated.
    Simulated(Counts),
    /// The model of the next round is trained: the part done.
    Training(f64),
}

/// Grows rows. What was measured until it is stopped is kept.
///
/// # Errors
/// A line with the remedy: no simulator, a device that fails, or rows without a front.
pub fn grow(engine: &Awaited, task: &GrowTask, tell: &mut dyn FnMut(Growing)) -> Result<Grown, String> {
    let before = Front::of(&task.circuit, task.dataset.rows.iter().map(|row| &row.performance));
    let mut growth = Growth {
        engine,
        task,
        dataset: (*task.dataset).clone(),
        known: task.dataset.rows.iter().map(|row| row.sizing.key()).collect(),
        counts: Counts::default(),
        rng: ChaCha8Rng::seed_from_u64(task.seed),
    };
    let mut model = Arc::clone(&task.model);
    for round in 1..=ROUNDS {
        growth.round(&model, task.simulations * round / ROUNDS, tell)?;
        if engine.stopped() || round == ROUNDS {
            break;
        }
        model = growth.trained(tell)?;
    }
    let after = Front::of(&task.circuit, growth.dataset.rows.iter().map(|row| &row.performance));
    let (mut dataset, counts) = (growth.dataset, growth.counts);
    if !dataset.outside.is_empty() {
        dataset.provenance.take_outside();
    }
    dataset.provenance.push(
        "grown",
        format!(
            "{} of {} designs drawn for targets at the front of the rows above, seed {}, by sizewright {}",
            counts.useful,
            counts.simulated,
            task.seed,
            env!("CARGO_PKG_VERSION")
        ),
    );
    Ok(Grown { dataset, counts, before, after })
}

struct Growth<'a> {
    engine: &'a Awaited,
    task: &'a GrowTask,
    dataset: Dataset,
    known: HashSet<SizingKey>,
    counts: Counts,
    rng: ChaCha8Rng,
}

impl Growth<'_> {
    /// Draws and measures until so many are simulated in all.
    fn round(
        &mut self,
        model: &Arc<TrainedModel>,
        most: usize,
        tell: &mut dyn FnMut(Growing),
    ) -> Result<(), String> {
        let circuit = &self.task.circuit;
        let front = Front::of(circuit, self.dataset.rows.iter().map(|row| &row.performance));
        let mut targets = MOST_TARGETS * most.div_ceil(A_TARGET);
        while self.counts.simulated < most && targets > 0 && !self.engine.stopped() {
            targets -= 1;
            let Some(at_front) = front.target(circuit, &mut self.rng) else {
                return Err(format!(
                    "the rows of {} have no front: make some with `dataset generate`",
                    circuit.name
                ));
            };
            let specification = if self.rng.random::<f64>() < ROOMY {
                let row = self.rng.random_range(0..self.dataset.rows.len());
                roomy_target(circuit, &self.dataset.rows[row].performance, &mut self.rng)
            } else {
                at_front
            };
            let set = self.engine.sample(SampleJob {
                circuit: Arc::clone(circuit),
                model: Arc::clone(model),
                specification,
                region: Region::default(),
                settings: DrawSettings::of(model),
                count: A_TARGET,
                ranking: Ranking::Oversample(TIMES),
                as_drawn: false,
                seed: self.task.seed.wrapping_add(targets as u64),
                device: self.task.device,
            })?;
            let mut sizings: Vec<Sizing> = set.candidates.iter().map(|c| c.sizing.clone()).collect();
            sizings.retain(|sizing| self.known.insert(sizing.key()));
            sizings.truncate(most - self.counts.simulated);
            let measured =
                self.engine.simulate(circuit, sizings.clone(), self.task.pool.clone(), &mut |_| ())?;
            for (sizing, outcome) in sizings.into_iter().zip(measured.outcomes) {
                if let Some(outcome) = outcome {
                    self.keep(sizing, &outcome);
                }
            }
            tell(Growing::Simulated(self.counts));
        }
        Ok(())
    }

    /// Keeps what was measured as rows are kept.
    fn keep(&mut self, sizing: Sizing, outcome: &Outcome) {
        let circuit = &self.task.circuit;
        let asked = circuit.specifications.first().map(|named| &named.specification);
        match self.counts.sort(circuit, asked, sizing, of_row(outcome)) {
            Sorted::Row(row) => {
                self.counts.useful += 1;
                self.dataset.rows.push(row);
            }
            Sorted::Gaps(row) => self.dataset.gaps.push(row),
            Sorted::Outside(row) => self.dataset.outside.push(row),
            Sorted::Met(_) | Sorted::None => {}
        }
    }

    /// A model of all rows so far, by a shorter training.
    fn trained(&self, tell: &mut dyn FnMut(Growing)) -> Result<Arc<TrainedModel>, String> {
        let recipe = Recipe { epochs: self.task.recipe.epochs.div_ceil(BETWEEN), ..self.task.recipe.clone() };
        let job = TrainJob {
            circuit: Arc::clone(&self.task.circuit),
            dataset: Arc::new(self.dataset.clone()),
            recipe,
            seed: self.task.seed,
            device: self.task.device,
            resume: None,
            beside: None,
            checkpoint: None,
        };
        let (model, _) = self.engine.train(job, &mut |event| {
            match event {
                Event::PerformanceModel { part, .. } => tell(Growing::Training(part / 2.0)),
                Event::Step { step, steps, .. } => {
                    tell(Growing::Training(0.5 + 0.5 * f64::from(*step) / f64::from((*steps).max(1))));
                }
                _ => {}
            }
            !self.engine.stopped()
        })?;
        Ok(model)
    }
}
