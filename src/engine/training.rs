//! Training a system: progress, checkpoints, and what is kept when it ends.

use super::asked::Asked;
use super::device::with_backend;
use super::event::Event;
use super::job::{End, JobError, Product, TrainJob};
use super::{Device, checkpoint};
use crate::sizing::{self, Control, LEAST_ROWS, Learning, Start, TrainedModel, TrainingData, TrainingEvent};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often losses are published.
const PUBLISH: Duration = Duration::from_millis(50);
/// The time between two checkpoints, from the first step on: what a crash can cost grows with what was learnt,
/// up to a minute.
const CHECKPOINTS: [Duration; 4] =
    [Duration::ZERO, Duration::from_secs(5), Duration::from_secs(15), Duration::from_secs(60)];

/// Who attends a training: hears of it between two steps, and says whether it goes on.
pub(super) trait Attendant {
    /// An event that listeners must not miss.
    fn say(&self, event: Event);
    /// An event that may be dropped where listeners are slow.
    fn hint(&self, event: Event);
    /// The losses so far.
    fn publish(&self, learning: &Learning);
    /// Whether to go on; waits here while paused.
    fn control(&mut self) -> Control;
}

/// Trains.
pub(super) fn train(
    device: &Device,
    asked: &Asked<TrainJob>,
    session: &mut impl Attendant,
) -> Result<End, JobError> {
    let (id, job) = (asked.id, &*asked.job);
    let dataset_hash = job.dataset.hash();
    let data =
        TrainingData::new(&job.circuit, &job.dataset, &job.recipe, job.seed).ok_or_else(|| too_few(job))?;
    let start = match (&job.resume, &job.beside) {
        (Some(model), _) => Start::Resume(Box::new((**model).clone())),
        (None, Some(other)) => {
            Start::Beside(Box::new(other.performance.clone()), other.learning.performance_seconds)
        }
        (None, None) => Start::Fresh,
    };
    let batch = job.recipe.batch;
    let mut published = Instant::now() - PUBLISH;
    let (mut saved, mut pauses) = (Instant::now(), CHECKPOINTS.iter().copied());
    let mut pause = pauses.next().unwrap_or_default();
    let mut rate = Rate::new();
    // a training that goes on has steps behind it
    let mut seen = job.resume.as_ref().map_or(0, |model| model.learning.training.len() as u32);
    let mut stopped = false;
    let mut watch = |progress: TrainingEvent| -> Control {
        let learning_began = matches!(progress, TrainingEvent::Step { .. });
        match progress {
            TrainingEvent::PerformanceModel(part) => session.hint(Event::PerformanceModel { job: id, part }),
            TrainingEvent::Step { learning, learning_rate } => {
                let step = learning.training.len() as u32;
                rate.add(batch * step.saturating_sub(seen) as usize);
                seen = step;
                if published.elapsed() >= PUBLISH || step == learning.steps {
                    published = Instant::now();
                    session.publish(learning);
                    session.hint(Event::Step {
                        job: id,
                        step,
                        steps: learning.steps,
                        loss: learning.training.last().copied().unwrap_or(f32::NAN),
                        learning_rate,
                        samples_a_second: rate.a_second(),
                    });
                }
            }
            TrainingEvent::Checkpoint(model) => {
                if let Some(path) = &job.checkpoint {
                    session.say(written(&model, path));
                }
            }
        }
        let answer = session.control();
        stopped |= answer == Control::Stop;
        let due = learning_began && job.checkpoint.is_some() && saved.elapsed() >= pause;
        if answer == Control::Continue && due {
            saved = Instant::now();
            pause = pauses.next().unwrap_or(pause);
            return Control::Checkpoint;
        }
        answer
    };
    let model = with_backend!(device, backend => sizing::train(
        backend, &job.circuit, &dataset_hash, &data, &job.recipe, job.seed, start, &mut watch,
    ))
    .map_err(|e| JobError::Device(e.to_string()))?;
    session.publish(&model.learning);
    if let Some(path) = &job.checkpoint {
        checkpoint::save(&model, path).map_err(|e| JobError::File(e.to_string()))?;
        session.say(Event::Saved(path.clone()));
    }
    let product = Product::Model(Arc::new(model));
    Ok(if stopped { End::Stopped(Some(product)) } else { End::Done(product) })
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
pub(crate) fn check_training(job: &TrainJob) -> Result<(), JobError> {
    job.recipe.check().map_err(JobError::Input)?;
    if job.dataset.rows.len() < LEAST_ROWS {
        return Err(too_few(job));
    }
    if let Some(model) = &job.resume {
        check_resume(job, model, &job.dataset.hash())?;
    } else if let Some(other) = &job.beside {
        let same = other.recipe.predicts_like(&job.recipe) && other.seed == job.seed;
        if !same || other.circuit != job.circuit.name || other.dataset_hash != job.dataset.hash() {
            return Err(JobError::Input(
                "a performance model is shared among systems with the same circuit, rows, coordinates \
                 and seed: train without"
                    .to_owned(),
            ));
        }
    }
    Ok(())
}

fn too_few(job: &TrainJob) -> JobError {
    let rows = job.dataset.rows.len();
    JobError::Input(format!(
        "{rows} rows are too few to train on: at least {LEAST_ROWS} are needed, some 1,000 are useful"
    ))
}

fn check_resume(job: &TrainJob, model: &TrainedModel, dataset_hash: &str) -> Result<(), JobError> {
    let refused = |why: &str| Err(JobError::Input(why.to_owned()));
    if model.optimiser.is_none() {
        return refused("this model was saved for sampling alone and cannot be resumed: train from scratch");
    }
    if model.circuit != job.circuit.name {
        return Err(JobError::Input(format!(
            "the model is of {}, not of {}",
            model.circuit, job.circuit.name
        )));
    }
    if model.dataset_hash != dataset_hash {
        return refused(
            "the dataset has changed since this model was trained: use the same file, or train from scratch",
        );
    }
    if (&model.recipe, model.seed) != (&job.recipe, job.seed) {
        return refused("a training is resumed with its own recipe and seed: leave them out");
    }
    Ok(())
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
