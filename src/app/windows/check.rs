//! What is found on looking through the open circuit: its files, its decks, one design simulated twice.

use crate::app::commands::Command;
use crate::app::ids::WindowId;
use crate::app::pane::Window;
use crate::app::scene::Scene;
use crate::app::theme::{palette, sign};
use crate::app::wish::Wish;
use crate::draft::Checked;
use egui::{Context, Grid, Label, ScrollArea, Ui};

/// The window of the findings.
#[derive(Default)]
pub struct CheckWindow;

impl Window for CheckWindow {
    fn id(&self) -> WindowId {
        WindowId::CHECK
    }

    fn ui(&mut self, ctx: &Context, scene: &mut Scene<'_>) {
        let Some(bench) = scene.bench else {
            return;
        };
        let mut open = true;
        egui::Window::new(format!("Check of {}", bench.open.circuit.title))
            .id(self.id().id())
            .open(&mut open)
            .collapsible(false)
            .default_pos([400.0, 150.0])
            .default_width(640.0)
            .show(ctx, |ui| {
                ui.set_min_width(480.0);
                match &bench.checked {
                    Some(found) => findings(ui, found),
                    None => {
                        ui.horizontal(|ui| {
                            ui.spinner();
                            ui.weak("Looking through the files and simulating one design…");
                        });
                    }
                }
                ui.add_space(6.0);
                ui.add_enabled_ui(bench.checked.is_some(), |ui| {
                    scene.button(ui, Command::CheckCircuit, "Check again");
                });
            });
        if !open {
            scene.wish(Wish::CloseWindow(self.id()));
        }
    }
}

fn findings(ui: &mut Ui, found: &[Checked]) {
    let wrong = found.iter().filter(|one| !one.well).count();
    match wrong {
        0 => ui.label("Nothing needs a look."),
        1 => ui.label(format!("One of {} findings needs a look.", found.len())),
        _ => ui.label(format!("{wrong} of {} findings need a look.", found.len())),
    };
    ui.separator();
    let colours = palette(ui.visuals());
    ScrollArea::vertical().max_height(360.0).auto_shrink([false, true]).show(ui, |ui| {
        Grid::new("findings").num_columns(3).spacing([8.0, 4.0]).show(ui, |ui| {
            for one in found {
                sign(ui, one.well, if one.well { colours.feasible } else { colours.error });
                ui.weak(one.what);
                ui.scope(|ui| {
                    ui.set_max_width(520.0);
                    ui.add(Label::new(&one.said).wrap().selectable(true));
                });
                ui.end_row();
            }
        });
    });
}
