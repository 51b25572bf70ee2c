//! Step 1: which circuit, what it is made of, and what its rows look like.

use super::App;
use super::background::Purpose;
use super::look::axis;
use super::schematic::group_of;
use super::state::OpenCircuit;
use super::status::{grouped, step};
use super::theme::palette;
use crate::circuit::{Scale, Specification, bundled_circuits, format_quantity};
use egui::{Grid, RichText, ScrollArea, TextEdit, Ui};
use egui_plot::{Bar, BarChart, Plot};

const BINS: usize = 40;
/// A page wider than this has room for the drawing beside the parameters.
const BESIDE: f32 = 860.0;

/// Each metric's histogram on its own scale: the lower end, a bin's width, the counts.
pub struct Histograms(Vec<(f64, f64, Vec<usize>)>);

impl Histograms {
    fn new(open: &OpenCircuit) -> Histograms {
        let one = |m: usize| {
            let metric = &open.circuit.metrics[m];
            let (low, high) = open.range(m);
            let (low, high) = (metric.scaled(low), metric.scaled(high));
            let width = (high - low) / BINS as f64;
            let mut counts = vec![0; BINS];
            for row in &open.rows.rows {
                let at = (metric.scaled(row.performance.0[m]) - low) / width;
                counts[(at.max(0.0) as usize).min(BINS - 1)] += 1;
            }
            (low, width, counts)
        };
        Histograms((0..open.circuit.metrics.len()).map(one).collect())
    }
}

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
        });
    }

    pub(super) fn circuit_tab(&mut self, ui: &mut Ui) {
        let (each, all) = self.system.met(&self.user.targets.clone());
        let Some(open) = &self.system.open else {
            ui.weak("No circuit is open. Choose a bundled one on the left, or open a folder.");
            return;
        };
        let histograms = self.histograms.get_or_insert_with(|| Histograms::new(open));
        let targets = &self.user.targets;
        let drawn = self.schematic.follow(&open.circuit);
        let lit = self.schematic.lit();
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            ui.heading(&open.circuit.title);
            ui.label(&open.circuit.about);
            ui.add_space(6.0);
            if !drawn {
                histogram_row(ui, open, histograms, targets);
                ui.add_space(6.0);
                ui.columns(2, |columns| {
                    parameters(&mut columns[0], open, None);
                    metrics(&mut columns[1], open, targets, &each);
                    dataset(&mut columns[1], open, all);
                });
                return;
            }
            // the drawing beside the parameters, so that each is seen while the other is pointed at
            let beside = if ui.available_width() > BESIDE { 2 } else { 1 };
            let under_pointer = ui.columns(beside, |columns| {
                let sizing = self.system.design(self.user.selected).map(|c| &c.sizing);
                let device = self.schematic.ui(&mut columns[0], &open.circuit, sizing);
                parameters(&mut columns[beside - 1], open, lit).or(device)
            });
            self.schematic.light(ui, under_pointer);
            ui.add_space(6.0);
            histogram_row(ui, open, histograms, targets);
            ui.add_space(6.0);
            ui.columns(2, |columns| {
                metrics(&mut columns[0], open, targets, &each);
                dataset(&mut columns[1], open, all);
            });
        });
    }

    /// The device group that is lit on the circuit's page.
    pub fn lit_group(&self) -> Option<&str> {
        let groups = &self.system.open.as_ref()?.circuit.groups;
        Some(groups.get(self.schematic.lit()?)?.name.as_str())
    }
}

fn histogram_row(ui: &mut Ui, open: &OpenCircuit, histograms: &Histograms, targets: &Specification) {
    if open.rows.rows.is_empty() {
        ui.weak("This circuit has no rows to train on.");
        return;
    }
    let columns = if ui.available_width() > 900.0 { 4 } else { 2 };
    let width = ui.available_width() / columns as f32 - 8.0;
    Grid::new("histograms").num_columns(columns).show(ui, |ui| {
        for m in 0..open.circuit.metrics.len() {
            ui.vertical(|ui| histogram(ui, open, m, histograms, targets, width));
            if (m + 1) % columns == 0 {
                ui.end_row();
            }
        }
    });
}

fn histogram(
    ui: &mut Ui,
    open: &OpenCircuit,
    m: usize,
    histograms: &Histograms,
    targets: &Specification,
    width: f32,
) {
    let metric = &open.circuit.metrics[m];
    let colours = palette(ui.visuals());
    let (low, bin, counts) = &histograms.0[m];
    let bound = targets.bound_on(m).map(|b| b.value);
    let bars = counts.iter().enumerate().map(|(i, &count)| {
        let centre = low + (i as f64 + 0.5) * bin;
        let value = metric.unscaled(centre);
        let meets = bound.is_some_and(|b| metric.sense.met(value, b));
        let fill = if meets { colours.feasible } else { colours.accent.gamma_multiply(0.55) };
        Bar::new(centre, count as f64).width(bin * 0.94).fill(fill)
    });
    let chart = BarChart::new(metric.title.clone(), bars.collect()).color(colours.accent);
    axis::scaled_x(Plot::new(("histogram", m)), metric)
        .y_axis_label("rows")
        .height(190.0)
        .width(width)
        .include_y(0.0)
        .allow_scroll(false)
        .grid_color(ui.visuals().weak_text_color().gamma_multiply(0.45))
        .allow_zoom(false)
        .allow_drag(false)
        .label_formatter(|_| None)
        .show(ui, |plot| {
            plot.bar_chart(chart);
            if let Some(bound) = bound {
                plot.vline(egui_plot::VLine::new("target", metric.scaled(bound)).color(colours.spec));
            }
        });
}

/// The parameters, those of the lit group marked; the group of the row under the pointer.
fn parameters(ui: &mut Ui, open: &OpenCircuit, lit: Option<usize>) -> Option<usize> {
    let circuit = &open.circuit;
    ui.strong("Parameters");
    let belongs = |p: usize| group_of(circuit, &circuit.parameters[p].name);
    let marked: Vec<bool> =
        (0..circuit.parameters.len()).map(|p| lit.is_some() && belongs(p) == lit).collect();
    let colour = palette(ui.visuals()).accent.gamma_multiply(0.28);
    let mut under_pointer = None;
    Grid::new("parameters")
        .num_columns(5)
        .spacing([14.0, 3.0])
        .with_row_color(move |row, style| match row.checked_sub(1) {
            Some(p) if marked.get(p) == Some(&true) => Some(colour),
            Some(p) if p % 2 == 0 => Some(style.visuals.faint_bg_color),
            _ => None,
        })
        .show(ui, |ui| {
            for title in ["Name", "Range", "Grid", "Scale", "What it is"] {
                ui.weak(title);
            }
            ui.end_row();
            for (i, p) in circuit.parameters.iter().enumerate() {
                let show = |v: f64| format_quantity(v, p.unit, 4);
                let first = ui.monospace(&p.name).rect;
                ui.label(format!("{} … {}", show(p.low), show(p.high)));
                ui.label(show(p.grid));
                ui.label(scale_name(p.scale));
                let last = ui.add(egui::Label::new(&p.about).truncate()).rect;
                // rows touch, so that the light does not flicker between them
                if ui.rect_contains_pointer(first.union(last).expand2(egui::vec2(4.0, 2.0))) {
                    under_pointer = belongs(i);
                }
                ui.end_row();
            }
        });
    under_pointer
}

fn scale_name(scale: Scale) -> &'static str {
    match scale {
        Scale::Linear => "linear",
        Scale::Log => "log",
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
