//! Named specifications: those of the circuit's file first, then the user's own, which are saved, renamed and
//! deleted here and kept with the session.

use super::App;
use super::accessible;
use super::session::{self, NamedSet};
use crate::circuit::Specification;
use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{PopupCloseBehavior, TextEdit, Ui};

/// What the targets are called where they are none of the named ones.
const OWN: &str = "Own targets";

impl App {
    /// All named specifications of the open circuit, those of its file first.
    fn named_specifications(&self) -> (Vec<(String, Specification)>, usize) {
        let Some(open) = &self.system.open else {
            return (Vec::new(), 0);
        };
        let circuit = &open.circuit;
        let mut all: Vec<(String, Specification)> =
            circuit.specifications.iter().map(|n| (n.name.clone(), n.specification.clone())).collect();
        let bundled = all.len();
        let own = self.keeper.circuits.get(&super::keeper::key(circuit)).map_or(&[][..], |of| &of.sets);
        let one = |set: &NamedSet| Some((set.name.clone(), session::specification(circuit, &set.values)?));
        all.extend(own.iter().filter_map(one));
        (all, bundled)
    }

    /// The chooser of a named specification, and the menu that saves, renames and deletes.
    pub(super) fn specification_chooser(&mut self, ui: &mut Ui) {
        let (all, bundled) = self.named_specifications();
        let here = all.iter().position(|(_, specification)| *specification == self.user.targets);
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
            self.user.targets = specification;
            self.set_name = name;
        }
        let own = here.filter(|i| *i >= bundled).and_then(|i| all.get(i)).map(|(name, _)| name.clone());
        let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        let (button, _) = MenuButton::new("Save…").config(config).ui(ui, |ui| {
            ui.set_width(210.0);
            self.set_menu(ui, own.as_deref());
        });
        button.on_hover_text("Save the targets under a name, rename or delete a saved one");
    }

    fn set_menu(&mut self, ui: &mut Ui, own: Option<&str>) {
        let field = TextEdit::singleline(&mut self.set_name).hint_text("Name").desired_width(f32::INFINITY);
        let field = ui.add(field);
        accessible::name(&field, "Name of the targets");
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        let name = self.set_name.trim().to_owned();
        let circuits_own =
            self.system.open.as_ref().is_some_and(|open| {
                open.circuit.specifications.iter().any(|n| n.name == name) || name == OWN
            });
        if circuits_own {
            ui.small("The circuit's file has this name: choose another");
        }
        let can = !name.is_empty() && !circuits_own;
        let sets = self.of_circuit().map(|of| of.sets.clone()).unwrap_or_default();
        let taken = sets.iter().any(|set| set.name == name);
        let save = if taken { "Replace" } else { "Save targets" };
        ui.horizontal_wrapped(|ui| {
            if ui.add_enabled(can, egui::Button::new(save)).clicked() || (entered && can) {
                self.save_set(&name);
                ui.close();
            }
            if let Some(own) = own {
                let rename = egui::Button::new("Rename");
                if ui.add_enabled(can && !taken, rename).on_hover_text(format!("Call “{own}” this")).clicked()
                {
                    self.rename_set(own, &name);
                    ui.close();
                }
                if ui.button("Delete").on_hover_text(format!("Forget “{own}”; the targets stay")).clicked()
                {
                    self.delete_set(own);
                    ui.close();
                }
            }
        });
    }

    fn save_set(&mut self, name: &str) {
        let Some(values) =
            self.system.open.as_ref().map(|open| session::values(&open.circuit, &self.user.targets))
        else {
            return;
        };
        let set = NamedSet { name: name.to_owned(), values };
        if let Some(of) = self.of_circuit() {
            match of.sets.iter_mut().find(|other| other.name == name) {
                Some(other) => *other = set,
                None => of.sets.push(set),
            }
        }
    }

    fn rename_set(&mut self, from: &str, to: &str) {
        if let Some(set) = self.of_circuit().and_then(|of| of.sets.iter_mut().find(|set| set.name == from)) {
            set.name = to.to_owned();
        }
    }

    fn delete_set(&mut self, name: &str) {
        if let Some(of) = self.of_circuit() {
            of.sets.retain(|set| set.name != name);
        }
        self.set_name.clear();
    }
}
