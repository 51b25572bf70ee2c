//! Projects: the open circuit with its targets, kept designs and notes, the settings and the layout, as a file that is kept
//! or sent to a colleague. Paths below the file's folder are written as seen from there, so that it may be moved with them.

use super::core::App;
use super::keeper::{absolute, key};
use super::session::{self, Session};
use super::state::PROJECT;
use super::state::kept::KeptCircuit;
use crate::files::write_atomically;
use egui::Context;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A path as it is written: from `folder` where it lies below it.
fn written(folder: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(folder).map_or_else(|_| path.to_owned(), Path::to_owned)
}

/// A project as it is written into `folder`: of a session, what belongs to the open circuit.
fn to_write(session: Session, folder: &Path) -> Session {
    let reference = |circuit: &str| match Path::new(circuit).is_absolute() {
        // a bundled circuit goes by its name, another by a path with a separator in it
        true => Path::new(".").join(written(folder, Path::new(circuit))).display().to_string(),
        false => circuit.to_owned(),
    };
    let Some(circuit) = session.circuit else {
        return Session::default();
    };
    let kept = session.circuits.get(&circuit).cloned().unwrap_or_default();
    let model = kept.model.as_ref().map(|model| written(folder, model));
    let kept = KeptCircuit { model, ..kept };
    Session {
        circuits: BTreeMap::from([(reference(&circuit), kept)]),
        circuit: Some(reference(&circuit)),
        compare: None,
        theme: None,
        zoom: None,
        window: None,
        recent: Default::default(),
        ..session
    }
}

/// A project that was read from `folder`, with its paths as they are on this machine.
fn as_read(project: Session, folder: &Path) -> Session {
    let place = |circuit: &str| {
        let path = Path::new(circuit);
        let bundled = path.components().count() == 1 && !path.is_absolute();
        if bundled { circuit.to_owned() } else { clean(&folder.join(path)).display().to_string() }
    };
    let kept = |kept: KeptCircuit| KeptCircuit { model: kept.model.map(|m| clean(&folder.join(m))), ..kept };
    Session {
        circuit: project.circuit.as_deref().map(place),
        circuits: project.circuits.into_iter().map(|(name, of)| (place(&name), kept(of))).collect(),
        ..project
    }
}

/// A path without the parts that say nothing.
fn clean(path: &Path) -> PathBuf {
    path.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect()
}

impl App {
    /// Writes the project to the typed path.
    pub(super) fn save_project(&mut self, ctx: &Context) {
        let Some(path) = self.project_path() else {
            return;
        };
        let folder = path.parent().map(absolute).unwrap_or_default();
        let project = to_write(self.session(ctx), &folder);
        let saved = project
            .text()
            .and_then(|text| write_atomically(&path, text.as_bytes()).map_err(|e| e.to_string()));
        match saved {
            Ok(()) => self.environment.messages.note(format!("The project is in {}", path.display())),
            Err(e) => self.environment.messages.error(format!("The project is not saved: {e}")),
        }
    }

    /// Reads the project of the typed path.
    pub(super) fn open_project(&mut self, ctx: &Context) {
        if let Some(path) = self.project_path() {
            self.take_project(ctx, &path);
        }
    }

    /// Goes on with a project; what is open stays where it cannot be read.
    pub(super) fn take_project(&mut self, ctx: &Context, path: &Path) {
        let read =
            session::text(path).and_then(|text| text.ok_or_else(|| "there is no such file".to_owned()));
        let (project, lost) = match read.and_then(|text| Session::read(&text)) {
            Ok((project, lost)) if project.circuit.is_some() => (project, lost),
            Ok(_) => {
                let text = format!("{} names no circuit: it is no project", path.display());
                self.environment.messages.error(text);
                return;
            }
            Err(e) => {
                self.environment.messages.error(format!("{} is no project: {e}", path.display()));
                return;
            }
        };
        if !lost.is_empty() {
            let text = format!("{}: what it says of {} is unknown", path.display(), lost.join(", "));
            self.environment.messages.error(text);
        }
        self.forms.project_path = path.display().to_string();
        self.remember_circuit();
        let folder = path.parent().map(absolute).unwrap_or_default();
        // the window's own look stays as it is, and so does what was used of late
        let recent = self.environment.recent.clone();
        let (theme, window) = (self.keeper.theme.take(), self.keeper.window);
        let circuit = self.restore(ctx, as_read(project, &folder));
        (self.keeper.theme, self.keeper.window) = (theme, window);
        self.environment.recent = recent;
        // what is open now must not write its own targets over those of the project
        if self.bench.as_ref().is_some_and(|bench| key(&bench.open.circuit) == circuit) {
            let _ = self.recall_circuit();
        }
        self.open(circuit);
    }

    fn project_path(&mut self) -> Option<PathBuf> {
        let text = self.forms.project_path.trim().to_owned();
        if text.is_empty() {
            self.environment.messages.error(format!("Type a path first, such as amplifier.{PROJECT}"));
            return None;
        }
        let path = PathBuf::from(text);
        Some(if path.extension().is_none() { path.with_extension(PROJECT) } else { path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(circuit: &str, model: Option<&str>) -> Session {
        let kept = KeptCircuit { model: model.map(PathBuf::from), ..KeptCircuit::default() };
        let other = KeptCircuit::default();
        Session {
            circuit: Some(circuit.to_owned()),
            circuits: BTreeMap::from([(circuit.to_owned(), kept), ("ota4".to_owned(), other)]),
            zoom: Some(1.5),
            best: Some(7),
            ..Session::default()
        }
    }

    #[test]
    fn a_project_is_moved_with_what_lies_below_it() {
        let here = if cfg!(windows) { PathBuf::from("C:\\here") } else { PathBuf::from("/here") };
        let there = here.with_file_name("there");
        let below = here.join("amp");
        let model = below.join("x.model");
        let own = session(&below.display().to_string(), model.to_str());
        let written = to_write(own, &here);
        assert_eq!((written.circuits.len(), written.zoom, written.best), (1, None, Some(7)));
        let read = as_read(written.clone(), &there);
        assert_eq!(read.circuit, Some(there.join("amp").display().to_string()));
        let kept = read.circuits.get(read.circuit.as_ref().expect("named")).expect("kept");
        assert_eq!(kept.model, Some(there.join("amp").join("x.model")));
        // what lies elsewhere is named in full, a bundled circuit by its name
        let elsewhere = session(&there.display().to_string(), None);
        let read = as_read(to_write(elsewhere, &here), &below);
        assert_eq!(read.circuit, Some(there.display().to_string()));
        let bundled = as_read(to_write(session("ota2", None), &here), &there);
        assert_eq!(bundled.circuit.as_deref(), Some("ota2"));
    }
}
