//! ngspice kept ready from one job to the next.

use crate::circuit::Circuit;
use crate::spice::{Simulate, Simulator, SimulatorConfig, SpiceError, WorstCase};

/// Simulators that are kept while they would measure the same.
#[derive(Default)]
pub(super) struct Pool {
    one: Option<Simulator>,
    worst: Option<WorstCase>,
}

impl Pool {
    /// What measures `circuit` as it says, over the conditions that count; started where it is not at hand.
    pub(super) fn of(
        &mut self,
        circuit: &Circuit,
        config: &SimulatorConfig,
    ) -> Result<&mut dyn Simulate, SpiceError> {
        if circuit.worst_over.is_empty() {
            return Ok(self.in_one(circuit, config)?);
        }
        let kept = match self.worst.take().filter(|kept| kept.fits(circuit, config)) {
            Some(kept) => kept,
            None => WorstCase::start(circuit, config)?,
        };
        Ok(self.worst.insert(kept))
    }

    /// The simulator of `circuit` in one condition, as its files are now, started where that is another than the last one.
    pub(super) fn in_one(
        &mut self,
        circuit: &Circuit,
        config: &SimulatorConfig,
    ) -> Result<&mut Simulator, SpiceError> {
        let kept = match self.one.take().filter(|kept| kept.fits(circuit, config)) {
            Some(kept) => kept,
            None => Simulator::start(circuit, config.clone())?,
        };
        Ok(self.one.insert(kept))
    }
}
