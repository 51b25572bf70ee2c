//! The background threads: one owns the device, one the ngspice processes, one searches.

use super::event::{Event, Job, SampleJob, SearchJob, SimulateJob, TrainJob};
use super::searching::{self, Searching};
use super::{Device, DeviceChoice, jobs};
use crate::circuit::Circuit;
use crate::diffusion::Watch;
use crate::sizing::{Control, Learning};
use crate::spice::{Simulator, SimulatorConfig, SpiceError};
use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

/// Events that may wait; listeners are expected to drain them every frame.
const EVENTS: usize = 1024;
const COMMANDS: usize = 64;

/// What holds of the lock on the searches' flags.
const FLAGS: &str = "no thread panics while it holds the searches' flags";

enum Command {
    Train(Box<TrainJob>),
    Sample(Box<SampleJob>),
    Pause,
    Resume,
    Stop,
}

/// The engine: ask it, then listen.
pub struct Engine {
    commands: Option<Sender<Command>>,
    simulations: Option<Sender<SimulateJob>>,
    searches: Option<Sender<(SearchJob, Arc<AtomicBool>)>>,
    events: Receiver<Event>,
    learning: Arc<Mutex<Arc<Learning>>>,
    searching: searching::Slot,
    sampling: Arc<Watch>,
    cancel_simulation: Arc<AtomicBool>,
    /// One for each search that has not ended: a new one must not revive one that was cancelled.
    cancel_searches: Mutex<Vec<Arc<AtomicBool>>>,
    leave: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Engine {
    /// Starts the threads. `wake` is called after every event, to make a sleeping window draw.
    ///
    /// # Errors
    /// The system has no more threads.
    pub fn start(wake: impl Fn() + Send + Sync + 'static) -> std::io::Result<Engine> {
        let (commands, inbox) = bounded(COMMANDS);
        let (simulations, simulation_inbox) = bounded(COMMANDS);
        let (searches, search_inbox) = bounded(COMMANDS);
        let (outbox, events) = bounded(EVENTS);
        let learning = Arc::new(Mutex::new(Arc::new(Learning::default())));
        let leave = Arc::new(AtomicBool::new(false));
        let sampling = Arc::new(Watch::default());
        let cancel_simulation = Arc::new(AtomicBool::new(false));
        let searching = searching::Slot::default();
        let mouth = Mouth { outbox, wake: Arc::new(wake) };
        let worker = Worker {
            inbox,
            mouth: mouth.clone(),
            learning: Arc::clone(&learning),
            sampling: Arc::clone(&sampling),
            leave: Arc::clone(&leave),
            device: None,
            waiting: VecDeque::new(),
        };
        let cancel = Arc::clone(&cancel_simulation);
        let (search_mouth, search_slot) = (mouth.clone(), Arc::clone(&searching));
        let threads = vec![
            std::thread::Builder::new().name("sizewright-engine".into()).spawn(|| worker.run())?,
            std::thread::Builder::new()
                .name("sizewright-spice".into())
                .spawn(move || simulate_all(&simulation_inbox, &mouth, &cancel))?,
            std::thread::Builder::new().name("sizewright-search".into()).spawn(move || {
                searching::search_all(&search_inbox, &search_mouth, &search_slot);
            })?,
        ];
        Ok(Engine {
            commands: Some(commands),
            simulations: Some(simulations),
            searches: Some(searches),
            events,
            learning,
            searching,
            sampling,
            cancel_simulation,
            cancel_searches: Mutex::default(),
            leave,
            threads,
        })
    }

    /// Starts a training, after whatever is under way.
    pub fn train(&self, job: TrainJob) {
        self.command(Command::Train(Box::new(job)));
    }

    /// Draws sizings; of several requests waiting only the newest is answered. During a training the
    /// request is answered between two of its steps.
    pub fn sample(&self, job: SampleJob) {
        self.sampling.renew();
        self.command(Command::Sample(Box::new(job)));
    }

    /// Measures sizings, after those under way, beside training and sampling.
    pub fn simulate(&self, job: SimulateJob) {
        self.cancel_simulation.store(false, Ordering::Relaxed);
        if let Some(simulations) = &self.simulations {
            let _ = simulations.send(job);
        }
    }

    /// Searches, after the search under way, beside all else.
    pub fn search(&self, job: SearchJob) {
        let cancel = Arc::new(AtomicBool::new(false));
        let mut under_way = self.cancel_searches.lock().expect(FLAGS);
        under_way.retain(|flag| Arc::strong_count(flag) > 1);
        under_way.push(Arc::clone(&cancel));
        if let Some(searches) = &self.searches {
            let _ = searches.send((job, cancel));
        }
    }

    /// Makes the training wait after the step under way.
    pub fn pause(&self) {
        self.command(Command::Pause);
    }

    /// Lets the training go on.
    pub fn resume(&self) {
        self.command(Command::Resume);
    }

    /// Ends a job early. What a training has learnt and what was measured by then is kept.
    pub fn cancel(&self, job: Job) {
        match job {
            Job::Training => self.command(Command::Stop),
            Job::Sampling => self.sampling.cancel(),
            Job::Simulation => self.cancel_simulation.store(true, Ordering::Relaxed),
            Job::Searching => {
                let under_way = self.cancel_searches.lock().expect(FLAGS);
                under_way.iter().for_each(|flag| flag.store(true, Ordering::Relaxed));
            }
        }
    }

    /// What the engine says.
    pub fn events(&self) -> &Receiver<Event> {
        &self.events
    }

    /// The losses of the training under way or of the last one.
    pub fn learning(&self) -> Arc<Learning> {
        Arc::clone(&self.learning.lock().expect("no thread panics while it holds the losses"))
    }

    /// The part done of the draw under way, from 0 to 1.
    pub fn sampling(&self) -> f64 {
        self.sampling.part()
    }

    /// How far the search under way is, or how far the last one came.
    pub fn searching(&self) -> Arc<Searching> {
        Arc::clone(&self.searching.lock().expect("no thread panics while it holds the state of a search"))
    }

    fn command(&self, command: Command) {
        if let Some(commands) = &self.commands {
            // the worker drains between steps; if it has ended, Failed has been said
            let _ = commands.send(command);
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.leave.store(true, Ordering::Relaxed);
        self.sampling.cancel();
        self.cancel_simulation.store(true, Ordering::Relaxed);
        self.cancel(Job::Searching);
        self.commands = None;
        self.simulations = None;
        self.searches = None;
        for thread in self.threads.drain(..) {
            // the threads may be waiting for room among the events
            while !thread.is_finished() {
                while self.events.try_recv().is_ok() {}
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            let _ = thread.join();
        }
    }
}

#[derive(Clone)]
pub(super) struct Mouth {
    outbox: Sender<Event>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Mouth {
    /// Waits for room.
    pub(super) fn say(&self, event: Event) {
        let _ = self.outbox.send(event);
        (self.wake)();
    }

    /// Dropped if there is no room: a later one says more.
    pub(super) fn hint(&self, event: Event) {
        let _ = self.outbox.try_send(event);
        (self.wake)();
    }
}

struct Worker {
    inbox: Receiver<Command>,
    mouth: Mouth,
    learning: Arc<Mutex<Arc<Learning>>>,
    sampling: Arc<Watch>,
    leave: Arc<AtomicBool>,
    device: Option<(DeviceChoice, Arc<Device>)>,
    waiting: VecDeque<Command>,
}

impl Worker {
    fn run(mut self) {
        while !self.leave.load(Ordering::Relaxed) {
            let next = self.waiting.pop_front().or_else(|| self.inbox.recv().ok());
            match next {
                None => return,
                Some(Command::Train(job)) => self.train(&job),
                Some(Command::Sample(job)) => self.sample(*job),
                // nothing is under way
                Some(Command::Pause | Command::Resume | Command::Stop) => {}
            }
        }
    }

    fn open(&mut self, choice: DeviceChoice, job: Job) -> Option<Arc<Device>> {
        if let Some((_, device)) = self.device.as_ref().filter(|(open, _)| *open == choice) {
            return Some(Arc::clone(device));
        }
        match Device::open(choice) {
            Ok(device) => {
                self.mouth.say(Event::Device(device.name()));
                let device = Arc::new(device);
                self.device = Some((choice, Arc::clone(&device)));
                Some(device)
            }
            Err(e) => {
                self.mouth.say(Event::Failed { job, message: e.to_string() });
                None
            }
        }
    }

    fn train(&mut self, job: &TrainJob) {
        let Some(device) = self.open(job.device, Job::Training) else {
            return;
        };
        let mut session = Session { worker: self, device: Arc::clone(&device), stopped: false };
        let event = match jobs::train(&device, job, &mut session) {
            Ok(model) => Event::Trained { stopped: session.stopped, model: Arc::new(model) },
            Err(message) => Event::Failed { job: Job::Training, message },
        };
        self.mouth.say(event);
    }

    fn sample(&mut self, mut job: SampleJob) {
        // newest wins
        loop {
            match self.inbox.try_recv() {
                Ok(Command::Sample(newer)) => job = *newer,
                Ok(other) => self.waiting.push_back(other),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        if let Some(device) = self.open(job.device, Job::Sampling) {
            self.sample_on(&device, &job);
        }
    }

    fn sample_on(&self, device: &Device, job: &SampleJob) {
        let event = match jobs::sample(device, job, &self.sampling) {
            Ok(Some(set)) => Event::Sampled(Arc::new(set)),
            Ok(None) => Event::Failed { job: Job::Sampling, message: "cancelled".to_owned() },
            Err(message) => Event::Failed { job: Job::Sampling, message },
        };
        self.mouth.say(event);
    }
}

/// A training under way: obeys commands between two steps.
struct Session<'a> {
    worker: &'a mut Worker,
    device: Arc<Device>,
    stopped: bool,
}

impl jobs::Supervisor for Session<'_> {
    fn say(&mut self, event: Event) {
        match event {
            Event::Step { .. } | Event::PerformanceModel(_) => self.worker.mouth.hint(event),
            other => self.worker.mouth.say(other),
        }
    }

    fn publish(&mut self, learning: &Learning) {
        let learning = Arc::new(learning.clone());
        *self.worker.learning.lock().expect("no thread panics while it holds the losses") = learning;
    }

    fn control(&mut self) -> Control {
        let mut paused = false;
        loop {
            if self.worker.leave.load(Ordering::Relaxed) {
                self.stopped = true;
                return Control::Stop;
            }
            let command = if paused {
                self.worker.inbox.recv().map_err(|_| TryRecvError::Disconnected)
            } else {
                self.worker.inbox.try_recv()
            };
            match command {
                Ok(Command::Pause) if !paused => {
                    paused = true;
                    self.worker.mouth.say(Event::Paused);
                }
                Ok(Command::Resume) if paused => {
                    paused = false;
                    self.worker.mouth.say(Event::Resumed);
                }
                Ok(Command::Pause | Command::Resume) => {}
                Ok(Command::Stop) | Err(TryRecvError::Disconnected) => {
                    self.stopped = true;
                    return Control::Stop;
                }
                Ok(Command::Sample(job)) => self.worker.sample_on(&self.device, &job),
                Ok(other) => self.worker.waiting.push_back(other),
                Err(TryRecvError::Empty) => return Control::Continue,
            }
        }
    }
}

/// A simulator that is kept while the circuit's folder and the number of workers stay the same.
#[derive(Default)]
pub(super) struct Pool(Option<(PathBuf, usize, Simulator)>);

impl Pool {
    /// The simulator of `circuit`, started where it is another than the last one.
    pub(super) fn of(
        &mut self,
        circuit: &Circuit,
        config: &SimulatorConfig,
    ) -> Result<&mut Simulator, SpiceError> {
        let same = |kept: &(PathBuf, usize, Simulator)| kept.0 == circuit.folder && kept.1 == config.jobs;
        let kept = match self.0.take().filter(same) {
            Some(kept) => kept,
            None => (circuit.folder.clone(), config.jobs, Simulator::start(circuit, config.clone())?),
        };
        Ok(&mut self.0.insert(kept).2)
    }
}

fn simulate_all(inbox: &Receiver<SimulateJob>, mouth: &Mouth, cancel: &AtomicBool) {
    let mut pool = Pool::default();
    while let Ok(job) = inbox.recv() {
        let began = Instant::now();
        let simulator = match pool.of(&job.circuit, &job.pool) {
            Ok(simulator) => simulator,
            Err(e) => {
                mouth.say(Event::Failed { job: Job::Simulation, message: e.to_string() });
                continue;
            }
        };
        let mut simulations = 0;
        let mut tell = |index: usize, outcome: &crate::spice::Outcome| {
            simulations += usize::from(!matches!(outcome, Err(crate::spice::Failure::Cancelled)));
            let outcome = outcome.clone();
            mouth.say(Event::Measured { id: job.id, index, outcome });
        };
        simulator.run(&job.sizings, cancel, &mut tell);
        let seconds = began.elapsed().as_secs_f64();
        mouth.say(Event::Simulated { id: job.id, simulations, seconds });
    }
}
