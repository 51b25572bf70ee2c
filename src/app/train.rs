//! Step 2: training with the losses live, or loading a model that was trained before.

use super::App;
use super::empty::empty;
use super::plots::{self, Plot};
use super::state::PresetChoice;
use super::status::{duration, grouped, step};
use crate::circuit::{Circuit, Metric, Scale, format_quantity};
use crate::engine::{Architecture, DeviceChoice, PerformanceModel, Preset, System, Transformer};
use egui::{DragValue, Grid, ProgressBar, TextEdit, Ui};

fn preset_name(choice: PresetChoice) -> &'static str {
    match choice {
        PresetChoice::Preset(Preset::Quick) => "Quick",
        PresetChoice::Preset(Preset::Paper) => "Paper",
        PresetChoice::Custom => "Custom",
    }
}

fn device_name(choice: DeviceChoice) -> &'static str {
    match choice {
        DeviceChoice::Auto => "Automatic",
        DeviceChoice::Cpu => "CPU",
        DeviceChoice::Gpu => "GPU",
    }
}

fn system_tip(system: System) -> &'static str {
    match system {
        System::DmTransformer => "The diffusion transformer: the paper's own system, and the one to use",
        System::DmMlp => "A diffusion model with a multilayer perceptron, to compare with",
        System::Ann => "A neural network from specification to sizing, to compare with: fast, little variety",
    }
}

fn transformer_fields(ui: &mut Ui, shape: &mut Transformer) {
    let label = ui.label("Blocks").on_hover_text("Transformer blocks, N");
    ui.add(DragValue::new(&mut shape.blocks).range(1..=64).speed(0.05)).labelled_by(label.id);
    let label = ui.label("Width").on_hover_text("Channels of a token");
    let step = 2 * shape.heads.max(1);
    let mut heads = shape.width / step;
    let field = DragValue::new(&mut heads)
        .range(1..=1024 / step)
        .speed(0.05)
        .custom_formatter(|n, _| format!("{}", n as usize * step))
        .custom_parser(|text| Some((text.trim().parse::<f64>().ok()? / step as f64).round()));
    if ui.add(field).labelled_by(label.id).changed() {
        shape.width = heads * step;
    }
}

impl App {
    pub(super) fn train_section(&mut self, ui: &mut Ui) {
        step(ui, 2, "Train", self.system.model.is_some(), true, |ui| {
            self.recipe_form(ui);
            self.training_buttons(ui);
            if let Some(progress) = self.training_progress() {
                ui.label(&progress.name);
                ui.add(ProgressBar::new(progress.part.unwrap_or(0.0)).show_percentage());
                if let Some(training) = self.system.training.as_ref().filter(|t| t.step > 0) {
                    let left = progress.left.map_or(String::new(), |s| format!(" · {} left", duration(s)));
                    let rate = grouped(training.rate.round() as usize);
                    ui.small(format!("Loss {:.4} · {rate} samples/s{left}", training.loss));
                }
            } else if let Some(hand) = &self.system.model {
                let learning = &hand.model.learning;
                let epochs = learning.training.len() as f64 / f64::from(learning.steps_an_epoch.max(1));
                let last = learning.validation.last();
                let loss = last.map_or(String::new(), |(_, l)| format!(" · validation loss {l:.4}"));
                ui.small(format!("{epochs:.0} epochs in {}{loss}", duration(learning.seconds)))
                    .on_hover_text(format!("Trained on {}", hand.model.device));
            }
            self.model_file(ui);
        });
    }

    fn recipe_form(&mut self, ui: &mut Ui) {
        let form = &mut self.user.train;
        let before = (form.system, form.preset);
        ui.horizontal(|ui| {
            for system in System::ALL {
                ui.selectable_value(&mut form.system, system, system.title())
                    .on_hover_text(system_tip(system));
            }
        });
        ui.horizontal(|ui| {
            for preset in Preset::ALL {
                let choice = PresetChoice::Preset(preset);
                let tip = match preset {
                    Preset::Quick => "What works best in minutes on two cores: ratio-and-area coordinates",
                    Preset::Paper => "The system as published, as far as that is stated",
                };
                if ui
                    .selectable_label(form.preset == choice, preset_name(choice))
                    .on_hover_text(tip)
                    .clicked()
                {
                    form.preset = choice;
                }
            }
            let custom = form.preset == PresetChoice::Custom;
            if ui
                .selectable_label(custom, preset_name(PresetChoice::Custom))
                .on_hover_text("Edit the recipe below")
                .clicked()
            {
                form.preset = PresetChoice::Custom;
            }
        });
        if (form.system, form.preset) != before {
            self.take_preset();
        }
        let form = &mut self.user.train;
        egui::CollapsingHeader::new("Recipe and device").show(ui, |ui| {
            Grid::new("recipe").num_columns(4).spacing([8.0, 4.0]).show(ui, |ui| {
                let recipe = &mut form.recipe;
                let label = ui.label("Epochs");
                ui.add(DragValue::new(&mut recipe.epochs).range(1..=100_000)).labelled_by(label.id);
                let label = ui.label("Batch");
                ui.add(DragValue::new(&mut recipe.batch).range(1..=65_536)).labelled_by(label.id);
                ui.end_row();
                if let Architecture::DmTransformer(shape) = &mut recipe.architecture {
                    transformer_fields(ui, shape);
                    ui.end_row();
                }
                let label = ui.label("Learning rate");
                let rate = DragValue::new(&mut recipe.learning_rate)
                    .range(1e-6..=1.0)
                    .speed(1e-5)
                    .custom_formatter(|v, _| format!("{v:.1e}"));
                ui.add(rate).labelled_by(label.id);
                let label = ui.label("Seed");
                ui.add(DragValue::new(&mut form.seed).speed(0.1)).labelled_by(label.id);
                ui.end_row();
            });
            ui.horizontal(|ui| {
                let label = ui.label("Device");
                egui::ComboBox::from_id_salt("device")
                    .selected_text(device_name(form.device))
                    .show_ui(ui, |ui| {
                        for choice in DeviceChoice::ALL {
                            ui.selectable_value(&mut form.device, choice, device_name(choice));
                        }
                    })
                    .response
                    .labelled_by(label.id);
            });
            match &self.system.device {
                Some(name) => ui.small(name),
                None => ui.small("Its name is shown once it is used"),
            };
        });
        self.recipe_edited();
    }

    fn training_buttons(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        ui.horizontal(|ui| match &self.system.training {
            None => {
                let can = self.can(super::Command::Train);
                if ui
                    .add_enabled(can, egui::Button::new("Start"))
                    .on_hover_text("Train a model from scratch")
                    .on_disabled_hover_text("Open a circuit with a dataset first")
                    .clicked()
                {
                    self.run(super::Command::Train, &ctx);
                }
                if let Some(model) = self.unfinished()
                    && ui
                        .button("Continue")
                        .on_hover_text("Go on with the model that was stopped, by its own recipe and seed")
                        .clicked()
                {
                    self.train(Some(model));
                }
            }
            Some(training) => {
                let (paused, stopping) = (training.paused, training.stopping);
                let name = if paused { "Resume" } else { "Pause" };
                if ui.add_enabled(!stopping, egui::Button::new(name)).clicked() {
                    self.pause_or_resume();
                }
                if ui
                    .add_enabled(!stopping, egui::Button::new("Stop"))
                    .on_hover_text("Ends the training and keeps what was learnt")
                    .clicked()
                {
                    self.stop_training();
                }
                if ui
                    .button("Queue…")
                    .on_hover_text("Train once more after this one, as it is set above")
                    .clicked()
                {
                    self.run(super::Command::Train, &ctx);
                }
            }
        });
    }

    fn model_file(&mut self, ui: &mut Ui) {
        egui::CollapsingHeader::new("Model file").show(ui, |ui| {
            let ctx = ui.ctx().clone();
            ui.horizontal(|ui| {
                for command in [super::Command::LoadModel, super::Command::SaveModel] {
                    if ui.add_enabled(self.can(command), egui::Button::new(command.title())).clicked() {
                        self.run(command, &ctx);
                    }
                }
            });
            let field = TextEdit::singleline(&mut self.user.model_path)
                .hint_text("or type a file's path")
                .desired_width(ui.available_width() - 8.0);
            super::accessible::named(ui.add(field), "Path of a model file");
            ui.horizontal(|ui| {
                let open = self.system.open.is_some();
                if ui.add_enabled(open, egui::Button::new("Load from path")).clicked() {
                    self.load_model();
                }
                let has = self.system.model.is_some();
                if ui.add_enabled(has, egui::Button::new("Save to path")).clicked() {
                    self.save_model();
                }
            });
            if let Some(path) = &self.system.saved {
                ui.small(format!("Saved in {}", path.display()));
            }
        });
    }

    pub(super) fn training_tab(&mut self, ui: &mut Ui) {
        let learning = std::sync::Arc::clone(&self.system.learning);
        if learning.training.is_empty() {
            self.no_losses_yet(ui);
            return;
        }
        plots::row(ui, Plot::Loss, "losses", |ui| self.training_words(ui));
        if let (None, Some(open), Some(hand)) = (&self.system.training, &self.system.open, &self.system.model)
        {
            ui.small(prediction_error(&open.circuit, &hand.model.performance))
                .on_hover_text("Root-mean-square error of what is predicted, before ngspice judges");
        }
        let rect = self.loss.ui(ui, &learning);
        plots::shows(ui, Plot::Loss, rect);
    }

    fn no_losses_yet(&mut self, ui: &mut Ui) {
        if let Some(progress) = self.training_progress() {
            empty(ui, &progress.name, "The losses appear with the first steps.", None);
            return;
        }
        let can = self.can(super::Command::Train);
        let next = match can {
            true => "They are drawn here while a model learns the circuit from its rows.",
            false => "A model learns from a circuit's rows: open a circuit that has some (1).",
        };
        if empty(ui, "No losses yet.", next, can.then_some("Start training")) {
            let ctx = ui.ctx().clone();
            self.run(super::Command::Train, &ctx);
        }
    }

    fn training_words(&self, ui: &mut Ui) {
        let learning = &self.system.learning;
        if self.system.training.as_ref().is_some_and(|t| t.steps == 0) {
            ui.label("The losses of the last training, until the first steps of this one");
            return;
        }
        let steps = learning.training.len();
        let epochs = steps as f64 / f64::from(learning.steps_an_epoch.max(1));
        ui.strong(format!("Epoch {epochs:.1}"));
        ui.label(format!("Step {} of {}", grouped(steps), grouped(learning.steps as usize)));
        if let Some(training) = self.system.training.as_ref().filter(|t| t.steps > 0) {
            ui.label(format!("Learning rate {:.2e}", training.learning_rate));
            ui.label(format!("{} samples/s", grouped(training.rate.round() as usize)));
        }
        ui.label(format!("{} so far", duration(learning.seconds)));
    }
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
