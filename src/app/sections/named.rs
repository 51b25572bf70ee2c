//! Named specifications: those of the circuit's file first, then the user's own, which are saved, renamed and
//! deleted here and kept with the session.

use crate::app::scene::Scene;
use crate::app::state::Bench;
use crate::app::state::kept::{NamedSet, specification_of};
use crate::app::widgets::accessible;
use crate::app::wish::Wish;
use crate::circuit::Specification;
use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{PopupCloseBehavior, TextEdit, Ui};

/// What the targets are called where they are none of the named ones.
const OWN: &str = "Own targets";

/// The chooser of a named specification, and the name that is being typed for one.
#[derive(Default)]
pub struct NamedChooser {
    name: String,
}

/// All named specifications of the open circuit, those of its file first, and how many these are.
fn named_specifications(bench: &Bench) -> (Vec<(String, Specification)>, usize) {
    let circuit = &bench.open.circuit;
    let mut all: Vec<(String, Specification)> =
        circuit.specifications.iter().map(|n| (n.name.clone(), n.specification.clone())).collect();
    let bundled = all.len();
    let one = |set: &NamedSet| Some((set.name.clone(), specification_of(circuit, &set.values)?));
    all.extend(bench.kept.sets.iter().filter_map(one));
    (all, bundled)
}

impl NamedChooser {
    /// The chooser of a named specification, and the menu that saves, renames and deletes.
    pub fn ui(&mut self, ui: &mut Ui, bench: &Bench, scene: &mut Scene<'_>) {
        let (all, bundled) = named_specifications(bench);
        let here = all.iter().position(|(_, specification)| *specification == bench.targets);
        let text = here.and_then(|i| all.get(i)).map_or(OWN, |(name, _)| name.as_str());
        let mut chosen = None;
        let chooser = egui::ComboBox::from_id_salt("named specifications")
            .selected_text(text)
            .width(96.0)
            .truncate()
            .show_ui(ui, |ui| {
                for (i, (name, specification)) in all.iter().enumerate() {
                    if i == bundled {
                        ui.separator();
                    }
                    if ui.selectable_label(here == Some(i), name).clicked() {
                        chosen = Some((name.clone(), specification.clone()));
                    }
                }
                if all.is_empty() {
                    ui.weak("None yet: save the targets under a name");
                }
            });
        accessible::named(chooser.response, "Named specifications of this circuit");
        if let Some((name, specification)) = chosen {
            scene.wish(Wish::SetTargets(specification));
            self.name = name;
        }
        let own = here.filter(|i| *i >= bundled).and_then(|i| all.get(i)).map(|(name, _)| name.clone());
        let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        let (button, _) = MenuButton::new("Save…").config(config).ui(ui, |ui| {
            ui.set_width(210.0);
            self.menu(ui, bench, own.as_deref(), scene);
        });
        button.on_hover_text("Save the targets under a name, rename or delete a saved one");
    }

    fn menu(&mut self, ui: &mut Ui, bench: &Bench, own: Option<&str>, scene: &mut Scene<'_>) {
        let field = TextEdit::singleline(&mut self.name).hint_text("Name").desired_width(f32::INFINITY);
        let field = ui.add(field);
        accessible::name(&field, "Name of the targets");
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        let name = self.name.trim().to_owned();
        let named = &bench.open.circuit.specifications;
        let circuits_own = named.iter().any(|n| n.name == name) || name == OWN;
        if circuits_own {
            ui.small("The circuit's file has this name: choose another");
        }
        let can = !name.is_empty() && !circuits_own;
        let taken = bench.kept.sets.iter().any(|set| set.name == name);
        let save = if taken { "Replace" } else { "Save targets" };
        ui.horizontal_wrapped(|ui| {
            if ui.add_enabled(can, egui::Button::new(save)).clicked() || (entered && can) {
                scene.wish(Wish::SaveNamed(name.clone()));
                ui.close();
            }
            if let Some(own) = own {
                let rename = egui::Button::new("Rename");
                if ui.add_enabled(can && !taken, rename).on_hover_text(format!("Call “{own}” this")).clicked()
                {
                    scene.wish(Wish::RenameNamed(own.to_owned(), name.clone()));
                    ui.close();
                }
                if ui.button("Delete").on_hover_text(format!("Forget “{own}”; the targets stay")).clicked()
                {
                    scene.wish(Wish::DeleteNamed(own.to_owned()));
                    self.name.clear();
                    ui.close();
                }
            }
        });
    }
}
