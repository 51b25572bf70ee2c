//! Another tool's table as rows of the open circuit: which file, and which column is what.

use crate::app::ids::WindowId;
use crate::app::pane::Window;
use crate::app::scene::Scene;
use crate::app::state::{Bench, ImportForm, ImportTable, Purpose};
use crate::app::theme::palette;
use crate::app::widgets::accessible;
use crate::app::wish::Wish;
use crate::app::words::grouped;
use egui::{Button, ComboBox, Context, Grid, Label, ScrollArea, TextEdit, Ui};

/// What is chosen for a metric that the table lacks.
const LACKS: &str = "none: a gap in every row";

/// The window that takes rows from a file.
#[derive(Default)]
pub struct ImportWindow;

impl Window for ImportWindow {
    fn id(&self) -> WindowId {
        WindowId::IMPORT
    }

    fn ui(&mut self, ctx: &Context, scene: &mut Scene<'_>) {
        let Some(bench) = scene.bench else {
            return;
        };
        let mut open = true;
        egui::Window::new(format!("Import data of {}", bench.open.circuit.title))
            .id(self.id().id())
            .open(&mut open)
            .collapsible(false)
            .default_pos([380.0, 110.0])
            .default_width(620.0)
            .show(ctx, |ui| {
                ui.set_min_width(560.0);
                form(ui, bench, scene);
            });
        if !open {
            scene.wish(Wish::CloseWindow(self.id()));
        }
    }
}

fn form(ui: &mut Ui, bench: &Bench, scene: &mut Scene<'_>) {
    ui.label(
        "A table of sizings and what was measured of them: CSV of any delimiter and order, with units in the heads, or \
         a result of `sizewright simulate --json`. The file stays as it is.",
    );
    ui.add_space(4.0);
    let free = scene.environment.dialog.is_none();
    let busy = scene.forms.import.doing.is_some();
    ui.horizontal(|ui| {
        ui.label("File");
        let form = &mut scene.forms.import;
        let field = TextEdit::singleline(&mut form.path).desired_width(430.0).hint_text("rows.csv");
        let field = ui.add(field);
        if field.changed() {
            form.table = None;
        }
        accessible::named(field, "Path of the table");
        let choose = ui.add_enabled(free, Button::new("Choose…"));
        accessible::name(&choose, "Choose the table");
        if choose.clicked() {
            scene.wish(Wish::Ask(Purpose::Table));
        }
    });
    ui.horizontal(|ui| {
        let ready = !busy && !scene.forms.import.path.trim().is_empty();
        if ui.add_enabled(ready, Button::new("Read table")).clicked() {
            scene.wish(Wish::ReadTable);
        }
        if let Some(doing) = scene.forms.import.doing {
            ui.spinner();
            ui.weak(doing);
        }
    });
    let there = bench.rows();
    let ImportForm { table, replace, .. } = &mut scene.forms.import;
    let Some(table) = table.as_mut().filter(|table| table.of == bench.open.circuit.folder) else {
        return;
    };
    ui.separator();
    columns(ui, table);
    ui.add_space(4.0);
    if there > 0 {
        let text = format!("Replace the {} rows that are there; a copy of them is kept", grouped(there));
        ui.checkbox(replace, text);
    }
    let whole = table.is_whole();
    let may = !busy && whole && (there == 0 || *replace);
    let why = if whole { "Tick first that rows may go" } else { "Say first which column each of them is" };
    if ui.add_enabled(may, Button::new("Take rows")).on_disabled_hover_text(why).clicked() {
        scene.wish(Wish::TakeTable);
    }
}

fn columns(ui: &mut Ui, table: &mut ImportTable) {
    if table.heads.is_empty() {
        ui.label("A result of sizewright: its names are the circuit's.");
        return;
    }
    let missing = table.missing();
    if missing > 0 {
        let text = format!("{missing} of {} have no column of their name: choose one", table.names.len());
        ui.colored_label(palette(ui.visuals()).warning, text);
    }
    ScrollArea::vertical().max_height(360.0).auto_shrink([false, true]).show(ui, |ui| {
        Grid::new("columns").num_columns(2).striped(true).spacing([14.0, 3.0]).show(ui, |ui| {
            let all = table.names.iter().zip(&mut table.columns).zip(&mut table.gaps);
            for (i, ((name, column), gap)) in all.enumerate() {
                ui.monospace(name);
                let nothing = if *gap { LACKS } else { "—" };
                let shown = column.and_then(|place| table.heads.get(place)).map_or(nothing, String::as_str);
                let chooser = ComboBox::from_id_salt(("column", name))
                    .width(260.0)
                    .selected_text(shown)
                    .show_ui(ui, |ui| {
                        if i >= table.parameters && ui.selectable_label(*gap, LACKS).clicked() {
                            (*column, *gap) = (None, true);
                        }
                        for (place, head) in table.heads.iter().enumerate() {
                            if ui.selectable_value(column, Some(place), head).clicked() {
                                *gap = false;
                            }
                        }
                    });
                accessible::name(&chooser.response, &format!("Column of {name}"));
                ui.end_row();
            }
        });
    });
    let left_out = table.left_out();
    if !left_out.is_empty() {
        ui.add(Label::new(format!("Left out: {}", left_out.join(", "))).wrap());
    }
}
