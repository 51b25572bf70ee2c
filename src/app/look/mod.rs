//! Looking at the designs against the specification: scatter plots, a 3-D view, parallel coordinates, a
//! table and a detail card, all linked by one selection. Simulated marks are filled, predicted ones hollow;
//! those that meet the targets are round and green, those that do not are diamonds and orange.

pub mod axis;
mod detail;
mod margins;
mod mark;
mod parallel;
mod scatter;
mod space;
mod table;

use super::App;
use super::empty::empty;
use super::plots::{self, Plot};
use super::state::View;
use super::verify::verdict_text;
use crate::circuit::Bound;
use egui::Ui;
pub use mark::{Mark, shown};

/// What the views keep from frame to frame.
#[derive(Default)]
pub struct Views {
    /// The window's own format, where it has a graphics device.
    target: Option<eframe::wgpu::TextureFormat>,
    /// The design under the pointer in any view or in the table, as of the last frame and of this one.
    hovered: Option<usize>,
    hovering: Option<usize>,
    /// The selection that the table was last scrolled to.
    followed: Option<usize>,
    space: space::SpaceView,
    parallel: parallel::ParallelView,
}

/// A design under the pointer.
struct Touch {
    design: usize,
    clicked: bool,
}

impl Views {
    /// Views for the window that is being made.
    pub fn new(cc: &eframe::CreationContext<'_>) -> Views {
        let target = cc.wgpu_render_state.as_ref().map(|state| state.target_format);
        Views { target, ..Views::default() }
    }
}

/// A view as a plot with a name.
fn plot_of(view: View) -> (Plot, &'static str) {
    match view {
        View::Scatter => (Plot::Scatter, "scatter plots"),
        View::Space => (Plot::Space, "3-D view"),
        View::Parallel => (Plot::Parallel, "parallel coordinates"),
    }
}

impl App {
    /// What the views share, in the row of their tabs.
    pub(super) fn view_bar(&mut self, ui: &mut Ui) {
        ui.checkbox(&mut self.user.look.cloud, "Training rows")
            .on_hover_text("Lay the training rows under the designs in grey");
        ui.checkbox(&mut self.user.look.near, "Close up")
            .on_hover_text("Let the axes span the designs and the targets only, not all rows");
    }

    /// The design under the pointer, in whichever view or in the table.
    pub fn hovered_design(&self) -> Option<usize> {
        self.views.hovered
    }

    /// Takes up what a view says of the pointer.
    fn touched(&mut self, touch: Option<Touch>) {
        if let Some(touch) = touch {
            self.views.hovering = Some(touch.design);
            if touch.clicked {
                self.user.selected = Some(touch.design);
            }
        }
    }

    fn view(&mut self, ui: &mut Ui, view: View) {
        let drawn = match view {
            View::Scatter => self.scatter(ui),
            View::Space => self.space(ui),
            View::Parallel => self.parallel(ui),
        };
        if let Some(rect) = drawn {
            plots::shows(ui, plot_of(view).0, rect);
        }
    }

    /// A view with what it needs to be understood, and its menu.
    pub(super) fn view_pane(&mut self, ui: &mut Ui, view: View) {
        let (plot, name) = plot_of(view);
        if self.system.open.is_none() {
            empty(ui, "No circuit is open.", "Choose one on the left (1).", None);
            return;
        }
        plots::row(ui, plot, name, |ui| match self.system.designs.is_some() {
            true => self.legend(ui),
            false => self.say_what_is_missing(ui),
        });
        self.view(ui, view);
    }

    /// The designs as a table.
    pub(super) fn table_pane(&mut self, ui: &mut Ui) {
        if self.system.designs.is_some() {
            self.table(ui);
        } else {
            ui.weak("Every design is a row here, with its metrics and its parameters.");
        }
    }

    fn say_what_is_missing(&self, ui: &mut Ui) {
        let (title, next) = if self.system.sampling.is_some() {
            ("Designs are being drawn.", "These are the rows that the model has learnt from.")
        } else if self.system.model.is_none() {
            ("No designs yet.", "Train a model or load one (2), set the targets (3), then press Sample (4).")
        } else {
            ("No designs yet.", "Press Sample on the left (4), or Ctrl+R.")
        };
        ui.strong(title);
        ui.weak(next);
    }

    /// Once all panes are drawn: the design under the pointer is marked in each.
    pub(super) fn follow_pointer(&mut self, ctx: &egui::Context) {
        let hovered = self.views.hovering.take();
        if self.views.hovered != hovered {
            self.views.hovered = hovered;
            ctx.request_repaint();
        }
    }

    fn legend(&mut self, ui: &mut Ui) {
        let tally = self.tally();
        let stale = self.system.designs.as_ref().is_some_and(|d| d.specification != self.user.targets);
        ui.strong(verdict_text(&tally));
        let candidates = self.system.designs.iter().flat_map(|d| &d.candidates);
        let here: Vec<Mark> = candidates.map(|c| Mark::of(c, &self.user.targets)).collect();
        // only what there is to tell apart
        let room = ui.available_width() > 130.0;
        for mark in Mark::ALL.into_iter().filter(|m| room && here.contains(m)) {
            mark.legend(ui);
        }
        let outside = self.system.open.as_ref().is_some_and(|open| {
            let mut candidates = self.system.designs.iter().flat_map(|d| &d.candidates);
            candidates.any(|c| !self.user.region.contains(&open.circuit, &c.sizing))
        });
        if (stale || outside) && self.system.sampling.is_none() {
            let colour = super::theme::palette(ui.visuals()).warning;
            let what = if stale { "targets" } else { "ranges" };
            ui.colored_label(colour, format!("Drawn for other {what}: sample again"));
        } else if let Some(advice) = self.advice() {
            ui.add(egui::Label::new(egui::RichText::new(&advice).weak()).truncate()).on_hover_text(advice);
        }
    }

    /// Where no design meets the targets: which of them most designs miss, and what can be done.
    fn advice(&self) -> Option<String> {
        let (open, designs) = (self.system.open.as_ref()?, self.system.designs.as_ref()?);
        let targets = &self.user.targets;
        let judged: Vec<_> = designs.candidates.iter().filter_map(shown).collect();
        if judged.is_empty() || judged.iter().any(|p| targets.met_by(p)) {
            return None;
        }
        let missed = |b: &&Bound| judged.iter().filter(|p| !b.sense.met(p.0[b.metric], b.value)).count();
        let worst = targets.bounds.iter().max_by_key(missed)?;
        let (count, name) = (missed(&worst), &open.circuit.metrics[worst.metric].name);
        let all =
            if count == judged.len() { "All".to_owned() } else { format!("{count} of {}", judged.len()) };
        Some(format!("{all} miss {name}: loosen it, or search (Ctrl+F)"))
    }
}
