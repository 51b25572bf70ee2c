//! The comparison of systems that is under way, and the last one made.

use super::jobs::JobProgress;
use crate::report::Told;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// A comparison under way.
pub struct ComparisonUnderWay {
    /// Ends the comparison once it is set.
    pub stop: Arc<AtomicBool>,
    /// When the comparison began.
    pub since: Instant,
    /// The piece of work in hand.
    pub doing: String,
    /// The part of the piece in hand that is done, if that is known.
    pub part: Option<f32>,
    /// What came of the pieces that are done.
    pub done: Vec<String>,
}

impl ComparisonUnderWay {
    /// A comparison that begins now.
    pub fn new(stop: Arc<AtomicBool>) -> ComparisonUnderWay {
        let doing = "Comparing".to_owned();
        ComparisonUnderWay { stop, since: Instant::now(), doing, part: None, done: Vec::new() }
    }

    /// Whether Stop was asked for.
    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Takes what is told of it.
    pub(crate) fn hear(&mut self, told: Told) {
        match told {
            Told::Begins(what) => (self.doing, self.part) = (what, None),
            Told::Part(part) => self.part = Some(part as f32),
            Told::Done(what) => {
                self.part = None;
                self.done.push(what);
            }
        }
    }

    /// How far the piece of work in hand is.
    pub fn progress(&self) -> JobProgress {
        let name = match self.stopping() {
            true => "Stopping the comparison".to_owned(),
            false => self.doing.clone(),
        };
        JobProgress { name, part: self.part, left: None, rate: None }
    }
}
