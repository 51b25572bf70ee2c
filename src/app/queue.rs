//! Long work in turn: what is asked for while its like is under way waits here, and the list of all jobs in the
//! status bar. One training, one simulation and one search run at a time, side by side.

use super::App;
use super::Command;
use super::status::Progress;
use crate::circuit::{Region, Sizing, Specification};
use crate::engine::{SearchSettings, TrainJob};
use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{Context, Id, Key, Modal, Modifiers, PopupCloseBehavior, ProgressBar, Ui};

/// What waits.
pub enum Wish {
    /// A training, as it was set when it was asked for.
    Train(Box<TrainJob>),
    /// Measuring.
    Simulate(Vec<Sizing>),
    /// A search, as it was set when it was asked for.
    Search(SearchSettings, Specification, Region),
}

impl Wish {
    fn words(&self) -> String {
        match self {
            Wish::Train(job) => {
                let epochs = job.recipe.epochs;
                format!("Train {}, {epochs} epochs, seed {}", job.recipe.system().title(), job.seed)
            }
            Wish::Simulate(sizings) => match sizings.len() {
                1 => "Simulate 1 design".to_owned(),
                n => format!("Simulate {n} designs"),
            },
            Wish::Search(settings, ..) => {
                format!("Search by {}, seed {}", settings.strategy.name(), settings.seed)
            }
        }
    }

    fn same_kind(&self, other: &Wish) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// What waits, in its order, and what the user is asked about.
#[derive(Default)]
pub struct Queue {
    waiting: Vec<Wish>,
    asked: Option<Wish>,
}

impl Queue {
    /// Whether a question is put to the user.
    pub fn asks(&self) -> bool {
        self.asked.is_some()
    }
}

impl App {
    fn busy(&self, wish: &Wish) -> bool {
        match wish {
            Wish::Train(_) => self.system.training.is_some(),
            Wish::Simulate(_) => self.system.simulating(),
            Wish::Search(..) => self.system.search.is_some(),
        }
    }

    fn begin(&mut self, wish: Wish) {
        match wish {
            Wish::Train(job) => self.start_training(*job),
            Wish::Simulate(sizings) => self.start_simulation(sizings),
            Wish::Search(settings, specification, region) => {
                self.start_search(settings, specification, region)
            }
        }
    }

    /// Begins at once if nothing of its kind is under way, else asks whether to queue it. Whether it has begun.
    pub(super) fn begin_or_ask(&mut self, wish: Wish) -> bool {
        if self.busy(&wish) {
            self.queue.asked = Some(wish);
            return false;
        }
        self.begin(wish);
        true
    }

    /// Begins at once if nothing of its kind is under way, else queues it.
    pub(super) fn begin_or_queue(&mut self, wish: Wish) {
        if self.busy(&wish) || self.queue.waiting.iter().any(|other| other.same_kind(&wish)) {
            self.queue.waiting.push(wish);
        } else {
            self.begin(wish);
        }
    }

    /// What waits, in words.
    pub fn queued(&self) -> Vec<String> {
        self.queue.waiting.iter().map(Wish::words).collect()
    }

    /// Whether a sizing waits to be simulated.
    pub(super) fn waits(&self, sizing: &Sizing) -> bool {
        let under_way = self.system.simulation.iter().filter(|s| s.ended.is_none()).flat_map(|s| &s.sizings);
        let queued = self.queue.waiting.iter().flat_map(|wish| match wish {
            Wish::Simulate(sizings) => sizings.as_slice(),
            _ => &[],
        });
        under_way.chain(queued).any(|other| other == sizing)
    }

    /// Begins what waits for nothing any more.
    pub(super) fn follow_queue(&mut self) {
        while let Some(next) = self.queue.waiting.iter().position(|wish| !self.busy(wish)) {
            let wish = self.queue.waiting.remove(next);
            let tab = self.user.tab;
            self.begin(wish);
            // nobody pressed a button just now
            self.user.tab = tab;
        }
    }

    /// Another circuit was opened: what waits was for the one before.
    pub(super) fn forget_queue(&mut self) {
        let forgotten = self.queue.waiting.len();
        self.queue = Queue::default();
        if forgotten > 0 {
            let jobs = if forgotten == 1 { "A queued job" } else { "Queued jobs" };
            self.system.messages.note(format!("{jobs} of the circuit before will not be run"));
        }
    }

    /// Asks whether a job is to wait for its like.
    pub(super) fn queue_question(&mut self, ctx: &Context) {
        let Some(wish) = &self.queue.asked else {
            return;
        };
        let (busy, words) = (self.busy(wish), wish.words());
        let kind = match wish {
            Wish::Train(_) => "training",
            Wish::Simulate(_) => "simulation",
            Wish::Search(..) => "search",
        };
        let (mut yes, mut no) = (false, false);
        let enter = ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Enter));
        let shown = Modal::new(Id::unique("queue question")).show(ctx, |ui| {
            ui.set_width(340.0);
            ui.heading(format!("A {kind} is under way"));
            ui.label(format!("{words}: begin when it has ended?"));
            ui.add_space(6.0);
            ui.horizontal(|ui| {
                yes = ui.button("Queue").clicked() || enter;
                no = ui.button("Not now").clicked();
            });
        });
        if yes || !busy {
            if let Some(wish) = self.queue.asked.take() {
                self.begin_or_queue(wish);
            }
        } else if no || shown.should_close() {
            self.queue.asked = None;
        }
    }

    /// The list of jobs behind a button of the status bar.
    pub(super) fn jobs_button(&mut self, ui: &mut Ui) {
        let count = self.running().len() + self.queue.waiting.len();
        let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        let title = if count == 0 { "Jobs".to_owned() } else { format!("Jobs: {count}") };
        let (button, _) = MenuButton::new(title).config(config).ui(ui, |ui| {
            ui.set_width(380.0);
            self.jobs_list(ui);
        });
        button.on_hover_text("What is under way and what waits");
    }

    /// What is under way, each with the command that ends it.
    pub(super) fn running(&self) -> Vec<(Progress, Command)> {
        let all = [
            (self.training_progress(), Command::StopTraining),
            (self.sampling_progress(), Command::CancelSampling),
            (self.search_progress(), Command::StopSearch),
            (self.simulation_progress(), Command::CancelSimulation),
            (self.comparison_progress(), Command::StopComparison),
        ];
        all.into_iter().filter_map(|(progress, command)| Some((progress?, command))).collect()
    }

    fn jobs_list(&mut self, ui: &mut Ui) {
        let running = self.running();
        if running.is_empty() && self.queue.waiting.is_empty() {
            ui.weak("Nothing is under way.");
            ui.weak("Training, sampling, searching and simulating are listed here.");
        }
        let mut wish = None;
        for (job, command) in running {
            ui.strong(&job.name);
            ui.horizontal(|ui| {
                let bar = ProgressBar::new(job.part.unwrap_or(0.0)).desired_width(250.0).show_percentage();
                ui.add(bar);
                if ui.add_enabled(self.can(command), egui::Button::new(command.title())).clicked() {
                    wish = Some(command);
                }
            });
            let pace = job.pace();
            if !pace.is_empty() {
                ui.small(pace);
            }
            ui.separator();
        }
        if let Some(command) = wish {
            let ctx = ui.ctx().clone();
            self.run(command, &ctx);
        }
        let mut removed = None;
        for (i, words) in self.queued().into_iter().enumerate() {
            ui.horizontal(|ui| {
                ui.label(format!("{}. {words}", i + 1));
                if ui.button("Remove").on_hover_text(format!("Take “{words}” out of the queue")).clicked()
                {
                    removed = Some(i);
                }
            });
        }
        if let Some(i) = removed.filter(|i| *i < self.queue.waiting.len()) {
            self.queue.waiting.remove(i);
        }
    }
}
