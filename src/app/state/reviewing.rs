//! The review page that is being made.

use super::jobs::JobProgress;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A review page under way.
pub struct ReviewUnderWay {
    /// Ends it once it is set.
    pub stop: Arc<AtomicBool>,
    /// Measurements made, and in all.
    pub done: usize,
    /// See `done`.
    pub all: usize,
}

impl ReviewUnderWay {
    /// One of so many measurements that begins now.
    pub fn new(all: usize, stop: Arc<AtomicBool>) -> ReviewUnderWay {
        ReviewUnderWay { stop, done: 0, all }
    }

    /// Whether Stop was asked for.
    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// How far it is.
    pub fn progress(&self) -> JobProgress {
        let part = Some(self.done as f32 / self.all.max(1) as f32);
        let name = format!("Review page, {} of {} measurements", self.done, self.all);
        JobProgress { name, part, left: None, rate: None }
    }
}
