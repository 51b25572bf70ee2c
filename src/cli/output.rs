//! Results for machines: `--json FILE`, `-` for stdout.

use super::CliError;
use crate::files::{check_writable, write_atomically};
use std::io::Write;
use std::path::Path;

/// Writes `value` as JSON to `target`, a file or `-` for stdout.
///
/// # Errors
/// [`CliError::Usage`] where the file cannot be written.
pub(super) fn write_json(value: &serde_json::Value, target: &Path) -> Result<(), CliError> {
    write_text(&format!("{value:#}\n"), target)
}

/// Writes a result's text to `target`, a file or `-` for stdout.
///
/// # Errors
/// [`CliError::Usage`] where the file cannot be written.
pub(super) fn write_text(text: &str, target: &Path) -> Result<(), CliError> {
    if target == Path::new("-") {
        return print(text);
    }
    write_atomically(target, text.as_bytes()).map_err(CliError::usage)
}

/// Writes to stdout; a reader that has had enough (`| head`) is no error.
///
/// # Errors
/// [`CliError::Failed`] where stdout cannot be written.
pub(super) fn print(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(CliError::failed(format!("cannot write to stdout: {e}")))
        }
        _ => Ok(()),
    }
}

/// Finds out before long work whether [`write_json`] could write to `target`.
///
/// # Errors
/// [`CliError::Usage`] where the file cannot be written.
pub(super) fn check_target(target: Option<&Path>) -> Result<(), CliError> {
    match target.filter(|target| *target != Path::new("-")) {
        Some(path) => check_writable(path).map_err(CliError::usage),
        None => Ok(()),
    }
}

/// Writes for people: to stdout, or to stderr where stdout belongs to the JSON.
///
/// # Errors
/// [`CliError::Failed`] where stdout cannot be written.
pub(super) fn print_beside(json: Option<&Path>, text: &str) -> Result<(), CliError> {
    if json == Some(Path::new("-")) {
        eprint!("{text}");
        return Ok(());
    }
    print(text)
}

/// The kind of a device, by the name that the user sees.
pub(super) fn backend(device: &str) -> &'static str {
    if device.starts_with("CPU ") { "cpu" } else { "gpu" }
}
