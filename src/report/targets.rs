//! Targets that were never seen: the performance of a held-out design, where no training row reaches it.

use super::models::Opened;
use crate::circuit::Specification;
use crate::dataset::Split;

/// At most `most` targets. Each is what a design that was held out of training reaches, so that it can be met; and
/// none is met by a training row. Spread evenly over those that qualify, which come in the split's own order.
pub(super) fn unseen(opened: &Opened, held_out: f64, seed: u64, most: usize) -> Vec<Specification> {
    let split = Split::new(&opened.rows.rows, held_out, seed);
    let qualifies =
        |target: &Specification| !split.training.iter().any(|row| target.met_by(&row.performance));
    let all: Vec<Specification> = split
        .held_out
        .iter()
        .map(|row| Specification::of_performance(&opened.circuit, &row.performance))
        .filter(qualifies)
        .collect();
    let count = most.min(all.len());
    (0..count).map(|i| all[i * all.len() / count].clone()).collect()
}
