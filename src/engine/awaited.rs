//! The engine's work, awaited: a job goes in, progress is told, a request to stop is passed on, the answer comes
//! out. For callers that have a thread to wait on: the command line and reports.

use super::{
    End, Engine, Event, GenerateJob, GeneratedRows, InspectJob, JobError, JobId, Product, SampleJob,
    SampleSet, SearchJob, SimulateJob, TrainJob,
};
use crate::circuit::{Circuit, Sizing};
use crate::dataset::Counts;
use crate::search::SearchResult;
use crate::sizing::{Candidate, Learning, TrainedModel};
use crate::spice::{Inspection, Outcome, SimulatorConfig};
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

/// What ngspice said of each sizing.
pub struct Measurements {
    /// In the sizings' order; `None` where it was stopped before that one.
    pub outcomes: Vec<Option<Outcome>>,
    /// How many were given to ngspice.
    pub simulations: usize,
    /// Seconds, starting the pool included.
    pub seconds: f64,
    /// The simulator at work, such as `ngspice-39`; empty where nothing was given to it.
    pub simulator: String,
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

    /// Whether the caller was asked to stop.
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
    /// Why there is no model.
    pub fn train(
        &self,
        job: TrainJob,
        see: &mut dyn FnMut(&Event) -> bool,
    ) -> Result<(Arc<TrainedModel>, bool), JobError> {
        let training = self.engine.train(job);
        let (product, stopped) = self.listen(training, &mut |event| {
            if !see(event) {
                self.engine.cancel(training);
            }
        })?;
        match product {
            Product::Model(model) => Ok((model, stopped)),
            _ => Err(JobError::Gone),
        }
    }

    /// Draws.
    ///
    /// # Errors
    /// Why there are no designs.
    pub fn sample(&self, job: SampleJob) -> Result<Arc<SampleSet>, JobError> {
        self.drawn(job, &mut |_, _| ())
    }

    /// Draws. `see` hears of designs as they are drawn, while others are not: the number of the first, and the designs.
    ///
    /// # Errors
    /// Why there are no designs.
    pub fn sample_as_drawn(
        &self,
        job: SampleJob,
        see: &mut dyn FnMut(usize, &[Candidate]),
    ) -> Result<Arc<SampleSet>, JobError> {
        self.drawn(SampleJob { as_drawn: true, ..job }, see)
    }

    fn drawn(
        &self,
        job: SampleJob,
        see: &mut dyn FnMut(usize, &[Candidate]),
    ) -> Result<Arc<SampleSet>, JobError> {
        let mut hear = |event: &Event| {
            if let Event::Drawn { first, candidates, .. } = event {
                see(*first, candidates);
            }
        };
        match self.listen(self.engine.sample(job), &mut hear)?.0 {
            Product::Designs(set) => Ok(set),
            _ => Err(JobError::Gone),
        }
    }

    /// Measures. `done` hears how many are measured. Stopping leaves the rest unmeasured.
    ///
    /// # Errors
    /// There is no simulator, or it refuses the circuit.
    pub fn simulate(
        &self,
        circuit: &Arc<Circuit>,
        sizings: Vec<Sizing>,
        pool: SimulatorConfig,
        done: &mut dyn FnMut(usize),
    ) -> Result<Measurements, JobError> {
        let mut outcomes: Vec<Option<Outcome>> = vec![None; sizings.len()];
        let nothing =
            |outcomes| Measurements { outcomes, simulations: 0, seconds: 0.0, simulator: String::new() };
        if sizings.is_empty() {
            return Ok(nothing(outcomes));
        }
        let job = self.engine.simulate(SimulateJob { circuit: Arc::clone(circuit), sizings, pool });
        let mut count = 0;
        let ended = self.listen(job, &mut |event| {
            if let Event::Measured { index, outcome, .. } = event {
                outcomes[*index] = Some(outcome.clone());
                count += 1;
                done(count);
            }
        });
        match ended {
            Ok((Product::Measured { simulations, seconds, simulator }, _)) => {
                Ok(Measurements { outcomes, simulations, seconds, simulator })
            }
            Err(JobError::Stopped) => Ok(nothing(outcomes)),
            Ok(_) => Err(JobError::Gone),
            Err(error) => Err(error),
        }
    }

    /// Looks into a design.
    ///
    /// # Errors
    /// There is no simulator, or it refuses the circuit; [`JobError::Stopped`] where it was stopped.
    pub fn inspect(&self, job: InspectJob) -> Result<Arc<Inspection>, JobError> {
        match self.listen(self.engine.inspect(job), &mut |_| ())?.0 {
            Product::Inspected(inspection) => Ok(inspection),
            _ => Err(JobError::Gone),
        }
    }

    /// Makes the rows of a dataset. `see` hears what happened to the designs so far. The answer tells whether it
    /// was stopped early.
    ///
    /// # Errors
    /// There is no simulator, or a file cannot be written.
    pub fn generate(
        &self,
        job: GenerateJob,
        see: &mut dyn FnMut(&Counts),
    ) -> Result<(Arc<GeneratedRows>, bool), JobError> {
        let (product, stopped) = self.listen(self.engine.generate(job), &mut |event| {
            if let Event::Generating { counts, .. } = event {
                see(counts);
            }
        })?;
        match product {
            Product::Rows(made) => Ok((made, stopped)),
            _ => Err(JobError::Gone),
        }
    }

    /// Searches. `see` hears simulations, feasible designs, the smallest violation and the best margin.
    /// Stopping ends it with what it found.
    ///
    /// # Errors
    /// There is no simulator or nothing could be measured.
    pub fn search(
        &self,
        job: SearchJob,
        see: &mut dyn FnMut(usize, usize, f64, f64),
    ) -> Result<Arc<SearchResult>, JobError> {
        let (product, _) = self.listen(self.engine.search(job), &mut |event| {
            if let Event::Searching { simulations, feasible, violation, margin, .. } = event {
                see(*simulations, *feasible, *violation, *margin);
            }
        })?;
        match product {
            Product::Found(result) => Ok(result),
            _ => Err(JobError::Gone),
        }
    }

    /// Waits for the end of `job`: what it made or kept, and whether it was stopped. `see` hears of what comes
    /// before.
    fn listen(&self, job: JobId, see: &mut dyn FnMut(&Event)) -> Result<(Product, bool), JobError> {
        let mut told = false;
        loop {
            if !told && self.stopped() {
                told = true;
                self.engine.cancel(job);
            }
            match self.engine.events().recv_timeout(POLL) {
                Ok(Event::Ended(ended, end)) if ended == job => {
                    return match end {
                        End::Done(product) => Ok((product, false)),
                        End::Stopped(Some(product)) => Ok((product, true)),
                        End::Stopped(None) => Err(JobError::Stopped),
                        End::Failed(error) => Err(error),
                    };
                }
                Ok(event) => see(&event),
                Err(RecvTimeoutError::Timeout) if self.engine.is_open(job) => {}
                // its end would have been heard
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    if self.engine.events().is_empty() {
                        return Err(JobError::Gone);
                    }
                }
            }
        }
    }
}
