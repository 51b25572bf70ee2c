//! What is kept beside the forms and the open circuit, and where all of it is written.

use super::session::{self, Session, WindowSize};
use super::state::kept::KeptCircuit;
use crate::circuit::{Circuit, datasets_folder};
use crate::engine::DrawSettings;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// What is kept beside the forms and the open circuit, and where all of it is written.
#[derive(Default)]
pub struct Keeper {
    /// The session's file; none where this window keeps no session.
    pub path: Option<PathBuf>,
    /// Held for as long as this window is the one that keeps the session.
    pub lock: Option<std::fs::File>,
    /// What is kept of each circuit that was ever open.
    pub circuits: BTreeMap<String, KeptCircuit>,
    /// The solver settings of the session, which the model that is reopened must not replace.
    pub solver: Option<DrawSettings>,
    /// The circuit that is opened if the session's own is gone.
    pub fallback: Option<String>,
    /// The theme of the session, until it is set.
    pub theme: Option<egui::ThemePreference>,
    /// The window's place on the desktop.
    pub window: Option<WindowSize>,
    /// When a change was last looked for.
    pub looked: Option<Instant>,
    /// The session as it was when it was last looked at.
    pub last: Option<Session>,
    /// The session as it was last written.
    pub written: Option<Session>,
    /// The number of the text that was written last.
    pub number: u64,
    /// The number of the text that is in the file.
    pub order: Arc<Mutex<u64>>,
}

/// Writes one text after another, though on threads of their own: an older one never replaces a newer one.
pub fn write_in_order(order: &Mutex<u64>, number: u64, path: &Path, text: &str) -> Result<(), String> {
    let mut last = order.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if *last >= number {
        return Ok(());
    }
    *last = number;
    session::write(path, text)
}

/// What a circuit is called in a session: a bundled one by its name, another by its folder.
pub fn key(circuit: &Circuit) -> String {
    let bundled = datasets_folder().join(&circuit.name);
    if absolute(&circuit.folder) == absolute(&bundled) {
        return circuit.name.clone();
    }
    absolute(&circuit.folder).display().to_string()
}

/// A path from the root of the file system, whether the file is there or not.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_text_never_replaces_a_newer_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("session.ron");
        let order = Mutex::new(0);
        write_in_order(&order, 2, &path, "newer").expect("writable");
        write_in_order(&order, 1, &path, "older").expect("nothing to do");
        assert_eq!(std::fs::read_to_string(&path).expect("written"), "newer");
    }

    #[test]
    fn a_bundled_circuit_goes_by_its_name() {
        assert_eq!(key(&Circuit::open("ota2").expect("bundled")), "ota2");
        let folder = absolute(&datasets_folder().join("ota2"));
        assert_eq!(key(&Circuit::load(&folder).expect("the same")), "ota2");
    }
}
