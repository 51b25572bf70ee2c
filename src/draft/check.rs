//! A circuit's folder looked through: every finding, and one design simulated twice.

use crate::circuit::{Circuit, Metric, Sizing, format_quantity};
use crate::spice::{Outcome, Simulated, Simulator, SimulatorConfig, findings, unused_parameters};
use std::sync::atomic::AtomicBool;

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
            "{} parameters, {} metrics, {} testbenches, {} corners",
            circuit.parameters.len(),
            circuit.metrics.len(),
            circuit.testbenches.len(),
            circuit.corners.len()
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
    twice(circuit, pool, &mut add);
    for corner in &circuit.corners {
        let outcome = measured(&circuit.in_corner(corner), pool, 1).map(|mut all| all.remove(0));
        let said = outcome.and_then(|o| o.map_err(|failure| failure.to_string())).err();
        if let Some(why) = said {
            add("corner", false, format!("{}: {why}", corner.name));
        }
    }
    all
}

/// One design, the middle of all ranges, as often as asked for.
fn measured(circuit: &Circuit, pool: &SimulatorConfig, times: usize) -> Result<Vec<Outcome>, String> {
    let middle = Sizing(circuit.parameters.iter().map(|p| p.snap(p.from_unit_interval(0.5))).collect());
    let mut simulator = Simulator::start(circuit, pool.clone()).map_err(|e| e.to_string())?;
    Ok(simulator.run(&vec![middle; times], &AtomicBool::new(false), &mut |_, _| {}))
}

/// Measures a design twice: what differs cannot be sized.
fn twice(circuit: &Circuit, pool: &SimulatorConfig, add: &mut dyn FnMut(&'static str, bool, String)) {
    let outcomes = match measured(circuit, pool, 2) {
        Ok(outcomes) => outcomes,
        Err(e) => return add("simulation", false, e),
    };
    match (&outcomes[0], &outcomes[1]) {
        (Ok(one), Ok(two)) => {
            let pairs = one.performance().0.iter().zip(&two.performance().0);
            let other = circuit.metrics.iter().zip(pairs).find(|(_, (a, b))| a != b);
            match other {
                Some((m, (a, b))) => {
                    add("simulation", false, format!("measured twice, {} is {a} and {b}", m.name));
                }
                None => add("simulation", true, words(circuit, one)),
            }
        }
        (Err(failure), _) | (_, Err(failure)) => {
            add("simulation", false, format!("the design in the middle of all ranges: {failure}"));
        }
    }
}

fn words(circuit: &Circuit, simulated: &Simulated) -> String {
    let one = |(m, &v): (&Metric, &f64)| format!("{} {}", m.name, format_quantity(v, m.unit, 4));
    let values: Vec<String> = circuit.metrics.iter().zip(&simulated.performance().0).map(one).collect();
    format!("the middle of all ranges, twice the same: {}", values.join(", "))
}
