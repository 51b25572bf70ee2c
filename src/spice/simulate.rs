//! What measures designs, whatever it is: a pool of ngspice workers, which run decks in the library, as processes or start
//! the user's command; a pool that runs no more than some bounds need; several pools, one a corner.

use super::{MeasuredBy, Outcome, Simulator, SimulatorConfig, SpiceError, WorstCase};
use crate::circuit::{Circuit, Sizing};
use std::sync::atomic::AtomicBool;

/// Measures designs of one circuit.
pub trait Simulate {
    /// Measures every sizing and returns the outcomes in the same order. `on_result` hears of each
    /// on the caller's thread, in the order in which they finish. Once `cancel` is set, what is
    /// left comes back as [`super::Failure::Cancelled`] within a fraction of a second.
    fn run(
        &mut self,
        sizings: &[Sizing],
        cancel: &AtomicBool,
        on_result: &mut dyn FnMut(usize, &Outcome),
    ) -> Vec<Outcome>;

    /// The simulator and the testbench that are at work.
    fn measured_by(&self) -> &MeasuredBy;
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
