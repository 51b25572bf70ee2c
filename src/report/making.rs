//! Making the cells of a report: what a system does on a circuit, measured once and kept.

use super::measured::{Best, Drawn, Searched, Trained};
use super::models::{self, Opened};
use super::output::write;
use super::paper::Paper;
use super::plan::{ReportPlan, Told, sizes};
use crate::circuit::{Circuit, Identity, Performance, Region, Score, Sizing, SizingKey, Specification};
use crate::dataset::{self, Dataset, text_hash};
use crate::engine::{
    Awaited, Candidate, DrawSettings, Ranking, Recipe, SampleJob, SampleSet, SearchJob, SearchSettings,
    Strategy, System, TrainedModel, known_by, testbench_hash, testbench_text,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// The file of a circuit's rows and those grown at their front.
const GROWN: &str = "grown.csv";

/// What a file of the report keeps.
#[derive(Serialize, Deserialize)]
struct Kept<T> {
    /// A hash of all that the content depends on.
    key: String,
    content: T,
}

/// A report being made: what it covers, who does the work, and who hears of it.
pub(super) struct Making<'a> {
    pub plan: &'a ReportPlan,
    pub engine: &'a Awaited,
    pub tell: &'a mut dyn FnMut(Told),
}

impl<'a> Making<'a> {
    pub(crate) fn new(
        plan: &'a ReportPlan,
        engine: &'a Awaited,
        tell: &'a mut dyn FnMut(Told),
    ) -> Making<'a> {
        Making { plan, engine, tell }
    }

    /// Opens a circuit and its rows.
    pub(crate) fn open(&mut self, name: &str) -> Result<Opened, String> {
        let circuit = Circuit::open(name).map_err(|e| e.to_string())?;
        let rows = self.rows(&circuit, &circuit.dataset)?;
        let paper = Paper::of(&circuit)?.map(Arc::new);
        Ok(Opened { circuit: Arc::new(circuit), rows, paper })
    }

    /// Opens a circuit with its rows and those grown at their front, where these lie beside them.
    pub(crate) fn open_grown(&mut self, name: &str) -> Result<Opened, String> {
        let opened = self.open(name)?;
        let grown = opened.circuit.dataset.with_file_name(GROWN);
        if !grown.is_file() {
            return Ok(opened);
        }
        Ok(Opened { rows: self.rows(&opened.circuit, &grown)?, ..opened })
    }

    fn rows(&mut self, circuit: &Circuit, file: &Path) -> Result<Arc<Dataset>, String> {
        let loaded = dataset::read(circuit, file).map_err(|e| e.to_string())?;
        if let Some(left_out) = loaded.left_out(file) {
            if loaded.dataset.rows.is_empty() {
                return Err(left_out);
            }
            self.done(left_out);
        }
        let bench = testbench_hash(circuit).map_err(|e| e.to_string())?;
        if let Some(other) = loaded.dataset.provenance.other_testbench(circuit, &bench) {
            self.done(format!("{}: {other}", file.display()));
        }
        Ok(Arc::new(loaded.dataset))
    }

    /// The target of Table II: the circuit's first named specification.
    fn target(opened: &Opened) -> Result<&Specification, String> {
        let first = opened.circuit.specifications.first().map(|named| &named.specification);
        first.ok_or_else(|| {
            format!("{} names no specification: add one to its circuit.ron", opened.circuit.name)
        })
    }

    /// A trained system's cell.
    pub(crate) fn trained(&mut self, opened: &Opened, system: System) -> Result<Trained, String> {
        let target = Self::target(opened)?.clone();
        let model = self.model(opened, system)?;
        let on = format!("{} {} {}", drawn_by(&model.recipe), self.plan.count, self.plan.oversample);
        let name = self.plan.stem(&opened.circuit.name, system.name());
        let key = key(opened, self.plan.seed, &target, &on)?;
        self.kept(&name, &key, |making| {
            making.begins(format!("{}: {} draws and ngspice judges", opened.circuit.name, system.title()));
            let raw = making.drawn(opened, &model, &target, Ranking::Raw)?;
            let ranked = making
                .plan
                .ranks()
                .then(|| making.drawn(opened, &model, &target, Ranking::Oversample(making.plan.oversample)));
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
            making.done(format!(
                "{}: {} raw {feasible} of {count} feasible{ranked}",
                opened.circuit.name,
                system.title()
            ));
            Ok(cell)
        })
    }

    /// The searches of a circuit.
    pub(crate) fn searches(&mut self, opened: &Opened) -> Result<Vec<Searched>, String> {
        let target = Self::target(opened)?.clone();
        let mut cells = Vec::new();
        for &strategy in self.plan.strategies() {
            let settings = SearchSettings::new(strategy, self.plan.seed);
            let key = key(opened, self.plan.seed, &target, &format!("{settings:?}"))?;
            let name = format!("{}-{}", opened.circuit.name, strategy.name());
            cells.push(self.kept(&name, &key, |making| making.search(opened, strategy, &target))?);
        }
        Ok(cells)
    }

    /// The trained model of a system: found or made.
    pub(crate) fn model(&mut self, opened: &Opened, system: System) -> Result<Arc<TrainedModel>, String> {
        // the first system's performance model serves the others
        let lender = match system {
            System::DmTransformer => None,
            _ => Some(self.model(opened, System::DmTransformer)?),
        };
        models::model(self.plan, self.engine, opened, system, lender.as_ref(), self.tell)
    }

    /// Draws for a target and simulates all that is delivered.
    pub(crate) fn drawn(
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
            as_drawn: false,
            seed: self.plan.seed,
            device: self.plan.device,
        })?;
        let (candidates, simulation_s) = self.measured(opened, &set)?;
        let times = if let Ranking::Oversample(times) = ranking { times } else { 1 };
        let distinct: HashSet<SizingKey> = candidates.iter().map(|c| c.sizing.key()).collect();
        Ok(Drawn {
            delivered: candidates.len(),
            drawn: self.plan.count * times,
            feasible: candidates.iter().filter(|c| c.feasible(target) == Some(true)).count(),
            failed: candidates.iter().filter(|c| c.measured().is_none()).count(),
            distinct: distinct.len(),
            seconds: set.seconds,
            simulation_s,
            best: best(&opened.circuit, target, &candidates),
        })
    }

    /// Simulates all that is delivered; with the seconds that it took.
    pub(crate) fn measured(&self, opened: &Opened, set: &SampleSet) -> Result<(Vec<Candidate>, f64), String> {
        let mut candidates = set.candidates.clone();
        let sizings: Vec<Sizing> = candidates.iter().map(|c| c.sizing.clone()).collect();
        let config = self.plan.simulator.clone();
        let measured = self.engine.simulate(&opened.circuit, sizings, config, &mut |_| ())?;
        self.go_on()?;
        for (candidate, outcome) in candidates.iter_mut().zip(measured.outcomes) {
            candidate.simulated = outcome;
        }
        Ok((candidates, measured.seconds))
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
            corners: Vec::new(),
            known: Vec::new(),
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

    pub(crate) fn begins(&mut self, what: String) {
        (self.tell)(Told::Begins(what));
    }

    pub(crate) fn done(&mut self, what: String) {
        (self.tell)(Told::Done(what));
    }

    /// An error once it was asked to stop: half a cell is no cell.
    pub(crate) fn go_on(&self) -> Result<(), String> {
        if self.engine.stopped() {
            return Err("stopped: what is done is kept; the same command goes on".to_owned());
        }
        Ok(())
    }

    /// The cell kept under `name` if it has this key, else a new one, which is kept.
    pub(crate) fn kept<T: Serialize + DeserializeOwned>(
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
        let text = serde_json::to_string_pretty(&kept).map_err(|e| format!("{file}: {e}"))?;
        write(&folder, &file, text.as_bytes())?;
        // as the next run finds it, to the last digit
        let read: Kept<T> = serde_json::from_str(&text).map_err(|e| format!("{file}: {e}"))?;
        Ok(read.content)
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
pub(super) struct AsAsked<'a>(pub &'a Recipe);

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
pub(super) fn key(opened: &Opened, seed: u64, target: &Specification, on: &str) -> Result<String, String> {
    let circuit = &opened.circuit;
    let testbench = testbench_text(circuit).map_err(|e| e.to_string())?;
    let (identity, rows) = (Identity::of(circuit), opened.rows.hash());
    Ok(text_hash(&format!("{identity}\n{testbench}\n{rows}\n{target:?}\n{seed}\n{on}")))
}
