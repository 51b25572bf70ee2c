//! Wishes that become jobs of the engine, at once or in turn.

use crate::app::core::App;
use crate::app::ids::{PaneId, WindowId};
use crate::app::state::{
    ComparisonUnderWay, NgspiceState, QueuedJob, SearchUnderWay, SimulationRun, TrainingUnderWay,
};
use crate::circuit::{Region, Sizing, Specification};
use crate::engine::{Candidate, SearchJob, SearchSettings, SimulateJob, TrainJob, TrainedModel};
use crate::report::ReportPlan;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

impl App {
    /// Whether designs can be simulated. Where ngspice is missing or the deck may not run the user is told or asked.
    pub(super) fn may_simulate(&mut self) -> bool {
        if let NgspiceState::Missing(message) = &self.environment.ngspice {
            self.environment.messages.error(message.clone());
            return false;
        }
        let missing = self.bench.as_ref().is_some_and(|bench| bench.word.is_missing());
        if missing {
            self.environment.open_window(WindowId::TRUST);
        }
        !missing
    }

    /// Begins at once if nothing of its kind is under way, else asks whether to queue it.
    fn begin_or_ask(&mut self, job: QueuedJob) {
        match &mut self.bench {
            Some(bench) if bench.is_busy(&job) => bench.queue.asked = Some(job),
            _ => self.begin(job, true),
        }
    }

    /// Begins at once if nothing of its kind is under way or waits, else queues it.
    pub(super) fn begin_or_queue(&mut self, job: QueuedJob) {
        match &mut self.bench {
            Some(bench)
                if bench.is_busy(&job) || bench.queue.waiting.iter().any(|other| other.is_like(&job)) =>
            {
                bench.queue.waiting.push(job);
            }
            _ => self.begin(job, true),
        }
    }

    /// Begins a job; its pane comes forward if `show`.
    fn begin(&mut self, job: QueuedJob, show: bool) {
        let pane = match &job {
            QueuedJob::Train(_) => Some(PaneId::TRAINING),
            QueuedJob::Search(..) => Some(PaneId::SEARCH),
            QueuedJob::Simulate(_) => None,
        };
        match job {
            QueuedJob::Train(job) => self.start_training(*job),
            QueuedJob::Simulate(sizings) => self.start_simulation(sizings, false),
            QueuedJob::Search(settings, specification, region) => {
                self.start_search(settings, specification, region);
            }
        }
        if let Some(pane) = pane.filter(|_| show) {
            self.layout.show(&pane);
        }
    }

    /// Begins what waits for nothing any more. Nobody pressed a button just now: no pane comes forward.
    pub(in crate::app) fn follow_queue(&mut self) {
        while let Some(bench) = &mut self.bench
            && let Some(next) = bench.queue.waiting.iter().position(|job| !bench.is_busy(job))
        {
            let job = bench.queue.waiting.remove(next);
            self.begin(job, false);
        }
    }

    /// Lets the job that was asked about wait, or drops it.
    pub(super) fn answer_queue(&mut self, wait: bool) {
        let asked = self.bench.as_mut().and_then(|bench| bench.queue.asked.take());
        if let Some(job) = asked.filter(|_| wait) {
            self.begin_or_queue(job);
        }
    }

    /// Starts a training by the form.
    pub(in crate::app) fn train(&mut self) {
        let form = &self.forms.train;
        self.train_with(form.recipe.clone(), form.seed, None);
    }

    /// Goes on with a model that has not taken all its steps, by its own recipe and seed.
    pub(super) fn continue_training(&mut self) {
        if let Some(model) = self.bench.as_ref().and_then(|bench| bench.unfinished()) {
            self.train_with(model.recipe.clone(), model.seed, Some(model));
        }
    }

    fn train_with(&mut self, recipe: crate::engine::Recipe, seed: u64, resume: Option<Arc<TrainedModel>>) {
        let Some(bench) = &self.bench else {
            return;
        };
        if let Err(problem) = recipe.check() {
            self.environment.messages.error(format!("This recipe cannot be trained: {problem}"));
            return;
        }
        let job = TrainJob {
            circuit: Arc::clone(&bench.open.circuit),
            dataset: Arc::clone(&bench.open.rows),
            recipe,
            seed,
            device: self.forms.train.device,
            resume,
            beside: None,
            checkpoint: None,
        };
        self.begin_or_ask(QueuedJob::Train(Box::new(job)));
    }

    fn start_training(&mut self, job: TrainJob) {
        let Some(bench) = &mut self.bench else {
            return;
        };
        let (system, epochs) = (job.recipe.system().title(), job.recipe.epochs);
        self.environment.messages.record(format!(
            "Training of {system} on {}: {epochs} epochs, seed {}",
            job.circuit.name, job.seed
        ));
        bench.training = Some(TrainingUnderWay::new(self.engine.train(job)));
    }

    pub(super) fn pause_or_resume(&mut self) {
        match self.bench.as_ref().and_then(|bench| bench.training.as_ref()) {
            Some(training) if training.paused => self.engine.resume(training.job),
            Some(training) => self.engine.pause(training.job),
            None => {}
        }
    }

    pub(super) fn stop_training(&mut self) {
        if let Some(training) = self.bench.as_mut().and_then(|bench| bench.training.as_mut()) {
            training.stopping = true;
            self.engine.cancel(training.job);
        }
    }

    /// Measures designs in ngspice; those already measured are left out, since the answer would be the same.
    pub(super) fn simulate(&mut self, designs: &[usize]) {
        if !self.may_simulate() {
            return;
        }
        let Some(bench) = self.bench.as_ref().filter(|bench| bench.designs.is_some()) else {
            return;
        };
        let all = bench.candidates();
        let candidates: Vec<&Candidate> = designs.iter().filter_map(|i| all.get(*i)).collect();
        let fresh = candidates.iter().filter(|c| c.simulated.is_none() && !bench.waits(&c.sizing));
        let sizings: Vec<Sizing> = fresh.map(|c| c.sizing.clone()).collect();
        if sizings.is_empty() {
            let waits = candidates.iter().any(|c| c.simulated.is_none());
            self.environment.messages.note(match waits {
                true => "These designs are being simulated, or wait to be",
                false => "These designs were simulated already: the result would be the same",
            });
            return;
        }
        self.begin_or_queue(QueuedJob::Simulate(sizings));
    }

    /// Measures at once, without those that were measured while they waited.
    pub(super) fn start_simulation(&mut self, mut sizings: Vec<Sizing>, at_once: bool) {
        let Some(bench) = &mut self.bench else {
            return;
        };
        sizings.retain(|sizing| bench.outcome(sizing).is_none());
        if sizings.is_empty() {
            return;
        }
        let job = self.engine.simulate(SimulateJob {
            circuit: Arc::clone(&bench.open.circuit),
            sizings: sizings.clone(),
            pool: self.config.simulator.clone().altering(),
        });
        bench.simulation = Some(SimulationRun {
            job,
            sizings,
            done: 0,
            failed: 0,
            at_once,
            since: Instant::now(),
            ended: None,
            cancelled: false,
        });
    }

    pub(super) fn cancel_simulation(&mut self) {
        let simulation = self.bench.as_mut().and_then(|bench| bench.simulation.as_mut());
        if let Some(simulation) = simulation.filter(|s| s.ended.is_none()) {
            simulation.cancelled = true;
            self.engine.cancel(simulation.job);
        }
    }

    /// Starts a search for the targets.
    pub(super) fn search(&mut self) {
        if !self.may_simulate() {
            return;
        }
        let Some(bench) = &self.bench else {
            return;
        };
        let form = &self.forms.search;
        let settings = SearchSettings {
            max_simulations: form.max_simulations,
            stop_at_first: form.stop_at_first,
            ..SearchSettings::new(form.strategy, form.seed)
        };
        self.begin_or_ask(QueuedJob::Search(settings, bench.targets.clone(), bench.region.clone()));
    }

    fn start_search(&mut self, settings: SearchSettings, specification: Specification, region: Region) {
        let Some(bench) = &mut self.bench else {
            return;
        };
        let most = settings.max_simulations;
        let job = self.engine.search(SearchJob {
            circuit: Arc::clone(&bench.open.circuit),
            specification,
            region,
            corners: Vec::new(),
            known: Vec::new(),
            settings,
            pool: self.config.simulator.clone().altering(),
        });
        bench.search = Some(SearchUnderWay { job, since: Instant::now(), most, stopping: false });
        bench.searching = Arc::default();
        bench.found = None;
    }

    pub(super) fn stop_search(&mut self) {
        if let Some(search) = self.bench.as_mut().and_then(|bench| bench.search.as_mut()) {
            search.stopping = true;
            self.engine.cancel(search.job);
        }
    }

    /// Starts a comparison of systems by the form.
    pub(super) fn compare(&mut self) {
        if let NgspiceState::Missing(message) = &self.environment.ngspice {
            self.environment.messages.error(message.clone());
            return;
        }
        let Some(bench) = &self.bench else {
            return;
        };
        let form = &self.forms.compare;
        let folder = form.folder.trim();
        if folder.is_empty() {
            self.environment
                .messages
                .error("Where shall the comparison be kept? Type a folder's path into its field");
            return;
        }
        let mut plan = ReportPlan::new(form.table, PathBuf::from(folder));
        if !form.all {
            plan.circuits = vec![bench.open.circuit.folder.display().to_string()];
        }
        (plan.preset, plan.quick) = (form.preset, form.quick);
        (plan.count, plan.targets) = (form.count, form.targets);
        plan.epochs = form.epochs;
        plan.device = self.forms.train.device;
        plan.simulator = self.config.simulator.clone();
        let stop = Arc::new(AtomicBool::new(false));
        self.background.compare(plan, Arc::clone(&stop));
        self.environment.comparing = Some(ComparisonUnderWay::new(stop));
        self.layout.show(&PaneId::COMPARE);
    }

    pub(super) fn stop_comparison(&mut self) {
        if let Some(comparing) = &self.environment.comparing {
            comparing.stop.store(true, Ordering::Relaxed);
        }
    }
}
