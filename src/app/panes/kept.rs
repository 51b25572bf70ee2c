//! The kept designs side by side: what each performs, where their parameters differ.

use crate::app::pane::Pane;
use crate::app::scene::Scene;
use crate::app::state::Bench;
use crate::app::state::kept::KeptDesign;
use crate::app::theme::{Palette, palette};
use crate::app::widgets::{accessible, empty, star};
use crate::app::wish::Wish;
use crate::circuit::{Aligned, Performance, Sizing, format_quantity, margin_in_words};
use crate::engine::Simulated;
use egui::{Grid, RichText, ScrollArea, TextEdit, Ui};

/// The width of a design's column.
const COLUMN: f32 = 150.0;

/// The kept designs.
#[derive(Default)]
pub struct KeptPane;

/// A kept design as the open circuit has it.
struct Column<'a> {
    kept: &'a KeptDesign,
    sizing: Result<Sizing, String>,
    performance: Option<&'a Performance>,
    failure: Option<String>,
}

impl Pane for KeptPane {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let Some(bench) = scene.bench.filter(|bench| !bench.kept.designs.is_empty()) else {
            empty(
                ui,
                "No design is kept yet.",
                "Select one and press Keep on its card, or Ctrl+K: kept designs stay with the circuit, and stand here side \
                 by side.",
                None,
            );
            return;
        };
        let columns: Vec<Column<'_>> = bench.kept.designs.iter().map(|kept| column(bench, kept)).collect();
        let colours = palette(ui.visuals());
        ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| {
            Grid::new("kept designs")
                .num_columns(columns.len() + 1)
                .min_col_width(60.0)
                .striped(true)
                .spacing([14.0, 3.0])
                .show(ui, |ui| {
                    ui.label("");
                    for (place, column) in columns.iter().enumerate() {
                        head(ui, scene, place, column, &colours);
                    }
                    ui.end_row();
                    metrics(ui, bench, &columns, &colours);
                    parameters(ui, bench, &columns, &colours);
                });
        });
    }
}

fn column<'a>(bench: &'a Bench, kept: &'a KeptDesign) -> Column<'a> {
    let sizing = kept.sizing(&bench.open.circuit);
    let outcome = sizing.as_ref().ok().and_then(|sizing| bench.outcome(sizing));
    let performance = outcome.and_then(|o| o.as_ref().ok()).map(Simulated::performance);
    let failure = outcome.and_then(|o| o.as_ref().err()).map(ToString::to_string);
    Column { kept, sizing, performance, failure }
}

/// Name, note, star and what can be done with a kept design.
fn head(ui: &mut Ui, scene: &mut Scene<'_>, place: usize, column: &Column<'_>, colours: &Palette) {
    ui.vertical(|ui| {
        ui.set_width(COLUMN);
        let mut edited = column.kept.clone();
        ui.horizontal(|ui| {
            let star = star(ui, edited.starred, colours.selection);
            accessible::name(&star, &format!("Star of {}", column.kept.name));
            if star.on_hover_text("Marks the ones that you come back to").clicked() {
                edited.starred = !edited.starred;
            }
            let name = TextEdit::singleline(&mut edited.name).desired_width(COLUMN - 30.0);
            accessible::named(ui.add(name), &format!("Name of kept design {}", place + 1));
        });
        let note = TextEdit::singleline(&mut edited.note).hint_text("Note").desired_width(COLUMN - 8.0);
        accessible::named(ui.add(note), &format!("Note on kept design {}", place + 1));
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let show = ui.add_enabled(column.sizing.is_ok(), egui::Button::new("Show").small());
            if show.on_hover_text("Selects it among the designs").clicked() {
                scene.wish(Wish::ShowKept(place));
            }
            if ui.small_button("Remove").on_hover_text("Keeps it no longer; Undo brings it back").clicked() {
                scene.wish(Wish::ForgetKept(place));
            }
        });
        match (&column.sizing, &column.failure) {
            (Err(why), _) => _ = ui.colored_label(colours.warning, why),
            (_, Some(why)) => _ = ui.colored_label(colours.failed, why),
            (Ok(_), None) if column.performance.is_none() => _ = ui.weak("not simulated"),
            _ => {}
        }
        if edited != *column.kept {
            scene.wish(Wish::EditKept(place, edited));
        }
    });
}

fn metrics(ui: &mut Ui, bench: &Bench, columns: &[Column<'_>], colours: &Palette) {
    for (m, metric) in bench.open.circuit.metrics.iter().enumerate() {
        let bound = bench.targets.bound_on(m);
        let target =
            bound.map(|b| format!("{} {}", b.sense.glyph(), format_quantity(b.value, metric.unit, 3)));
        let all = columns.iter().filter_map(|c| Some(c.performance?.0[m]));
        let form = Aligned::of(all, metric.unit, 4);
        ui.label(RichText::new(form.title(&metric.name)).strong()).on_hover_text(format!(
            "{} {}",
            metric.title,
            target.clone().unwrap_or_default()
        ));
        // the best of each metric stands out
        let values = columns.iter().filter_map(|c| Some(metric.scaled(c.performance?.0[m])));
        let loosening = metric.sense.of_bound().loosening();
        let best = values.min_by(|a, b| (loosening * a).total_cmp(&(loosening * b)));
        for column in columns {
            let Some(performance) = column.performance else {
                ui.weak("–");
                continue;
            };
            let value = performance.0[m];
            let mut text = RichText::new(form.show(value));
            if bound.is_some_and(|b| !b.sense.met(value, b.value)) {
                text = text.color(colours.infeasible);
            }
            if columns.len() > 1 && best == Some(metric.scaled(value)) {
                text = text.strong();
            }
            let label = ui.label(text);
            if let Some(bound) = bound {
                label.on_hover_text(margin_in_words(metric, bound, value));
            }
        }
        ui.end_row();
    }
}

/// The parameters; what differs from the first design stands out.
fn parameters(ui: &mut Ui, bench: &Bench, columns: &[Column<'_>], colours: &Palette) {
    let first = columns.iter().find_map(|c| c.sizing.as_ref().ok());
    for (p, parameter) in bench.open.circuit.parameters.iter().enumerate() {
        let all = columns.iter().filter_map(|c| Some(c.sizing.as_ref().ok()?.0[p]));
        let form = Aligned::of(all, parameter.unit, 4);
        ui.label(RichText::new(form.title(&parameter.name)).monospace()).on_hover_text(&parameter.about);
        for column in columns {
            let Ok(sizing) = &column.sizing else {
                ui.weak("–");
                continue;
            };
            let text = RichText::new(form.show(sizing.0[p]));
            let differs = first.is_some_and(|first| first.0[p] != sizing.0[p]);
            ui.label(if differs { text.color(colours.accent).strong() } else { text.weak() });
        }
        ui.end_row();
    }
}
