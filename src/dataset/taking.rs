//! A file of another tool's rows taken into a file of ours: read, mapped, checked, written.

use super::import::{ColumnMap, Guess, Imported, guess, import};
use super::{Dataset, RowError, read_from, write};
use crate::circuit::Circuit;
use crate::files::read_text_bounded;
use std::path::Path;

/// A larger file is no table of rows.
const LARGEST: u64 = 1 << 30;

/// What came of taking a file's rows.
pub struct Taken {
    /// What was taken for what.
    pub imported: Imported,
    /// The rows that were written.
    pub dataset: Dataset,
    /// The rows that were refused.
    pub refused: Vec<RowError>,
}

fn text_of(file: &Path) -> Result<String, String> {
    read_text_bounded(file, LARGEST).map_err(|e| format!("{}: cannot be read: {e}", file.display()))
}

/// The columns of a file's table, and which would be taken for what.
///
/// # Errors
/// What is wrong with the file, which it names.
pub fn guess_columns(circuit: &Circuit, file: &Path) -> Result<Guess, String> {
    guess(circuit, &text_of(file)?).map_err(|e| format!("{}: {e}", file.display()))
}

/// Takes the rows of `file` and writes them to `out`.
///
/// # Errors
/// What is wrong with the file, which it names, or why `out` cannot be written.
pub fn take(circuit: &Circuit, file: &Path, maps: &[ColumnMap], out: &Path) -> Result<Taken, String> {
    let wrong = |problem: String| format!("{}: {problem}", file.display());
    let imported = import(circuit, &text_of(file)?, maps).map_err(wrong)?;
    let loaded = read_from(circuit, imported.csv.as_bytes(), file).map_err(|e| e.to_string())?;
    let mut dataset = loaded.dataset;
    if dataset.rows.is_empty() && dataset.gaps.is_empty() {
        let why = loaded.refused.first().map_or_else(|| "it has none".to_owned(), ToString::to_string);
        return Err(wrong(format!("no row can be taken: {why}")));
    }
    let name = file.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    dataset.provenance.push("circuit", &circuit.name);
    dataset.provenance.push("imported from", name);
    write(circuit, &dataset, out).map_err(|e| e.to_string())?;
    Ok(Taken { imported, dataset, refused: loaded.refused })
}
