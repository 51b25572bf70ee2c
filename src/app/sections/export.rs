//! Step 6: the selected design as a file for another tool.

use super::step::step;
use crate::app::commands::Command;
use crate::app::pane::Pane;
use crate::app::scene::Scene;
use crate::app::widgets::format_chooser;
use egui::Ui;

/// The step *Export*.
#[derive(Default)]
pub struct ExportStep;

impl Pane for ExportStep {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        step(ui, 6, "Export", false, |ui| {
            ui.horizontal(|ui| {
                format_chooser(ui, &mut scene.forms.format);
                scene.button(ui, Command::Export, "Export…");
            });
            if !scene.can(Command::Export) {
                ui.weak("Select a design first.");
            }
        });
    }
}
