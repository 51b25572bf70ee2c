//! Long work in turn: what is asked for while its like is under way waits here. One training, one simulation and one
//! search run at a time, side by side.

use crate::circuit::{Region, Sizing, Specification};
use crate::engine::{SearchSettings, TrainJob};

/// A job that waits.
pub enum QueuedJob {
    /// A training, as it was set when it was asked for.
    Train(Box<TrainJob>),
    /// Measuring.
    Simulate(Vec<Sizing>),
    /// A search, as it was set when it was asked for.
    Search(SearchSettings, Specification, Region),
}

impl QueuedJob {
    /// The job in words.
    pub fn words(&self) -> String {
        match self {
            QueuedJob::Train(job) => {
                let epochs = job.recipe.epochs;
                format!("Train {}, {epochs} epochs, seed {}", job.recipe.system().title(), job.seed)
            }
            QueuedJob::Simulate(sizings) => match sizings.len() {
                1 => "Simulate 1 design".to_owned(),
                n => format!("Simulate {n} designs"),
            },
            QueuedJob::Search(settings, ..) => {
                format!("Search by {}, seed {}", settings.strategy.name(), settings.seed)
            }
        }
    }

    /// The kind of job in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            QueuedJob::Train(_) => "training",
            QueuedJob::Simulate(_) => "simulation",
            QueuedJob::Search(..) => "search",
        }
    }

    /// Whether another job is of the same kind.
    pub fn is_like(&self, other: &QueuedJob) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// What waits, in its order, and what the user is asked about.
#[derive(Default)]
pub struct Queue {
    /// The jobs that wait, the next one first.
    pub waiting: Vec<QueuedJob>,
    /// The job of which the user is asked whether it is to wait.
    pub asked: Option<QueuedJob>,
}

impl Queue {
    /// What waits, in words.
    pub fn words(&self) -> Vec<String> {
        self.waiting.iter().map(QueuedJob::words).collect()
    }

    /// The sizings that wait to be simulated.
    pub fn sizings(&self) -> impl Iterator<Item = &Sizing> {
        self.waiting.iter().flat_map(|job| match job {
            QueuedJob::Simulate(sizings) => sizings.as_slice(),
            _ => &[],
        })
    }
}
