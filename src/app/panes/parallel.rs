//! Parallel coordinates: an axis for each metric and each parameter, a line for each design. Dragging along an
//! axis narrows what stands out; a click on a line selects its design. The specification is marked on the
//! axes of its metrics.

use super::view::view_pane;
use crate::app::look::{DesignView, Mark, REACH, axis, shown};
use crate::app::pane::Pane;
use crate::app::plots::{Plot, data};
use crate::app::scene::{Scene, Touch};
use crate::app::state::{AxisOf, Bench, Brush, Filter};
use crate::app::wish::Wish;
use crate::circuit::{Performance, Scale, Sense as Way, Sizing, format_quantity};
use egui::{
    Align2, Color32, FontId, Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke, TextStyle, Ui,
    WidgetInfo, pos2, vec2,
};
use egui_plot::GridInput;

/// Rows laid under; more would be a grey surface.
const ROWS: usize = 150;
/// A metric's axis has ticks and wants more room than a parameter's.
const METRIC_ROOM: f32 = 1.8;
/// From the pane's top to the upper end of the axes, for names and upper ends.
const HEAD: f32 = 40.0;
/// For lower ends and bounds, in two lines where they are close together.
const FOOT: f32 = 33.0;

/// What the user has chosen of the parallel coordinates.
pub struct ParallelPane {
    circuit: String,
    parameters: bool,
    /// The filter's ranges, to be edited.
    brushes: Vec<Brush>,
    /// Whether the whole filter was cleared just now.
    cleared: bool,
    /// The axis under a drag and where the drag began.
    drag: Option<(AxisOf, f64)>,
}

impl Default for ParallelPane {
    fn default() -> ParallelPane {
        ParallelPane {
            circuit: String::new(),
            parameters: true,
            brushes: Vec::new(),
            cleared: false,
            drag: None,
        }
    }
}

/// An axis where it stands.
struct Axis {
    of: AxisOf,
    x: f32,
    top: f32,
    bottom: f32,
    /// The ends on the axis' own scale.
    low: f64,
    high: f64,
}

impl Axis {
    fn y(&self, at: f64) -> f32 {
        self.bottom - ((at - self.low) / (self.high - self.low)) as f32 * (self.bottom - self.top)
    }

    fn at(&self, y: f32) -> f64 {
        let part = f64::from((self.bottom - y) / (self.bottom - self.top)).clamp(0.0, 1.0);
        self.low + part * (self.high - self.low)
    }
}

/// Where a design or a row stands on an axis' own scale.
fn coordinate(view: &DesignView<'_>, of: AxisOf, performance: &Performance, sizing: &Sizing) -> f64 {
    of.coordinate(&view.open.circuit, performance, sizing)
}

impl Pane for ParallelPane {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        // the filter is everyone's: what was set elsewhere is narrowed here, and the other way round
        let filter = scene.bench.map(|bench| bench.filter.clone()).unwrap_or_default();
        self.brushes.clone_from(&filter.brushes);
        let mut cleared = false;
        view_pane(ui, scene, Plot::Parallel, "parallel coordinates", |ui, view| {
            let drawn = self.draw(ui, view);
            cleared = std::mem::take(&mut self.cleared);
            drawn
        });
        let chosen = if cleared { None } else { filter.chosen.clone() };
        let now = Filter { brushes: self.brushes.clone(), chosen };
        if now != filter {
            scene.wish(Wish::SetFilter(now));
        }
    }

    fn data(&self, plot: Plot, bench: &Bench) -> Option<String> {
        let asked = (&bench.targets, &bench.region);
        let designs = || data::designs(&bench.open, bench.candidates(), asked, Some(&bench.standing_out()));
        (plot == Plot::Parallel).then(designs)
    }
}

impl ParallelPane {
    fn inside(&self, view: &DesignView<'_>, performance: &Performance, sizing: &Sizing) -> bool {
        view.filter.admits(&view.open.circuit, performance, sizing)
    }

    /// Draws the axes and the lines; the pane, and the design whose line is under the pointer.
    fn draw(&mut self, ui: &mut Ui, view: &DesignView<'_>) -> (Rect, Option<Touch>) {
        if self.circuit != view.open.circuit.name {
            *self = ParallelPane {
                circuit: view.open.circuit.name.clone(),
                parameters: self.parameters,
                ..ParallelPane::default()
            };
        }
        self.controls(ui, view);
        let size = ui.available_size().max(vec2(240.0, 160.0));
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        response
            .widget_info(|| WidgetInfo::labeled(Role::Image, true, "Parallel coordinates of the designs"));
        let axes = self.axes(view, rect);
        let mut freed = false;
        let mut clicked = response.clicked();
        for axis in &axes {
            let response = self.grip(ui, view, axis);
            if self.drag.is_none() && !response.is_pointer_button_down_on() {
                response.clone().on_hover_text(about(view, axis.of));
            }
            if response.clicked() {
                freed |= self.brushes.iter().any(|b| b.of == axis.of);
                self.brushes.retain(|b| b.of != axis.of);
                clicked = true;
            }
        }
        let pointer = ui.input(|i| i.pointer.hover_pos()).filter(|_| ui.rect_contains_pointer(rect));
        let nearest = pointer.filter(|_| self.drag.is_none()).and_then(|at| self.nearest(view, &axes, at));
        self.paint(ui, view, &axes, rect, nearest.or(view.hovered));
        if let Some(design) = nearest {
            let all: Vec<usize> = (0..view.open.circuit.metrics.len()).collect();
            response.on_hover_text_at_pointer(view.tip(design, &all));
        }
        (rect, nearest.map(|design| Touch { design, clicked: clicked && !freed }))
    }

    fn controls(&mut self, ui: &mut Ui, view: &DesignView<'_>) {
        ui.horizontal_wrapped(|ui| {
            let before = self.parameters;
            ui.checkbox(&mut self.parameters, "Parameters").on_hover_text("Show the parameters' axes too");
            if before && !self.parameters {
                self.brushes.retain(|b| matches!(b.of, AxisOf::Metric(_)));
            }
            let narrowed = !view.filter.is_empty();
            let clear = ui.add_enabled(narrowed, egui::Button::new("Clear"));
            if clear.on_hover_text("Lets every line stand out again").clicked() {
                self.brushes.clear();
                self.cleared = true;
            }
            if narrowed {
                let all = view.candidates.iter().filter_map(|c| Some((shown(c)?, &c.sizing)));
                let inside = all.filter(|(p, s)| self.inside(view, p, s)).count();
                ui.label(format!("{inside} of {} designs inside", view.candidates.len()));
            } else {
                ui.weak("Drag along an axis to narrow; click a line to select its design");
            }
        });
    }

    fn axes(&self, view: &DesignView<'_>, rect: Rect) -> Vec<Axis> {
        let circuit = &view.open.circuit;
        let parameters = if self.parameters { circuit.parameters.len() } else { 0 };
        let metrics = (0..circuit.metrics.len()).map(AxisOf::Metric);
        let all: Vec<AxisOf> = metrics.chain((0..parameters).map(AxisOf::Parameter)).collect();
        // before each metric's axis stand its ticks; the first parameter keeps clear of the last metric's bound
        let room = |of: &AxisOf| match of {
            AxisOf::Metric(_) => METRIC_ROOM,
            AxisOf::Parameter(0) => 1.4,
            AxisOf::Parameter(_) => 1.0,
        };
        let whole: f32 = all.iter().map(room).sum::<f32>() + 0.6;
        let unit = rect.width() / whole;
        let mut x = rect.left();
        all.into_iter()
            .map(|of| {
                x += unit * room(&of);
                let (low, high) = match of {
                    AxisOf::Metric(m) => {
                        let (low, high) = view.extent(m);
                        let margin = 0.03 * (high - low).max(1e-9);
                        (low - margin, high + margin)
                    }
                    AxisOf::Parameter(_) => (0.0, 1.0),
                };
                Axis { of, x, top: rect.top() + HEAD, bottom: rect.bottom() - FOOT, low, high }
            })
            .collect()
    }

    /// What a drag along an axis does.
    fn grip(&mut self, ui: &Ui, view: &DesignView<'_>, axis: &Axis) -> Response {
        let reach = Rect::from_x_y_ranges(axis.x - 9.0..=axis.x + 9.0, axis.top - 6.0..=axis.bottom + 6.0);
        let name = name(view, axis.of);
        let response = ui.interact(reach, ui.scope_id().with(("parallel", name)), Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(Role::Slider, true, format!("Narrow {name}")));
        if response.hovered() || response.dragged() {
            ui.ctx().set_cursor_icon(egui::CursorIcon::ResizeVertical);
        }
        if response.drag_started()
            && let Some(at) = ui.input(|i| i.pointer.press_origin())
        {
            self.drag = Some((axis.of, axis.at(at.y)));
        }
        if let Some((of, from)) = self.drag.filter(|(of, _)| *of == axis.of)
            && let Some(at) = response.interact_pointer_pos()
        {
            let to = axis.at(at.y);
            // the count above was made before this drag went on
            ui.ctx().request_repaint();
            self.brushes.retain(|b| b.of != of);
            self.brushes.push(Brush { of, low: from.min(to), high: from.max(to) });
            if response.drag_stopped() {
                self.drag = None;
                let least = 0.01 * (axis.high - axis.low);
                self.brushes.retain(|b| b.of != of || b.high - b.low > least);
            }
        }
        response
    }

    /// The design whose line passes near a place; those outside the brushes are let through.
    fn nearest(&self, view: &DesignView<'_>, axes: &[Axis], at: Pos2) -> Option<usize> {
        let right = axes.iter().position(|a| a.x > at.x).unwrap_or(axes.len() - 1).max(1);
        let (a, b) = (axes.get(right - 1)?, axes.get(right)?);
        let distance = |(i, c): (usize, &crate::engine::Candidate)| {
            let performance = shown(c)?;
            if !self.inside(view, performance, &c.sizing) {
                return None;
            }
            let [from, to] =
                [a, b].map(|axis| pos2(axis.x, axis.y(coordinate(view, axis.of, performance, &c.sizing))));
            let along = ((at.x - from.x) / (to.x - from.x)).clamp(0.0, 1.0);
            Some((from.lerp(to, along).distance(at), i))
        };
        let all = view.candidates.iter().enumerate().filter_map(distance);
        let nearest = all.min_by(|a, b| a.0.total_cmp(&b.0))?;
        (nearest.0 < REACH).then_some(nearest.1)
    }

    fn paint(&self, ui: &Ui, view: &DesignView<'_>, axes: &[Axis], rect: Rect, hovered: Option<usize>) {
        let painter = ui.painter_at(rect);
        painter.rect_filled(rect, 2.0, ui.visuals().extreme_bg_color);
        let line = |performance: &Performance, sizing: &Sizing| -> Vec<Pos2> {
            axes.iter().map(|a| pos2(a.x, a.y(coordinate(view, a.of, performance, sizing)))).collect()
        };
        if view.cloud {
            let rows = &view.open.rows.rows;
            let stroke = Stroke::new(1.0, view.palette.cloud.gamma_multiply(0.45));
            // close up, many a row leaves the axes
            let on = |row: &&crate::dataset::Row| {
                let at = |a: &Axis| a.y(coordinate(view, a.of, &row.performance, &row.sizing));
                axes.iter().all(|a| (a.top - 0.5..=a.bottom + 0.5).contains(&at(a)))
            };
            for row in rows.iter().step_by(rows.len().div_ceil(ROWS).max(1)).filter(on) {
                painter.add(Shape::line(line(&row.performance, &row.sizing), stroke));
            }
        }
        let stroke = Stroke::new(1.0, view.palette.earlier.gamma_multiply(0.35));
        for earlier in &view.overlaid {
            if let Some(p) = shown(earlier) {
                painter.add(Shape::line(line(p, &earlier.sizing), stroke));
            }
        }
        let many = if view.candidates.len() > 300 { 0.25 } else { 0.4 };
        let mut marks = Vec::new();
        // outside first, then the worst to the best
        let mut order: Vec<(bool, Mark, usize)> = Vec::with_capacity(view.candidates.len());
        for (i, c) in view.candidates.iter().enumerate() {
            if let Some(p) = shown(c) {
                order.push((self.inside(view, p, &c.sizing), Mark::of(c, view.targets), i));
            }
        }
        order.sort_by_key(|(inside, mark, i)| (*inside, std::cmp::Reverse((*mark, *i))));
        for (inside, mark, i) in order {
            let candidate = &view.candidates[i];
            let Some(p) = shown(candidate) else {
                continue;
            };
            let colour = view.colour(i);
            let strength = if inside { many } else { 0.08 };
            let places = line(p, &candidate.sizing);
            if inside {
                let on_metrics = axes.iter().zip(&places).filter(|(a, _)| matches!(a.of, AxisOf::Metric(_)));
                marks.extend(on_metrics.map(|(_, at)| (mark, *at, colour)));
            }
            painter.add(Shape::line(places, Stroke::new(1.0, colour.gamma_multiply(strength))));
        }
        let mut labels = Labels { painter: &painter, taken: Vec::new() };
        // the axis under the pointer takes its room first
        let pointer = ui.input(|i| i.pointer.hover_pos()).filter(|at| rect.contains(*at));
        let near = |a: &&Axis| pointer.is_some_and(|at| (at.x - a.x).abs() < 9.0);
        for axis in axes.iter().filter(near).chain(axes.iter().filter(|a| !near(a))) {
            self.paint_axis(ui, &mut labels, view, axis);
        }
        for (mark, at, colour) in marks {
            mark.paint_in(&painter, at, 2.8, colour);
        }
        for (design, width) in [(hovered, 1.8), (view.selected, 2.2)] {
            if let Some(c) = design.and_then(|i| view.candidates.get(i))
                && let Some(p) = shown(c)
            {
                painter.add(Shape::line(line(p, &c.sizing), Stroke::new(width, view.palette.selection)));
            }
        }
    }

    fn paint_axis(&self, ui: &Ui, labels: &mut Labels<'_>, view: &DesignView<'_>, axis: &Axis) {
        let painter = labels.painter;
        let small = TextStyle::Small.resolve(ui.style());
        let text = ui.visuals().text_color();
        let (x, circuit) = (axis.x, &view.open.circuit);
        painter.line_segment([pos2(x, axis.top), pos2(x, axis.bottom)], Stroke::new(1.0, text));
        if let Some(brush) = self.brushes.iter().find(|b| b.of == axis.of) {
            let band = Rect::from_x_y_ranges(x - 6.0..=x + 6.0, axis.y(brush.high)..=axis.y(brush.low));
            painter.rect_filled(band, 2.0, view.palette.selection.gamma_multiply(0.22));
            let edge = Stroke::new(1.4, view.palette.selection);
            painter.rect_stroke(band, 2.0, edge, egui::StrokeKind::Middle);
        }
        match axis.of {
            AxisOf::Metric(m) => {
                let metric = &circuit.metrics[m];
                let unit = metric.unit.symbol();
                let title =
                    if unit.is_empty() { metric.name.clone() } else { format!("{} ({unit})", metric.name) };
                let strong = ui.visuals().strong_text_color();
                let top = axis.top - HEAD;
                let at = pos2(x, top + 12.0);
                if !labels.put(at, title, &small, strong) {
                    labels.put(at, metric.name.clone(), &small, strong);
                }
                ticks(ui, painter, metric, axis, &small);
                if let Some(bound) = view.targets.bound_on(m) {
                    let at = axis.y(metric.scaled(bound.value)).clamp(axis.top, axis.bottom);
                    let other = view.targets.other_bound_on(m).map(|b| axis.y(metric.scaled(b.value)));
                    let edge = if bound.sense == Way::AtMost { axis.bottom } else { axis.top };
                    let end = other.unwrap_or(edge).clamp(axis.top, axis.bottom);
                    let band = Rect::from_two_pos(pos2(x, at), pos2(x + 5.0, end));
                    painter.rect_filled(band, 0.0, view.palette.spec.gamma_multiply(0.55));
                    let cap = Stroke::new(2.0, view.palette.spec);
                    painter.line_segment([pos2(x - 6.0, at), pos2(x + 10.0, at)], cap);
                    let words = format_quantity(bound.value, metric.unit, 3).replace(' ', "");
                    let words = format!("{} {words}", bound.sense.glyph());
                    for line in [8.0, 24.0] {
                        let foot = pos2(x, axis.bottom + line);
                        if labels.put(foot, words.clone(), &small, view.palette.spec) {
                            break;
                        }
                    }
                }
            }
            AxisOf::Parameter(p) => {
                let parameter = &circuit.parameters[p];
                let mono = FontId::monospace(small.size);
                let strong = ui.visuals().strong_text_color();
                let top = axis.top - HEAD;
                labels.put(pos2(x, top + 12.0), parameter.name.clone(), &mono, strong);
                if let Some((low, high)) = view.region.held(p) {
                    let [from, to] = [low, high].map(|v| axis.y(parameter.to_unit_interval(v)));
                    let band = Rect::from_two_pos(pos2(x, from + 1.5), pos2(x + 5.0, to - 1.5));
                    painter.rect_filled(band, 0.0, view.palette.spec.gamma_multiply(0.55));
                }
                let weak = ui.visuals().weak_text_color();
                // closer together than a reader's eye wants: no gap between number and unit
                let show = |v: f64| format_quantity(v, parameter.unit, 3).replace(' ', "");
                let head = pos2(x, axis.top - 10.0);
                labels.put(head, show(parameter.high), &small, weak);
                labels.put(pos2(x, axis.bottom + 9.0), show(parameter.low), &small, weak);
            }
        }
    }
}

/// Texts around the axes, of which none is laid over another.
struct Labels<'a> {
    painter: &'a Painter,
    taken: Vec<Rect>,
}

impl Labels<'_> {
    /// Writes a text in the middle of a place if there is room; whether there was.
    fn put(&mut self, at: Pos2, text: String, font: &FontId, colour: Color32) -> bool {
        let galley = self.painter.layout_no_wrap(text, font.clone(), colour);
        let rect = Align2::CENTER_CENTER.anchor_size(at, galley.size());
        if self.taken.iter().any(|t| t.intersects(rect.expand2(vec2(3.0, 0.0)))) {
            return false;
        }
        self.painter.galley(rect.min, galley, colour);
        self.taken.push(rect);
        true
    }
}

/// What an axis is, for who points at it.
fn about(view: &DesignView<'_>, of: AxisOf) -> String {
    let circuit = &view.open.circuit;
    match of {
        AxisOf::Metric(m) => {
            let metric = &circuit.metrics[m];
            let target = view.targets.bound_on(m).map_or(String::new(), |b| {
                format!(" {} {}", b.sense.glyph(), format_quantity(b.value, metric.unit, 4))
            });
            format!("{}{target}", metric.title)
        }
        AxisOf::Parameter(p) => {
            let parameter = &circuit.parameters[p];
            let show = |v: f64| format_quantity(v, parameter.unit, 4);
            format!("{}: {} … {}", parameter.about, show(parameter.low), show(parameter.high))
        }
    }
}

fn name<'a>(view: &'a DesignView<'_>, of: AxisOf) -> &'a str {
    match of {
        AxisOf::Metric(m) => &view.open.circuit.metrics[m].name,
        AxisOf::Parameter(p) => &view.open.circuit.parameters[p].name,
    }
}

/// Ticks to the left of a metric's axis, on a ground that keeps lines off the numbers.
fn ticks(ui: &Ui, painter: &Painter, metric: &crate::circuit::Metric, axis: &Axis, font: &FontId) {
    let input = GridInput { bounds: (axis.low, axis.high), base_step_size: 0.0 };
    let mut marks = match metric.scale {
        Scale::Log => axis::log_marks(input),
        Scale::Linear => axis::linear_marks(input),
    };
    marks.sort_by(|a, b| b.step_size.total_cmp(&a.step_size));
    let ground: Color32 = ui.visuals().extreme_bg_color.gamma_multiply(0.8);
    let mut taken: Vec<f32> = Vec::new();
    for mark in marks {
        let y = axis.y(mark.value);
        if taken.iter().any(|t| (t - y).abs() < 15.0) {
            continue;
        }
        taken.push(y);
        let text = axis::tick(metric, mark.value);
        let galley = painter.layout_no_wrap(text, font.clone(), ui.visuals().text_color());
        let rect = Align2::RIGHT_CENTER.anchor_size(pos2(axis.x - 7.0, y), galley.size());
        painter.rect_filled(rect.expand2(vec2(2.0, 0.0)), 2.0, ground);
        painter.galley(rect.min, galley, ui.visuals().text_color());
        let stroke = Stroke::new(1.0, ui.visuals().text_color());
        painter.line_segment([pos2(axis.x - 4.0, y), pos2(axis.x, y)], stroke);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_maps_there_and_back() {
        let axis = Axis { of: AxisOf::Metric(0), x: 0.0, top: 40.0, bottom: 340.0, low: -9.0, high: -6.0 };
        assert!((axis.y(-9.0) - 340.0).abs() < 1e-3 && (axis.y(-6.0) - 40.0).abs() < 1e-3);
        assert!((axis.at(axis.y(-7.3)) + 7.3).abs() < 1e-5);
        assert!((axis.at(9999.0) + 9.0).abs() < 1e-9);
    }
}
