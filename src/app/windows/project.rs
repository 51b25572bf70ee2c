//! The open circuit with all that was set for it, as a file: opened, saved.

use crate::app::ids::WindowId;
use crate::app::pane::Window;
use crate::app::scene::Scene;
use crate::app::state::Purpose;
use crate::app::widgets::accessible;
use crate::app::wish::Wish;
use egui::{Context, TextEdit};

/// The window that opens and saves projects.
#[derive(Default)]
pub struct ProjectWindow;

impl Window for ProjectWindow {
    fn id(&self) -> WindowId {
        WindowId::PROJECT
    }

    fn ui(&mut self, ctx: &Context, scene: &mut Scene<'_>) {
        let mut open = true;
        egui::Window::new("Project")
            .id(self.id().id())
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .default_pos([400.0, 160.0])
            .show(ctx, |ui| {
                ui.set_width(460.0);
                ui.label(
                    "The open circuit with its targets, ranges, kept designs and notes, the settings and the layout, to \
                     keep or to send. Rows and models are named, not copied.",
                );
                ui.add_space(6.0);
                let path = TextEdit::singleline(&mut scene.forms.project_path)
                    .hint_text("amplifier.sizewright")
                    .desired_width(f32::INFINITY);
                accessible::named(ui.add(path), "Path of the project");
                ui.add_space(6.0);
                ui.horizontal(|ui| {
                    for (title, wish) in [
                        ("Open", Wish::OpenProject),
                        ("Open…", Wish::Ask(Purpose::OpenProject)),
                        ("Save", Wish::SaveProject),
                        ("Save as…", Wish::Ask(Purpose::SaveProject)),
                    ] {
                        let typed = !scene.forms.project_path.trim().is_empty();
                        let possible = typed || title.ends_with('…');
                        let button = ui.add_enabled(possible, egui::Button::new(title));
                        accessible::name(&button, &format!("{title} the project"));
                        let button = button.on_disabled_hover_text("Type a path first");
                        if button.clicked() {
                            scene.wish(wish);
                        }
                    }
                });
            });
        if !open {
            scene.wish(Wish::CloseWindow(self.id()));
        }
    }
}
