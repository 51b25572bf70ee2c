//! Exported files are read back: by ngspice where it can, and by sizewright itself.

use crate::support::{altered_ota1, batch, printed, run, stderr, stdout};
use serde_json::Value;

/// Simulates two designs and returns the folder and the path of the result.
fn simulated() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let json = folder.path().join("s.json").display().to_string();
    let output = run(&["simulate", "ota1", "--random", "2", "--seed", "3", "--json", &json]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    (folder, json)
}

fn read(json: &str) -> Value {
    let text = std::fs::read_to_string(json).expect("written");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn ngspice_runs_the_testbench_with_an_exported_file() {
    let (folder, json) = simulated();
    let result = read(&json);
    // in place of sizing.param, beside the testbench
    let circuit = altered_ota1(folder.path(), "OTA1", "OTA1");
    let param = circuit.folder.join("sizing.param").display().to_string();
    for (row, format) in [("1", "ngspice"), ("2", "hspice"), ("1", "ltspice"), ("2", "xyce")] {
        let arguments =
            ["export", "ota1", "--sizing", &json, "--row", row, "--format", format, "--out", &param];
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let text = std::fs::read_to_string(&param).expect("written");
        assert!(text.contains("measured by SPICE (ngspice-"), "{text}");
        let printed_by_ngspice = batch(&circuit.testbenches[0].deck);
        let index: usize = row.parse().expect("a number");
        for metric in ["power", "irn", "gain", "bw"] {
            let expected = result["sizings"][index - 1]["simulated"][metric].as_f64().expect("measured");
            let independent = printed(&printed_by_ngspice, metric);
            assert!((independent / expected - 1.0).abs() < 1e-3, "{format} {metric}");
        }
    }
}

#[test]
fn every_format_comes_back_to_the_same_sizing() {
    let (folder, json) = simulated();
    let parameters = read(&json)["sizings"][1]["parameters"].clone();
    for format in ["csv", "json"] {
        let out = folder.path().join(format!("x.{format}")).display().to_string();
        let output =
            run(&["export", "ota1", "--sizing", &json, "--row", "2", "--format", format, "--out", &out]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let again = run(&["export", "ota1", "--sizing", &out, "--format", "json"]);
        assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
        let value: Value = serde_json::from_str(&stdout(&again)).expect("JSON");
        assert_eq!(value["sizings"][0]["parameters"], parameters, "{format}");
    }
    let spectre = run(&["export", "ota1", "--sizing", &json, "--row", "2", "--format", "spectre"]);
    for (name, value) in parameters.as_object().expect("an object") {
        let line = stdout(&spectre)
            .lines()
            .find_map(|l| l.strip_prefix(&format!("parameters {name}="))?.parse::<f64>().ok());
        let error = line.expect("a line a parameter") / value.as_f64().expect("a number") - 1.0;
        assert!(error.abs() < 1e-15, "{name}");
    }
}

#[test]
fn what_cannot_be_exported_is_exit_code_two() {
    let (folder, json) = simulated();
    let plain = folder.path().join("plain.json").display().to_string();
    std::fs::write(&plain, "{\"W1\": 2e-6}").expect("writable");
    let illegal = folder.path().join("illegal.json").display().to_string();
    let text = std::fs::read_to_string(&json).expect("written");
    let value: Value = serde_json::from_str(&text).expect("JSON");
    let mut parameters = value["sizings"][0]["parameters"].clone();
    parameters["W1"] = 1.0.into();
    std::fs::write(&illegal, parameters.to_string()).expect("writable");
    let nowhere = folder.path().join("no/such/f").display().to_string();
    for (arguments, expected) in [
        (vec!["--sizing", &json, "--format", "ngspice", "--out", &nowhere], "cannot write"),
        (vec!["--sizing", &json, "--format", "pspice"], "choose one of ngspice"),
        (vec!["--sizing", &json, "--format", "ngspice", "--row", "3"], "holds 2 sizings"),
        (vec!["--sizing", &json, "--format", "ngspice", "--row", "0"], "numbered from 1"),
        (vec!["--sizing", &plain, "--format", "ngspice"], "parameter `VDD` is missing"),
        (vec!["--sizing", &illegal, "--format", "ngspice"], "W1 = 1 m is outside"),
        (vec!["--sizing", "no-such.json", "--format", "ngspice"], "cannot be read"),
    ] {
        let mut all = vec!["export", "ota1"];
        all.extend(&arguments);
        let output = run(&all);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(expected), "{arguments:?}: {}", stderr(&output));
    }
}
