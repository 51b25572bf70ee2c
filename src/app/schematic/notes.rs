//! What is noted at the devices of a schematic: lines on a piece of the background, beside the device and clear of the
//! others as far as there is room.

use super::drawing::Drawing;
use egui::{Color32, CornerRadius, FontId, Pos2, Rect, Ui, Vec2, vec2};
use std::sync::Arc;

/// Room between a device and its note, and around a note's lines, in points.
const GAP: f32 = 2.0;
/// The size of letters in points.
const LETTERS: f32 = 11.0;

/// Lines at a device.
pub struct Note {
    /// The device, as the circuit's groups name it.
    pub device: String,
    /// Its group.
    pub group: usize,
    /// The lines, each in its colour.
    pub lines: Vec<(String, Color32)>,
}

/// Draws notes over a drawing that fills `rect`.
pub(super) fn draw(ui: &Ui, rect: Rect, drawing: &Drawing, notes: &[Note]) {
    let whole = |part: Rect| {
        let at = |p: Pos2| rect.min + vec2(p.x * rect.width(), p.y * rect.height());
        Rect::from_min_max(at(part.min), at(part.max))
    };
    let mut devices = Vec::new();
    let mut pieces = Vec::new();
    for (id, group, place) in drawing.places() {
        // where a box stands for a group, its first device speaks for it
        let note = notes.iter().find(|note| note.device == id);
        let note = note.or_else(|| notes.iter().find(|note| id.starts_with("group-") && note.group == group));
        devices.push(whole(place));
        pieces.push(note.map_or_else(Vec::new, |note| {
            let lay = |(text, colour): &(String, Color32)| {
                ui.painter().layout_no_wrap(text.clone(), FontId::proportional(LETTERS), *colour)
            };
            note.lines.iter().map(lay).collect::<Vec<_>>()
        }));
    }
    let size = |lines: &Vec<Arc<egui::Galley>>| {
        let width = lines.iter().map(|line| line.size().x).fold(0.0, f32::max);
        let height: f32 = lines.iter().map(|line| line.size().y).sum();
        if lines.is_empty() { Vec2::ZERO } else { vec2(width, height) + Vec2::splat(2.0 * GAP) }
    };
    let sizes: Vec<Vec2> = pieces.iter().map(size).collect();
    let back = ui.visuals().panel_fill.gamma_multiply(0.88);
    let ink = |place: &Rect| {
        let part = |p: Pos2| ((p - rect.min) / rect.size()).to_pos2();
        drawing.ink().under(Rect::from_min_max(part(place.min), part(place.max)))
    };
    for (place, lines) in laid(rect, &devices, &sizes, &ink).into_iter().zip(pieces) {
        ui.painter().rect_filled(place, CornerRadius::same(3), back);
        let mut at = place.min + Vec2::splat(GAP);
        for line in lines {
            let height = line.size().y;
            ui.painter().galley(at, line, Color32::PLACEHOLDER);
            at.y += height;
        }
    }
}

/// What a note costs: by the part of it that lies on ink, by the part that lies on another device or note, and by how far its
/// middle is from its device's, in points.
const ON_INK: f32 = 900.0;
const ON_OTHERS: f32 = 1200.0;
const AWAY: f32 = 1.0;

/// A place for a note of each size beside its device, inside `sheet`: near it, where it covers little ink, and clear of other
/// devices and of the notes that are placed.
fn laid(sheet: Rect, devices: &[Rect], sizes: &[Vec2], ink: &dyn Fn(&Rect) -> f32) -> Vec<Rect> {
    let mut placed: Vec<Rect> = Vec::new();
    for (own, (device, size)) in devices.iter().zip(sizes).enumerate() {
        let cost = |place: &Rect| {
            let others = devices.iter().enumerate().filter(|(i, _)| *i != own).map(|(_, other)| other);
            let covered: f32 = others.chain(&placed).map(|other| common(place, other)).sum();
            let away = place.center().distance(device.center());
            ON_OTHERS * covered / place.area().max(1.0) + ON_INK * ink(place) + AWAY * away
        };
        let place = around(sheet, device, *size).min_by(|a, b| cost(a).total_cmp(&cost(b)));
        placed.push(place.unwrap_or(Rect::from_min_size(device.left_bottom(), *size)));
    }
    placed
}

/// The area that two boxes have in common.
fn common(a: &Rect, b: &Rect) -> f32 {
    let both = a.intersect(*b);
    both.width().max(0.0) * both.height().max(0.0)
}

/// Places beside a device, moved into the sheet: below and above it, then to its sides, from the one end to the other.
fn around(sheet: Rect, device: &Rect, size: Vec2) -> impl Iterator<Item = Rect> {
    const STEPS: u8 = 8;
    let (device, room) = (*device, (sheet.size() - size).max(Vec2::ZERO));
    let level = [device.bottom() + GAP, device.top() - GAP - size.y];
    let aside = [device.right() + GAP, device.left() - GAP - size.x];
    (0..=STEPS).flat_map(move |step| {
        let part = f32::from(step) / f32::from(STEPS);
        let x = device.left() - size.x + part * (device.width() + size.x);
        let y = device.top() - size.y + part * (device.height() + size.y);
        let places = [(x, level[0]), (x, level[1]), (aside[0], y), (aside[1], y)];
        places.map(|(x, y)| {
            let at = Pos2::new(x, y) - sheet.min;
            Rect::from_min_size(sheet.min + at.clamp(Vec2::ZERO, room), size)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::{Circuit, bundled_circuits};

    #[test]
    fn notes_of_the_bundled_drawings_lie_on_the_sheet_and_clear_of_each_other() {
        for name in bundled_circuits() {
            let circuit = Circuit::open(&name).expect("bundled");
            let Some(drawing) = Drawing::read(&circuit) else { continue };
            let drawing = drawing.expect("sound");
            // as large as a view of a window of 1440 points shows it
            let scale = (720.0 / drawing.size().x).min(520.0 / drawing.size().y);
            let sheet = Rect::from_min_size(Pos2::ZERO, drawing.size() * scale);
            let whole = |(_, _, part): (&str, usize, Rect)| {
                Rect::from_min_max(
                    Pos2::new(part.left() * sheet.width(), part.top() * sheet.height()),
                    Pos2::new(part.right() * sheet.width(), part.bottom() * sheet.height()),
                )
            };
            let devices: Vec<Rect> = drawing.places().map(whole).collect();
            let sizes = vec![vec2(96.0, 46.0); devices.len()];
            let ink = |place: &Rect| {
                let part = |p: Pos2| Pos2::new(p.x / sheet.width(), p.y / sheet.height());
                drawing.ink().under(Rect::from_min_max(part(place.min), part(place.max)))
            };
            let placed = laid(sheet, &devices, &sizes, &ink);
            for (i, one) in placed.iter().enumerate() {
                assert!(sheet.expand(0.1).contains_rect(*one), "{name}: {one:?}");
                for other in &placed[..i] {
                    let part = common(one, other) / one.area();
                    assert!(part < 0.1, "{name}: {part} of a note is under another one");
                }
            }
        }
    }

    #[test]
    fn a_note_keeps_clear_of_the_devices_beside_its_own() {
        let sheet = Rect::from_min_size(Pos2::ZERO, vec2(300.0, 300.0));
        let device = |x: f32, y: f32| Rect::from_min_size(Pos2::new(x, y), vec2(40.0, 40.0));
        let devices = [device(100.0, 100.0), device(100.0, 145.0), device(145.0, 100.0)];
        let placed = laid(sheet, &devices, &[vec2(60.0, 30.0), Vec2::ZERO, Vec2::ZERO], &|_| 0.0);
        assert!(devices.iter().all(|device| common(&placed[0], device) == 0.0), "{placed:?}");
    }
}
