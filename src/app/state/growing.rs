//! Rows that are grown at the front of those that there are, and what they gained.

use super::jobs::JobProgress;
use crate::app::words::{grouped, per_second};
use crate::circuit::Performance;
use crate::dataset::Counts;
use crate::engine::Growing;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// The growing of rows under way.
pub struct GrowingUnderWay {
    /// Ends it once it is set.
    pub stop: Arc<AtomicBool>,
    /// Simulations in all.
    pub simulations: usize,
    /// What happened to the designs so far.
    pub counts: Counts,
    /// The part done of a model between two rounds, while one is trained.
    pub training: Option<f64>,
    /// When it was asked for.
    pub since: Instant,
}

impl GrowingUnderWay {
    /// One that begins now.
    pub fn new(simulations: usize, stop: Arc<AtomicBool>) -> GrowingUnderWay {
        GrowingUnderWay {
            stop,
            simulations,
            counts: Counts::default(),
            training: None,
            since: Instant::now(),
        }
    }

    /// Whether Stop was asked for.
    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Takes what is told of it.
    pub fn hear(&mut self, told: Growing) {
        match told {
            Growing::Simulated(counts) => (self.counts, self.training) = (counts, None),
            Growing::Training(part) => self.training = Some(part),
        }
    }

    /// How far it is.
    pub fn progress(&self) -> JobProgress {
        let done = self.counts.simulated;
        let (name, part) = match self.training {
            _ if self.stopping() => ("Stopping the growing of rows".to_owned(), None),
            Some(part) => ("Growing rows: a model between two rounds".to_owned(), Some(part as f32)),
            None => {
                let part = done as f32 / self.simulations.max(1) as f32;
                (format!("Growing rows, {} simulations", grouped(done)), Some(part))
            }
        };
        let rate = self.training.is_none().then(|| per_second(done, self.since.elapsed().as_secs_f64()));
        JobProgress { name, part, left: None, rate: rate.flatten() }
    }
}

/// What growing gained.
#[derive(Clone, Debug)]
pub struct Gained {
    /// The file that has all rows.
    pub file: PathBuf,
    /// Rows before.
    pub rows: usize,
    /// What happened to the designs.
    pub counts: Counts,
    /// The front before and after.
    pub fronts: [Vec<Performance>; 2],
    /// How many of the front before are beaten in every metric by a new one.
    pub beaten: usize,
}

impl Gained {
    /// What it gained, in words.
    pub fn words(&self) -> String {
        let [before, after] = [self.fronts[0].len(), self.fronts[1].len()];
        format!(
            "{} rows more than {}; the front had {} rows and has {}, and {} of the {} are beaten in every metric",
            grouped(self.counts.useful),
            grouped(self.rows),
            grouped(before),
            grouped(after),
            grouped(self.beaten),
            grouped(before)
        )
    }
}
