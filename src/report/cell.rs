//! The cells of a report: what a system does on a circuit, measured once and kept.

use super::models::{self, Opened};
use super::plan::{Plan, Told, sizes};
use super::unseen::{self, Unseen};
use super::write;
use crate::circuit::{Circuit, Identity, Performance, Region, Score, Sizing, Specification};
use crate::dataset::{self, text_hash};
use crate::engine::{
    Awaited, Candidate, DrawSettings, Ranking, Recipe, SampleJob, SearchJob, SearchSettings, Strategy,
    System, TrainedModel, known_by, testbench_hash, testbench_text,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The best design of a set: feasible with the largest worst margin or, if none is, the closest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// In SI units.
    pub parameters: BTreeMap<String, f64>,
    /// As ngspice measured it, in SI units, in the order of the circuit's metrics.
    pub metrics: Vec<f64>,
    /// Whether it meets every bound.
    pub feasible: bool,
}

/// What came of drawing for one target and simulating all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drawn {
    /// Sizings delivered and simulated.
    pub delivered: usize,
    /// Of so many drawn.
    pub drawn: usize,
    /// Feasible in ngspice.
    pub feasible: usize,
    /// Without a measurement.
    pub failed: usize,
    /// Different sizings among the delivered.
    pub distinct: usize,
    /// Seconds to draw and rank.
    pub seconds: f64,
    /// Seconds in ngspice.
    pub simulation_s: f64,
    /// The best one; none where nothing could be measured.
    pub best: Option<Best>,
}

/// A trained system on a circuit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trained {
    /// The system's name on the command line.
    pub system: String,
    /// The sizes of its network.
    pub sizes: String,
    /// Its learnable weights.
    pub weights: usize,
    /// Steps of its training.
    pub steps: u32,
    /// Seconds of its training.
    pub train_s: f64,
    /// Seconds of the performance model's.
    pub performance_s: f64,
    /// The device that trained it.
    pub device: String,
    /// Drawn as it comes.
    pub raw: Drawn,
    /// Ranked by the performance model; the paper's own recipes have none.
    pub ranked: Option<Drawn>,
}

/// A search on a circuit up to its first feasible design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Searched {
    /// The strategy's name on the command line.
    pub strategy: String,
    /// Simulations that it may have used.
    pub most: usize,
    /// Simulations that it used.
    pub simulations: usize,
    /// Seconds that they took.
    pub seconds: f64,
    /// Simulations and seconds to the first feasible design.
    pub first_feasible: Option<(usize, f64)>,
    /// The best design.
    pub best: Best,
}

/// What a file of the report keeps.
#[derive(Serialize, Deserialize)]
struct Kept<T> {
    /// A hash of all that the content depends on.
    key: String,
    content: T,
}

/// The report being made.
pub(super) struct Work<'a> {
    pub plan: &'a Plan,
    pub engine: &'a Awaited,
    pub tell: &'a mut dyn FnMut(Told),
}

impl<'a> Work<'a> {
    pub fn new(plan: &'a Plan, engine: &'a Awaited, tell: &'a mut dyn FnMut(Told)) -> Work<'a> {
        Work { plan, engine, tell }
    }

    /// Opens a circuit and its rows.
    pub fn open(&mut self, name: &str) -> Result<Opened, String> {
        let circuit = Circuit::open(name).map_err(|e| e.to_string())?;
        let loaded = dataset::read(&circuit, &circuit.dataset).map_err(|e| e.to_string())?;
        if let Some(left_out) = loaded.left_out(&circuit.dataset) {
            if loaded.dataset.rows.is_empty() {
                return Err(left_out);
            }
            self.done(left_out);
        }
        let bench = testbench_hash(&circuit).map_err(|e| e.to_string())?;
        if let Some(other) = loaded.dataset.provenance.other_testbench(&circuit, &bench) {
            self.done(format!("{}: {other}", circuit.dataset.display()));
        }
        Ok(Opened { circuit: Arc::new(circuit), rows: Arc::new(loaded.dataset) })
    }

    /// The target of Table II: the circuit's first named specification.
    fn target(opened: &Opened) -> Result<&Specification, String> {
        let first = opened.circuit.specifications.first().map(|named| &named.specification);
        first.ok_or_else(|| {
            format!("{} names no specification: add one to its circuit.ron", opened.circuit.name)
        })
    }

    /// A trained system's cell.
    pub fn trained(&mut self, opened: &Opened, system: System) -> Result<Trained, String> {
        let target = Self::target(opened)?.clone();
        let model = self.model(opened, system)?;
        let on = format!("{} {} {}", drawn_by(&model.recipe), self.plan.count, self.plan.oversample);
        let quick = if self.plan.quick { "-quick" } else { "" };
        let name = format!("{}-{}-{}{quick}", opened.circuit.name, system.name(), self.plan.preset.name());
        let key = key(opened, self.plan.seed, &target, &on)?;
        self.kept(&name, &key, |work| {
            work.begins(format!("{}: {} draws and ngspice judges", opened.circuit.name, system.title()));
            let raw = work.drawn(opened, &model, &target, Ranking::Raw)?;
            let ranked = work
                .plan
                .ranks()
                .then(|| work.drawn(opened, &model, &target, Ranking::Oversample(work.plan.oversample)));
            let cell = Trained {
                system: system.name().to_owned(),
                sizes: sizes(&model.recipe),
                weights: model.parameters(),
                steps: model.learning.steps,
                train_s: model.learning.seconds - model.learning.performance_seconds,
                performance_s: model.learning.performance_seconds,
                device: model.device.clone(),
                raw,
                ranked: ranked.transpose()?,
            };
            let ranked = cell.ranked.as_ref();
            let ranked =
                ranked.map_or(String::new(), |d| format!(", ranked {} of {}", d.feasible, d.delivered));
            let (feasible, count) = (cell.raw.feasible, cell.raw.delivered);
            work.done(format!(
                "{}: {} raw {feasible} of {count} feasible{ranked}",
                opened.circuit.name,
                system.title()
            ));
            Ok(cell)
        })
    }

    /// The searches of a circuit.
    pub fn searches(&mut self, opened: &Opened) -> Result<Vec<Searched>, String> {
        let target = Self::target(opened)?.clone();
        let mut cells = Vec::new();
        for &strategy in self.plan.strategies() {
            let settings = SearchSettings::new(strategy, self.plan.seed);
            let key = key(opened, self.plan.seed, &target, &format!("{settings:?}"))?;
            let name = format!("{}-{}", opened.circuit.name, strategy.name());
            cells.push(self.kept(&name, &key, |work| work.search(opened, strategy, &target))?);
        }
        Ok(cells)
    }

    /// Unseen targets of a circuit.
    pub fn unseen(&mut self, opened: &Opened) -> Result<Unseen, String> {
        let models: Vec<Arc<TrainedModel>> =
            System::ALL.into_iter().map(|system| self.model(opened, system)).collect::<Result<_, _>>()?;
        let recipe = |r: &Recipe| format!("({}, {:?})", known_by(r), AsAsked(r));
        let recipes = models.iter().map(|m| recipe(&m.recipe)).collect::<Vec<_>>().join(", ");
        let on = format!("[{recipes}] {} {} {}", self.plan.count, self.plan.oversample, self.plan.unseen());
        let quick = if self.plan.quick { "-quick" } else { "" };
        let name = format!("{}-unseen-{}{quick}", opened.circuit.name, self.plan.preset.name());
        let key = key(opened, self.plan.seed, &Specification::default(), &on)?;
        self.kept(&name, &key, |work| unseen::measure(work, opened, &models))
    }

    fn model(&mut self, opened: &Opened, system: System) -> Result<Arc<TrainedModel>, String> {
        // the first system's performance model serves the others
        let lender = match system {
            System::DmTransformer => None,
            _ => Some(self.model(opened, System::DmTransformer)?),
        };
        models::model(self.plan, self.engine, opened, system, lender.as_ref(), self.tell)
    }

    /// Draws for a target and simulates all that is delivered.
    pub fn drawn(
        &mut self,
        opened: &Opened,
        model: &Arc<TrainedModel>,
        target: &Specification,
        ranking: Ranking,
    ) -> Result<Drawn, String> {
        let set = self.engine.sample(SampleJob {
            circuit: Arc::clone(&opened.circuit),
            model: Arc::clone(model),
            specification: target.clone(),
            region: Region::default(),
            settings: AsAsked(&model.recipe).settings(),
            count: self.plan.count,
            ranking,
            seed: self.plan.seed,
            device: self.plan.device,
        })?;
        let sizings: Vec<Sizing> = set.candidates.iter().map(|c| c.sizing.clone()).collect();
        let config = self.plan.simulator.clone();
        let measured = self.engine.simulate(&opened.circuit, sizings, config, &mut |_| ())?;
        self.go_on()?;
        let mut candidates = set.candidates.clone();
        for (candidate, outcome) in candidates.iter_mut().zip(&measured.outcomes) {
            candidate.simulated = outcome.clone();
        }
        let times = if let Ranking::Oversample(times) = ranking { times } else { 1 };
        let distinct: std::collections::HashSet<Vec<u64>> =
            candidates.iter().map(|c| c.sizing.0.iter().map(|v| v.to_bits()).collect()).collect();
        Ok(Drawn {
            delivered: candidates.len(),
            drawn: self.plan.count * times,
            feasible: candidates.iter().filter(|c| c.feasible(target) == Some(true)).count(),
            failed: candidates.iter().filter(|c| c.measured().is_none()).count(),
            distinct: distinct.len(),
            seconds: set.seconds,
            simulation_s: measured.seconds,
            best: best(&opened.circuit, target, &candidates),
        })
    }

    fn search(
        &mut self,
        opened: &Opened,
        strategy: Strategy,
        target: &Specification,
    ) -> Result<Searched, String> {
        let settings = SearchSettings::new(strategy, self.plan.seed);
        let most = settings.max_simulations;
        self.begins(format!("{}: search by {}", opened.circuit.name, strategy.name()));
        let job = SearchJob {
            circuit: Arc::clone(&opened.circuit),
            specification: target.clone(),
            region: Region::default(),
            settings,
            pool: self.plan.simulator.clone(),
        };
        let tell = &mut *self.tell;
        let found = self.engine.search(job, &mut |simulations, _, _, _| {
            tell(Told::Part(simulations as f64 / most as f64));
        })?;
        self.go_on()?;
        let first = found.first_feasible;
        self.done(match first {
            Some((n, s)) => {
                format!(
                    "{}: {} feasible after {n} simulations, {s:.1} s",
                    opened.circuit.name,
                    strategy.name()
                )
            }
            None => format!("{}: {} found nothing feasible", opened.circuit.name, strategy.name()),
        });
        Ok(Searched {
            strategy: strategy.name().to_owned(),
            most,
            simulations: found.simulations,
            seconds: found.seconds,
            first_feasible: first,
            best: Best {
                parameters: found.best.sizing.by_name(&opened.circuit),
                metrics: found.best.simulated.performance().0.clone(),
                feasible: found.best.score.feasible(),
            },
        })
    }

    pub fn begins(&mut self, what: String) {
        (self.tell)(Told::Begins(what));
    }

    pub fn done(&mut self, what: String) {
        (self.tell)(Told::Done(what));
    }

    /// An error once it was asked to stop: half a cell is no cell.
    pub fn go_on(&self) -> Result<(), String> {
        if self.engine.stopped() {
            return Err("stopped: what is done is kept; the same command goes on".to_owned());
        }
        Ok(())
    }

    /// The cell kept under `name` if it has this key, else a new one, which is kept.
    fn kept<T: Serialize + DeserializeOwned>(
        &mut self,
        name: &str,
        key: &str,
        make: impl FnOnce(&mut Self) -> Result<T, String>,
    ) -> Result<T, String> {
        let folder = self.plan.out.join("cells");
        let file = format!("{name}.json");
        let text = std::fs::read_to_string(folder.join(&file)).unwrap_or_default();
        // a cell that cannot be read is measured anew
        if let Some(kept) = serde_json::from_str::<Kept<T>>(&text).ok().filter(|kept| kept.key == key) {
            return Ok(kept.content);
        }
        let kept = Kept { key: key.to_owned(), content: make(self)? };
        std::fs::create_dir_all(&folder).map_err(|e| format!("cannot make {}: {e}", folder.display()))?;
        let text = serde_json::to_string_pretty(&kept).map_err(|e| format!("{file}: {e}"))?;
        write(&folder, &file, text.as_bytes())?;
        Ok(kept.content)
    }
}

/// The best measured candidate.
fn best(circuit: &Circuit, target: &Specification, candidates: &[Candidate]) -> Option<Best> {
    let cost = |p: &Performance| Score::of(circuit, target, p).cost();
    let measured = candidates.iter().filter_map(|c| Some((c, c.measured()?)));
    let (candidate, performance) = measured.min_by(|a, b| cost(a.1).total_cmp(&cost(b.1)))?;
    Some(Best {
        parameters: candidate.sizing.by_name(circuit),
        metrics: performance.0.clone(),
        feasible: target.met_by(performance),
    })
}

/// How the tables draw from a model: each system is asked for the target as it is. Its text is what kept cells are
/// known by.
struct AsAsked<'a>(&'a Recipe);

impl AsAsked<'_> {
    fn settings(&self) -> DrawSettings {
        DrawSettings { aimed: false, ..DrawSettings::by(self.0) }
    }
}

impl std::fmt::Debug for AsAsked<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let DrawSettings { sampling, tighten, .. } = self.settings();
        f.debug_struct("DrawSettings").field("sampling", &sampling).field("tighten", &tighten).finish()
    }
}

/// What a model of this recipe and its draws are known by.
fn drawn_by(recipe: &Recipe) -> String {
    format!("{} {:?}", known_by(recipe), AsAsked(recipe))
}

/// All that a cell depends on beside the program.
fn key(opened: &Opened, seed: u64, target: &Specification, on: &str) -> Result<String, String> {
    let circuit = &opened.circuit;
    let testbench = testbench_text(circuit).map_err(|e| e.to_string())?;
    let (identity, rows) = (Identity::of(circuit), opened.rows.hash());
    Ok(text_hash(&format!("{identity}\n{testbench}\n{rows}\n{target:?}\n{seed}\n{on}")))
}
