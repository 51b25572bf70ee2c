//! Whether a circuit's measurements can be relied on: one design is measured twice, and by the other of the two ways in
//! which ngspice runs decks.

use super::{Outcome, Random, Simulate, Simulated, Simulator, SimulatorConfig, SpiceError};
use crate::circuit::{Circuit, Corner, Sizing};
use std::sync::atomic::AtomicBool;

/// Designs that are tried until one can be measured.
const TRIED: usize = 8;
/// The seed of a design that is measured to see whether the decks draw at random.
const OTHER_SEED: u64 = 4711;
/// Both ways run the same program on the same netlist, but for bins that no design of a worker's needs and where its
/// vectors are printed: this part of a value is what iteration may leave.
const SAME: f64 = 1e-4;

/// What came of comparing.
#[derive(Clone, Debug)]
pub enum Compared {
    /// The same each time; where `by_both` is not set, the other way could not be had, for this reason.
    Same {
        /// What was measured.
        simulated: Simulated,
        /// Why the other way did not measure it.
        not_by_both: Option<String>,
    },
    /// A metric differs: its name, and both values.
    Differs {
        /// Between what: in words that follow "differs".
        between: &'static str,
        /// The metric.
        metric: String,
        /// Its two values, in SI units.
        values: (f64, f64),
    },
    /// The decks draw at random, though no mismatch was asked for: with another seed a metric is another.
    Random {
        /// The metric.
        metric: String,
        /// Its two values, in SI units.
        values: (f64, f64),
    },
    /// No design that was tried could be measured: why the first could not.
    Unmeasured(String),
    /// None could be measured as the circuit has it, but one the other way.
    OnlyTheOtherWay {
        /// Why not as the circuit has it.
        reason: String,
        /// What was measured the other way.
        simulated: Simulated,
    },
}

impl Compared {
    /// What speaks against measuring, in words; `None` where nothing does.
    pub fn problem(&self, circuit: &Circuit) -> Option<String> {
        match self {
            Compared::Same { .. } => None,
            Compared::Differs { between, metric, values } => {
                Some(format!("{metric} of one design differs {between}: {}", both(circuit, metric, *values)))
            }
            Compared::Random { metric, values } => Some(format!(
                "the decks draw at random, which they should not unless mismatch is asked for: with another seed {metric} \
                 of one design is another, {}; switch the kit's mismatch off in the decks, or declare it as the circuit's \
                 mismatch, such as `mismatch: (),` where the decks are to draw as they are",
                both(circuit, metric, *values)
            )),
            Compared::Unmeasured(reason) => Some(reason.clone()),
            Compared::OnlyTheOtherWay { reason, .. } => {
                let (now, other) = if circuit.testbenches.iter().any(|t| t.process) {
                    ("in a process of its own", "false")
                } else {
                    ("by the loaded library", "true")
                };
                Some(format!(
                    "measured {now}: {reason}; it can be measured the other way: set `process: {other}` in its testbench"
                ))
            }
        }
    }
}

/// Two values of a metric.
fn both(circuit: &Circuit, metric: &str, (one, two): (f64, f64)) -> String {
    let shown = |value: f64| match circuit.metrics.iter().find(|m| m.name == *metric) {
        Some(m) => crate::circuit::format_quantity(value, m.unit, 8),
        None => format!("{value}"),
    };
    format!("{} and {}", shown(one), shown(two))
}

/// The other of the two ways for all testbenches: `None` of a circuit that has none.
fn other_way(circuit: &Circuit) -> Option<Circuit> {
    let mut other = circuit.clone();
    let process = !circuit.testbenches.first()?.process;
    other.testbenches.iter_mut().for_each(|bench| bench.process = process);
    Some(other)
}

/// Measures a design twice, and the other way.
///
/// # Errors
/// [`SpiceError`] where there is no simulator or the decks may not run.
pub fn compare(circuit: &Circuit, config: &SimulatorConfig) -> Result<Compared, SpiceError> {
    let never = AtomicBool::new(false);
    let one_job = SimulatorConfig { jobs: 1, alter: false, ..config.clone() };
    let mut simulator = Simulator::start(circuit, one_job.clone())?;
    let mut run = |sizing: &Sizing| -> Outcome {
        simulator.run(std::slice::from_ref(sizing), &never, &mut |_, _| {}).remove(0)
    };
    let other = other_way(circuit);
    let mut others: Option<Simulator> = None;
    let mut reason = None;
    let designs = spread(circuit, TRIED);
    for sizing in &designs {
        let one = match run(sizing) {
            Ok(one) => one,
            Err(failure) => {
                reason.get_or_insert(failure.to_string());
                continue;
            }
        };
        match run(sizing) {
            Ok(two) => {
                if let Some(differs) = difference(circuit, &one, &two, 0.0, "when it is measured twice") {
                    return Ok(differs);
                }
            }
            Err(failure) => return Ok(Compared::Unmeasured(format!("only one time of two: {failure}"))),
        }
        let Some(other) = &other else {
            return Ok(Compared::Same { simulated: one, not_by_both: None });
        };
        return Ok(match measured(other, &one_job, &mut others, sizing) {
            Ok(two) => {
                let between = "between the loaded library and a process of its own";
                match difference(circuit, &one, &two, SAME, between) {
                    Some(differs) => by_another_seed(circuit, &one_job, sizing, one, differs),
                    None => Compared::Same { simulated: one, not_by_both: None },
                }
            }
            Err(why) => Compared::Same { simulated: one, not_by_both: Some(why) },
        });
    }
    let reason = reason.unwrap_or_default();
    for (sizing, other) in designs.iter().zip(std::iter::repeat(&other)) {
        let Some(other) = other else { break };
        if let Ok(simulated) = measured(other, &one_job, &mut others, sizing) {
            return Ok(Compared::OnlyTheOtherWay { reason, simulated });
        }
    }
    Ok(Compared::Unmeasured(reason))
}

/// What a difference between the two ways comes from: what decks draw at random they draw in another order.
fn by_another_seed(
    circuit: &Circuit,
    config: &SimulatorConfig,
    sizing: &Sizing,
    one: Simulated,
    differs: Compared,
) -> Compared {
    let config = SimulatorConfig { random: Random::Counted(OTHER_SEED), ..config.clone() };
    let Ok(other) = measured(circuit, &config, &mut None, sizing) else { return differs };
    match difference(circuit, &one, &other, 0.0, "") {
        Some(Compared::Differs { metric, values, .. }) => {
            let as_it_is = |m: &Corner| m.sections.is_empty() && m.set.is_empty() && m.replace.is_empty();
            if circuit.mismatch.as_ref().is_some_and(as_it_is) {
                let why = "draws other random numbers, as mismatch is declared".to_owned();
                return Compared::Same { simulated: one, not_by_both: Some(why) };
            }
            Compared::Random { metric, values }
        }
        _ => differs,
    }
}

/// One design by a simulator that is started where there is none.
fn measured(
    circuit: &Circuit,
    config: &SimulatorConfig,
    simulator: &mut Option<Simulator>,
    sizing: &Sizing,
) -> Result<Simulated, String> {
    let simulator = match simulator {
        Some(simulator) => simulator,
        none => none.insert(Simulator::start(circuit, config.clone()).map_err(|e| e.to_string())?),
    };
    let outcome =
        simulator.run(std::slice::from_ref(sizing), &AtomicBool::new(false), &mut |_, _| {}).remove(0);
    outcome.map_err(|failure| failure.to_string())
}

/// Designs to try a circuit with: the middle of all ranges, then points spread over them (multiples of the golden ratio's
/// powers).
pub fn spread(circuit: &Circuit, count: usize) -> Vec<Sizing> {
    let at = |nth: usize, place: usize| {
        let step = 0.618_033_988_75_f64.powi(i32::try_from(place % 30).unwrap_or(0) + 1);
        (0.5 + nth as f64 * step).fract()
    };
    let design = |nth| {
        let parameters = circuit.parameters.iter().enumerate();
        Sizing(parameters.map(|(i, p)| p.snap(p.from_unit_interval(at(nth, i)))).collect())
    };
    (0..count).map(design).collect()
}

/// The first metric that differs by more than this part of it.
fn difference(
    circuit: &Circuit,
    one: &Simulated,
    two: &Simulated,
    part: f64,
    between: &'static str,
) -> Option<Compared> {
    let pairs = one.performance().0.iter().zip(&two.performance().0);
    circuit.metrics.iter().zip(pairs).find_map(|(metric, (&a, &b))| {
        let apart = (a - b).abs() > part * a.abs().max(b.abs());
        apart.then(|| Compared::Differs { between, metric: metric.name.clone(), values: (a, b) })
    })
}
