//! What the engine and the background threads say becomes state here, a bounded part of it each frame.

use super::App;
use super::background::{Arrival, Purpose};
use super::state::{Designs, ModelInHand, Ngspice, Tab, UserState, bits};
use crate::engine::{Event, Failure, Job, NoBundledModel, SampleSet, Simulated, TrainedModel};
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
        self.stop_training();
        self.cancel_simulation();
        self.stop_search();
        self.forget_queue();
        let fresh = UserState::default();
        let s = &mut self.system;
        s.model = None;
        s.designs = None;
        s.measured.clear();
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
        let recipe = &model.recipe;
        let form = &mut self.user.sample;
        let own = (recipe.sampling_steps, recipe.guidance, recipe.tighten);
        (form.steps, form.guidance, form.tighten) = self.keeper.solver.take().unwrap_or(own);
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
            Event::PerformanceModel(part) => {
                if let Some(training) = &mut self.system.training {
                    training.performance_model = Some(part);
                }
            }
            Event::Step { step, steps, loss, learning_rate, samples_a_second } => {
                self.system.learning = self.engine.learning();
                if let Some(training) = &mut self.system.training {
                    training.performance_model = None;
                    (training.step, training.steps) = (step, steps);
                    (training.loss, training.learning_rate) = (loss, learning_rate);
                    training.rate = samples_a_second;
                    training.pace.get_or_insert((Instant::now(), step));
                }
            }
            Event::Paused => self.set_paused(true),
            Event::Resumed => self.set_paused(false),
            Event::Saved(path) => self.system.saved = Some(path),
            Event::NotSaved(message) => self.system.messages.error(message),
            Event::Trained { model, stopped } => self.trained(model, stopped),
            Event::Sampled(set) => self.sampled(&set),
            Event::Measured { id, index, outcome } => self.measured(id, index, outcome),
            Event::Simulated { id, seconds, .. } => {
                if let Some(simulation) = self.system.simulation.as_mut().filter(|s| s.id == id) {
                    simulation.ended = Some(seconds);
                    let (done, failed) = (simulation.done, simulation.failed);
                    let seconds = super::status::duration(seconds);
                    self.system
                        .messages
                        .record(format!("Simulated {done} designs in {seconds}, {failed} of them failed"));
                }
            }
            Event::Searching { id, .. } => self.searching(id),
            Event::Searched { id, result } => self.searched(id, &result),
            Event::Failed { job, message } => self.failed(job, message),
        }
    }

    fn set_paused(&mut self, paused: bool) {
        if let Some(training) = &mut self.system.training {
            training.paused = paused;
            training.pace = None;
        }
    }

    fn trained(&mut self, model: Arc<TrainedModel>, stopped: bool) {
        self.system.training = None;
        let learning = &model.learning;
        let taken = learning.training.len();
        let epochs = taken as f64 / f64::from(learning.steps_an_epoch.max(1));
        let how = if stopped { "stopped after" } else { "trained for" };
        let name = format!("{}, {how} {epochs:.1} epochs, seed {}", model.circuit, model.seed);
        if self.system.open.as_ref().is_none_or(|o| o.circuit.name != model.circuit) {
            return; // another circuit was opened meanwhile
        }
        if taken == 0 {
            self.system.messages.note("Training was stopped before its first step: nothing was learnt");
            return;
        }
        self.system.saved = None;
        self.system.messages.record(format!("Trained: {name}"));
        self.adopt_model(model, name);
    }

    fn sampled(&mut self, set: &SampleSet) {
        let Some(request) = self.system.sampling.take_if(|s| s.id == set.id) else {
            return;
        };
        let mut candidates = set.candidates.clone();
        for candidate in &mut candidates {
            candidate.simulated = self.system.measured.get(&bits(&candidate.sizing)).cloned();
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

    fn measured(&mut self, id: u64, index: usize, outcome: Result<Simulated, Failure>) {
        let s = &mut self.system;
        let Some(simulation) = s.simulation.as_mut().filter(|s| s.id == id) else {
            return;
        };
        let Some(sizing) = simulation.sizings.get(index) else {
            return;
        };
        if matches!(outcome, Err(Failure::Cancelled)) {
            return;
        }
        simulation.done += 1;
        simulation.failed += usize::from(outcome.is_err());
        for candidate in s.designs.iter_mut().flat_map(|d| &mut d.candidates) {
            if candidate.sizing == *sizing {
                candidate.simulated = Some(outcome.clone());
            }
        }
        s.measured.insert(bits(sizing), outcome);
    }

    fn failed(&mut self, job: Job, message: String) {
        match job {
            Job::Training => self.system.training = None,
            Job::Sampling => {
                self.system.sampling = None;
                self.sample_again();
                if message == "cancelled" {
                    return;
                }
            }
            Job::Searching => {
                // the search of a circuit that is no longer open: nobody waits for it
                if self.system.search.take().is_none() {
                    return;
                }
                if message.contains("ngspice is not installed") {
                    self.system.ngspice = Ngspice::Missing(message.clone());
                }
            }
            Job::Simulation => {
                if let Some(simulation) = &mut self.system.simulation {
                    simulation.ended = Some(simulation.since.elapsed().as_secs_f64());
                }
                if message.contains("ngspice is not installed") {
                    self.system.ngspice = Ngspice::Missing(message.clone());
                }
            }
        }
        self.system.messages.error(message);
    }
}
