//! The status bar, the list of jobs behind its button, and the window's title: what is at work, how far it is, how long
//! it still takes.

use crate::app::commands::Command;
use crate::app::scene::Scene;
use crate::app::state::{
    Bench, CorneringUnderWay, GrowingUnderWay, JobProgress, NgspiceState, ReviewUnderWay, RowsUnderWay,
    SamplingUnderWay, SimulationRun, TrainingUnderWay,
};
use crate::app::theme::palette;
use crate::app::widgets::accessible;
use crate::app::wish::Wish;
use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{Align, Layout, PopupCloseBehavior, ProgressBar, Ui};

fn training(bench: &Bench) -> Option<JobProgress> {
    bench.training.as_ref().map(TrainingUnderWay::progress)
}

fn sampling(bench: &Bench) -> Option<JobProgress> {
    bench.sampling.as_ref().and_then(SamplingUnderWay::progress)
}

fn search(bench: &Bench) -> Option<JobProgress> {
    bench.search.as_ref().map(|search| search.progress(bench.searching.simulations))
}

fn simulation(bench: &Bench) -> Option<JobProgress> {
    bench.simulation.as_ref().and_then(SimulationRun::progress)
}

fn making(bench: &Bench) -> Option<JobProgress> {
    bench.making.as_ref().map(RowsUnderWay::progress)
}

fn growing(bench: &Bench) -> Option<JobProgress> {
    bench.growing.as_ref().map(GrowingUnderWay::progress)
}

fn corners(bench: &Bench) -> Option<JobProgress> {
    bench.cornered.under_way.as_ref().map(CorneringUnderWay::progress)
}

fn review(bench: &Bench) -> Option<JobProgress> {
    bench.reviewing.as_ref().map(ReviewUnderWay::progress)
}

/// What is under way, each with the command that ends it.
fn running(scene: &Scene<'_>) -> Vec<(JobProgress, Command)> {
    let bench = |progress: fn(&Bench) -> Option<JobProgress>| scene.bench.and_then(progress);
    let comparison = scene.environment.comparing.as_ref().map(|comparing| comparing.progress());
    let all = [
        (bench(training), Command::StopTraining),
        (bench(sampling), Command::CancelSampling),
        (bench(search), Command::StopSearch),
        (bench(simulation), Command::CancelSimulation),
        (bench(making), Command::StopRows),
        (bench(growing), Command::StopGrowing),
        (bench(corners), Command::StopCorners),
        (bench(review), Command::StopReview),
        (comparison, Command::StopComparison),
    ];
    all.into_iter().filter_map(|(progress, command)| Some((progress?, command))).collect()
}

/// The window's title: the job under way, the circuit, the program.
pub fn window_title(bench: Option<&Bench>) -> String {
    let Some(bench) = bench else {
        return "sizewright".to_owned();
    };
    let base = format!("{} – sizewright", bench.open.circuit.name);
    let jobs = [training, sampling, search, simulation, making, growing];
    let job = jobs.iter().find_map(|job| job(bench));
    match job.and_then(|j| Some((j.part?, j.name))) {
        Some((part, name)) => format!("{:.0} % · {name} – {base}", 100.0 * part),
        None => base,
    }
}

/// Draws the status bar.
pub fn status_bar(ui: &mut Ui, scene: &mut Scene<'_>) {
    let sampling = scene.bench.and_then(|bench| bench.sampling.as_ref());
    ui.horizontal(|ui| {
        let (name, why) = match &scene.environment.device {
            Some((name, why)) => (name.clone(), why.as_deref()),
            None => (format!("Device: {}", scene.forms.train.device.name()), None),
        };
        let hint = why.map_or_else(String::new, |why| format!(", chosen since {why}"));
        ui.label(name).on_hover_text(format!("The device that trains and samples{hint}"));
        ui.separator();
        match &scene.environment.ngspice {
            NgspiceState::Unknown => ui.weak("Looking for ngspice…"),
            NgspiceState::Found(version) => ui.label(version).on_hover_text("The simulator that judges"),
            NgspiceState::Missing(message) => {
                ui.colored_label(palette(ui.visuals()).warning, "ngspice is missing").on_hover_text(message)
            }
        };
        ui.separator();
        // first, so that it stays where it is while the words beside it change
        jobs_button(ui, scene);
        let jobs = running(scene);
        if jobs.is_empty() && sampling.is_none() {
            ui.weak(match &scene.environment.opening {
                Some(name) => format!("Opening {name}…"),
                None => "Ready".to_owned(),
            });
        }
        let alone = jobs.len() == 1;
        for (job, command) in jobs {
            ui.label(&job.name);
            let width = if alone { 140.0 } else { 70.0 };
            ui.add(ProgressBar::new(job.part.unwrap_or(0.0)).desired_width(width).show_percentage());
            let pace = job.pace();
            if alone && !pace.is_empty() {
                ui.weak(pace);
            }
            let stop = ui.add_enabled(scene.can(command), egui::Button::new("×").small());
            accessible::name(&stop, &format!("{} from the status bar", command.title()));
            if stop.on_hover_text(command.title()).clicked() {
                scene.run(command, ui.ctx());
            }
        }
        if let Some(sampling) = sampling {
            // nothing is said of it until it ends
            ui.ctx().request_repaint_after(std::time::Duration::from_millis(250));
            if sampling.progress().is_none() {
                ui.label("Sampling…");
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            match scene.bench.and_then(|bench| bench.model.as_ref()) {
                Some(hand) => {
                    ui.add(egui::Label::new(format!("Model: {}", hand.name)).truncate())
                        .on_hover_text("The model that designs are drawn from");
                }
                None => {
                    ui.weak("No model yet");
                }
            }
        });
    });
}

/// The list of jobs behind a button.
fn jobs_button(ui: &mut Ui, scene: &mut Scene<'_>) {
    let waiting = scene.bench.map_or(0, |bench| bench.queue.waiting.len());
    let count = running(scene).len() + waiting;
    let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let title = if count == 0 { "Jobs".to_owned() } else { format!("Jobs: {count}") };
    let (button, _) = MenuButton::new(title).config(config).ui(ui, |ui| {
        ui.set_width(380.0);
        jobs_list(ui, scene);
    });
    button.on_hover_text("What is under way and what waits");
}

fn jobs_list(ui: &mut Ui, scene: &mut Scene<'_>) {
    let running = running(scene);
    let waiting = scene.bench.map_or_else(Vec::new, |bench| bench.queue.words());
    if running.is_empty() && waiting.is_empty() {
        ui.weak("Nothing is under way.");
        ui.weak("Training, sampling, searching and simulating are listed here.");
    }
    for (job, command) in running {
        ui.strong(&job.name);
        ui.horizontal(|ui| {
            let bar = ProgressBar::new(job.part.unwrap_or(0.0)).desired_width(250.0).show_percentage();
            ui.add(bar);
            if ui.add_enabled(scene.can(command), egui::Button::new(command.title())).clicked() {
                scene.run(command, ui.ctx());
            }
        });
        let pace = job.pace();
        if !pace.is_empty() {
            ui.small(pace);
        }
        ui.separator();
    }
    for (i, words) in waiting.into_iter().enumerate() {
        ui.horizontal(|ui| {
            ui.label(format!("{}. {words}", i + 1));
            if ui.button("Remove").on_hover_text(format!("Take “{words}” out of the queue")).clicked() {
                scene.wish(Wish::Dequeue(i));
            }
        });
    }
}
