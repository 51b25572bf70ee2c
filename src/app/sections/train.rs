//! Step 2: training with the losses live, or loading a model that was trained before.

use super::step::folding_step;
use crate::app::commands::Command;
use crate::app::pane::Pane;
use crate::app::scene::Scene;
use crate::app::state::{Bench, PresetChoice, TrainForm};
use crate::app::widgets::accessible;
use crate::app::wish::Wish;
use crate::app::words::{duration, grouped};
use crate::engine::{Architecture, DeviceChoice, Learning, Preset, System, Transformer};
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

/// The step *Train*.
#[derive(Default)]
pub struct TrainStep;

impl Pane for TrainStep {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let model = scene.bench.and_then(|bench| bench.model.as_ref());
        let training = scene.bench.and_then(|bench| bench.training.as_ref());
        let summary = model.map_or_else(String::new, |hand| summary(&hand.model.learning));
        let done = model.is_some() && training.is_none();
        folding_step(ui, (2, "Train"), done, &summary, |ui| {
            recipe_form(ui, scene);
            training_buttons(ui, scene);
            if let Some(training) = training {
                let progress = training.progress();
                ui.label(&progress.name);
                ui.add(ProgressBar::new(progress.part.unwrap_or(0.0)).show_percentage());
                if training.step > 0 {
                    let left = progress.left.map_or(String::new(), |s| format!(" · {} left", duration(s)));
                    let rate = grouped(training.rate.round() as usize);
                    ui.small(format!("Loss {:.4} · {rate} samples/s{left}", training.loss));
                }
            } else if let Some(hand) = model {
                ui.small(learnt(&hand.model.learning))
                    .on_hover_text(format!("Trained on {}", hand.model.device));
            }
            model_file(ui, scene);
        });
    }
}

fn epochs(learning: &Learning) -> f64 {
    learning.training.len() as f64 / f64::from(learning.steps_an_epoch.max(1))
}

/// `20 epochs · loss 0.8340`.
fn summary(learning: &Learning) -> String {
    let loss = learning.validation.last().map_or(String::new(), |(_, l)| format!(" · loss {l:.4}"));
    format!("{:.0} epochs{loss}", epochs(learning))
}

/// `20 epochs in 46 s · validation loss 0.8340`.
fn learnt(learning: &Learning) -> String {
    let last = learning.validation.last();
    let loss = last.map_or(String::new(), |(_, l)| format!(" · validation loss {l:.4}"));
    format!("{:.0} epochs in {}{loss}", epochs(learning), duration(learning.seconds))
}

fn recipe_form(ui: &mut Ui, scene: &mut Scene<'_>) {
    let form = &mut scene.forms.train;
    let before = (form.system, form.preset);
    ui.horizontal(|ui| {
        for system in System::ALL {
            ui.selectable_value(&mut form.system, system, system.title()).on_hover_text(system_tip(system));
        }
    });
    ui.horizontal(|ui| {
        for preset in Preset::ALL {
            let choice = PresetChoice::Preset(preset);
            let tip = match preset {
                Preset::Quick => "What works best in minutes on two cores: ratio-and-area coordinates",
                Preset::Paper => "The system as published, as far as that is stated",
            };
            if ui.selectable_label(form.preset == choice, preset_name(choice)).on_hover_text(tip).clicked() {
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
        form.take_preset(scene.bench.map_or(TrainForm::ROWS_OF_NONE, Bench::rows));
    }
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
        match &scene.environment.device {
            Some((name, why)) => ui.small(name).on_hover_text(why.as_deref().unwrap_or("As chosen")),
            None => ui.small("Its name is shown once it is used"),
        };
    });
    // a preset's epochs depend on the rows, which are not there before the circuit is
    if let Some(bench) = scene.bench {
        form.follow_edits(bench.rows());
    }
}

fn training_buttons(ui: &mut Ui, scene: &mut Scene<'_>) {
    ui.horizontal(|ui| match scene.bench.and_then(|bench| bench.training.as_ref()) {
        None => {
            scene
                .button(ui, Command::Train, "Start")
                .on_disabled_hover_text("Open a circuit with a dataset first");
            if scene.bench.is_some_and(|bench| bench.unfinished().is_some())
                && ui
                    .button("Continue")
                    .on_hover_text("Go on with the model that was stopped, by its own recipe and seed")
                    .clicked()
            {
                scene.wish(Wish::Continue);
            }
        }
        Some(training) => {
            let name = if training.paused { "Resume" } else { "Pause" };
            scene.button(ui, Command::PauseOrResume, name);
            scene.button(ui, Command::StopTraining, "Stop");
            if ui
                .button("Queue…")
                .on_hover_text("Train once more after this one, as it is set above")
                .clicked()
            {
                scene.run(Command::Train, ui.ctx());
            }
        }
    });
}

fn model_file(ui: &mut Ui, scene: &mut Scene<'_>) {
    egui::CollapsingHeader::new("Model file").show(ui, |ui| {
        ui.horizontal(|ui| {
            for command in [Command::LoadModel, Command::SaveModel] {
                scene.button(ui, command, command.title());
            }
        });
        let field = TextEdit::singleline(&mut scene.forms.model_path)
            .hint_text("or type a file's path")
            .desired_width(ui.available_width() - 8.0);
        accessible::named(ui.add(field), "Path of a model file");
        ui.horizontal(|ui| {
            let open = scene.bench.is_some();
            if ui.add_enabled(open, egui::Button::new("Load from path")).clicked() {
                scene.wish(Wish::LoadModel);
            }
            let has = scene.bench.is_some_and(|bench| bench.model.is_some());
            if ui.add_enabled(has, egui::Button::new("Save to path")).clicked() {
                scene.wish(Wish::SaveModel);
            }
        });
        if let Some(path) = scene.bench.and_then(|bench| bench.saved.as_ref()) {
            ui.small(format!("Saved in {}", path.display()));
        }
    });
}
