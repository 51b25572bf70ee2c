//! ngspice kept ready from one job to the next.

use crate::circuit::Circuit;
use crate::spice::{Simulator, SimulatorConfig, SpiceError};

/// A simulator that is kept while it would measure the same.
#[derive(Default)]
pub(super) struct Pool(Option<Simulator>);

impl Pool {
    /// The simulator of `circuit` as its files are now, started where that is another than the last one.
    pub(super) fn of(
        &mut self,
        circuit: &Circuit,
        config: &SimulatorConfig,
    ) -> Result<&mut Simulator, SpiceError> {
        let kept = match self.0.take().filter(|kept| kept.fits(circuit, config)) {
            Some(kept) => kept,
            None => Simulator::start(circuit, config.clone())?,
        };
        Ok(self.0.insert(kept))
    }
}
