//! The truth: what ngspice measures of a sizing.
//!
//! A [`Simulator`] is a pool of single-threaded worker processes, our own program started again
//! with the hidden subcommand `spice-worker`. Each loads the system's ngspice library at run time
//! and simulates a *fresh* netlist a design, so a result depends on the sizing alone: bit-identical
//! on repeat, whatever was simulated before and by which worker. A design that does not converge,
//! hangs, crashes its worker or makes ngspice quit costs that design alone and gets a reason.
//!
//! `deck` reads a testbench, `protocol` is what parent and worker say to each other, `library` the
//! foreign functions, `worker` the child's side and `pool` the parent's. This room knows `circuit`
//! and no other.

mod deck;
mod library;
mod pool;
mod protocol;
mod worker;

pub use deck::{deck, testbench_text};
pub use pool::{Simulator, SimulatorConfig, ngspice_version};
pub use worker::serve;

use crate::circuit::{Circuit, Performance, SizingError};
use std::path::PathBuf;
use std::time::Duration;

/// What ngspice measured of one sizing, exactly; or why there is nothing to report.
pub type Outcome = Result<Performance, Failure>;

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
    /// The testbench left no vector of a metric's name.
    #[error("{name} was not measured: {reason}")]
    Missing {
        /// The metric.
        name: String,
        /// What ngspice said last.
        reason: String,
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

/// What the parent makes of a line that a worker says; `None` for one that is no reply.
pub(crate) fn heard(circuit: &Circuit, line: &str) -> Option<Outcome> {
    protocol::Reply::decode(line).map(|reply| pool::judge(circuit, reply))
}

/// What a worker makes of a line that it is sent: whether it is what it is told once, and a design's numbers.
pub(crate) fn asked(line: &str) -> (bool, Option<Vec<f64>>) {
    (serde_json::from_str::<protocol::Setup>(line).is_ok(), protocol::decode_design(line))
}

/// What a worker is told once of a circuit and one that measured something answers, as seeds to alter.
pub(crate) fn spoken(circuit: &Circuit) -> Result<Vec<String>, SpiceError> {
    let setup = deck::Testbench::read(&circuit.testbench)?.setup(circuit);
    let values: Vec<f64> =
        (0..circuit.metrics.len() + circuit.validity.len()).map(|i| 0.1 + i as f64).collect();
    let measured =
        protocol::Reply::Measured(values.iter().copied().map(Some).collect(), "a complaint".to_owned());
    let setup = serde_json::to_string(&setup).expect("texts and lists of texts are JSON");
    Ok(vec![setup, protocol::encode_design(&values), measured.encode()])
}
