//! The selected design over the circuit's corners, with the worst case of each metric, and under mismatch.

use crate::app::commands::Command;
use crate::app::pane::Pane;
use crate::app::scene::Scene;
use crate::app::state::{Bench, OverConditions, conditions};
use crate::app::theme::{Palette, palette};
use crate::app::widgets::empty;
use crate::app::wish::Wish;
use crate::circuit::{Aligned, Metric};
use crate::engine::Simulated;
use egui::{Align, DragValue, Grid, Layout, RichText, ScrollArea, Ui};

/// The corners.
pub struct CornersPane {
    /// Runs with mismatch, where the circuit says how they are drawn.
    runs: usize,
}

impl Default for CornersPane {
    fn default() -> CornersPane {
        CornersPane { runs: 100 }
    }
}

impl Pane for CornersPane {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let Some((bench, sizing)) = scene.bench.and_then(|bench| Some((bench, bench.looked_at()?))) else {
            let next = "Select a design: it is measured over the circuit's corners and under mismatch here.";
            empty(ui, "No design is selected.", next, None);
            return;
        };
        let circuit = &bench.open.circuit;
        if circuit.corners.is_empty() && circuit.mismatch.is_none() {
            let next = "Its circuit.ron may name some: see docs/circuits.md, Corners.";
            empty(ui, "This circuit has no corners.", next, None);
            return;
        }
        ui.horizontal_wrapped(|ui| {
            let turned = bench.tuning().is_some_and(|t| t.is_turned());
            let number = bench.selected.map_or(0, |i| i + 1);
            ui.strong(format!("Design {number}{}", if turned { ", as turned" } else { "" }));
            if let Some(under_way) = &bench.cornered.under_way {
                ui.spinner();
                ui.label(under_way.progress().name);
                scene.button(ui, Command::StopCorners, "Stop");
                return;
            }
            let words = format!("Simulate in {} conditions", circuit.corners.len() + 1);
            let start = ui.button(words).on_hover_text("The decks' own and every corner");
            if circuit.mismatch.is_some() {
                let label = ui.label("runs with mismatch");
                ui.add(DragValue::new(&mut self.runs).range(0..=10_000)).labelled_by(label.id);
            }
            if start.clicked() {
                let runs = if circuit.mismatch.is_some() { self.runs } else { 0 };
                scene.wish(Wish::Corners(runs));
            }
        });
        let Some(known) = bench.cornered.of(sizing) else {
            ui.weak("Not measured over corners yet.");
            return;
        };
        let colours = palette(ui.visuals());
        ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| table(ui, bench, known, &colours));
    }
}

fn table(ui: &mut Ui, bench: &Bench, known: &OverConditions, colours: &Palette) {
    let (circuit, targets) = (&bench.open.circuit, &bench.targets);
    let (met, runs) = known.runs_met(targets);
    if runs > 0 {
        ui.label(format!("{met} of {runs} runs with mismatch meet all targets"));
    }
    let columns = circuit.metrics.len() + 1;
    Grid::new("corners").num_columns(columns).striped(true).spacing([16.0, 3.0]).show(ui, |ui| {
        let all = || known.corners.values().filter_map(|o| o.as_ref().ok().map(Simulated::performance));
        let form = |(m, metric): (usize, &Metric)| Aligned::of(all().map(|p| p.0[m]), metric.unit, 4);
        let forms: Vec<Aligned> = circuit.metrics.iter().enumerate().map(form).collect();
        let right = Layout::top_down(Align::Max);
        ui.small("condition");
        for (metric, form) in circuit.metrics.iter().zip(&forms) {
            ui.with_layout(right, |ui| ui.small(form.title(&metric.name)).on_hover_text(&metric.title));
        }
        ui.end_row();
        // worst values lie among those of the column
        let value = |ui: &mut Ui, m: usize, v: f64| {
            let missed = targets.bounds.iter().any(|b| b.metric == m && !b.sense.met(v, b.value));
            let text = RichText::new(forms[m].show(v));
            ui.label(if missed { text.color(colours.infeasible) } else { text })
        };
        if let Some(worst) = known.worst(circuit, targets) {
            ui.strong("worst");
            for (m, (v, at)) in worst.into_iter().enumerate() {
                ui.with_layout(right, |ui| {
                    value(ui, m, v);
                    ui.small(RichText::new(at).weak());
                });
            }
            ui.end_row();
        }
        for name in conditions(circuit) {
            let Some(outcome) = known.corners.get(&name) else {
                continue;
            };
            ui.label(&name);
            match outcome.as_ref().map(Simulated::performance) {
                Ok(performance) => {
                    for (m, v) in performance.0.iter().enumerate() {
                        ui.with_layout(right, |ui| value(ui, m, *v));
                    }
                }
                Err(failure) => _ = ui.colored_label(colours.failed, failure.to_string()),
            }
            ui.end_row();
        }
    });
}
