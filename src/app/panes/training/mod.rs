//! The losses of a training, live, and how far the performance model is off.

mod loss;

use crate::app::commands::Command;
use crate::app::pane::Pane;
use crate::app::plots::{self, Plot, data};
use crate::app::scene::Scene;
use crate::app::state::Bench;
use crate::app::widgets::empty;
use crate::app::words::{duration, grouped};
use crate::circuit::{Circuit, Metric, Scale, format_quantity};
use crate::engine::PerformanceModel;
use egui::Ui;
use loss::LossPlot;

/// The losses.
#[derive(Default)]
pub struct TrainingPane {
    loss: LossPlot,
}

impl Pane for TrainingPane {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let Some(bench) = scene.bench.filter(|bench| !bench.learning.training.is_empty()) else {
            no_losses_yet(ui, scene);
            return;
        };
        plots::row(ui, Plot::Loss, "losses", |ui| said(ui, bench));
        if let (None, Some(hand)) = (&bench.training, &bench.model) {
            let circuit = &bench.open.circuit;
            ui.small(prediction_error(circuit, &hand.model.performance))
                .on_hover_text("Root-mean-square error of what is predicted, before ngspice judges");
            if let Some(warning) = hand.model.trust(circuit).warning() {
                ui.small(warning);
            }
        }
        let rect = self.loss.ui(ui, &bench.learning);
        plots::shows(ui, Plot::Loss, rect);
    }

    fn data(&self, plot: Plot, bench: &Bench) -> Option<String> {
        let losses = || data::losses(&bench.open.circuit, &bench.learning, self.loss.every_smoothed());
        (plot == Plot::Loss).then(losses)
    }
}

fn no_losses_yet(ui: &mut Ui, scene: &mut Scene<'_>) {
    if let Some(training) = scene.bench.and_then(|bench| bench.training.as_ref()) {
        empty(ui, &training.progress().name, "The losses appear with the first steps.", None);
        return;
    }
    let can = scene.can(Command::Train);
    let next = match can {
        true => "They are drawn here while a model learns the circuit from its rows.",
        false => "A model learns from a circuit's rows: open a circuit that has some (1).",
    };
    if empty(ui, "No losses yet.", next, can.then_some("Start training")) {
        scene.run(Command::Train, ui.ctx());
    }
}

/// How far the training is, or was.
fn said(ui: &mut Ui, bench: &Bench) {
    let learning = &bench.learning;
    if bench.training.as_ref().is_some_and(|t| t.steps == 0) {
        ui.label("The losses of the last training, until the first steps of this one");
        return;
    }
    let steps = learning.training.len();
    let epochs = steps as f64 / f64::from(learning.steps_an_epoch.max(1));
    ui.strong(format!("Epoch {epochs:.1}"));
    ui.label(format!("Step {} of {}", grouped(steps), grouped(learning.steps as usize)));
    if let Some(training) = bench.training.as_ref().filter(|t| t.steps > 0) {
        ui.label(format!("Learning rate {:.2e}", training.learning_rate));
        ui.label(format!("{} samples/s", grouped(training.rate.round() as usize)));
    }
    ui.label(format!("{} so far", duration(learning.seconds)));
}

/// How far predictions are off on rows that were never trained on, in words.
fn prediction_error(circuit: &Circuit, model: &PerformanceModel) -> String {
    let one = |(metric, error): (&Metric, &f64)| match metric.scale {
        Scale::Log => format!("{} ±{:.1} %", metric.name, 100.0 * (10f64.powf(*error) - 1.0)),
        Scale::Linear => format!("{} ±{}", metric.name, format_quantity(*error, metric.unit, 2)),
    };
    let each: Vec<String> = circuit.metrics.iter().zip(&model.held_out_error).map(one).collect();
    format!("Performance model's error on held-out rows: {}", each.join(", "))
}
