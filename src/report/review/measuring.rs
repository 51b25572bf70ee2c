//! The measurements of a review: nothing that a file or a model says of the design is believed.

use super::design::{About, Review};
use crate::circuit::{Circuit, Corner, NOMINAL, Sizing, Specification};
use crate::engine::{Awaited, Failure, InspectJob, Outcome, SimulatorConfig};
use crate::export::now;
use std::sync::Arc;

/// What is to be reviewed.
#[derive(Clone)]
pub struct ReviewTask {
    /// The circuit.
    pub circuit: Arc<Circuit>,
    /// What the design is to meet; it may be empty.
    pub targets: Specification,
    /// The design.
    pub sizing: Sizing,
    /// The corners that it is measured in besides the decks' own conditions; none leaves the table of corners out.
    pub corners: Vec<Corner>,
    /// Whose it is.
    pub about: About,
    /// What binds the simulations.
    pub pool: SimulatorConfig,
}

impl ReviewTask {
    /// The conditions of the table of corners, by name; none where no corner was asked for.
    fn conditions(&self) -> Vec<(String, Arc<Circuit>)> {
        if self.corners.is_empty() {
            return Vec::new();
        }
        let own = (NOMINAL.to_owned(), Arc::new(self.circuit.in_own_conditions()));
        let corner = |corner: &Corner| (corner.name.clone(), Arc::new(self.circuit.in_corner(corner)));
        std::iter::once(own).chain(self.corners.iter().map(corner)).collect()
    }

    /// How many pieces of work [`review`] tells of: the design, the look into it, its conditions.
    pub fn pieces(&self) -> usize {
        2 + self.conditions().len()
    }
}

/// Measures a design and looks into it; `tell` hears how many of [`ReviewTask::pieces`] are done.
///
/// # Errors
/// A sizing that is not legal, no simulator, a design that ngspice cannot measure, or that it was stopped.
pub fn review(task: &ReviewTask, engine: &Awaited, tell: &mut dyn FnMut(usize)) -> Result<Review, String> {
    let (circuit, sizing) = (&task.circuit, &task.sizing);
    sizing.check(circuit).map_err(|e| e.to_string())?;
    let stopped = || "stopped before all was simulated: no page was written".to_owned();
    let mut done = 0;
    let mut one_more = || {
        done += 1;
        tell(done);
    };
    let measure = |circuit: &Arc<Circuit>| -> Result<Outcome, String> {
        let measured = engine.simulate(circuit, vec![sizing.clone()], task.pool.clone(), &mut |_| ())?;
        match measured.outcomes.into_iter().next().flatten() {
            None | Some(Err(Failure::Cancelled)) => Err(stopped()),
            Some(outcome) => Ok(outcome),
        }
    };
    let simulated = measure(circuit)?;
    let simulated = simulated.map_err(|why| format!("the design could not be measured: {why}"))?;
    one_more();
    let mut notes = Vec::new();
    let mut inspection = None;
    if circuit.command.is_empty() {
        let job = InspectJob {
            circuit: Arc::clone(circuit),
            sizing: sizing.clone(),
            corner: None,
            pool: task.pool.clone(),
        };
        match engine.inspect(job) {
            Ok(seen) => inspection = Some(seen),
            Err(_) if engine.stopped() => return Err(stopped()),
            Err(why) => notes.push(format!("The design could not be looked into: {why}")),
        }
    } else {
        notes.push(
            "A command measures the circuit, which leaves neither curves nor operating points".to_owned(),
        );
    }
    one_more();
    let mut conditions = Vec::new();
    for (name, condition) in task.conditions() {
        // where a design is judged in the decks' own conditions, these are measured already
        let known = name == NOMINAL && circuit.worst_over.is_empty();
        conditions.push((name, if known { Ok(simulated.clone()) } else { measure(&condition)? }));
        one_more();
    }
    Ok(Review {
        circuit: Arc::clone(circuit),
        targets: task.targets.clone(),
        sizing: sizing.clone(),
        simulated,
        inspection,
        conditions,
        about: task.about.clone(),
        date: now(),
        notes,
    })
}
