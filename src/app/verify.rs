//! Step 5: what ngspice says of the designs.

use super::App;
use super::state::Ngspice;
use super::status::{duration, step};
use super::theme::palette;
use crate::engine;
use egui::{DragValue, ProgressBar, ScrollArea, Ui};

/// How many designs were simulated, how many of these meet the targets, and how many are predicted to.
pub struct Tally {
    /// All designs.
    pub designs: usize,
    /// Simulated, failed ones included.
    pub simulated: usize,
    /// Simulated and feasible.
    pub feasible: usize,
    /// Predicted to meet, whether simulated or not.
    pub predicted: usize,
}

impl App {
    /// Counts the designs against the present targets.
    pub fn tally(&self) -> Tally {
        let targets = &self.user.targets;
        let candidates = self.system.designs.as_ref().map_or(&[][..], |d| &d.candidates);
        let predicted =
            |c: &&engine::Candidate| c.predicted.as_ref().is_some_and(|p| targets.met_by(&p.performance));
        Tally {
            designs: candidates.len(),
            simulated: candidates.iter().filter(|c| c.simulated.is_some()).count(),
            feasible: candidates.iter().filter(|c| c.feasible(targets) == Some(true)).count(),
            predicted: candidates.iter().filter(predicted).count(),
        }
    }

    pub(super) fn verify_section(&mut self, ui: &mut Ui) {
        let tally = self.tally();
        step(ui, 5, "Verify", tally.simulated > 0, true, |ui| {
            if let Ngspice::Missing(message) = &self.system.ngspice {
                ui.colored_label(palette(ui.visuals()).warning, message);
            }
            if tally.designs == 0 {
                ui.weak("Sample designs first; ngspice then says what they perform.");
                return;
            }
            let ctx = ui.ctx().clone();
            if let Some(progress) = self.simulation_progress() {
                ui.label(&progress.name);
                ui.add(ProgressBar::new(progress.part.unwrap_or(0.0)).show_percentage());
                ui.horizontal(|ui| {
                    if ui.button("Cancel").on_hover_text("Keeps what was measured by then").clicked() {
                        self.cancel_simulation();
                    }
                    if let Some(left) = progress.left {
                        ui.weak(format!("{} left", duration(left)));
                    }
                });
            }
            ui.horizontal(|ui| {
                let first = ui.button("Simulate the first").on_hover_text(
                    "Measure them in ngspice, the best predicted first; a single design from its own card",
                );
                if first.clicked() {
                    self.run(super::Command::SimulateBest, &ctx);
                }
                let count = DragValue::new(&mut self.user.best).range(1..=10_000);
                super::accessible::named(ui.add(count), "How many of the first designs are simulated");
                if ui.button("All").on_hover_text("Simulate every design").clicked() {
                    self.simulate((0..tally.designs).collect());
                }
            });
            let verdict = ui.label(verdict_text(&tally));
            if let Some(last) = self.system.simulation.as_ref()
                && let Some(seconds) = last.ended
            {
                let cancelled = if last.cancelled { ", cancelled" } else { "" };
                verdict.on_hover_text(format!("Last run: {} in {}{cancelled}", last.done, duration(seconds)));
                if last.failed > 0 {
                    ui.small(format!("{} could not be simulated: the table says why", last.failed));
                }
            }
        });
    }

    pub(super) fn show_deck(&mut self, design: usize) {
        let (Some(open), Some(candidate)) = (&self.system.open, self.system.design(Some(design))) else {
            return;
        };
        match engine::deck(&open.circuit, &candidate.sizing) {
            Ok(deck) => self.windows.deck = Some((format!("Deck of design {}", design + 1), deck)),
            Err(e) => self.system.messages.error(e),
        }
    }

    pub(super) fn deck_window(&mut self, ctx: &egui::Context) {
        let Some((title, deck)) = &self.windows.deck else {
            return;
        };
        let mut open = true;
        egui::Window::new(title.as_str())
            .id(super::above::Above::Deck.id())
            .open(&mut open)
            .default_pos([400.0, 140.0])
            .default_size([640.0, 520.0])
            .show(ctx, |ui| {
                ui.horizontal(|ui| {
                    if ui.button("Copy deck").clicked() {
                        ui.ctx().copy_text(deck.clone());
                    }
                    ui.weak("Runs as it is: ngspice -b deck.cir");
                });
                ui.separator();
                ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| {
                    ui.add(egui::Label::new(egui::RichText::new(deck).monospace()).extend().selectable(true));
                });
            });
        if !open {
            self.windows.deck = None;
        }
    }
}

/// What ngspice said, or that it was not asked; a prediction is called one.
pub fn verdict_text(tally: &Tally) -> String {
    match tally.simulated {
        0 => format!("Not simulated yet. Predicted to meet: {} (not verified)", tally.predicted),
        n => format!("{} of {n} simulated are feasible in ngspice", tally.feasible),
    }
}
