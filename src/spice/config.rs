//! How many workers a pool has, and what binds each of them.

use super::limits;
use super::trust::Allowed;
use std::path::PathBuf;
use std::time::Duration;

/// What decks draw at random: ngspice's own seed for each design.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Random {
    /// The same for every design: a result depends on the sizing alone.
    Same,
    /// Counted up from the first design of a run: mismatch.
    Counted(u64),
}

impl Random {
    /// The seed of the design at this place of a run.
    pub(super) fn seed(self, place: usize) -> u64 {
        match self {
            Random::Same => 1,
            Random::Counted(first) => first.wrapping_add(place as u64),
        }
    }
}

/// How a [`Simulator`](super::Simulator) works. No field but `random` changes a result.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatorConfig {
    /// Worker processes; at least 1.
    pub jobs: usize,
    /// The longest that one design may take.
    pub time_limit: Duration,
    /// The sizewright program, which is started again as a worker.
    pub worker: PathBuf,
    /// Designs after which a worker is replaced: ngspice leaks 1–7 kB a design.
    pub recycle_after: usize,
    /// The memory that a worker may use, in bytes; where there is no such bound it has none.
    pub memory_limit: u64,
    /// The decks that may do more than simulate.
    pub allowed: Allowed,
    /// What decks draw at random.
    pub random: Random,
    /// Whether a worker may keep a deck's circuit loaded and give its devices the next design's numbers by ngspice's command
    /// `alter`, where the deck is sure to allow it, in place of loading a netlist for each design. Both ways are held to the
    /// same bits when a worker begins and again now and then. For designs that are looked for and looked at; what is kept,
    /// such as the rows of a dataset, the cells of a report and what `simulate` and `verify` say, is loaded.
    pub alter: bool,
}

impl SimulatorConfig {
    /// The same for designs of which none is kept: devices are altered where decks allow it.
    #[must_use]
    pub fn altering(self) -> SimulatorConfig {
        SimulatorConfig { alter: true, ..self }
    }
}

impl Default for SimulatorConfig {
    /// A worker a core, 10 s, `$SIZEWRIGHT_WORKER` or else this program, 5,000 designs, 4 GiB, what
    /// the user has allowed, and a netlist for each design.
    fn default() -> SimulatorConfig {
        let chosen = std::env::var_os("SIZEWRIGHT_WORKER").filter(|path| !path.is_empty());
        let own = || std::env::current_exe().unwrap_or_else(|_| PathBuf::from("sizewright"));
        SimulatorConfig {
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            time_limit: Duration::from_secs(10),
            worker: chosen.map_or_else(own, PathBuf::from),
            recycle_after: 5000,
            memory_limit: limits::MEMORY,
            allowed: Allowed::default(),
            random: Random::Same,
            alter: false,
        }
    }
}
