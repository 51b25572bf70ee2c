//! The files of a report.

use super::plan::ReportPlan;
use super::sheet::{Report, Sheet};
use crate::files::write_atomically;
use std::path::{Path, PathBuf};

/// Writes Markdown, CSV and picture.
pub(super) fn write_report(
    plan: &ReportPlan,
    sheet: Sheet,
    csv: String,
    picture: Vec<u8>,
) -> Result<Report, String> {
    let (name, out) = (plan.file(), &plan.out);
    let shown = format!("{name}.png");
    write(out, &shown, &picture)?;
    write(out, &format!("{name}.csv"), csv.as_bytes())?;
    let markdown = sheet.markdown(&shown);
    let file = write(out, &format!("{name}.md"), markdown.as_bytes())?;
    Ok(Report { sheet, markdown, csv, picture, file })
}

/// Writes a file of the report, in a folder that is made if it is not there.
pub(super) fn write(folder: &Path, name: &str, contents: &[u8]) -> Result<PathBuf, String> {
    make(folder)?;
    let path = folder.join(name);
    write_atomically(&path, contents).map_err(|e| e.to_string())?;
    Ok(path)
}

/// Makes a folder of the report.
pub(super) fn make(folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|e| format!("cannot make {}: {e}", folder.display()))
}
