//! Designs that were there before: each draw or search that stood for a while is a run, to be looked at again.

use super::designs::{Designs, Tally};
use crate::engine::Candidate;
use std::time::{Duration, Instant, SystemTime};

/// Runs that are remembered.
const MOST: usize = 30;
/// Designs that are remembered in all runs.
const MOST_DESIGNS: usize = 50_000;
/// Designs that gave way sooner were in passing, such as those of a slider on its way.
const STOOD: Duration = Duration::from_millis(1500);

/// Designs as they were.
#[derive(Clone)]
pub struct Run {
    /// When they came.
    pub came: SystemTime,
    /// The designs.
    pub designs: Designs,
    /// Whether it is laid under the designs on the bench.
    pub overlaid: bool,
}

impl Run {
    /// How many were simulated and meet what they were drawn for.
    pub fn tally(&self) -> Tally {
        Tally::of(&self.designs.candidates, &self.designs.specification)
    }
}

/// The runs, the newest first.
#[derive(Default)]
pub struct Runs {
    all: Vec<Run>,
    /// When the designs on the bench came.
    since: Option<(Instant, SystemTime)>,
}

impl Runs {
    /// All of them, the newest first.
    pub fn all(&self) -> &[Run] {
        &self.all
    }

    /// Notes that designs come in the place of those that were there.
    pub fn replaced(&mut self, before: Option<Designs>) {
        let since = self.since.replace((Instant::now(), SystemTime::now()));
        if let (Some(designs), Some((since, came))) = (before, since)
            && since.elapsed() >= STOOD
            && !designs.candidates.is_empty()
            && !designs.draft
        {
            self.all.insert(0, Run { came, designs, overlaid: false });
            self.all.truncate(MOST);
            let mut designs = 0;
            self.all.retain(|run| {
                designs += run.designs.candidates.len();
                designs <= MOST_DESIGNS
            });
        }
    }

    /// Lays a run under the designs on the bench, or takes it away.
    pub fn overlay(&mut self, place: usize, overlaid: bool) {
        if let Some(run) = self.all.get_mut(place) {
            run.overlaid = overlaid;
        }
    }

    /// The designs of the runs that are laid under those on the bench.
    pub fn overlaid(&self) -> impl Iterator<Item = &Candidate> {
        self.all.iter().filter(|run| run.overlaid).flat_map(|run| &run.designs.candidates)
    }

    /// Takes a run out, to be put on the bench.
    pub fn take(&mut self, place: usize) -> Option<Run> {
        (place < self.all.len()).then(|| self.all.remove(place))
    }
}
