//! Step 5: what ngspice says of the designs.

use super::step::step;
use crate::app::commands::Command;
use crate::app::pane::Pane;
use crate::app::scene::Scene;
use crate::app::state::{Bench, NgspiceState, SimulationRun, Tally};
use crate::app::theme::palette;
use crate::app::widgets::accessible;
use crate::app::wish::Wish;
use crate::app::words::duration;
use crate::circuit::Specification;
use egui::{DragValue, ProgressBar, Ui};

/// The step *Verify*.
#[derive(Default)]
pub struct VerifyStep;

impl Pane for VerifyStep {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let tally = scene.bench.map_or_else(|| Tally::of(&[], &Specification::default()), Bench::tally);
        let simulation = scene.bench.and_then(|bench| bench.simulation.as_ref());
        step(ui, 5, "Verify", tally.simulated > 0, |ui| {
            if let NgspiceState::Missing(message) = &scene.environment.ngspice {
                ui.colored_label(palette(ui.visuals()).warning, message);
            }
            if tally.designs == 0 {
                ui.weak("Sample designs first; ngspice then says what they perform.");
                return;
            }
            if let Some(progress) = simulation.and_then(SimulationRun::progress) {
                ui.label(&progress.name);
                ui.add(ProgressBar::new(progress.part.unwrap_or(0.0)).show_percentage());
                ui.horizontal(|ui| {
                    scene.button(ui, Command::CancelSimulation, "Cancel");
                    if let Some(left) = progress.left {
                        ui.weak(format!("{} left", duration(left)));
                    }
                });
            }
            ui.horizontal(|ui| {
                scene.button(ui, Command::SimulateBest, "Simulate the first");
                let count = DragValue::new(&mut scene.forms.best).range(1..=10_000);
                accessible::named(ui.add(count), "How many of the first designs are simulated");
                if ui.button("All").on_hover_text("Simulate every design").clicked() {
                    scene.wish(Wish::Simulate((0..tally.designs).collect()));
                }
            });
            let asked = &mut scene.forms.sample.measure;
            let at_once = ui.checkbox(asked, "Simulate designs as they come");
            if at_once
                .on_hover_text("In the background; a newer draw takes the place of an older one")
                .changed()
                && scene.forms.sample.measure
            {
                scene.wish(Wish::MeasureAtOnce);
            }
            let over = scene.bench.map(|bench| bench.open.circuit.judged_in_words()).unwrap_or_default();
            let verdict = ui.label(tally.verdict() + &over);
            if let Some(last) = simulation
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
}
