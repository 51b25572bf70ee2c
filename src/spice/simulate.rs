//! What measures designs, whatever it is: a pool of ngspice workers, which run decks in the library, as processes or start
//! the user's command; a pool that runs no more than some bounds need; several pools, one a corner.

use super::{MeasuredBy, Outcome};
use crate::circuit::Sizing;
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
