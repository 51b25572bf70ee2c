//! What the user has chosen: data only, kept with the session, the same for every circuit.

use super::draft_form::DraftForm;
use super::import_form::ImportForm;
use crate::engine::{
    DeviceChoice, DrawSettings, Preset, Recipe, SampleSettings, SearchSettings, Solver, Strategy, System,
};
use crate::export::Format;
use crate::report::{ReportPlan, Table};
use serde::{Deserialize, Serialize};

/// The recipe's origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PresetChoice {
    /// A preset as it is.
    Preset(Preset),
    /// Edited by hand.
    Custom,
}

/// How to train.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainForm {
    /// The system that is trained.
    pub system: System,
    /// Where the recipe comes from.
    pub preset: PresetChoice,
    /// The recipe that a training started now takes.
    pub recipe: Recipe,
    /// The seed of weights, shuffling and noise.
    pub seed: u64,
    /// The device that trains and samples.
    pub device: DeviceChoice,
}

impl TrainForm {
    /// The rows that a preset's recipe is made for while no circuit is open.
    pub const ROWS_OF_NONE: usize = 1000;

    /// Takes the chosen preset's recipe for the chosen system and `rows` rows; a recipe edited by hand stays, unless
    /// it is of another system.
    pub fn take_preset(&mut self, rows: usize) {
        if self.recipe.system() != self.system && self.preset == PresetChoice::Custom {
            self.preset = PresetChoice::Preset(Preset::Quick);
        }
        if let PresetChoice::Preset(preset) = self.preset {
            self.recipe = preset.recipe(self.system, rows);
        }
    }

    /// Marks the recipe as edited by hand if it is no longer its preset's for `rows` rows.
    pub fn follow_edits(&mut self, rows: usize) {
        if let PresetChoice::Preset(preset) = self.preset
            && preset.recipe(self.system, rows) != self.recipe
        {
            self.preset = PresetChoice::Custom;
        }
    }
}

/// How to sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SampleForm {
    /// Designs delivered.
    pub count: usize,
    /// The solver of the reverse process.
    pub solver: Solver,
    /// The solver's steps.
    pub steps: usize,
    /// The guidance weight.
    pub guidance: f32,
    /// Standard deviations by which the target is tightened.
    pub tighten: f64,
    /// The seed of the noise that designs are drawn from.
    pub seed: u64,
    /// Whether the best of more are delivered, ranked by the performance model.
    pub ranked: bool,
    /// How many times as many designs are drawn and ranked where the best are delivered.
    pub times: usize,
    /// Whether a change of target samples again at once.
    pub live: bool,
    /// Whether designs are measured in ngspice as they come.
    pub measure: bool,
}

impl SampleForm {
    /// How many designs are drawn for each that is delivered; 1 where none is ranked.
    pub fn drawn_for_each(&self) -> usize {
        if self.ranked { self.times.max(1) } else { 1 }
    }

    /// The settings that a model brings: solver, steps, guidance, tightening.
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
    /// The seed of the strategy.
    pub seed: u64,
}

impl Default for SearchForm {
    fn default() -> SearchForm {
        let own = SearchSettings::new(Strategy::ALL[0], 1);
        SearchForm {
            strategy: own.strategy,
            max_simulations: own.max_simulations,
            stop_at_first: own.stop_at_first,
            seed: own.seed,
        }
    }
}

/// What to compare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompareForm {
    /// The table of the paper that is made.
    pub table: Table,
    /// Whether all bundled circuits are compared, rather than the open one.
    pub all: bool,
    /// The recipes of the trained systems.
    pub preset: Preset,
    /// Epochs of every training instead of the preset's.
    pub epochs: Option<usize>,
    /// The shortened form.
    pub quick: bool,
    /// Sizings drawn at a target.
    pub count: usize,
    /// Unseen targets a circuit, at most.
    pub targets: usize,
    /// The folder where it is kept.
    pub folder: String,
}

impl Default for CompareForm {
    fn default() -> CompareForm {
        let home = std::env::home_dir().unwrap_or_default();
        let plan = ReportPlan::new(Table::Two, home.join("sizewright-report"));
        CompareForm {
            table: plan.table,
            all: false,
            preset: plan.preset,
            epochs: plan.epochs,
            quick: true,
            count: plan.count,
            targets: plan.targets,
            folder: plan.out.display().to_string(),
        }
    }
}

/// How rows are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowsForm {
    /// How many.
    pub count: usize,
    /// The seed of the designs that are tried.
    pub seed: u64,
    /// Whether they may take the place of the rows that are there.
    pub replace: bool,
    /// Simulations that rows are grown by.
    pub grow: usize,
}

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SortKey {
    /// As delivered.
    Number,
    /// Feasible first.
    Verdict,
    /// How far inside the targets a design lies, by the one that it comes nearest to missing.
    Margin,
    /// A metric.
    Metric(usize),
    /// A parameter.
    Parameter(usize),
}

/// How designs are looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LookForm {
    /// Whether training rows are laid under.
    pub cloud: bool,
    /// Whether the axes span the designs and the targets rather than all rows.
    pub near: bool,
    /// What designs are coloured by; by their verdict where it is [`SortKey::Verdict`].
    pub colour: SortKey,
    /// The table's order.
    pub sort: SortKey,
    /// Whether the table's order falls.
    pub falling: bool,
}

/// What the user has chosen, whichever circuit is open; nothing in it is lost when a job ends or a circuit goes.
pub struct Forms {
    /// How to train.
    pub train: TrainForm,
    /// How to sample.
    pub sample: SampleForm,
    /// How to search.
    pub search: SearchForm,
    /// What to compare.
    pub compare: CompareForm,
    /// A circuit to be made of decks.
    pub draft: DraftForm,
    /// Rows to be taken from a file.
    pub import: ImportForm,
    /// How rows are made.
    pub rows: RowsForm,
    /// How to look.
    pub look: LookForm,
    /// How many of the first designs are simulated at once.
    pub best: usize,
    /// The export format.
    pub format: Format,
    /// The typed path of a circuit's folder.
    pub circuit_path: String,
    /// The typed path of a project.
    pub project_path: String,
    /// The typed path of a model file.
    pub model_path: String,
    /// The typed path of the exported file.
    pub export_path: String,
    /// The typed folder of a review page.
    pub review_path: String,
    /// Whether a review page is over the circuit's corners too.
    pub review_corners: bool,
    /// The typed path of a plot's picture or data.
    pub plot_path: String,
}

impl Default for Forms {
    fn default() -> Forms {
        let system = System::DmTransformer;
        let recipe = Preset::Quick.recipe(system, TrainForm::ROWS_OF_NONE);
        Forms {
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
                measure: true,
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
            draft: DraftForm::default(),
            import: ImportForm::default(),
            rows: RowsForm { count: 1000, seed: 1, replace: false, grow: 2000 },
            look: LookForm {
                cloud: true,
                near: true,
                colour: SortKey::Verdict,
                sort: SortKey::Margin,
                falling: true,
            },
            best: 20,
            format: Format::Ngspice,
            circuit_path: String::new(),
            project_path: String::new(),
            model_path: String::new(),
            export_path: String::new(),
            review_path: String::new(),
            review_corners: false,
            plot_path: String::new(),
        }
    }
}

impl Default for TrainForm {
    fn default() -> TrainForm {
        Forms::default().train
    }
}

impl Default for SampleForm {
    fn default() -> SampleForm {
        Forms::default().sample
    }
}

impl Default for LookForm {
    fn default() -> LookForm {
        Forms::default().look
    }
}
