//! What the user's wishes become: jobs for the engine, files, dialogs.

use super::App;
use super::background::Purpose;
use super::queue::Wish;
use super::state::{Ngspice, PresetChoice, Sampling, Simulation, Tab, Training};
use crate::circuit::{Bound, Sizing, Specification};
use crate::engine::{Candidate, Preset, Ranking, SampleJob, SimulateJob, TrainJob, TrainedModel};
use crate::export::{self, ExportRecord};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// A sampling that takes longer is cancelled for a newer one rather than waited for.
const PATIENCE: f64 = 0.7;

impl super::state::OpenCircuit {
    /// The middle of every metric's range, where a circuit names no specification.
    pub(super) fn middle(&self) -> Specification {
        let bound = |(m, metric): (usize, &crate::circuit::Metric)| {
            let (low, high) = self.range(m);
            let value = metric.unscaled((metric.scaled(low) + metric.scaled(high)) / 2.0);
            Bound { metric: m, sense: metric.sense, value }
        };
        Specification { bounds: self.circuit.metrics.iter().enumerate().map(bound).collect() }
    }
}

impl App {
    /// Opens a bundled circuit by its name or a folder by its path; what is open stays until it is read.
    pub fn open(&mut self, name_or_folder: impl Into<String>) {
        let name = name_or_folder.into().trim().to_owned();
        if name.is_empty() {
            self.system.messages.error("Type the path of a circuit's folder, or of its circuit.ron, first");
            return;
        }
        self.system.opening = Some(name.clone());
        self.background.open_circuit(name);
    }

    /// Opens a file dialog, where dialogs are wanted.
    pub(super) fn ask(&mut self, purpose: Purpose) {
        if self.system.dialog.is_some() {
            return;
        }
        let name = self.system.open.as_ref().map_or("sizing", |o| o.circuit.name.as_str());
        let suggested = match purpose {
            Purpose::Export => format!("{name}.{}", self.user.format.extension()),
            Purpose::Plot => self.plot_file_suggested(),
            _ => format!("{name}.model"),
        };
        self.system.dialog = Some(purpose);
        self.background.ask(purpose, suggested);
    }

    pub(super) fn typed_path(&mut self, text: &str, example: &str) -> Option<PathBuf> {
        let text = text.trim();
        if text.is_empty() {
            self.system.messages.error(format!("Type a path first, such as {example}"));
            return None;
        }
        Some(PathBuf::from(text))
    }

    /// Reads the model of the typed path; the one in hand stays until it is read.
    pub(super) fn load_model(&mut self) {
        let text = self.user.model_path.clone();
        let Some(path) = self.typed_path(&text, "ota1.model") else {
            return;
        };
        if let Some(open) = &self.system.open {
            self.background.load_model(Arc::clone(&open.circuit), path);
        }
    }

    /// Writes the model in hand to the typed path.
    pub(super) fn save_model(&mut self) {
        let text = self.user.model_path.clone();
        let Some(path) = self.typed_path(&text, "ota1.model") else {
            return;
        };
        if let Some(hand) = &self.system.model {
            self.background.save_model(Arc::clone(&hand.model), path);
        }
    }

    /// Starts a training, or goes on with a model that has not taken all its steps.
    pub(super) fn train(&mut self, resume: Option<Arc<TrainedModel>>) {
        let Some(open) = &self.system.open else {
            return;
        };
        let form = &self.user.train;
        let (recipe, seed) = match &resume {
            Some(model) => (model.recipe.clone(), model.seed),
            None => (form.recipe.clone(), form.seed),
        };
        if let Err(problem) = recipe.check() {
            self.system.messages.error(format!("This recipe cannot be trained: {problem}"));
            return;
        }
        let job = TrainJob {
            circuit: Arc::clone(&open.circuit),
            dataset: Arc::clone(&open.rows),
            recipe,
            seed,
            device: form.device,
            resume,
            beside: None,
            checkpoint: None,
        };
        self.begin_or_ask(Wish::Train(Box::new(job)));
    }

    /// Trains at once.
    pub(super) fn start_training(&mut self, job: TrainJob) {
        let (system, epochs) = (job.recipe.system().title(), job.recipe.epochs);
        self.system.messages.record(format!(
            "Training of {system} on {}: {epochs} epochs, seed {}",
            job.circuit.name, job.seed
        ));
        let job = self.engine.train(job);
        self.system.training = Some(Training {
            job,
            step: 0,
            steps: 0,
            loss: f32::NAN,
            learning_rate: 0.0,
            rate: 0.0,
            performance_model: None,
            pace: None,
            paused: false,
            stopping: false,
        });
        self.loss.forget();
        self.user.tab = Tab::Training;
    }

    /// The model in hand if it can be trained on.
    pub(super) fn unfinished(&self) -> Option<Arc<TrainedModel>> {
        let model = &self.system.model.as_ref()?.model;
        let steps = model.learning.steps as usize;
        (model.optimiser.is_some() && model.learning.training.len() < steps).then(|| Arc::clone(model))
    }

    pub(super) fn pause_or_resume(&mut self) {
        match &self.system.training {
            Some(training) if training.paused => self.engine.resume(training.job),
            Some(training) => self.engine.pause(training.job),
            None => {}
        }
    }

    pub(super) fn stop_training(&mut self) {
        if let Some(training) = &mut self.system.training {
            training.stopping = true;
            self.engine.cancel(training.job);
        }
    }

    /// Asks for designs. One request is under way at most; of wishes meanwhile the newest is sent after it.
    pub(super) fn sample(&mut self) {
        if let Some(under_way) = &self.system.sampling {
            self.system.resample = true;
            if under_way.since.elapsed().as_secs_f64() > PATIENCE {
                self.engine.cancel(under_way.job);
            }
            return;
        }
        let (Some(open), Some(hand)) = (&self.system.open, &self.system.model) else {
            return;
        };
        let form = &self.user.sample;
        let times = if form.ranked { form.times.max(1) } else { 1 };
        let job = self.engine.sample(SampleJob {
            circuit: Arc::clone(&open.circuit),
            model: Arc::clone(&hand.model),
            specification: self.user.targets.clone(),
            region: self.user.region.clone(),
            settings: form.drawing(),
            count: form.count,
            ranking: if form.ranked { Ranking::Oversample(times) } else { Ranking::Raw },
            seed: form.seed,
            device: self.user.train.device,
        });
        let (since, seed, model) = (Instant::now(), form.seed, hand.name.clone());
        self.system.sampling = Some(Sampling { job, since, seed, model, of: times });
        self.system.resample = false;
    }

    pub(super) fn cancel_sampling(&mut self) {
        self.system.resample = false;
        if let Some(sampling) = &self.system.sampling {
            self.engine.cancel(sampling.job);
        }
    }

    pub(super) fn sample_again(&mut self) {
        if std::mem::take(&mut self.system.resample) {
            self.sample();
        }
    }

    /// Measures designs in ngspice; those already measured are left out, since the answer would be the same.
    pub(super) fn simulate(&mut self, indices: Vec<usize>) {
        if let Ngspice::Missing(message) = &self.system.ngspice {
            self.system.messages.error(message.clone());
            return;
        }
        if !self.may_run_deck() {
            return;
        }
        let Some(designs) = &self.system.designs else {
            return;
        };
        let candidates = || indices.iter().filter_map(|i| designs.candidates.get(*i));
        if candidates().any(|c| c.simulated.is_none())
            && candidates().all(|c| c.simulated.is_some() || self.waits(&c.sizing))
        {
            self.system.messages.note("These designs are being simulated, or wait to be");
            return;
        }
        let waiting = |i: &usize| {
            let fresh = |c: &&Candidate| c.simulated.is_none() && !self.waits(&c.sizing);
            designs.candidates.get(*i).filter(fresh)
        };
        let sizings: Vec<_> = indices.iter().filter_map(waiting).map(|c| c.sizing.clone()).collect();
        if sizings.is_empty() {
            self.system.messages.note("These designs were simulated already: the result would be the same");
            return;
        }
        self.begin_or_queue(Wish::Simulate(sizings));
    }

    /// Measures at once, without those that were measured while they waited.
    pub(super) fn start_simulation(&mut self, mut sizings: Vec<Sizing>) {
        let Some(open) = &self.system.open else {
            return;
        };
        sizings.retain(|sizing| !self.system.measured.contains_key(&sizing.key()));
        if sizings.is_empty() {
            return;
        }
        let job = self.engine.simulate(SimulateJob {
            circuit: Arc::clone(&open.circuit),
            sizings: sizings.clone(),
            pool: self.config.simulator.clone(),
        });
        self.system.simulation = Some(Simulation {
            job,
            sizings,
            done: 0,
            failed: 0,
            since: Instant::now(),
            ended: None,
            cancelled: false,
        });
    }

    pub(super) fn cancel_simulation(&mut self) {
        if let Some(simulation) = self.system.simulation.as_mut().filter(|s| s.ended.is_none()) {
            simulation.cancelled = true;
            self.engine.cancel(simulation.job);
        }
    }

    /// What would be exported of the selected design.
    pub(super) fn export_record(&self) -> Option<ExportRecord> {
        let candidate: &Candidate = self.system.design(self.user.selected)?;
        let designs = self.system.designs.as_ref()?;
        let (model, seed) = (Some(designs.model.clone()), Some(designs.seed));
        let targets = Some(&self.user.targets);
        Some(ExportRecord::new(&candidate.sizing, targets, candidate.word(), model, seed))
    }

    /// Writes the selected design to the typed path.
    pub(super) fn save_export(&mut self) {
        let text = self.user.export_path.clone();
        let example = format!("sizing.{}", self.user.format.extension());
        let Some(path) = self.typed_path(&text, &example) else {
            return;
        };
        let (Some(open), Some(record)) = (&self.system.open, self.export_record()) else {
            return;
        };
        match export::save(&open.circuit, &record, self.user.format, Path::new(&path)) {
            Ok(()) => self.system.messages.note(format!("The sizing is in {}", path.display())),
            Err(e) => self.system.messages.error(e),
        }
    }

    /// The chosen preset's recipe for the chosen system and the open dataset; one edited by hand stays, unless
    /// it is of another system.
    pub(super) fn take_preset(&mut self) {
        let rows = self.system.rows();
        let form = &mut self.user.train;
        if form.recipe.system() != form.system && form.preset == PresetChoice::Custom {
            form.preset = PresetChoice::Preset(Preset::Quick);
        }
        if let PresetChoice::Preset(preset) = form.preset {
            form.recipe = preset.recipe(form.system, rows);
        }
    }

    /// Marks the recipe as edited by hand if it is no longer its preset's.
    pub(super) fn recipe_edited(&mut self) {
        // a preset's epochs depend on the rows, which are not there before the circuit is
        if let (PresetChoice::Preset(preset), true) = (self.user.train.preset, self.system.open.is_some())
            && preset.recipe(self.user.train.system, self.system.rows()) != self.user.train.recipe
        {
            self.user.train.preset = PresetChoice::Custom;
        }
    }
}
