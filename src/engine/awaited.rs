//! The engine's work, awaited: a job goes in, progress is told, a request to stop is passed on, the answer comes
//! out. For callers that have a thread to wait on: the command line and reports.

use super::{Engine, Event, Failure, Job, SampleJob, SampleSet, SearchJob, SimulateJob, TrainJob};
use crate::circuit::{Circuit, Sizing};
use crate::search::SearchResult;
use crate::sizing::{Learning, Simulated, TrainedModel};
use crate::spice::SimulatorConfig;
use crossbeam_channel::RecvTimeoutError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How soon a request to stop is noticed.
const POLL: Duration = Duration::from_millis(50);

/// An engine of its own, and the flag that stops it.
pub struct Awaited {
    engine: Engine,
    stop: Arc<AtomicBool>,
}

/// What ngspice said of each sizing: `None` where it was stopped before that one.
pub struct Measurements {
    /// In the sizings' order.
    pub outcomes: Vec<Option<Result<Simulated, Failure>>>,
    /// How many were given to ngspice.
    pub simulations: usize,
    /// Seconds, starting the pool included.
    pub seconds: f64,
}

impl Awaited {
    /// Starts the engine; `stop`, once set, ends the job under way and those that follow.
    ///
    /// # Errors
    /// The system has no more threads.
    pub fn start(stop: Arc<AtomicBool>) -> Result<Awaited, String> {
        let engine = Engine::start(|| ()).map_err(|e| format!("cannot start: {e}"))?;
        Ok(Awaited { engine, stop })
    }

    /// Whether it was asked to stop.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// The losses of the training under way.
    pub fn learning(&self) -> Arc<Learning> {
        self.engine.learning()
    }

    /// Trains. `see` hears of everything and returns whether to go on. The answer tells whether the
    /// training was stopped early.
    ///
    /// # Errors
    /// The engine's words.
    pub fn train(
        &self,
        job: TrainJob,
        see: &mut dyn FnMut(&Event) -> bool,
    ) -> Result<(Arc<TrainedModel>, bool), String> {
        self.engine.train(job);
        let mut told = false;
        self.listen(Job::Training, &mut |event| {
            if !see(&event) && !told {
                told = true;
                self.engine.cancel(Job::Training);
            }
            match event {
                Event::Trained { model, stopped } => Some((model, stopped)),
                _ => None,
            }
        })
    }

    /// Draws.
    ///
    /// # Errors
    /// The engine's words.
    pub fn sample(&self, job: SampleJob) -> Result<Arc<SampleSet>, String> {
        self.engine.sample(job);
        self.listen(Job::Sampling, &mut |event| match event {
            Event::Sampled(set) => Some(set),
            _ => None,
        })
    }

    /// Measures. `done` hears how many are measured. Stopping leaves the rest unmeasured.
    ///
    /// # Errors
    /// There is no simulator, in the engine's words.
    pub fn simulate(
        &self,
        circuit: &Arc<Circuit>,
        sizings: Vec<Sizing>,
        pool: SimulatorConfig,
        done: &mut dyn FnMut(usize),
    ) -> Result<Measurements, String> {
        let mut outcomes = vec![None; sizings.len()];
        if sizings.is_empty() {
            return Ok(Measurements { outcomes, simulations: 0, seconds: 0.0 });
        }
        self.engine.simulate(SimulateJob { id: 0, circuit: Arc::clone(circuit), sizings, pool });
        let mut count = 0;
        let (simulations, seconds) = self.listen(Job::Simulation, &mut |event| match event {
            Event::Measured { outcome: Err(Failure::Cancelled), .. } => None,
            Event::Measured { index, outcome, .. } => {
                outcomes[index] = Some(outcome);
                count += 1;
                done(count);
                None
            }
            Event::Simulated { simulations, seconds, .. } => Some((simulations, seconds)),
            _ => None,
        })?;
        Ok(Measurements { outcomes, simulations, seconds })
    }

    /// Searches. `see` hears simulations, feasible designs, the smallest violation and the best margin.
    /// Stopping ends it with what it found.
    ///
    /// # Errors
    /// There is no simulator or nothing could be measured, in the engine's words.
    pub fn search(
        &self,
        job: SearchJob,
        see: &mut dyn FnMut(usize, usize, f64, f64),
    ) -> Result<Arc<SearchResult>, String> {
        self.engine.search(job);
        self.listen(Job::Searching, &mut |event| match event {
            Event::Searching { simulations, feasible, violation, margin, .. } => {
                see(simulations, feasible, violation, margin);
                None
            }
            Event::Searched { result, .. } => Some(result),
            _ => None,
        })
    }

    /// Waits for the event that `see` makes an answer of.
    fn listen<T>(&self, job: Job, see: &mut dyn FnMut(Event) -> Option<T>) -> Result<T, String> {
        let mut told = false;
        loop {
            if !told && self.stopped() {
                told = true;
                self.engine.cancel(job);
            }
            match self.engine.events().recv_timeout(POLL) {
                Ok(Event::Failed { message, .. }) => return Err(message),
                Ok(event) => {
                    if let Some(answer) = see(event) {
                        return Ok(answer);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err("the engine ended without a word: run it again".to_owned());
                }
            }
        }
    }
}
