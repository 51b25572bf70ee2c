//! What the engine says.

use super::job::{End, JobId};
use crate::circuit::{Region, Specification};
use crate::dataset::Counts;
use crate::sizing::Candidate;
use crate::spice::Outcome;
use std::path::PathBuf;

/// Drawn sizings.
#[derive(Clone, Debug)]
pub struct SampleSet {
    /// The target.
    pub specification: Specification,
    /// Where they lie, all of them.
    pub region: Region,
    /// How many were drawn, of which these were delivered.
    pub drawn: usize,
    /// With predictions, without measurements.
    pub candidates: Vec<Candidate>,
    /// Seconds from request to answer, ranking included.
    pub seconds: f64,
    /// The device's name.
    pub device: String,
}

/// What the engine says. Every job ends with one [`Event::Ended`], and nothing is said of it after that.
#[derive(Clone, Debug)]
pub enum Event {
    /// A device was made ready.
    Device {
        /// Its name.
        name: String,
        /// Why it was chosen, where the choice was ours.
        why: Option<String>,
    },
    /// The performance model is being trained: the part done.
    PerformanceModel {
        /// The training.
        job: JobId,
        /// From 0 to 1.
        part: f64,
    },
    /// Steps were taken: look into [`super::Engine::learning`].
    Step {
        /// The training.
        job: JobId,
        /// Steps taken.
        step: u32,
        /// Steps in all.
        steps: u32,
        /// The last loss.
        loss: f32,
        /// The last learning rate.
        learning_rate: f32,
        /// Augmented rows a second, over the last moments.
        samples_a_second: f64,
    },
    /// A training waits.
    Paused(JobId),
    /// A training goes on.
    Resumed(JobId),
    /// A checkpoint was written.
    Saved(PathBuf),
    /// A checkpoint could not be written; training goes on.
    NotSaved(String),
    /// Some of a draw's sizings are there while others are not: raw, with predictions, before any are ranked or moved. A
    /// hint, as progress is: the draw's end has what is delivered.
    Drawn {
        /// The draw.
        job: JobId,
        /// The number of the first of them among all that is drawn.
        first: usize,
        /// In the order drawn.
        candidates: Vec<Candidate>,
    },
    /// One sizing was measured.
    Measured {
        /// The simulation.
        job: JobId,
        /// Which sizing of the request.
        index: usize,
        /// What ngspice said.
        outcome: Outcome,
    },
    /// Designs were measured in a search: look into [`super::Engine::searching`].
    Searching {
        /// The search.
        job: JobId,
        /// Designs measured.
        simulations: usize,
        /// Feasible designs among them.
        feasible: usize,
        /// The smallest violation so far, in decades.
        violation: f64,
        /// The best design's worst margin, in decades.
        margin: f64,
    },
    /// Designs were measured for a dataset.
    Generating {
        /// The generation.
        job: JobId,
        /// What happened to them so far.
        counts: Counts,
    },
    /// A job ended.
    Ended(JobId, End),
}
