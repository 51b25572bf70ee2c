//! `sizewright simulate --curves` and `--operating-point`: what was seen of designs, as JSON and as a table.

use super::curves::{command_circuit, curve, inspect, is_near, metric, middle, sweep};
use super::support::{kit_is_missing, ota1, program, stderr, stdout};
use serde_json::Value;
use sizewright::circuit::{Analysis, Circuit, Sizing};
use sizewright::spice::CurveValues;
use std::path::Path;
use std::process::{Command, Output};

#[test]
fn a_kits_transistors_are_found_inside_of_their_subcircuits() {
    let circuit = Circuit::open("sky130_two_stage").expect("bundled");
    if kit_is_missing(&circuit) {
        return;
    }
    let rows = std::fs::read_to_string(&circuit.dataset).expect("its rows");
    let file = tempfile::Builder::new().suffix(".csv").tempfile().expect("a temporary file");
    let head: Vec<&str> = rows.lines().filter(|line| !line.starts_with('#')).take(2).collect();
    std::fs::write(file.path(), head.join("\n")).expect("writable");
    let out = tempfile::NamedTempFile::new().expect("a temporary file");
    let output = run(&[
        "simulate",
        "sky130_two_stage",
        "--sizing",
        &text_of(file.path()),
        "--curves",
        &text_of(out.path()),
        "--operating-point",
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let json: Value = serde_json::from_slice(&std::fs::read(out.path()).expect("written")).expect("JSON");
    let design = &json["designs"][0];
    let analyses: Vec<(&str, &str)> = design["sweeps"]
        .as_array()
        .expect("sweeps")
        .iter()
        .map(|s| (s["testbench"].as_str().expect("a name"), s["analysis"].as_str().expect("a word")))
        .collect();
    assert_eq!(
        analyses,
        [("open", "ac"), ("common", "ac"), ("supply", "ac"), ("noise", "noise"), ("step", "tran")]
    );
    let out = &design["sweeps"][0]["curves"][0];
    assert_eq!((&out["name"], &out["role"]), (&"v(out)".into(), &"measured".into()));
    let at = |part: &str| out[part][0].as_f64().expect("a number");
    is_near(
        20.0 * at("real").hypot(at("imaginary")).log10(),
        design["simulated"]["gain"].as_f64().expect("measured"),
        1e-9,
        "gain",
    );
    let devices = design["devices"].as_array().expect("devices");
    assert_eq!(devices.len(), 7, "{}", design["notes"]);
    assert_eq!(devices[0]["element"], "m.xa.xm1.msky130_fd_pr__nfet_01v8");
    let id = |name: &str| {
        devices.iter().find(|d| d["device"] == name).and_then(|d| d["id"].as_f64()).expect("a current")
    };
    is_near(id("XM1") + id("XM2"), id("XM5"), 1e-3, "the tail carries what the pair does");
    is_near(id("XM1"), id("XM3"), 1e-3, "the mirror carries what the pair does");
    // bias, tail and driver make the supply's current
    let current = id("XM8") + id("XM5") + id("XM6");
    is_near(1.8 * current, design["simulated"]["power"].as_f64().expect("measured"), 3e-2, "power");
}

fn text_of(path: &Path) -> String {
    path.display().to_string()
}

/// With words of the user's that are kept beside the first file named.
fn run(arguments: &[&str]) -> Output {
    let kept = Path::new(arguments[3]).with_file_name("trusted.ron");
    Command::new(program()).args(arguments).env("SIZEWRIGHT_TRUSTED", kept).output().expect("it runs")
}

#[test]
fn the_command_line_writes_curves_and_shows_operating_points() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = ota1();
    let file = folder.path().join("two.json");
    let design = |sizing: &Sizing| serde_json::json!({ "parameters": sizing.by_name(&circuit) });
    let mut other = middle(&circuit);
    other.0[0] = 0.7;
    let two = serde_json::json!([design(&middle(&circuit)), design(&other)]);
    std::fs::write(&file, two.to_string()).expect("writable");
    let (file, out) = (text_of(&file), text_of(&folder.path().join("curves.json")));
    let output = run(&["simulate", "ota1", "--sizing", &file, "--curves", &out, "--operating-point"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let shown = stdout(&output);
    let line = |start: &str| {
        shown.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start} in {shown}"))
    };
    assert!(
        line("device").contains("gm/ID") && line("M7").contains("weak") && line("M3").contains("triode"),
        "{shown}"
    );
    let json: Value = serde_json::from_slice(&std::fs::read(&out).expect("written")).expect("JSON");
    let designs = json["designs"].as_array().expect("designs");
    assert_eq!((designs.len(), &json["circuit"]), (2, &"ota1".into()));
    let seen = inspect(&circuit, &middle(&circuit));
    let first = &designs[0];
    let gain = first["simulated"]["gain"].as_f64().expect("measured");
    is_near(gain, metric(&circuit, &seen, "gain"), 1e-14, "gain");
    let numbers = |value: &Value| -> Vec<f64> {
        value.as_array().expect("numbers").iter().filter_map(Value::as_f64).collect()
    };
    // reading JSON rounds in the last digit
    let same = |found: &Value, expected: &[f64]| {
        let found = numbers(found);
        assert_eq!(found.len(), expected.len());
        found.iter().zip(expected).for_each(|(a, b)| is_near(*a, *b, 1e-14, "a number of the file"));
    };
    let ac = sweep(&seen, Analysis::Ac);
    same(&first["sweeps"][0]["x"]["values"], &ac.x);
    let curves = first["sweeps"][0]["curves"].as_array().expect("curves");
    let mag = curves.iter().find(|c| c["name"] == "mag").expect("mag");
    let CurveValues::Real(values) = &curve(ac, "mag").values else { panic!("it is real") };
    same(&mag["real"], values);
    let id = first["devices"][6]["id"].as_f64().expect("a current");
    is_near(id, seen.devices[6].id.expect("a current"), 1e-14, "M7");
    assert_eq!(first["devices"][6]["region"], "weak");

    let refused = run(&["simulate", "ota1", "--random", "101", "--curves", &out]);
    assert!(
        refused.status.code() == Some(2) && stderr(&refused).contains("at most 100"),
        "{}",
        stderr(&refused)
    );
    let refused = run(&["simulate", "ota1", "--sizing", &file, "--curves", "-", "--json", "-"]);
    assert!(
        refused.status.code() == Some(2) && stderr(&refused).contains("--curves -"),
        "{}",
        stderr(&refused)
    );
    let refused = run(&["simulate", "ota1", "--sizing", &file, "--curves", "no/such/folder.json"]);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
}

#[test]
fn of_a_command_there_is_nothing_to_show() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = command_circuit(folder.path());
    let file = folder.path().join("one.json");
    std::fs::write(&file, r#"{"parameters": {"w": 1e-5}}"#).expect("writable");
    let out = folder.path().join("curves.json");
    let refused = run(&[
        "simulate",
        &text_of(&circuit.folder),
        "--sizing",
        &text_of(&file),
        "--trust",
        "--curves",
        &text_of(&out),
    ]);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("a command measures it") && !out.exists(), "{}", stderr(&refused));
}
