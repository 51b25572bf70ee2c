//! Step 6: the selected design as a file for another tool, previewed, copied or saved.

use super::App;
use super::background::Purpose;
use super::status::step;
use super::theme::palette;
use crate::export::{self, Format, Judge};
use egui::{Context, RichText, ScrollArea, TextEdit, Ui};

fn title(format: Format) -> &'static str {
    match format {
        Format::Ngspice => "ngspice .param",
        Format::Hspice => "HSPICE .param",
        Format::Ltspice => "LTspice .param",
        Format::Xyce => "Xyce .param",
        Format::Spectre => "Spectre parameters",
        Format::Csv => "CSV",
        Format::Json => "JSON",
    }
}

impl App {
    pub(super) fn export_section(&mut self, ui: &mut Ui) {
        step(ui, 6, "Export", false, true, |ui| {
            let ctx = ui.ctx().clone();
            let can = self.can(super::Command::Export);
            ui.horizontal(|ui| {
                self.format_chooser(ui);
                if ui.add_enabled(can, egui::Button::new("Export…")).clicked() {
                    self.run(super::Command::Export, &ctx);
                }
            });
            if !can {
                ui.weak("Select a design first.");
            }
        });
    }

    fn format_chooser(&mut self, ui: &mut Ui) {
        let chooser = egui::ComboBox::from_id_salt("format")
            .selected_text(title(self.user.format))
            .width(150.0)
            .show_ui(ui, |ui| {
                for format in Format::ALL {
                    ui.selectable_value(&mut self.user.format, format, title(format));
                }
            })
            .response;
        super::accessible::named(chooser, "Format of the exported file");
    }

    pub(super) fn export_window(&mut self, ctx: &Context) {
        if !self.windows.export {
            return;
        }
        let (Some(record), Some(open)) = (self.export_record(), &self.system.open) else {
            self.windows.export = false;
            return;
        };
        let text = export::export(&open.circuit, &record, self.user.format);
        let mut shown = true;
        let number = self.user.selected.map_or(0, |i| i + 1);
        egui::Window::new(format!("Export design {number}"))
            .id(super::above::Above::Export.id())
            .open(&mut shown)
            .default_pos([360.0, 120.0])
            .default_size([800.0, 460.0])
            .show(ctx, |ui| {
                ui.horizontal(|ui| {
                    self.format_chooser(ui);
                    if ui.button("Copy text").clicked() {
                        ui.ctx().copy_text(text.clone());
                    }
                    if ui.button("Save…").clicked() {
                        self.ask(Purpose::Export);
                    }
                });
                ui.horizontal(|ui| {
                    let width = ui.available_width() - 110.0;
                    let field = TextEdit::singleline(&mut self.user.export_path)
                        .hint_text("or type a file's path")
                        .desired_width(width);
                    super::accessible::named(ui.add(field), "Path of the exported file");
                    if ui.button("Save to file").on_hover_text("Write the typed path").clicked() {
                        self.save_export();
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
        self.windows.export &= shown;
    }
}
