//! The schematic with the selected design in it: size and operating point at each device.

use crate::app::look::inspected::{Inspected, inspected, is_little, is_poor};
use crate::app::pane::Pane;
use crate::app::scene::Scene;
use crate::app::schematic::Schematic;
use crate::app::schematic::notes::Note;
use crate::app::theme::palette;
use crate::app::widgets::empty;
use crate::circuit::{Circuit, Sizing, Unit, format_quantity};
use crate::engine::DevicePoint;
use egui::{Color32, ScrollArea, Ui, Visuals};

/// The schematic of the selected design.
#[derive(Default)]
pub struct SchematicPane {
    schematic: Schematic,
    noted: Vec<Note>,
}

impl Pane for SchematicPane {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let Some(bench) = scene.bench else {
            return;
        };
        let circuit = &bench.open.circuit;
        if !self.schematic.follow(ui.ctx(), circuit) {
            empty(
                ui,
                "This circuit has no schematic.",
                "Its `circuit.ron` may name an SVG, or its device groups.",
                None,
            );
            return;
        }
        let next = "Select a design: its sizes and its operating point are written at the devices.";
        let seen = inspected(ui, Some(bench), next);
        let visuals = ui.visuals().clone();
        let sizing;
        (sizing, self.noted) = match &seen {
            Some(Inspected { title, sizing, look }) => {
                ui.horizontal(|ui| {
                    ui.strong(title);
                    ui.weak("width / length, drain current, gm/ID, region, headroom");
                });
                (Some(*sizing), noted(circuit, sizing, &look.devices, &visuals))
            }
            None => (bench.looked_at(), Vec::new()),
        };
        let room = ui.available_size();
        ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| {
            let lit =
                ui.vertical_centered(|ui| self.schematic.ui(ui, room, circuit, sizing, &self.noted)).inner;
            self.schematic.light(ui, lit);
        });
    }
}

impl SchematicPane {
    /// Whether nothing of the drawing is still being read or drawn.
    pub fn settled(&self) -> bool {
        self.schematic.settled()
    }

    /// The lines that are written at each device.
    pub fn noted(&self) -> Vec<(&str, Vec<&str>)> {
        fn lines(note: &Note) -> (&str, Vec<&str>) {
            (&note.device, note.lines.iter().map(|(text, _)| text.as_str()).collect())
        }
        self.noted.iter().map(lines).collect()
    }
}

/// What is noted at each device.
fn noted(circuit: &Circuit, sizing: &Sizing, devices: &[DevicePoint], visuals: &Visuals) -> Vec<Note> {
    let (ink, warning) = (visuals.text_color(), palette(visuals).warning);
    let note = |point: &DevicePoint| {
        let group = circuit.groups.iter().position(|group| group.devices.contains(&point.device))?;
        let size = circuit.groups[group].size_in_words(&circuit.parameters, &sizing.0);
        let flow: Vec<String> = [
            point.id.map(|id| format_quantity(id.abs(), Unit::Ampere, 3)),
            point.gm_over_id().map(|ratio| format!("{ratio:.1} /V")),
        ]
        .into_iter()
        .flatten()
        .collect();
        let headroom = point.headroom();
        let state: Vec<String> = [
            point.region().map(|region| region.name().to_owned()),
            headroom.map(|v| format_quantity(v, Unit::Volt, 3)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let poor = point.region().is_some_and(is_poor) || headroom.is_some_and(is_little);
        let lines: [(String, Color32); 3] =
            [(size, ink), (flow.join(" · "), ink), (state.join(" · "), if poor { warning } else { ink })];
        let lines = lines.into_iter().filter(|(text, _)| !text.is_empty()).collect();
        Some(Note { device: point.device.clone(), group, lines })
    };
    devices.iter().filter_map(note).collect()
}
