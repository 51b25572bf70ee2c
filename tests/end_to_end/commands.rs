//! Each subcommand as a user runs it, with a training of a second: train, resume, stop, sample, size,
//! export, bench; and what bad input gives.

use crate::support::{altered_ota1, batch, ota1, printed, program, run, stderr, stdout};
use serde_json::Value;
use sizewright::circuit::{Sizing, datasets_folder};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const TARGET: [&str; 4] = ["--spec", "power<=60nW", "--spec", "gain>=25dB"];

/// A small network on 200 rows, trained once for all tests.
struct Tiny {
    folder: PathBuf,
    rows: String,
    model: String,
    result: Value,
}

fn train(more: &[&str]) -> std::process::Output {
    let small = ["--epochs", "2", "--batch", "16", "--blocks", "1", "--width", "16"];
    let mut all = vec!["train", "ota1", "--backend", "cpu"];
    if !more.contains(&"--resume") {
        all.extend(small);
    }
    all.extend(more);
    run(&all)
}

fn tiny() -> &'static Tiny {
    static TINY: OnceLock<Tiny> = OnceLock::new();
    TINY.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("commands");
        std::fs::create_dir_all(&folder).expect("writable");
        let bundled = std::fs::read_to_string(&ota1().dataset).expect("OTA1's dataset is bundled");
        let head: String = bundled.lines().take(210).map(|l| format!("{l}\n")).collect();
        let rows = folder.join("rows.csv").display().to_string();
        std::fs::write(&rows, head).expect("writable");
        let model = folder.join("tiny.model").display().to_string();
        let output = train(&["--data", &rows, "--out", &model, "--json", "-"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stderr(&output).contains("training on CPU"), "{}", stderr(&output));
        let result = json(&output);
        Tiny { folder, rows, model, result }
    })
}

fn json(output: &std::process::Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|e| panic!("{e}: {}", stderr(output)))
}

fn names(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn training_reports_losses_and_the_performance_models_error() {
    let result = &tiny().result;
    let steps = result["steps"].as_u64().expect("a count") as usize;
    assert_eq!(result["loss"].as_array().expect("losses").len(), steps);
    assert_eq!(result["validation"].as_array().expect("losses").len(), 2);
    assert_eq!((result["stopped"].as_bool(), result["backend"].as_str()), (Some(false), Some("cpu")));
    let errors = &result["held_out_error"];
    assert_eq!(names(errors).len(), 4);
    assert_eq!((&errors["gain"]["unit"], &errors["power"]["unit"]), (&"dB".into(), &"decades".into()));
    assert!(errors["power"]["value"].as_f64().expect("a number") > 0.0);
}

#[test]
fn a_resumed_training_goes_on_with_the_same_losses() {
    let tiny = tiny();
    let half = tiny.folder.join("half.model").display().to_string();
    let output = train(&["--data", &tiny.rows, "--out", &half, "--stop-after", "20", "--json", "-"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let first = json(&output);
    let done = first["steps_done"].as_u64().expect("a count");
    assert!((20..first["steps"].as_u64().expect("a count")).contains(&done), "{done}");
    assert_eq!(first["stopped"], true);
    let whole = tiny.folder.join("whole.model").display().to_string();
    let output = train(&["--data", &tiny.rows, "--resume", &half, "--out", &whole, "--json", "-"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let second = json(&output);
    assert_eq!(second["loss"], tiny.result["loss"]);
    assert_eq!(second["validation"], tiny.result["validation"]);
    // its own recipe and seed: others are refused
    let output = train(&["--resume", &half, "--seed", "2", "--out", &whole]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    // another dataset is refused
    let output = train(&["--resume", &half, "--out", &whole]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("the dataset has changed"), "{}", stderr(&output));
}

#[test]
#[cfg(unix)]
fn ctrl_c_keeps_what_was_learnt() {
    let tiny = tiny();
    let out = tiny.folder.join("stopped.model").display().to_string();
    let mut child = Command::new(program())
        .args(["train", "ota1", "--epochs", "5000", "--blocks", "1", "--width", "16", "--backend", "cpu"])
        .args(["--data", &tiny.rows, "--out", &out])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("training on")), "the device is named");
    // the shell's own: a bare machine has no program of that name
    let sent = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(sent.expect("there is a shell").success());
    let last = lines.last().unwrap_or_default();
    assert_eq!(child.wait().expect("it ends").code(), Some(1), "{last}");
    assert!(last.starts_with("error: stopped after") && last.contains("--resume"), "{last}");
    let output = train(&["--data", &tiny.rows, "--resume", &out, "--out", &out, "--stop-after", "1"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn a_slim_model_draws_the_same_and_cannot_be_resumed() {
    let tiny = tiny();
    let slim = tiny.folder.join("slim.model").display().to_string();
    let output = train(&["--data", &tiny.rows, "--out", &slim, "--slim"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let length = |path: &str| std::fs::metadata(path).expect("written").len();
    assert!(length(&slim) < length(&tiny.model));
    let draw = |model: &str| {
        let mut all =
            vec!["sample", "ota1", "--model", model, "--count", "3", "--backend", "cpu", "--json", "-"];
        all.extend(TARGET);
        json(&run(&all))["sizings"].clone()
    };
    assert_eq!(draw(&slim), draw(&tiny.model));
    let output = train(&["--data", &tiny.rows, "--resume", &slim, "--out", &slim]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("cannot be resumed"), "{}", stderr(&output));
}

#[test]
fn sampling_writes_what_is_promised() {
    let tiny = tiny();
    let csv = tiny.folder.join("drawn.csv").display().to_string();
    let mut all = vec!["sample", "ota1", "--model", &tiny.model, "--count", "6", "--seed", "3"];
    all.extend(["--backend", "cpu", "--simulate", "--json", "-", "--csv", &csv]);
    all.extend(TARGET);
    let output = run(&all);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let value = json(&output);
    for key in ["circuit", "system", "model", "backend", "seed", "specs", "sizings", "feasible"] {
        assert!(!value[key].is_null(), "{key} in {value}");
    }
    assert_eq!((value["circuit"].as_str(), value["seed"].as_u64()), (Some("ota1"), Some(3)));
    assert_eq!(value["system"], "dm-transformer");
    assert_eq!(value["specs"][0]["metric"], "power");
    assert_eq!((&value["specs"][0]["sense"], &value["specs"][0]["unit"]), (&"<=".into(), &"W".into()));
    assert_eq!(value["specs"][0]["value"], 60e-9);
    assert!(value["sampling_s"].as_f64() > Some(0.0) && value["simulation_s"].as_f64() > Some(0.0));
    let sizings = value["sizings"].as_array().expect("a list");
    assert_eq!((sizings.len(), value["simulations"].as_u64()), (6, Some(6)));
    let circuit = ota1();
    let mut feasible = 0;
    for sizing in sizings {
        assert_eq!(names(sizing), ["error", "feasible", "origin", "parameters", "predicted", "simulated"]);
        assert_eq!(sizing["origin"], "drawn");
        let parameters: BTreeMap<String, f64> =
            serde_json::from_value(sizing["parameters"].clone()).expect("numbers");
        let parameters = Sizing::from_names(&circuit, &parameters).expect("every parameter");
        parameters.check(&circuit).expect("in range and on the grid");
        assert_eq!(names(&sizing["predicted"]), ["bw", "gain", "irn", "power"]);
        let met = sizing["simulated"]["power"].as_f64().is_some_and(|v| v <= 60e-9)
            && sizing["simulated"]["gain"].as_f64().is_some_and(|v| v >= 25.0);
        assert_eq!(sizing["feasible"].as_bool(), Some(met), "{sizing}");
        feasible += u64::from(met);
    }
    assert_eq!(value["feasible"].as_u64(), Some(feasible));
    // the CSV holds the same sizings
    let again = run(&["simulate", "ota1", "--sizing", &csv, "--json", "-"]);
    for (drawn, simulated) in sizings.iter().zip(json(&again)["sizings"].as_array().expect("a list")) {
        assert_eq!(drawn["parameters"], simulated["parameters"]);
        assert_eq!(drawn["simulated"], simulated["simulated"]);
    }
}

#[test]
fn without_a_simulation_nothing_is_called_feasible() {
    let tiny = tiny();
    let all = ["sample", "ota1", "--model", &tiny.model, "--count", "2", "--backend", "cpu", "--json", "-"];
    let output = run(&all);
    assert!(stderr(&output).contains("the target is ota1's \"Table II\""), "{}", stderr(&output));
    let value = json(&output);
    assert_eq!((value["simulations"].as_u64(), value["feasible"].as_u64()), (Some(0), Some(0)));
    for sizing in value["sizings"].as_array().expect("a list") {
        assert!(sizing["feasible"].is_null() && sizing["simulated"].is_null());
    }
}

#[test]
fn an_independent_ngspice_run_agrees_with_what_size_exports() {
    let tiny = tiny();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let param = folder.path().join("sizing.param").display().to_string();
    let mut all = vec!["size", "ota1", "--model", &tiny.model, "--count", "6", "--simulations", "4"];
    all.extend(["--oversample", "2", "--backend", "cpu", "--export", &param, "--json", "-"]);
    all.extend(TARGET);
    let output = run(&all);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("of 4 simulated are feasible in ngspice"), "{}", stderr(&output));
    let value = json(&output);
    let sizings = value["sizings"].as_array().expect("a list");
    assert_eq!((sizings.len(), value["simulations"].as_u64()), (6, Some(4)));
    let verdicts: Vec<Option<bool>> = sizings.iter().map(|s| s["feasible"].as_bool()).collect();
    assert_eq!(verdicts.iter().filter(|v| v.is_none()).count(), 2);
    let trues = verdicts.iter().filter(|v| **v == Some(true)).count();
    assert!(verdicts[..trues].iter().all(|v| *v == Some(true)), "feasible first: {verdicts:?}");
    std::fs::copy(datasets_folder().join("models/generic65.lib"), folder.path().join("generic65.lib"))
        .expect("the model card is bundled");
    let deck = folder.path().join("independent.cir");
    std::fs::write(&deck, include_str!("independent.cir")).expect("writable");
    let text = batch(&deck);
    for metric in ["power", "irn", "gain", "bw"] {
        let ours = sizings[0]["simulated"][metric].as_f64().expect("the best is simulated");
        let theirs = printed(&text, metric);
        assert!((theirs / ours - 1.0).abs() < 0.01, "{metric}: {ours} here, {theirs} there");
    }
}

#[test]
fn without_ngspice_sizings_are_delivered_unverified() {
    let tiny = tiny();
    let file = tiny.folder.join("unverified.json").display().to_string();
    let output = Command::new(program())
        .args(["size", "ota1", "--model", &tiny.model, "--count", "4", "--backend", "cpu", "--json", &file])
        .args(TARGET)
        .env("SIZEWRIGHT_NGSPICE", "no-such-libngspice.so")
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("unverified: ngspice is not installed"), "{}", stderr(&output));
    assert!(stderr(&output).contains("apt-get install"), "{}", stderr(&output));
    assert!(stdout(&output).contains("predicted, unverified"), "{}", stdout(&output));
    let value: Value = serde_json::from_str(&std::fs::read_to_string(&file).expect("written")).expect("JSON");
    let sizings = value["sizings"].as_array().expect("a list");
    assert!(sizings.len() == 4 && sizings.iter().all(|s| s["feasible"].is_null()));
}

#[test]
fn benches_measure() {
    let output =
        run(&["bench", "train", "ota1", "--backend", "cpu", "--batch", "16", "--steps", "10", "--json", "-"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let value = json(&output);
    assert_eq!(value["all_ms"].as_array().expect("times").len(), 10);
    assert!(value["step_ms"].as_f64() > Some(0.0) && value["gflop_s"].as_f64() > Some(0.0));
    let tiny = tiny();
    let output = run(&["bench", "sample", "ota1", "--backend", "cpu", "--model", &tiny.model, "--json", "-"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(json(&output)["sizings_s"].as_f64() > Some(0.0));
    let output = run(&["bench", "simulate", "ota1", "--json", "-"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(json(&output)["rates"][0]["designs_s"].as_f64() > Some(0.0));
}

/// Counted on whatever adapter there is; without any it says what to install.
#[test]
fn what_a_gpu_is_asked_for_is_explained() {
    let output = run(&["bench", "--explain", "ota1", "--batch", "8", "--rows", "4", "--json", "-"]);
    if output.status.code() == Some(1) {
        assert!(stderr(&output).contains("no graphics adapter was found"), "{}", stderr(&output));
        return;
    }
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let value = json(&output);
    for (step, most) in [("training_step", 30), ("solver_step", 3)] {
        let all = &value[step]["all"];
        let launches = all["launches"].as_u64().expect("a count");
        assert!((1..=most).contains(&launches), "{step}: {launches} launches");
        assert!(
            all["bytes"].as_u64() > Some(0) && all["shared_bytes"].as_u64() <= Some(16 << 10),
            "{step}: {all}"
        );
        assert!(value[step]["least_s"]["H100 SXM5"].as_f64() > Some(0.0), "{step}");
    }
    assert_eq!(value["draw"]["reads"]["count"], 1);
    assert!(stderr(&output).contains("barriers"), "a table for people beside: {}", stderr(&output));
    let nothing = run(&["bench"]);
    assert_eq!(nothing.status.code(), Some(2));
    assert!(stderr(&nothing).contains("train, sample or simulate, or --explain"), "{}", stderr(&nothing));
}

#[test]
fn bad_input_is_exit_code_two_and_one_line_with_the_remedy() {
    let tiny = tiny();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let rows = std::fs::read_to_string(&tiny.rows).expect("written");
    let (column, nan, cut) = (file("column.csv"), file("nan.csv"), file("cut.model"));
    std::fs::write(&column, rows.replacen("W3 [m]", "Wx [m]", 1)).expect("writable");
    let last = rows.lines().last().expect("a row");
    let (_, rest) = last.split_once(',').expect("columns");
    let head = rows.lines().find(|line| !line.starts_with('#')).expect("a header");
    std::fs::write(&nan, format!("{head}\nNaN,{rest}\n")).expect("writable");
    let bytes = std::fs::read(&tiny.model).expect("written");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).expect("writable");
    // OTA1's folder with another load under another name
    let other = altered_ota1(folder.path(), "CL=1p", "CL=3p").folder;
    let text = std::fs::read_to_string(other.join("circuit.ron")).expect("copied");
    std::fs::write(other.join("circuit.ron"), text.replacen("\"ota1\"", "\"ota7\"", 1)).expect("writable");
    let (other, model, nowhere) = (other.display().to_string(), tiny.model.as_str(), file("no/such/f"));
    let out = file("out.model");
    let draw = |command: &'static str, circuit: &str, more: &[&str]| -> Vec<String> {
        [command, circuit].iter().chain(more).map(|s| (*s).to_owned()).collect()
    };
    let cases = [
        (draw("train", "ota9", &["--out", &out]), "there is no circuit `ota9`"),
        (draw("train", "ota1", &["--data", &column, "--out", &out]), "W3"),
        (draw("train", "ota1", &["--data", &nan, "--out", &out]), "1 of 1 rows are left out"),
        (draw("train", "ota1", &["--data", "no.csv", "--out", &out]), "no.csv"),
        (draw("train", "ota1", &["--out", &nowhere]), "cannot write"),
        (draw("train", "ota1", &["--out", &out, "--epochs", "0"]), "epochs must be at least 1"),
        (draw("train", "ota1", &["--out", &out, "--width", "7"]), "width 7 must be a multiple"),
        (draw("train", "ota1", &["--out", &out, "--resume", &cut]), "is not a whole model file"),
        (draw("size", "ota1", &["--model", model, "--spec", "power<=27nV"]), "W is needed"),
        (draw("size", "ota1", &["--model", model, "--spec", "power>=27nW"]), "write `power<=27nW`"),
        (draw("size", "ota1", &["--model", model, "--spec", "pwr<=27nW"]), "it has power, irn, gain, bw"),
        (draw("size", "ota1", &["--model", model, "--spec", "power<=NaN"]), "not a finite number"),
        (draw("size", "ota1", &["--model", &cut, "--spec", "gain>=30dB"]), "train again"),
        (draw("size", "ota1", &["--model", "no.model", "--spec", "gain>=30dB"]), "cannot read no.model"),
        (
            draw("size", &other, &["--model", model, "--spec", "gain>=30dB"]),
            "was trained for ota1, not for ota7",
        ),
        (draw("size", &other, &["--spec", "gain>=30dB"]), "train one with `sizewright train"),
        (
            draw("size", "ota1", &["--model", model, "--export", &nowhere, "--spec", "gain>=3dB"]),
            "cannot write",
        ),
        (
            draw("size", "ota1", &["--model", model, "--json", &nowhere, "--spec", "gain>=3dB"]),
            "cannot write",
        ),
        (draw("size", "ota1", &["--model", model, "--oversample", "0", "--spec", "gain>=3dB"]), "at least 1"),
        (
            draw("sample", "ota1", &["--model", model, "--steps", "0", "--spec", "gain>=3dB"]),
            "--steps must be",
        ),
        (
            draw("sample", "ota1", &["--model", model, "--count", "0", "--spec", "gain>=3dB"]),
            "--count must be",
        ),
        (
            draw("sample", "ota1", &["--model", model, "--csv", &nowhere, "--spec", "gain>=3dB"]),
            "cannot write",
        ),
        (draw("bench", "train", &["ota1", "--steps", "1"]), "--steps from 10"),
    ];
    for (arguments, expected) in cases {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = run(&arguments);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.contains(expected), "{arguments:?}: {message}");
        assert!(message.starts_with("error: ") && message.lines().count() == 1, "{arguments:?}: {message}");
    }
    assert!(!Path::new(&out).exists(), "nothing was trained");
}

#[test]
fn a_target_that_no_legal_design_is_near_is_questioned() {
    let output = run(&["sample", "ota1", "--spec", "power<=27", "--spec", "gain>=30dB", "--count", "1"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let notes: Vec<String> =
        stderr(&output).lines().filter(|l| l.starts_with("note: ")).map(str::to_owned).collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains("power <= 27 W lies outside the legal 1 nW … 100 nW"), "{notes:?}");
    assert!(notes[0].ends_with("is its unit right, as in power<=100nW?"), "{notes:?}");
}
