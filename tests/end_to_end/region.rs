//! Parameters that are fixed or held to a range: what is drawn and searched lies inside, and is still of use.

use crate::support::{ota1, run, stderr, stdout};
use serde_json::Value;
use sizewright::circuit::{Region, Sizing};
use std::collections::BTreeMap;

fn json(arguments: &[&str]) -> Value {
    let output = run(arguments);
    serde_json::from_str(&stdout(&output)).unwrap_or_else(|e| panic!("{e}: {}", stderr(&output)))
}

/// The sizings of a result.
fn sizings(result: &Value) -> Vec<Sizing> {
    let circuit = ota1();
    let one = |entry: &Value| {
        let values: BTreeMap<String, f64> =
            serde_json::from_value(entry["parameters"].clone()).expect("a value a parameter");
        Sizing::from_names(&circuit, &values).expect("every parameter")
    };
    result["sizings"].as_array().expect("sizings").iter().map(one).collect()
}

/// Checks that a hundred are drawn inside, and says how many ngspice finds feasible.
fn drawn(command: &str, more: &[&str]) -> u64 {
    let mut arguments = vec![command, "ota1", "--backend", "cpu", "--json", "-"];
    arguments.extend(if command == "sample" {
        ["--simulate", "--count"]
    } else {
        ["--oversample=5", "--count"]
    });
    arguments.push("100");
    arguments.extend(more);
    let result = json(&arguments);
    let circuit = ota1();
    let texts =
        |flag: &str| -> Vec<&str> { more.windows(2).filter(|w| w[0] == flag).map(|w| w[1]).collect() };
    let region = Region::parse(&circuit, &texts("--fix"), &texts("--range")).expect("sound");
    let sizings = sizings(&result);
    assert_eq!(sizings.len(), 100, "{more:?}");
    for sizing in &sizings {
        assert!(sizing.check(&circuit).is_ok() && region.contains(&circuit, sizing), "{more:?}: {sizing:?}");
    }
    assert_eq!(result["drawn"], if command == "sample" { 100 } else { 500 });
    assert_eq!(result["ranges"].as_object().expect("ranges").len(), region.parameters().count());
    let feasible = result["feasible"].as_u64().expect("a count");
    println!("{command} {more:?}: {feasible} of 100 feasible in ngspice");
    feasible
}

#[test]
fn raw_draws_lie_inside_and_stay_of_use_where_ranges_are_narrowed_mildly() {
    let free = drawn("sample", &[]);
    let mild = drawn("sample", &["--range", "W1=2u..6u", "--range", "L3=0.5u..3u", "--range", "NF2=8..20"]);
    let fixed = drawn("sample", &["--fix", "W1=2u", "--range", "L1=0.2u..1u"]);
    let hard = drawn("sample", &["--fix", "W4=3u", "--fix", "L4=4u", "--fix", "NF4=10", "--fix", "VDD=0.42"]);
    // 74 free; 86, 82 and 51 held
    assert!(free >= 50, "{free} of 100");
    assert!(4 * mild >= 3 * free && 4 * fixed >= 3 * free, "{free} free, {mild} and {fixed} held");
    assert!(3 * hard >= free, "{free} free, {hard} held");
}

#[test]
fn the_best_of_more_lie_inside_and_most_are_feasible() {
    let feasible = drawn("size", &["--fix", "W1=2u", "--range", "L1=0.2u..1u"]);
    assert!(feasible >= 90, "{feasible} of 100");
}

#[test]
fn every_system_and_solver_stays_inside() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = ota1();
    let held = ["--fix", "W1=2u", "--fix", "NF2=3", "--range", "L1=0.2u..1u", "--range", "VB=0.2..0.25"];
    let region =
        Region::parse(&circuit, &["W1=2u", "NF2=3"], &["L1=0.2u..1u", "VB=0.2..0.25"]).expect("sound");
    let bundled = std::fs::read_to_string(&circuit.dataset).expect("bundled");
    let rows = folder.path().join("rows.csv").display().to_string();
    let head: String = bundled.lines().take(210).map(|l| format!("{l}\n")).collect();
    std::fs::write(&rows, head).expect("writable");
    for (system, solvers) in [
        ("dm-transformer", &["dpm-solver++", "ddim", "ancestral"][..]),
        ("dm-mlp", &["ancestral", "ddim"]),
        ("ann", &["ddim"]),
    ] {
        let model = folder.path().join(format!("{system}.model")).display().to_string();
        let mut train = vec!["train", "ota1", "--system", system, "--backend", "cpu", "--data", &rows];
        train.extend(["--epochs", "1", "--batch", "16", "--out", &model]);
        if system == "dm-transformer" {
            train.extend(["--blocks", "1", "--width", "16"]);
        }
        let output = run(&train);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        for solver in solvers {
            let mut sample = vec!["sample", "ota1", "--model", &model, "--solver", solver, "--steps", "6"];
            sample.extend(["--backend", "cpu", "--count", "40", "--json", "-"]);
            sample.extend(held);
            let drawn = sizings(&json(&sample));
            assert_eq!(drawn.len(), 40);
            let inside = |s: &Sizing| s.check(&circuit).is_ok() && region.contains(&circuit, s);
            assert!(drawn.iter().all(inside), "{system} by {solver}");
            let first = &drawn[0];
            assert!(drawn.iter().any(|s| s != first), "{system} by {solver}: the free parameters vary");
        }
    }
}

#[test]
fn a_search_stays_inside() {
    let held = ["--fix", "W1=2u", "--range", "L1=0.2u..1u"];
    let mut arguments =
        vec!["search", "ota1", "--strategy", "cma-es", "--max-simulations", "6000", "--json", "-"];
    arguments.extend(held);
    let result = json(&arguments);
    let circuit = ota1();
    let region = Region::parse(&circuit, &["W1=2u"], &["L1=0.2u..1u"]).expect("sound");
    let found = sizings(&result);
    assert!(!found.is_empty() && found.iter().all(|s| region.contains(&circuit, s)));
    assert!(result["feasible"].as_u64().expect("a count") > 0);
    assert_eq!(result["ranges"]["W1"], serde_json::json!([2e-6, 2e-6]));
}

#[test]
fn a_range_that_cannot_be_is_refused_with_the_remedy() {
    for (more, expected) in [
        (["--fix", "W9=2u"], "`W9` is not a parameter of ota1"),
        (["--fix", "W1=20u"], "its own range is 1 µm … 10 µm"),
        (["--range", "L1=1u"], "write `L1=0.2u..1u`"),
    ] {
        for command in ["sample", "size", "search"] {
            let output = run(&[command, "ota1", more[0], more[1]]);
            assert_eq!(output.status.code(), Some(2), "{command} {more:?}: {}", stderr(&output));
            assert!(stderr(&output).contains(expected), "{command} {more:?}: {}", stderr(&output));
        }
    }
}
