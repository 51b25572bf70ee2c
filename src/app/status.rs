//! The status bar and the window's title: what is at work, how far it is, how long it still takes.

use super::App;
use super::state::Ngspice;
use egui::{Align, Layout, ProgressBar, Ui};

/// `1 h 02 min`, `3 min 20 s`, `12 s`, `0.4 s`.
pub fn duration(seconds: f64) -> String {
    if seconds < 9.95 {
        return format!("{:.1} s", seconds.max(0.0));
    }
    let s = seconds.round() as u64;
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min {:02} s", s / 60, s % 60),
        _ => format!("{} h {:02} min", s / 3600, s / 60 % 60),
    }
}

/// A job under way as the status bar shows it.
pub struct Progress {
    /// What it is.
    pub name: String,
    /// The part done, if that is known.
    pub part: Option<f32>,
    /// Seconds left, if that is known.
    pub left: Option<f64>,
    /// How fast it goes, in words.
    pub rate: Option<String>,
}

impl Progress {
    /// `120 simulations/s · 12 s left`, as far as it is known.
    pub fn pace(&self) -> String {
        let left = self.left.map(|left| format!("{} left", duration(left)));
        let said: Vec<String> = [self.rate.clone(), left].into_iter().flatten().collect();
        said.join(" · ")
    }
}

/// `120 simulations/s`, once there is something to tell.
pub fn per_second(done: usize, seconds: f64) -> Option<String> {
    let rate = done as f64 / seconds.max(1e-9);
    match rate {
        _ if done == 0 => None,
        0.0..10.0 => Some(format!("{rate:.1} simulations/s")),
        _ => Some(format!("{} simulations/s", grouped(rate.round() as usize))),
    }
}

impl App {
    /// The training's progress.
    pub(super) fn training_progress(&self) -> Option<Progress> {
        let training = self.system.training.as_ref()?;
        let name = match (training.performance_model, training.paused, training.stopping) {
            (_, _, true) => "Stopping".to_owned(),
            (_, true, _) => "Training paused".to_owned(),
            (Some(_), ..) => "Training the performance model".to_owned(),
            _ if training.steps == 0 => "Preparing the training".to_owned(),
            _ => format!("Training, step {} of {}", training.step, training.steps),
        };
        if let Some(part) = training.performance_model {
            return Some(Progress { name, part: Some(part as f32), left: None, rate: None });
        }
        let part = (training.steps > 0).then(|| training.step as f32 / training.steps as f32);
        let left = training.pace.filter(|(_, from)| training.step > *from).map(|(since, from)| {
            let a_step = since.elapsed().as_secs_f64() / f64::from(training.step - from);
            a_step * f64::from(training.steps.saturating_sub(training.step))
        });
        let rate =
            (training.rate > 0.0).then(|| format!("{} samples/s", grouped(training.rate.round() as usize)));
        Some(Progress { name, part, left, rate })
    }

    /// The progress of a sampling that takes its time; a short one is over before it can be read.
    pub(super) fn sampling_progress(&self) -> Option<Progress> {
        const SHORT: f64 = 0.6;
        let sampling = self.system.sampling.as_ref()?;
        let seconds = sampling.since.elapsed().as_secs_f64();
        if seconds < SHORT {
            return None;
        }
        let part = self.engine.part(sampling.job);
        let left = (part > 0.02).then(|| seconds / part * (1.0 - part));
        Some(Progress { name: "Sampling".to_owned(), part: Some(part as f32), left, rate: None })
    }

    /// The simulation's progress.
    pub(super) fn simulation_progress(&self) -> Option<Progress> {
        let simulation = self.system.simulation.as_ref().filter(|s| s.ended.is_none())?;
        let (done, all) = (simulation.done, simulation.sizings.len());
        let seconds = simulation.since.elapsed().as_secs_f64();
        Some(Progress {
            name: format!("ngspice, {done} of {all}"),
            part: Some(done as f32 / all.max(1) as f32),
            left: (done > 0).then(|| seconds / done as f64 * (all - done) as f64),
            rate: per_second(done, seconds),
        })
    }

    pub(super) fn window_title(&self) -> String {
        let circuit = self.system.open.as_ref().map(|o| o.circuit.name.as_str());
        let base = circuit.map_or("sizewright".to_owned(), |c| format!("{c} – sizewright"));
        let job = self
            .training_progress()
            .or_else(|| self.sampling_progress())
            .or_else(|| self.search_progress())
            .or_else(|| self.simulation_progress());
        match job.and_then(|j| Some((j.part?, j.name))) {
            Some((part, name)) => format!("{:.0} % · {name} – {base}", 100.0 * part),
            None => base,
        }
    }

    pub(super) fn status_bar(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            let device = self.system.device.clone();
            let choice = self.user.train.device.name();
            ui.label(device.unwrap_or_else(|| format!("Device: {choice}")))
                .on_hover_text("The device that trains and samples");
            ui.separator();
            match &self.system.ngspice {
                Ngspice::Unknown => ui.weak("Looking for ngspice…"),
                Ngspice::Found(version) => ui.label(version).on_hover_text("The simulator that judges"),
                Ngspice::Missing(message) => ui
                    .colored_label(super::theme::palette(ui.visuals()).warning, "ngspice is missing")
                    .on_hover_text(message),
            };
            ui.separator();
            // first, so that it stays where it is while the words beside it change
            self.jobs_button(ui);
            let jobs = self.running();
            if jobs.is_empty() && self.system.sampling.is_none() {
                ui.weak(match &self.system.opening {
                    Some(name) => format!("Opening {name}…"),
                    None => "Ready".to_owned(),
                });
            }
            let alone = jobs.len() == 1;
            let mut wish = None;
            for (job, command) in jobs {
                ui.label(&job.name);
                let width = if alone { 140.0 } else { 70.0 };
                ui.add(ProgressBar::new(job.part.unwrap_or(0.0)).desired_width(width).show_percentage());
                let pace = job.pace();
                if alone && !pace.is_empty() {
                    ui.weak(pace);
                }
                let stop = ui.add_enabled(self.can(command), egui::Button::new("×").small());
                super::accessible::name(&stop, &format!("{} from the status bar", command.title()));
                if stop.on_hover_text(command.title()).clicked() {
                    wish = Some(command);
                }
            }
            if let Some(command) = wish {
                let ctx = ui.ctx().clone();
                self.run(command, &ctx);
            }
            if self.system.sampling.is_some() {
                // nothing is said of it until it ends
                ui.ctx().request_repaint_after(std::time::Duration::from_millis(250));
                if self.sampling_progress().is_none() {
                    ui.label("Sampling…");
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| match &self.system.model {
                Some(hand) => {
                    ui.add(egui::Label::new(format!("Model: {}", hand.name)).truncate())
                        .on_hover_text("The model that designs are drawn from");
                }
                None => {
                    ui.weak("No model yet");
                }
            });
        });
    }
}

/// The heading of a step in the way through: number, title, tick, a word on its state.
pub fn step(ui: &mut Ui, number: usize, title: &str, done: bool, open: bool, body: impl FnOnce(&mut Ui)) {
    let text = egui::RichText::new(format!("{number}  {title}")).strong();
    let header = egui::CollapsingHeader::new(text)
        .id_salt(("step", number))
        .default_open(open)
        .show_unindented(ui, |ui| {
            body(ui);
        })
        .header_response;
    if done {
        let colour = super::theme::palette(ui.visuals()).feasible;
        let at = egui::pos2(ui.max_rect().right() - 14.0, header.rect.center().y);
        let rect = egui::Rect::from_center_size(at, egui::vec2(11.0, 11.0));
        super::theme::paint_tick(ui.painter(), rect, colour);
    }
    ui.add(egui::Separator::default().spacing(1.0));
}

/// A thousand and more with thin gaps: `2 024`.
pub fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
