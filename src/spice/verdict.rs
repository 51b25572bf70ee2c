//! What ngspice measured, and by what it did. This room alone can say [`Simulated`]: no prediction, no
//! stored number and no other room can pass for a measurement.

use super::Failure;
use crate::circuit::Performance;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// What ngspice measured of one sizing, or why there is nothing to report.
pub type Outcome = Result<Simulated, Failure>;

/// By what a measurement was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasuredBy {
    /// The ngspice of the worker that measured, such as `ngspice-39`.
    pub simulator: String,
    /// SHA-256 of the testbench with all that it includes, see [`super::testbench_text`]: 64
    /// hexadecimal digits, as datasets record it.
    pub testbench: String,
}

/// A performance that ngspice measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulated {
    performance: Performance,
    provenance: Arc<MeasuredBy>,
}

impl Simulated {
    /// For the judge of a worker's numbers alone.
    pub(super) fn new(performance: Performance, provenance: Arc<MeasuredBy>) -> Simulated {
        Simulated { performance, provenance }
    }

    /// A measurement that no ngspice made, for tests of what is done with measurements.
    #[cfg(test)]
    pub(crate) fn for_tests(performance: Performance) -> Simulated {
        let provenance = MeasuredBy { simulator: "a test".to_owned(), testbench: text_hash("") };
        Simulated { performance, provenance: Arc::new(provenance) }
    }

    /// The metrics, in the circuit's order and SI units.
    pub fn performance(&self) -> &Performance {
        &self.performance
    }

    /// By the same simulator the worst of several measurements of a design.
    pub(super) fn with(&self, performance: Performance) -> Simulated {
        Simulated { performance, provenance: Arc::clone(&self.provenance) }
    }

    /// By what they were measured.
    pub fn provenance(&self) -> &MeasuredBy {
        &self.provenance
    }
}

/// SHA-256 as 64 hexadecimal digits.
pub(super) fn text_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}
