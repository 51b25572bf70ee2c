//! What the README claims of the bundled models, run as a user would and judged by ngspice.

use crate::support::{run, stderr, stdout};
use sizewright::circuit::{Circuit, Performance};
use sizewright::dataset;
use sizewright::engine::{demo_model, load};
use std::collections::HashSet;

const CIRCUITS: [&str; 4] = ["ota1", "ota2", "ota3", "ota4"];

/// Without `--spec`: the target is the circuit's Table II.
fn answer(arguments: &[&str]) -> serde_json::Value {
    let output = run(arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_str(&stdout(&output)).expect("JSON on stdout")
}

/// Feasible by the simulated figures themselves, counted anew.
fn feasible(circuit: &Circuit, answer: &serde_json::Value) -> usize {
    let target = &circuit.specifications[0].specification;
    let meets = |sizing: &&serde_json::Value| {
        let of = |m: &sizewright::circuit::Metric| sizing["simulated"][&m.name].as_f64().unwrap_or(f64::NAN);
        target.met_by(&Performance(circuit.metrics.iter().map(of).collect()))
    };
    answer["sizings"].as_array().expect("sizings").iter().filter(meets).count()
}

#[test]
fn the_bundled_models_were_trained_on_the_bundled_rows_none_of_which_meets_the_target() {
    for name in CIRCUITS {
        let circuit = Circuit::open(name).expect("bundled");
        let rows = dataset::read(&circuit, &circuit.dataset).expect("readable").dataset;
        let path = demo_model(&circuit).expect("each has a bundled model");
        let model = load(&circuit, &path).expect("sound");
        assert_eq!(model.dataset_hash, rows.hash(), "{name}: train it again with the documented command");
        let (each, all) = rows.met(&circuit.specifications[0].specification);
        assert_eq!(all, 0, "{name}: the target is unseen");
        assert!(each.iter().all(|count| *count > 0), "{name}: each bound alone is met by some: {each:?}");
    }
}

#[test]
fn at_least_80_of_100_delivered_and_30_of_100_raw_sizings_are_feasible_in_ngspice_on_each_circuit() {
    for name in CIRCUITS {
        let circuit = Circuit::open(name).expect("bundled");
        let delivered = answer(&["size", name, "--count", "100", "--json", "-"]);
        let count = feasible(&circuit, &delivered);
        assert_eq!(delivered["feasible"].as_u64(), Some(count as u64));
        assert_eq!(delivered["simulations"].as_u64(), Some(100));
        let sizings = delivered["sizings"].as_array().expect("sizings");
        let distinct: HashSet<String> = sizings.iter().map(|s| s["parameters"].to_string()).collect();
        assert_eq!((sizings.len(), distinct.len()), (100, 100));
        assert!(count >= 80, "{name} delivered: {count} of 100");
        let raw = answer(&["sample", name, "--count", "100", "--simulate", "--json", "-"]);
        let count = feasible(&circuit, &raw);
        assert_eq!(raw["feasible"].as_u64(), Some(count as u64));
        assert!(count >= 30, "{name} raw: {count} of 100");
    }
}
