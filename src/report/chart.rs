//! The pictures of a report: drawn as SVG, rasterised with a font that is part of the program.

use crate::engine::System;
use resvg::{tiny_skia, usvg};
use std::fmt::Write;
use std::sync::Arc;

pub(super) const INK: &str = "#1b1f24";
pub(super) const GREY: &str = "#8a929c";
pub(super) const RULE: &str = "#d9dde2";
/// Pixels a user unit.
const SCALE: f32 = 2.0;

/// Told apart in print and by the colour-blind (Okabe and Ito's palette).
fn colour(system: System) -> &'static str {
    match system {
        System::DmTransformer => "#0072b2",
        System::DmMlp => "#e69f00",
        System::Ann => "#009e73",
    }
}

/// Bars side by side under one name.
pub(super) struct Group {
    pub name: String,
    /// System, height, and what is written above.
    pub bars: Vec<(System, f64, String)>,
}

/// A line of a distribution.
pub(super) struct Line {
    pub name: String,
    pub system: System,
    pub dashed: bool,
    /// Rising.
    pub values: Vec<usize>,
}

/// A circuit's distributions.
pub(super) struct Panel {
    pub title: String,
    pub lines: Vec<Line>,
}

pub(super) fn text(svg: &mut String, (x, y): (f64, f64), size: f64, anchor: &str, fill: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = write!(
        svg,
        r#"<text x="{x:.1}" y="{y:.1}" font-size="{size}" text-anchor="{anchor}" fill="{fill}">{words}</text>"#
    );
}

pub(super) fn rule(svg: &mut String, (x1, y1): (f64, f64), (x2, y2): (f64, f64), stroke: &str) {
    let _ = write!(
        svg,
        r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" stroke="{stroke}" stroke-width="1"/>"#
    );
}

/// A round step that makes four to eight ticks.
pub(super) fn step(most: f64) -> f64 {
    let rough = most / 6.0;
    let power = 10f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|f| f * power >= rough).unwrap_or(10.0);
    factor * power
}

/// Grouped bars; `top` ends the axis, else the highest bar does.
pub(super) fn bars(title: &str, top: Option<f64>, groups: &[Group]) -> Result<Vec<u8>, String> {
    const BAR: f64 = 26.0;
    let highest = groups.iter().flat_map(|g| &g.bars).map(|b| b.1).fold(1e-9, f64::max);
    let top = top.unwrap_or(highest * 1.08);
    let (left, bottom, height) = (70.0, 330.0, 260.0);
    let width = left + groups.iter().map(|g| g.bars.len() as f64 * BAR + 34.0).sum::<f64>() + 20.0;
    let width = width.max(420.0);
    let mut svg = String::new();
    text(&mut svg, (left, 28.0), 15.0, "start", INK, title);
    let step = step(top);
    let mut tick = 0.0;
    while tick <= top * 1.0001 {
        let y = bottom - height * tick / top;
        rule(&mut svg, (left, y), (width - 12.0, y), RULE);
        let label = if step < 1.0 { format!("{tick:.1}") } else { format!("{tick:.0}") };
        text(&mut svg, (left - 8.0, y + 4.0), 12.0, "end", GREY, &label);
        tick += step;
    }
    let mut x = left + 16.0;
    for group in groups {
        let begin = x;
        for (system, value, label) in &group.bars {
            let h = height * (value / top).clamp(0.0, 1.0);
            let (fill, y) = (colour(*system), bottom - h);
            let _ = write!(
                svg,
                r#"<rect x="{x:.1}" y="{y:.1}" width="{:.1}" height="{h:.1}" fill="{fill}"/>"#,
                BAR - 3.0
            );
            let size = if label.len() > 4 { 8.0 } else { 11.0 };
            text(&mut svg, (x + BAR / 2.0 - 1.5, y - 4.0), size, "middle", INK, label);
            x += BAR;
        }
        text(&mut svg, ((begin + x) / 2.0 - 1.5, bottom + 18.0), 12.0, "middle", INK, &group.name);
        x += 34.0;
    }
    legend(&mut svg, left, bottom + 46.0);
    png(&svg, width, bottom + 64.0)
}

fn legend(svg: &mut String, left: f64, y: f64) {
    for (i, system) in System::ALL.iter().enumerate() {
        let x = left + i as f64 * 130.0;
        let _ = write!(
            svg,
            r#"<rect x="{x:.1}" y="{:.1}" width="12" height="12" fill="{}"/>"#,
            y - 10.0,
            colour(*system)
        );
        text(svg, (x + 18.0, y), 12.0, "start", INK, system.title());
    }
}

/// A panel a circuit: targets sorted from the hardest to the easiest for a system against feasible sizings.
pub(super) fn distributions(panels: &[Panel], count: usize) -> Result<Vec<u8>, String> {
    const PANEL: (f64, f64) = (330.0, 210.0);
    let (left, top) = (64.0, 66.0);
    let pitch = (PANEL.0 + 76.0, PANEL.1 + 92.0);
    let columns = panels.len().clamp(1, 2);
    let rows = panels.len().div_ceil(columns).max(1);
    let mut svg = String::new();
    text(&mut svg, (left, 28.0), 15.0, "start", INK, "feasible sizings at unseen targets");
    for (i, panel) in panels.iter().enumerate() {
        let x0 = left + (i % columns) as f64 * pitch.0;
        let y1 = top + (i / columns) as f64 * pitch.1 + PANEL.1;
        text(&mut svg, (x0, y1 - PANEL.1 - 8.0), 13.0, "start", INK, &panel.title);
        for tick in [0, 25, 50, 75, 100] {
            let y = y1 - PANEL.1 * f64::from(tick) / 100.0;
            rule(&mut svg, (x0, y), (x0 + PANEL.0, y), RULE);
            let label = (f64::from(tick) / 100.0 * count as f64).round().to_string();
            text(&mut svg, (x0 - 8.0, y + 4.0), 11.0, "end", GREY, &label);
        }
        for part in [0.0, 0.5, 1.0] {
            let label = format!("{:.0} %", part * 100.0);
            text(&mut svg, (x0 + PANEL.0 * part, y1 + 16.0), 11.0, "middle", GREY, &label);
        }
        let about = "targets, hardest first for each system";
        text(&mut svg, (x0 + PANEL.0 / 2.0, y1 + 34.0), 11.0, "middle", GREY, about);
        for line in &panel.lines {
            let last = line.values.len().saturating_sub(1).max(1) as f64;
            let points: Vec<String> = line
                .values
                .iter()
                .enumerate()
                .map(|(i, v)| {
                    let x = x0 + PANEL.0 * i as f64 / last;
                    let y = y1 - PANEL.1 * *v as f64 / count.max(1) as f64;
                    format!("{x:.1},{y:.1}")
                })
                .collect();
            let dash = if line.dashed { r#" stroke-dasharray="5 4""# } else { "" };
            let _ = write!(
                svg,
                r#"<polyline points="{}" fill="none" stroke="{}" stroke-width="2"{dash}/>"#,
                points.join(" "),
                colour(line.system)
            );
        }
    }
    let bottom = top + rows as f64 * pitch.1 - 14.0;
    if let Some(panel) = panels.first() {
        for (i, line) in panel.lines.iter().enumerate() {
            let (x, y) = (left + (i % 3) as f64 * 190.0, bottom + (i / 3) as f64 * 20.0);
            let dash = if line.dashed { r#" stroke-dasharray="5 4""# } else { "" };
            let _ = write!(
                svg,
                r#"<line x1="{x}" y1="{0:.1}" x2="{1}" y2="{0:.1}" stroke="{2}" stroke-width="2"{dash}/>"#,
                y - 4.0,
                x + 26.0,
                colour(line.system)
            );
            text(&mut svg, (x + 34.0, y), 12.0, "start", INK, &line.name);
        }
    }
    png(&svg, left + columns as f64 * pitch.0, bottom + 36.0)
}

/// Rasterises what stands in the picture of this size, on white.
pub(super) fn png(body: &str, width: f64, height: f64) -> Result<Vec<u8>, String> {
    let svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" width="{width:.0}" height="{height:.0}" font-family="Ubuntu"><rect width="100%" height="100%" fill="white"/>{body}</svg>"#
    );
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_font_data(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
    let family = fonts.faces().next().and_then(|face| face.families.first()).map(|(name, _)| name.clone());
    let options = usvg::Options {
        fontdb: Arc::new(fonts),
        font_family: family.unwrap_or_default(),
        ..usvg::Options::default()
    };
    let tree = usvg::Tree::from_str(&svg, &options).map_err(|e| format!("cannot draw a picture: {e}"))?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or("cannot draw an empty picture")?;
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height()).ok_or("the picture is too large")?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    let image = image::RgbaImage::from_raw(size.width(), size.height(), pixels.take())
        .ok_or("the picture has the wrong size")?;
    let mut bytes = Vec::new();
    image
        .write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png)
        .map_err(|e| format!("cannot write a picture: {e}"))?;
    Ok(bytes)
}
