//! Files dropped on the window: a circuit, rows, a model or a session. While they hover it is said what will happen.

use super::core::App;
use super::session::{self, Session};
use super::state::PROJECT;
use egui::{Align2, Area, Color32, Context, Frame, Id, Order, RichText};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What may be dropped.
const ACCEPTED: &str = "drop a circuit's folder or its circuit.ron, a dataset (.csv), a model (.model), a project \
                        (.sizewright) or a session (session.ron)";

/// What a file is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Circuit,
    Rows,
    Model,
    Project,
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
        PROJECT => Ok(Kind::Project),
        "ron" if name == "circuit.ron" => Ok(Kind::Circuit),
        "ron" if name.contains("session") => Ok(Kind::Session),
        _ => Err(format!("{name} is nothing that can be opened here: {ACCEPTED}")),
    }
}

impl App {
    /// What will happen with a file that hovers.
    fn promise(&self, path: &Path) -> Result<String, String> {
        let of = self.bench.as_ref().map(|bench| bench.open.circuit.title.as_str());
        let name = name(path);
        match (kind(path)?, of) {
            (Kind::Circuit, _) => Ok(format!("Open the circuit in {name}")),
            (Kind::Project, _) => Ok(format!("Go on with the project {name}")),
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
            self.environment.messages.error(problem);
            return;
        }
        match kind(&path) {
            Ok(Kind::Circuit) => self.open(path.display().to_string()),
            Ok(Kind::Model) => self.load_model_file(&path),
            Ok(Kind::Rows) => {
                if let Some(bench) = &self.bench {
                    self.background.read_rows(Arc::clone(&bench.open.circuit), path);
                }
            }
            Ok(Kind::Project) => self.take_project(ctx, &path),
            Ok(Kind::Session) => self.take_session(ctx, &path),
            Err(problem) => self.environment.messages.error(problem),
        }
    }

    fn take_session(&mut self, ctx: &Context, path: &Path) {
        let read = session::text(path).and_then(|text| text.ok_or_else(|| "it is gone".to_owned()));
        match read.and_then(|text| Session::read(&text)) {
            Ok((session, lost)) => {
                if !lost.is_empty() {
                    let text = format!("{}: what it says of {} is unknown", name(path), lost.join(", "));
                    self.environment.messages.error(text);
                }
                self.remember_circuit();
                let circuit = self.restore(ctx, session);
                // its targets, not those on screen, are the circuit's from now on
                let _ = self.recall_circuit();
                self.open(circuit);
            }
            Err(e) => self.environment.messages.error(format!("{} is no session: {e}", name(path))),
        }
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
    }
}
