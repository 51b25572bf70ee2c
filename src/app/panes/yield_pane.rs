//! How many of the designs meet each target.

use crate::app::empty::empty;
use crate::app::pane::Pane;
use crate::app::scene::Scene;
use egui::Ui;

/// The share of designs that meet the targets.
#[derive(Default)]
pub struct YieldPane;

impl Pane for YieldPane {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        match scene.bench.filter(|bench| bench.designs.is_some()) {
            Some(bench) => _ = ui.strong(bench.tally().verdict()),
            None => _ = empty(ui, "No designs yet.", "Press Sample on the left (4).", None),
        }
    }
}
