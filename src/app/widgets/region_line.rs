//! What parameters are held to, said wherever designs are drawn or searched.

use crate::app::scene::Scene;
use crate::app::theme::palette;
use crate::app::wish::Wish;
use egui::{RichText, Ui};

/// What is held, with a way to free it, where designs are drawn.
pub fn region_line(ui: &mut Ui, scene: &mut Scene<'_>) {
    let Some(bench) = scene.bench.filter(|bench| !bench.region.is_whole()) else {
        return;
    };
    let words = bench.region.describe(&bench.open.circuit);
    ui.horizontal(|ui| {
        let free = ui.small_button("Free all").on_hover_text("Let every parameter have its own range again");
        if free.clicked() {
            scene.wish(Wish::FreeAll);
        }
        let colour = palette(ui.visuals()).spec;
        let text = RichText::new(format!("Held: {words}")).small().color(colour);
        ui.add(egui::Label::new(text).truncate());
    });
}
