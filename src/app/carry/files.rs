//! Wishes that read or write files, and file dialogs.

use crate::app::core::App;
use crate::app::state::{PROJECT, Purpose};
use crate::export;
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl App {
    /// Opens a bundled circuit by its name or a folder by its path; what is open stays until it is read.
    pub fn open(&mut self, name_or_folder: impl Into<String>) {
        let name = name_or_folder.into().trim().to_owned();
        if name.is_empty() {
            self.environment
                .messages
                .error("Type the path of a circuit's folder, or of its circuit.ron, first");
            return;
        }
        self.environment.opening = Some(name.clone());
        self.background.open_circuit(name);
    }

    /// Opens the circuit once more with the files that it names outside its folder.
    pub(super) fn read_outside(&mut self) {
        if let Some(bench) = &self.bench {
            let circuit = &bench.open.circuit;
            self.environment.opening = Some(circuit.title.clone());
            self.background.open_with_what_lies_outside(circuit.folder.clone());
        }
    }

    /// Opens a file dialog, where none is open.
    pub(super) fn ask(&mut self, purpose: Purpose) {
        if self.environment.dialog.is_some() {
            return;
        }
        let name = self.bench.as_ref().map_or("sizing", |bench| bench.open.circuit.name.as_str());
        let suggested = match purpose {
            Purpose::Export => format!("{name}.{}", self.forms.format.extension()),
            Purpose::Plot => self.plot_file_suggested(),
            Purpose::OpenProject | Purpose::SaveProject => {
                format!("{name}.{}", PROJECT)
            }
            _ => format!("{name}.model"),
        };
        self.environment.dialog = Some(purpose);
        self.background.ask(purpose, suggested);
    }

    /// Takes the path that was chosen in a file dialog.
    pub(in crate::app) fn picked(&mut self, purpose: Purpose, path: PathBuf) {
        let text = path.display().to_string();
        match purpose {
            Purpose::OpenCircuit => self.open(text),
            Purpose::Decks => {
                let decks = &mut self.forms.draft.decks;
                if !decks.is_empty() && !decks.ends_with('\n') {
                    decks.push('\n');
                }
                decks.push_str(&text);
            }
            Purpose::NewFolder => self.forms.draft.folder = text,
            Purpose::Table => {
                (self.forms.import.path, self.forms.import.table) = (text, None);
                self.read_table();
            }
            Purpose::OpenProject => {
                self.forms.project_path = text;
                self.open_project(&self.context.clone());
            }
            Purpose::SaveProject => {
                self.forms.project_path = text;
                self.save_project(&self.context.clone());
            }
            Purpose::LoadModel => self.load_model_file(&path),
            Purpose::SaveModel => {
                self.forms.model_path = text;
                self.save_model();
            }
            Purpose::Export => {
                self.forms.export_path = text;
                self.save_export();
            }
            Purpose::ReviewFolder => self.forms.review_path = text,
            Purpose::Plot => {
                self.forms.plot_path = text;
                self.save_plot();
            }
        }
    }

    /// A typed path; where there is none the user is told, with an `example`.
    pub(super) fn typed_path(&mut self, text: &str, example: &str) -> Option<PathBuf> {
        let text = text.trim();
        if text.is_empty() {
            self.environment.messages.error(format!("Type a path first, such as {example}"));
            return None;
        }
        Some(PathBuf::from(text))
    }

    /// Reads the model of the typed path; the one in hand stays until it is read.
    pub(in crate::app) fn load_model(&mut self) {
        let text = self.forms.model_path.clone();
        let Some(path) = self.typed_path(&text, "ota1.model") else {
            return;
        };
        if let Some(bench) = &self.bench {
            self.background.load_model(Arc::clone(&bench.open.circuit), path);
        }
    }

    /// Reads a model whose path is known.
    pub(in crate::app) fn load_model_file(&mut self, path: &Path) {
        self.forms.model_path = path.display().to_string();
        self.load_model();
    }

    /// Writes the model in hand to the typed path.
    pub(super) fn save_model(&mut self) {
        let text = self.forms.model_path.clone();
        let Some(path) = self.typed_path(&text, "ota1.model") else {
            return;
        };
        if let Some(hand) = self.bench.as_ref().and_then(|bench| bench.model.as_ref()) {
            self.background.save_model(Arc::clone(&hand.model), path);
        }
    }

    /// Writes the selected design to the typed path.
    pub(super) fn save_export(&mut self) {
        let text = self.forms.export_path.clone();
        let example = format!("sizing.{}", self.forms.format.extension());
        let Some(path) = self.typed_path(&text, &example) else {
            return;
        };
        let Some((bench, record)) =
            self.bench.as_ref().and_then(|bench| Some((bench, bench.export_record()?)))
        else {
            return;
        };
        match export::save(&bench.open.circuit, &record, self.forms.format, &path) {
            Ok(()) => self.environment.messages.note(format!("The sizing is in {}", path.display())),
            Err(e) => self.environment.messages.error(e),
        }
    }

    /// A file name for the plot that waits for a path.
    fn plot_file_suggested(&self) -> String {
        self.environment.plot.as_ref().map_or_else(|| "plot.png".to_owned(), |save| save.file.clone())
    }

    /// Writes the plot that waits for a path to the typed one, in the background.
    pub(super) fn save_plot(&mut self) {
        let example = self.plot_file_suggested();
        let text = self.forms.plot_path.clone();
        let Some(path) = self.typed_path(&text, &example) else {
            return;
        };
        if let Some(save) = &self.environment.plot {
            let content = save.content.clone();
            self.background.write(save.what(), path, move |path| content.write(path));
        }
    }
}
