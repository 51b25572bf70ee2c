//! Designs judged over corners: the worst of each metric, measured in the conditions that matter, and in all of them where
//! that would pass.
//!
//! A circuit may have dozens of corners, and few of them decide. Of the first batch the best design is measured in all;
//! those that are worst for a bound are then measured for every design, besides the decks' own conditions. A design that
//! meets the specification in these is measured in the others until one fails, which from then on is one of them.

use super::{Failure, MeasuredBy, Outcome, Simulate, Simulator, SimulatorConfig, SpiceError};
use crate::circuit::{Circuit, Corner, Performance, Score, Sizing, Specification, margins_in_decades};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Corners that are measured for every design, at most.
const MOST_ACTIVE: usize = 12;

/// A simulator over a circuit's own conditions and corners of it.
pub struct OverCorners {
    circuit: Circuit,
    specification: Specification,
    corners: Vec<Corner>,
    config: SimulatorConfig,
    nominal: Simulator,
    /// Places of corners, each with a pool of its own.
    active: Vec<(usize, Simulator)>,
    chosen: bool,
}

impl OverCorners {
    /// Starts the pool of the decks' own conditions; those of corners start when they are needed.
    ///
    /// # Errors
    /// As [`Simulator::start`].
    pub fn start(
        circuit: &Circuit,
        corners: &[Corner],
        specification: &Specification,
        config: &SimulatorConfig,
    ) -> Result<OverCorners, SpiceError> {
        Ok(OverCorners {
            nominal: Simulator::start(&circuit.in_own_conditions(), config.clone())?,
            circuit: circuit.clone(),
            specification: specification.clone(),
            corners: corners.to_vec(),
            config: config.clone(),
            active: Vec::new(),
            chosen: false,
        })
    }

    /// The corners that are measured for every design, by name.
    pub fn active(&self) -> Vec<&str> {
        self.active.iter().map(|(place, _)| self.corners[*place].name.as_str()).collect()
    }

    fn meets(&self, outcome: &Outcome) -> bool {
        outcome.as_ref().is_ok_and(|simulated| self.specification.met_by(simulated.performance()))
    }

    /// Measures the best design in all corners: the active ones are those that are worst for a bound.
    fn choose(&mut self, sizings: &[Sizing], outcomes: &[Outcome], cancel: &AtomicBool) {
        let cost = |outcome: &Outcome| {
            let simulated = outcome.as_ref().ok()?;
            Some(Score::of(&self.circuit, &self.specification, simulated.performance()).cost())
        };
        let measured = sizings.iter().zip(outcomes).filter_map(|(s, o)| Some((s, cost(o)?)));
        let Some((best, _)) = measured.min_by(|a, b| a.1.total_cmp(&b.1)) else { return };
        self.chosen = true;
        let places: Vec<usize> = (0..self.corners.len()).collect();
        let found = self.measured_in(&places, best, cancel, false);
        let mut active: Vec<usize> =
            found.iter().filter(|(_, outcome)| outcome.is_err()).map(|(place, _)| *place).take(2).collect();
        let margins: Vec<(usize, Vec<f64>)> = found
            .iter()
            .filter_map(|(place, outcome)| {
                let performance = outcome.as_ref().ok()?.performance();
                Some((*place, margins_in_decades(&self.circuit, &self.specification, performance)))
            })
            .collect();
        for bound in 0..self.specification.bounds.len() {
            let worst = margins.iter().min_by(|a, b| a.1[bound].total_cmp(&b.1[bound]));
            active.extend(worst.map(|(place, _)| *place));
        }
        for place in active {
            self.activate(place);
        }
    }

    fn activate(&mut self, place: usize) {
        let known = self.active.iter().any(|(own, _)| *own == place);
        if known || self.active.len() >= MOST_ACTIVE || self.config.jobs == 0 {
            return;
        }
        let circuit = self.circuit.in_corner(&self.corners[place]);
        if let Ok(simulator) = Simulator::start(&circuit, self.config.clone()) {
            self.active.push((place, simulator));
        }
    }

    /// A design that meets the specification where it was measured, in the other corners, until one fails.
    fn in_the_others(&mut self, sizing: &Sizing, worst: Outcome, cancel: &AtomicBool) -> Outcome {
        let is_open = |place: &usize| !self.active.iter().any(|(own, _)| own == place);
        let open: Vec<usize> = (0..self.corners.len()).filter(is_open).collect();
        let found = self.measured_in(&open, sizing, cancel, true);
        let all = found.len() == open.len();
        let mut worst = worst;
        let mut failing: Option<(usize, f64)> = None;
        for (place, outcome) in found {
            let margin = match &outcome {
                Ok(simulated) => {
                    Score::of(&self.circuit, &self.specification, simulated.performance()).margin
                }
                Err(_) => f64::NEG_INFINITY,
            };
            if !self.meets(&outcome) && failing.is_none_or(|(_, least)| margin < least) {
                failing = Some((place, margin));
            }
            worst = worse(&self.circuit, &self.specification, &self.corners[place], &worst, outcome);
        }
        match failing {
            Some((place, _)) => self.activate(place),
            // what was not measured everywhere does not hold everywhere
            None if !all => return Err(Failure::Cancelled),
            None => {}
        }
        worst
    }

    /// One design in some corners, as many side by side as there are jobs; `until_failure` leaves the rest out once one
    /// does not meet the specification.
    fn measured_in(
        &self,
        places: &[usize],
        sizing: &Sizing,
        cancel: &AtomicBool,
        until_failure: bool,
    ) -> Vec<(usize, Outcome)> {
        let next = AtomicUsize::new(0);
        let over = AtomicBool::new(false);
        let alone = SimulatorConfig { jobs: 1, ..self.config.clone() };
        let work = || {
            let mut found = Vec::new();
            while !over.load(Ordering::Relaxed) && !cancel.load(Ordering::Relaxed) {
                let Some(&place) = places.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                let circuit = self.circuit.in_corner(&self.corners[place]);
                let outcome = match Simulator::start(&circuit, alone.clone()) {
                    Ok(mut simulator) => {
                        simulator.run(std::slice::from_ref(sizing), cancel, &mut |_, _| ()).remove(0)
                    }
                    Err(e) => Err(Failure::Crashed(e.to_string())),
                };
                if until_failure && !self.meets(&outcome) {
                    over.store(true, Ordering::Relaxed);
                }
                found.push((place, outcome));
            }
            found
        };
        let mut found: Vec<(usize, Outcome)> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.config.jobs.max(1)).map(|_| scope.spawn(work)).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("no panic there")).collect()
        });
        found.sort_by_key(|(place, _)| *place);
        found
    }
}

/// The worst of each metric of each sizing. A performance that meets the specification is one over all corners; any other is
/// one over some. A design that cannot be measured in a corner has no performance.
impl Simulate for OverCorners {
    fn run(
        &mut self,
        sizings: &[Sizing],
        cancel: &AtomicBool,
        on_result: &mut dyn FnMut(usize, &Outcome),
    ) -> Vec<Outcome> {
        let mut worst = self.nominal.run(sizings, cancel, &mut |_, _| ());
        if !self.chosen && !cancel.load(Ordering::Relaxed) {
            self.choose(sizings, &worst, cancel);
        }
        for (place, simulator) in &mut self.active {
            let outcomes = simulator.run(sizings, cancel, &mut |_, _| ());
            for (worst, outcome) in worst.iter_mut().zip(outcomes) {
                *worst = worse(&self.circuit, &self.specification, &self.corners[*place], worst, outcome);
            }
        }
        for (i, (sizing, worst)) in sizings.iter().zip(&mut worst).enumerate() {
            if self.meets(worst) {
                *worst = self.in_the_others(sizing, worst.clone(), cancel);
            }
            on_result(i, worst);
        }
        worst
    }

    fn measured_by(&self) -> &MeasuredBy {
        self.nominal.measured_by()
    }
}

/// The worse of two outcomes, metric by metric; the corner is named where it is why there is none.
fn worse(
    circuit: &Circuit,
    specification: &Specification,
    corner: &Corner,
    one: &Outcome,
    two: Outcome,
) -> Outcome {
    let (one, two) = match (one, two) {
        (Ok(one), Ok(two)) => (one, two),
        (Err(first), _) => return Err(first.clone()),
        (_, Err(failure)) => return Err(failure.in_corner(Some(&corner.name))),
    };
    let both: [&Performance; 2] = [one.performance(), two.performance()];
    let worst = Performance::worst(circuit, Some(specification), &both);
    Ok(one.with(Performance(worst.into_iter().map(|(value, _)| value).collect())))
}
