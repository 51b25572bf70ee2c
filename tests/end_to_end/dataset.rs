//! The bundled dataset and the commands that make and check one.

use crate::support::{kit_is_missing, ota1, run, simulator, stderr, stdout};
use sizewright::circuit::{Circuit, Sizing, bundled_circuits};
use sizewright::dataset::{self, Row};
use sizewright::spice::Simulate;
use std::sync::atomic::AtomicBool;

#[test]
fn the_bundled_rows_are_sound_and_none_meets_the_target() {
    // rows and parameters as in the paper's Table I; rows that miss one given bound alone, at least (the
    // noise of OTA4 is seldom the only thing that is wrong)
    let table_one =
        [("ota1", 2024, 14, 100), ("ota2", 1744, 14, 100), ("ota3", 969, 14, 50), ("ota4", 1016, 17, 5)];
    let bundled = bundled_circuits();
    assert!(table_one.iter().all(|(name, ..)| bundled.iter().any(|b| b == name)), "{bundled:?}");
    for (name, rows, parameters, near_misses) in table_one {
        let circuit = Circuit::open(name).expect("bundled");
        assert_eq!(circuit.parameters.len(), parameters, "{name}");
        let loaded = dataset::read(&circuit, &circuit.dataset).expect("the dataset is bundled");
        let counts = (loaded.dataset.rows.len(), loaded.refused.len(), loaded.dataset.repeated());
        assert_eq!(counts, (rows, 0, 0), "{name}");
        let target = &circuit.specifications[0].specification;
        let (each, all) = loaded.dataset.met(target);
        assert_eq!(all, 0, "{name}");
        assert!(each.iter().all(|&n| n >= 100), "{name}: {each:?}");
        // all bounds but one are met together too
        for left_out in 0..target.bounds.len() {
            let mut triple = target.clone();
            triple.bounds.remove(left_out);
            assert!(loaded.dataset.met(&triple).1 >= near_misses, "{name} without bound {left_out}");
        }
    }
}

#[test]
fn the_bundled_rows_are_what_ngspice_measures_today() {
    for name in bundled_circuits() {
        let circuit = Circuit::open(&name).expect("bundled");
        if kit_is_missing(&circuit) {
            continue;
        }
        // a circuit may have no rows
        if !circuit.dataset.is_file() {
            continue;
        }
        let loaded = dataset::read(&circuit, &circuit.dataset).expect("the dataset is readable");
        let some: Vec<&Row> = loaded.dataset.rows.iter().step_by(50).collect();
        let sizings: Vec<Sizing> = some.iter().map(|r| r.sizing.clone()).collect();
        let outcomes = simulator(&circuit, 2).run(&sizings, &AtomicBool::new(false), &mut |_, _| {});
        for (row, outcome) in some.iter().zip(&outcomes) {
            let measured = outcome.as_ref().expect("it was measured before");
            for (stored, now) in row.performance.0.iter().zip(&measured.performance().0) {
                // another ngspice may round otherwise
                assert!((stored / now - 1.0).abs() < 1e-3, "{name}: {row:?} {measured:?}");
            }
        }
    }
}

#[test]
fn generating_repeats_itself_whatever_the_jobs_and_shards_merge() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let generate = |out: &str, more: &[&str]| {
        let mut all = vec!["dataset", "generate", "ota1", "--rows", "24", "--seed", "5", "--out", out];
        all.extend(more);
        let output = run(&all);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        std::fs::read_to_string(out).expect("written")
    };
    let one = generate(&file("a.csv"), &["--jobs", "1"]);
    assert_eq!(generate(&file("b.csv"), &["--jobs", "2"]), one);
    let first = generate(&file("1.csv"), &["--shard", "1/2"]);
    let second = generate(&file("2.csv"), &["--shard", "2/2"]);
    let rows = |text: &str| -> Vec<String> {
        text.lines().filter(|l| !l.starts_with('#')).skip(1).map(str::to_owned).collect()
    };
    assert_eq!((rows(&first).len(), rows(&second).len()), (12, 12));
    assert!(rows(&first).iter().all(|row| !rows(&second).contains(row)));
    let merged = run(&["dataset", "merge", &file("1.csv"), &file("2.csv"), "--out", &file("m.csv")]);
    assert_eq!(merged.status.code(), Some(0), "{}", stderr(&merged));
    let check = run(&["dataset", "check", "ota1", &file("m.csv")]);
    assert_eq!(check.status.code(), Some(0), "{}", stderr(&check));
    assert!(stdout(&check).contains("24 rows kept, 0 refused") && stdout(&check).contains("all bounds: 0"));
}

#[test]
fn bad_usage_is_exit_code_two_and_says_what_would_do() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let csv = folder.path().join("bad.csv");
    let bundled = std::fs::read_to_string(&ota1().dataset).expect("OTA1's dataset is bundled");
    let head: String = bundled.lines().take(12).map(|l| format!("{l}\n")).collect();
    std::fs::write(&csv, head + "1,2,3\n").expect("writable");
    let csv = csv.display().to_string();
    let nowhere = folder.path().join("no/such/f.csv").display().to_string();
    for (arguments, expected) in [
        (vec!["dataset", "check", "ota9"], "there is no circuit `ota9`"),
        (vec!["dataset", "check", "ota1", "no-such.csv"], "cannot read no-such.csv"),
        (vec!["dataset", "check", "ota1", &csv], "1 rows are refused"),
        (vec!["dataset", "generate", "ota1", "--rows", "0", "--out", &csv], "--rows must be"),
        (vec!["dataset", "generate", "ota1", "--rows", "9", "--shard", "3/2", "--out", &csv], "such as 2/4"),
        (vec!["dataset", "generate", "ota1", "--rows", "9", "--out", &nowhere], "cannot write"),
        (vec!["simulate", "ota1"], "--sizing"),
        (vec!["nonsense"], "nonsense"),
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(expected), "{arguments:?}: {}", stderr(&output));
    }
}
