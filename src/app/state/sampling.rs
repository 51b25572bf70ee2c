//! Requests for designs: a draft that comes at once, and the delivery that is drawn, ranked and moved behind it.

use super::jobs::JobProgress;
use crate::engine::JobId;
use std::time::Instant;

/// Designs of a draft.
pub const DRAFT: usize = 32;
/// A delivery for which fewer times as many designs are drawn comes as soon as a draft would.
const WORTH: usize = 4;

/// What is to be asked of the sampler next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Due {
    /// Nothing: what was asked for last is there or under way.
    #[default]
    Nothing,
    /// A few designs at once, and then the delivery.
    Draft,
    /// The designs that are delivered.
    Delivery,
}

impl Due {
    /// What a wish for designs begins with where so many are to be drawn.
    pub fn first(drawn: usize) -> Due {
        if drawn >= WORTH * DRAFT { Due::Draft } else { Due::Delivery }
    }
}

/// A request for designs under way.
pub struct SamplingUnderWay {
    /// The engine's job.
    pub job: JobId,
    /// When the request was sent.
    pub since: Instant,
    /// The part done, 0 to 1, as of this frame.
    pub part: f64,
    /// The seed of the draw.
    pub seed: u64,
    /// The name of the model that draws.
    pub model: String,
    /// How many designs are drawn for each that is delivered; 1 where all are, unranked.
    pub of: usize,
    /// Whether it is a draft.
    pub draft: bool,
    /// Whether it was cancelled: what was drawn all the same is not shown.
    pub cancelled: bool,
}

impl SamplingUnderWay {
    /// How far a sampling is that takes its time; a short one is over before it can be read.
    pub fn progress(&self) -> Option<JobProgress> {
        const SHORT: f64 = 0.6;
        let seconds = self.since.elapsed().as_secs_f64();
        if seconds < SHORT {
            return None;
        }
        let left = (self.part > 0.02).then(|| seconds / self.part * (1.0 - self.part));
        Some(JobProgress { name: "Sampling".to_owned(), part: Some(self.part as f32), left, rate: None })
    }
}
