//! Draw sizings, and ranking them where that is asked for.

use super::Device;
use super::device::with_backend;
use super::event::SampleSet;
use super::job::{End, JobError, Product, Ranking, SampleJob};
use crate::diffusion::Watch;
use crate::sizing;
use std::sync::Arc;
use std::time::Instant;

/// What a job draws.
pub(super) fn drawing<'a>(
    job: &'a SampleJob,
    told: Option<sizing::AsDrawn<'a>>,
    watch: &'a Watch,
) -> sizing::Draw<'a> {
    sizing::Draw {
        circuit: &job.circuit,
        model: &job.model,
        specification: &job.specification,
        region: &job.region,
        settings: job.settings,
        seed: job.seed,
        tried: job.ranking != Ranking::Draft,
        told,
        watch,
    }
}

/// Draws and ranks. `told` hears of what is drawn as it comes.
pub(super) fn sample(
    device: &Device,
    job: &SampleJob,
    watch: &Watch,
    told: sizing::AsDrawn,
) -> Result<End, JobError> {
    let began = Instant::now();
    let drawing = drawing(job, job.as_drawn.then_some(told), watch);
    let drawn = with_backend!(device, backend => match job.ranking {
        Ranking::Draft | Ranking::Raw => sizing::draw(backend, &drawing, job.count).map(|candidates| (candidates, job.count)),
        Ranking::Oversample(times) => sizing::deliver(backend, &drawing, job.count, times.max(1)),
    });
    let (candidates, drawn) = match drawn {
        Ok(drawn) => drawn,
        Err(sizing::DrawError::Cancelled) => return Ok(End::Stopped(None)),
        Err(sizing::DrawError::Device(e)) => return Err(JobError::Device(e.to_string())),
    };
    Ok(End::Done(Product::Designs(Arc::new(SampleSet {
        specification: job.specification.clone(),
        region: job.region.clone(),
        drawn,
        candidates,
        seconds: began.elapsed().as_secs_f64(),
        device: device.name(),
    }))))
}
