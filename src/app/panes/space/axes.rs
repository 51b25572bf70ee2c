//! The axes of the 3-D view: where a value stands, which ticks have room, which walls and edges carry them.

use super::camera::{Camera, HALF, Projection};
use super::pass::Line;
use crate::app::look::axis;
use crate::circuit::{Metric, Scale};
use egui::{Align2, Color32, Painter, Pos2, Rect, Stroke, TextStyle, Ui, Vec2, vec2};
use egui_plot::GridInput;

/// Room between the outermost values and the walls, as a part of the range.
const MARGIN: f64 = 0.04;

/// One axis: a metric and what of it is in sight.
pub struct Axis<'a> {
    /// What is shown along it.
    pub metric: &'a Metric,
    low: f64,
    high: f64,
}

/// A tick with its label and where it is along the axis, from −1 to 1.
struct Tick {
    at: f32,
    label: String,
    weight: f64,
}

impl<'a> Axis<'a> {
    /// The axis for values of this range on the metric's own scale.
    pub fn new(metric: &'a Metric, (low, high): (f64, f64)) -> Axis<'a> {
        let room = MARGIN * (high - low).max(1e-9);
        Axis { metric, low: low - room, high: high + room }
    }

    /// Where a value stands, from −1 to 1 for what is in sight.
    pub fn part(&self, value: f64) -> f32 {
        let scaled = self.metric.scaled(value);
        (2.0 * (scaled - self.low) / (self.high - self.low) - 1.0) as f32
    }

    fn ticks(&self) -> Vec<Tick> {
        let input = GridInput { bounds: (self.low, self.high), base_step_size: 0.0 };
        let marks = match self.metric.scale {
            Scale::Log => axis::log_marks(input),
            Scale::Linear => axis::linear_marks(input),
        };
        let tick = |mark: egui_plot::GridMark| Tick {
            at: (2.0 * (mark.value - self.low) / (self.high - self.low) - 1.0) as f32,
            label: axis::tick(self.metric, mark.value),
            weight: mark.step_size,
        };
        let mut ticks: Vec<Tick> = marks.into_iter().map(tick).collect();
        // the more important ones take their room first
        ticks.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        ticks
    }
}

/// Axes with their walls, ticks and titles.
pub struct Axes<'a> {
    /// The three of them.
    pub all: [Axis<'a>; 3],
}

impl Axes<'_> {
    /// Where a design or a row stands in the scene; nowhere if a value is no number.
    pub fn place(&self, values: [f64; 3]) -> Option<[f32; 3]> {
        let at = [0, 1, 2].map(|a| self.all[a].part(values[a]) * HALF[a]);
        at.iter().all(|c| c.is_finite()).then_some(at)
    }

    /// Paints ticks and titles along the edges that stand free, over the pass; the grid's lines on the walls
    /// behind everything, for the pass.
    pub fn paint(
        &self,
        ui: &Ui,
        painter: &Painter,
        camera: &Camera,
        projection: &Projection,
        grid: Color32,
    ) -> Vec<Line> {
        let eye = camera.eye();
        let behind = [0, 1, 2].map(|a| if eye[a] > 0.0 { -1.0 } else { 1.0 });
        let mut lines = walls(behind, grid);
        let font = TextStyle::Small.resolve(ui.style());
        let (text, strong) = (ui.visuals().text_color(), ui.visuals().strong_text_color());
        let mut taken: Vec<Rect> = Vec::new();
        let mut titles = Vec::new();
        for a in 0..3 {
            let (edge, outward) = free_edge(a, behind, projection);
            let (mut reach, mut seen) = (0.0_f32, Vec::new());
            for tick in self.all[a].ticks() {
                let (at, _) = projection.place(along(edge, a, tick.at));
                let galley = painter.layout_no_wrap(tick.label, font.clone(), text);
                let centre = at + outward * (8.0 + half_in(galley.size(), outward));
                let rect = Align2::CENTER_CENTER.anchor_size(centre, galley.size());
                if taken.iter().any(|t| t.intersects(rect.expand2(vec2(4.0, 0.0)))) {
                    continue;
                }
                lines.extend(wall_lines(a, tick.at, behind, grid));
                if !painter.clip_rect().contains_rect(rect) {
                    continue; // zoomed past it
                }
                seen.push(at.to_vec2());
                reach = reach.max(2.0 * half_in(galley.size(), outward));
                painter.line_segment([at, at + outward * 5.0], Stroke::new(1.0, text));
                painter.galley(rect.min, galley, text);
                taken.push(rect);
            }
            // in the middle of what is in sight of the axis
            if !seen.is_empty() {
                let sum = seen.iter().fold(Vec2::ZERO, |sum, at| sum + *at);
                titles.push((a, (sum / seen.len() as f32).to_pos2(), outward, reach));
            }
        }
        for (a, middle, outward, reach) in titles {
            let galley = painter.layout_no_wrap(axis::title(self.all[a].metric), font.clone(), strong);
            let half = half_in(galley.size(), outward);
            let mut centre = middle + outward * (14.0 + reach + half);
            // past every tick label, and inside the pane
            let pane = painter.clip_rect().shrink(4.0);
            for _ in 0..12 {
                let rect = Align2::CENTER_CENTER.anchor_size(centre, galley.size());
                if !taken.iter().any(|t| t.intersects(rect.expand(2.0))) {
                    break;
                }
                centre += outward * 6.0;
            }
            let mut rect = Align2::CENTER_CENTER.anchor_size(centre, galley.size());
            let inside =
                |low: f32, high: f32, least: f32, most: f32| (least - low).max(0.0) + (most - high).min(0.0);
            let back = vec2(
                inside(rect.left(), rect.right(), pane.left(), pane.right()),
                inside(rect.top(), rect.bottom(), pane.top(), pane.bottom()),
            );
            rect = rect.translate(back);
            painter.galley(rect.min, galley, strong);
            taken.push(rect);
        }
        lines
    }
}

/// Half of what a text takes in a direction.
fn half_in(size: Vec2, direction: Vec2) -> f32 {
    (direction.x.abs() * size.x + direction.y.abs() * size.y) / 2.0
}

/// A place on an edge: `edge` has the sides of the other two axes.
fn along(edge: [f32; 3], a: usize, at: f32) -> [f32; 3] {
    let mut place = [0, 1, 2].map(|i| edge[i] * HALF[i]);
    place[a] = at * HALF[a];
    place
}

/// Of the four edges along an axis, one on the outline: the lowest for what lies, the leftmost for what
/// stands; and the direction away from the scene at right angles to it.
fn free_edge(a: usize, behind: [f32; 3], projection: &Projection) -> ([f32; 3], Vec2) {
    let (b, c) = ((a + 1) % 3, (a + 2) % 3);
    let mut edges = [behind; 2];
    edges[0][b] = -behind[b];
    edges[1][c] = -behind[c];
    let middle = |edge: [f32; 3]| projection.place(along(edge, a, 0.0)).0;
    let first = match a {
        2 => middle(edges[0]).x <= middle(edges[1]).x,
        _ => middle(edges[0]).y >= middle(edges[1]).y,
    };
    let edge = if first { edges[0] } else { edges[1] };
    let ends: [Pos2; 2] = [-1.0, 1.0].map(|at| projection.place(along(edge, a, at)).0);
    let direction = (ends[1] - ends[0]).normalized();
    let normal = vec2(-direction.y, direction.x);
    let away = middle(edge) - projection.place([0.0; 3]).0;
    (edge, if normal.dot(away) < 0.0 { -normal } else { normal })
}

/// The outlines of the three walls behind everything.
fn walls(behind: [f32; 3], colour: Color32) -> Vec<Line> {
    (0..3)
        .flat_map(|a| [-1.0, 1.0].into_iter().flat_map(move |at| wall_lines(a, at, behind, colour)))
        .collect()
}

/// The lines on the two walls that an axis' value crosses.
fn wall_lines(a: usize, at: f32, behind: [f32; 3], colour: Color32) -> [Line; 2] {
    [((a + 1) % 3, (a + 2) % 3), ((a + 2) % 3, (a + 1) % 3)].map(|(wall, other)| {
        let mut from = [0.0; 3];
        from[a] = at * HALF[a];
        from[wall] = behind[wall] * HALF[wall];
        let mut to = from;
        (from[other], to[other]) = (-HALF[other], HALF[other]);
        Line::new(from, to, 1.0, colour)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::Circuit;

    #[test]
    fn values_stand_where_their_scale_says() {
        let circuit = Circuit::open("ota1").expect("bundled");
        let power = Axis::new(&circuit.metrics[0], (-9.0, -7.0)); // 1 nW to 100 nW, over decades
        assert!(power.part(10e-9).abs() < 1e-5);
        assert!((power.part(1e-9) + power.part(100e-9)).abs() < 1e-5);
        assert!(power.part(100e-9) < 1.0);
        let labels: Vec<String> = power.ticks().into_iter().map(|t| t.label).collect();
        assert!(labels[..3].contains(&"10n".to_owned()), "{labels:?}");
    }

    #[test]
    fn labels_stand_outside_the_scene() {
        let mut camera = Camera::default();
        let pane = Rect::from_min_size(Pos2::ZERO, vec2(800.0, 500.0));
        for _ in 0..50 {
            camera.turn(vec2(41.0, 17.0));
            let projection = camera.projection(pane);
            let eye = camera.eye();
            let behind = [0, 1, 2].map(|a| if eye[a] > 0.0 { -1.0 } else { 1.0 });
            for a in 0..3 {
                let (edge, outward) = free_edge(a, behind, &projection);
                let (middle, _) = projection.place(along(edge, a, 0.0));
                let centre = projection.place([0.0; 3]).0;
                assert!((middle - centre).dot(outward) >= 0.0 && outward.length() > 0.99);
            }
        }
    }
}
