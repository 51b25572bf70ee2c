//! What a report measures, as it is kept between runs.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The best design of a set: feasible with the largest worst margin or, if none is, the closest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Best {
    /// The parameters by their names, in SI units.
    pub parameters: BTreeMap<String, f64>,
    /// The metrics as ngspice measured them, in SI units, in the order of the circuit's metrics.
    pub metrics: Vec<f64>,
    /// Whether the design meets every bound.
    pub feasible: bool,
}

/// What came of drawing for one target and simulating all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Drawn {
    /// Sizings delivered and simulated.
    pub delivered: usize,
    /// Sizings drawn, of which these were delivered.
    pub drawn: usize,
    /// Sizings that are feasible in ngspice.
    pub feasible: usize,
    /// Sizings without a measurement.
    pub failed: usize,
    /// Different sizings among the delivered.
    pub distinct: usize,
    /// Seconds to draw and rank.
    pub seconds: f64,
    /// Seconds in ngspice.
    pub simulation_s: f64,
    /// The best sizing; none where nothing could be measured.
    pub best: Option<Best>,
}

/// A trained system on a circuit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trained {
    /// The system that was trained, by its name on the command line.
    pub system: String,
    /// The sizes of the network.
    pub sizes: String,
    /// The learnable weights of the network.
    pub weights: usize,
    /// Steps of the training.
    pub steps: u32,
    /// Seconds of the system's own training.
    pub train_s: f64,
    /// Seconds of the performance model's training.
    pub performance_s: f64,
    /// The device that trained the network.
    pub device: String,
    /// What came of sizings delivered as they were drawn.
    pub raw: Drawn,
    /// What came of sizings ranked by the performance model; the paper's own recipes rank none.
    pub ranked: Option<Drawn>,
}

/// A search on a circuit up to its first feasible design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Searched {
    /// The strategy of the search, by its name on the command line.
    pub strategy: String,
    /// Simulations that the search might use, at most.
    pub most: usize,
    /// Simulations that the search used.
    pub simulations: usize,
    /// Seconds of the search.
    pub seconds: f64,
    /// Simulations and seconds to the first feasible design.
    pub first_feasible: Option<(usize, f64)>,
    /// The best design that the search found.
    pub best: Best,
}

/// What came of one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct UnseenTarget {
    /// The target in words.
    pub target: String,
    /// Feasible of the sizings drawn, by system in the order of [`crate::engine::System::ALL`].
    pub raw: Vec<usize>,
    /// Feasible of the sizings delivered after ranking; empty without ranking.
    pub ranked: Vec<usize>,
}

/// What came of a circuit's targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Unseen {
    /// Sizings delivered a target.
    pub count: usize,
    /// Each target.
    pub targets: Vec<UnseenTarget>,
}
