//! The engine as its users see it: ask, then listen.

use super::asked::Asked;
use super::computing::{Command, Computing, LearningSlot};
use super::event::Event;
use super::inspecting;
use super::job::{
    End, GenerateJob, InspectJob, JobError, JobId, JobKind, SampleJob, SearchJob, SimulateJob, TrainJob,
};
use super::outbox::Outbox;
use super::searching::{self, Searching};
use super::simulating::{self, Work};
use crate::sizing::Learning;
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// Events that may wait; listeners are expected to drain them every frame.
const EVENTS: usize = 1024;

/// The engine. Asking never waits; what is asked goes on until it has done so or is cancelled, and dropping the
/// engine cancels everything.
pub struct Engine {
    /// Where requests go; none once the engine is leaving.
    inboxes: Option<Inboxes>,
    outbox: Outbox,
    events: Receiver<Event>,
    learning: LearningSlot,
    searching: searching::Slot,
    threads: Vec<JoinHandle<()>>,
}

struct Inboxes {
    computing: Sender<Command>,
    simulating: Sender<Work>,
    searching: Sender<Asked<SearchJob>>,
    inspecting: Sender<Asked<InspectJob>>,
}

impl Engine {
    /// Starts the threads. `wake` is called after every event, to make a sleeping window draw.
    ///
    /// # Errors
    /// The system has no more threads.
    pub fn start(wake: impl Fn() + Send + Sync + 'static) -> std::io::Result<Engine> {
        let (events_in, events) = bounded(EVENTS);
        let outbox = Outbox::new(events_in, Arc::new(wake));
        let (learning, searching) = (LearningSlot::default(), searching::Slot::default());
        // requests are few and small; an asker, which may be the window, never waits for a thread that is busy
        let (computing, computing_inbox) = unbounded();
        let (simulating, simulating_inbox) = unbounded();
        let (searches, searches_inbox) = unbounded();
        let (inspecting, inspecting_inbox) = unbounded();
        let computer = Computing::new(computing_inbox, outbox.clone(), Arc::clone(&learning));
        let (simulator_outbox, searcher_outbox) = (outbox.clone(), outbox.clone());
        let inspector_outbox = outbox.clone();
        let slot = Arc::clone(&searching);
        let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
        let threads = vec![
            thread("sizewright-engine").spawn(move || computer.run())?,
            thread("sizewright-spice").spawn(move || simulating::run(simulating_inbox, &simulator_outbox))?,
            thread("sizewright-search").spawn(move || {
                searching::run(searches_inbox, &searcher_outbox, &slot);
            })?,
            thread("sizewright-inspect").spawn(move || {
                inspecting::run(inspecting_inbox, &inspector_outbox);
            })?,
        ];
        let inboxes = Some(Inboxes { computing, simulating, searching: searches, inspecting });
        Ok(Engine { inboxes, outbox, events, learning, searching, threads })
    }

    fn ask<J>(&self, kind: JobKind, job: J, send: impl FnOnce(&Inboxes, Asked<J>) -> bool) -> JobId {
        let (id, watch) = self.outbox.enter(kind);
        let asked = Asked { id, watch, job: Box::new(job) };
        if !self.inboxes.as_ref().is_some_and(|inboxes| send(inboxes, asked)) {
            self.outbox.end(id, End::Failed(JobError::Gone));
        }
        id
    }

    /// Starts a training, after the one under way; of several that wait the newest goes first.
    pub fn train(&self, job: TrainJob) -> JobId {
        self.ask(JobKind::Training, job, |to, asked| to.computing.send(Command::Train(asked)).is_ok())
    }

    /// Draws sizings; of several requests that wait the newest is answered, and the others end as stopped. During
    /// a training the request is answered between two of its steps.
    pub fn sample(&self, job: SampleJob) -> JobId {
        self.ask(JobKind::Sampling, job, |to, asked| to.computing.send(Command::Sample(asked)).is_ok())
    }

    /// Measures sizings, after those under way, beside training and sampling; of several requests that wait the
    /// newest goes first.
    pub fn simulate(&self, job: SimulateJob) -> JobId {
        self.ask(JobKind::Simulation, job, |to, asked| to.simulating.send(Work::Simulate(asked)).is_ok())
    }

    /// Makes the rows of a dataset, as [`Self::simulate`] measures sizings.
    pub fn generate(&self, job: GenerateJob) -> JobId {
        self.ask(JobKind::Generation, job, |to, asked| to.simulating.send(Work::Generate(asked)).is_ok())
    }

    /// Looks into a design, beside all else; of several requests that wait the newest is answered, and the others end as
    /// stopped. The answer is [`super::Product::Inspected`], also of a design that could not be measured.
    pub fn inspect(&self, job: InspectJob) -> JobId {
        self.ask(JobKind::Inspection, job, |to, asked| to.inspecting.send(asked).is_ok())
    }

    /// Searches, after the search under way, beside all else; of several that wait the newest goes first.
    pub fn search(&self, job: SearchJob) -> JobId {
        self.ask(JobKind::Search, job, |to, asked| to.searching.send(asked).is_ok())
    }

    /// Makes a training wait after the step under way.
    pub fn pause(&self, training: JobId) {
        self.tell(Command::Pause(training));
    }

    /// Lets a training go on.
    pub fn resume(&self, training: JobId) {
        self.tell(Command::Resume(training));
    }

    /// Ends a job early, and no other; what it has learnt or measured by then is kept. Nothing happens where it
    /// has ended already.
    pub fn cancel(&self, job: JobId) {
        if let Some(watch) = self.outbox.watch(job) {
            watch.cancel();
            // it may be paused, or waiting behind a training
            self.tell(Command::Look);
        }
    }

    /// Ends all jobs early.
    pub(crate) fn cancel_all(&self) {
        for job in self.outbox.open() {
            self.cancel(job);
        }
    }

    /// Whether a job has not ended.
    pub fn is_open(&self, job: JobId) -> bool {
        self.outbox.watch(job).is_some()
    }

    /// What the engine says.
    pub fn events(&self) -> &Receiver<Event> {
        &self.events
    }

    /// The losses of the training under way or of the last one.
    pub fn learning(&self) -> Arc<Learning> {
        Arc::clone(&self.learning.lock().expect("no thread panics while it holds the losses"))
    }

    /// The part done of a draw or a simulation, from 0 to 1; 0 for a job that has ended.
    pub fn part(&self, job: JobId) -> f64 {
        self.outbox.watch(job).map_or(0.0, |watch| watch.part())
    }

    /// How far the search under way is, or how far the last one came.
    pub fn searching(&self) -> Arc<Searching> {
        Arc::clone(&self.searching.lock().expect("no thread panics while it holds the state of a search"))
    }

    fn tell(&self, command: Command) {
        if let Some(inboxes) = &self.inboxes {
            // a thread that is gone has ended its jobs
            let _ = inboxes.computing.send(command);
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.cancel_all();
        self.inboxes = None;
        for thread in self.threads.drain(..) {
            // the threads may be waiting for room among the events
            while !thread.is_finished() {
                while self.events.try_recv().is_ok() {}
                std::thread::sleep(Duration::from_millis(2));
            }
            let _ = thread.join();
        }
    }
}
