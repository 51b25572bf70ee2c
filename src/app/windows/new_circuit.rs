//! A circuit made of decks as they are: which decks, what of them is sized and measured, and where it goes.

use crate::app::ids::WindowId;
use crate::app::pane::Window;
use crate::app::scene::Scene;
use crate::app::state::{DraftForm, Proposal, Purpose};
use crate::app::theme::palette;
use crate::app::widgets::{accessible, deck_lines};
use crate::app::wish::{Wish, Wishes};
use crate::circuit::{Scale, Sense, counted, format_quantity};
use egui::{Button, Checkbox, ComboBox, Context, Grid, Label, Response, ScrollArea, TextEdit, Ui};

/// Frames that the window takes at most to grow to what it shows.
const GROWING: usize = 8;

/// The window that makes a circuit.
#[derive(Default)]
pub struct NewCircuitWindow {
    /// How much was shown: whether decks were read and measured, how many parameters and metrics.
    shown: (bool, bool, usize, usize),
    /// Frames that are still to come.
    growing: usize,
}

impl Window for NewCircuitWindow {
    fn id(&self) -> WindowId {
        WindowId::NEW_CIRCUIT
    }

    fn ui(&mut self, ctx: &Context, scene: &mut Scene<'_>) {
        let proposal = scene.forms.draft.proposal.as_ref();
        let shown = proposal.map_or((false, false, 0, 0), |p| {
            (true, p.measured, p.parameters.len(), p.metrics.len() + p.gone.len())
        });
        if shown != self.shown {
            (self.shown, self.growing) = (shown, GROWING);
        }
        if self.growing > 0 {
            self.growing -= 1;
            ctx.request_repaint();
        }
        let mut open = true;
        egui::Window::new("New circuit")
            .id(self.id().id())
            .open(&mut open)
            .collapsible(false)
            .default_pos([330.0, 70.0])
            .default_width(860.0)
            .show(ctx, |ui| {
                ui.set_min_width(760.0);
                let free = scene.environment.dialog.is_none();
                form(ui, &mut scene.forms.draft, free, scene.wishes);
            });
        if !open {
            scene.wish(Wish::CloseWindow(self.id()));
        }
    }
}

fn form(ui: &mut Ui, form: &mut DraftForm, free: bool, wishes: &mut Wishes) {
    ui.label(
        "Decks over the same sizes, as they are: what could be sized and is measured is proposed. The decks are not \
         touched, the folder holds copies.",
    );
    ui.add_space(4.0);
    ui.horizontal_top(|ui| {
        ui.add_sized([46.0, 18.0], Label::new("Decks"));
        let field = TextEdit::multiline(&mut form.decks).desired_rows(2).desired_width(620.0);
        accessible::named(ui.add(field.hint_text("a path a line")), "Paths of the decks");
        let choose = ui.add_enabled(free, Button::new("Choose…"));
        accessible::name(&choose, "Choose decks");
        if choose.clicked() {
            wishes.push(Wish::Ask(Purpose::Decks));
        }
    });
    ui.horizontal(|ui| {
        ui.add_sized([46.0, 18.0], Label::new("Folder"));
        let field = TextEdit::singleline(&mut form.folder).desired_width(620.0);
        accessible::named(ui.add(field.hint_text("a new folder")), "Folder of the new circuit");
        let choose = ui.add_enabled(free, Button::new("Choose…"));
        accessible::name(&choose, "Choose the new circuit's folder");
        if choose.clicked() {
            wishes.push(Wish::Ask(Purpose::NewFolder));
        }
    });
    let occupied = form.is_occupied();
    if occupied {
        let said = "There is something in this folder already: name a new one";
        ui.colored_label(palette(ui.visuals()).warning, said);
    }
    ui.horizontal_top(|ui| {
        ui.add_sized([46.0, 18.0], Label::new("Asked"));
        let field = TextEdit::multiline(&mut form.asked).desired_rows(1).desired_width(620.0);
        let hint = "tie w4=2*w3   metric area=4*w1*l1,unit=m2   corner hot,temperature=125   a line each";
        let response = ui.add(field.hint_text(hint));
        accessible::name(&response, "Ties, metrics and corners");
        response.on_hover_text(
            "Beside what is proposed, as `circuit new` takes it: a line each, then Read decks",
        );
    });
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        let ready = form.doing.is_none() && !form.decks.trim().is_empty();
        if ui.add_enabled(ready, Button::new("Read decks")).clicked() {
            wishes.push(Wish::ReadDecks);
        }
        match form.doing {
            Some(doing) => {
                ui.spinner();
                ui.weak(doing);
            }
            None => {
                ui.weak("Reading runs nothing of them.");
            }
        }
    });
    let busy = form.doing.is_some();
    let nowhere = form.folder.trim().is_empty();
    let Some(proposal) = &mut form.proposal else {
        return;
    };
    ui.separator();
    if !proposal.findings.is_empty() && !proposal.measured {
        question(ui, proposal, busy, wishes);
        return;
    }
    ScrollArea::both().max_height(430.0).auto_shrink([false, true]).show(ui, |ui| {
        parameters(ui, proposal);
        ui.add_space(8.0);
        metrics(ui, proposal);
    });
    ui.separator();
    ui.horizontal(|ui| {
        let may = !busy && proposal.measured && !nowhere && !occupied;
        let why = match (nowhere, occupied) {
            (true, _) => "Name the folder first",
            (_, true) => "Name a new folder first",
            _ => "The decks are to be measured first",
        };
        if ui.add_enabled(may, Button::new("Make circuit")).on_disabled_hover_text(why).clicked() {
            wishes.push(Wish::WriteDraft);
        }
        let sized = proposal.parameters.iter().filter(|line| line.sized).count();
        let taken = proposal.metrics.iter().filter(|line| line.taken).count();
        ui.weak(format!("{}, {}", counted(sized, "parameter"), counted(taken, "metric")));
    });
}

/// The decks would do more than simulate: nothing of them was run.
fn question(ui: &mut Ui, proposal: &Proposal, busy: bool, wishes: &mut Wishes) {
    let warning = palette(ui.visuals()).warning;
    ui.colored_label(
        warning,
        "These decks would do more than simulate. ngspice would do it with your rights. Nothing of them was run.",
    );
    ScrollArea::both().max_height(260.0).auto_shrink([false, true]).show(ui, |ui| {
        deck_lines(ui, None, &proposal.findings);
    });
    if ui.add_enabled(!busy, Button::new("Allow these decks")).clicked() {
        wishes.push(Wish::TryDecks);
    }
}

fn scale(ui: &mut Ui, salt: &str, name: &str, scale: &mut Scale) {
    let text = |scale: Scale| if scale == Scale::Log { "log" } else { "linear" };
    let shown =
        ComboBox::from_id_salt((salt, name)).width(58.0).selected_text(text(*scale)).show_ui(ui, |ui| {
            for choice in [Scale::Linear, Scale::Log] {
                ui.selectable_value(scale, choice, text(choice));
            }
        });
    accessible::name(&shown.response, &format!("Scale of {name}"));
}

fn field(ui: &mut Ui, text: &mut String, width: f32, name: &str) -> Response {
    // a column of a grid is no wider than it was: the field says how wide it is
    let response = ui.add_sized([width, ui.spacing().interact_size.y], TextEdit::singleline(text));
    accessible::name(&response, name);
    response
}

fn tick(ui: &mut Ui, on: &mut bool, name: &str, label: &str) {
    let response = ui.add(Checkbox::new(on, name));
    accessible::name(&response, label);
}

fn parameters(ui: &mut Ui, proposal: &mut Proposal) {
    ui.strong("Sized");
    if proposal.parameters.is_empty() {
        ui.weak("No `.param` constant of these decks is used by a device: there is nothing to size.");
    }
    Grid::new("parameters").num_columns(7).striped(true).spacing([10.0, 2.0]).show(ui, |ui| {
        for head in ["Parameter", "Low", "High", "Grid", "Scale", "In the deck", "Used as"] {
            ui.weak(head);
        }
        ui.end_row();
        for (drafted, line) in proposal.draft.parameters.iter().zip(&mut proposal.parameters) {
            let p = &drafted.parameter;
            tick(ui, &mut line.sized, &p.name, &format!("Size {}", p.name));
            ui.add_enabled_ui(line.sized, |ui| field(ui, &mut line.low, 74.0, &format!("Low of {}", p.name)));
            ui.add_enabled_ui(line.sized, |ui| {
                field(ui, &mut line.high, 74.0, &format!("High of {}", p.name))
            });
            ui.add_enabled_ui(line.sized, |ui| {
                field(ui, &mut line.grid, 74.0, &format!("Grid of {}", p.name))
            });
            ui.add_enabled_ui(line.sized, |ui| scale(ui, "parameter", &p.name, &mut line.scale));
            ui.label(format_quantity(drafted.own, p.unit, 4));
            ui.add(Label::new(&p.about).extend());
            ui.end_row();
        }
    });
    for (name, expression) in &proposal.draft.ties {
        ui.label(format!("{name} = {expression}"));
    }
    for corner in proposal.draft.corners.iter().chain(&proposal.draft.mismatch) {
        ui.add(Label::new(corner).wrap());
    }
    let constants: Vec<String> =
        proposal.draft.constants().iter().map(|(name, value)| format!("{name} = {value}")).collect();
    if !constants.is_empty() {
        ui.weak(format!("Left as the decks have them: {}", constants.join(", ")));
    }
}

fn metrics(ui: &mut Ui, proposal: &mut Proposal) {
    ui.strong("Measured");
    if proposal.metrics.is_empty() {
        ui.weak("Nothing that is measured was found in these decks.");
    }
    Grid::new("metrics").num_columns(7).striped(true).spacing([10.0, 2.0]).show(ui, |ui| {
        for head in ["Metric", "Title", "Unit", "Better", "Scale", "Measured once", "From"] {
            ui.weak(head);
        }
        ui.end_row();
        for (drafted, line) in proposal.draft.metrics.iter().zip(&mut proposal.metrics) {
            let name = &drafted.name;
            tick(ui, &mut line.taken, name, &format!("Take {name}"));
            ui.add_enabled_ui(line.taken, |ui| {
                field(ui, &mut line.title, 150.0, &format!("Title of {name}"))
            });
            ui.add_enabled_ui(line.taken, |ui| field(ui, &mut line.unit, 50.0, &format!("Unit of {name}")));
            ui.add_enabled_ui(line.taken, |ui| sense(ui, name, &mut line.sense));
            ui.add_enabled_ui(line.taken, |ui| scale(ui, "metric", name, &mut line.scale));
            ui.label(drafted.own.map_or_else(|| "—".to_owned(), |v| format_quantity(v, drafted.unit, 4)));
            let from = if drafted.from.is_empty() { "a vector of its name" } else { &drafted.from };
            ui.add(Label::new(format!("{from}, {}", drafted.testbench)).extend());
            ui.end_row();
        }
    });
    for (name, why) in &proposal.gone {
        ui.weak(format!("{name} is left out: {why}"));
    }
}

fn sense(ui: &mut Ui, name: &str, sense: &mut Sense) {
    let text = |sense: Sense| if sense == Sense::AtLeast { "more" } else { "less" };
    let shown =
        ComboBox::from_id_salt(("sense", name)).width(52.0).selected_text(text(*sense)).show_ui(ui, |ui| {
            for choice in [Sense::AtLeast, Sense::AtMost] {
                ui.selectable_value(sense, choice, text(choice));
            }
        });
    accessible::name(&shown.response, &format!("Which way {name} is better"));
}
