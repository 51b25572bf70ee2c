//! Rows that are being made, and what they cost.

use super::jobs::JobProgress;
use crate::app::words::{grouped, per_second};
use crate::dataset::{Counts, Plan};
use crate::engine::JobId;
use std::path::PathBuf;
use std::time::Instant;

/// The making of rows under way.
pub struct RowsUnderWay {
    /// The engine's job; none until the rows that were there are set aside.
    pub job: Option<JobId>,
    /// How many rows, and from which seed.
    pub plan: Plan,
    /// The file that is written.
    pub out: PathBuf,
    /// About how many designs are simulated at most.
    pub most: usize,
    /// What happened to the designs so far.
    pub counts: Counts,
    /// When it was asked for.
    pub since: Instant,
    /// Whether Stop was asked for.
    pub stopping: bool,
}

impl RowsUnderWay {
    /// How far the making is.
    pub fn progress(&self) -> JobProgress {
        let done = self.counts.simulated;
        let name = match self.stopping {
            true => "Stopping the making of rows".to_owned(),
            false => format!("Rows, {} simulations", grouped(done)),
        };
        let seconds = self.since.elapsed().as_secs_f64();
        JobProgress {
            name,
            part: Some((done as f32 / self.most.max(1) as f32).min(1.0)),
            left: (done > 0).then(|| seconds / done as f64 * self.most.saturating_sub(done) as f64),
            rate: per_second(done, seconds),
        }
    }
}

/// How long a simulation takes on this machine, many beside each other.
#[derive(Default)]
pub struct Pace {
    /// Seconds a design, once they are known.
    pub seconds: Option<f64>,
    /// The job that finds it out, and whether it is the one that starts the workers and tells nothing.
    pub timing: Option<(JobId, bool)>,
}

impl Pace {
    /// Takes the end of a timing job that brought nothing; whether it was one.
    pub fn forget(&mut self, job: JobId) -> bool {
        self.timing.take_if(|(timing, _)| *timing == job).is_some()
    }

    /// Seconds that a plan takes at most, about.
    pub fn of(&self, most: usize) -> Option<f64> {
        Some(self.seconds? * most as f64)
    }
}
