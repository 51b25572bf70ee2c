//! The operating points of the selected design's transistors.

use crate::app::pane::Pane;
use crate::app::scene::Scene;
use crate::app::theme::{Palette, palette};
use crate::app::widgets::empty;
use crate::circuit::{Circuit, Sizing, Unit, format_quantity};
use crate::engine::{DevicePoint, OperatingRegion};
use egui::{Grid, RichText, ScrollArea, Ui};

/// Less headroom than this, in V, is little.
const LITTLE: f64 = 0.05;

/// The devices of the selected design.
#[derive(Default)]
pub struct DevicesPane;

impl Pane for DevicesPane {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let Some((bench, design)) = scene.bench.and_then(|bench| Some((bench, bench.selected_design()?)))
        else {
            let next = "Select a design: current, gm/ID, region and headroom of each device are shown here.";
            empty(ui, "No design is selected.", next, None);
            return;
        };
        let turned = bench.tuning().filter(|t| t.is_turned());
        let sizing = turned.map_or(&design.sizing, |tuning| &tuning.sizing);
        let colours = palette(ui.visuals());
        // while a turned one is asked for, what it was stands there
        let look = bench.looks.of(sizing).or_else(|| bench.looks.of(&design.sizing));
        let look = match look {
            Some(Ok(look)) => look,
            Some(Err(why)) => {
                ui.colored_label(colours.failed, why);
                return;
            }
            None => {
                ui.weak("ngspice is asked for the operating point…");
                return;
            }
        };
        let number = bench.selected.map_or(0, |i| i + 1);
        let as_turned = if turned.is_some() { ", as turned" } else { "" };
        ui.strong(format!("Design {number}{as_turned}"));
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
            let bad = matches!(region, Some(OperatingRegion::Off | OperatingRegion::Triode));
            let text = RichText::new(region.map_or("–", OperatingRegion::name));
            ui.label(if bad { text.color(colours.warning).strong() } else { text });
            let headroom = point.headroom();
            let text = RichText::new(show(headroom, Unit::Volt));
            ui.label(if headroom.is_some_and(|v| v < LITTLE) { text.color(colours.warning) } else { text });
            let overdrive = point.vgs.zip(point.vth).map(|(vgs, vth)| vgs.abs() - vth.abs());
            ui.label(show(overdrive, Unit::Volt));
            ui.end_row();
        }
    });
}
