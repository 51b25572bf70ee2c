//! Lines of a deck that would do more than simulate.

use crate::app::theme::palette;
use crate::engine::Finding;
use egui::{Grid, Label, RichText, Ui};
use std::path::Path;

/// A row a line: where it stands, what it says, what it would do.
pub fn deck_lines(ui: &mut Ui, folder: Option<&Path>, findings: &[Finding]) {
    let warning = palette(ui.visuals()).warning;
    Grid::new("lines of the deck").num_columns(2).spacing([14.0, 3.0]).show(ui, |ui| {
        for finding in findings {
            let within = folder.and_then(|folder| finding.path.strip_prefix(folder).ok());
            // a folder that is gone when this is read has no name
            let path = within.unwrap_or_else(|| match folder {
                Some(_) => &finding.path,
                None => Path::new(finding.path.file_name().unwrap_or_default()),
            });
            ui.weak(format!("{}:{}", path.display(), finding.line));
            ui.add(Label::new(RichText::new(&finding.text).monospace()).extend().selectable(true));
            ui.end_row();
            ui.label("");
            ui.colored_label(warning, &finding.why);
            ui.end_row();
        }
    });
}
