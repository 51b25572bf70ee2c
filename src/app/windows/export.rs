//! The selected design as a file for another tool, previewed, copied or saved.

use crate::app::ids::WindowId;
use crate::app::pane::Window;
use crate::app::scene::Scene;
use crate::app::state::Purpose;
use crate::app::theme::palette;
use crate::app::widgets::accessible;
use crate::app::widgets::format_chooser;
use crate::app::wish::Wish;
use crate::export::{self, Judge};
use egui::{Context, RichText, ScrollArea, TextEdit};

/// The window in which a design is exported.
#[derive(Default)]
pub struct ExportWindow;

impl Window for ExportWindow {
    fn id(&self) -> WindowId {
        WindowId::EXPORT
    }

    fn ui(&mut self, ctx: &Context, scene: &mut Scene<'_>) {
        let Some((bench, record)) = scene.bench.and_then(|bench| Some((bench, bench.export_record()?)))
        else {
            scene.wish(Wish::CloseWindow(self.id()));
            return;
        };
        let text = export::export(&bench.open.circuit, &record, scene.forms.format);
        let mut shown = true;
        let number = bench.selected.map_or(0, |i| i + 1);
        egui::Window::new(format!("Export design {number}"))
            .id(self.id().id())
            .open(&mut shown)
            .default_pos([360.0, 120.0])
            .default_size([800.0, 460.0])
            .show(ctx, |ui| {
                ui.horizontal(|ui| {
                    format_chooser(ui, &mut scene.forms.format);
                    if ui.button("Copy text").clicked() {
                        ui.ctx().copy_text(text.clone());
                    }
                    if ui.button("Save…").clicked() {
                        scene.wish(Wish::Ask(Purpose::Export));
                    }
                });
                ui.horizontal(|ui| {
                    let width = ui.available_width() - 110.0;
                    let field = TextEdit::singleline(&mut scene.forms.export_path)
                        .hint_text("or type a file's path")
                        .desired_width(width);
                    accessible::named(ui.add(field), "Path of the exported file");
                    if ui.button("Save to file").on_hover_text("Write the typed path").clicked() {
                        scene.wish(Wish::SaveExport);
                    }
                });
                let colours = palette(ui.visuals());
                match &record.judged {
                    Judge::Simulated(by) => {
                        ui.colored_label(colours.feasible, format!("Measured by {by}"));
                    }
                    Judge::Predicted => {
                        ui.colored_label(
                            colours.warning,
                            "Predicted, not simulated: simulate the design to export measured values",
                        );
                    }
                    Judge::None => {
                        ui.colored_label(colours.warning, "Nobody has judged this design");
                    }
                }
                ui.separator();
                ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| {
                    let preview = RichText::new(&text).monospace();
                    ui.add(egui::Label::new(preview).extend().selectable(true));
                });
            });
        if !shown {
            scene.wish(Wish::CloseWindow(self.id()));
        }
    }
}
