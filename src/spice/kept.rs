//! Decks on a process kit's libraries, as they were read and slimmed, kept in this process and in the user's cache:
//! reading a whole kit takes as long as some dozens of simulations. What is kept is of use as long as every file that it
//! was read from has the same length and time of change, and the names with variables in them mean the same.

use super::kit::place::expanded;
use super::reader::Lines;
use super::verdict::text_hash;
use crate::circuit::Circuit;
use crate::files::{read_bounded, write_atomically};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

/// Raised when what is kept changes its form or the way it is made.
const FORM: u32 = 1;
/// Decks that took fewer bytes to read are read again: that is quick, and an edit is seen whatever its time is.
const LARGE: u64 = 1 << 20;
/// A larger file of the cache is not read, in bytes.
const LARGEST_KEPT: u64 = 64 << 20;
/// Decks kept in the cache's folder; beyond these all are removed.
const MOST_KEPT: usize = 2000;

static MEMORY: LazyLock<Mutex<HashMap<String, Arc<Kept>>>> = LazyLock::new(Mutex::default);

#[derive(Serialize, Deserialize)]
struct Kept {
    key: String,
    files: Vec<Stamp>,
    lines: Lines,
}

/// A file as it was when it was read.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Stamp {
    path: PathBuf,
    length: u64,
    /// In nanoseconds since 1970.
    changed: u128,
}

impl Stamp {
    fn of(path: &Path) -> Option<Stamp> {
        let metadata = std::fs::metadata(path).ok()?;
        let changed = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_nanos();
        Some(Stamp { path: path.to_owned(), length: metadata.len(), changed })
    }
}

impl Kept {
    fn is_current(&self, key: &str) -> bool {
        self.key == key
            && self.files.iter().all(|stamp| Stamp::of(&stamp.path).as_ref() == Some(stamp))
            && self.lines.expanded.iter().all(|(name, meant)| expanded(name) == *meant)
    }
}

/// The adapted and slimmed lines of a deck: as kept, else as `read` gives them.
///
/// # Errors
/// Those of `read`.
pub(super) fn lines<E>(
    circuit: &Circuit,
    deck: &Path,
    read: impl FnOnce() -> Result<Lines, E>,
) -> Result<Lines, E> {
    let key = key(circuit, deck);
    let name = text_hash(&key);
    let memory = || MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    let known = memory().get(&name).cloned();
    if let Some(kept) = known.filter(|kept| kept.is_current(&key)) {
        return Ok(kept.lines.clone());
    }
    let folder = folder();
    let file = folder.as_ref().map(|folder| folder.join(format!("{name}.json")));
    if let Some(kept) = file.as_deref().and_then(|file| of_file(file, &key)) {
        let lines = kept.lines.clone();
        memory().insert(name, Arc::new(kept));
        return Ok(lines);
    }
    let lines = read()?;
    let files: Option<Vec<Stamp>> = lines.files.iter().map(|path| Stamp::of(path)).collect();
    if let Some(files) = files.filter(|files| files.iter().map(|f| f.length).sum::<u64>() >= LARGE) {
        let kept = Kept { key, files, lines: lines.clone() };
        if let (Some(folder), Some(file)) = (folder, file) {
            // what cannot be kept is read again
            let _ = keep(&folder, &file, &kept);
        }
        memory().insert(name, Arc::new(kept));
    }
    Ok(lines)
}

/// All that the lines follow from but the files.
fn key(circuit: &Circuit, deck: &Path) -> String {
    let deck = std::path::absolute(deck).unwrap_or_else(|_| deck.to_owned());
    let names: Vec<&str> = circuit.deck_parameters.iter().map(|p| p.name.as_str()).collect();
    let corner = circuit.corner.as_ref().map(|c| (&c.sections, c.temperature, &c.replace));
    format!("{FORM} {} {} {names:?} {corner:?}", env!("CARGO_PKG_VERSION"), deck.display())
}

fn folder() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "sizewright").map(|folders| folders.cache_dir().join("decks"))
}

fn of_file(file: &Path, key: &str) -> Option<Kept> {
    let bytes = read_bounded(file, LARGEST_KEPT).ok()?;
    let kept: Kept = serde_json::from_slice(&bytes).ok()?;
    (kept.is_current(key) && kept.lines.is_sound()).then_some(kept)
}

fn keep(folder: &Path, file: &Path, kept: &Kept) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    if std::fs::read_dir(folder)?.count() >= MOST_KEPT {
        std::fs::remove_dir_all(folder)?;
        std::fs::create_dir_all(folder)?;
    }
    let bytes = serde_json::to_vec(kept).map_err(std::io::Error::other)?;
    write_atomically(file, &bytes).map_err(|e| e.source)
}
