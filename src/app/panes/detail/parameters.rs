//! The parameters of a design, each on its range: to be read, dragged, typed or stepped along the grid.

use crate::app::state::OpenCircuit;
use crate::app::theme::Palette;
use crate::app::widgets::accessible;
use crate::circuit::{Parameter, Region, Sizing, format_quantity, parse_quantity};
use crate::engine::Candidate;
use egui::{DragValue, EventFilter, Grid, Key, Rect, Response, RichText, Sense, Stroke, Ui, pos2, vec2};

/// Draws the parameters of a design; `turned` is where they stand if they were turned. What one was turned to just now.
pub fn parameters(
    ui: &mut Ui,
    open: &OpenCircuit,
    candidate: &Candidate,
    turned: Option<&Sizing>,
    region: &Region,
    colours: &Palette,
) -> Option<(usize, f64)> {
    let now = turned.unwrap_or(&candidate.sizing);
    let mut turn = None;
    Grid::new("parameters of the design").num_columns(3).spacing([8.0, 1.0]).show(ui, |ui| {
        for (p, parameter) in open.circuit.parameters.iter().enumerate() {
            let (value, was) = (now.0[p], candidate.sizing.0[p]);
            let show = |v: f64| format_quantity(v, parameter.unit, 4);
            let moved = if value == was { String::new() } else { format!("\nIt was {}", show(was)) };
            let about = &parameter.about;
            let tip = format!("{about}: {} … {}{moved}", show(parameter.low), show(parameter.high));
            let name = RichText::new(&parameter.name).monospace();
            let name = if value == was { name } else { name.color(colours.accent).strong() };
            ui.label(name).on_hover_text(&tip);
            let typed = number(ui, parameter, value);
            let held = region.held(p);
            let dragged = track(ui, parameter, value, was, held, colours, &tip);
            if let Some(to) = typed.or(dragged).filter(|to| parameter.snap(*to) != value) {
                turn = Some((p, to));
            }
            ui.end_row();
        }
    });
    turn
}

/// The value as a number that can be dragged and typed; what it was set to.
fn number(ui: &mut Ui, parameter: &Parameter, value: f64) -> Option<f64> {
    let mut at = parameter.to_unit_interval(value);
    let before = at;
    let field = DragValue::new(&mut at)
        .speed(0.002)
        .range(0.0..=1.0)
        .update_while_editing(false)
        .custom_formatter(|v, _| {
            // what is not dragged is shown as it is
            let shown = if v == before { value } else { parameter.snap(parameter.from_unit_interval(v)) };
            format_quantity(shown, parameter.unit, 4)
        })
        .custom_parser(|text| {
            let typed = parse_quantity(text, parameter.unit).ok()?.value;
            (parameter.low..=parameter.high).contains(&typed).then(|| parameter.to_unit_interval(typed))
        });
    let response = ui.push_id(("number", &parameter.name), |ui| ui.add(field)).inner;
    accessible::name(&response, &format!("{} as a number", parameter.name));
    (response.changed() && at != before).then(|| parameter.from_unit_interval(at))
}

/// The range with the value on it, to be dragged or stepped by the arrow keys; what it was set to.
fn track(
    ui: &mut Ui,
    parameter: &Parameter,
    value: f64,
    was: f64,
    held: Option<(f64, f64)>,
    colours: &Palette,
    tip: &str,
) -> Option<f64> {
    let width = (ui.available_width() - 4.0).max(40.0);
    let (rect, _) = ui.allocate_exact_size(vec2(width, 14.0), Sense::hover());
    let id = ui.scope_id().with(("track", &parameter.name));
    let response = ui.interact(rect, id, Sense::click_and_drag());
    accessible::name(&response, &format!("{} on its range", parameter.name));
    let track = rect.shrink2(vec2(4.0, 5.5));
    let along = |v: f64| {
        let part = parameter.to_unit_interval(v).clamp(0.0, 1.0) as f32;
        track.left() + part * track.width()
    };
    let painter = ui.painter();
    painter.rect_filled(track, 2.0, ui.visuals().widgets.inactive.bg_fill);
    if let Some((low, high)) = held {
        let held = Rect::from_x_y_ranges(along(low)..=along(high), track.y_range()).expand(1.0);
        painter.rect_filled(held, 2.0, colours.spec.gamma_multiply(0.7));
    }
    let middle = |v: f64| pos2(along(v), track.center().y);
    if value != was {
        painter
            .line_segment([middle(was), middle(value)], Stroke::new(1.5, colours.accent.gamma_multiply(0.6)));
        painter.circle_stroke(middle(was), 3.5, Stroke::new(1.2, ui.visuals().weak_text_color()));
    }
    let alive = response.hovered() || response.dragged() || response.has_focus();
    painter.circle_filled(middle(value), if alive { 5.0 } else { 3.5 }, colours.accent);
    if response.has_focus() {
        painter.rect_stroke(rect, 3.0, ui.visuals().selection.stroke, egui::StrokeKind::Inside);
    }
    let by_keys = stepped(ui, &response, parameter, value);
    let pointer = response.interact_pointer_pos().filter(|_| response.dragged() || response.clicked());
    if response.clicked() || response.drag_started() {
        response.request_focus();
    }
    // a tip would lie over what is being looked at
    if !response.dragged() {
        response.on_hover_text(tip);
    }
    let dragged = pointer.map(|at| {
        let part = ((at.x - track.left()) / track.width().max(1.0)).clamp(0.0, 1.0);
        parameter.from_unit_interval(f64::from(part))
    });
    dragged.or(by_keys)
}

/// Where the arrow keys take a value: to the next place of the grid, with Shift to the tenth.
fn stepped(ui: &Ui, response: &Response, parameter: &Parameter, value: f64) -> Option<f64> {
    if !response.has_focus() {
        return None;
    }
    let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let (up, down, many) = ui.input(|i| {
        (
            i.num_presses(Key::ArrowRight),
            i.num_presses(Key::ArrowLeft),
            if i.modifiers.shift { 10 } else { 1 },
        )
    });
    if up == down {
        return None;
    }
    let steps = many * up.abs_diff(down);
    Some((0..steps).fold(value, |at, _| parameter.neighbour(at, up > down)))
}
