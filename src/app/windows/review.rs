//! The selected design as a page for colleagues: where it goes, and over what it is measured.

use crate::app::commands::Command;
use crate::app::ids::WindowId;
use crate::app::pane::Window;
use crate::app::scene::Scene;
use crate::app::state::Purpose;
use crate::app::widgets::accessible;
use crate::app::wish::Wish;
use egui::{Button, Context, TextEdit};

/// The window that asks for a review page.
#[derive(Default)]
pub struct ReviewWindow;

impl Window for ReviewWindow {
    fn id(&self) -> WindowId {
        WindowId::REVIEW
    }

    fn ui(&mut self, ctx: &Context, scene: &mut Scene<'_>) {
        let Some(bench) = scene.bench.filter(|bench| bench.selected_design().is_some()) else {
            scene.wish(Wish::CloseWindow(self.id()));
            return;
        };
        let number = bench.selected.map_or(0, |i| i + 1);
        let turned = if bench.tuning().is_some_and(|t| t.is_turned()) { ", as turned" } else { "" };
        let mut open = true;
        egui::Window::new(format!("Review page of design {number}{turned}"))
            .id(self.id().id())
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .default_pos([400.0, 180.0])
            .show(ctx, |ui| {
                ui.set_width(460.0);
                ui.label(
                    "A page for colleagues: targets and margins, parameters, operating point and curves, measured anew, with \
                     the design as a file for ngspice.",
                );
                ui.add_space(6.0);
                ui.horizontal(|ui| {
                    let path = TextEdit::singleline(&mut scene.forms.review_path)
                        .hint_text("folder of the page")
                        .desired_width(360.0);
                    accessible::named(ui.add(path), "Folder of the review page");
                    if ui.button("Browse…").on_hover_text("Choose the folder of the page").clicked() {
                        scene.wish(Wish::Ask(Purpose::ReviewFolder));
                    }
                });
                if !bench.open.circuit.corners.is_empty() {
                    ui.checkbox(&mut scene.forms.review_corners, "Over the circuit's corners");
                }
                ui.add_space(6.0);
                ui.horizontal(|ui| {
                    if let Some(under_way) = &bench.reviewing {
                        ui.spinner();
                        ui.label(under_way.progress().name);
                        scene.button(ui, Command::StopReview, "Stop");
                        return;
                    }
                    let typed = !scene.forms.review_path.trim().is_empty();
                    let write = ui.add_enabled(typed, Button::new("Write page"));
                    if write.on_disabled_hover_text("Type or choose a folder first").clicked() {
                        scene.wish(Wish::WriteReview);
                    }
                });
            });
        if !open {
            scene.wish(Wish::CloseWindow(self.id()));
        }
    }
}
