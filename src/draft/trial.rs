//! A draft as a circuit that can be looked at before any of it is run.

use super::{Draft, DraftError};
use crate::circuit::{Circuit, CircuitError};

/// A draft as a circuit, in a folder of its own that goes with it.
pub struct Trial {
    /// The circuit.
    pub circuit: Circuit,
    _folder: tempfile::TempDir,
}

impl Draft {
    /// Writes the draft to a folder of its own: what the decks would do is looked at there before they run, and what is
    /// no circuit leaves nothing behind.
    ///
    /// # Errors
    /// [`DraftError`] where what is drafted is no circuit.
    pub fn trial(&self) -> Result<Trial, DraftError> {
        let folder =
            tempfile::tempdir().map_err(|e| DraftError::Asked(format!("no temporary folder: {e}")))?;
        let here = folder.path().join("circuit");
        self.write(&here)?;
        let circuit = Circuit::load(&here).map_err(|e| match e {
            // the folder is gone when this is read
            CircuitError::Field { field, problem, .. } => DraftError::Asked(format!("{field}: {problem}")),
            other => other.into(),
        })?;
        Ok(Trial { circuit, _folder: folder })
    }
}
