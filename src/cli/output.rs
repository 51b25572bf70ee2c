//! Results for machines: `--json FILE`, `-` for stdout.

use super::CliError;
use crate::files::write_atomically;
use std::io::Write;
use std::path::Path;

/// Writes `value` as JSON to `target`, a file or `-` for stdout.
///
/// # Errors
/// [`CliError::Usage`] where the file cannot be written.
pub fn write_json(value: &serde_json::Value, target: &Path) -> Result<(), CliError> {
    let text = format!("{value:#}\n");
    if target == Path::new("-") {
        return print(&text);
    }
    write_atomically(target, text.as_bytes()).map_err(CliError::usage)
}

/// Writes to stdout; a reader that has had enough (`| head`) is no error.
///
/// # Errors
/// [`CliError::Failed`] where stdout cannot be written.
pub fn print(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(CliError::failed(format!("cannot write to stdout: {e}")))
        }
        _ => Ok(()),
    }
}
