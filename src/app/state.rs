//! What the user has chosen ([`UserState`]) apart from what is open and running ([`SystemState`]).

use super::compare::{CompareForm, Compared, Comparing};
use super::messages::Messages;
use crate::circuit::{Circuit, Region, Sizing, SizingKey, Specification};
use crate::dataset::Loaded;
use crate::engine::{
    Candidate, DeviceChoice, DrawSettings, Failure, JobId, Learning, Preset, Recipe, SampleSettings,
    SearchResult, Searching, Simulated, Solver, Strategy, System, TrainedModel,
};
use crate::export::Format;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// What fills the centre.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tab {
    /// Drawn designs against the specification.
    Designs,
    /// Losses.
    Training,
    /// The convergence of a search.
    Search,
    /// The paper's tables, rebuilt.
    Compare,
    /// Parameters, metrics, rows.
    Circuit,
}

/// The recipe's origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PresetChoice {
    /// As it is.
    Preset(Preset),
    /// Edited by hand.
    Custom,
}

/// How to train.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainForm {
    /// Which system.
    pub system: System,
    /// Where the recipe comes from.
    pub preset: PresetChoice,
    /// The recipe.
    pub recipe: Recipe,
    /// The seed.
    pub seed: u64,
    /// The device, of sampling too.
    pub device: DeviceChoice,
}

/// How to sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SampleForm {
    /// How many to deliver.
    pub count: usize,
    /// The solver.
    pub solver: Solver,
    /// Its steps.
    pub steps: usize,
    /// The guidance weight.
    pub guidance: f32,
    /// Standard deviations by which the target is tightened.
    pub tighten: f64,
    /// The seed.
    pub seed: u64,
    /// Whether the best of more are delivered, ranked by the performance model.
    pub ranked: bool,
    /// Of how many times as many.
    pub times: usize,
    /// Whether a change of target samples again at once.
    pub live: bool,
}

impl SampleForm {
    /// What of it is a model's own to say.
    pub fn drawing(&self) -> DrawSettings {
        let sampling = SampleSettings { solver: self.solver, steps: self.steps, guidance: self.guidance };
        DrawSettings { sampling, tighten: self.tighten, aimed: true }
    }

    /// Takes over all of how a model is drawn from.
    pub fn draw_as(&mut self, settings: DrawSettings) {
        let DrawSettings { sampling: SampleSettings { solver, steps, guidance }, tighten, .. } = settings;
        (self.solver, self.steps, self.guidance, self.tighten) = (solver, steps, guidance, tighten);
    }
}

/// How to search; every strategy by its own population.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SearchForm {
    /// How the next designs are chosen.
    pub strategy: Strategy,
    /// No more designs than this are simulated.
    pub max_simulations: usize,
    /// Whether the first feasible design ends it.
    pub stop_at_first: bool,
    /// The seed.
    pub seed: u64,
}

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SortKey {
    /// As delivered.
    Number,
    /// Feasible first.
    Verdict,
    /// A metric.
    Metric(usize),
    /// A parameter.
    Parameter(usize),
}

/// How the designs are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum View {
    /// Every pair of metrics.
    Scatter,
    /// Three metrics, in space.
    Space,
    /// Metrics and parameters side by side.
    Parallel,
}

/// How designs are looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LookForm {
    /// Whether training rows are laid under.
    pub cloud: bool,
    /// Whether the axes span the designs and the targets rather than all rows.
    pub near: bool,
    /// The table's order.
    pub sort: SortKey,
    /// Whether it falls.
    pub falling: bool,
    /// How the designs are drawn.
    pub view: View,
}

/// What the user has chosen; nothing in it is lost when a job ends.
pub struct UserState {
    /// What fills the centre.
    pub tab: Tab,
    /// The targets.
    pub targets: Specification,
    /// Where designs are drawn and searched.
    pub region: Region,
    /// The last value of each metric's bound, for one that was switched off and comes back.
    pub remembered: Vec<f64>,
    /// How to train.
    pub train: TrainForm,
    /// How to sample.
    pub sample: SampleForm,
    /// How to search.
    pub search: SearchForm,
    /// What to compare.
    pub compare: CompareForm,
    /// How to look.
    pub look: LookForm,
    /// The selected design.
    pub selected: Option<usize>,
    /// How many of the first designs are simulated at once.
    pub best: usize,
    /// The export format.
    pub format: Format,
    /// The typed paths: circuit, model, export.
    pub circuit_path: String,
    /// Of a model file.
    pub model_path: String,
    /// Of the exported file.
    pub export_path: String,
    /// Of a plot's picture or data.
    pub plot_path: String,
}

impl Default for UserState {
    fn default() -> UserState {
        let system = System::DmTransformer;
        let recipe = Preset::Quick.recipe(system, SystemState::default().rows());
        UserState {
            tab: Tab::Designs,
            targets: Specification::default(),
            region: Region::default(),
            remembered: Vec::new(),
            sample: SampleForm {
                count: 100,
                solver: Solver::DpmSolver,
                steps: recipe.sampling_steps,
                guidance: recipe.guidance,
                tighten: recipe.tighten,
                seed: 1,
                ranked: true,
                times: 5,
                live: true,
            },
            train: TrainForm {
                system,
                preset: PresetChoice::Preset(Preset::Quick),
                recipe,
                seed: 1,
                device: DeviceChoice::Auto,
            },
            search: SearchForm::default(),
            compare: CompareForm::default(),
            look: LookForm {
                cloud: true,
                near: false,
                sort: SortKey::Number,
                falling: false,
                view: View::Scatter,
            },
            selected: None,
            best: 20,
            format: Format::Ngspice,
            circuit_path: String::new(),
            model_path: String::new(),
            export_path: String::new(),
            plot_path: String::new(),
        }
    }
}

impl Default for TrainForm {
    fn default() -> TrainForm {
        UserState::default().train
    }
}

impl Default for SampleForm {
    fn default() -> SampleForm {
        UserState::default().sample
    }
}

impl Default for LookForm {
    fn default() -> LookForm {
        UserState::default().look
    }
}

/// A circuit with its rows.
pub struct OpenCircuit {
    /// The circuit.
    pub circuit: Arc<Circuit>,
    /// Its rows; none if there is no file or it was refused.
    pub rows: Arc<crate::dataset::Dataset>,
    /// Which rows were refused and why.
    pub refused: Vec<crate::dataset::RowError>,
    /// Each metric's smallest and largest value in the rows.
    pub seen: Vec<Option<(f64, f64)>>,
}

impl OpenCircuit {
    /// Joins what was read.
    pub fn new(circuit: Circuit, loaded: Option<Loaded>) -> OpenCircuit {
        let (rows, refused) = loaded.map(|l| (l.dataset, l.refused)).unwrap_or_default();
        let range = |m: usize| {
            let values = rows.rows.iter().map(|r| r.performance.0[m]);
            values.fold(None, |range: Option<(f64, f64)>, v| {
                Some(range.map_or((v, v), |(low, high)| (low.min(v), high.max(v))))
            })
        };
        let seen = (0..circuit.metrics.len()).map(range).collect();
        OpenCircuit { circuit: Arc::new(circuit), rows: Arc::new(rows), refused, seen }
    }

    /// A metric's range in the rows, else its legal range.
    pub fn range(&self, metric: usize) -> (f64, f64) {
        self.seen[metric].filter(|(low, high)| low < high).unwrap_or(self.circuit.metrics[metric].legal)
    }
}

/// A model to sample from.
pub struct ModelInHand {
    /// The model.
    pub model: Arc<TrainedModel>,
    /// What it is called in exported files and on screen.
    pub name: String,
}

/// Drawn designs.
pub struct Designs {
    /// What they were drawn for.
    pub specification: Specification,
    /// The designs, as delivered.
    pub candidates: Vec<Candidate>,
    /// Seconds it took.
    pub seconds: f64,
    /// The device.
    pub device: String,
    /// The seed.
    pub seed: u64,
    /// The model's name.
    pub model: String,
    /// The times as many of which these are the best; 1 for raw.
    pub of: usize,
}

/// A training under way.
pub struct Training {
    /// Which job of the engine's.
    pub job: JobId,
    /// Steps taken and steps in all.
    pub step: u32,
    /// Steps in all; 0 until the first one is taken.
    pub steps: u32,
    /// The last loss.
    pub loss: f32,
    /// The last learning rate.
    pub learning_rate: f32,
    /// Augmented rows a second.
    pub rate: f64,
    /// The part done of the performance model, which comes before or after the denoiser.
    pub performance_model: Option<f64>,
    /// When stepping began or was resumed, and at which step: what the time left is told from.
    pub pace: Option<(Instant, u32)>,
    /// Whether it waits.
    pub paused: bool,
    /// Whether Stop was asked for.
    pub stopping: bool,
}

/// A request for designs under way.
pub struct Sampling {
    /// Which job of the engine's.
    pub job: JobId,
    /// When it was sent.
    pub since: Instant,
    /// The seed, the model's name and the times as many of which the best are delivered.
    pub seed: u64,
    /// The model's name.
    pub model: String,
    /// See [`Designs::of`].
    pub of: usize,
}

/// A simulation under way or the last one.
pub struct Simulation {
    /// Which job of the engine's.
    pub job: JobId,
    /// What is measured.
    pub sizings: Vec<Sizing>,
    /// How many are done.
    pub done: usize,
    /// How many of these failed.
    pub failed: usize,
    /// When it was sent.
    pub since: Instant,
    /// Seconds it took, once it has ended.
    pub ended: Option<f64>,
    /// Whether Cancel was asked for.
    pub cancelled: bool,
}

/// A search under way.
pub struct Search {
    /// Which job of the engine's.
    pub job: JobId,
    /// When it was sent.
    pub since: Instant,
    /// No more designs than this are simulated.
    pub most: usize,
    /// Whether Stop was asked for.
    pub stopping: bool,
}

/// What is known of ngspice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ngspice {
    /// Being looked for.
    Unknown,
    /// Its version.
    Found(String),
    /// Why not, and how to install it.
    Missing(String),
}

/// What is open and running.
pub struct SystemState {
    /// The circuit.
    pub open: Option<OpenCircuit>,
    /// What is being opened.
    pub opening: Option<String>,
    /// The model.
    pub model: Option<ModelInHand>,
    /// The designs.
    pub designs: Option<Designs>,
    /// What ngspice said of a sizing, by the bits of its values: a result depends on them alone.
    pub measured: HashMap<SizingKey, Result<Simulated, Failure>>,
    /// The training under way.
    pub training: Option<Training>,
    /// The losses.
    pub learning: Arc<Learning>,
    /// The request under way.
    pub sampling: Option<Sampling>,
    /// Whether another is to be sent after it.
    pub resample: bool,
    /// The simulation under way or the last one.
    pub simulation: Option<Simulation>,
    /// The search under way.
    pub search: Option<Search>,
    /// How far it is, or how far the last one came.
    pub searching: Arc<Searching>,
    /// What the last one found.
    pub found: Option<Arc<SearchResult>>,
    /// The comparison under way.
    pub comparing: Option<Comparing>,
    /// The last one made.
    pub compared: Option<Compared>,
    /// The device's name, once one was made ready.
    pub device: Option<String>,
    /// What is known of ngspice.
    pub ngspice: Ngspice,
    /// Messages not dismissed.
    pub messages: Messages,
    /// Which file dialog is open.
    pub dialog: Option<super::background::Purpose>,
    /// The targets' counts of rows, kept while nothing changes.
    pub counts: Option<(Specification, Vec<usize>, usize)>,
    /// Where the model was last saved.
    pub saved: Option<PathBuf>,
}

impl Default for SystemState {
    fn default() -> SystemState {
        SystemState {
            open: None,
            opening: None,
            model: None,
            designs: None,
            measured: HashMap::new(),
            training: None,
            learning: Arc::new(Learning::default()),
            sampling: None,
            resample: false,
            simulation: None,
            search: None,
            searching: Arc::default(),
            found: None,
            comparing: None,
            compared: None,
            device: None,
            ngspice: Ngspice::Unknown,
            messages: Messages::default(),
            dialog: None,
            counts: None,
            saved: None,
        }
    }
}

impl SystemState {
    /// Rows of the open dataset; a thousand where none is open, to have a recipe at all.
    pub fn rows(&self) -> usize {
        self.open.as_ref().map_or(1000, |open| open.rows.rows.len())
    }

    /// Whether ngspice is at work.
    pub fn simulating(&self) -> bool {
        self.simulation.as_ref().is_some_and(|s| s.ended.is_none())
    }

    /// How many rows meet each bound of `targets`, and how many meet all.
    pub fn met(&mut self, targets: &Specification) -> (Vec<usize>, usize) {
        if let Some((of, each, all)) = &self.counts
            && of == targets
        {
            return (each.clone(), *all);
        }
        let Some(open) = &self.open else {
            return (vec![0; targets.bounds.len()], 0);
        };
        let (each, all) = open.rows.met(targets);
        self.counts = Some((targets.clone(), each.clone(), all));
        (each, all)
    }

    /// The selected design.
    pub fn design(&self, selected: Option<usize>) -> Option<&Candidate> {
        self.designs.as_ref()?.candidates.get(selected?)
    }
}
