//! The trade-off front: of the rows those that none beats in both of two metrics, with the targets as lines
//! and the designs over it.

use crate::app::look::axis;
use crate::app::look::{Mark, shown};
use crate::app::plots::{self, Plot, data};
use crate::app::state::{Bench, OpenCircuit};
use crate::app::theme::palette;
use crate::app::words::grouped;
use crate::circuit::{Bound, Metric, Specification, format_quantity};
use crate::dataset::{Dataset, pareto_front};
use egui::{Align, ComboBox, Layout, Mesh, Pos2, Rect, Shape, Stroke, Ui, pos2, vec2};
use egui_plot::{Plot as Chart, PlotPoint};
use std::sync::Arc;

/// More rows would not be told apart.
const CLOUD: usize = 3000;
/// How near the pointer must be.
const REACH: f32 = 9.0;

/// What the front was made from.
#[derive(Clone)]
struct MadeFrom {
    rows: Arc<Dataset>,
    pair: [usize; 2],
    bounds: Vec<Bound>,
}

/// The choice of metrics, and the front as it was last made.
pub struct Front {
    pair: [usize; 2],
    met_only: bool,
    of: Option<MadeFrom>,
    rows: Vec<usize>,
    front: Vec<usize>,
}

impl Default for Front {
    fn default() -> Front {
        Front { pair: [0, 1], met_only: false, of: None, rows: Vec::new(), front: Vec::new() }
    }
}

/// Of `rows`, given as their values on scales where less is better, those that no other beats in both; by the
/// first value.
fn undominated(rows: impl Iterator<Item = (usize, [f64; 2])>) -> Vec<usize> {
    let rows: Vec<(usize, [f64; 2])> = rows.filter(|(_, v)| v.iter().all(|v| v.is_finite())).collect();
    let costs: Vec<[f64; 2]> = rows.iter().map(|(_, values)| *values).collect();
    let mut front: Vec<(usize, [f64; 2])> = pareto_front(&costs).into_iter().map(|i| rows[i]).collect();
    front.sort_by(|a, b| a.1[0].total_cmp(&b.1[0]));
    // of equals the first
    front.dedup_by_key(|(_, values)| *values);
    front.into_iter().map(|(row, _)| row).collect()
}

impl Front {
    /// Makes it anew where rows, metrics or targets have changed.
    fn follow(&mut self, open: &OpenCircuit, targets: &Specification) {
        let count = open.circuit.metrics.len();
        if self.pair.iter().any(|m| *m >= count) {
            self.pair = [0, 1.min(count.saturating_sub(1))];
        }
        let pair = self.pair;
        let others = targets.bounds.iter().filter(|b| self.met_only && !pair.contains(&b.metric));
        let bounds: Vec<Bound> = others.cloned().collect();
        let same =
            |of: &MadeFrom| Arc::ptr_eq(&of.rows, &open.rows) && of.pair == pair && of.bounds == bounds;
        if self.of.as_ref().is_some_and(same) {
            return;
        }
        let rows = &open.rows.rows;
        let within = Specification { bounds: bounds.clone() };
        self.rows = (0..rows.len()).filter(|i| within.met_by(&rows[*i].performance)).collect();
        let metrics = pair.map(|m| &open.circuit.metrics[m]);
        let worse = |metric: &Metric, value: f64| metric.sense.loosening() * metric.scaled(value);
        let values = |i: &usize| {
            let performance = &rows[*i].performance.0;
            (*i, [worse(metrics[0], performance[pair[0]]), worse(metrics[1], performance[pair[1]])])
        };
        self.front = undominated(self.rows.iter().map(values));
        self.of = Some(MadeFrom { rows: Arc::clone(&open.rows), pair, bounds });
    }

    /// The rows and the front as CSV.
    pub fn data(&self, open: &OpenCircuit, targets: &Specification) -> Option<String> {
        self.of.as_ref()?;
        Some(data::front(open, targets, &self.rows, &self.front))
    }

    fn chooser(&mut self, ui: &mut Ui, open: &OpenCircuit) {
        ui.horizontal_wrapped(|ui| {
            ui.strong("Trade-off front");
            let metrics = &open.circuit.metrics;
            for (a, (name, label)) in [("x of the front", "of"), ("y of the front", "and")].iter().enumerate()
            {
                let label = ui.label(*label);
                let chosen = self.pair[a];
                ComboBox::from_id_salt(name)
                    .selected_text(&metrics[chosen].title)
                    .width(132.0)
                    .show_ui(ui, |ui| {
                        for (m, metric) in metrics.iter().enumerate() {
                            if ui.selectable_label(chosen == m, &metric.title).clicked() {
                                // one that is taken changes places
                                if self.pair[1 - a] == m {
                                    self.pair[1 - a] = chosen;
                                }
                                self.pair[a] = m;
                            }
                        }
                    })
                    .response
                    .labelled_by(label.id);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                plots::menu(ui, Plot::Front, "trade-off front");
            });
        });
        ui.checkbox(&mut self.met_only, "Only rows that meet the other targets")
            .on_hover_text("Leaves out rows that miss the target of any metric not on the axes");
    }

    /// The rows on the front, by the first metric.
    pub fn undominated_rows(&self) -> &[usize] {
        &self.front
    }

    /// Draws the front; the design that was clicked.
    pub fn ui(&mut self, ui: &mut Ui, bench: &Bench) -> Option<usize> {
        let start = ui.cursor().min;
        let (open, targets) = (&bench.open, &bench.targets);
        self.chooser(ui, open);
        self.follow(open, targets);
        let front = &*self;
        let colours = palette(ui.visuals());
        let [x, y] = front.pair;
        let [of_x, of_y] = front.pair.map(|m| &open.circuit.metrics[m]);
        let candidates = bench.candidates();
        let plot = Chart::new(("front", x, y))
            .width(ui.available_width())
            .height(300.0)
            .allow_scroll(false)
            .show_crosshair(false)
            .grid_color(ui.visuals().weak_text_color().gamma_multiply(0.45))
            .label_formatter(|_| None);
        let mut plot = axis::scaled_y(axis::scaled_x(plot, of_x), of_y);
        for (m, metric, horizontal) in [(x, of_x, true), (y, of_y, false)] {
            let (low, high) = open.range(m);
            for value in [Some(low), Some(high), targets.bound_on(m).map(|b| b.value)].into_iter().flatten() {
                let at = metric.scaled(value);
                plot = if horizontal { plot.include_x(at) } else { plot.include_y(at) };
            }
        }
        let shown_plot = plot.show(ui, |_| {});
        let (response, transform) = (shown_plot.response, shown_plot.transform);
        let frame = *transform.frame();
        let painter = ui.painter().with_clip_rect(frame.intersect(ui.clip_rect()));
        let place = |values: &[f64]| {
            transform.position_from_point(&PlotPoint::new(of_x.scaled(values[x]), of_y.scaled(values[y])))
        };
        let rows = &open.rows.rows;
        let mut mesh = Mesh::default();
        for &row in front.rows.iter().step_by(front.rows.len().div_ceil(CLOUD).max(1)) {
            let at = place(&rows[row].performance.0);
            mesh.add_colored_rect(Rect::from_center_size(at, vec2(2.0, 2.0)), colours.cloud);
        }
        painter.add(Shape::mesh(mesh));
        let target = Stroke::new(1.5, colours.spec);
        if let Some(bound) = targets.bound_on(x) {
            painter.vline(transform.position_from_point_x(of_x.scaled(bound.value)), frame.y_range(), target);
        }
        if let Some(bound) = targets.bound_on(y) {
            painter.hline(frame.x_range(), transform.position_from_point_y(of_y.scaled(bound.value)), target);
        }
        let places: Vec<(usize, Pos2)> =
            front.front.iter().map(|row| (*row, place(&rows[*row].performance.0))).collect();
        // what is attained between two rows is no better than the worse of each metric
        let line = Stroke::new(1.6, colours.accent);
        for pair in places.windows(2) {
            let ((_, from), (_, to)) = (pair[0], pair[1]);
            let corner = pos2(to.x, from.y);
            painter.line_segment([from, corner], line);
            painter.line_segment([corner, to], line);
        }
        for (_, at) in &places {
            painter.circle_filled(*at, 3.0, colours.accent);
        }
        for candidate in candidates.iter().rev() {
            if let Some(performance) = shown(candidate) {
                Mark::of(candidate, targets).paint(&painter, place(&performance.0), 3.0, &colours);
            }
        }
        let selected = bench.selected_design().and_then(shown);
        if let Some(performance) = selected {
            painter.circle_stroke(place(&performance.0), 7.0, Stroke::new(2.0, colours.selection));
        }
        let design = response.hover_pos().and_then(|at| {
            let all = candidates.iter().enumerate().filter_map(|(i, c)| Some((i, place(&shown(c)?.0))));
            nearest(all, at)
        });
        let row = response.hover_pos().and_then(|at| nearest(places.iter().copied(), at));
        // of both what is nearer, a design before a row
        let closer = |d: &(f32, usize)| row.is_none_or(|(distance, _)| d.0 <= distance);
        let text = match (design.filter(closer), row) {
            (Some((_, i)), _) => {
                let performance = shown(&candidates[i]).map_or(&[][..], |p| &p.0);
                let mark = Mark::of(&candidates[i], targets);
                Some(format!("Design {}: {}", i + 1, mark.words()) + &values(open, performance))
            }
            (None, Some((_, row))) => {
                Some(format!("Row {}, on the front", row + 1) + &values(open, &rows[row].performance.0))
            }
            (None, None) => None,
        };
        if let Some(text) = text {
            response.clone().on_hover_text_at_pointer(text);
        }
        ui.weak(format!(
            "{} of {} rows are on the front: none of the others is better in both",
            grouped(front.front.len()),
            grouped(front.rows.len())
        ));
        plots::shows(ui, Plot::Front, Rect::from_min_max(start, ui.min_rect().max));
        design.filter(|_| response.clicked()).map(|(_, i)| i)
    }
}

/// The nearest of `places` within reach, and how near it is.
fn nearest(places: impl Iterator<Item = (usize, Pos2)>, at: Pos2) -> Option<(f32, usize)> {
    let near = places.map(|(i, place)| (place.distance(at), i)).filter(|(d, _)| *d < REACH);
    near.min_by(|a, b| a.0.total_cmp(&b.0))
}

/// Each metric's value, a line a metric.
fn values(open: &OpenCircuit, performance: &[f64]) -> String {
    let one = |(metric, value): (&Metric, &f64)| {
        format!("\n{}: {}", metric.title, format_quantity(*value, metric.unit, 4))
    };
    open.circuit.metrics.iter().zip(performance).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_is_what_no_other_beats() {
        let values =
            [[1.0, 5.0], [2.0, 3.0], [2.0, 4.0], [3.0, 3.0], [4.0, 1.0], [5.0, 2.0], [0.5, f64::NAN]];
        let front = undominated(values.into_iter().enumerate());
        assert_eq!(front, [0, 1, 4]);
        let beats = |a: [f64; 2], b: [f64; 2]| a != b && a[0] <= b[0] && a[1] <= b[1];
        for (i, v) in values.iter().enumerate().filter(|(_, v)| v[1].is_finite()) {
            assert_eq!(!values.iter().any(|w| beats(*w, *v)), front.contains(&i), "{v:?}");
        }
    }
}
