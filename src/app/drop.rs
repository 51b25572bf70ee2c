//! Files dropped on the window: a circuit, rows, a model or a session. While they hover it is said what will happen.

use super::App;
use super::session::{LARGEST, Session};
use super::state::OpenCircuit;
use super::status::grouped;
use crate::files::read_text_bounded;
use egui::{Align2, Area, Color32, Context, Frame, Id, Order, RichText};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What may be dropped.
const ACCEPTED: &str = "drop a circuit's folder or its circuit.ron, a dataset (.csv), a model (.model) or a session \
                        (session.ron)";

/// What a file is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Circuit,
    Rows,
    Model,
    Session,
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn kind(path: &Path) -> Result<Kind, String> {
    let name = name(path);
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    if path.is_dir() {
        return match path.join("circuit.ron").is_file() {
            true => Ok(Kind::Circuit),
            false => Err(format!("There is no circuit.ron in the folder {name}: {ACCEPTED}")),
        };
    }
    match extension.as_str() {
        "csv" => Ok(Kind::Rows),
        "model" => Ok(Kind::Model),
        "ron" if name == "circuit.ron" => Ok(Kind::Circuit),
        "ron" if name.contains("session") => Ok(Kind::Session),
        _ => Err(format!("{name} is nothing that can be opened here: {ACCEPTED}")),
    }
}

impl App {
    /// What will happen with a file that hovers.
    fn promise(&self, path: &Path) -> Result<String, String> {
        let of = self.system.open.as_ref().map(|open| open.circuit.title.clone());
        let name = name(path);
        match (kind(path)?, of) {
            (Kind::Circuit, _) => Ok(format!("Open the circuit in {name}")),
            (Kind::Session, _) => Ok(format!("Go on with the session {name}")),
            (Kind::Rows, Some(title)) => Ok(format!("Take {name} as the rows of {title}")),
            (Kind::Model, Some(title)) => Ok(format!("Load the model {name} for {title}")),
            (Kind::Rows | Kind::Model, None) => Err(format!("Open a circuit first, then drop {name}")),
        }
    }

    /// Takes what was dropped, and says what will happen with what hovers.
    pub(super) fn dropped_files(&mut self, ctx: &Context) {
        let dropped = ctx.input(|i| i.raw.dropped_files.clone());
        for file in dropped {
            self.take_file(ctx, file.path().to_owned());
        }
        let hovering = ctx.input(|i| i.raw.hovered_files.clone());
        let Some(first) = hovering.first() else {
            return;
        };
        // some desktops tell the path only when the file is dropped
        let promise = match &first.path {
            Some(path) => self.promise(path),
            None => Ok("Drop it to open it".to_owned()),
        };
        let screen = ctx.content_rect();
        let layer = egui::LayerId::new(Order::Foreground, Id::unique("dropped files shade"));
        ctx.layer_painter(layer).rect_filled(screen, 0.0, Color32::from_black_alpha(140));
        Area::new(Id::unique("dropped files"))
            .order(Order::Tooltip)
            .anchor(Align2::CENTER_CENTER, [0.0, 0.0])
            .interactable(false)
            .show(ctx, |ui| {
                Frame::popup(ui.style()).inner_margin(20.0).show(ui, |ui| {
                    ui.set_max_width(520.0);
                    match promise {
                        Ok(text) => ui.label(RichText::new(text).heading()),
                        Err(text) => ui.colored_label(super::theme::palette(ui.visuals()).error, text),
                    };
                    if hovering.len() > 1 {
                        ui.weak(format!("and {} more, one after another", hovering.len() - 1));
                    }
                });
            });
    }

    fn take_file(&mut self, ctx: &Context, path: PathBuf) {
        if let Err(problem) = self.promise(&path) {
            self.system.messages.error(problem);
            return;
        }
        match kind(&path) {
            Ok(Kind::Circuit) => self.open(path.display().to_string()),
            Ok(Kind::Model) => self.load_model_file(&path),
            Ok(Kind::Rows) => {
                if let Some(open) = &self.system.open {
                    self.background.read_rows(Arc::clone(&open.circuit), path);
                }
            }
            Ok(Kind::Session) => self.take_session(ctx, &path),
            Err(problem) => self.system.messages.error(problem),
        }
    }

    /// Loads a model whose path is known.
    pub(super) fn load_model_file(&mut self, path: &Path) {
        self.user.model_path = path.display().to_string();
        self.load_model();
    }

    fn take_session(&mut self, ctx: &Context, path: &Path) {
        let read = read_text_bounded(path, LARGEST).map_err(|e| e.to_string());
        match read.and_then(|text| Session::read(&text)) {
            Ok((session, lost)) => {
                if !lost.is_empty() {
                    let text = format!("{}: what it says of {} is unknown", name(path), lost.join(", "));
                    self.system.messages.error(text);
                }
                self.remember_circuit();
                let circuit = self.restore(ctx, session);
                // its targets, not those on screen, are the circuit's from now on
                let _ = self.recall_circuit();
                self.open(circuit);
            }
            Err(e) => self.system.messages.error(format!("{} is no session: {e}", name(path))),
        }
    }

    /// Takes other rows of the open circuit; model and designs stay.
    pub(super) fn adopt_rows(&mut self, path: &Path, open: OpenCircuit) {
        if self.system.open.as_ref().is_none_or(|o| o.circuit.folder != open.circuit.folder) {
            return; // another circuit was opened meanwhile
        }
        let (rows, refused) = (open.rows.rows.len(), open.refused.len());
        let refused = match refused {
            0 => String::new(),
            n => format!("; {} rows were refused, the circuit's page says why", grouped(n)),
        };
        self.system.messages.note(format!("{} rows of {}{refused}", grouped(rows), name(path)));
        self.system.open = Some(open);
        self.system.counts = None;
        self.histograms = None;
        self.take_preset();
        self.amend_edits();
    }

    /// The circuits and models used of late, in the File menu.
    pub(super) fn recent_menus(&mut self, ui: &mut egui::Ui) {
        let recent = self.keeper.recent.clone();
        let (mut circuit, mut model) = (None, None);
        ui.add_enabled_ui(!recent.circuits.is_empty(), |ui| {
            ui.menu_button("Recent circuits", |ui| {
                for known in &recent.circuits {
                    if ui.button(short(known)).on_hover_text(known).clicked() {
                        circuit = Some(known.clone());
                        ui.close();
                    }
                }
            });
        });
        ui.add_enabled_ui(!recent.models.is_empty() && self.system.open.is_some(), |ui| {
            ui.menu_button("Recent models", |ui| {
                for known in &recent.models {
                    let text = known.display().to_string();
                    let there = known.is_file();
                    let button = ui.add_enabled(there, egui::Button::new(short(&text)));
                    if button.on_hover_text(&text).on_disabled_hover_text(format!("{text} is gone")).clicked()
                    {
                        model = Some(known.clone());
                        ui.close();
                    }
                }
            });
        });
        if let Some(circuit) = circuit {
            self.open(circuit);
        }
        if let Some(model) = model {
            self.load_model_file(&model);
        }
    }
}

/// The last two parts of a path: a menu is no wider than it must be.
fn short(path: &str) -> String {
    let parts: Vec<&str> = path.rsplitn(3, ['/', '\\']).collect();
    match parts.as_slice() {
        [file, folder, _] => format!("…/{folder}/{file}"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_names() {
        let of = |text: &str| kind(Path::new(text));
        assert_eq!(of("a/circuit.ron"), Ok(Kind::Circuit));
        assert_eq!(of("a/ROWS.CSV"), Ok(Kind::Rows));
        assert_eq!(of("x.model"), Ok(Kind::Model));
        assert_eq!(of("old/session.ron"), Ok(Kind::Session));
        assert!(of("other.ron").is_err_and(|e| e.contains("other.ron") && e.contains("circuit.ron")));
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(kind(folder.path()).is_err_and(|e| e.contains("no circuit.ron")));
        assert_eq!(short("here/there/everywhere/x.model"), "…/everywhere/x.model");
        assert_eq!(short("ota1"), "ota1");
    }
}
