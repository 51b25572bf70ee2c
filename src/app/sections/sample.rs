//! Step 4: how many designs are drawn, and how.

use super::step::step;
use crate::app::commands::Command;
use crate::app::pane::Pane;
use crate::app::scene::Scene;
use crate::app::state::SampleForm;
use crate::app::widgets::accessible;
use crate::app::widgets::region_line;
use crate::app::wish::Wish;
use crate::app::words::grouped;
use crate::engine::Solver;
use egui::{DragValue, Grid, Ui};

/// The step *Sample*.
#[derive(Default)]
pub struct SampleStep;

impl Pane for SampleStep {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let designs = scene.bench.and_then(|bench| bench.designs.as_ref());
        let has_model = scene.bench.is_some_and(|bench| bench.model.is_some());
        step(ui, 4, "Sample", designs.is_some(), |ui| {
            let before = scene.forms.sample.clone();
            let form = &mut scene.forms.sample;
            ui.horizontal(|ui| {
                let label = ui.label("Designs");
                ui.add(DragValue::new(&mut form.count).range(1..=10_000)).labelled_by(label.id);
                let label = ui.label("Seed");
                ui.add(DragValue::new(&mut form.seed).speed(0.1)).labelled_by(label.id);
                if ui.button("New").on_hover_text("Another seed, other designs").clicked() {
                    form.seed = form.seed.wrapping_add(1);
                }
            });
            ui.horizontal(|ui| {
                ui.checkbox(&mut form.ranked, "Deliver the best of").on_hover_text(
                    "Draw more, rank them by the performance model (not by ngspice), deliver the best; \
                     otherwise raw, as drawn",
                );
                let times = DragValue::new(&mut form.times).range(2..=100).suffix("×");
                let times = ui.add_enabled(form.ranked, times);
                accessible::named(times, "Times as many designs that are drawn and ranked");
            });
            egui::CollapsingHeader::new("Solver and guidance").show(ui, |ui| solver(ui, form));
            ui.checkbox(&mut form.live, "Sample again when a target changes");
            let changed = *form != before;
            let live = form.live;
            if changed && live && has_model && !ui.ctx().egui_wants_keyboard_input() {
                scene.wish(Wish::Sample);
            }
            region_line(ui, scene);
            ui.horizontal(|ui| {
                scene
                    .button(ui, Command::Sample, "Sample")
                    .on_disabled_hover_text("Train or load a model first");
                if designs.is_some_and(|designs| designs.draft) {
                    let text = "draft; drawing and ranking follow once it is let go";
                    let text = if scene.bench.is_some_and(|b| b.sampling.is_some()) {
                        "draft; ranking…"
                    } else {
                        text
                    };
                    ui.weak(text)
                        .on_hover_text("A few designs, unranked, that stand in for those that are asked for");
                } else if scene.bench.is_some_and(|bench| bench.sampling.is_some()) {
                    ui.weak("sampling…");
                } else if let Some(designs) = designs {
                    let count = grouped(designs.candidates.len());
                    let text = format!("{count} designs in {:.2} s", designs.seconds);
                    ui.weak(text).on_hover_text(format!("On {}, ranking included", designs.device));
                }
            });
            if !has_model {
                ui.weak("Train or load a model first.");
            }
        });
    }
}

fn solver(ui: &mut Ui, form: &mut SampleForm) {
    Grid::new("solver").num_columns(2).show(ui, |ui| {
        let label = ui.label("Solver");
        egui::ComboBox::from_id_salt("solver")
            .selected_text(form.solver.name())
            .show_ui(ui, |ui| {
                for solver in Solver::ALL {
                    ui.selectable_value(&mut form.solver, solver, solver.name());
                }
            })
            .response
            .labelled_by(label.id);
        ui.end_row();
        let label = ui.label("Steps");
        ui.add(DragValue::new(&mut form.steps).range(1..=1000)).labelled_by(label.id);
        ui.end_row();
        let label = ui.label("Guidance weight").on_hover_text(
            "w of the paper's equation (3): w·unconditional + (1 − w)·conditional. Negative values push \
             away from the unconditional prediction",
        );
        ui.add(DragValue::new(&mut form.guidance).speed(0.02).range(-10.0..=1.0)).labelled_by(label.id);
        ui.end_row();
        let label = ui
            .label("Tighten targets by")
            .on_hover_text("Standard deviations by which the target is made harder than asked");
        ui.add(DragValue::new(&mut form.tighten).speed(0.01).range(0.0..=3.0).suffix(" σ"))
            .labelled_by(label.id);
        ui.end_row();
    });
}
