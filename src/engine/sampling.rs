//! Drawing sizings, and ranking them where that is asked for.

use super::Device;
use super::device::with_backend;
use super::event::SampleSet;
use super::job::{End, JobError, Product, Ranking, SampleJob};
use crate::diffusion::Watch;
use crate::sizing;
use std::sync::Arc;
use std::time::Instant;

/// Draws and ranks.
pub(super) fn sample(device: &Device, job: &SampleJob, watch: &Watch) -> Result<End, JobError> {
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
        Err(sizing::DrawError::Cancelled) => return Ok(End::Stopped(None)),
        Err(sizing::DrawError::Device(e)) => return Err(JobError::Device(e.to_string())),
    };
    let drawn = candidates.len();
    if job.ranking != Ranking::Raw {
        let model = &job.model.performance;
        candidates = sizing::rank(&job.circuit, model, &job.specification, candidates, job.count);
    }
    Ok(End::Done(Product::Designs(Arc::new(SampleSet {
        specification: job.specification.clone(),
        region: job.region.clone(),
        drawn,
        candidates,
        seconds: began.elapsed().as_secs_f64(),
        device: device.name(),
    }))))
}
