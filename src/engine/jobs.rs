//! The work itself, on the caller's thread: what the worker runs in the background.

use super::device::with_backend;
use super::event::{Event, Ranking, SampleJob, SampleSet, TrainJob};
use super::{Device, checkpoint};
use crate::diffusion::Watch;
use crate::sizing::{self, Control, Learning, Progress, Start, TrainedModel, TrainingData};
use std::path::Path;
use std::time::{Duration, Instant};

/// What is asked between two steps.
pub(super) trait Supervisor {
    /// Says something; may be dropped if nobody listens fast enough.
    fn say(&mut self, event: Event);
    /// Publishes the losses.
    fn publish(&mut self, learning: &Learning);
    /// Whether to go on; waits here while paused.
    fn control(&mut self) -> Control;
}

/// How often losses are published and checkpoints written.
const PUBLISH: Duration = Duration::from_millis(50);
const CHECKPOINT: Duration = Duration::from_secs(60);

/// Trains; `Err` is a line with the remedy.
pub(super) fn train(
    device: &Device,
    job: &TrainJob,
    supervisor: &mut dyn Supervisor,
) -> Result<TrainedModel, String> {
    check_training(job)?;
    let dataset_hash = job.dataset.hash();
    let data = TrainingData::new(&job.circuit, &job.dataset, &job.recipe, job.seed).ok_or_else(|| {
        let rows = job.dataset.rows.len();
        format!("{rows} rows are too few to train on: at least 10 are needed, some 1,000 are useful")
    })?;
    let start = match (&job.resume, &job.beside) {
        (Some(model), _) => Start::Resume(Box::new((**model).clone())),
        (None, Some(other)) => {
            Start::Beside(Box::new(other.performance.clone()), other.learning.performance_seconds)
        }
        (None, None) => Start::Fresh,
    };
    let batch = job.recipe.batch;
    let (mut published, mut saved) = (Instant::now() - PUBLISH, Instant::now());
    let mut rate = Rate::new();
    let mut watch = |progress: Progress| -> Control {
        match progress {
            Progress::PerformanceModel(part) => supervisor.say(Event::PerformanceModel(part)),
            Progress::Step { learning, learning_rate } => {
                let step = learning.training.len() as u32;
                rate.add(batch);
                if published.elapsed() >= PUBLISH || step == learning.steps {
                    published = Instant::now();
                    supervisor.publish(learning);
                    supervisor.say(Event::Step {
                        step,
                        steps: learning.steps,
                        loss: learning.training.last().copied().unwrap_or(f32::NAN),
                        learning_rate,
                        samples_a_second: rate.a_second(),
                    });
                }
            }
            Progress::Checkpoint(model) => {
                if let Some(path) = &job.checkpoint {
                    supervisor.say(written(&model, path));
                }
            }
        }
        let answer = supervisor.control();
        if answer == Control::Continue && job.checkpoint.is_some() && saved.elapsed() >= CHECKPOINT {
            saved = Instant::now();
            return Control::Checkpoint;
        }
        answer
    };
    let model = with_backend!(device, backend => sizing::train(
        backend, &job.circuit, &dataset_hash, &data, &job.recipe, job.seed, start, &mut watch,
    ))
    .map_err(|e| e.to_string())?;
    supervisor.publish(&model.learning);
    if let Some(path) = &job.checkpoint {
        checkpoint::save(&model, path).map_err(|e| e.to_string())?;
        supervisor.say(Event::Saved(path.clone()));
    }
    Ok(model)
}

fn written(model: &TrainedModel, path: &Path) -> Event {
    match checkpoint::save(model, path) {
        Ok(()) => Event::Saved(path.to_owned()),
        Err(e) => Event::NotSaved(e.to_string()),
    }
}

/// Checks a training before it begins: its recipe and, where it goes on from a model, that model.
///
/// # Errors
/// A line with the remedy.
pub fn check_training(job: &TrainJob) -> Result<(), String> {
    job.recipe.check()?;
    if let Some(model) = &job.resume {
        check_resume(job, model, &job.dataset.hash())?;
    } else if let Some(other) = &job.beside {
        let same = other.recipe.predicts_like(&job.recipe) && other.seed == job.seed;
        if !same || other.circuit != job.circuit.name || other.dataset_hash != job.dataset.hash() {
            return Err(
                "a performance model is shared among systems with the same circuit, rows, coordinates \
                        and seed: train without"
                    .to_owned(),
            );
        }
    }
    Ok(())
}

fn check_resume(job: &TrainJob, model: &TrainedModel, dataset_hash: &str) -> Result<(), String> {
    if model.optimiser.is_none() {
        return Err(
            "this model was saved for sampling alone and cannot be resumed: train from scratch".to_owned()
        );
    }
    if model.circuit != job.circuit.name {
        return Err(format!("the model is of {}, not of {}", model.circuit, job.circuit.name));
    }
    if model.dataset_hash != dataset_hash {
        return Err(
            "the dataset has changed since this model was trained: use the same file, or train from scratch"
                .to_owned(),
        );
    }
    if (&model.recipe, model.seed) != (&job.recipe, job.seed) {
        return Err("a training is resumed with its own recipe and seed: leave them out".to_owned());
    }
    Ok(())
}

/// Draws and ranks; `Err` is a line with the remedy, `Ok(None)` if cancelled.
pub(super) fn sample(device: &Device, job: &SampleJob, watch: &Watch) -> Result<Option<SampleSet>, String> {
    let began = Instant::now();
    let times = match job.ranking {
        Ranking::Raw => 1,
        Ranking::Oversample(times) => times.max(1),
    };
    let drawn = with_backend!(device, backend => sizing::draw(
        backend,
        &job.circuit,
        &job.model,
        &job.specification,
        &job.region,
        job.settings,
        job.count * times,
        job.seed,
        watch,
    ));
    let mut candidates = match drawn {
        Ok(candidates) => candidates,
        Err(sizing::DrawError::Cancelled) => return Ok(None),
        Err(sizing::DrawError::Device(e)) => return Err(e.to_string()),
    };
    let drawn = candidates.len();
    if job.ranking != Ranking::Raw {
        candidates = sizing::rank(&job.circuit, &job.model.performance, &job.specification, candidates);
        candidates.truncate(job.count);
    }
    Ok(Some(SampleSet {
        id: job.id,
        specification: job.specification.clone(),
        region: job.region.clone(),
        drawn,
        candidates,
        seconds: began.elapsed().as_secs_f64(),
        device: device.name(),
    }))
}

/// A rate over the last moments.
struct Rate {
    since: Instant,
    count: usize,
    last: f64,
}

impl Rate {
    fn new() -> Rate {
        Rate { since: Instant::now(), count: 0, last: 0.0 }
    }

    fn add(&mut self, count: usize) {
        self.count += count;
        let seconds = self.since.elapsed().as_secs_f64();
        if seconds > 1.0 || self.last == 0.0 {
            self.last = self.count as f64 / seconds.max(1e-9);
            (self.since, self.count) = (Instant::now(), 0);
        }
    }

    fn a_second(&self) -> f64 {
        self.last
    }
}
