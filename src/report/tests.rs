//! Unseen targets: reachable, and reached by no training row.

use super::models::Opened;
use super::targets::unseen;
use crate::circuit::Circuit;
use crate::dataset::{self, Split};
use std::sync::Arc;

#[test]
fn targets_are_met_by_a_held_out_design_and_by_no_training_row() {
    let circuit = Arc::new(Circuit::open("ota1").expect("OTA1 is bundled"));
    let rows = Arc::new(dataset::read(&circuit, &circuit.dataset).expect("sound").dataset);
    let opened = Opened { circuit, rows, paper: None };
    let targets = unseen(&opened, 0.1, 1, 12);
    assert!((4..=12).contains(&targets.len()), "{} targets", targets.len());
    let split = Split::new(&opened.rows.rows, 0.1, 1);
    for target in &targets {
        assert_eq!(target.bounds.len(), 4);
        assert!(split.held_out.iter().any(|row| target.met_by(&row.performance)));
        assert!(!split.training.iter().any(|row| target.met_by(&row.performance)));
    }
    assert_eq!(unseen(&opened, 0.1, 1, 12), targets, "the same for a seed");
}
