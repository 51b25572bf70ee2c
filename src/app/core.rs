//! The application's parts, and what is asked of it from outside. What it does is in the files above this one.

use super::background::{Background, FindNgspice};
use super::commands::{Command, Situation};
use super::frame::palette::CommandPalette;
use super::ids::PaneId;
use super::keeper::Keeper;
use super::layout::Layout;
use super::look::order::order;
use super::messages::Message;
use super::pane::{Pane, Window};
use super::panes::Panes;
use super::plots::Pictures;
use super::scene::Pointed;
use super::state::{Bench, Environment, Forms};
use super::wish::Wishes;
use crate::engine::{self, Engine, SimulatorConfig};
use egui::Context;
use std::sync::Arc;

/// What the window starts with.
pub struct AppConfig {
    /// The circuit to open: a bundled name or a folder.
    pub circuit: String,
    /// How designs are simulated.
    pub simulator: SimulatorConfig,
    /// How ngspice's version is found.
    pub ngspice: FindNgspice,
    /// Whether a bundled model is loaded with its circuit.
    pub demo_model: bool,
    /// Whether designs are measured as they come, unless the session says otherwise.
    pub measure: bool,
}

impl Default for AppConfig {
    fn default() -> AppConfig {
        AppConfig {
            circuit: "ota1".to_owned(),
            simulator: SimulatorConfig::default(),
            ngspice: Arc::new(|| {
                engine::ngspice_version(&SimulatorConfig::default()).map_err(|e| e.to_string())
            }),
            demo_model: true,
            measure: true,
        }
    }
}

/// The application.
pub struct App {
    pub(super) bench: Option<Bench>,
    pub(super) forms: Forms,
    pub(super) environment: Environment,
    pub(super) pointed: Pointed,
    pub(super) wishes: Wishes,
    pub(super) engine: Engine,
    pub(super) background: Background,
    pub(super) config: AppConfig,
    pub(super) layout: Layout,
    pub(super) panes: Panes,
    pub(super) sections: Vec<Box<dyn Pane>>,
    pub(super) windows: Vec<Box<dyn Window>>,
    pub(super) palette: CommandPalette,
    pub(super) pictures: Pictures,
    pub(super) keeper: Keeper,
    pub(super) context: Context,
    /// The title that the desktop was last given.
    pub(super) title: String,
}

impl App {
    /// The open circuit and all that belongs to it; nothing before one was read.
    pub fn bench(&self) -> Option<&Bench> {
        self.bench.as_ref()
    }

    /// To set targets, region and selection as the user would.
    pub fn bench_mut(&mut self) -> Option<&mut Bench> {
        self.bench.as_mut()
    }

    /// What the user has chosen.
    pub fn forms(&self) -> &Forms {
        &self.forms
    }

    /// To choose as the user would.
    pub fn forms_mut(&mut self) -> &mut Forms {
        &mut self.forms
    }

    /// What is known beside the open circuit.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The messages that were not dismissed.
    pub fn messages(&self) -> &[Message] {
        self.environment.messages.all()
    }

    /// Where the panes lie.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Brings a pane forward, wherever it lies.
    pub fn show(&mut self, pane: &PaneId) {
        self.layout.show(pane);
    }

    /// The pane of a type.
    pub fn pane<P: Pane>(&self) -> Option<&P> {
        self.panes.of()
    }

    /// The design under the pointer, in whichever view or in the table.
    pub fn hovered_design(&self) -> Option<usize> {
        self.pointed.marked
    }

    /// The designs in the table's order.
    pub fn order(&self) -> Vec<usize> {
        self.bench.as_ref().map_or_else(Vec::new, |bench| order(bench, &self.forms.look))
    }

    /// The jobs that wait, in words.
    pub fn queued(&self) -> Vec<String> {
        self.bench.as_ref().map_or_else(Vec::new, |bench| bench.queue.words())
    }

    /// What commands look at.
    pub(super) fn situation(&self) -> Situation<'_> {
        Situation { bench: self.bench.as_ref(), forms: &self.forms, environment: &self.environment }
    }

    /// Why a command cannot be carried out now; none where it can.
    pub fn why_not(&self, command: Command) -> Option<&'static str> {
        command.why_not(self.situation())
    }

    /// Whether a command can be carried out now.
    pub fn can(&self, command: Command) -> bool {
        self.why_not(command).is_none()
    }
}
