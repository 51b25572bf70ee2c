//! How often a training's losses are read: at once where a device computes as it is asked; where work is queued after so
//! many steps as take a twentieth of a second, since reading waits for all of them.

use crate::nn::KEPT_LOSSES;
use std::time::{Duration, Instant};

/// What may pass between two readings: a training is watched, and stopped, in between.
const PATIENCE: Duration = Duration::from_millis(50);

/// Counts steps between readings.
pub(super) struct Pace {
    most: usize,
    wanted: usize,
    taken: usize,
    since: Instant,
}

impl Pace {
    /// For a device that queues work or not; the first step is read alone.
    pub fn new(queues: bool) -> Pace {
        let most = if queues { KEPT_LOSSES } else { 1 };
        Pace { most, wanted: 1, taken: 0, since: Instant::now() }
    }

    /// A step was taken: whether losses are to be read.
    pub fn step(&mut self) -> bool {
        self.taken += 1;
        self.taken >= self.wanted
    }

    /// They were read.
    pub fn read(&mut self) {
        self.wanted = steps_within(self.since.elapsed(), self.taken).min(self.most);
        self.taken = 0;
    }

    /// What comes next begins now: what lay between does not count.
    pub fn go_on(&mut self) {
        self.since = Instant::now();
    }
}

/// How many steps fit the patience, one at least, where `taken` of them took `elapsed`.
fn steps_within(elapsed: Duration, taken: usize) -> usize {
    let each = elapsed.as_secs_f64() / taken.max(1) as f64;
    ((PATIENCE.as_secs_f64() / each.max(1e-9)) as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_steps_are_read_together_and_slow_ones_alone() {
        assert_eq!(steps_within(Duration::from_millis(20), 10), 25);
        assert_eq!(steps_within(Duration::from_secs(10), 1), 1);
        let mut pace = Pace::new(true);
        assert!(pace.step(), "the first alone");
        pace.since = Instant::now() - Duration::from_micros(1);
        pace.read();
        assert!((1..KEPT_LOSSES).all(|_| !pace.step()) && pace.step(), "but no more than are kept");
        let mut pace = Pace::new(false);
        assert!((0..3).all(|_| {
            let reads = pace.step();
            pace.read();
            reads
        }));
    }
}
