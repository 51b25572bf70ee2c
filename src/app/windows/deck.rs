//! The netlist that ngspice runs for a design.

use crate::app::ids::WindowId;
use crate::app::pane::Window;
use crate::app::scene::Scene;
use crate::app::wish::Wish;
use egui::{Context, Label, RichText, ScrollArea};

/// The window that shows a deck.
#[derive(Default)]
pub struct DeckWindow;

impl Window for DeckWindow {
    fn id(&self) -> WindowId {
        WindowId::DECK
    }

    fn ui(&mut self, ctx: &Context, scene: &mut Scene<'_>) {
        let Some((title, deck)) = &scene.environment.deck else {
            return;
        };
        let mut open = true;
        egui::Window::new(title.as_str())
            .id(self.id().id())
            .open(&mut open)
            .default_pos([400.0, 140.0])
            .default_size([640.0, 520.0])
            .show(ctx, |ui| {
                ui.horizontal(|ui| {
                    if ui.button("Copy deck").clicked() {
                        ui.ctx().copy_text(deck.clone());
                    }
                    ui.weak("Runs as it is: ngspice -b deck.cir");
                });
                ui.separator();
                ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| {
                    ui.add(Label::new(RichText::new(deck).monospace()).extend().selectable(true));
                });
            });
        if !open {
            scene.wish(Wish::CloseWindow(self.id()));
        }
    }
}
