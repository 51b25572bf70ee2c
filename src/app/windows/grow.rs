//! Rows grown at the front of those that there are: how many simulations, how far it is, what it gained.

use crate::app::commands::Command;
use crate::app::ids::WindowId;
use crate::app::look::axis;
use crate::app::pane::Window;
use crate::app::scene::Scene;
use crate::app::state::{Bench, Gained, GrowingUnderWay};
use crate::app::theme::palette;
use crate::app::wish::Wish;
use crate::app::words::{duration, grouped};
use crate::circuit::{Circuit, Metric, Performance};
use egui::{Button, Context, DragValue, ProgressBar, Ui, vec2};
use egui_plot::{MarkerShape, Plot, Points};

/// More simulations than anyone waits for.
const MOST: usize = 1_000_000;

/// The window that grows rows.
pub struct GrowWindow {
    /// The metrics that the fronts are shown by.
    by: [usize; 2],
}

impl Default for GrowWindow {
    fn default() -> GrowWindow {
        GrowWindow { by: [0, 1] }
    }
}

impl Window for GrowWindow {
    fn id(&self) -> WindowId {
        WindowId::GROW
    }

    fn ui(&mut self, ctx: &Context, scene: &mut Scene<'_>) {
        let Some(bench) = scene.bench else {
            return;
        };
        let mut open = true;
        egui::Window::new(format!("Grow rows of {}", bench.open.circuit.title))
            .id(self.id().id())
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .default_pos([420.0, 140.0])
            .show(ctx, |ui| {
                ui.set_width(460.0);
                match &bench.growing {
                    Some(growing) => under_way(ui, growing, scene),
                    None => form(ui, bench, scene),
                }
                if let Some(gained) = &bench.gained {
                    ui.separator();
                    self.gain(ui, &bench.open.circuit, gained);
                }
            });
        if !open {
            scene.wish(Wish::CloseWindow(self.id()));
        }
    }
}

fn form(ui: &mut Ui, bench: &Bench, scene: &mut Scene<'_>) {
    ui.label(
        "Designs are drawn for targets at and beyond the front of the rows, simulated and kept, also those that miss: a \
         model that is trained on them as well draws better where it matters.",
    );
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        let label = ui.label("Simulations");
        let form = &mut scene.forms.rows;
        ui.add(DragValue::new(&mut form.grow).range(1..=MOST).speed(10.0)).labelled_by(label.id);
        if let Some(seconds) = bench.pace.of(form.grow) {
            ui.weak(format!("about {} here, and two trainings", duration(seconds)));
        }
    });
    ui.weak("All rows, old and new, go to a file of their own in the circuit's folder; then a training begins on them.");
    ui.add_space(6.0);
    let why = match (bench.rows(), &bench.model) {
        (0, _) => Some("There are no rows yet: Run → Make rows…"),
        (_, None) => Some("Train a model on the rows first: it draws the designs"),
        _ => None,
    };
    let start = ui.add_enabled(why.is_none(), Button::new("Grow rows and train"));
    if let Some(why) = why {
        start.on_disabled_hover_text(why);
        ui.weak(why);
    } else if start.clicked() {
        scene.wish(Wish::GrowRows);
    }
}

fn under_way(ui: &mut Ui, growing: &GrowingUnderWay, scene: &mut Scene<'_>) {
    let (counts, progress) = (growing.counts, growing.progress());
    ui.label(&progress.name);
    ui.add(ProgressBar::new(progress.part.unwrap_or(0.0)).show_percentage());
    ui.label(format!(
        "{} of {} simulations: {} new rows, {} outside the legal ranges, {} failed",
        grouped(counts.simulated),
        grouped(growing.simulations),
        grouped(counts.useful),
        grouped(counts.illegal),
        grouped(counts.failed)
    ));
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        scene.button(ui, Command::StopGrowing, "Stop");
        ui.weak(if growing.stopping() { "stopping…" } else { "The window may be closed meanwhile" });
    });
}

impl GrowWindow {
    /// The fronts before and after.
    fn gain(&mut self, ui: &mut Ui, circuit: &Circuit, gained: &Gained) {
        ui.label(gained.words());
        ui.weak(format!("In {}", gained.file.display()));
        let last = circuit.metrics.len() - 1;
        self.by = self.by.map(|m| m.min(last));
        ui.horizontal(|ui| {
            for (place, name) in ["Across", "Up"].into_iter().enumerate() {
                egui::ComboBox::new(("front", place), name)
                    .selected_text(&circuit.metrics[self.by[place]].title)
                    .show_ui(ui, |ui| {
                        for (m, metric) in circuit.metrics.iter().enumerate() {
                            ui.selectable_value(&mut self.by[place], m, &metric.title);
                        }
                    });
            }
        });
        let [x, y] = self.by.map(|m| (m, &circuit.metrics[m]));
        let colours = palette(ui.visuals());
        let points = |front: &[Performance]| -> Vec<[f64; 2]> {
            let of = |(m, metric): (usize, &Metric), p: &Performance| metric.scaled(p.0[m]);
            front.iter().map(|p| [of(x, p), of(y, p)]).collect()
        };
        let plot = Plot::new("fronts before and after")
            .height(210.0)
            .allow_scroll(false)
            .show_crosshair(false)
            .legend(egui_plot::Legend::default())
            .label_formatter(|_| None);
        let plot = axis::scaled_y(axis::scaled_x(plot, x.1), y.1);
        let plot = plot
            .x_axis_label(axis::short_title(ui, x.1, 300.0))
            .y_axis_label(axis::short_title(ui, y.1, 160.0));
        ui.allocate_ui(vec2(ui.available_width(), 216.0), |ui| {
            plot.show(ui, |ui| {
                let [before, after] = [points(&gained.fronts[0]), points(&gained.fronts[1])];
                ui.points(Points::new("front after", after).radius(2.6).color(colours.feasible).filled(true));
                ui.points(
                    Points::new("front before", before)
                        .radius(2.6)
                        .color(colours.second)
                        .shape(MarkerShape::Diamond)
                        .filled(false),
                );
            });
        });
    }
}
