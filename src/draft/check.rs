//! A circuit's folder looked through: every finding, one design simulated twice, and by both ways of running ngspice.

use crate::circuit::{Circuit, Metric, Sizing, counted, format_quantity};
use crate::spice::{
    Compared, Outcome, Reasons, Simulate, Simulated, Simulator, SimulatorConfig, compare, findings,
    simulator_of, spread, unused_parameters,
};
use std::sync::atomic::AtomicBool;

/// Designs, spread over all ranges, that are tried.
const TRIED: usize = 16;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What was looked at, in a word.
    pub what: &'static str,
    /// Whether it is well.
    pub well: bool,
    /// What is to be said of it.
    pub said: String,
}

/// Looks through a circuit. Decks that would do more than simulate are not run unless they are allowed.
pub fn look_through(circuit: &Circuit, pool: &SimulatorConfig) -> Vec<Checked> {
    let mut all: Vec<Checked> = Vec::new();
    let mut add = |what, well, said: String| all.push(Checked { what, well, said });
    add(
        "circuit.ron",
        true,
        format!(
            "{}, {}, {}, {}",
            counted(circuit.parameters.len(), "parameter"),
            counted(circuit.metrics.len(), "metric"),
            counted(circuit.testbenches.len(), "testbench"),
            counted(circuit.corners.len(), "corner")
        ),
    );
    let (found, allowed) =
        match findings(circuit).and_then(|found| Ok((found, pool.allowed.allows(circuit)?))) {
            Ok(looked) => looked,
            Err(e) => {
                add("decks", false, e.to_string());
                return all;
            }
        };
    for finding in &found {
        let at = format!("{}:{}", finding.path.display(), finding.line);
        add("trust", allowed, format!("{at}: {} ({})", finding.text, finding.why));
    }
    match unused_parameters(circuit) {
        Ok(unused) if unused.is_empty() => {}
        Ok(unused) => add("parameters", false, format!("no deck uses {}", unused.join(", "))),
        Err(e) => add("decks", false, e.to_string()),
    }
    if !allowed {
        let said = "not run: the decks would do more than simulate, and were not allowed to (`--trust`)";
        add("simulation", false, said.to_owned());
        return all;
    }
    if twice(circuit, pool, &mut add) {
        over_the_ranges(circuit, pool, &mut add);
    }
    for corner in &circuit.corners {
        let outcome = measured(&circuit.in_corner(corner), pool);
        let said = outcome.and_then(|o| o.map_err(|failure| failure.to_string())).err();
        if let Some(why) = said {
            add("corner", false, format!("{}: {why}", corner.name));
        }
    }
    all
}

/// The design in the middle of all ranges.
fn measured(circuit: &Circuit, pool: &SimulatorConfig) -> Result<Outcome, String> {
    let middle = Sizing(circuit.parameters.iter().map(|p| p.snap(p.from_unit_interval(0.5))).collect());
    let mut simulator = Simulator::start(circuit, pool.clone()).map_err(|e| e.to_string())?;
    Ok(simulator.run(&[middle], &AtomicBool::new(false), &mut |_, _| {}).remove(0))
}

/// Measures designs spread over the ranges: where many cannot be measured, ranges reach beyond what decks and kit allow.
fn over_the_ranges(
    circuit: &Circuit,
    pool: &SimulatorConfig,
    add: &mut dyn FnMut(&'static str, bool, String),
) {
    let designs = spread(circuit, TRIED);
    let mut simulator = match simulator_of(circuit, pool) {
        Ok(simulator) => simulator,
        Err(e) => return add("ranges", false, e.to_string()),
    };
    let mut reasons = Reasons::default();
    for failure in
        simulator.run(&designs, &AtomicBool::new(false), &mut |_, _| {}).iter().flat_map(|o| o.as_ref().err())
    {
        reasons.add(&failure.to_string());
    }
    let failed = reasons.count();
    let said = match reasons.in_words() {
        None => format!("all of {TRIED} designs spread over them can be measured"),
        Some(reason) => {
            format!("{failed} of {TRIED} designs spread over them cannot be measured, most often: {reason}")
        }
    };
    add("ranges", 3 * failed <= TRIED, said);
}

/// Measures a design twice, and the other way: what differs cannot be sized. Whether one could be measured.
fn twice(circuit: &Circuit, pool: &SimulatorConfig, add: &mut dyn FnMut(&'static str, bool, String)) -> bool {
    for bench in circuit.testbenches.iter().filter(|bench| bench.process) {
        add("simulation", true, format!("{} runs as `ngspice -b`, a process for each run", bench.name));
    }
    let compared = match compare(circuit, pool) {
        Ok(compared) => compared,
        Err(e) => {
            add("simulation", false, e.to_string());
            return false;
        }
    };
    if let Some(problem) = compared.problem(circuit) {
        add("simulation", false, problem);
    }
    let (simulated, not_by_both) = match compared {
        Compared::Same { simulated, not_by_both } => (simulated, not_by_both),
        Compared::Unmeasured(_) | Compared::OnlyTheOtherWay { .. } => return false,
        Compared::Differs { .. } | Compared::Random { .. } => return true,
    };
    add("simulation", true, words(circuit, &simulated));
    match not_by_both {
        None if circuit.testbenches.is_empty() => {}
        None => {
            let said = "the same by the loaded library and by `ngspice -b`";
            add("simulation", true, said.to_owned());
        }
        Some(why) => add("simulation", true, format!("measured one way alone: the other way {why}")),
    }
    true
}

fn words(circuit: &Circuit, simulated: &Simulated) -> String {
    let one = |(m, &v): (&Metric, &f64)| format!("{} {}", m.name, format_quantity(v, m.unit, 4));
    let values: Vec<String> = circuit.metrics.iter().zip(&simulated.performance().0).map(one).collect();
    format!("one design, twice the same: {}", values.join(", "))
}
