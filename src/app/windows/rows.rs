//! Rows to train on, made by simulation: how many, what they cost, and how far it is.

use crate::app::commands::Command;
use crate::app::ids::WindowId;
use crate::app::pane::Window;
use crate::app::scene::Scene;
use crate::app::state::{Bench, RowsUnderWay};
use crate::app::theme::palette;
use crate::app::widgets::accessible;
use crate::app::wish::Wish;
use crate::app::words::{duration, grouped};
use crate::dataset::{MOST_ROWS, Plan, most_designs};
use egui::{Button, Context, DragValue, Grid, ProgressBar, Ui};

/// The window that makes rows.
#[derive(Default)]
pub struct RowsWindow;

impl Window for RowsWindow {
    fn id(&self) -> WindowId {
        WindowId::ROWS
    }

    fn ui(&mut self, ctx: &Context, scene: &mut Scene<'_>) {
        let Some(bench) = scene.bench else {
            return;
        };
        let mut open = true;
        egui::Window::new(format!("Make rows of {}", bench.open.circuit.title))
            .id(self.id().id())
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .default_pos([400.0, 160.0])
            .show(ctx, |ui| {
                ui.set_width(440.0);
                match &bench.making {
                    Some(making) => under_way(ui, making, scene),
                    None => form(ui, bench, scene),
                }
            });
        if !open {
            scene.wish(Wish::CloseWindow(self.id()));
        }
    }
}

fn form(ui: &mut Ui, bench: &Bench, scene: &mut Scene<'_>) {
    ui.label(
        "Designs of the circuit are simulated, half of them spread over all ranges and half close to the first \
         specification. The rows are what a model learns from.",
    );
    ui.add_space(6.0);
    Grid::new("rows").num_columns(2).spacing([14.0, 4.0]).show(ui, |ui| {
        let form = &mut scene.forms.rows;
        let label = ui.label("Rows");
        ui.add(DragValue::new(&mut form.count).range(1..=MOST_ROWS).speed(10.0)).labelled_by(label.id);
        ui.end_row();
        let label = ui.label("Seed");
        ui.add(DragValue::new(&mut form.seed))
            .labelled_by(label.id)
            .on_hover_text("Of the designs that are tried");
        ui.end_row();
    });
    ui.add_space(6.0);
    cost(ui, bench, scene);
    ui.weak(format!("They are written to {}", bench.open.circuit.dataset.display()));
    let there = bench.rows();
    if there > 0 {
        ui.add_space(4.0);
        let text = format!("Replace the {} rows that are there; a copy of them is kept", grouped(there));
        ui.checkbox(&mut scene.forms.rows.replace, text);
    }
    ui.add_space(6.0);
    let may = there == 0 || scene.forms.rows.replace;
    let start =
        ui.add_enabled(may, Button::new("Make rows")).on_disabled_hover_text("Tick first that rows may go");
    if start.clicked() {
        scene.wish(Wish::MakeRows);
    }
}

/// How many simulations it takes at most, and how long that is where it is known.
fn cost(ui: &mut Ui, bench: &Bench, scene: &mut Scene<'_>) {
    let form = scene.forms.rows;
    let most = most_designs(&Plan::of_rows(form.count, form.seed));
    let time = bench.pace.of(most).map(|seconds| format!(", about {} here", duration(seconds)));
    let known = time.is_some();
    ui.horizontal(|ui| {
        ui.label(format!("Up to some {} simulations{}", grouped(most), time.unwrap_or_default()))
            .on_hover_text("More where few designs are legal");
        if bench.pace.timing.is_some() {
            ui.spinner();
            ui.weak("timing a few…");
        } else if !known {
            let hint = "Simulates nine designs to tell how long the rows take";
            let time = ui.small_button("How long?").on_hover_text(hint);
            accessible::name(&time, "Time a few simulations");
            if time.clicked() {
                scene.wish(Wish::TimeSimulations);
            }
        }
    });
}

fn under_way(ui: &mut Ui, making: &RowsUnderWay, scene: &mut Scene<'_>) {
    let (counts, progress) = (making.counts, making.progress());
    ui.label(format!("{} rows of seed {} are being made", grouped(making.plan.rows), making.plan.seed));
    ui.add_space(4.0);
    ui.add(ProgressBar::new(progress.part.unwrap_or(0.0)).show_percentage());
    let said = [
        format!("{} of up to some {} simulations used", grouped(counts.simulated), grouped(making.most)),
        progress.pace(),
    ];
    for line in said.iter().filter(|line| !line.is_empty()) {
        ui.label(line);
    }
    ui.label(format!(
        "{} legal, {} outside the legal ranges, {} failed",
        grouped(counts.legal),
        grouped(counts.illegal),
        grouped(counts.failed)
    ));
    if counts.simulated >= 512 && counts.legal * 50 < counts.simulated {
        let text = "Few designs are legal: the ranges of the parameters may be too wide, or the legal ranges of the \
                    metrics too narrow";
        ui.colored_label(palette(ui.visuals()).warning, text);
    }
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        scene.button(ui, Command::StopRows, "Stop");
        ui.weak(if making.stopping { "stopping…" } else { "The window may be closed meanwhile" });
    });
}
