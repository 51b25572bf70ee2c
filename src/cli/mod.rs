//! The command line: one file a subcommand, and what they share.
//!
//! Exit codes: 0 done, 1 the work failed, 2 bad usage or input. Messages go to stderr as one line
//! that starts with `error:`, results to stdout. Ctrl-C sets a flag that long work looks at; what
//! is done by then is kept.

mod bench;
mod candidates;
mod choice;
mod circuit;
mod circuits;
mod curves;
mod dataset;
mod drawing;
mod error;
mod explain;
mod export;
mod grow;
mod jobs;
mod known;
mod mismatch;
mod netlist;
mod output;
mod progress;
mod reach;
mod region;
mod report;
mod review;
mod rounds;
mod sample;
mod search;
mod simulate;
mod size;
mod sizings;
mod target;
mod tradeoff;
mod train;
mod trust;
mod verify;

use clap::{Parser, Subcommand};
use error::CliError;

/// Sizes analog integrated circuits: a diffusion transformer proposes, SPICE judges.
#[derive(Parser)]
#[command(name = "sizewright", version, about)]
struct Arguments {
    /// Let the circuit's deck do more than simulate, as it is now: start programs, write files anywhere
    #[arg(long, global = true)]
    trust: bool,
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// List the bundled circuits: parameters, metrics, rows
    Circuits(circuits::Arguments),
    /// Make a circuit's folder from decks as they are, or look through one
    #[command(subcommand)]
    Circuit(circuit::CircuitTask),
    /// The main job: draw sizings for a specification, simulate the best, export the best of all
    Size(size::Arguments),
    /// Draw sizings for a specification, raw, in the order drawn
    Sample(sample::Arguments),
    /// Search for a feasible sizing in the loop with ngspice, without a model or a dataset
    Search(search::Arguments),
    /// What more of one metric costs in the others, near a target
    Tradeoff(tradeoff::Arguments),
    /// Train a system on a circuit's dataset
    Train(train::Arguments),
    /// Measure sizings in ngspice
    Simulate(simulate::Arguments),
    /// Measure sizings over the circuit's corners: the worst case of each metric
    Verify(verify::Arguments),
    /// Generate, import, merge or check a circuit's dataset
    #[command(subcommand)]
    Dataset(dataset::DatasetTask),
    /// Write a sizing as a file for another tool
    Export(export::Arguments),
    /// Write a page of a sizing for colleagues, measured anew: targets, operating point, curves, corners
    Review(review::Arguments),
    /// The paper's tables, rebuilt: every system on every circuit, judged by ngspice
    Report(report::Arguments),
    /// How fast this machine trains, samples and simulates
    Bench(bench::Arguments),
    /// What the simulator starts; not for use by hand
    #[command(hide = true)]
    SpiceWorker,
}

impl Task {
    /// The circuits that a subcommand opens, and whether it simulates them.
    fn circuits(&self) -> (Vec<String>, bool) {
        let one = |name: &str| vec![name.to_owned()];
        match self {
            Task::Size(a) => (one(a.circuit()), a.simulates()),
            Task::Sample(a) => (one(a.circuit()), a.simulates()),
            Task::Search(a) => (one(a.circuit()), true),
            Task::Tradeoff(a) => (one(a.circuit()), a.simulates()),
            Task::Train(a) => (one(a.circuit()), a.simulates()),
            Task::Simulate(a) => (one(a.circuit()), true),
            Task::Verify(a) => (one(a.circuit()), true),
            Task::Review(a) => (one(a.circuit()), true),
            Task::Dataset(dataset::DatasetTask::Generate(a)) => (one(a.circuit()), true),
            Task::Bench(a) => (a.circuit().into_iter().collect(), true),
            Task::Report(a) => (a.circuits(), a.simulates()),
            _ => (Vec::new(), false),
        }
    }
}

/// Reads the command line, does the work and returns the exit code.
pub fn run() -> i32 {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(e) => {
            // help and version go to stdout with 0, the rest to stderr with 2
            let code = e.exit_code();
            let _ = e.print();
            return code;
        }
    };
    let (circuits, simulates) = arguments.command.circuits();
    if let Err(e) = trust::check(&circuits, simulates, arguments.trust) {
        return failed(&e);
    }
    let result = match arguments.command {
        Task::Circuits(a) => circuits::run(&a),
        Task::Circuit(task) => circuit::run(&task, arguments.trust),
        Task::Size(a) => size::run(&a),
        Task::Sample(a) => sample::run(&a),
        Task::Search(a) => search::run(&a),
        Task::Tradeoff(a) => tradeoff::run(&a),
        Task::Train(a) => train::run(&a),
        Task::Simulate(a) => simulate::run(&a),
        Task::Verify(a) => verify::run(&a),
        Task::Dataset(task) => dataset::run(&task),
        Task::Export(a) => export::run(&a),
        Task::Review(a) => review::run(&a),
        Task::Report(a) => report::run(&a),
        Task::Bench(a) => bench::run(&a),
        Task::SpiceWorker => return crate::engine::serve_spice(),
    };
    match result {
        Ok(()) => 0,
        Err(e) => failed(&e),
    }
}

/// Says why and returns the exit code.
fn failed(e: &CliError) -> i32 {
    eprintln!("error: {}", e.to_string().replace('\n', " "));
    e.code()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_subcommand_is_sound() {
        Arguments::command().debug_assert();
    }
}
