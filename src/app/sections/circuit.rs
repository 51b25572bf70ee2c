//! Step 1: which circuit.

use super::step::summed_up_step;
use crate::app::ids::WindowId;
use crate::app::pane::Pane;
use crate::app::scene::Scene;
use crate::app::state::{DeckWord, Purpose};
use crate::app::theme::palette;
use crate::app::widgets::accessible;
use crate::app::wish::{Wish, Wishes};
use crate::app::words::grouped;
use crate::circuit::{Circuit, bundled_circuits, datasets_folder};
use egui::{Align, Label, Layout, RichText, TextEdit, Ui};
use std::path::Path;

/// The step *Circuit*.
#[derive(Default)]
pub struct CircuitStep;

impl Pane for CircuitStep {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let summary = scene.bench.map_or_else(String::new, |bench| {
            let circuit = &bench.open.circuit;
            format!("{} parameters · {} rows", circuit.parameters.len(), grouped(bench.rows()))
        });
        summed_up_step(ui, (1, "Circuit"), scene.bench.is_some(), &summary, |ui| {
            let title = match scene.bench {
                Some(bench) => bench.open.circuit.title.clone(),
                None => "Choose a circuit".to_owned(),
            };
            ui.horizontal(|ui| {
                let mut chosen = None;
                let open = scene.bench.map(|bench| &bench.open.circuit);
                let chooser = egui::ComboBox::from_id_salt("bundled")
                    .selected_text(&title)
                    .width(ui.available_width() - 70.0)
                    .truncate()
                    .show_ui(ui, |ui| {
                        for name in bundled_circuits() {
                            let here = open.is_some_and(|c| c.folder == datasets_folder().join(&name));
                            if ui.selectable_label(here, &name).clicked() {
                                chosen = Some(name);
                            }
                        }
                        let own = own_circuits(&scene.environment.recent.circuits);
                        if !own.is_empty() {
                            ui.separator();
                        }
                        for folder in own {
                            let path = Path::new(folder);
                            let name = path.file_name().map_or(folder.into(), |name| name.to_string_lossy());
                            let here = open.is_some_and(|circuit| circuit.folder == path);
                            if ui.selectable_label(here, name).on_hover_text(folder).clicked() {
                                chosen = Some(folder.to_owned());
                            }
                        }
                    })
                    .response;
                accessible::named(chooser, "Circuits, bundled and opened of late");
                if ui.button("Open…").on_hover_text("Choose a circuit's folder").clicked() {
                    scene.wish(Wish::Ask(Purpose::OpenCircuit));
                }
                if let Some(name) = chosen {
                    scene.wish(Wish::OpenCircuit(name));
                }
            });
            ui.horizontal(|ui| {
                let width = ui.available_width() - 62.0;
                let field = TextEdit::singleline(&mut scene.forms.circuit_path)
                    .hint_text("or type a folder's path")
                    .desired_width(width);
                let field = accessible::named(ui.add(field), "Path of a circuit's folder");
                let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
                if ui.button("Open").on_hover_text("Open the typed path").clicked() || entered {
                    scene.wish(Wish::OpenCircuit(scene.forms.circuit_path.clone()));
                }
            });
            if let Some(name) = &scene.environment.opening {
                ui.horizontal(|ui| {
                    ui.spinner();
                    ui.weak(format!("Opening {name}…"));
                });
            }
            if let Some(bench) = scene.bench {
                let open = &bench.open;
                let c = &open.circuit;
                if !open.refused.is_empty() {
                    let colour = palette(ui.visuals()).warning;
                    ui.colored_label(colour, format!("{} rows were refused", grouped(open.refused.len())));
                }
                deck_notice(ui, &bench.word, scene.wishes);
                outside_notice(ui, c, scene.wishes);
            }
        });
    }
}

/// Of the circuits opened of late those that are none of the bundled ones, by folder.
fn own_circuits(recent: &[String]) -> Vec<&str> {
    let bundled = bundled_circuits();
    recent.iter().filter(|known| !bundled.contains(known)).map(String::as_str).collect()
}

/// The step *Circuit* says why nothing will be simulated.
fn deck_notice(ui: &mut Ui, word: &DeckWord, wishes: &mut Wishes) {
    let lines = word.findings.len();
    if !word.is_missing() {
        return;
    }
    let lines = if lines == 1 { "One line".to_owned() } else { format!("{lines} lines") };
    let text =
        format!("{lines} of this circuit's deck would do more than simulate: not run until you allow it");
    ui.colored_label(palette(ui.visuals()).warning, text);
    if ui.button("Read and allow…").on_hover_text("Shows the lines, and what each would do").clicked() {
        wishes.push(Wish::OpenWindow(WindowId::TRUST));
    }
}

/// The step *Circuit* says what the circuit names outside its folder, which was not read.
fn outside_notice(ui: &mut Ui, circuit: &Circuit, wishes: &mut Wishes) {
    if circuit.outside.is_empty() {
        return;
    }
    let mut read = false;
    for (i, outside) in circuit.outside.iter().enumerate() {
        ui.horizontal(|ui| {
            let what = if outside.field == "dataset" { "Rows" } else { "Drawing" };
            let said = format!("{what} outside its folder, not read: {}", outside.named);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if i == 0 {
                    let button = ui.small_button("Read");
                    read = accessible::named(button, "Read what lies outside").clicked();
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let said = Label::new(RichText::new(said).small()).truncate();
                    ui.add(said).on_hover_text(outside.path.display().to_string());
                });
            });
        });
    }
    if read {
        wishes.push(Wish::ReadOutside);
    }
}
