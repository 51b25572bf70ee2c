//! What the engine and the background threads say becomes state here, a bounded part of it each frame.

use super::App;
use super::background::{Arrival, Purpose};
use super::state::{Designs, ModelInHand, Ngspice, Tab, Training, UserState};
use crate::engine::{
    DrawSettings, End, Event, JobError, JobId, JobKind, NoBundledModel, Outcome, Product, SampleSet,
    SpiceError, TrainedModel,
};
use egui::Context;
use std::sync::Arc;
use std::time::Instant;

/// Events taken in a frame; the rest waits for the next one, so that no burst freezes the window.
const A_FRAME: usize = 256;

impl App {
    /// Takes what has come.
    pub(super) fn drain(&mut self, ctx: &Context) {
        while let Some(arrival) = self.background.next() {
            self.arrived(arrival);
        }
        for taken in 0..=A_FRAME {
            if taken == A_FRAME {
                ctx.request_repaint();
                break;
            }
            let Ok(event) = self.engine.events().try_recv() else {
                break;
            };
            self.happened(event);
        }
    }

    fn arrived(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Circuit(Ok((open, problem))) => {
                self.system.opening = None;
                if let Some(problem) = problem {
                    self.system.messages.error(problem);
                }
                self.adopt_circuit(*open);
            }
            Arrival::Circuit(Err(message)) => {
                self.system.opening = None;
                self.system.messages.error(message);
                if let Some(usual) = self.keeper.fallback.take().filter(|_| self.system.open.is_none()) {
                    self.open(usual);
                }
            }
            Arrival::Rows(path, Ok(open)) => self.adopt_rows(&path, *open),
            Arrival::Rows(_, Err(message)) => self.system.messages.error(message),
            Arrival::Model(path, Ok((model, doubt))) => {
                if self.system.open.as_ref().is_some_and(|o| o.circuit.name == model.circuit) {
                    self.remember_model(&path);
                }
                let name = path.file_name().map_or("model".into(), |f| f.to_string_lossy().into_owned());
                if let Some(doubt) = doubt {
                    self.system.messages.note(format!("{name}: {doubt}"));
                }
                self.adopt_model(Arc::new(*model), name);
            }
            Arrival::Model(path, Err(message)) => {
                self.system.messages.error(message);
                self.forget_model(&path);
            }
            Arrival::Deck(circuit, looked) => self.deck_looked_at(&circuit, looked),
            Arrival::Saved(Ok(path)) => {
                self.system.messages.note(format!("The model is in {}", path.display()));
                if let (Some(model), Some(name)) = (&mut self.system.model, path.file_name()) {
                    model.name = name.to_string_lossy().into_owned();
                }
                self.remember_model(&path);
                self.system.saved = Some(path);
            }
            Arrival::Saved(Err(message)) => self.system.messages.error(message),
            Arrival::Written(written) => self.plot_written(written),
            Arrival::Picked(purpose, path, too_fast) => {
                self.system.dialog = None;
                match path {
                    Some(path) => self.picked(purpose, path),
                    None if too_fast => self.system.messages.error(
                        "No file dialog answered on this desktop: type the path into the field beside the \
                         button instead",
                    ),
                    None => {}
                }
            }
            Arrival::Told(told) => self.told(told),
            Arrival::Compared(outcome) => self.compared(outcome),
            Arrival::NotKept(message) => {
                self.system.messages.error(format!("The session is not kept: {message}"));
            }
            Arrival::Ngspice(Ok(version)) => self.system.ngspice = Ngspice::Found(version),
            Arrival::Ngspice(Err(message)) => {
                self.system
                    .messages
                    .error(format!("Designs cannot be simulated; everything else works. {message}"));
                self.system.ngspice = Ngspice::Missing(message);
            }
        }
    }

    fn picked(&mut self, purpose: Purpose, path: std::path::PathBuf) {
        let text = path.display().to_string();
        match purpose {
            Purpose::OpenCircuit => self.open(text),
            Purpose::LoadModel => {
                self.user.model_path = text;
                self.load_model();
            }
            Purpose::SaveModel => {
                self.user.model_path = text;
                self.save_model();
            }
            Purpose::Export => {
                self.user.export_path = text;
                self.save_export();
            }
            Purpose::Plot => {
                self.user.plot_path = text;
                self.save_plot();
            }
        }
    }

    fn adopt_circuit(&mut self, open: super::state::OpenCircuit) {
        let circuit = Arc::clone(&open.circuit);
        self.remember_circuit();
        // what belongs to the old one has nobody to wait for it
        self.engine.cancel_all();
        self.forget_queue();
        let fresh = UserState::default();
        let s = &mut self.system;
        s.model = None;
        s.designs = None;
        s.measured.clear();
        s.training = None;
        s.sampling = None;
        s.resample = false;
        s.simulation = None;
        s.search = None;
        s.searching = Arc::default();
        s.found = None;
        s.counts = None;
        s.saved = None;
        s.learning = Arc::default();
        self.user.selected = None;
        self.user.look.sort = fresh.look.sort;
        self.user.circuit_path = circuit.folder.display().to_string();
        self.user.targets = match circuit.specifications.first() {
            Some(named) => named.specification.clone(),
            None => open.middle(),
        };
        let bound = |m| self.user.targets.bound_on(m).map_or(open.middle().bounds[m].value, |b| b.value);
        self.user.remembered = (0..circuit.metrics.len()).map(bound).collect();
        self.history = super::history::History::default();
        self.last_targets = self.user.targets.clone();
        self.user.region = fresh.region;
        self.last_region = self.user.region.clone();
        self.loss.forget();
        self.histograms = None;
        self.system.open = Some(open);
        self.take_preset();
        self.look_at_deck();
        let last = self.recall_circuit();
        let bundled = if last.is_none() && self.config.demo_model {
            crate::engine::bundled_model(&circuit)
        } else {
            Err(NoBundledModel::None)
        };
        if let Err(NoBundledModel::Other { differences, .. }) = &bundled {
            self.system.messages.note(format!(
                "The bundled model of {} is not of this circuit ({differences}): train one on its rows",
                circuit.name
            ));
        }
        if let Some(path) = last.or(bundled.ok()) {
            self.user.model_path = path.display().to_string();
            self.load_model();
        }
    }

    /// Takes a model into the hand and samples with it.
    fn adopt_model(&mut self, model: Arc<TrainedModel>, name: String) {
        // it may have been loading while another circuit was opened
        if self.system.open.as_ref().is_none_or(|o| o.circuit.name != model.circuit) {
            self.system.messages.error(format!(
                "{name} is a model of {}, which is no longer open: open that circuit and load it again",
                model.circuit
            ));
            return;
        }
        let settings = self.keeper.solver.take().unwrap_or_else(|| DrawSettings::of(&model));
        self.user.sample.draw_as(settings);
        self.amend_edits();
        if self.system.training.is_none() {
            self.system.learning = Arc::new(model.learning.clone());
        }
        self.system.model = Some(ModelInHand { model, name });
        if self.user.sample.live {
            self.sample();
        }
    }

    fn happened(&mut self, event: Event) {
        match event {
            Event::Device(name) => self.system.device = Some(name),
            Event::PerformanceModel { job, part } => {
                if let Some(training) = self.training(job) {
                    training.performance_model = Some(part);
                }
            }
            Event::Step { job, step, steps, loss, learning_rate, samples_a_second } => {
                let learning = self.engine.learning();
                if let Some(training) = self.training(job) {
                    training.performance_model = None;
                    (training.step, training.steps) = (step, steps);
                    (training.loss, training.learning_rate) = (loss, learning_rate);
                    training.rate = samples_a_second;
                    training.pace.get_or_insert((Instant::now(), step));
                    self.system.learning = learning;
                }
            }
            Event::Paused(job) => self.set_paused(job, true),
            Event::Resumed(job) => self.set_paused(job, false),
            Event::Saved(path) => self.system.saved = Some(path),
            Event::NotSaved(message) => self.system.messages.error(message),
            Event::Measured { job, index, outcome } => self.measured(job, index, outcome),
            Event::Searching { job, .. } => self.searching(job),
            // the window makes no rows yet
            Event::Generating { .. } => {}
            Event::Ended(job, end) => self.ended(job, end),
        }
    }

    fn training(&mut self, job: JobId) -> Option<&mut Training> {
        self.system.training.as_mut().filter(|training| training.job == job)
    }

    /// Takes the end of a job; one of a circuit that is no longer open is nobody's any more.
    fn ended(&mut self, job: JobId, end: End) {
        let stopped = matches!(end, End::Stopped(_));
        match end {
            End::Done(product) | End::Stopped(Some(product)) => match product {
                Product::Model(model) => self.trained(job, model, stopped),
                Product::Designs(set) => self.sampled(job, &set),
                Product::Measured { seconds, .. } => self.simulated(job, seconds),
                Product::Found(result) => self.searched(job, &result),
                Product::Rows(_) => {}
            },
            End::Stopped(None) => {
                self.forget_job(job);
            }
            End::Failed(error) => {
                if self.forget_job(job) {
                    if let JobError::Simulator(reason) = &error
                        && matches!(**reason, SpiceError::NotInstalled { .. })
                    {
                        self.system.ngspice = Ngspice::Missing(error.to_string());
                    }
                    self.system.messages.error(error);
                }
            }
        }
    }

    /// A job has ended without a result. Whether anyone waited for it.
    fn forget_job(&mut self, job: JobId) -> bool {
        let s = &mut self.system;
        match job.kind {
            JobKind::Training => s.training.take_if(|t| t.job == job).is_some(),
            JobKind::Search => s.search.take_if(|s| s.job == job).is_some(),
            JobKind::Simulation => match s.simulation.as_mut().filter(|s| s.job == job) {
                Some(simulation) => {
                    simulation.ended = Some(simulation.since.elapsed().as_secs_f64());
                    true
                }
                None => false,
            },
            JobKind::Sampling => {
                let waited = s.sampling.take_if(|s| s.job == job).is_some();
                if waited {
                    self.sample_again();
                }
                waited
            }
            JobKind::Generation => false,
        }
    }

    fn simulated(&mut self, job: JobId, seconds: f64) {
        let Some(simulation) = self.system.simulation.as_mut().filter(|s| s.job == job) else {
            return;
        };
        simulation.ended = Some(seconds);
        let (done, failed) = (simulation.done, simulation.failed);
        let seconds = super::status::duration(seconds);
        self.system
            .messages
            .record(format!("Simulated {done} designs in {seconds}, {failed} of them failed"));
    }

    fn set_paused(&mut self, job: JobId, paused: bool) {
        if let Some(training) = self.training(job) {
            training.paused = paused;
            training.pace = None;
        }
    }

    fn trained(&mut self, job: JobId, model: Arc<TrainedModel>, stopped: bool) {
        if self.system.training.take_if(|t| t.job == job).is_none() {
            return; // another circuit was opened meanwhile
        }
        let learning = &model.learning;
        let taken = learning.training.len();
        let epochs = taken as f64 / f64::from(learning.steps_an_epoch.max(1));
        let how = if stopped { "stopped after" } else { "trained for" };
        let name = format!("{}, {how} {epochs:.1} epochs, seed {}", model.circuit, model.seed);
        if taken == 0 {
            self.system.messages.note("Training was stopped before its first step: nothing was learnt");
            return;
        }
        self.system.saved = None;
        self.system.messages.record(format!("Trained: {name}"));
        self.adopt_model(model, name);
    }

    fn sampled(&mut self, job: JobId, set: &SampleSet) {
        let Some(request) = self.system.sampling.take_if(|s| s.job == job) else {
            return;
        };
        let mut candidates = set.candidates.clone();
        for candidate in &mut candidates {
            candidate.simulated = self.system.measured.get(&candidate.sizing.key()).cloned();
        }
        self.user.selected = match (self.user.selected, candidates.len()) {
            (_, 0) => None,
            (selected, count) => Some(selected.unwrap_or(0).min(count - 1)),
        };
        self.system.designs = Some(Designs {
            specification: set.specification.clone(),
            candidates,
            seconds: set.seconds,
            device: set.device.clone(),
            seed: request.seed,
            model: request.model,
            of: request.of,
        });
        // who edits ranges on the circuit's page stays there
        if self.system.training.is_none() && self.user.tab != Tab::Circuit {
            self.user.tab = Tab::Designs;
        }
        self.sample_again();
    }

    fn measured(&mut self, job: JobId, index: usize, outcome: Outcome) {
        let s = &mut self.system;
        let Some(simulation) = s.simulation.as_mut().filter(|s| s.job == job) else {
            return;
        };
        let Some(sizing) = simulation.sizings.get(index) else {
            return;
        };
        simulation.done += 1;
        simulation.failed += usize::from(outcome.is_err());
        for candidate in s.designs.iter_mut().flat_map(|d| &mut d.candidates) {
            if candidate.sizing == *sizing {
                candidate.simulated = Some(outcome.clone());
            }
        }
        s.measured.insert(sizing.key(), outcome);
    }
}
