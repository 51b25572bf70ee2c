//! What a model and rows fit: circuits are recognised by what they depend on, and what differs is said.

use crate::support::{kit_is_missing, run, stderr, stdout};
use serde_json::Value;
use sizewright::circuit::{Circuit, bundled_circuits, bundled_model_path, datasets_folder};
use sizewright::dataset;
use sizewright::engine::{bundled_model, doubt, load, testbench_hash};
use std::path::Path;
use std::process::Output;

/// A copy of OTA1 with its first rows, in which texts of `circuit.ron` and of the testbench are replaced; its
/// folder.
fn copied(place: &Path, in_circuit: &[(&str, &str)], in_testbench: &[(&str, &str)]) -> String {
    let from = datasets_folder();
    let folder = place.join("ota1");
    std::fs::create_dir_all(&folder).expect("writable");
    std::fs::create_dir_all(place.join("models")).expect("writable");
    std::fs::copy(from.join("models/generic65.lib"), place.join("models/generic65.lib")).expect("bundled");
    for (file, changes) in
        [("circuit.ron", in_circuit), ("testbench.cir", in_testbench), ("samples.csv", &[])]
    {
        let mut text = std::fs::read_to_string(from.join("ota1").join(file)).expect("bundled");
        for (old, new) in changes {
            assert!(text.contains(old), "`{old}` is in {file}");
            text = text.replace(old, new);
        }
        if file == "samples.csv" {
            text = text.lines().take(80).map(|line| format!("{line}\n")).collect();
        }
        std::fs::write(folder.join(file), text).expect("writable");
    }
    folder.display().to_string()
}

/// A testbench that measures otherwise: another load.
const OTHER_LOAD: (&str, &str) = ("CL=1p", "CL=3p");

fn size(folder: &str, more: &[&str]) -> Output {
    let mut all = vec!["size", folder, "--count", "2", "--simulations", "0", "--backend", "cpu"];
    all.extend(more);
    run(&all)
}

#[test]
fn the_bundled_models_and_rows_are_of_the_bundled_testbenches() {
    for name in bundled_circuits() {
        let circuit = Circuit::open(&name).expect("bundled");
        if kit_is_missing(&circuit) {
            continue;
        }
        let own = testbench_hash(&circuit).expect("readable");
        // a circuit may have no rows, or rows and no model
        if !circuit.dataset.is_file() {
            continue;
        }
        let rows = dataset::read(&circuit, &circuit.dataset).expect("readable").dataset;
        assert_eq!(rows.provenance.testbench(), Some(own.as_str()), "{name}");
        if bundled_model_path(&name).is_none() {
            continue;
        }
        bundled_model(&circuit).unwrap_or_else(|why| panic!("{name}: {why:?}"));
        let path = bundled_model_path(&name).expect("it is there");
        let model = load(&circuit, &path).expect("sound");
        assert_eq!((model.testbench.as_ref(), &model.dataset_hash), (Some(&own), &rows.hash()), "{name}");
        assert_eq!(doubt(&circuit, &model), None, "{name}");
    }
}

#[test]
fn a_copy_in_other_words_gets_the_bundled_model() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let words = [
        ("five-transistor OTA", "my OTA"),
        ("Single-ended", "One-ended"),
        ("input pair", "differential pair"),
    ];
    let output = size(&copied(place.path(), &words, &[]), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!stderr(&output).contains("warning:"), "{}", stderr(&output));
}

#[test]
fn a_copy_with_another_testbench_gets_none_by_its_name_and_may_start_from_it() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let folder = copied(place.path(), &[], &[OTHER_LOAD]);
    let exported = place.path().join("best.param").display().to_string();
    let output = size(&folder, &["--export", &exported]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(!Path::new(&exported).exists(), "nothing is predicted by a model of another circuit");
    for part in ["the testbench or its model card is another", "sizewright train", "--model", "ota1.model"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let bundled = datasets_folder().join("../assets/ota1.model").display().to_string();
    let output = size(&folder, &["--model", &bundled]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("warning:") && said.contains("another testbench or model card"), "{said}");
}

#[test]
fn a_copy_with_another_range_gets_none_and_is_told_which() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let wider = (
        "low: 1e-6, high: 10e-6, grid: 10e-9, scale: Linear, about: \"finger width, input pair\"",
        "low: 1e-6, high: 20e-6, grid: 10e-9, scale: Linear, about: \"finger width, input pair\"",
    );
    let folder = copied(place.path(), &[wider], &[]);
    let bundled = datasets_folder().join("../assets/ota1.model").display().to_string();
    for more in [&[][..], &["--model", &bundled]] {
        let output = size(&folder, more);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        for part in ["parameter W1 is [m] 1e-6 to 2e-5", "not [m] 1e-6 to 1e-5", "sizewright train"] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}

#[test]
fn rows_of_another_testbench_are_said_so_by_check_and_by_train() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let check = |folder: &str| {
        let output = run(&["dataset", "check", folder, "--json", "-"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        serde_json::from_str::<Value>(&stdout(&output)).expect("JSON")
    };
    let same = copied(place.path(), &[], &[]);
    assert_eq!(check(&same)["testbench"]["differs"], false);
    let folder = copied(place.path(), &[], &[OTHER_LOAD]);
    let value = check(&folder);
    assert_eq!(value["testbench"]["differs"], true);
    assert_ne!(value["testbench"]["rows"], value["testbench"]["circuit"]);
    let words = stdout(&run(&["dataset", "check", &folder]));
    assert!(words.contains("measured with another testbench or model card"), "{words}");
    let out = place.path().join("a.model").display().to_string();
    let output = train(&folder, &out);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let said = stderr(&output);
    assert!(said.contains("warning:") && said.contains("measured with another testbench"), "{said}");
    // what was learnt from them is no better
    let output = size(&folder, &["--model", &out]);
    assert!(stderr(&output).contains("another testbench or model card"), "{}", stderr(&output));
}

fn train(folder: &str, out: &str) -> Output {
    let small = ["--epochs", "1", "--batch", "64", "--blocks", "1", "--width", "8", "--stop-after", "1"];
    let mut all = vec!["train", folder, "--backend", "cpu", "--out", out];
    all.extend(small);
    run(&all)
}

#[test]
fn one_illegal_row_is_left_out_of_a_training_and_counted() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let folder = copied(place.path(), &[], &[]);
    let rows = Path::new(&folder).join("samples.csv");
    let text = std::fs::read_to_string(&rows).expect("copied");
    let kept = text.lines().filter(|line| !line.starts_with('#')).count() - 1;
    std::fs::write(&rows, format!("{text}nonsense,1\n")).expect("writable");
    let out = place.path().join("a.model").display().to_string();
    let output = train(&folder, &out);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains(&format!("1 of {} rows are left out, the first at line", kept + 1)), "{said}");
    assert!(Path::new(&out).is_file());
    // none left is an error, and a check still says no to one
    assert_eq!(run(&["dataset", "check", &folder]).status.code(), Some(2));
    let head: String =
        text.lines().filter(|line| !line.starts_with('#')).take(1).map(|l| format!("{l}\n")).collect();
    std::fs::write(&rows, format!("{head}nonsense,1\n")).expect("writable");
    let output = train(&folder, &out);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("1 of 1 rows are left out"), "{}", stderr(&output));
}
