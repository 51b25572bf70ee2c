//! Step 3: what the design must perform. A slider a metric on the metric's own scale, with what the
//! training rows say of it.

use super::accessible;
use super::state::OpenCircuit;
use super::status::{grouped, step};
use super::theme::palette;
use super::{App, Command};
use crate::circuit::{Bound, Metric, Scale, format_quantity, parse_quantity};
use egui::{DragValue, Slider, Ui};
use std::cell::RefCell;

impl App {
    pub(super) fn targets_section(&mut self, ui: &mut Ui) {
        step(ui, 3, "Targets", false, true, |ui| {
            if self.system.open.is_none() {
                ui.weak("Open a circuit first.");
                return;
            }
            let (each, all) = self.system.met(&self.user.targets.clone());
            let can = [Command::Undo, Command::Redo].map(|c| self.can(c));
            let mut wish = None;
            ui.horizontal(|ui| {
                self.specification_chooser(ui);
                let steps = [(Command::Undo, "Undo"), (Command::Redo, "Redo")];
                for ((command, name), can) in steps.into_iter().zip(can) {
                    let button = egui::Button::new(name);
                    if ui.add_enabled(can, button).on_hover_text(command.title()).clicked() {
                        wish = Some(command);
                    }
                }
            });
            if let Some(command) = wish {
                let ctx = ui.ctx().clone();
                self.run(command, &ctx);
            }
            let Some(open) = &self.system.open else {
                return;
            };
            self.target_problems.resize(open.circuit.metrics.len(), None);
            for m in 0..open.circuit.metrics.len() {
                let place = self.user.targets.bounds.iter().position(|b| b.metric == m);
                let met = place.and_then(|i| each.get(i)).copied();
                target(
                    ui,
                    open,
                    m,
                    &mut self.user.targets.bounds,
                    &mut self.user.remembered[m],
                    met,
                    &mut self.target_problems[m],
                );
            }
            let rows = open.rows.rows.len();
            if rows > 0 {
                let text = match all {
                    0 => "Rows that meet all: none – unseen together".to_owned(),
                    n => format!("Rows that meet all: {} of {}", grouped(n), grouped(rows)),
                };
                ui.strong(text);
            }
        });
    }
}

/// One metric: switched on or off, number, slider, what the rows say.
fn target(
    ui: &mut Ui,
    open: &OpenCircuit,
    m: usize,
    bounds: &mut Vec<Bound>,
    remembered: &mut f64,
    met: Option<usize>,
    problem: &mut Option<String>,
) {
    let metric = &open.circuit.metrics[m];
    let (low, high) = open.range(m);
    let mut on = bounds.iter().any(|b| b.metric == m);
    let only = on && bounds.len() == 1;
    let mut value = bounds.iter().find(|b| b.metric == m).map_or(*remembered, |b| b.value);
    let was = on;
    ui.horizontal(|ui| {
        let title = format!("{} {}", metric.title, metric.sense.glyph());
        ui.add_enabled_ui(!only, |ui| ui.checkbox(&mut on, title))
            .response
            .on_hover_text(format!("Whether {} is bounded at all", metric.title.to_lowercase()));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.add_enabled_ui(on, |ui| number(ui, metric, &mut value, problem));
        });
    });
    ui.add_enabled_ui(on, |ui| {
        let (from, to) = (metric.scaled(low), metric.scaled(high));
        let margin = 0.1 * (to - from);
        let mut scaled = metric.scaled(value);
        ui.spacing_mut().slider_width = ui.available_width() - 4.0;
        let slider = Slider::new(&mut scaled, from - margin..=to + margin)
            .show_value(false)
            .clamping(egui::SliderClamping::Never)
            .smart_aim(false);
        let tip = format!("{} target", metric.title);
        if accessible::named(ui.add(slider), &tip).changed() {
            value = rounded(metric.unscaled(scaled));
            *problem = None;
        }
    });
    if on != was {
        bounds.retain(|b| b.metric != m);
        if on {
            bounds.push(Bound { metric: m, sense: metric.sense, value });
            bounds.sort_by_key(|b| b.metric);
        }
    }
    if let Some(bound) = bounds.iter_mut().find(|b| b.metric == m) {
        bound.value = value;
        *remembered = value;
    }
    let show = |v: f64| format_quantity(v, metric.unit, 3);
    let seen = match (open.rows.rows.len(), met) {
        (0, _) => "no rows to compare with".to_owned(),
        (_, Some(n)) => {
            let rows = if n == 1 { "row meets" } else { "rows meet" };
            format!("seen {} … {} · {} {rows} it", show(low), show(high), grouped(n))
        }
        (_, None) => format!("seen {} … {} · not bounded", show(low), show(high)),
    };
    ui.small(seen);
    let colours = palette(ui.visuals());
    if let Some(text) = problem {
        ui.colored_label(colours.error, text.as_str());
    }
    if on && !open.rows.rows.is_empty() && !(low..=high).contains(&value) {
        let nearest = value.clamp(low, high);
        ui.horizontal_wrapped(|ui| {
            ui.colored_label(colours.warning, "Outside the data");
            if ui
                .small_button(format!("Use {}", show(nearest)))
                .on_hover_text(format!("The nearest {} inside the data", metric.title.to_lowercase()))
                .clicked()
                && let Some(bound) = bounds.iter_mut().find(|b| b.metric == m)
            {
                bound.value = nearest;
            }
        });
    }
}

/// The editable number, with SI prefixes.
fn number(ui: &mut Ui, metric: &Metric, value: &mut f64, problem: &mut Option<String>) {
    let wrong: RefCell<Option<String>> = RefCell::new(None);
    let mut scaled = metric.scaled(*value);
    let speed = match metric.scale {
        Scale::Log => 0.005,
        Scale::Linear => 0.1,
    };
    let before = scaled;
    let field = DragValue::new(&mut scaled)
        .speed(speed)
        .update_while_editing(false)
        .custom_formatter(|v, _| format_quantity(metric.unscaled(v), metric.unit, 4))
        .custom_parser(|text| match parse_quantity(text, metric.unit) {
            Ok(quantity) if metric.scaled(quantity.value).is_finite() => Some(metric.scaled(quantity.value)),
            Ok(_) => {
                *wrong.borrow_mut() = Some(format!("{} must be greater than 0", metric.title));
                None
            }
            Err(e) => {
                *wrong.borrow_mut() = Some(e.to_string());
                None
            }
        });
    let response = ui.add(field);
    accessible::name(&response, &format!("{} target as a number", metric.title));
    let response = response.on_hover_text(format!(
        "{} {}: drag, or click and type a value such as {}",
        metric.title,
        metric.sense.glyph(),
        format_quantity(metric.unscaled(before), metric.unit, 3).replace('µ', "u")
    ));
    if let Some(text) = wrong.into_inner() {
        *problem = Some(text);
    } else if response.changed() && scaled != before {
        *problem = None;
        *value = rounded(metric.unscaled(scaled));
    }
}

/// Four digits are what a designer means, and what is shown.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}
