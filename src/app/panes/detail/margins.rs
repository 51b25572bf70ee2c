//! The margins of a design: how far inside each target it lies, predicted and simulated, side by side.

use crate::app::look::Mark;
use crate::app::plots::{self, Plot};
use crate::app::state::OpenCircuit;
use crate::app::theme::Palette;
use crate::circuit::{Bound, Metric, Specification, format_quantity, margin_in_words};
use crate::engine::Candidate;
use egui::{Align, Align2, Layout, Painter, Rect, Sense, Stroke, TextStyle, Ui, WidgetInfo, pos2, vec2};

/// A half of the track is this part of the range seen in the data.
const WHOLE: f32 = 0.25;

/// Draws the margins of all targets; nothing where nobody has judged the design.
pub fn margins(
    ui: &mut Ui,
    open: &OpenCircuit,
    candidate: &Candidate,
    targets: &Specification,
    colours: &Palette,
) {
    let predicted = candidate.predicted.as_ref().map(|p| &p.performance);
    let measured = candidate.measured();
    if predicted.or(measured).is_none() {
        return;
    }
    let start = ui.cursor().min;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        if ui.available_width() > 200.0 {
            ui.small("Margins");
        }
        for (mark, here) in
            [(Mark::PredictedToMeet, predicted.is_some()), (Mark::Feasible, measured.is_some())]
        {
            if here {
                let (rect, _) = ui.allocate_exact_size(vec2(9.0, 10.0), Sense::hover());
                key(ui.painter(), rect, mark == Mark::Feasible, colours);
                ui.small(if mark == Mark::Feasible { "simulated" } else { "predicted" });
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            plots::menu(ui, Plot::Margins, "margins of the design");
        });
    });
    let of = |performance: Option<&crate::circuit::Performance>| {
        performance.map(|p| targets.margins(&open.circuit, p))
    };
    let (before, after) = (of(predicted), of(measured));
    for (i, bound) in targets.bounds.iter().enumerate() {
        let metric = &open.circuit.metrics[bound.metric];
        let (low, high) = open.range(bound.metric);
        let span = (metric.scaled(high) - metric.scaled(low)).abs().max(1e-12);
        let part = |margins: &Option<Vec<f64>>| margins.as_ref().map(|m| (m[i] / span) as f32);
        let value = |p: Option<&crate::circuit::Performance>| p.map(|p| p.0[bound.metric]);
        let both = [(part(&before), value(predicted)), (part(&after), value(measured))];
        bar(ui, metric, bound, both, colours);
    }
    plots::shows(ui, Plot::Margins, Rect::from_min_max(start, ui.min_rect().max));
}

/// Bars to the right of the middle line where the target is met, to the left where it is not: hollow as
/// predicted, filled as simulated.
fn bar(
    ui: &mut Ui,
    metric: &Metric,
    bound: &Bound,
    both: [(Option<f32>, Option<f64>); 2],
    colours: &Palette,
) {
    let [predicted, simulated] = both;
    let height = if predicted.0.is_some() && simulated.0.is_some() { 17.0 } else { 14.0 };
    let said = simulated.1.or(predicted.1).map_or(String::new(), |v| margin_in_words(metric, bound, v));
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(42.0, height), Sense::hover());
        let font = TextStyle::Small.resolve(ui.style());
        let colour = ui.visuals().text_color();
        ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, &metric.name, font, colour);
        let width = (ui.available_width() - 96.0).max(40.0);
        let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
        let show = |v: f64| format_quantity(v, metric.unit, 4);
        let mut tip = format!("{} {} {}", metric.title, bound.sense.glyph(), show(bound.value));
        for (who, value) in [("predicted", predicted.1), ("simulated", simulated.1)] {
            if let Some(value) = value {
                tip += &format!("\n{who}: {}, {}", show(value), margin_in_words(metric, bound, value));
            }
        }
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, format!("Margin of {tip}")));
        response.on_hover_text(&tip);
        let painter = ui.painter();
        painter.rect_filled(
            rect.shrink2(vec2(0.0, height / 2.0 - 2.0)),
            2.0,
            ui.visuals().widgets.inactive.bg_fill,
        );
        let (upper, lower) = rect.split_top_bottom_at_fraction(0.5);
        let alone = rect.shrink2(vec2(0.0, 4.0));
        let middle = rect.center().x;
        let places = match (predicted.0, simulated.0) {
            (Some(_), Some(_)) => [upper.shrink2(vec2(0.0, 1.0)), lower.shrink2(vec2(0.0, 1.0))],
            _ => [alone, alone],
        };
        for (part, place, filled) in [(predicted.0, places[0], false), (simulated.0, places[1], true)] {
            let Some(part) = part else {
                continue;
            };
            let end = middle + (part / WHOLE).clamp(-1.0, 1.0) * rect.width() / 2.0;
            let x = middle.min(end)..=middle.max(end).max(middle.min(end) + 1.5);
            let bar = Rect::from_x_y_ranges(x, place.y_range());
            let colour = if part >= 0.0 { colours.feasible } else { colours.infeasible };
            if filled {
                painter.rect_filled(bar, 1.5, colour);
            } else {
                painter.rect_stroke(bar, 1.5, Stroke::new(1.2, colour), egui::StrokeKind::Inside);
            }
        }
        let line = Stroke::new(1.0, ui.visuals().text_color());
        painter.line_segment([pos2(middle, rect.top()), pos2(middle, rect.bottom())], line);
        ui.small(said);
    });
}

/// The legend's sample of a bar.
fn key(painter: &Painter, rect: Rect, filled: bool, colours: &Palette) {
    let rect = rect.shrink2(vec2(0.0, 1.5));
    if filled {
        painter.rect_filled(rect, 1.5, colours.feasible);
    } else {
        painter.rect_stroke(rect, 1.5, Stroke::new(1.2, colours.feasible), egui::StrokeKind::Inside);
    }
}
