//! Looking at the designs: scatter plots against the specification's box, a table and a detail card,
//! all linked by one selection. Simulated marks are filled, predicted ones hollow; those that meet the
//! targets are round and green, those that do not are diamonds and orange.

pub mod axis;
mod detail;
mod mark;
mod scatter;
mod table;

use super::App;
use super::verify::verdict_text;
use egui::{Panel, Ui};
use mark::Mark;

impl App {
    pub(super) fn designs_tab(&mut self, ui: &mut Ui) {
        if self.system.designs.is_none() {
            ui.add_space(24.0);
            ui.vertical_centered(|ui| {
                if self.system.open.is_none() {
                    ui.label("No circuit is open.");
                    ui.weak("Choose one on the left.");
                } else if self.system.model.is_none() {
                    ui.label("No designs yet.");
                    ui.weak("Train a model or load one (2), set the targets (3), then press Sample (4).");
                } else {
                    ui.label("No designs yet.");
                    ui.weak("Press Sample on the left, or Ctrl+R.");
                }
            });
            if self.system.open.is_some() {
                self.scatter(ui);
            }
            return;
        }
        self.legend(ui);
        Panel::bottom("table")
            .resizable(true)
            .default_size(ui.available_height() * 0.32)
            .size_range(90.0..=ui.available_height() * 0.7)
            .show(ui, |ui| self.table(ui));
        self.scatter(ui);
    }

    fn legend(&mut self, ui: &mut Ui) {
        let tally = self.tally();
        let stale = self.system.designs.as_ref().is_some_and(|d| d.specification != self.user.targets);
        ui.horizontal_wrapped(|ui| {
            ui.strong(verdict_text(&tally));
            let candidates = self.system.designs.iter().flat_map(|d| &d.candidates);
            let here: Vec<Mark> = candidates.map(|c| Mark::of(c, &self.user.targets)).collect();
            // only what there is to tell apart
            for mark in Mark::ALL.into_iter().filter(|m| here.contains(m)) {
                mark.legend(ui);
            }
            if stale && self.system.sampling.is_none() {
                let colour = super::theme::palette(ui.visuals()).warning;
                ui.colored_label(colour, "Drawn for other targets: sample again");
            }
        });
    }
}
