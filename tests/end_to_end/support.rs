//! What the tests share: the program, circuits to break, and a plain `ngspice -b` to compare with.

use sizewright::circuit::{Circuit, Sizing, datasets_folder};
use sizewright::spice::{Allowed, Simulator, SimulatorConfig, findings};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

pub fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_sizewright"))
}

/// Whether the process kit that a circuit's decks are on is not on this machine; `./dev kit` fetches it.
pub fn kit_is_missing(circuit: &Circuit) -> bool {
    let missing = sizewright::spice::testbench_text(circuit)
        .is_err_and(|e| e.to_string().contains("the process kit was not found"));
    if missing {
        eprintln!("{}: its process kit is not here, nothing is tested", circuit.name);
    }
    missing
}

pub fn run(arguments: &[&str]) -> Output {
    Command::new(program()).args(arguments).output().expect("the program starts")
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn ota1() -> Circuit {
    Circuit::open("ota1").expect("OTA1 is bundled")
}

pub fn simulator(circuit: &Circuit, jobs: usize) -> Simulator {
    let config = SimulatorConfig { worker: program(), jobs, ..SimulatorConfig::default() };
    Simulator::start(circuit, config).expect("ngspice is installed")
}

pub fn simulator_with(
    circuit: &Circuit,
    jobs: usize,
    time_limit: Duration,
    recycle_after: usize,
) -> Simulator {
    let config = SimulatorConfig { jobs, time_limit, recycle_after, ..trusting(circuit) };
    Simulator::start(circuit, config).expect("ngspice is installed")
}

/// Runs the program's workers, and this deck whatever it does; a test's deck is in a folder of the test.
pub fn trusting(circuit: &Circuit) -> SimulatorConfig {
    let mut config = SimulatorConfig { worker: program(), ..SimulatorConfig::default() };
    if findings(circuit).is_ok_and(|found| !found.is_empty()) {
        config.allowed = Allowed::at(&circuit.folder.with_file_name("trusted.ron"));
        config.allowed.add(circuit).expect("writable");
    }
    config
}

/// A spread of legal sizings, the same each time.
pub fn sizings(circuit: &Circuit, n: usize) -> Vec<Sizing> {
    let mut state = 1_u64;
    let mut uniform = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut one =
        || Sizing(circuit.parameters.iter().map(|p| p.snap(p.from_unit_interval(uniform()))).collect());
    (0..n).map(|_| one()).collect()
}

/// A copy of OTA1's folder whose testbench has `from` replaced by `to`.
pub fn altered_ota1(folder: &Path, from: &str, to: &str) -> Circuit {
    let source = datasets_folder();
    let here = folder.join("ota1");
    std::fs::create_dir_all(&here).expect("writable");
    std::fs::create_dir_all(folder.join("models")).expect("writable");
    for file in ["models/generic65.lib", "ota1/circuit.ron", "ota1/sizing.param"] {
        std::fs::copy(source.join(file), folder.join(file)).expect("a bundled file");
    }
    let bench = std::fs::read_to_string(source.join("ota1/testbench.cir")).expect("a bundled file");
    assert!(bench.contains(from), "`{from}` is in the testbench");
    std::fs::write(here.join("testbench.cir"), bench.replacen(from, to, 1)).expect("writable");
    Circuit::load(&here).expect("still a circuit")
}

/// What `ngspice -b` prints for `name` on running `deck`, a file.
pub fn batch(deck: &Path) -> String {
    let mut command = Command::new("ngspice");
    command.arg("-b").arg(deck.file_name().expect("a file")).current_dir(deck.parent().expect("a folder"));
    stdout(&command.output().expect("ngspice is installed"))
}

/// The number behind `name =` in ngspice's output.
pub fn printed(text: &str, name: &str) -> f64 {
    let value = text.lines().find_map(|line| {
        let (left, right) = line.split_once('=')?;
        (left.trim() == name).then(|| right.split_whitespace().next()).flatten()?.parse().ok()
    });
    value.unwrap_or_else(|| panic!("{name} is printed in:\n{text}"))
}
