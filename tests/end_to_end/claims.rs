//! What the README claims of the bundled model, run as a user would and judged by ngspice.

use crate::support::{ota1, run, stderr, stdout};
use sizewright::dataset;
use sizewright::engine::{demo_model, load};
use std::collections::HashSet;

const TABLE_II: [&str; 8] =
    ["--spec", "power<=27nW", "--spec", "irn<=5.2uV", "--spec", "gain>=30dB", "--spec", "bw>=1.55kHz"];

fn answer(arguments: &[&str]) -> serde_json::Value {
    let all: Vec<&str> = arguments.iter().chain(&TABLE_II).copied().collect();
    let output = run(&all);
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_str(&stdout(&output)).expect("JSON on stdout")
}

/// Feasible by the simulated figures themselves, counted anew.
fn feasible(answer: &serde_json::Value) -> usize {
    let meets = |sizing: &&serde_json::Value| {
        let of = |metric: &str| sizing["simulated"][metric].as_f64().unwrap_or(f64::NAN);
        of("power") <= 27e-9 && of("irn") <= 5.2e-6 && of("gain") >= 30.0 && of("bw") >= 1550.0
    };
    answer["sizings"].as_array().expect("sizings").iter().filter(meets).count()
}

#[test]
fn the_bundled_model_was_trained_on_the_bundled_rows_none_of_which_meets_the_target() {
    let circuit = ota1();
    let rows = dataset::read(&circuit, &circuit.dataset).expect("readable").dataset;
    let path = demo_model(&circuit).expect("OTA1 has a bundled model");
    let model = load(&circuit, &path).expect("sound");
    assert_eq!(model.dataset_hash, rows.hash(), "train it again with the documented command");
    let target = &circuit.specifications[0].specification;
    let (each, all) = rows.met(target);
    assert_eq!(all, 0, "the target is unseen");
    assert!(each.iter().all(|count| *count > 0), "each bound alone is met by some: {each:?}");
}

#[test]
fn at_least_80_of_100_delivered_and_30_of_100_raw_sizings_are_feasible_in_ngspice() {
    let delivered = answer(&["size", "ota1", "--count", "100", "--json", "-"]);
    let count = feasible(&delivered);
    assert_eq!(delivered["feasible"].as_u64(), Some(count as u64));
    assert_eq!(delivered["simulations"].as_u64(), Some(100));
    let sizings = delivered["sizings"].as_array().expect("sizings");
    let distinct: HashSet<String> = sizings.iter().map(|s| s["parameters"].to_string()).collect();
    assert_eq!((sizings.len(), distinct.len()), (100, 100));
    assert!(count >= 80, "delivered: {count} of 100");
    let raw = answer(&["sample", "ota1", "--count", "100", "--simulate", "--json", "-"]);
    let count = feasible(&raw);
    assert_eq!(raw["feasible"].as_u64(), Some(count as u64));
    assert!(count >= 30, "raw: {count} of 100");
}
