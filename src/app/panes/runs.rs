//! The runs of this session: what was drawn or found before, to be put on the bench again.

use crate::app::pane::Pane;
use crate::app::scene::Scene;
use crate::app::widgets::{accessible, empty};
use crate::app::wish::Wish;
use crate::app::words::grouped;
use egui::{Grid, ScrollArea, Ui};
use std::time::SystemTime;

/// The runs.
#[derive(Default)]
pub struct RunsPane;

impl Pane for RunsPane {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let Some(bench) = scene.bench.filter(|bench| !bench.runs.all().is_empty()) else {
            empty(
                ui,
                "No earlier run yet.",
                "What is drawn or found gives way to the next draw: it is listed here then, and comes back with its targets.",
                None,
            );
            return;
        };
        let circuit = &bench.open.circuit;
        ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| {
            Grid::new("runs").num_columns(7).striped(true).spacing([16.0, 3.0]).show(ui, |ui| {
                for title in ["", "overlay", "when", "designs", "feasible", "by", "targets"] {
                    ui.small(title);
                }
                ui.end_row();
                for (place, run) in bench.runs.all().iter().enumerate() {
                    let back = ui.small_button("Bring back");
                    accessible::name(&back, &format!("Bring back run {}", place + 1));
                    if back.on_hover_text("With its targets; what is on the bench becomes a run").clicked() {
                        scene.wish(Wish::BringBack(place));
                    }
                    let mut overlaid = run.overlaid;
                    let tip = "Lays its designs under those on the bench, in all views";
                    let overlay = ui.checkbox(&mut overlaid, "").on_hover_text(tip);
                    accessible::name(&overlay, &format!("Overlay run {}", place + 1));
                    if overlay.changed() {
                        scene.wish(Wish::Overlay(place, overlaid));
                    }
                    ui.label(ago(run.came));
                    ui.label(grouped(run.designs.candidates.len()));
                    let tally = run.tally();
                    ui.label(match tally.simulated {
                        0 => "not simulated".to_owned(),
                        n => format!("{} of {}", grouped(tally.feasible), grouped(n)),
                    });
                    ui.label(format!("{}, seed {}", run.designs.model, run.designs.seed));
                    ui.label(run.designs.specification.describe(circuit));
                    ui.end_row();
                }
            });
        });
    }
}

/// `3 min ago`.
fn ago(then: SystemTime) -> String {
    let seconds = then.elapsed().map_or(0, |since| since.as_secs());
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        _ => format!("{} h {} min ago", seconds / 3600, seconds % 3600 / 60),
    }
}
