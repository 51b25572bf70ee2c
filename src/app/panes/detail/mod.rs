//! The selected design in full: each metric against its target, predicted and simulated side by side,
//! and each parameter inside its range.

mod margins;

use crate::app::commands::Command;
use crate::app::look::Mark;
use crate::app::pane::Pane;
use crate::app::plots::{Plot, data};
use crate::app::scene::Scene;
use crate::app::state::{Bench, OpenCircuit};
use crate::app::theme::{Palette, palette};
use crate::app::wish::Wish;
use crate::circuit::{Region, Specification, format_quantity};
use crate::engine::Candidate;
use egui::{Grid, Rect, RichText, ScrollArea, Sense, Ui, pos2, vec2};
use margins::margins;

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
        ui.horizontal_wrapped(|ui| {
            let fresh = candidate.simulated.is_none() && !bench.waits(&candidate.sizing);
            let simulate = ui.add_enabled(fresh, egui::Button::new("Simulate"));
            if simulate.on_hover_text("Measure this design in ngspice").clicked() {
                scene.wish(Wish::Simulate(vec![selected]));
            }
            if ui.button("Deck…").on_hover_text("The netlist that ngspice runs").clicked() {
                scene.wish(Wish::ShowDeck(selected));
            }
            scene.button(ui, Command::Export, Command::Export.title());
        });
        ui.separator();
        if ui.available_width() < NARROWEST {
            ui.style_mut().override_text_style = Some(egui::TextStyle::Small);
        }
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            metrics(ui, open, candidate, targets, &colours);
            ui.add_space(3.0);
            margins(ui, open, candidate, targets, &colours);
            ui.separator();
            parameters(ui, open, candidate, &bench.region, &colours);
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

fn metrics(
    ui: &mut Ui,
    open: &OpenCircuit,
    candidate: &Candidate,
    targets: &Specification,
    colours: &Palette,
) {
    let circuit = &open.circuit;
    let predicted = candidate.predicted.as_ref().map(|p| &p.performance);
    let measured = candidate.measured();
    // where there is little room, what ngspice says stands for both; the margins below tell them apart
    let narrow = ui.available_width() < NARROW;
    let [before, after] = [!narrow || measured.is_none(), !narrow || measured.is_some()];
    let columns = [("", true), ("target", true), ("predicted", before), ("simulated", after)];
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
            match measured {
                Some(p) => {
                    let colour = if meets(p.0[m]) { colours.feasible } else { colours.infeasible };
                    ui.label(RichText::new(show(p.0[m], 4)).color(colour).strong());
                }
                None if after => _ = ui.weak("–"),
                None => {}
            }
            ui.end_row();
        }
    });
}

fn parameters(ui: &mut Ui, open: &OpenCircuit, candidate: &Candidate, region: &Region, colours: &Palette) {
    Grid::new("parameters of the design").num_columns(3).spacing([8.0, 1.0]).show(ui, |ui| {
        let values = open.circuit.parameters.iter().zip(&candidate.sizing.0).enumerate();
        for (p, (parameter, &value)) in values {
            let show = |v: f64| format_quantity(v, parameter.unit, 4);
            let tip = format!("{}: {} … {}", parameter.about, show(parameter.low), show(parameter.high));
            ui.label(RichText::new(&parameter.name).monospace()).on_hover_text(&tip);
            ui.label(show(value));
            let width = (ui.available_width() - 4.0).max(40.0);
            let (rect, response) = ui.allocate_exact_size(vec2(width, 12.0), Sense::hover());
            response.on_hover_text(tip);
            let track = rect.shrink2(vec2(3.0, 4.5));
            ui.painter().rect_filled(track, 2.0, ui.visuals().widgets.inactive.bg_fill);
            let along = |v: f64| {
                let part = parameter.to_unit_interval(v).clamp(0.0, 1.0) as f32;
                track.left() + part * track.width()
            };
            if let Some((low, high)) = region.held(p) {
                let held = Rect::from_x_y_ranges(along(low)..=along(high), track.y_range()).expand(1.0);
                ui.painter().rect_filled(held, 2.0, colours.spec.gamma_multiply(0.7));
            }
            let at = pos2(along(value), track.center().y);
            ui.painter().circle_filled(at, 3.5, colours.accent);
            ui.end_row();
        }
    });
}
