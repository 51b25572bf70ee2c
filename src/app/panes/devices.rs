//! The operating points of the selected design's transistors.

use crate::app::look::inspected::{Inspected, inspected, is_little, is_poor};
use crate::app::pane::Pane;
use crate::app::scene::Scene;
use crate::app::theme::{Palette, palette};
use crate::circuit::{Circuit, Sizing, Unit, format_quantity};
use crate::engine::{DevicePoint, OperatingRegion};
use egui::{Grid, RichText, ScrollArea, Ui};

/// The devices of the selected design.
#[derive(Default)]
pub struct DevicesPane;

impl Pane for DevicesPane {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let next = "Select a design: current, gm/ID, region and headroom of each device are shown here.";
        let Some(Inspected { title, sizing, look }) = inspected(ui, scene.bench, next) else {
            return;
        };
        let (Some(bench), colours) = (scene.bench, palette(ui.visuals())) else {
            return;
        };
        ui.strong(title);
        if look.devices.is_empty() {
            ui.weak("No transistor of the circuit's groups was found in its decks.");
            for note in &look.notes {
                ui.weak(note);
            }
            return;
        }
        ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| {
            table(ui, &bench.open.circuit, sizing, &look.devices, &colours);
        });
    }
}

fn table(ui: &mut Ui, circuit: &Circuit, sizing: &Sizing, devices: &[DevicePoint], colours: &Palette) {
    Grid::new("devices").num_columns(9).striped(true).spacing([14.0, 3.0]).show(ui, |ui| {
        for (title, tip) in [
            ("device", "As the circuit's groups name it"),
            ("W / L", "Multiplier, fingers and the width of one, then the length"),
            ("ID", "Drain current"),
            ("gm/ID", "Transconductance a current: high in weak inversion"),
            ("gm", "Transconductance"),
            ("gds", "Output conductance"),
            ("region", "Off below 1 pA; triode below saturation; weak below threshold; else saturation"),
            ("headroom", "By how much the drain may still move before it leaves saturation"),
            ("VGS − Vth", "Overdrive"),
        ] {
            ui.small(title).on_hover_text(tip);
        }
        ui.end_row();
        for point in devices {
            let group = circuit.groups.iter().find(|group| group.devices.contains(&point.device));
            let name = ui.strong(&point.device);
            if let Some(group) = group {
                name.on_hover_text(&group.name);
            }
            let size = group.map(|group| group.size_in_words(&circuit.parameters, &sizing.0));
            ui.label(size.unwrap_or_default());
            let show = |value: Option<f64>, unit| {
                value.map_or_else(|| "–".to_owned(), |v| format_quantity(v, unit, 3))
            };
            ui.label(show(point.id.map(f64::abs), Unit::Ampere));
            ui.label(point.gm_over_id().map_or_else(|| "–".to_owned(), |v| format!("{v:.1} /V")));
            ui.label(show(point.gm.map(f64::abs), Unit::Siemens));
            ui.label(show(point.gds.map(f64::abs), Unit::Siemens));
            let region = point.region();
            let bad = region.is_some_and(is_poor);
            let text = RichText::new(region.map_or("–", OperatingRegion::name));
            ui.label(if bad { text.color(colours.warning).strong() } else { text });
            let headroom = point.headroom();
            let text = RichText::new(show(headroom, Unit::Volt));
            ui.label(if headroom.is_some_and(is_little) { text.color(colours.warning) } else { text });
            let overdrive = point.vgs.zip(point.vth).map(|(vgs, vth)| vgs.abs() - vth.abs());
            ui.label(show(overdrive, Unit::Volt));
            ui.end_row();
        }
    });
}
