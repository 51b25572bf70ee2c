//! What ngspice says of the inside of the design that is looked at.

use crate::app::state::Bench;
use crate::app::theme::palette;
use crate::app::widgets::empty;
use crate::circuit::Sizing;
use crate::engine::{Inspection, OperatingRegion};
use egui::Ui;

/// Less headroom than this, in V, is little.
const LITTLE: f64 = 0.05;

/// Whether a device amplifies nothing in a region.
pub fn is_poor(region: OperatingRegion) -> bool {
    matches!(region, OperatingRegion::Off | OperatingRegion::Triode)
}

/// Whether a headroom, in V, is so little that corners may take it away.
pub fn is_little(headroom: f64) -> bool {
    headroom < LITTLE
}

/// A design that was looked into.
pub struct Inspected<'a> {
    /// Which design it is, and whether as turned.
    pub title: String,
    /// Its sizing.
    pub sizing: &'a Sizing,
    /// What was found.
    pub look: &'a Inspection,
}

/// What was found of the selected design, as it is turned if it is. Where nothing was, it says why, or what comes `next`.
pub fn inspected<'a>(ui: &mut Ui, bench: Option<&'a Bench>, next: &str) -> Option<Inspected<'a>> {
    let Some((bench, design)) = bench.and_then(|bench| Some((bench, bench.selected_design()?))) else {
        empty(ui, "No design is selected.", next, None);
        return None;
    };
    let turned = bench.tuning().filter(|t| t.is_turned());
    let sizing = turned.map_or(&design.sizing, |tuning| &tuning.sizing);
    // while a turned one is asked for, what it was stands there
    let look = match bench.looks.of(sizing).or_else(|| bench.looks.of(&design.sizing)) {
        Some(Ok(look)) => look,
        Some(Err(why)) => {
            ui.colored_label(palette(ui.visuals()).failed, why);
            return None;
        }
        None => {
            ui.weak("ngspice is asked for the operating point…");
            return None;
        }
    };
    let number = bench.selected.map_or(0, |i| i + 1);
    let as_turned = if turned.is_some() { ", as turned" } else { "" };
    Some(Inspected { title: format!("Design {number}{as_turned}"), sizing, look })
}
