//! A plot's picture or data on its way to a file or to the clipboard.

use super::{Plot, What, Wish, data};
use crate::app::App;
use crate::app::background::Purpose;
use crate::files::write_atomically;
use egui::{ColorImage, Context, RichText, ScrollArea, TextEdit, TextureHandle, TextureOptions};
use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use std::path::Path;
use std::sync::Arc;

/// The largest side of the preview, in points.
const PREVIEW: f32 = 420.0;
/// Lines of the preview.
const LINES: usize = 14;

/// What waits for a path.
pub struct Save {
    name: String,
    file: String,
    content: Content,
}

enum Content {
    Picture(Arc<ColorImage>, TextureHandle),
    Data(String),
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

impl App {
    fn plot_file(&self, name: &str, extension: &str) -> String {
        let circuit = self.system.open.as_ref().map_or("sizewright", |o| o.circuit.name.as_str());
        file_name(circuit, name, extension)
    }

    /// What a plot shows, as CSV; nothing where it shows nothing.
    fn plot_data(&self, plot: Plot) -> Option<String> {
        let open = self.system.open.as_ref()?;
        let targets = &self.user.targets;
        let asked = (targets, &self.user.region);
        let candidates = self.system.designs.as_ref().map_or(&[][..], |d| &d.candidates);
        match plot {
            Plot::Scatter | Plot::Space => Some(data::designs(open, candidates, asked, None)),
            Plot::Parallel => Some(data::designs(open, candidates, asked, Some(&self.brushed()))),
            Plot::Loss => {
                Some(data::losses(&open.circuit, &self.system.learning, self.loss.every_smoothed()))
            }
            Plot::Convergence => Some(data::convergence(&open.circuit, targets, &self.system.searching)),
            Plot::Metric(_) | Plot::Parameter(_) => self.histograms.as_ref()?.data(open, targets, plot),
            Plot::Front => self.front.data(open, targets),
            Plot::Margins => Some(data::margins(open, self.system.design(self.user.selected)?, targets)),
        }
    }

    pub(super) fn give_data(&mut self, ctx: &Context, wish: &Wish) {
        let Some(text) = self.plot_data(wish.plot) else {
            self.system.messages.error(format!("There are no data behind the {} any more", wish.name));
            return;
        };
        if wish.what == What::CopyData {
            ctx.copy_text(text);
            self.system.messages.note(format!("The data of the {} are on the clipboard", wish.name));
            return;
        }
        let file = self.plot_file(&wish.name, "csv");
        self.plots.save = Some(Save { name: wish.name.clone(), file, content: Content::Data(text) });
    }

    pub(super) fn give_picture(&mut self, ctx: &Context, wish: &Wish, picture: ColorImage) {
        if wish.what == What::CopyPicture {
            ctx.copy_image(picture);
            self.system.messages.note(format!("The picture of the {} is on the clipboard", wish.name));
            return;
        }
        let texture = ctx.load_texture("picture of a plot", picture.clone(), TextureOptions::LINEAR);
        let file = self.plot_file(&wish.name, "png");
        let content = Content::Picture(Arc::new(picture), texture);
        self.plots.save = Some(Save { name: wish.name.clone(), file, content });
    }

    /// A file name for what waits for one.
    pub(in crate::app) fn plot_file_suggested(&self) -> String {
        self.plots.save.as_ref().map_or_else(|| "plot.png".to_owned(), |save| save.file.clone())
    }

    /// Writes what waits for a path to the typed one, in the background.
    pub(in crate::app) fn save_plot(&mut self) {
        let example = self.plot_file_suggested();
        let text = self.user.plot_path.clone();
        let Some(path) = self.typed_path(&text, &example) else {
            return;
        };
        let Some(save) = &self.plots.save else {
            return;
        };
        let what = match &save.content {
            Content::Picture(..) => format!("The picture of the {} is", save.name),
            Content::Data(_) => format!("The data of the {} are", save.name),
        };
        match &save.content {
            Content::Picture(image, _) => {
                let image = Arc::clone(image);
                self.background.write(what, path, move |path| write_picture(&image, path));
            }
            Content::Data(text) => {
                let text = text.clone();
                self.background.write(what, path, move |path| {
                    write_atomically(path, text.as_bytes()).map_err(|e| e.to_string())
                });
            }
        }
    }

    /// Where what is saved goes.
    pub(in crate::app) fn plot_window(&mut self, ctx: &Context) {
        let Some(save) = self.plots.save.as_ref().filter(|_| !self.taking_picture()) else {
            return;
        };
        let (mut shown, mut ask, mut write) = (true, false, false);
        let title = match &save.content {
            Content::Picture(..) => format!("Save picture of the {}", save.name),
            Content::Data(_) => format!("Save data of the {}", save.name),
        };
        egui::Window::new(title)
            .id(crate::app::above::Above::Plot.id())
            .open(&mut shown)
            .default_pos([440.0, 160.0])
            .default_width(460.0)
            .resizable(false)
            .collapsible(false)
            .show(ctx, |ui| {
                match &save.content {
                    Content::Picture(image, texture) => {
                        let [width, height] = image.size;
                        let size = texture.size_vec2();
                        let scale = (PREVIEW / size.x.max(size.y)).min(1.0);
                        ui.image((texture.id(), size * scale));
                        ui.weak(format!("PNG, {width} × {height} pixels"));
                    }
                    Content::Data(text) => {
                        let lines: Vec<&str> = text.lines().take(LINES).collect();
                        let preview = RichText::new(lines.join("\n")).monospace().small();
                        ScrollArea::horizontal().show(ui, |ui| {
                            ui.add(egui::Label::new(preview).extend());
                        });
                        ui.weak(format!("CSV in SI units, {} lines", text.lines().count()));
                    }
                }
                ui.horizontal(|ui| {
                    let field = TextEdit::singleline(&mut self.user.plot_path)
                        .hint_text(format!("a file's path, such as {}", save.file))
                        .desired_width(ui.available_width() - 170.0);
                    let entered = ui.add(field).on_hover_text("Path of the file").lost_focus()
                        && ui.input(|i| i.key_pressed(egui::Key::Enter));
                    write =
                        ui.button("Write file").on_hover_text("Write the typed path").clicked() || entered;
                    ask = ui.button("Choose…").on_hover_text("Name the file in a dialog").clicked();
                });
            });
        if !shown {
            self.plots.save = None;
        } else if ask {
            self.ask(Purpose::Plot);
        } else if write {
            self.save_plot();
        }
    }
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
