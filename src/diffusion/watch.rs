//! What another thread may see of a job, and do to it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Follows one job and stops it: a job that was asked to stop stays so, whatever follows it.
#[derive(Debug, Default)]
pub struct Watch {
    cancelled: AtomicBool,
    done: AtomicU64,
    all: AtomicU64,
    /// Whether what goes on is a preparation, of which nothing is counted.
    preparing: AtomicBool,
}

impl Watch {
    /// Asks the job to stop early.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to stop.
    pub fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// The flag behind [`Self::cancelled`], for what looks at one while it waits.
    pub fn flag(&self) -> &AtomicBool {
        &self.cancelled
    }

    /// The part that is done, from 0 to 1.
    pub fn part(&self) -> f64 {
        let all = self.all.load(Ordering::Relaxed).max(1);
        (self.done.load(Ordering::Relaxed) as f64 / all as f64).min(1.0)
    }

    /// So many pieces are to be done, such as a draw's rows times steps.
    pub fn begin(&self, all: usize) {
        if self.preparing.load(Ordering::Relaxed) {
            return;
        }
        self.done.store(0, Ordering::Relaxed);
        self.all.store(all as u64, Ordering::Relaxed);
    }

    /// So many more are done.
    pub fn advance(&self, done: usize) {
        if !self.preparing.load(Ordering::Relaxed) {
            self.done.fetch_add(done as u64, Ordering::Relaxed);
        }
    }

    /// Whether what follows, until this is called again, only prepares the work: it can be stopped, but does not
    /// count as a part of it.
    pub fn prepares(&self, preparing: bool) {
        self.preparing.store(preparing, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_goes_from_nothing_to_all_and_begins_anew() {
        let watch = Watch::default();
        assert_eq!(watch.part(), 0.0);
        watch.begin(40);
        watch.advance(10);
        assert_eq!(watch.part(), 0.25);
        watch.advance(50);
        assert_eq!(watch.part(), 1.0);
        watch.begin(2);
        assert_eq!(watch.part(), 0.0);
        watch.advance(1);
        watch.cancel();
        watch.begin(3);
        assert!(watch.cancelled(), "another beginning revives nothing");
    }

    #[test]
    fn a_preparation_does_not_count() {
        let watch = Watch::default();
        watch.prepares(true);
        watch.begin(10);
        watch.advance(10);
        assert_eq!(watch.part(), 0.0);
        watch.prepares(false);
        watch.begin(40);
        watch.advance(10);
        assert_eq!(watch.part(), 0.25);
    }
}
