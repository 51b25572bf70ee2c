//! The 3-D view: three metrics as axes, the specification as a translucent box, the designs by verdict, the
//! training rows in grey. Drawn in a pass of its own; ticks, titles and the selection are painted over it.

mod axes;
mod camera;
mod pass;
mod pipelines;

use super::view::view_pane;
use crate::app::look::{CLOUD, DesignView, Mark, REACH, shown};
use crate::app::pane::Pane;
use crate::app::plots::{Plot, data};
use crate::app::scene::{Scene, Touch};
use crate::app::state::Bench;
use crate::circuit::Sense as Way;
use axes::{Axes, Axis};
use camera::{Camera, DISTANCE, HALF, Projection};
use eframe::CreationContext;
use eframe::egui_wgpu::Callback;
use eframe::wgpu::TextureFormat;
use egui::{
    Color32, ComboBox, Key, PointerButton, Pos2, Rect, Response, Role, Sense, Shape as Paint, Stroke, Ui,
    WidgetInfo, vec2,
};
use pass::{Corner, Line, Picture, Point, Shape};

/// What the user has chosen of the 3-D view, and what it showed last.
#[derive(Default)]
pub struct SpacePane {
    /// The window's own format, where it has a graphics device.
    target: Option<TextureFormat>,
    axes: Option<[usize; 3]>,
    camera: Camera,
    places: Vec<(usize, Pos2)>,
    /// What the eye turns about where it is near: the selected design.
    pivot: Option<[f32; 3]>,
}

impl Pane for SpacePane {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        view_pane(ui, scene, Plot::Space, "3-D view", |ui, view| self.draw(ui, view));
    }

    fn data(&self, plot: Plot, bench: &Bench) -> Option<String> {
        let asked = (&bench.targets, &bench.region);
        (plot == Plot::Space).then(|| data::designs(&bench.open, bench.candidates(), asked, None))
    }
}

impl SpacePane {
    /// A view for the window that is being made.
    pub fn new(cc: &CreationContext<'_>) -> SpacePane {
        let target = cc.wgpu_render_state.as_ref().map(|state| state.target_format);
        SpacePane { target, ..SpacePane::default() }
    }

    /// Where a design stands on screen, once it was drawn.
    pub fn place_of(&self, design: usize) -> Option<Pos2> {
        self.places.iter().find(|(i, _)| *i == design).map(|(_, at)| *at)
    }

    /// Draws the chooser of axes and the view; the pane, and the design under the pointer.
    fn draw(&mut self, ui: &mut Ui, view: &DesignView<'_>) -> (Rect, Option<Touch>) {
        self.places.clear();
        let count = view.open.circuit.metrics.len();
        let whole = ui.available_rect_before_wrap();
        if count < 3 {
            note(ui, &format!("The 3-D view needs three metrics; this circuit has {count}."));
            return (whole, None);
        }
        let Some(target) = self.target else {
            note(ui, "The 3-D view needs a graphics device (wgpu), and this window has none.");
            return (whole, None);
        };
        let chosen = self.axes.filter(|axes| axes.iter().all(|m| *m < count)).unwrap_or([0, 1, 2]);
        self.axes = Some(self.chooser(ui, view, chosen));
        let size = ui.available_size().max(vec2(120.0, 120.0));
        let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
        self.steer(ui, &response);
        (rect, self.paint(ui, view, chosen, &response, target))
    }

    /// The three metrics; one that is taken changes places.
    fn chooser(&mut self, ui: &mut Ui, view: &DesignView<'_>, chosen: [usize; 3]) -> [usize; 3] {
        let metrics = &view.open.circuit.metrics;
        let mut now = chosen;
        ui.horizontal_wrapped(|ui| {
            for (a, name) in ["Width", "Depth", "Height"].into_iter().enumerate() {
                let label = ui.label(name);
                let combo =
                    ComboBox::from_id_salt(("space axis", a)).selected_text(&metrics[chosen[a]].title);
                let combo = combo.show_ui(ui, |ui| {
                    for (m, metric) in metrics.iter().enumerate() {
                        if ui.selectable_label(chosen[a] == m, &metric.title).clicked() {
                            if let Some(other) = chosen.iter().position(|c| *c == m) {
                                now[other] = chosen[a];
                            }
                            now[a] = m;
                        }
                    }
                });
                combo.response.labelled_by(label.id);
            }
            if ui.button("Reset view").on_hover_text("Or double-click").clicked() {
                self.camera = Camera::default();
            }
        });
        now
    }

    fn steer(&mut self, ui: &Ui, response: &Response) {
        let pane = response.rect;
        let shift = ui.input(|i| i.modifiers.shift);
        let moves = [PointerButton::Secondary, PointerButton::Middle].map(|b| response.dragged_by(b));
        if moves.contains(&true) || (shift && response.dragged()) {
            self.camera.shift(response.drag_delta(), pane);
        } else if response.dragged_by(PointerButton::Primary) {
            match self.pivot.filter(|_| !self.camera.sees_all()) {
                Some(pivot) => self.camera.turn_about(response.drag_delta(), pivot, pane),
                None => self.camera.turn(response.drag_delta()),
            }
        }
        if response.double_clicked() {
            self.camera = Camera::default();
        }
        if let Some(at) = response.hover_pos() {
            let (wheel, pinch) = ui.input(|i| (i.smooth_scroll_delta().y, i.zoom_delta()));
            let factor = pinch * (wheel * 0.004).exp();
            if (factor - 1.0).abs() > 1e-4 {
                self.camera.magnify(factor, at, pane);
            }
        }
        if response.clicked() {
            response.request_focus();
        }
        if response.has_focus() {
            let arrows = egui::EventFilter {
                horizontal_arrows: true,
                vertical_arrows: true,
                ..egui::EventFilter::default()
            };
            ui.memory_mut(|m| m.set_focus_lock_filter(response.id, arrows));
            let pressed = |key| ui.input(|i| i.key_pressed(key));
            for (key, drag) in [
                (Key::ArrowLeft, vec2(-12.0, 0.0)),
                (Key::ArrowRight, vec2(12.0, 0.0)),
                (Key::ArrowUp, vec2(0.0, -12.0)),
                (Key::ArrowDown, vec2(0.0, 12.0)),
            ] {
                if pressed(key) {
                    self.camera.turn(drag);
                }
            }
            for (key, factor) in [(Key::Plus, 1.15), (Key::Equals, 1.15), (Key::Minus, 1.0 / 1.15)] {
                if pressed(key) {
                    self.camera.magnify(factor, pane.center(), pane);
                }
            }
        }
    }

    fn paint(
        &mut self,
        ui: &Ui,
        view: &DesignView<'_>,
        chosen: [usize; 3],
        response: &Response,
        target: TextureFormat,
    ) -> Option<Touch> {
        let rect = response.rect;
        let metrics = &view.open.circuit.metrics;
        let name = format!("3-D view of {}", chosen.map(|m| metrics[m].title.as_str()).join(", "));
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
        if !ui.is_rect_visible(rect) {
            return None;
        }
        let axes = Axes { all: chosen.map(|m| Axis::new(&metrics[m], view.extent(m))) };
        let place = |values: &[f64]| axes.place(chosen.map(|m| values[m]));
        let projection = self.camera.projection(rect);
        let background = ui.visuals().extreme_bg_color;
        let painter = ui.painter_at(rect);
        // kept free for the pass, which goes under what is painted here
        let under = painter.add(Paint::Noop);
        let grid = background.lerp_to_gamma(ui.visuals().text_color(), 0.2);
        let mut lines = axes.paint(ui, &painter, &self.camera, &projection, grid);
        let mut points = cloud(view, &projection, background, &place);
        for earlier in &view.overlaid {
            let at = shown(earlier).and_then(|p| place(&p.0));
            points.extend(at.map(|at| Point::new(at, 2.0, Shape::Square, view.palette.earlier)));
        }
        let places: Vec<(usize, [f32; 3])> =
            view.candidates.iter().enumerate().filter_map(|(i, c)| Some((i, place(&shown(c)?.0)?))).collect();
        let radius = if places.len() > 400 { 3.2 } else { 4.2 };
        for (i, at) in &places {
            let mark = Mark::of(&view.candidates[*i], view.targets);
            let colour = view.colour(*i);
            let colour = if view.stands_out(*i) { colour } else { background.lerp_to_gamma(colour, 0.2) };
            points.push(Point::new(*at, radius, shape(mark), colour));
        }
        let mut faces = Vec::new();
        if let Some(sides) = spec_box(view, &axes, chosen) {
            let edge = background.lerp_to_gamma(view.palette.spec, 0.9);
            lines.extend(edges(sides, edge));
            faces = sheets(sides, self.camera.eye(), view.palette.spec.gamma_multiply(0.11));
        }
        self.places = places.iter().map(|(i, at)| (*i, projection.place(*at).0)).collect();
        let selected = places.iter().find(|(i, _)| view.selected == Some(*i));
        self.pivot = selected.map(|(_, at)| *at);
        if let Some((i, at)) = selected {
            lines.extend(stem(view, *i, *at, &place));
            let (on_screen, depth) = projection.place(*at);
            let ring = radius * DISTANCE / depth + 4.0;
            painter.circle_stroke(on_screen, ring, Stroke::new(2.0, view.palette.selection));
        }
        if let Some((_, at)) = places.iter().find(|(i, _)| view.hovered == Some(*i)) {
            let (on_screen, depth) = projection.place(*at);
            let ring = radius * DISTANCE / depth + 2.5;
            painter.circle_stroke(on_screen, ring, Stroke::new(1.2, view.palette.selection));
        }
        let font = egui::TextStyle::Small.resolve(ui.style());
        let above = rect.left_top() + vec2(8.0, 6.0);
        let whole = "Drag turns · Shift+drag moves · wheel zooms · double-click resets";
        let hint = if rect.width() > 400.0 { whole } else { "Drag turns, wheel zooms" };
        painter.text(above, egui::Align2::LEFT_TOP, hint, font, ui.visuals().weak_text_color());
        let hovered = response.hover_pos().filter(|_| !response.dragged());
        let nearest = hovered.and_then(|at| projection.pick(at, REACH, places.iter().copied()));
        let picture = Picture { rect, target, projection, background, lines, points, faces };
        painter.set(under, Callback::new_paint_callback(rect, picture));
        if let Some(design) = nearest {
            let all: Vec<usize> = (0..metrics.len()).collect();
            response.clone().on_hover_text_at_pointer(view.tip(design, &all));
        }
        nearest.map(|design| Touch { design, clicked: response.clicked() })
    }
}

fn note(ui: &mut Ui, text: &str) {
    ui.add_space(24.0);
    ui.vertical_centered(|ui| {
        ui.label(text);
        ui.weak("The scatter plots show the same designs.");
    });
}

fn shape(mark: Mark) -> Shape {
    match mark {
        Mark::Feasible => Shape::Disc,
        Mark::PredictedToMeet => Shape::Ring,
        Mark::Infeasible => Shape::Diamond,
        Mark::PredictedToMiss => Shape::HollowDiamond,
        Mark::Failed | Mark::Unknown => Shape::Cross,
    }
}

/// The training rows as grey specks, fainter the farther.
fn cloud(
    view: &DesignView<'_>,
    projection: &Projection,
    background: Color32,
    place: &dyn Fn(&[f64]) -> Option<[f32; 3]>,
) -> Vec<Point> {
    let rows = &view.open.rows.rows;
    if !view.cloud {
        return Vec::new();
    }
    let grey = view.palette.cloud.to_opaque();
    let speck = |row: &crate::dataset::Row| {
        // close up, many a row lies outside the axes
        let inside = |at: &[f32; 3]| at.iter().zip(HALF).all(|(at, half)| at.abs() <= half);
        let at = place(&row.performance.0).filter(inside)?;
        let (_, depth) = projection.place(at);
        let nearness = (0.5 - (depth - DISTANCE) / 3.4).clamp(0.0, 1.0);
        Some(Point::new(at, 1.1, Shape::Square, background.lerp_to_gamma(grey, 0.3 + 0.5 * nearness)))
    };
    rows.iter().step_by(rows.len().div_ceil(CLOUD).max(1)).filter_map(speck).collect()
}

/// The part of the scene where the targets of the three metrics are met, if any is bounded.
fn spec_box(view: &DesignView<'_>, axes: &Axes<'_>, chosen: [usize; 3]) -> Option<[[f32; 2]; 3]> {
    let mut bounded = false;
    let mut sides = HALF.map(|h| [-h, h]);
    for (a, m) in chosen.into_iter().enumerate() {
        for bound in view.targets.bounds.iter().filter(|b| b.metric == m) {
            bounded = true;
            let at = axes.all[a].part(bound.value).clamp(-1.0, 1.0) * HALF[a];
            match bound.sense {
                Way::AtMost => sides[a][1] = at,
                Way::AtLeast => sides[a][0] = at,
                Way::Between => {}
            }
        }
    }
    (bounded && sides.iter().all(|s| s[0] < s[1])).then_some(sides)
}

/// The twelve edges of a box.
fn edges(sides: [[f32; 2]; 3], colour: Color32) -> Vec<Line> {
    let mut lines = Vec::with_capacity(12);
    for a in 0..3 {
        for corner in 0..4 {
            let mut from = [sides[0][0], sides[1][0], sides[2][0]];
            from[(a + 1) % 3] = sides[(a + 1) % 3][corner & 1];
            from[(a + 2) % 3] = sides[(a + 2) % 3][corner >> 1];
            let mut to = from;
            (from[a], to[a]) = (sides[a][0], sides[a][1]);
            lines.push(Line::new(from, to, 1.5, colour));
        }
    }
    lines
}

/// The six faces of a box as triangles, those turned away from the eye first: of a convex body that is the
/// order from far to near.
fn sheets(sides: [[f32; 2]; 3], eye: [f32; 3], colour: Color32) -> Vec<Corner> {
    let faces = (0..3).flat_map(|a| [0, 1].map(|side| (a, side)));
    let faces_eye = |(a, side): (usize, usize)| (eye[a] > sides[a][side]) == (side == 1);
    let mut ordered: Vec<(usize, usize)> = faces.collect();
    ordered.sort_by_key(|face| faces_eye(*face));
    let mut corners = Vec::with_capacity(36);
    for (a, side) in ordered {
        let (b, c) = ((a + 1) % 3, (a + 2) % 3);
        for (i, j) in [(0, 0), (1, 0), (0, 1), (0, 1), (1, 0), (1, 1)] {
            let mut at = [0.0; 3];
            (at[a], at[b], at[c]) = (sides[a][side], sides[b][i], sides[c][j]);
            corners.push(Corner::new(at, colour));
        }
    }
    corners
}

/// What makes the selected design's place readable: a line to the floor with a cross on it, and the way from
/// what was predicted to what was measured.
fn stem(
    view: &DesignView<'_>,
    design: usize,
    at: [f32; 3],
    place: &dyn Fn(&[f64]) -> Option<[f32; 3]>,
) -> Vec<Line> {
    let colour = view.palette.selection;
    let [x, y, z] = at;
    let floor = -HALF[2];
    let mut lines = vec![
        Line::new([x, y, z], [x, y, floor], 1.2, colour),
        Line::new([x - 0.06, y, floor], [x + 0.06, y, floor], 1.2, colour),
        Line::new([x, y - 0.06, floor], [x, y + 0.06, floor], 1.2, colour),
    ];
    let candidate = &view.candidates[design];
    if let (Some(_), Some(predicted)) = (candidate.measured(), &candidate.predicted)
        && let Some(from) = place(&predicted.performance.0)
    {
        lines.push(Line::new(from, at, 1.0, colour));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_faces_come_first() {
        let sides = [[-1.0, 0.5], [-0.2, 0.4], [0.0, 0.8]];
        let corners = sheets(sides, [5.0, -5.0, 3.0], Color32::WHITE);
        assert_eq!(corners.len(), 36);
        // seen from the right, the front and above: left, back and floor are behind
        let on = |corners: &[Corner], a: usize, at: f32| corners.iter().all(|c| c.place()[a] == at);
        let behind: Vec<bool> =
            corners.chunks(6).map(|f| on(f, 0, -1.0) || on(f, 1, 0.4) || on(f, 2, 0.0)).collect();
        assert_eq!(behind, [true, true, true, false, false, false]);
        assert_eq!(edges(sides, Color32::WHITE).len(), 12);
    }
}
