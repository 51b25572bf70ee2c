//! The thread that owns the device: it trains, and draws between two steps of a training.

use super::asked::Asked;
use super::automatic::{self, Automatic, Chosen, Work};
use super::event::Event;
use super::job::{End, JobError, JobId, JobKind, SampleJob, TrainJob};
use super::outbox::{Duty, Outbox, Performed};
use super::training::{self, Attendant};
use super::{Device, DeviceChoice, sampling};
use crate::sizing::{Control, Learning};
use crate::tensor::TensorError;
use crossbeam_channel::Receiver;
use std::sync::{Arc, Mutex};

/// What this thread does.
const KINDS: &[JobKind] = &[JobKind::Training, JobKind::Sampling];

/// What the thread is told.
pub(super) enum Command {
    Train(Asked<TrainJob>),
    Sample(Asked<SampleJob>),
    Pause(JobId),
    Resume(JobId),
    /// Look at what was cancelled.
    Look,
}

/// What was made ready for a choice.
#[allow(clippy::large_enum_variant)]
enum Opened {
    /// The one device there is, and why it is that one where the choice was ours.
    One(Arc<Device>, Option<String>),
    /// Whichever is faster at a job.
    Either(Automatic),
}

impl Opened {
    fn by(choice: DeviceChoice) -> Result<Opened, TensorError> {
        if choice != DeviceChoice::Auto {
            return Ok(Opened::One(Arc::new(Device::open(choice)?), None));
        }
        let cpu = Device::open(DeviceChoice::Cpu)?;
        Ok(match Device::real_gpu() {
            Ok(gpu) => Opened::Either(Automatic::new(gpu, cpu)),
            Err(why) => Opened::One(Arc::new(cpu), Some(why)),
        })
    }
}

/// Where the newest losses lie.
pub(super) type LearningSlot = Arc<Mutex<Arc<Learning>>>;

/// The thread's state.
pub(super) struct Computing {
    inbox: Receiver<Command>,
    outbox: Outbox,
    learning: LearningSlot,
    device: Option<(DeviceChoice, Opened)>,
    /// The device that was told of last, and why it was chosen.
    told: Option<(String, Option<String>)>,
    trainings: Vec<Asked<TrainJob>>,
    draw: Option<Asked<SampleJob>>,
    /// The engine is gone: nobody asks any more.
    left: bool,
}

impl Computing {
    pub(super) fn new(inbox: Receiver<Command>, outbox: Outbox, learning: LearningSlot) -> Computing {
        Computing {
            inbox,
            outbox,
            learning,
            device: None,
            told: None,
            trainings: Vec::new(),
            draw: None,
            left: false,
        }
    }

    /// Does what it is told until the engine goes. Draws go first; of trainings that wait, the newest.
    pub(super) fn run(self) {
        // dropped last: what is asked after that finds the inbox closed
        let _duty = Duty::new(&self.outbox, KINDS);
        self.work();
    }

    fn work(mut self) {
        loop {
            self.collect();
            if let Some(asked) = self.draw.take() {
                self.sample(&asked);
            } else if let Some(asked) = self.trainings.pop() {
                self.train(asked);
            } else if self.left {
                return;
            } else {
                match self.inbox.recv() {
                    Ok(command) => self.take(command),
                    Err(_) => self.left = true,
                }
            }
        }
    }

    /// Takes in all that has been said.
    fn collect(&mut self) {
        while let Ok(command) = self.inbox.try_recv() {
            self.take(command);
        }
        self.sweep();
    }

    /// Ends what was cancelled while it waited.
    fn sweep(&mut self) {
        let outbox = &self.outbox;
        self.trainings.retain(|asked| {
            let cancelled = asked.watch.cancelled();
            if cancelled {
                outbox.end(asked.id, End::Stopped(None));
            }
            !cancelled
        });
    }

    fn take(&mut self, command: Command) {
        match command {
            Command::Train(asked) => self.trainings.push(asked),
            Command::Sample(asked) => {
                // the newest request wins
                if let Some(older) = self.draw.replace(asked) {
                    self.outbox.end(older.id, End::Stopped(None));
                }
            }
            // of a training that is not under way
            Command::Pause(_) | Command::Resume(_) | Command::Look => {}
        }
    }

    /// The device for a work, which `milliseconds` measures where there is a choice.
    fn open(
        &mut self,
        choice: DeviceChoice,
        work: Work,
        milliseconds: impl FnMut(&Device) -> Result<f64, TensorError>,
    ) -> Result<Arc<Device>, JobError> {
        let failed = |e: TensorError| JobError::Device(e.to_string());
        if self.device.as_ref().is_none_or(|(open, _)| *open != choice) {
            self.device = Some((choice, Opened::by(choice).map_err(failed)?));
        }
        let chosen = match &mut self.device.as_mut().expect("it was opened").1 {
            Opened::One(device, why) => (Arc::clone(device), why.clone()),
            Opened::Either(automatic) => {
                let Chosen { device, why } = automatic.choose(work, milliseconds).map_err(failed)?;
                (device, Some(why))
            }
        };
        let (device, why) = chosen;
        let told = (device.name(), why);
        if self.told.as_ref() != Some(&told) {
            let (name, why) = told.clone();
            self.outbox.say(Event::Device { name, why });
            self.told = Some(told);
        }
        Ok(device)
    }

    fn sample(&mut self, asked: &Asked<SampleJob>) {
        let outbox = self.outbox.clone();
        let performed = outbox.perform(asked.id, || {
            if asked.watch.cancelled() {
                return Ok(End::Stopped(None));
            }
            let job = &asked.job;
            let device =
                self.open(job.device, Work::drawing(job), |device| automatic::of_drawing(device, job))?;
            let told = |first, candidates| outbox.hint(Event::Drawn { job: asked.id, first, candidates });
            sampling::sample(&device, &asked.job, &asked.watch, &told)
        });
        self.recover(performed);
    }

    fn train(&mut self, asked: Asked<TrainJob>) {
        let outbox = self.outbox.clone();
        let performed = outbox.perform(asked.id, || {
            let job = &asked.job;
            training::check_training(job)?;
            let device =
                self.open(job.device, Work::training(job), |device| automatic::of_training(device, job))?;
            let mut session = Session { thread: self, training: &asked, paused: false };
            training::train(&device, &asked, &mut session)
        });
        self.recover(performed);
    }

    /// What a device holds after a panic nobody knows: the next job opens it anew.
    fn recover(&mut self, performed: Performed) {
        if performed == Performed::Panicked {
            self.device = None;
        }
    }
}

/// A training under way: obeys commands and draws between two steps.
struct Session<'a> {
    thread: &'a mut Computing,
    training: &'a Asked<TrainJob>,
    paused: bool,
}

impl Attendant for Session<'_> {
    fn say(&self, event: Event) {
        self.thread.outbox.say(event);
    }

    fn hint(&self, event: Event) {
        self.thread.outbox.hint(event);
    }

    fn publish(&self, learning: &Learning) {
        let mut slot = self.thread.learning.lock().expect("no thread panics while it holds the losses");
        *slot = Arc::new(learning.clone());
    }

    fn control(&mut self) -> Control {
        loop {
            self.listen();
            if self.training.watch.cancelled() || self.thread.left {
                return Control::Stop;
            }
            if let Some(asked) = self.thread.draw.take() {
                self.thread.sample(&asked);
            } else if self.paused {
                match self.thread.inbox.recv() {
                    Ok(command) => self.obey(command),
                    Err(_) => self.thread.left = true,
                }
            } else {
                return Control::Continue;
            }
        }
    }
}

impl Session<'_> {
    fn listen(&mut self) {
        while let Ok(command) = self.thread.inbox.try_recv() {
            self.obey(command);
        }
        // a closed inbox says nothing here: the engine has left its mark on the watch
        self.thread.sweep();
    }

    fn obey(&mut self, command: Command) {
        let own = self.training.id;
        match command {
            Command::Pause(id) if id == own => {
                if !std::mem::replace(&mut self.paused, true) {
                    self.say(Event::Paused(own));
                }
            }
            Command::Resume(id) if id == own => {
                if std::mem::replace(&mut self.paused, false) {
                    self.say(Event::Resumed(own));
                }
            }
            command => self.thread.take(command),
        }
    }
}
