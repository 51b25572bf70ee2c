//! Step 1: which circuit, what it is made of, and what its rows look like.

use super::App;
use super::background::Purpose;
use super::histograms::Histograms;
use super::ranges::{parameters, scale_name};
use super::state::OpenCircuit;
use super::status::{grouped, step};
use super::theme::palette;
use crate::circuit::{Specification, bundled_circuits, format_quantity};
use egui::{Grid, RichText, ScrollArea, TextEdit, Ui};

/// A page wider than this has room for the drawing beside the parameters.
const BESIDE: f32 = 740.0;

impl App {
    pub(super) fn circuit_section(&mut self, ui: &mut Ui) {
        step(ui, 1, "Circuit", self.system.open.is_some(), true, |ui| {
            let title = match &self.system.open {
                Some(open) => open.circuit.title.clone(),
                None => "Choose a circuit".to_owned(),
            };
            ui.horizontal(|ui| {
                let mut chosen = None;
                let chooser = egui::ComboBox::from_id_salt("bundled")
                    .selected_text(&title)
                    .width(ui.available_width() - 70.0)
                    .truncate()
                    .show_ui(ui, |ui| {
                        for name in bundled_circuits() {
                            let here = self.system.open.as_ref().is_some_and(|o| o.circuit.name == name);
                            if ui.selectable_label(here, &name).clicked() {
                                chosen = Some(name);
                            }
                        }
                    })
                    .response;
                super::accessible::named(chooser, "Bundled circuits");
                if ui.button("Open…").on_hover_text("Choose a circuit's folder").clicked() {
                    self.ask(Purpose::OpenCircuit);
                }
                if let Some(name) = chosen {
                    self.open(name);
                }
            });
            ui.horizontal(|ui| {
                let width = ui.available_width() - 62.0;
                let field = TextEdit::singleline(&mut self.user.circuit_path)
                    .hint_text("or type a folder's path")
                    .desired_width(width);
                let field = super::accessible::named(ui.add(field), "Path of a circuit's folder");
                let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
                if ui.button("Open").on_hover_text("Open the typed path").clicked() || entered {
                    self.open(self.user.circuit_path.clone());
                }
            });
            if let Some(name) = &self.system.opening {
                ui.horizontal(|ui| {
                    ui.spinner();
                    ui.weak(format!("Opening {name}…"));
                });
            }
            if let Some(open) = &self.system.open {
                let c = &open.circuit;
                ui.small(format!(
                    "{} parameters · {} metrics · {} rows",
                    c.parameters.len(),
                    c.metrics.len(),
                    grouped(open.rows.rows.len())
                ));
                if !open.refused.is_empty() {
                    let colour = palette(ui.visuals()).warning;
                    ui.colored_label(colour, format!("{} rows were refused", grouped(open.refused.len())));
                }
            }
            self.deck_notice(ui);
            self.outside_notice(ui);
        });
    }

    pub(super) fn circuit_tab(&mut self, ui: &mut Ui) {
        let (each, all) = self.system.met(&self.user.targets.clone());
        let Some(open) = &self.system.open else {
            ui.weak("No circuit is open. Choose a bundled one on the left, or open a folder.");
            return;
        };
        if self.histograms.is_none() {
            self.histograms = Some(Histograms::new(open));
        }
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            self.drawing_and_parameters(ui);
            ui.add_space(8.0);
            self.rows_in_pictures(ui, &each, all);
        });
    }

    fn drawing_and_parameters(&mut self, ui: &mut Ui) {
        let Some(open) = &self.system.open else {
            return;
        };
        let drawn = self.schematic.follow(ui.ctx(), &open.circuit);
        let lit = self.schematic.lit();
        ui.heading(&open.circuit.title);
        ui.label(&open.circuit.about);
        ui.add_space(6.0);
        let region = &self.user.region;
        let selected = self.system.design(self.user.selected).map(|c| &c.sizing);
        if !drawn {
            let shown = parameters(ui, open, region, selected, None);
            self.edit_region(shown);
            return;
        }
        // the drawing beside the parameters, so that each is seen while the other is pointed at
        let beside = if ui.available_width() > BESIDE { 2 } else { 1 };
        let (shown, device) = ui.columns(beside, |columns| {
            let device = self.schematic.ui(&mut columns[0], &open.circuit, selected);
            (parameters(&mut columns[beside - 1], open, region, selected, lit), device)
        });
        self.schematic.light(ui, shown.under_pointer.or(device));
        self.edit_region(shown);
    }

    fn rows_in_pictures(&mut self, ui: &mut Ui, each: &[usize], all: usize) {
        let Some(open) = &self.system.open else {
            return;
        };
        let any = !open.rows.rows.is_empty();
        match &self.histograms {
            Some(histograms) if any => {
                histograms.of_metrics(ui, open, (&self.user.targets, &self.user.region))
            }
            _ => {
                ui.weak("This circuit has no rows to train on.");
            }
        }
        ui.add_space(8.0);
        let columns = if ui.available_width() > BESIDE { 2 } else { 1 };
        ui.columns(columns, |columns| {
            if any {
                self.front_plot(&mut columns[0]);
            }
            if let (Some(open), Some(last)) = (&self.system.open, columns.last_mut()) {
                metrics(last, open, &self.user.targets, each);
                dataset(last, open, all);
            }
        });
        if let (true, Some(open), Some(histograms)) = (any, &self.system.open, &self.histograms) {
            ui.add_space(8.0);
            ui.strong("Parameters in the rows");
            histograms.of_parameters(ui, open, (&self.user.targets, &self.user.region));
        }
    }

    /// Whether nothing of the circuit's drawing is still being read or drawn.
    pub fn schematic_settled(&self) -> bool {
        self.schematic.settled()
    }

    /// The device group that is lit on the circuit's page.
    pub fn lit_group(&self) -> Option<&str> {
        let groups = &self.system.open.as_ref()?.circuit.groups;
        Some(groups.get(self.schematic.lit()?)?.name.as_str())
    }
}

fn metrics(ui: &mut Ui, open: &OpenCircuit, targets: &Specification, each: &[usize]) {
    ui.strong("Metrics");
    Grid::new("metrics").num_columns(5).striped(true).spacing([14.0, 3.0]).show(ui, |ui| {
        for title in ["Metric", "Seen in the rows", "Scale", "Target", "Rows meeting it"] {
            ui.weak(title);
        }
        ui.end_row();
        for (m, metric) in open.circuit.metrics.iter().enumerate() {
            let show = |v: f64| format_quantity(v, metric.unit, 3);
            ui.label(&metric.title);
            let (low, high) = open.range(m);
            ui.label(format!("{} … {}", show(low), show(high)));
            ui.label(scale_name(metric.scale));
            match targets.bounds.iter().position(|b| b.metric == m) {
                Some(i) => {
                    ui.label(format!("{} {}", metric.sense.glyph(), show(targets.bounds[i].value)));
                    ui.label(each.get(i).map_or(String::new(), |n| grouped(*n)));
                }
                None => {
                    ui.weak("not bounded");
                    ui.weak("–");
                }
            }
            ui.end_row();
        }
    });
    ui.add_space(6.0);
}

fn dataset(ui: &mut Ui, open: &OpenCircuit, all: usize) {
    ui.strong("Dataset");
    let rows = open.rows.rows.len();
    ui.label(format!("{} rows; {} meet all targets", grouped(rows), grouped(all)));
    for (key, value) in &open.rows.provenance.0 {
        ui.horizontal_wrapped(|ui| {
            ui.weak(format!("{key}:"));
            ui.label(RichText::new(value).small());
        });
    }
    ui.add_space(6.0);
    ui.strong(format!("Rows refused: {}", grouped(open.refused.len())));
    if open.refused.is_empty() {
        ui.weak("Every row of the file is sound.");
    }
    for refused in open.refused.iter().take(100) {
        ui.label(refused.to_string());
    }
    if open.refused.len() > 100 {
        ui.weak(format!("and {} more", grouped(open.refused.len() - 100)));
    }
}
