//! What launches check of their arguments.

use crate::tensor::TransformerPlan;

/// The most workgroups in one dimension that WebGPU promises.
pub const MOST_ROWS: usize = 65_535;

/// Elements of a row of the context.
pub fn context_row(plan: &TransformerPlan) -> usize {
    plan.blocks * plan.features * 2 * plan.width
}

/// Panics where an argument has another length than it should.
pub fn expect(what: &str, found: usize, expected: usize) {
    assert!(found == expected, "a transformer whole: {what} has {found} elements, not {expected}");
}
