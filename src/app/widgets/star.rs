//! A star that is on or off.

use egui::{Color32, Response, Sense, Shape, Stroke, Ui, vec2};
use std::f32::consts::{PI, TAU};

/// Draws a star, filled where it is on; a click is for the caller to answer.
pub fn star(ui: &mut Ui, on: bool, colour: Color32) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(16.0, 16.0), Sense::click());
    let centre = rect.center() + vec2(0.0, 0.5);
    let point = |i: usize, radius: f32| {
        let angle = -PI / 2.0 + TAU * i as f32 / 10.0;
        centre + radius * vec2(angle.cos(), angle.sin())
    };
    let outline: Vec<_> = (0..10).map(|i| point(i, if i % 2 == 0 { 7.0 } else { 3.0 })).collect();
    let painter = ui.painter();
    if on {
        // a star is not convex: a fan around its centre
        for i in 0..10 {
            let triangle = vec![centre, outline[i], outline[(i + 1) % 10]];
            painter.add(Shape::convex_polygon(triangle, colour, Stroke::NONE));
        }
    }
    let colour = if on || response.hovered() { colour } else { ui.visuals().weak_text_color() };
    painter.add(Shape::closed_line(outline, Stroke::new(1.2, colour)));
    response
}
