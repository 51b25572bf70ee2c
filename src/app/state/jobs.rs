//! Jobs of the engine that are under way for the open circuit, and how far each is.

use crate::app::words::{duration, grouped, per_second};
use crate::circuit::Sizing;
use crate::engine::JobId;
use std::time::Instant;

/// How far a job is, as the status bar shows it.
pub struct JobProgress {
    /// What is done, in words.
    pub name: String,
    /// The part done, if that is known.
    pub part: Option<f32>,
    /// Seconds left, if that is known.
    pub left: Option<f64>,
    /// How fast the job goes, in words.
    pub rate: Option<String>,
}

impl JobProgress {
    /// `120 simulations/s · 12 s left`, as far as it is known.
    pub fn pace(&self) -> String {
        let left = self.left.map(|left| format!("{} left", duration(left)));
        let said: Vec<String> = [self.rate.clone(), left].into_iter().flatten().collect();
        said.join(" · ")
    }
}

/// A training under way.
pub struct TrainingUnderWay {
    /// The engine's job.
    pub job: JobId,
    /// Steps taken.
    pub step: u32,
    /// Steps in all; 0 until the first one is taken.
    pub steps: u32,
    /// The last training loss.
    pub loss: f32,
    /// The last learning rate.
    pub learning_rate: f32,
    /// Augmented rows a second.
    pub rate: f64,
    /// The part done of the performance model, which comes before or after the denoiser.
    pub performance_model: Option<f64>,
    /// When stepping began or was resumed, and at which step: what the time left is told from.
    pub pace: Option<(Instant, u32)>,
    /// Whether the training waits.
    pub paused: bool,
    /// Whether Stop was asked for.
    pub stopping: bool,
}

impl TrainingUnderWay {
    /// A training that has just been asked for.
    pub fn new(job: JobId) -> TrainingUnderWay {
        TrainingUnderWay {
            job,
            step: 0,
            steps: 0,
            loss: f32::NAN,
            learning_rate: 0.0,
            rate: 0.0,
            performance_model: None,
            pace: None,
            paused: false,
            stopping: false,
        }
    }

    /// How far the training is.
    pub fn progress(&self) -> JobProgress {
        let name = match (self.performance_model, self.paused, self.stopping) {
            (_, _, true) => "Stopping".to_owned(),
            (_, true, _) => "Training paused".to_owned(),
            (Some(_), ..) => "Training the performance model".to_owned(),
            _ if self.steps == 0 => "Preparing the training".to_owned(),
            _ => format!("Training, step {} of {}", self.step, self.steps),
        };
        if let Some(part) = self.performance_model {
            return JobProgress { name, part: Some(part as f32), left: None, rate: None };
        }
        let part = (self.steps > 0).then(|| self.step as f32 / self.steps as f32);
        let left = self.pace.filter(|(_, from)| self.step > *from).map(|(since, from)| {
            let a_step = since.elapsed().as_secs_f64() / f64::from(self.step - from);
            a_step * f64::from(self.steps.saturating_sub(self.step))
        });
        let rate = (self.rate > 0.0).then(|| format!("{} samples/s", grouped(self.rate.round() as usize)));
        JobProgress { name, part, left, rate }
    }
}

/// A simulation under way or the last one.
pub struct SimulationRun {
    /// The engine's job.
    pub job: JobId,
    /// The sizings that are measured.
    pub sizings: Vec<Sizing>,
    /// Sizings that ngspice is done with.
    pub done: usize,
    /// Sizings that ngspice could not measure.
    pub failed: usize,
    /// Whether designs are measured as they came, rather than as the user asked.
    pub at_once: bool,
    /// When the simulation was sent.
    pub since: Instant,
    /// Seconds it took, once it has ended.
    pub ended: Option<f64>,
    /// Whether Cancel was asked for.
    pub cancelled: bool,
}

impl SimulationRun {
    /// How far the simulation is; nothing once it has ended.
    pub fn progress(&self) -> Option<JobProgress> {
        if self.ended.is_some() {
            return None;
        }
        let (done, all) = (self.done, self.sizings.len());
        let seconds = self.since.elapsed().as_secs_f64();
        Some(JobProgress {
            name: format!("ngspice, {done} of {all}"),
            part: Some(done as f32 / all.max(1) as f32),
            left: (done > 0).then(|| seconds / done as f64 * (all - done) as f64),
            rate: per_second(done, seconds),
        })
    }
}

/// A search under way.
pub struct SearchUnderWay {
    /// The engine's job.
    pub job: JobId,
    /// When the search was sent.
    pub since: Instant,
    /// No more designs than this are simulated.
    pub most: usize,
    /// Whether Stop was asked for.
    pub stopping: bool,
}

impl SearchUnderWay {
    /// How far the search is after `done` simulations.
    pub fn progress(&self, done: usize) -> JobProgress {
        let name = match self.stopping {
            true => "Stopping the search".to_owned(),
            false => format!("Search, {} simulations", grouped(done)),
        };
        // how long it takes to a feasible design nobody knows: no time left is told
        let part = Some(done as f32 / self.most.max(1) as f32);
        let rate = per_second(done, self.since.elapsed().as_secs_f64());
        JobProgress { name, part, left: None, rate }
    }
}
