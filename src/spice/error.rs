//! Why one design has no measurement, and why there is no simulator at all.

use super::finding::{Finding, in_words};
use crate::circuit::SizingError;
use std::path::PathBuf;
use std::time::Duration;

/// Why one design has no measurement. The pool goes on with the others.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The sizing is not legal; ngspice was not asked.
    #[error("not simulated: {0}")]
    IllegalSizing(#[from] SizingError),
    /// An analysis was given up.
    #[error("did not converge: {0}")]
    NotConverged(String),
    /// The time limit was up; the worker was replaced.
    #[error("no result within {:.3} s", .0.as_secs_f64())]
    TimedOut(Duration),
    /// The worker ended or ngspice asked to quit; the worker was replaced.
    #[error("ngspice gave up: {0}")]
    Crashed(String),
    /// The testbench left no vector of a metric's name: of the metrics some are missing.
    #[error("{name} was not measured: {reason}")]
    Missing {
        /// The first metric that is missing.
        name: String,
        /// What ngspice said last.
        reason: String,
        /// The metrics, in the circuit's order and SI units.
        measured: Vec<Option<f64>>,
    },
    /// Something was measured that cannot be, or a validity condition does not hold.
    #[error("{0}")]
    Invalid(String),
    /// The run was cancelled before this design's turn or while it was simulated.
    #[error("cancelled")]
    Cancelled,
}

/// Why there is no simulator at all.
#[derive(Debug, thiserror::Error)]
pub enum SpiceError {
    /// The deck would do more than simulate, and the user has not allowed it.
    #[error("{}", in_words(findings))]
    Untrusted {
        /// The lines that would.
        findings: Vec<Finding>,
    },
    /// What the user has allowed cannot be read or kept.
    #[error("cannot keep what decks are allowed in {}: {problem}", path.display())]
    Allowed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The ngspice library cannot be loaded.
    #[error(
        "ngspice is not installed ({reason}): install it with `apt-get install ngspice libngspice0`, or set SIZEWRIGHT_NGSPICE to the path of libngspice"
    )]
    NotInstalled {
        /// The loader's words.
        reason: String,
    },
    /// A worker process cannot be started or does not answer.
    #[error(
        "the simulation worker {} {problem}: set SIZEWRIGHT_WORKER to the path of the sizewright program",
        path.display()
    )]
    Worker {
        /// The program that was started.
        path: PathBuf,
        /// What happened.
        problem: String,
    },
    /// A deck or a file that it includes cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The circuit has no testbench.
    #[error(
        "{0} has no testbench, it is data alone: nothing of it can be measured, and what a model says stays predicted"
    )]
    DataAlone(String),
    /// The deck lacks something or says something that cannot be followed.
    #[error("{}:{line}: {problem}", path.display())]
    Deck {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it and what would do.
        problem: String,
    },
    /// The sizing is not legal.
    #[error("{0}")]
    IllegalSizing(#[from] SizingError),
}
