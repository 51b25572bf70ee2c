//! Which of two devices is faster at a job, by a trial of milliseconds that is remembered.
//!
//! A GPU costs a launch's time whatever there is to do, so that a few designs may be drawn sooner by the CPU; and the GPU of a
//! laptop may lose a training as well. What is faster is measured, once for each size of work, on the network of the job.

use super::device::with_backend;
use super::{Device, SampleJob, TrainJob, bench, sampling};
use crate::dataset::Dataset;
use crate::diffusion::Watch;
use crate::sizing;
use crate::tensor::TensorError;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

/// Timed steps of a training, and draws.
const TIMED: usize = 2;
/// The most rows that a trial trains on: a step takes as long on any number.
const MOST_ROWS: usize = 1_024;
/// The most designs that a trial draws; so many take as long on either device as more do in proportion.
const MOST_DRAWN: usize = 256;

/// What is to be done, as far as it matters for how long it takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Work {
    /// Steps of so many rows with a network so described.
    Training(usize, String),
    /// A draw of so many designs, rounded up to a power of two, with a network so described.
    Drawing(usize, String),
}

impl Work {
    pub(super) fn training(job: &TrainJob) -> Work {
        Work::Training(job.recipe.batch, format!("{:?}", job.recipe.architecture))
    }

    pub(super) fn drawing(job: &SampleJob) -> Work {
        let drawn = job.ranking.drawn(job.count);
        Work::Drawing(
            drawn.next_power_of_two().min(MOST_DRAWN),
            format!("{:?}", job.model.recipe.architecture),
        )
    }

    fn name(&self) -> &'static str {
        match self {
            Work::Training(..) => "a training step",
            Work::Drawing(..) => "a draw",
        }
    }
}

/// The devices of a machine that has a GPU, and what was found of them.
pub(super) struct Automatic {
    gpu: Arc<Device>,
    cpu: Arc<Device>,
    found: HashMap<Work, Chosen>,
}

/// The faster device, and why in words.
#[derive(Clone)]
pub(super) struct Chosen {
    pub device: Arc<Device>,
    pub why: String,
}

impl Automatic {
    pub(super) fn new(gpu: Device, cpu: Device) -> Automatic {
        Automatic { gpu: Arc::new(gpu), cpu: Arc::new(cpu), found: HashMap::new() }
    }

    /// The device for a work. `milliseconds` measures a device where nothing is remembered; one that fails loses.
    ///
    /// # Errors
    /// That of the CPU.
    pub(super) fn choose(
        &mut self,
        work: Work,
        mut milliseconds: impl FnMut(&Device) -> Result<f64, TensorError>,
    ) -> Result<Chosen, TensorError> {
        if let Some(known) = self.found.get(&work) {
            return Ok(known.clone());
        }
        let on_cpu = milliseconds(&self.cpu)?;
        let chosen = match milliseconds(&self.gpu) {
            Ok(on_gpu) => {
                let times = [(&self.gpu, on_gpu), (&self.cpu, on_cpu)];
                let (faster, slower) = if on_gpu < on_cpu { (0, 1) } else { (1, 0) };
                let why = format!(
                    "{} takes {:.3} ms on it, {:.3} ms on {}",
                    work.name(),
                    times[faster].1,
                    times[slower].1,
                    times[slower].0.name()
                );
                Chosen { device: Arc::clone(times[faster].0), why }
            }
            Err(e) => {
                Chosen { device: Arc::clone(&self.cpu), why: format!("{} fails: {e}", self.gpu.name()) }
            }
        };
        self.found.insert(work, chosen.clone());
        Ok(chosen)
    }
}

/// The median time of a training step of a job, in milliseconds.
///
/// # Errors
/// The device failed.
pub(super) fn of_training(device: &Device, job: &TrainJob) -> Result<f64, TensorError> {
    let (circuit, recipe) = (&job.circuit, &job.recipe);
    let rows = job.dataset.rows.iter().take(MOST_ROWS).cloned().collect();
    let dataset = &Dataset { rows, ..Dataset::default() };
    let (milliseconds, flop, weights) =
        with_backend!(device, backend => sizing::time_steps(backend, circuit, dataset, recipe, TIMED))?;
    Ok(bench::TrainingBench { milliseconds, flop, weights }.median())
}

/// The least time of a draw for a job, in milliseconds, after one that does not count.
///
/// # Errors
/// The device failed.
pub(super) fn of_drawing(device: &Device, job: &SampleJob) -> Result<f64, TensorError> {
    let count = job.ranking.drawn(job.count).min(MOST_DRAWN);
    let watch = Watch::default();
    let drawing = sizing::Draw { tried: false, ..sampling::drawing(job, None, &watch) };
    let mut least = f64::INFINITY;
    for i in 0..=TIMED {
        let began = Instant::now();
        match with_backend!(device, backend => sizing::draw(backend, &drawing, count)) {
            Ok(_) | Err(sizing::DrawError::Cancelled) => {}
            Err(sizing::DrawError::Device(e)) => return Err(e),
        }
        if i > 0 {
            least = least.min(1e3 * began.elapsed().as_secs_f64());
        }
    }
    Ok(least)
}
