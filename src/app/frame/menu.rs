//! The menu bar: every command in its menu, and the files used of late.

use crate::app::commands::{Command, Menu};
use crate::app::scene::Scene;
use crate::app::wish::Wish;
use egui::Ui;

/// Draws the menu bar.
pub fn menu_bar(ui: &mut Ui, scene: &mut Scene<'_>) {
    egui::MenuBar::new().ui(ui, |ui| {
        for menu in Menu::ALL {
            ui.menu_button(menu.title(), |ui| {
                ui.set_min_width(200.0);
                for command in Command::ALL.iter().filter(|c| c.menu() == menu) {
                    if command.separated() {
                        ui.separator();
                    }
                    item(ui, scene, *command);
                    if *command == Command::LoadModel {
                        recent_files(ui, scene);
                    }
                }
            });
        }
    });
}

fn item(ui: &mut Ui, scene: &mut Scene<'_>, command: Command) {
    let mut button = egui::Button::new(command.title());
    if let Some(shortcut) = command.shortcut() {
        button = button.shortcut_text(ui.ctx().format_shortcut(&shortcut));
    }
    let reason = command.why_not(scene.situation());
    let mut button = ui.add_enabled(reason.is_none(), button);
    if let Some(reason) = reason {
        button = button.on_disabled_hover_text(reason);
    }
    if button.clicked() {
        scene.run(command, ui.ctx());
        ui.close();
    }
}

/// The circuits and models used of late.
fn recent_files(ui: &mut Ui, scene: &mut Scene<'_>) {
    let recent = &scene.environment.recent;
    let mut wish = None;
    ui.add_enabled_ui(!recent.circuits.is_empty(), |ui| {
        ui.menu_button("Recent circuits", |ui| {
            for known in &recent.circuits {
                if ui.button(short(known)).on_hover_text(known).clicked() {
                    wish = Some(Wish::OpenCircuit(known.clone()));
                    ui.close();
                }
            }
        });
    });
    ui.add_enabled_ui(!recent.models.is_empty() && scene.bench.is_some(), |ui| {
        ui.menu_button("Recent models", |ui| {
            for known in &recent.models {
                let text = known.display().to_string();
                let there = known.is_file();
                let button = ui.add_enabled(there, egui::Button::new(short(&text)));
                if button.on_hover_text(&text).on_disabled_hover_text(format!("{text} is gone")).clicked() {
                    wish = Some(Wish::LoadModelFile(known.clone()));
                    ui.close();
                }
            }
        });
    });
    if let Some(wish) = wish {
        scene.wish(wish);
    }
}

/// The last two parts of a path: a menu is no wider than it must be.
fn short(path: &str) -> String {
    let parts: Vec<&str> = path.rsplitn(3, ['/', '\\']).collect();
    match parts.as_slice() {
        [file, folder, _] => format!("…/{folder}/{file}"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shortened_to_its_last_two_parts() {
        assert_eq!(short("here/there/everywhere/x.model"), "…/everywhere/x.model");
        assert_eq!(short("ota1"), "ota1");
    }
}
