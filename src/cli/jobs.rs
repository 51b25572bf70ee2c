//! The engine's work, awaited: a job goes in, progress is shown, Ctrl-C is passed on, the answer
//! comes out.

use super::{CliError, cancel_on_interrupt};
use crate::circuit::{Circuit, Sizing};
use crate::engine::{
    Engine, Event, Failure, Job, Learning, SampleJob, SampleSet, SearchJob, SearchResult, SimulateJob,
    Simulated, SimulatorConfig, TrainJob, TrainedModel,
};
use crossbeam_channel::RecvTimeoutError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How soon Ctrl-C is noticed.
const POLL: Duration = Duration::from_millis(50);

/// The engine and the flag that Ctrl-C sets.
pub(super) struct Jobs {
    engine: Engine,
    interrupted: Arc<AtomicBool>,
}

/// What ngspice said of each sizing: `None` where it was stopped before that one.
pub(super) struct Measurements {
    /// In the sizings' order.
    pub outcomes: Vec<Option<Result<Simulated, Failure>>>,
    /// How many were given to ngspice.
    pub simulations: usize,
    /// Seconds, starting the pool included.
    pub seconds: f64,
}

impl Jobs {
    /// Starts the engine.
    ///
    /// # Errors
    /// The system has no more threads.
    pub fn start() -> Result<Jobs, CliError> {
        let engine = Engine::start(|| ()).map_err(|e| CliError::failed(format!("cannot start: {e}")))?;
        Ok(Jobs { engine, interrupted: cancel_on_interrupt() })
    }

    /// Whether Ctrl-C was pressed.
    pub fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// The losses of the training under way.
    pub fn learning(&self) -> Arc<Learning> {
        self.engine.learning()
    }

    /// Trains. `see` hears of everything and returns whether to go on. The answer tells whether the
    /// training was stopped early.
    ///
    /// # Errors
    /// The engine's words, as [`CliError::Failed`].
    pub fn train(
        &self,
        job: TrainJob,
        see: &mut dyn FnMut(&Event) -> bool,
    ) -> Result<(Arc<TrainedModel>, bool), CliError> {
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
    /// The engine's words, as [`CliError::Failed`].
    pub fn sample(&self, job: SampleJob) -> Result<Arc<SampleSet>, CliError> {
        self.engine.sample(job);
        self.listen(Job::Sampling, &mut |event| match event {
            Event::Sampled(set) => Some(set),
            _ => None,
        })
    }

    /// Measures. `done` hears how many are measured. Ctrl-C leaves the rest unmeasured.
    ///
    /// # Errors
    /// There is no simulator, in the engine's words, as [`CliError::Failed`].
    pub fn simulate(
        &self,
        circuit: &Arc<Circuit>,
        sizings: Vec<Sizing>,
        pool: SimulatorConfig,
        done: &mut dyn FnMut(usize),
    ) -> Result<Measurements, CliError> {
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
    /// Ctrl-C ends it with what it found.
    ///
    /// # Errors
    /// There is no simulator or nothing could be measured, in the engine's words, as [`CliError::Failed`].
    pub fn search(
        &self,
        job: SearchJob,
        see: &mut dyn FnMut(usize, usize, f64, f64),
    ) -> Result<Arc<SearchResult>, CliError> {
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
    fn listen<T>(&self, job: Job, see: &mut dyn FnMut(Event) -> Option<T>) -> Result<T, CliError> {
        let mut told = false;
        loop {
            if !told && self.interrupted() {
                told = true;
                self.engine.cancel(job);
            }
            match self.engine.events().recv_timeout(POLL) {
                Ok(Event::Failed { message, .. }) => return Err(CliError::failed(message)),
                Ok(event) => {
                    if let Some(answer) = see(event) {
                        return Ok(answer);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(CliError::failed("the engine ended without a word: run the command again"));
                }
            }
        }
    }
}
