//! The list of the commands' keys.

use crate::app::commands::Command;
use crate::app::ids::WindowId;
use crate::app::pane::Window;
use crate::app::scene::Scene;
use crate::app::wish::Wish;
use egui::{Context, Grid};

/// The window that lists the keyboard shortcuts.
#[derive(Default)]
pub struct ShortcutsWindow;

impl Window for ShortcutsWindow {
    fn id(&self) -> WindowId {
        WindowId::SHORTCUTS
    }

    fn ui(&mut self, ctx: &Context, scene: &mut Scene<'_>) {
        let mut open = true;
        egui::Window::new("Keyboard shortcuts")
            .id(self.id().id())
            .default_pos([260.0, 120.0])
            .open(&mut open)
            .resizable(false)
            .collapsible(false)
            .show(ctx, |ui| {
                let of = |command: &Command| Some((command.title(), command.shortcut()?));
                let all: Vec<_> = Command::ALL.iter().filter_map(of).collect();
                // in two halves side by side, so that they fit a small window
                let half = all.len().div_ceil(2);
                Grid::new("shortcuts").num_columns(4).spacing([24.0, 4.0]).show(ui, |ui| {
                    for line in 0..half {
                        for (title, shortcut) in [line, line + half].into_iter().filter_map(|i| all.get(i)) {
                            ui.label(*title);
                            ui.monospace(ui.ctx().format_shortcut(shortcut));
                        }
                        ui.end_row();
                    }
                });
            });
        if !open {
            scene.wish(Wish::CloseWindow(self.id()));
        }
    }
}
