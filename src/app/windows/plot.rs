//! A plot's picture or data before it is saved: looked at, and given a path.

use crate::app::ids::WindowId;
use crate::app::pane::Window;
use crate::app::scene::Scene;
use crate::app::state::PlotContent;
use crate::app::state::Purpose;
use crate::app::wish::Wish;
use egui::{Context, RichText, ScrollArea, TextEdit};

/// The largest side of the preview, in points.
const PREVIEW: f32 = 420.0;
/// Lines of the preview.
const LINES: usize = 14;

/// The window in which a plot is saved.
#[derive(Default)]
pub struct PlotWindow;

impl Window for PlotWindow {
    fn id(&self) -> WindowId {
        WindowId::PLOT
    }

    fn ui(&mut self, ctx: &Context, scene: &mut Scene<'_>) {
        let Some(save) = &scene.environment.plot else {
            return;
        };
        let (mut shown, mut ask, mut write) = (true, false, false);
        let title = match &save.content {
            PlotContent::Picture(..) => format!("Save picture of the {}", save.name),
            PlotContent::Data(_) => format!("Save data of the {}", save.name),
        };
        egui::Window::new(title)
            .id(self.id().id())
            .open(&mut shown)
            .default_pos([440.0, 160.0])
            .default_width(460.0)
            .resizable(false)
            .collapsible(false)
            .show(ctx, |ui| {
                match &save.content {
                    PlotContent::Picture(image, texture) => {
                        let [width, height] = image.size;
                        let size = texture.size_vec2();
                        let scale = (PREVIEW / size.x.max(size.y)).min(1.0);
                        ui.image((texture.id(), size * scale));
                        ui.weak(format!("PNG, {width} × {height} pixels"));
                    }
                    PlotContent::Data(text) => {
                        let lines: Vec<&str> = text.lines().take(LINES).collect();
                        let preview = RichText::new(lines.join("\n")).monospace().small();
                        ScrollArea::horizontal().show(ui, |ui| {
                            ui.add(egui::Label::new(preview).extend());
                        });
                        ui.weak(format!("CSV in SI units, {} lines", text.lines().count()));
                    }
                }
                ui.horizontal(|ui| {
                    let field = TextEdit::singleline(&mut scene.forms.plot_path)
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
            scene.wish(Wish::CloseWindow(self.id()));
        } else if ask {
            scene.wish(Wish::Ask(Purpose::Plot));
        } else if write {
            scene.wish(Wish::SavePlot);
        }
    }
}
