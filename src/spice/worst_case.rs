//! Designs measured in several conditions, of which the worst counts: what a circuit with `worst_over` takes for its
//! rows, its models and its verdicts.

use super::verdict::text_hash;
use super::{
    Failure, MeasuredBy, Outcome, Simulate, Simulated, Simulator, SimulatorConfig, SpiceError, testbench_text,
};
use crate::circuit::{Circuit, Performance, Sizing};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The decks' own conditions and a circuit's corners, all of them measured of every design.
pub struct WorstCase {
    circuit: Circuit,
    /// With the corner's name, the decks' own conditions first and without one.
    conditions: Vec<(Option<String>, Simulator)>,
    by: Arc<MeasuredBy>,
}

/// The circuit in each of the conditions that count.
fn conditions(circuit: &Circuit) -> impl Iterator<Item = (Option<String>, Circuit)> + '_ {
    let corners = circuit.worst_over.iter();
    let corners = corners.map(|corner| (Some(corner.name.clone()), circuit.in_corner(corner)));
    std::iter::once((None, circuit.in_own_conditions())).chain(corners)
}

impl WorstCase {
    /// Starts a pool for each condition.
    ///
    /// # Errors
    /// As [`Simulator::start`].
    pub fn start(circuit: &Circuit, config: &SimulatorConfig) -> Result<WorstCase, SpiceError> {
        let testbench = text_hash(&testbench_text(circuit)?);
        let started = conditions(circuit)
            .map(|(name, circuit)| Ok((name, Simulator::start(&circuit, config.clone())?)))
            .collect::<Result<Vec<_>, SpiceError>>()?;
        let simulator = started[0].1.measured_by().simulator.clone();
        let by = Arc::new(MeasuredBy { simulator, testbench });
        Ok(WorstCase { circuit: circuit.clone(), conditions: started, by })
    }

    /// Whether it would measure `circuit` as one started now would, see [`Simulator::fits`].
    pub fn fits(&self, circuit: &Circuit, config: &SimulatorConfig) -> bool {
        self.conditions.len() == circuit.worst_over.len() + 1
            && conditions(circuit)
                .zip(&self.conditions)
                .all(|((name, circuit), own)| name == own.0 && own.1.fits(&circuit, config))
    }

    /// What a design's measurements come to, in the order of the conditions.
    fn worst(&self, measured: Vec<Outcome>) -> Outcome {
        let mut performances = Vec::with_capacity(measured.len());
        let mut gap = None;
        for ((name, _), outcome) in self.conditions.iter().zip(measured) {
            match outcome {
                Ok(simulated) => performances.push(simulated.performance().clone()),
                Err(Failure::Missing { name: metric, reason, measured }) => {
                    let values = measured.into_iter().map(|value| value.unwrap_or(f64::NAN));
                    performances.push(Performance(values.collect()));
                    gap = gap.or(Some((metric, in_corner(name.as_deref(), &reason))));
                }
                Err(failure) => return Err(failure.in_corner(name.as_deref())),
            }
        }
        let all: Vec<&Performance> = performances.iter().collect();
        let worst = Performance::worst(&self.circuit, None, &all).into_iter().map(|(value, _)| value);
        match gap {
            None => Ok(Simulated::new(Performance(worst.collect()), Arc::clone(&self.by))),
            Some((name, reason)) => {
                let measured = worst.map(|value| Some(value).filter(|v| !v.is_nan())).collect();
                Err(Failure::Missing { name, reason, measured })
            }
        }
    }
}

/// Starts what measures a circuit as it says: in the decks' own conditions, or as the worst over some.
///
/// # Errors
/// As [`Simulator::start`].
pub fn simulator_of(circuit: &Circuit, config: &SimulatorConfig) -> Result<Box<dyn Simulate>, SpiceError> {
    if circuit.worst_over.is_empty() {
        return Ok(Box::new(Simulator::start(circuit, config.clone())?));
    }
    Ok(Box::new(WorstCase::start(circuit, config)?))
}

/// Words on what happened in a corner.
fn in_corner(name: Option<&str>, what: &str) -> String {
    name.map_or_else(|| what.to_owned(), |name| format!("in the corner {name}: {what}"))
}

impl Failure {
    /// The same, with the corner that it happened in.
    pub(super) fn in_corner(self, name: Option<&str>) -> Failure {
        match (self, name) {
            (Failure::Cancelled, _) => Failure::Cancelled,
            (other, None) => other,
            (Failure::NotConverged(what), name) => Failure::NotConverged(in_corner(name, &what)),
            (Failure::Crashed(what), name) => Failure::Crashed(in_corner(name, &what)),
            (other @ (Failure::TimedOut(_) | Failure::IllegalSizing(_)), _) => other,
            (other, name) => Failure::Invalid(in_corner(name, &other.to_string())),
        }
    }
}

/// A design is told of once it is measured in all conditions; one that fails in one is not measured in the others.
impl Simulate for WorstCase {
    fn run(
        &mut self,
        sizings: &[Sizing],
        cancel: &AtomicBool,
        on_result: &mut dyn FnMut(usize, &Outcome),
    ) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = vec![Err(Failure::Cancelled); sizings.len()];
        let mut measured: Vec<Vec<Outcome>> = vec![Vec::new(); sizings.len()];
        // as many at a time as the pool has workers, so that results come as the work goes on
        let at_once = self.conditions[0].1.jobs();
        let places: Vec<usize> = (0..sizings.len()).collect();
        for places in places.chunks(at_once) {
            let mut open = places.to_vec();
            for (_, simulator) in &mut self.conditions {
                let asked: Vec<Sizing> = open.iter().map(|&i| sizings[i].clone()).collect();
                let found = simulator.run(&asked, cancel, &mut |_, _| ());
                for (&i, outcome) in open.iter().zip(found) {
                    measured[i].push(outcome);
                }
                open.retain(|&i| matches!(measured[i].last(), Some(Ok(_) | Err(Failure::Missing { .. }))));
            }
            for &i in places {
                outcomes[i] = self.worst(std::mem::take(&mut measured[i]));
                on_result(i, &outcomes[i]);
            }
            if cancel.load(Ordering::Relaxed) {
                break;
            }
        }
        outcomes
    }

    fn measured_by(&self) -> &MeasuredBy {
        &self.by
    }
}
