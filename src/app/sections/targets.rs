//! Step 3: what the design must perform. A slider a metric on the metric's own scale, with what the
//! training rows say of it.

use super::named::NamedChooser;
use super::reach::{out_of_reach, reach_band, reach_line};
use super::step::summed_up_step;
use crate::app::commands::Command;
use crate::app::pane::Pane;
use crate::app::scene::Scene;
use crate::app::state::OpenCircuit;
use crate::app::theme::palette;
use crate::app::widgets::accessible;
use crate::app::wish::Wish;
use crate::app::words::grouped;
use crate::circuit::{Bound, Circuit, Metric, Scale, format_quantity, parse_quantity};
use crate::engine::Limit;
use egui::{DragValue, Slider, Ui};
use std::cell::RefCell;
use std::sync::Arc;

/// The step *Targets*.
#[derive(Default)]
pub struct TargetsStep {
    named: NamedChooser,
    /// The circuit that the problems are of.
    of: Option<Arc<Circuit>>,
    /// What is wrong with what was typed for a metric.
    problems: Vec<Option<String>>,
}

impl Pane for TargetsStep {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let summary = scene.bench.filter(|bench| bench.rows() > 0).map_or_else(String::new, |bench| {
            match (bench.rows_met().1, bench.rows()) {
                (0, _) => "no row meets all of them".to_owned(),
                (met, rows) => format!("{} of {} rows meet all", grouped(met), grouped(rows)),
            }
        });
        summed_up_step(ui, (3, "Targets"), false, &summary, |ui| {
            let Some(bench) = scene.bench else {
                ui.weak("Open a circuit first.");
                return;
            };
            ui.horizontal(|ui| {
                self.named.ui(ui, bench, scene);
                for (command, name) in [(Command::Undo, "Undo"), (Command::Redo, "Redo")] {
                    scene.button(ui, command, name).on_hover_text(command.title());
                }
            });
            let open = &bench.open;
            if self.of.as_ref().is_none_or(|of| !Arc::ptr_eq(of, &open.circuit)) {
                self.of = Some(Arc::clone(&open.circuit));
                self.problems = vec![None; open.circuit.metrics.len()];
            }
            let (each, _) = bench.rows_met();
            let mut targets = bench.targets.clone();
            let outlook = bench.reaching.last(&bench.targets);
            // with a model its word stands where the rows' would, and takes no more room when it comes
            let by_rows = bench.model.is_none();
            let mut pointed = None;
            for (m, problem) in self.problems.iter_mut().enumerate() {
                let met =
                    targets.bounds.iter().position(|b| b.metric == m).and_then(|i| each.get(i)).copied();
                let place = bench.targets.bounds.iter().position(|b| b.metric == m);
                let limit = place.and_then(|i| *outlook?.limits.get(i)?);
                let over = target(
                    ui,
                    open,
                    m,
                    &mut targets.bounds,
                    bench.remembered[m],
                    (met, limit, by_rows),
                    problem,
                );
                pointed = place.filter(|_| over).or(pointed);
            }
            match outlook {
                Some(outlook) => reach_line(ui, &open.circuit, &bench.targets, outlook, pointed),
                None if !by_rows && bench.rows() > 0 => {
                    _ = ui.small("How far targets reach is being worked out…")
                }
                None => {}
            }
            if let Some(outlook) = bench.reaching.on(&bench.targets)
                && let Some(nearest) = out_of_reach(ui, &open.circuit, &bench.targets, outlook)
            {
                targets = nearest;
            }
            if targets != bench.targets {
                scene.wish(Wish::SetTargets(targets));
            }
        });
    }
}

/// One metric: switched on or off, number, slider, what the rows and the model say. Whether the pointer is on its slider.
fn target(
    ui: &mut Ui,
    open: &OpenCircuit,
    m: usize,
    bounds: &mut Vec<Bound>,
    remembered: f64,
    (met, limit, by_rows): (Option<usize>, Option<Limit>, bool),
    problem: &mut Option<String>,
) -> bool {
    let metric = &open.circuit.metrics[m];
    let (low, high) = open.range(m);
    let mut on = bounds.iter().any(|b| b.metric == m);
    let only = on && bounds.len() == 1;
    let mut value = bounds.iter().find(|b| b.metric == m).map_or(remembered, |b| b.value);
    let was = on;
    let mut over = false;
    ui.horizontal(|ui| {
        let title = format!("{} {}", metric.title, metric.sense.glyph());
        ui.add_enabled_ui(!only, |ui| ui.checkbox(&mut on, title))
            .response
            .on_hover_text(format!("Whether {} is bounded at all", metric.title.to_lowercase()));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.add_enabled_ui(on, |ui| number(ui, metric, &mut value, problem));
        });
    });
    let show = |v: f64| format_quantity(v, metric.unit, 3);
    let seen = match (open.rows.rows.len(), met) {
        (0, _) => "no rows to compare with".to_owned(),
        (_, Some(n)) => {
            let rows = if n == 1 { "row meets" } else { "rows meet" };
            format!("seen {} … {} · {} {rows} it", show(low), show(high), grouped(n))
        }
        (_, None) => format!("seen {} … {} · not bounded", show(low), show(high)),
    };
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
        let slider = accessible::named(ui.add(slider), &tip);
        if slider.changed() {
            value = rounded(metric.unscaled(scaled));
            *problem = None;
        }
        if let Some(limit) = limit.filter(|_| on) {
            reach_band(ui, metric, slider.rect, (from - margin, to + margin), limit);
        }
        over = slider.hovered() || slider.has_focus() || slider.dragged();
        // while it is dragged a tip would lie over what is looked at
        if !slider.dragged() {
            slider.on_hover_text(&seen);
        }
    });
    if on != was {
        bounds.retain(|b| b.metric != m);
        if on {
            bounds.push(Bound { metric: m, sense: metric.sense.of_bound(), value });
            bounds.sort_by_key(|b| b.metric);
        }
    }
    let other = bounds.iter().filter(|b| b.metric == m).nth(1).cloned();
    if let Some(bound) = bounds.iter_mut().find(|b| b.metric == m) {
        // of two bounds one does not pass the other
        let crossed = other.as_ref().is_some_and(|o| !o.sense.met(value, o.value));
        bound.value = if crossed { bound.value } else { value };
    }
    if by_rows {
        ui.small(seen);
    }
    let colours = palette(ui.visuals());
    if let Some(other) = other {
        ui.small(format!("and {} {}", other.sense.glyph(), show(other.value)));
    }
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
    over
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
