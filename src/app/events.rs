//! What the engine and the background threads say becomes state here, a bounded part of it each frame.

use super::background::{Arrival, Opening};
use super::core::App;
use super::ids::{PaneId, WindowId};
use super::state::{
    Bench, DeckWord, Designs, Due, Forms, ModelInHand, NgspiceState, OpenCircuit, TrainingUnderWay,
};
use super::words::{duration, grouped};
use crate::circuit::Circuit;
use crate::engine::{
    DrawSettings, End, Event, JobError, JobId, JobKind, NoBundledModel, Outcome, Product, SampleSet,
    SearchResult, SpiceError, TrainedModel,
};
use crate::report::Report;
use egui::Context;
use std::path::Path;
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
        if let Some(sampling) = self.bench.as_mut().and_then(|bench| bench.sampling.as_mut()) {
            sampling.part = self.engine.part(sampling.job);
        }
    }

    fn arrived(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Circuit(Ok((open, opening))) => {
                self.environment.opening = None;
                match opening {
                    Some(Opening::Problem(problem)) => self.environment.messages.error(problem),
                    Some(Opening::NoRows) => self.no_rows(&open.circuit),
                    None => {}
                }
                self.adopt_circuit(*open);
            }
            Arrival::Circuit(Err(message)) => {
                self.environment.opening = None;
                self.environment.messages.error(message);
                if let Some(usual) = self.keeper.fallback.take().filter(|_| self.bench.is_none()) {
                    self.open(usual);
                }
            }
            Arrival::Rows(path, Ok(open)) => self.adopt_rows(&path, *open),
            Arrival::Rows(_, Err(message)) => self.environment.messages.error(message),
            Arrival::Outlook(circuit, outlook) => self.outlook_arrived(&circuit, outlook),
            Arrival::Growing(circuit, told) => self.growing_goes_on(&circuit, told),
            Arrival::Grown(circuit, grown) => self.grown(&circuit, grown.map(|gained| *gained)),
            Arrival::Cornered(circuit, sizing, condition, outcome) => {
                self.cornered(&circuit, &sizing, condition, outcome);
            }
            Arrival::CornersEnded(circuit, ended) => self.corners_ended(&circuit, ended),
            Arrival::Reviewing(circuit, done) => self.review_goes_on(&circuit, done),
            Arrival::Reviewed(circuit, written) => self.reviewed(&circuit, written),
            Arrival::TableRead(read) => self.table_read(read),
            Arrival::TableTaken(folder, taken) => self.table_taken(&folder, taken),
            Arrival::SetAside(file, outcome) => self.rows_set_aside(&file, outcome),
            Arrival::Model(path, Ok((model, doubt))) => {
                if self.bench.as_ref().is_some_and(|b| b.open.circuit.name == model.circuit) {
                    self.remember_model(&path);
                }
                let name = match path.file_name() {
                    Some(_) if self.is_unsaved(&path) => "trained before, not saved".to_owned(),
                    Some(name) => name.to_string_lossy().into_owned(),
                    None => "model".to_owned(),
                };
                if let Some(doubt) = doubt {
                    self.environment.messages.note(format!("{name}: {doubt}"));
                }
                self.adopt_model(Arc::new(*model), name);
            }
            Arrival::Model(path, Err(message)) => {
                self.environment.messages.error(message);
                self.forget_model(&path);
            }
            Arrival::Deck(circuit, looked) => self.deck_looked_at(&circuit, looked),
            Arrival::Saved(Ok(path)) => {
                self.environment.messages.note(format!("The model is in {}", path.display()));
                self.remember_model(&path);
                if let Some(bench) = &mut self.bench {
                    if let (Some(model), Some(name)) = (&mut bench.model, path.file_name()) {
                        model.name = name.to_string_lossy().into_owned();
                    }
                    bench.saved = Some(path);
                }
            }
            Arrival::ModelKept(model, kept) => self.model_kept(&model, kept),
            Arrival::Saved(Err(message)) => self.environment.messages.error(message),
            Arrival::Written(written) => self.plot_written(written),
            Arrival::Checked(circuit, found) => self.circuit_checked(&circuit, found),
            Arrival::Decks(read) => self.decks_read(read),
            Arrival::Tried(tried) => self.decks_tried(tried),
            Arrival::Drafted(written) => self.draft_written(written),
            Arrival::Picked(purpose, paths, too_fast) => {
                self.environment.dialog = None;
                if too_fast {
                    self.environment.messages.error(
                        "No file dialog answered on this desktop: type the path into the field beside the \
                         button instead",
                    );
                }
                for path in paths {
                    self.picked(purpose, path);
                }
            }
            Arrival::Told(told) => {
                if let Some(comparing) = &mut self.environment.comparing {
                    comparing.hear(told);
                }
            }
            Arrival::Compared(outcome) => self.compared(outcome),
            Arrival::NotKept(message) => {
                self.environment.messages.error(format!("The session is not kept: {message}"));
            }
            Arrival::Ngspice(Ok(version)) => {
                self.environment.ngspice = NgspiceState::Found(version);
                self.measure_kept();
                self.measure_at_once();
            }
            Arrival::Ngspice(Err(message)) => {
                self.environment
                    .messages
                    .error(format!("Designs cannot be simulated; everything else works. {message}"));
                self.environment.ngspice = NgspiceState::Missing(message);
            }
        }
    }

    /// Takes what was found in a deck, unless another circuit was opened meanwhile.
    fn deck_looked_at(&mut self, circuit: &Arc<Circuit>, looked: Result<DeckWord, String>) {
        let bench = self.bench.as_mut().filter(|bench| Arc::ptr_eq(&bench.open.circuit, circuit));
        let Some(bench) = bench else {
            return;
        };
        match looked {
            Ok(word) => {
                if word.allowed && bench.word.is_missing() {
                    self.environment.close_window(WindowId::TRUST);
                    let text = format!("The deck of {} may run as it is now", circuit.title);
                    self.environment.messages.note(text);
                }
                bench.word = word;
                self.measure_kept();
                self.measure_at_once();
            }
            Err(problem) => self.environment.messages.error(problem),
        }
    }

    /// Puts another circuit on the bench. What belongs to the old one has nobody to wait for it: its jobs end.
    fn adopt_circuit(&mut self, open: OpenCircuit) {
        let circuit = Arc::clone(&open.circuit);
        self.remember_circuit();
        self.engine.cancel_all();
        self.stop_growing();
        self.stop_corners();
        self.stop_review();
        let forgotten = self.bench.as_ref().map_or(0, |bench| bench.queue.waiting.len());
        if forgotten > 0 {
            let jobs = if forgotten == 1 { "A queued job" } else { "Queued jobs" };
            self.environment.messages.note(format!("{jobs} of the circuit before will not be run"));
        }
        self.environment.close_window(WindowId::TRUST);
        let look = Forms::default().look;
        (self.forms.look.sort, self.forms.look.falling) = (look.sort, look.falling);
        self.forms.look.colour = look.colour;
        self.forms.circuit_path = circuit.folder.display().to_string();
        let bench = self.bench.insert(Bench::open(open));
        self.forms.train.take_preset(bench.rows());
        self.background.look_at_deck(Arc::clone(&circuit), self.config.simulator.allowed.clone());
        let beside = self.bench.as_mut().and_then(|bench| bench.open.model_beside.take());
        let last = self.recall_circuit().or(beside);
        let bundled = if last.is_none() && self.config.demo_model {
            crate::engine::bundled_model(&circuit)
        } else {
            Err(NoBundledModel::None)
        };
        if let Err(NoBundledModel::Other { differences, .. }) = &bundled {
            self.environment.messages.note(format!(
                "The bundled model of {} is not of this circuit ({differences}): train one on its rows",
                circuit.name
            ));
        }
        if let Some(path) = last.or(bundled.ok()) {
            self.load_model_file(&path);
            if self.is_unsaved(&path) {
                // where the user saves it is for the user to say
                self.forms.model_path.clear();
            }
        }
    }

    /// Takes other rows of the open circuit; model and designs stay.
    fn adopt_rows(&mut self, path: &Path, open: OpenCircuit) {
        let bench = self.bench.as_mut().filter(|bench| bench.open.circuit.folder == open.circuit.folder);
        let Some(bench) = bench else {
            return; // another circuit was opened meanwhile
        };
        let refused = match open.refused.len() {
            0 => String::new(),
            n => format!("; {} rows were refused, the circuit's page says why", grouped(n)),
        };
        let name =
            path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into());
        let rows = grouped(open.rows.rows.len());
        self.environment.messages.note(format!("{rows} rows of {name}{refused}"));
        bench.replace_rows(open);
        self.forms.train.take_preset(bench.rows());
        bench.amend_edits(&self.forms);
        if std::mem::take(&mut bench.train_next) {
            self.train();
        }
    }

    /// Takes a model into the hand and samples with it.
    fn adopt_model(&mut self, model: Arc<TrainedModel>, name: String) {
        // it may have been loading while another circuit was opened
        let bench = self.bench.as_mut().filter(|bench| bench.open.circuit.name == model.circuit);
        let Some(bench) = bench else {
            self.environment.messages.error(format!(
                "{name} is a model of {}, which is no longer open: open that circuit and load it again",
                model.circuit
            ));
            return;
        };
        let settings = self.keeper.solver.take().unwrap_or_else(|| DrawSettings::of(&model));
        self.forms.sample.draw_as(settings);
        bench.amend_edits(&self.forms);
        if bench.training.is_none() {
            bench.learning = Arc::new(model.learning.clone());
        }
        bench.model = Some(ModelInHand { model, name });
        if self.forms.sample.live {
            self.sample();
        }
    }

    fn happened(&mut self, event: Event) {
        match event {
            Event::Device { name, why } => self.environment.device = Some((name, why)),
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
                    if let Some(bench) = &mut self.bench {
                        bench.learning = learning;
                    }
                }
            }
            Event::Paused(job) => self.set_paused(job, true),
            Event::Resumed(job) => self.set_paused(job, false),
            Event::Saved(path) => {
                if let Some(bench) = &mut self.bench {
                    bench.saved = Some(path);
                }
            }
            Event::NotSaved(message) => self.environment.messages.error(message),
            Event::Measured { job, index, outcome } => self.measured(job, index, outcome),
            // a draw is shown once it is whole
            Event::Drawn { .. } => {}
            Event::Searching { job, .. } => self.searching(job),
            Event::Generating { job, counts } => self.making_goes_on(job, counts),
            Event::Ended(job, end) => self.ended(job, end),
        }
    }

    fn training(&mut self, job: JobId) -> Option<&mut TrainingUnderWay> {
        self.bench.as_mut()?.training.as_mut().filter(|training| training.job == job)
    }

    /// Takes the end of a job; one of a circuit that is no longer open is nobody's any more.
    fn ended(&mut self, job: JobId, end: End) {
        let stopped = matches!(end, End::Stopped(_));
        match end {
            End::Done(product) | End::Stopped(Some(product)) => match product {
                Product::Model(model) => self.trained(job, model, stopped),
                Product::Designs(set) => self.sampled(job, &set),
                Product::Measured { simulations, seconds, .. } => {
                    self.timed(job, simulations, seconds);
                    self.simulated(job, seconds);
                }
                Product::Found(result) => self.searched(job, &result),
                Product::Rows(made) => self.rows_made(job, &made, stopped),
                // nothing of the window asks for it
                Product::Inspected(look) => {
                    self.looked(job, Some(Ok(look)));
                }
            },
            End::Stopped(None) => {
                self.forget_job(job);
            }
            // what cannot be looked into is said where someone looks
            End::Failed(error) if job.kind == JobKind::Inspection => {
                self.looked(job, Some(Err(error.to_string())));
            }
            End::Failed(error) => {
                if self.forget_job(job) {
                    // a draw that failed would fail again
                    if let Some(bench) = self.bench.as_mut().filter(|_| job.kind == JobKind::Sampling) {
                        bench.due = Due::Nothing;
                    }
                    if let JobError::Simulator(reason) = &error
                        && matches!(**reason, SpiceError::NotInstalled { .. })
                    {
                        self.environment.ngspice = NgspiceState::Missing(error.to_string());
                    }
                    self.environment.messages.error(error);
                }
            }
        }
    }

    /// A job has ended without a result. Whether anyone waited for it.
    fn forget_job(&mut self, job: JobId) -> bool {
        let Some(s) = &mut self.bench else {
            return false;
        };
        match job.kind {
            JobKind::Training => s.training.take_if(|t| t.job == job).is_some(),
            JobKind::Search => s.search.take_if(|s| s.job == job).is_some(),
            JobKind::Simulation => match s.simulation.as_mut().filter(|s| s.job == job) {
                Some(simulation) => {
                    simulation.ended = Some(simulation.since.elapsed().as_secs_f64());
                    self.measure_again();
                    true
                }
                None => s.pace.forget(job) || s.tunings.values_mut().any(|tuning| tuning.forget(job)),
            },
            JobKind::Sampling => s.sampling.take_if(|s| s.job == job).is_some(),
            JobKind::Generation => s.making.take_if(|m| m.job == Some(job)).is_some(),
            JobKind::Inspection => self.looked(job, None),
        }
    }

    fn simulated(&mut self, job: JobId, seconds: f64) {
        let simulation = self.bench.as_mut().and_then(|bench| bench.simulation.as_mut());
        let Some(simulation) = simulation.filter(|s| s.job == job) else {
            return;
        };
        simulation.ended = Some(seconds);
        let (done, failed, at_once) = (simulation.done, simulation.failed, simulation.at_once);
        if !at_once {
            let seconds = duration(seconds);
            self.environment
                .messages
                .record(format!("Simulated {done} designs in {seconds}, {failed} of them failed"));
        }
        self.measure_again();
    }

    fn set_paused(&mut self, job: JobId, paused: bool) {
        if let Some(training) = self.training(job) {
            training.paused = paused;
            training.pace = None;
        }
    }

    fn trained(&mut self, job: JobId, model: Arc<TrainedModel>, stopped: bool) {
        let training = self.bench.as_mut().and_then(|bench| bench.training.take_if(|t| t.job == job));
        if training.is_none() {
            return; // another circuit was opened meanwhile
        }
        let learning = &model.learning;
        let taken = learning.training.len();
        let epochs = taken as f64 / f64::from(learning.steps_an_epoch.max(1));
        let how = if stopped { "stopped after" } else { "trained for" };
        let name = format!("{}, {how} {epochs:.1} epochs, seed {}", model.circuit, model.seed);
        if taken == 0 {
            self.environment.messages.note("Training was stopped before its first step: nothing was learnt");
            return;
        }
        if let Some(bench) = &mut self.bench {
            bench.saved = None;
        }
        self.environment.messages.record(format!("Trained: {name}"));
        self.adopt_model(Arc::clone(&model), name);
        self.keep_model(model);
    }

    fn sampled(&mut self, job: JobId, set: &SampleSet) {
        let Some(bench) = &mut self.bench else {
            return;
        };
        // it may have been over already when it was cancelled
        let Some(request) = bench.sampling.take_if(|s| s.job == job).filter(|s| !s.cancelled) else {
            return;
        };
        bench.take_designs(Designs {
            specification: set.specification.clone(),
            candidates: set.candidates.clone(),
            seconds: set.seconds,
            device: set.device.clone(),
            seed: request.seed,
            model: request.model,
            of: request.of,
            draft: request.draft,
        });
        // who edits ranges on the circuit's page stays there
        if bench.training.is_none() && !self.layout.shows(&PaneId::CIRCUIT) {
            self.layout.show_designs();
        }
        self.measure_at_once();
    }

    fn measured(&mut self, job: JobId, index: usize, outcome: Outcome) {
        if self.tuned(job, &outcome) {
            return;
        }
        let Some(bench) = &mut self.bench else {
            return;
        };
        let Some(simulation) = bench.simulation.as_mut().filter(|s| s.job == job) else {
            return;
        };
        let Some(sizing) = simulation.sizings.get(index).cloned() else {
            return;
        };
        simulation.done += 1;
        simulation.failed += usize::from(outcome.is_err());
        bench.note_outcome(&sizing, outcome);
    }

    /// Takes the state of the search under way.
    fn searching(&mut self, job: JobId) {
        if let Some(bench) = &mut self.bench
            && bench.search.as_ref().is_some_and(|s| s.job == job)
        {
            bench.searching = self.engine.searching();
        }
    }

    /// Takes what a search found; where there are no designs to lose they are laid among the designs.
    fn searched(&mut self, job: JobId, result: &Arc<SearchResult>) {
        self.searching(job);
        let Some(bench) = &mut self.bench else {
            return;
        };
        if bench.search.take_if(|s| s.job == job).is_none() {
            return; // another circuit was opened meanwhile
        }
        bench.found = Some(Arc::clone(result));
        if bench.designs.is_none() {
            self.lay_found(result);
        }
    }

    /// Takes a comparison that has ended.
    fn compared(&mut self, outcome: Result<Box<Report>, String>) {
        let stopped = self.environment.comparing.take().is_some_and(|c| c.stopping());
        let messages = &mut self.environment.messages;
        match outcome {
            Ok(report) => {
                messages.note(format!("The comparison is in {}", report.file.display()));
                self.environment.compared = Some(Arc::from(report));
            }
            Err(_) if stopped => messages.note(
                "The comparison was stopped: what is done is kept in its folder, and starting it again goes on",
            ),
            Err(message) => messages.error(message),
        }
    }
}
