//! The circuit's page: its drawing beside its parameters, what its rows look like, the trade-off front.

mod front;
mod histograms;
mod ranges;

use crate::app::pane::Pane;
use crate::app::plots::Plot;
use crate::app::scene::Scene;
use crate::app::schematic::Schematic;
use crate::app::state::{Bench, OpenCircuit};
use crate::app::wish::Wish;
use crate::app::words::grouped;
use crate::circuit::{Specification, format_quantity};
use egui::{Grid, RichText, ScrollArea, Ui, vec2};
use front::Front;
use histograms::Histograms;
use ranges::{parameters, scale_name};

/// A page wider than this has room for the drawing beside the parameters.
const BESIDE: f32 = 740.0;

/// The drawing is not higher than this many points, so that what stands below is in sight.
const HIGHEST: f32 = 520.0;

/// The circuit's page.
#[derive(Default)]
pub struct CircuitPane {
    schematic: Schematic,
    histograms: Histograms,
    front: Front,
}

impl Pane for CircuitPane {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let Some(bench) = scene.bench else {
            ui.weak("No circuit is open. Choose a bundled one on the left, or open a folder.");
            return;
        };
        self.histograms.follow(&bench.open);
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            self.drawing_and_parameters(ui, bench, scene);
            ui.add_space(8.0);
            self.rows_in_pictures(ui, bench, scene);
        });
    }

    fn data(&self, plot: Plot, bench: &Bench) -> Option<String> {
        match plot {
            Plot::Metric(_) | Plot::Parameter(_) => self.histograms.data(&bench.open, &bench.targets, plot),
            Plot::Front => self.front.data(&bench.open, &bench.targets),
            _ => None,
        }
    }
}

impl CircuitPane {
    fn drawing_and_parameters(&mut self, ui: &mut Ui, bench: &Bench, scene: &mut Scene<'_>) {
        let open = &bench.open;
        let drawn = self.schematic.follow(ui.ctx(), &open.circuit);
        let lit = self.schematic.lit();
        ui.heading(&open.circuit.title);
        ui.label(&open.circuit.about);
        ui.add_space(6.0);
        let selected = bench.selected_design().map(|c| &c.sizing);
        if !drawn {
            parameters(ui, bench, None, scene.wishes);
            return;
        }
        // the drawing beside the parameters, so that each is seen while the other is pointed at
        let beside = if ui.available_width() > BESIDE { 2 } else { 1 };
        let (under_pointer, device) = ui.columns(beside, |columns| {
            let room = vec2(columns[0].available_width(), HIGHEST);
            let device = self.schematic.ui(&mut columns[0], room, &open.circuit, selected, &[]);
            (parameters(&mut columns[beside - 1], bench, lit, scene.wishes), device)
        });
        self.schematic.light(ui, under_pointer.or(device));
    }

    fn rows_in_pictures(&mut self, ui: &mut Ui, bench: &Bench, scene: &mut Scene<'_>) {
        let (open, asked) = (&bench.open, (&bench.targets, &bench.region));
        let any = bench.rows() > 0;
        match any {
            true => self.histograms.of_metrics(ui, open, asked),
            false => _ = ui.weak("This circuit has no rows to train on."),
        }
        ui.add_space(8.0);
        let columns = if ui.available_width() > BESIDE { 2 } else { 1 };
        ui.columns(columns, |columns| {
            if any && let Some(design) = self.front.ui(&mut columns[0], bench) {
                scene.wish(Wish::Select(Some(design)));
            }
            if let Some(last) = columns.last_mut() {
                let (each, all) = bench.rows_met();
                metrics(last, open, &bench.targets, each);
                dataset(last, open, all);
            }
        });
        if any {
            ui.add_space(8.0);
            ui.strong("Parameters in the rows");
            self.histograms.of_parameters(ui, open, asked);
        }
    }

    /// The rows on the trade-off front, by the first metric.
    pub fn front(&self) -> &[usize] {
        self.front.undominated_rows()
    }

    /// Whether nothing of the circuit's drawing is still being read or drawn.
    pub fn schematic_settled(&self) -> bool {
        self.schematic.settled()
    }

    /// The name of the device group that is lit.
    pub fn lit_group<'a>(&self, bench: &'a Bench) -> Option<&'a str> {
        Some(bench.open.circuit.groups.get(self.schematic.lit()?)?.name.as_str())
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
                    ui.label(format!(
                        "{} {}",
                        targets.bounds[i].sense.glyph(),
                        show(targets.bounds[i].value)
                    ));
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
