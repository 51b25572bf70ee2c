//! The selected design in full: each metric against its target, predicted and simulated side by side,
//! and each parameter inside its range.

mod margins;
mod parameters;

use crate::app::commands::Command;
use crate::app::look::{Mark, standing};
use crate::app::pane::Pane;
use crate::app::plots::{Plot, data};
use crate::app::scene::Scene;
use crate::app::state::{Bench, OpenCircuit, Tuning};
use crate::app::theme::{Palette, palette};
use crate::app::wish::Wish;
use crate::circuit::{Performance, Specification, counted, format_quantity};
use crate::engine::Candidate;
use egui::{Grid, RichText, ScrollArea, Sense, Ui, vec2};
use margins::margins;
use parameters::parameters;

/// A card less wide than this has no room for four columns.
const NARROW: f32 = 264.0;
/// Less wide than this, it is set in small letters.
const NARROWEST: f32 = 200.0;

/// The selected design.
#[derive(Default)]
pub struct DetailPane;

impl Pane for DetailPane {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let selected = scene.bench.and_then(|bench| Some((bench, bench.selected?, bench.selected_design()?)));
        let Some((bench, selected, candidate)) = selected else {
            empty(ui);
            return;
        };
        let open = &bench.open;
        let colours = palette(ui.visuals());
        let targets = &bench.targets;
        ui.add_space(2.0);
        ui.horizontal_wrapped(|ui| {
            ui.heading(format!("Design {}", selected + 1));
            let mark = Mark::of(candidate, targets);
            let (rect, _) = ui.allocate_exact_size(vec2(14.0, 14.0), Sense::hover());
            mark.paint(ui.painter(), rect.center(), 5.0, &colours);
            ui.colored_label(mark.colour(&colours), mark.words());
        });
        if let Some(Err(failure)) = &candidate.simulated {
            ui.colored_label(colours.failed, failure.to_string());
        }
        if let Some(words) = standing(&open.circuit, targets, bench.candidates(), selected) {
            let words = egui::Label::new(RichText::new(&words).small()).truncate();
            ui.add(words)
                .on_hover_text("How far inside the targets, by the one that it comes nearest to missing");
        }
        ui.horizontal_wrapped(|ui| {
            let fresh = candidate.simulated.is_none() && !bench.waits(&candidate.sizing);
            let simulate = ui.add_enabled(fresh, egui::Button::new("Simulate"));
            if simulate.on_hover_text("Measure this design in ngspice").clicked() {
                scene.wish(Wish::Simulate(vec![selected]));
            }
            if ui.button("Deck…").on_hover_text("The netlist that ngspice runs").clicked() {
                scene.wish(Wish::ShowDeck(selected));
            }
            scene.button(ui, Command::KeepDesign, "Keep");
            scene.button(ui, Command::Export, Command::Export.title());
        });
        let tuning = bench.tuning().filter(|tuning| tuning.is_turned());
        turned(ui, scene, tuning, &colours);
        ui.separator();
        if ui.available_width() < NARROWEST {
            ui.style_mut().override_text_style = Some(egui::TextStyle::Small);
        }
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            metrics(ui, open, candidate, targets, tuning.map(Tuning::performance), &colours);
            ui.add_space(3.0);
            margins(ui, open, candidate, targets, &colours);
            ui.separator();
            let turn = parameters(ui, open, candidate, tuning.map(|t| &t.sizing), &bench.region, &colours);
            if let Some((parameter, value)) = turn {
                scene.wish(Wish::Turn(parameter, value));
            }
        });
    }

    fn data(&self, plot: Plot, bench: &Bench) -> Option<String> {
        let candidate = bench.selected_design().filter(|_| plot == Plot::Margins)?;
        Some(data::margins(&bench.open, candidate, &bench.targets))
    }
}

fn empty(ui: &mut Ui) {
    ui.add_space(4.0);
    ui.heading("Design");
    ui.weak("Select a design in a plot or in the table to see its metrics and its parameters.");
}

/// What is said of a design that is turned, and what can be done with it; as high where it is not, so that nothing moves
/// under the pointer that turns it.
fn turned(ui: &mut Ui, scene: &mut Scene<'_>, tuning: Option<&Tuning>, colours: &Palette) {
    ui.horizontal(|ui| {
        ui.set_height(20.0);
        let Some(tuning) = tuning else {
            let hint = egui::Label::new(RichText::new("Turn a parameter below: ngspice answers").weak());
            ui.add(hint.truncate());
            return;
        };
        let keep =
            ui.button("Keep as design").on_hover_text("Adds it to the designs; this one stays as it is");
        if keep.clicked() {
            scene.wish(Wish::KeepTuned);
        }
        if ui.button("Back").on_hover_text("Lets every parameter stand as it was").clicked() {
            scene.wish(Wish::DropTuned);
        }
        let said = format!("{} turned", counted(tuning.turned().len(), "parameter"));
        match tuning.failure() {
            Some(why) => _ = ui.add(egui::Label::new(RichText::new(why).color(colours.failed)).truncate()),
            // where there is no room for it, the names below tell it by their colour
            None if ui.available_width() > 120.0 => _ = ui.colored_label(colours.accent, said),
            None => {}
        }
    });
}

/// The metrics against their targets. Of a design that is turned, what it performs now stands beside what it did; nothing
/// while that is not known.
fn metrics(
    ui: &mut Ui,
    open: &OpenCircuit,
    candidate: &Candidate,
    targets: &Specification,
    turned: Option<Option<&Performance>>,
    colours: &Palette,
) {
    let circuit = &open.circuit;
    let predicted = candidate.predicted.as_ref().map(|p| &p.performance);
    let measured = candidate.measured();
    // where there is little room, what ngspice says stands for both; the margins below tell them apart
    let narrow = ui.available_width() < NARROW;
    let tuned = turned.is_some();
    let before = !tuned && (!narrow || measured.is_none());
    let after = if tuned { !narrow } else { !narrow || measured.is_some() };
    let columns =
        [("", true), ("target", true), ("predicted", before), ("simulated", after), ("turned", tuned)];
    Grid::new("metrics of the design").num_columns(4).spacing([10.0, 3.0]).show(ui, |ui| {
        for (title, _) in columns.into_iter().filter(|(_, here)| *here) {
            ui.small(title);
        }
        ui.end_row();
        for (m, metric) in circuit.metrics.iter().enumerate() {
            let show = |v: f64, digits| format_quantity(v, metric.unit, digits);
            let bound = targets.bound_on(m);
            let meets = |v: f64| bound.is_none_or(|b| b.sense.met(v, b.value));
            ui.label(&metric.name).on_hover_text(&metric.title);
            match bound {
                Some(b) => ui.label(format!("{} {}", b.sense.glyph(), show(b.value, 3))),
                None => ui.weak("open"),
            };
            match predicted.filter(|_| before) {
                Some(p) => {
                    let text = RichText::new(format!("~{}", show(p.0[m], 3))).italics();
                    ui.label(if meets(p.0[m]) { text } else { text.color(colours.infeasible) });
                }
                None if before => _ = ui.weak("–"),
                None => {}
            }
            match measured.filter(|_| after) {
                Some(p) => {
                    let colour = if meets(p.0[m]) { colours.feasible } else { colours.infeasible };
                    ui.label(RichText::new(show(p.0[m], 4)).color(colour).strong());
                }
                None if after => _ = ui.weak("–"),
                None => {}
            }
            match turned {
                Some(Some(p)) => {
                    let colour = if meets(p.0[m]) { colours.feasible } else { colours.infeasible };
                    ui.label(RichText::new(show(p.0[m], 4)).color(colour).strong());
                }
                Some(None) => _ = ui.weak("–"),
                None => {}
            }
            ui.end_row();
        }
    });
}
