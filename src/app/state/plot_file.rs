//! A plot's picture or data on its way to a file.

use crate::files::write_atomically;
use egui::{ColorImage, Context, TextureHandle, TextureOptions};
use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use std::path::Path;
use std::sync::Arc;

/// What waits for a path.
pub struct PlotFile {
    /// What completes "the picture of the …", as in `losses`.
    pub name: String,
    /// A file name to start from.
    pub file: String,
    /// What is written.
    pub content: PlotContent,
}

/// What is written to a file.
#[derive(Clone)]
pub enum PlotContent {
    /// A picture, and the same as a texture to be looked at.
    Picture(Arc<ColorImage>, TextureHandle),
    /// A table as CSV.
    Data(String),
}

impl PlotFile {
    /// A picture of a plot of `circuit`.
    pub fn picture(ctx: &Context, circuit: &str, name: &str, picture: ColorImage) -> PlotFile {
        let texture = ctx.load_texture("picture of a plot", picture.clone(), TextureOptions::LINEAR);
        let content = PlotContent::Picture(Arc::new(picture), texture);
        PlotFile { name: name.to_owned(), file: file_name(circuit, name, "png"), content }
    }

    /// The data of a plot of `circuit`, as CSV.
    pub fn data(circuit: &str, name: &str, text: String) -> PlotFile {
        PlotFile {
            name: name.to_owned(),
            file: file_name(circuit, name, "csv"),
            content: PlotContent::Data(text),
        }
    }

    /// `The picture of the losses is`.
    pub fn what(&self) -> String {
        match self.content {
            PlotContent::Picture(..) => format!("The picture of the {} is", self.name),
            PlotContent::Data(_) => format!("The data of the {} are", self.name),
        }
    }
}

impl PlotContent {
    /// Writes the picture or the table to a file.
    ///
    /// # Errors
    /// A line that names the path and the system's reason.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        match self {
            PlotContent::Picture(image, _) => write_picture(image, path),
            PlotContent::Data(text) => write_atomically(path, text.as_bytes()).map_err(|e| e.to_string()),
        }
    }
}

/// `ota1-scatter-plots.png`.
fn file_name(circuit: &str, name: &str, extension: &str) -> String {
    let mut slug = String::new();
    for c in format!("{circuit}-{name}").chars() {
        match c {
            c if c.is_alphanumeric() => slug.extend(c.to_lowercase()),
            _ if !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    format!("{}.{extension}", slug.trim_end_matches('-'))
}

/// PNG, without what is see-through: a window has none.
fn png(image: &ColorImage) -> Result<Vec<u8>, String> {
    let bytes: Vec<u8> = image.pixels.iter().flat_map(|p| [p.r(), p.g(), p.b()]).collect();
    let [width, height] = image.size.map(|s| u32::try_from(s).unwrap_or(u32::MAX));
    let mut file = Vec::new();
    PngEncoder::new(&mut file)
        .write_image(&bytes, width, height, ExtendedColorType::Rgb8)
        .map_err(|e| format!("the picture cannot be encoded: {e}"))?;
    Ok(file)
}

fn write_picture(image: &ColorImage, path: &Path) -> Result<(), String> {
    write_atomically(path, &png(image)?).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::Color32;

    #[test]
    fn a_file_is_named_after_circuit_and_plot() {
        assert_eq!(file_name("ota1", "histogram of W1", "png"), "ota1-histogram-of-w1.png");
        assert_eq!(file_name("my ota", "3-D view", "csv"), "my-ota-3-d-view.csv");
    }

    #[test]
    fn a_picture_reads_back_pixel_by_pixel() {
        let mut picture = ColorImage::filled([3, 2], Color32::from_rgb(10, 20, 30));
        picture[(2, 1)] = Color32::from_rgb(250, 0, 7);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("plot.png");
        write_picture(&picture, &path).expect("writable");
        let back = image::open(&path).expect("a PNG").to_rgb8();
        assert_eq!((back.width(), back.height()), (3, 2));
        assert_eq!(back.get_pixel(0, 0).0, [10, 20, 30]);
        assert_eq!(back.get_pixel(2, 1).0, [250, 0, 7]);
        let nowhere = folder.path().join("no/such/plot.png");
        let said = write_picture(&picture, &nowhere).expect_err("no folder");
        assert!(said.contains("no/such/plot.png"), "{said}");
    }
}
