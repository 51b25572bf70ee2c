//! The order of the designs in the table, which the selection steps through.

use super::margin::Worst;
use super::mark::{Mark, shown};
use crate::app::state::{Bench, LookForm, SortKey};
use crate::engine::Candidate;

/// The designs in the table's order.
pub fn order(bench: &Bench, look: &LookForm) -> Vec<usize> {
    let key = |c: &Candidate, i: usize| -> f64 {
        match look.sort {
            SortKey::Number => i as f64,
            SortKey::Verdict => Mark::of(c, &bench.targets) as u8 as f64,
            SortKey::Margin => Worst::of(&bench.open.circuit, &bench.targets, c)
                .map_or(f64::NEG_INFINITY, |worst| worst.decades),
            SortKey::Metric(m) => shown(c).map_or(f64::INFINITY, |p| p.0[m]),
            SortKey::Parameter(p) => c.sizing.0[p],
        }
    };
    let mut keyed: Vec<(f64, usize)> =
        bench.candidates().iter().enumerate().map(|(i, c)| (key(c, i), i)).collect();
    keyed.sort_by(|a, b| {
        let values = if look.falling { b.0.total_cmp(&a.0) } else { a.0.total_cmp(&b.0) };
        values.then(a.1.cmp(&b.1))
    });
    keyed.into_iter().map(|(_, i)| i).collect()
}

/// The next or previous design of the table, from its end on from the other one; none where there are none.
pub fn next_in_order(bench: &Bench, look: &LookForm, forward: bool) -> Option<usize> {
    let order = order(bench, look);
    let here = order.iter().position(|i| Some(*i) == bench.selected);
    let next = match (here, forward) {
        (None, true) => 0,
        (None, false) => order.len().saturating_sub(1),
        (Some(at), true) => (at + 1) % order.len(),
        (Some(at), false) => (at + order.len() - 1) % order.len(),
    };
    order.get(next).copied()
}
