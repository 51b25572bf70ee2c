//! A file of rows kept beside the one that takes its place.

use super::journal_path;
use std::io::Result;
use std::path::{Path, PathBuf};

/// Copies the rows of a file to `NAME-before.csv` beside it, numbered where there is such a file; where it went, or
/// nothing where there was nothing to copy or a generation of this file goes on.
///
/// # Errors
/// The file cannot be copied.
pub fn set_aside(file: &Path) -> Result<Option<PathBuf>> {
    if !file.is_file() || journal_path(file).is_file() {
        return Ok(None);
    }
    let stem = file.file_stem().map_or_else(|| "samples".into(), |stem| stem.to_string_lossy());
    let numbered = (2..).map(|n| format!("{stem}-before-{n}.csv"));
    let mut names = std::iter::once(format!("{stem}-before.csv")).chain(numbered);
    let free = names.find_map(|name| Some(file.with_file_name(name)).filter(|path| !path.exists()));
    let Some(to) = free else {
        return Ok(None);
    };
    std::fs::copy(file, &to)?;
    Ok(Some(to))
}
