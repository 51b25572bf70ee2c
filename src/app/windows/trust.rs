//! What the open circuit's deck would do beyond simulating: shown, and run once the user has allowed it. Until then
//! all that needs no simulator works.

use crate::app::ids::WindowId;
use crate::app::pane::Window;
use crate::app::scene::Scene;
use crate::app::widgets::deck_lines;
use crate::app::wish::Wish;
use egui::{Context, ScrollArea};

/// The window that asks whether a deck may run.
#[derive(Default)]
pub struct TrustWindow;

impl Window for TrustWindow {
    fn id(&self) -> WindowId {
        WindowId::TRUST
    }

    fn ui(&mut self, ctx: &Context, scene: &mut Scene<'_>) {
        let Some(bench) = scene.bench.filter(|bench| bench.word.is_missing()) else {
            return;
        };
        let circuit = &bench.open.circuit;
        let (mut open, mut allow, mut later) = (true, false, false);
        egui::Window::new("May this deck run?")
            .id(self.id().id())
            .open(&mut open)
            .collapsible(false)
            .default_pos([380.0, 150.0])
            .default_width(640.0)
            .show(ctx, |ui| {
                ui.label(format!(
                    "The deck of {} would do more than simulate. ngspice would do it with your rights, once for \
                     each design. Sampling needs no ngspice and works without.",
                    circuit.title
                ));
                ui.add_space(6.0);
                ScrollArea::both().max_height(300.0).auto_shrink([false, true]).show(ui, |ui| {
                    deck_lines(ui, Some(&circuit.folder), &bench.word.findings);
                });
                ui.add_space(6.0);
                ui.weak(format!("In {}", circuit.folder.display()));
                ui.weak("Your word is kept for the deck as it is now: after any change you are asked again.");
                ui.add_space(4.0);
                ui.horizontal(|ui| {
                    allow = ui.button("Allow this folder").clicked();
                    later = ui.button("Not now").clicked();
                });
            });
        if !open || later {
            scene.wish(Wish::CloseWindow(self.id()));
        }
        if allow {
            scene.wish(Wish::AllowDeck);
        }
    }
}
