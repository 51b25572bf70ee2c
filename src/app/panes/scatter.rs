//! Scatter plots of the pairs of metrics, each with the specification's box.
//!
//! egui_plot draws axes and grid and handles pan and zoom; the marks are painted over it with its own
//! transform, which gives each verdict its own shape and makes a design findable by a click.

use super::view::view_pane;
use crate::app::look::{CLOUD, DesignView, Mark, REACH, axis, earlier, shown};
use crate::app::pane::Pane;
use crate::app::plots::{Plot, data};
use crate::app::scene::{Scene, Touch};
use crate::app::state::{Bench, Filter};
use crate::app::wish::Wish;
use crate::circuit::{Sense, SizingKey};
use crate::engine::Candidate;
use egui::{Color32, Mesh, Painter, Pos2, Rect, Response, Role, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};
use egui_plot::{Plot as Chart, PlotPoint, PlotTransform};
use std::collections::HashSet;

/// How strong a design is drawn that does not stand out.
const FAINT: f32 = 0.18;

/// The scatter plots.
#[derive(Default)]
pub struct ScatterPane {
    /// The lasso that is being drawn: the pair that it is drawn in, and its corners.
    lasso: Option<((usize, usize), Vec<Pos2>)>,
}

impl Pane for ScatterPane {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let mut chosen = None;
        view_pane(ui, scene, Plot::Scatter, "scatter plots", |ui, view| {
            let pane = ui.available_rect_before_wrap();
            (pane, pairs(ui, view, &mut self.lasso, &mut chosen))
        });
        if let (Some(chosen), Some(bench)) = (chosen, scene.bench) {
            scene.wish(Wish::SetFilter(Filter { chosen: Some(chosen), ..bench.filter.clone() }));
        }
    }

    fn data(&self, plot: Plot, bench: &Bench) -> Option<String> {
        let asked = (&bench.targets, &bench.region);
        (plot == Plot::Scatter).then(|| data::designs(&bench.open, bench.candidates(), asked, None))
    }
}

/// Where is painted, and where a design's metrics lie there.
type Canvas<'a> = (&'a Painter, &'a dyn Fn(&[f64]) -> Pos2);
/// The designs that a lasso went around.
type Chosen = Option<HashSet<SizingKey>>;
/// See [`ScatterPane::lasso`].
type Lasso = Option<((usize, usize), Vec<Pos2>)>;

/// Draws every pair of metrics; the design under the pointer.
fn pairs(ui: &mut Ui, view: &DesignView<'_>, lasso: &mut Lasso, chosen: &mut Chosen) -> Option<Touch> {
    let count = view.open.circuit.metrics.len();
    let mut pairs: Vec<(usize, usize)> =
        (0..count).flat_map(|i| (i + 1..count).map(move |j| (i, j))).collect();
    if pairs.is_empty() {
        pairs.push((0, 0));
    }
    let available = ui.available_size();
    let columns = pairs.len().min(if available.x > 560.0 { 3 } else { 2 });
    let lines = pairs.len().div_ceil(columns).min(3);
    let size = vec2(
        (available.x - 6.0 * (columns as f32 - 1.0)) / columns as f32,
        ((available.y - 6.0 * (lines as f32 - 1.0)) / lines as f32).max(130.0),
    );
    let mut touch = None;
    egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        for line in pairs.chunks(columns) {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                for (x, y) in line {
                    touch = view.plot(ui, (*x, *y), size, lasso, chosen).or(touch.take());
                }
            });
        }
    });
    touch
}

impl DesignView<'_> {
    /// Draws a pair; the design under the pointer.
    fn plot(
        &self,
        ui: &mut Ui,
        (x, y): (usize, usize),
        size: egui::Vec2,
        lasso: &mut Lasso,
        chosen: &mut Chosen,
    ) -> Option<Touch> {
        let metrics = &self.open.circuit.metrics;
        let mut plot = Chart::new(("scatter", x, y))
            .width(size.x)
            .height(size.y)
            .allow_scroll(false)
            .allow_drag(!ui.input(|i| i.modifiers.shift))
            .show_crosshair(false)
            .grid_color(ui.visuals().weak_text_color().gamma_multiply(0.45))
            .label_formatter(|_| None);
        plot = axis::scaled_y(axis::scaled_x(plot, &metrics[x]), &metrics[y]);
        // what the ticks take of the plot has no room for a title
        plot = plot.x_axis_label(axis::short_title(ui, &metrics[x], size.x - 60.0));
        plot = plot.y_axis_label(axis::short_title(ui, &metrics[y], size.y - 44.0));
        let (low, high) = self.extent(x);
        plot = plot.include_x(low).include_x(high);
        let (low, high) = self.extent(y);
        plot = plot.include_y(low).include_y(high);
        let response = plot.show(ui, |_| {});
        let name = format!("Scatter plot of {} and {}", metrics[x].title, metrics[y].title);
        response.response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
        let transform = response.transform;
        let painter = ui.painter().with_clip_rect(*transform.frame());
        let place = |values: &[f64]| {
            let point = PlotPoint::new(metrics[x].scaled(values[x]), metrics[y].scaled(values[y]));
            transform.position_from_point(&point)
        };
        self.paint_cloud(&painter, &place);
        self.paint_box(&painter, &transform, x, y);
        self.paint_earlier(&painter, &place);
        self.paint_designs(&painter, &place);
        self.draw_lasso(ui, (x, y), &response.response, (&painter, &place), (lasso, chosen));
        let nearest = response.response.hover_pos().and_then(|at| self.nearest(at, &place));
        if let Some(design) = nearest {
            let all: Vec<usize> = (0..metrics.len()).collect();
            response.response.clone().on_hover_text_at_pointer(self.tip(design, &all));
        }
        nearest.map(|design| Touch { design, clicked: response.response.clicked() })
    }

    fn paint_cloud(&self, painter: &Painter, place: &dyn Fn(&[f64]) -> Pos2) {
        if !self.cloud {
            return;
        }
        let rows = &self.open.rows.rows;
        let stride = rows.len().div_ceil(CLOUD).max(1);
        let mut mesh = Mesh::default();
        for row in rows.iter().step_by(stride) {
            let at = place(&row.performance.0);
            mesh.add_colored_rect(Rect::from_center_size(at, vec2(2.0, 2.0)), self.palette.cloud);
        }
        painter.add(Shape::mesh(mesh));
    }

    /// The part of the plane where both targets are met, to the edges of the plot.
    fn paint_box(&self, painter: &Painter, transform: &PlotTransform, x: usize, y: usize) {
        let frame = *transform.frame();
        let side = |m: usize, horizontal: bool| -> Option<(f32, f32)> {
            self.targets.bound_on(m)?;
            let at = |sense: Sense| {
                let bound = self.targets.bounds.iter().find(|b| b.metric == m && b.sense == sense)?;
                let value = self.open.circuit.metrics[m].scaled(bound.value);
                Some(if horizontal {
                    transform.position_from_point_x(value)
                } else {
                    transform.position_from_point_y(value)
                })
            };
            let (least, most) = (at(Sense::AtLeast), at(Sense::AtMost));
            Some(if horizontal {
                (least.unwrap_or(frame.left()), most.unwrap_or(frame.right()))
            } else {
                (most.unwrap_or(frame.top()), least.unwrap_or(frame.bottom()))
            })
        };
        if self.targets.bound_on(x).is_none() && self.targets.bound_on(y).is_none() {
            return;
        }
        let (left, right) = side(x, true).unwrap_or((frame.left(), frame.right()));
        let (top, bottom) = side(y, false).unwrap_or((frame.top(), frame.bottom()));
        if left >= right || top >= bottom {
            return;
        }
        let rect = Rect::from_min_max(pos2(left, top), pos2(right, bottom));
        painter.rect_filled(rect, 0.0, self.palette.spec.gamma_multiply(0.14));
        let stroke = Stroke::new(1.2, self.palette.spec.gamma_multiply(0.9));
        painter.rect_stroke(rect, 0.0, stroke, egui::StrokeKind::Middle);
    }

    fn paint_earlier(&self, painter: &Painter, place: &dyn Fn(&[f64]) -> Pos2) {
        for performance in self.overlaid.iter().filter_map(|earlier| shown(earlier)) {
            earlier(painter, place(&performance.0), self.palette.earlier);
        }
    }

    fn paint_designs(&self, painter: &Painter, place: &dyn Fn(&[f64]) -> Pos2) {
        let radius = if self.candidates.len() > 400 { 2.6 } else { 3.4 };
        // the best on top
        let mut order: Vec<(Mark, usize)> =
            self.candidates.iter().enumerate().map(|(i, c)| (Mark::of(c, self.targets), i)).collect();
        order.sort_by_key(|(mark, i)| std::cmp::Reverse((*mark, *i)));
        let all = self.filter.is_empty();
        for (stands_out, places) in [(false, &order), (true, &order)] {
            for (mark, i) in places.iter().filter(|(_, i)| (all || self.stands_out(*i)) == stands_out) {
                let Some(performance) = shown(&self.candidates[*i]) else { continue };
                let colour = self.colour(*i).gamma_multiply(if stands_out { 1.0 } else { FAINT });
                mark.paint_in(painter, place(&performance.0), radius, colour);
            }
        }
        if let Some(performance) = self.hovered.and_then(|i| self.candidates.get(i)).and_then(shown) {
            let ring = Stroke::new(1.2, self.palette.selection);
            painter.circle_stroke(place(&performance.0), radius + 2.5, ring);
        }
        let Some(candidate) = self.selected.and_then(|i| self.candidates.get(i)) else {
            return;
        };
        if let Some(performance) = shown(candidate) {
            let at = place(&performance.0);
            painter.circle_stroke(at, radius + 4.0, Stroke::new(2.0, self.palette.selection));
            // the way from what was predicted to what was measured
            if let (Some(_), Some(predicted)) = (candidate.measured(), &candidate.predicted) {
                let from = place(&predicted.performance.0);
                let faint: Color32 = self.palette.selection.gamma_multiply(0.6);
                painter.line_segment([from, at], Stroke::new(1.0, faint));
                painter.circle_stroke(from, radius, Stroke::new(1.0, faint));
            }
            // and from there to where it was turned
            if let Some(turned) = self.turned {
                let to = place(&turned.0);
                painter.line_segment([at, to], Stroke::new(1.5, self.palette.accent));
                let mark = if self.targets.met_by(turned) { Mark::Feasible } else { Mark::Infeasible };
                mark.paint(painter, to, radius + 1.5, &self.palette);
                painter.circle_stroke(to, radius + 4.0, Stroke::new(2.0, self.palette.accent));
            }
        }
    }

    /// What a drag with Shift does: it goes around designs, which stand out alone then.
    fn draw_lasso(
        &self,
        ui: &Ui,
        pair: (usize, usize),
        response: &Response,
        (painter, place): Canvas<'_>,
        (lasso, chosen): (&mut Lasso, &mut Chosen),
    ) {
        if response.drag_started() && ui.input(|i| i.modifiers.shift) {
            // a drag is known as one a little after it began
            let began = ui.input(|i| i.pointer.press_origin());
            *lasso = Some((pair, began.into_iter().collect()));
        }
        let Some((_, corners)) = lasso.as_mut().filter(|(of, _)| *of == pair) else {
            return;
        };
        if let Some(at) = response.interact_pointer_pos().filter(|at| corners.last() != Some(at)) {
            corners.push(at);
        }
        painter.add(Shape::closed_line(corners.clone(), Stroke::new(1.5, self.palette.accent)));
        if response.drag_stopped() || !ui.input(|i| i.pointer.any_down()) {
            let inside = |c: &&Candidate| shown(c).is_some_and(|p| encloses(corners, place(&p.0)));
            let around: HashSet<SizingKey> =
                self.candidates.iter().filter(inside).map(|c| c.sizing.key()).collect();
            *chosen = Some(around).filter(|around| !around.is_empty());
            *lasso = None;
        }
    }

    fn nearest(&self, at: Pos2, place: &dyn Fn(&[f64]) -> Pos2) -> Option<usize> {
        let distance = |(i, c): (usize, &Candidate)| Some((place(&shown(c)?.0).distance(at), i));
        let all =
            self.candidates.iter().enumerate().filter(|(i, _)| self.stands_out(*i)).filter_map(distance);
        let nearest = all.min_by(|a, b| a.0.total_cmp(&b.0))?;
        (nearest.0 < REACH).then_some(nearest.1)
    }
}

/// Whether a closed line goes around a place: a ray to the right crosses it an odd number of times.
fn encloses(corners: &[Pos2], at: Pos2) -> bool {
    let sides = corners.iter().zip(corners.iter().cycle().skip(1));
    let crossed = |(a, b): &(&Pos2, &Pos2)| {
        (a.y > at.y) != (b.y > at.y) && at.x < a.x + (at.y - a.y) / (b.y - a.y) * (b.x - a.x)
    };
    sides.filter(crossed).count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::encloses;
    use egui::pos2;

    #[test]
    fn a_lasso_goes_around_what_is_inside() {
        // an L: the corner that it leaves out is outside
        let corners = [(0.0, 0.0), (4.0, 0.0), (4.0, 1.0), (1.0, 1.0), (1.0, 4.0), (0.0, 4.0)];
        let corners: Vec<_> = corners.into_iter().map(|(x, y)| pos2(x, y)).collect();
        assert!(encloses(&corners, pos2(0.5, 3.0)) && encloses(&corners, pos2(3.0, 0.5)));
        assert!(!encloses(&corners, pos2(3.0, 3.0)) && !encloses(&corners, pos2(-1.0, 0.5)));
        assert!(!encloses(&[], pos2(0.0, 0.0)));
    }
}
