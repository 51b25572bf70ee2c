//! Rows that meet the target already, for `size`: they are delivered beside what is drawn.

use super::drawing::DrawTask;
use crate::circuit::Circuit;
use crate::dataset;
use crate::engine::{Candidate, SampleSet, beside_known, known_rows, most_known, testbench_hash};

/// A larger file of rows is not read for the sake of a few of them.
const LARGEST: u64 = 256 << 20;

/// The rows of a circuit's dataset; none where they were measured with another testbench, or cannot be read: `dataset
/// check` says why.
pub(super) fn rows(circuit: &Circuit) -> Vec<dataset::Row> {
    let path = &circuit.dataset;
    let readable = std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() <= LARGEST);
    let loaded = if readable { dataset::read(circuit, path).ok() } else { None };
    let Some(rows) = loaded.map(|loaded| loaded.dataset) else { return Vec::new() };
    let same = testbench_hash(circuit).is_ok_and(|hash| rows.provenance.testbench() == Some(&hash));
    if same { rows.rows } else { Vec::new() }
}

/// What was drawn, with up to a tenth of what will be simulated, and of what is delivered, replaced by rows of the
/// circuit's dataset that meet the target. Where the rows cannot be read there are none; `dataset check` says why.
pub(super) fn with_rows(drawing: &DrawTask, set: &SampleSet, simulations: usize) -> Vec<Candidate> {
    let drawn = set.candidates.clone();
    let most = most_known(drawn.len().min(simulations));
    let path = &drawing.circuit.dataset;
    let readable = std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() <= LARGEST);
    if most == 0 || !readable {
        return drawn;
    }
    let Ok(loaded) = dataset::read(&drawing.circuit, path) else {
        return drawn;
    };
    let known = known_rows(&drawing.circuit, &loaded.dataset.rows, &drawing.specification, &set.region, most);
    beside_known(drawn, known)
}
