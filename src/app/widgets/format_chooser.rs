//! Which format a design is exported in.

use super::accessible;
use crate::export::Format;
use egui::Ui;

/// The chooser of the file's format.
pub fn format_chooser(ui: &mut Ui, chosen: &mut Format) {
    let chooser = egui::ComboBox::from_id_salt("format")
        .selected_text(title(*chosen))
        .width(150.0)
        .show_ui(ui, |ui| {
            for format in Format::ALL {
                ui.selectable_value(chosen, format, title(format));
            }
        })
        .response;
    accessible::named(chooser, "Format of the exported file");
}

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
