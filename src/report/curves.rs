//! Curves of one quantity over another, a panel each.

use super::chart::{GREY, INK, RULE, png, rule, text};
use crate::circuit::{Metric, Scale, format_quantity};
use std::fmt::Write;

pub(super) const LINE: &str = "#0072b2";
const MARK: &str = "#d55e00";
pub(super) const TARGET: &str = "#009e73";
/// The size of a panel.
const PANEL: (f64, f64) = (320.0, 200.0);

/// Points over one quantity.
pub(crate) struct Curve {
    /// Joined by a line; else a mark each.
    pub line: bool,
    /// Across and up, in SI units.
    pub points: Vec<(f64, f64)>,
}

/// Curves of one quantity over another.
pub(crate) struct Panel {
    pub title: String,
    pub across: Metric,
    pub up: Metric,
    /// What is asked of both.
    pub target: (f64, f64),
    pub curves: Vec<Curve>,
}

/// An axis: what is shown of a quantity, and where.
struct Axis<'a> {
    metric: &'a Metric,
    low: f64,
    high: f64,
}

impl<'a> Axis<'a> {
    fn over(metric: &'a Metric, values: impl Iterator<Item = f64>) -> Axis<'a> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.map(|value| metric.scaled(value)).filter(|value| value.is_finite()) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        let least = if metric.scale == Scale::Log { 0.05 } else { 1e-9_f64.max(low.abs() * 0.01) };
        let room = (0.08 * (high - low)).max(least);
        Axis { metric, low: low - room, high: high + room }
    }

    fn part(&self, value: f64) -> f64 {
        (self.metric.scaled(value) - self.low) / (self.high - self.low)
    }

    /// Where numbers stand, in parts, and what they say.
    fn ticks(&self) -> impl Iterator<Item = (f64, String)> + '_ {
        [0.08, 0.36, 0.64, 0.92].into_iter().map(|part| {
            let value = self.metric.unscaled(self.low + part * (self.high - self.low));
            (part, format_quantity(value, self.metric.unit, 3))
        })
    }
}

/// A picture of panels side by side, as PNG.
pub(crate) fn curves(title: &str, panels: &[Panel]) -> Result<Vec<u8>, String> {
    let (left, top, pitch) = (84.0, 84.0, PANEL.0 + 110.0);
    let mut svg = String::new();
    text(&mut svg, (left, 28.0), 15.0, "start", INK, title);
    let mut x = left;
    for (fill, name) in
        [(LINE, "predicted, the other bounds met"), (MARK, "measured in ngspice"), (TARGET, "target")]
    {
        let _ = write!(svg, r#"<rect x="{x:.1}" y="42" width="12" height="12" fill="{fill}"/>"#);
        text(&mut svg, (x + 18.0, 52.0), 12.0, "start", INK, name);
        x += 34.0 + 6.6 * name.len() as f64;
    }
    for (i, panel) in panels.iter().enumerate() {
        one(&mut svg, panel, (left + i as f64 * pitch, top));
    }
    let width = left + panels.len().max(1) as f64 * pitch - 60.0;
    png(&svg, width.max(x), top + PANEL.1 + 56.0)
}

fn one(svg: &mut String, panel: &Panel, (x0, y0): (f64, f64)) {
    let points = || panel.curves.iter().flat_map(|curve| curve.points.iter().copied()).chain([panel.target]);
    let across = Axis::over(&panel.across, points().map(|p| p.0));
    let up = Axis::over(&panel.up, points().map(|p| p.1));
    let bottom = y0 + PANEL.1;
    let at = |p: (f64, f64)| (x0 + PANEL.0 * across.part(p.0), bottom - PANEL.1 * up.part(p.1));
    text(svg, (x0, y0 - 8.0), 13.0, "start", INK, &panel.title);
    for (part, label) in up.ticks() {
        let y = bottom - PANEL.1 * part;
        rule(svg, (x0, y), (x0 + PANEL.0, y), RULE);
        text(svg, (x0 - 8.0, y + 4.0), 11.0, "end", GREY, &label);
    }
    for (part, label) in across.ticks() {
        text(svg, (x0 + PANEL.0 * part, bottom + 16.0), 11.0, "middle", GREY, &label);
    }
    text(svg, (x0 + PANEL.0 / 2.0, bottom + 36.0), 11.0, "middle", GREY, &panel.across.title);
    let (tx, ty) = at(panel.target);
    for (from, to) in [((tx, y0), (tx, bottom)), ((x0, ty), (x0 + PANEL.0, ty))] {
        let _ = write!(
            svg,
            r#"<line x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}" stroke="{TARGET}" stroke-dasharray="4 3"/>"#,
            from.0, from.1, to.0, to.1
        );
    }
    for curve in &panel.curves {
        let places: Vec<(f64, f64)> = curve.points.iter().map(|p| at(*p)).collect();
        if curve.line {
            let joined: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            let _ = write!(
                svg,
                r#"<polyline points="{}" fill="none" stroke="{LINE}" stroke-width="2"/>"#,
                joined.join(" ")
            );
        } else {
            for (x, y) in places {
                let _ = write!(svg, r#"<circle cx="{x:.1}" cy="{y:.1}" r="4" fill="{MARK}"/>"#);
            }
        }
    }
}
