//! What rows and models know a testbench by.

use crate::circuit::Circuit;
use crate::dataset::text_hash;
use crate::spice::{SpiceError, testbench_text};

/// The hash of a circuit's testbench with its model cards, as rows and models note it.
///
/// # Errors
/// [`SpiceError`] where the testbench cannot be read.
pub fn testbench_hash(circuit: &Circuit) -> Result<String, SpiceError> {
    Ok(text_hash(&testbench_text(circuit)?))
}
