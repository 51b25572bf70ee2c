//! A plain drawing of a circuit that has none: a box a device group with its devices and what sizes them, so that a group
//! can be lit and found. It is an SVG as the bundled drawings are.

use super::drawing::{FAINT, INK};
use crate::circuit::{Circuit, DeviceGroup, counted, shortened};

/// Boxes beside each other, their width and height, and the room between them, in points.
const COLUMNS: usize = 3;
const WIDTH: usize = 176;
const HEIGHT: usize = 74;
const GAP: usize = 14;
/// More characters do not fit into a box.
const LONGEST: usize = 24;

/// The drawing of a circuit's device groups; `None` where it has none.
pub(super) fn drawn(circuit: &Circuit) -> Option<String> {
    if circuit.groups.is_empty() {
        return None;
    }
    let columns = circuit.groups.len().min(COLUMNS);
    let rows = circuit.groups.len().div_ceil(COLUMNS);
    let (width, height) = (columns * (WIDTH + GAP) + GAP, rows * (HEIGHT + GAP) + GAP);
    let boxes = circuit.groups.iter().enumerate().map(|(i, group)| {
        let (x, y) = (GAP + i % COLUMNS * (WIDTH + GAP), GAP + i / COLUMNS * (HEIGHT + GAP));
        one(circuit, group, i, x, y)
    });
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\">\n<title>{}</title>\n{}</svg>\n",
        escaped(&circuit.title),
        boxes.collect::<String>()
    ))
}

fn one(circuit: &Circuit, group: &DeviceGroup, place: usize, x: usize, y: usize) -> String {
    let named = group.named(&circuit.parameters);
    let parameters: Vec<&str> = named.fields().map(|(_, name)| name).collect();
    // a group that is called by its devices need not name them twice
    let devices = group.devices.join(", ");
    let below = if devices == group.name {
        counted(group.devices.len(), "device")
    } else {
        shortened(&devices, LONGEST)
    };
    let line = |at: usize, colour: &str, weight: &str, text: &str| {
        let (x, y) = (x + 12, y + at);
        format!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"12\" font-weight=\"{weight}\" fill=\"{colour}\">{text}</text>\n"
        )
    };
    format!(
        "<g id=\"group-{place}\" data-group=\"{}\">\n<rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         rx=\"6\" fill=\"none\" stroke=\"{INK}\" stroke-width=\"1.5\"/>\n{}{}{}</g>\n",
        escaped(&group.name),
        line(22, INK, "bold", &escaped(&shortened(&group.name, LONGEST))),
        line(42, FAINT, "normal", &escaped(&below)),
        line(61, INK, "normal", &escaped(&shortened(&parameters.join(" · "), LONGEST)))
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::drawing::Drawing;
    use super::*;
    use egui::vec2;

    #[test]
    fn every_group_has_a_box_that_is_found_and_lit() {
        let mut circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        circuit.groups[1].name =
            "a <b> & \"c\" whose name is longer than a box of the drawing is wide".to_owned();
        let text = drawn(&circuit).expect("it has groups");
        let drawing = Drawing::new(text, &circuit).expect("an SVG");
        assert!(drawing.follows_theme());
        let size = drawing.size();
        for i in 0..circuit.groups.len() {
            let (x, y) = (GAP + i % COLUMNS * (WIDTH + GAP) + 80, GAP + i / COLUMNS * (HEIGHT + GAP) + 40);
            let part = vec2(x as f32 / size.x, y as f32 / size.y);
            assert_eq!(drawing.group_at(part), Some(i));
        }
        circuit.groups.clear();
        assert_eq!(drawn(&circuit), None);
    }
}
