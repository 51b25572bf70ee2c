//! What a report covers and how much work it may be.

use super::sheet::{Paragraph, Span};
use crate::choice::choices;
use crate::engine::{Architecture, DeviceChoice, Preset, Recipe, SimulatorConfig, Strategy, System};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Table {
    /// Parameters, rows and training times.
    One,
    /// The designs of each system at the paper's targets.
    Two,
    /// Feasible of 100 at targets of held-out designs.
    Generalisation,
    /// Targets near what a circuit can do, and beyond it.
    Frontier,
}

choices!(Table, "report": One "table1", Two "table2", Generalisation "generalisation", Frontier "frontier");

impl Table {
    /// What the report is on, in a few words.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Table::One => "rows and training times",
            Table::Two => "the designs of each system at the paper's targets",
            Table::Generalisation => "targets of held-out designs",
            Table::Frontier => "targets near what a circuit can do, and beyond it",
        }
    }
}

/// A report to make.
#[derive(Clone, Debug)]
pub(crate) struct ReportPlan {
    /// Which table.
    pub table: Table,
    /// Bundled names or folders.
    pub circuits: Vec<String>,
    /// The recipes of the trained systems.
    pub preset: Preset,
    /// Epochs of every training instead of the preset's, to shorten it.
    pub epochs: Option<usize>,
    /// A shortened form: a tenth of the trainings' steps (bundled models are taken as they are) and few
    /// unseen targets. The report says so.
    pub quick: bool,
    /// The seed of trainings, draws and searches.
    pub seed: u64,
    /// Where trainings run.
    pub device: DeviceChoice,
    /// Sizings drawn at a target.
    pub count: usize,
    /// How many times as many are drawn for the ranked set.
    pub oversample: usize,
    /// Unseen targets a circuit, at most.
    pub targets: usize,
    /// How sizings are simulated.
    pub simulator: SimulatorConfig,
    /// The folder of the report.
    pub out: PathBuf,
}

impl ReportPlan {
    /// The full report on all bundled circuits.
    pub(crate) fn new(table: Table, out: PathBuf) -> ReportPlan {
        ReportPlan {
            table,
            circuits: super::paper::circuits_of_the_paper(),
            preset: Preset::Quick,
            epochs: None,
            quick: false,
            seed: 1,
            device: DeviceChoice::Auto,
            count: 100,
            oversample: 10,
            targets: 20,
            simulator: SimulatorConfig::default(),
            out,
        }
    }

    /// Checks the numbers.
    ///
    /// # Errors
    /// The first that cannot be.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.circuits.is_empty() {
            return Err("a report is on at least one circuit".to_owned());
        }
        let numbers = [("count", self.count), ("oversample", self.oversample), ("targets", self.targets)];
        match numbers.iter().find(|(_, n)| *n == 0 || *n > 10_000) {
            Some((name, n)) => Err(format!("{name} {n}: from 1 to 10,000")),
            None => Ok(()),
        }
    }

    /// The recipe of a system for so many rows.
    pub(super) fn recipe(&self, system: System, rows: usize) -> Recipe {
        let mut recipe = self.preset.recipe(system, rows);
        if let Some(epochs) = self.epochs {
            recipe.epochs = epochs;
        } else if self.quick {
            recipe.epochs = recipe.epochs.div_ceil(10);
        }
        recipe
    }

    /// The recipe with which a bundled model may stand in for a training.
    pub(super) fn bundled(&self, system: System, rows: usize) -> Option<Recipe> {
        let same = self.preset == Preset::Quick && self.epochs.is_none();
        (same && system == System::DmTransformer).then(|| self.preset.recipe(system, rows))
    }

    /// Whether sets are ranked by the performance model: no part of the paper's own recipes.
    pub(super) fn ranks(&self) -> bool {
        self.preset == Preset::Quick
    }

    /// The searches of Table II: the paper's setting, and the one that needs the fewest simulations.
    pub(super) fn strategies(&self) -> &'static [Strategy] {
        match self.preset {
            Preset::Quick => &[Strategy::Evolution, Strategy::Assisted],
            Preset::Paper => &[Strategy::Evolution],
        }
    }

    /// The systems of a report on targets near what a circuit can do.
    pub(super) fn systems(&self) -> &'static [System] {
        if self.quick { &[System::DmTransformer] } else { &System::ALL }
    }

    /// Unseen targets a circuit.
    pub(super) fn unseen(&self) -> usize {
        if self.quick { self.targets.min(4) } else { self.targets }
    }

    /// What stands above a table: how it was made.
    pub(super) fn heading(&self) -> Vec<Paragraph> {
        let plain = |text: &str| Span::Plain(text.to_owned());
        let code = |text: &str| Span::Code(text.to_owned());
        let mut about = Vec::new();
        if self.quick {
            about.push(Paragraph(vec![
                Span::Strong("A quick form:".to_owned()),
                plain(
                    " DM-MLP and ANN had a tenth of their training, and there are few unseen targets. Leave out ",
                ),
                code("--quick"),
                plain(" for the whole report."),
            ]));
        }
        let preset = match self.preset {
            Preset::Quick => {
                "all systems in the same ratio-and-area coordinates, with the same rows, augmentation, \
                 performance model and ranking."
            }
            Preset::Paper => "each system as published, as far as that is stated; plain scaling, no ranking.",
        };
        let epochs = self
            .epochs
            .map_or(String::new(), |e| format!(" Trained for {e} epochs instead of the preset's."));
        about.push(Paragraph(vec![
            plain("Preset "),
            code(self.preset.name()),
            plain(&format!(": {preset}{epochs} Seed {}.", self.seed)),
        ]));
        about
    }

    /// The name, without an extension, of what is kept of `what` on a circuit.
    pub(super) fn stem(&self, circuit: &str, what: &str) -> String {
        format!("{circuit}-{what}-{}{}", self.preset.name(), self.shortened())
    }

    fn shortened(&self) -> &'static str {
        if self.quick { "-quick" } else { "" }
    }

    /// The name of the report's files, without an extension: the table's, with the preset where it is not the default.
    pub(super) fn file(&self) -> String {
        let preset = match self.preset {
            Preset::Quick => "",
            Preset::Paper => "-paper",
        };
        format!("{}{preset}{}", self.table.name(), self.shortened())
    }
}

/// The sizes of a network in a few words.
pub(super) fn sizes(recipe: &Recipe) -> String {
    let join = |widths: &[usize]| widths.iter().map(ToString::to_string).collect::<Vec<_>>().join("-");
    match &recipe.architecture {
        Architecture::DmTransformer(t) => format!("{} blocks, d = {}, {} heads", t.blocks, t.width, t.heads),
        Architecture::DmMlp { widths, .. } | Architecture::Perceptron { widths } => join(widths),
    }
}

/// What is told while a report is made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    /// A piece of work begins.
    Begins(String),
    /// How far it is, 0 … 1.
    Part(f64),
    /// A piece of work is done; what came of it.
    Done(String),
}
