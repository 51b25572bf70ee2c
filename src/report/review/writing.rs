//! A review as files in a folder.

use super::contents::page;
use super::design::Review;
use super::folder::{HTML, SCHEMATIC, SIZING, write_all};
use super::html::html;
use super::markdown::markdown;
use super::page::Picture;
use super::{pictures, schematic};
use crate::export::{ExportRecord, Format, Judge, export};
use std::path::{Path, PathBuf};

/// Writes the page as Markdown and HTML, its pictures, and the design for ngspice; the path of the HTML page comes back. The
/// folder is made if it is not there. Of an earlier review in it nothing is left; all else stays.
///
/// # Errors
/// Names the file of the folder that no review wrote, or that cannot be written; or a picture cannot be drawn.
pub fn write(review: &Review, folder: &Path) -> Result<PathBuf, String> {
    let curves = pictures::pictures(review)?;
    let (drawing, mut notes) = match schematic::drawing(&review.circuit) {
        Some(Ok(text)) => (Some(text), Vec::new()),
        Some(Err(why)) => (None, vec![why]),
        None => (None, Vec::new()),
    };
    notes.extend(review.notes.iter().cloned());
    let shown: Vec<Picture> = curves.iter().map(|drawn| drawn.picture.clone()).collect();
    let page = page(review, drawing.is_some(), &shown, &notes);
    let mut files = vec![
        (HTML.to_owned(), html(&page).into_bytes()),
        (SIZING.to_owned(), export(&review.circuit, &record(review), Format::Ngspice).into_bytes()),
    ];
    files.extend(drawing.map(|text| (SCHEMATIC.to_owned(), text.into_bytes())));
    files.extend(curves.into_iter().map(|drawn| (drawn.picture.file, drawn.png)));
    write_all(folder, &files, &markdown(&page))?;
    Ok(folder.join(HTML))
}

/// The design as it is exported.
fn record(review: &Review) -> ExportRecord {
    ExportRecord {
        sizing: review.sizing.clone(),
        specification: review.feasible().map(|_| review.targets.clone()),
        performance: Some(review.performance().clone()),
        judged: Judge::Simulated(review.simulated.provenance().simulator.clone()),
        model: review.about.model.clone(),
        seed: review.about.seed,
        date: review.date.clone(),
    }
}
