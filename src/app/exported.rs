//! The selected design as it is exported, and the format of the file.

use super::accessible;
use super::state::Bench;
use crate::export::{ExportRecord, Format};
use egui::Ui;

/// What would be exported of the selected design; nothing where none is selected.
pub fn record(bench: &Bench) -> Option<ExportRecord> {
    let candidate = bench.selected_design()?;
    let designs = bench.designs.as_ref()?;
    let (model, seed) = (Some(designs.model.clone()), Some(designs.seed));
    Some(ExportRecord::new(&candidate.sizing, Some(&bench.targets), candidate.word(), model, seed))
}

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
