//! A simulator of the user's own, started for each design: JSON in, JSON out; and bounds on both sides of a metric.

use crate::support::{program, stderr, stdout};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

const CIRCUIT: &str = r#"Circuit(
    format: 2,
    name: "stage",
    title: "A stage that a program of its own measures",
    command: ["sh", "measure.sh", "--quiet"],
    parameters: [
        (name: "w", unit: "m", low: 1e-6, high: 1e-4, grid: 1e-8, scale: Log, deck_unit: "um"),
        (name: "i", unit: "A", low: 1e-6, high: 1e-4, grid: 1e-8, scale: Log),
    ],
    ties: [("vdd", "1.8")],
    metrics: [
        (name: "power", title: "Power", unit: "W", scale: Log, sense: "<=", legal: (1e-9, 1)),
        (name: "gain", title: "Gain", unit: "dB", scale: Linear, sense: "between", legal: (0, 200)),
        (name: "area", title: "Area", unit: "m2", scale: Log, sense: "<=", legal: (1e-15, 1), from: "w*1u"),
    ],
    corners: [(name: "low", temperature: -40, set: [("vdd", "0.9*vdd")])],
)"#;

/// Power is `i·vdd`, gain 20·log₁₀(w/µm · 10): worked out by awk from the numbers of the JSON.
const SCRIPT: &str = r#"read -r asked
value() { printf '%s' "$asked" | sed "s/.*\"$1\":\([-+0-9.e]*\).*/\1/"; }
echo "working in $(pwd)"
touch left-behind
if [ -n "$(awk -v w="$(value w)" 'BEGIN { if (w > 90) print "wide" }')" ]; then echo '{"error": "too wide to draw"}'; exit 0; fi
if [ -n "$(awk -v w="$(value w)" 'BEGIN { if (w < 1.1) print "narrow" }')" ]; then echo "cannot bias" >&2; exit 3; fi
awk -v w="$(value w)" -v i="$(value i)" -v vdd="$(value vdd)" 'BEGIN {
  gain = 20 * log(10 * w) / log(10)
  if (w > 80) printf "{\"metrics\": {\"power\": %.17g, \"gain\": null}}\n", i * vdd
  else printf "{\"metrics\": {\"power\": %.17g, \"gain\": %.17g, \"other\": 1}}\n", i * vdd, gain }'
"#;

/// With words of the user's that are kept beside the circuit.
fn run(arguments: &[&str]) -> Output {
    let kept =
        Path::new(arguments.iter().find(|a| a.ends_with("stage")).expect("a circuit")).join("trusted.ron");
    let mut command = Command::new(program());
    command.args(arguments).env("SIZEWRIGHT_TRUSTED", kept).output().expect("it runs")
}

fn circuit(folder: &Path, script: &str) -> String {
    let path = folder.join("stage");
    std::fs::create_dir(&path).expect("writable");
    std::fs::write(path.join("circuit.ron"), CIRCUIT).expect("writable");
    std::fs::write(path.join("measure.sh"), script).expect("writable");
    path.display().to_string()
}

/// One design by `simulate`, as the record in its JSON.
fn simulate(circuit: &str, w: f64) -> Value {
    let sizing = Path::new(circuit).join("one.json");
    std::fs::write(&sizing, format!(r#"{{"parameters": {{"w": {w:e}, "i": 1e-5}}}}"#)).expect("writable");
    let sizing = sizing.display().to_string();
    let output = run(&["simulate", circuit, "--sizing", &sizing, "--trust", "--json", "-"]);
    let json: Value =
        serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{}", stderr(&output)));
    json["sizings"][0].clone()
}

#[test]
fn a_command_of_the_users_measures_once_it_is_allowed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = circuit(folder.path(), SCRIPT);
    let refused = run(&["simulate", &circuit, "--random", "2"]);
    assert_eq!(refused.status.code(), Some(2));
    let words = stderr(&refused);
    assert!(words.contains("circuit.ron:5") && words.contains("sh measure.sh --quiet"), "{words}");
    assert!(words.contains("--trust"), "{words}");

    let one = simulate(&circuit, 10e-6);
    let value = |metric: &str| one["simulated"][metric].as_f64().unwrap_or_else(|| panic!("{one}"));
    assert!((value("gain") - 40.0).abs() < 1e-9 && (value("power") - 1.8e-5).abs() < 1e-15);
    assert!((value("area") - 1e-11).abs() < 1e-20, "an expression of a parameter");
    let reason = |w: f64| simulate(&circuit, w)["error"].as_str().unwrap_or_default().to_owned();
    assert!(reason(95e-6).contains("too wide to draw"), "{}", reason(95e-6));
    assert!(reason(1e-6).contains("cannot bias"), "{}", reason(1e-6));
    assert!(reason(85e-6).contains("gain"), "{}", reason(85e-6));
    assert!(!Path::new("left-behind").exists() && !Path::new(&circuit).join("left-behind").exists());

    // allowed as it is: another script is another program
    std::fs::write(Path::new(&circuit).join("measure.sh"), SCRIPT.replace("20 *", "10 *")).expect("writable");
    assert_eq!(run(&["simulate", &circuit, "--random", "2"]).status.code(), Some(2));
    let halved = simulate(&circuit, 10e-6);
    assert!((halved["simulated"]["gain"].as_f64().expect("measured") - 20.0).abs() < 1e-9);
}

#[test]
fn a_command_that_talks_nonsense_costs_the_design_and_says_so() {
    for (script, words) in [
        ("echo gain is 40\n", "is not JSON"),
        ("yes\n", "writes more than"),
        ("exit 1\n", "failed"),
        ("echo '{\"metrics\": {\"power\": \"much\"}}'\n", "is not JSON"),
        ("echo '{\"metrics\": {}}'\n", "does not report it"),
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let circuit = circuit(folder.path(), script);
        let one = simulate(&circuit, 10e-6);
        assert!(one["error"].as_str().is_some_and(|e| e.contains(words)), "{script}: {one}");
    }
}

#[test]
fn rows_search_and_corners_go_by_the_command_and_both_bounds_hold() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = circuit(folder.path(), SCRIPT);
    let rows = Path::new(&circuit).join("samples.csv").display().to_string();
    let made = run(&["dataset", "generate", &circuit, "--rows", "40", "--trust", "--out", &rows]);
    assert!(made.status.success(), "{}", stderr(&made));
    let text = std::fs::read_to_string(&rows).expect("written");
    assert!(text.lines().any(|l| l.contains("sh measure.sh --quiet")), "who measured: {text}");

    let bounds = ["--spec", "gain=41..42dB", "--spec", "power<=10uW"];
    let mut search = vec!["search", &circuit, "--max-simulations", "300", "--seed", "1", "--json", "-"];
    search.extend(bounds);
    let found = run(&search);
    let json: Value = serde_json::from_str(&stdout(&found)).unwrap_or_else(|_| panic!("{}", stderr(&found)));
    let text = json.to_string();
    assert!(found.status.success(), "{}", stderr(&found));
    let best = [&json["best"], &json["sizings"][0]].into_iter().find(|b| b.is_object()).expect(&text);
    let gain = best["simulated"]["gain"].as_f64().expect(&text);
    assert!((41.0..=42.0).contains(&gain), "{gain}");
    assert_eq!(json["specs"].as_array().map(Vec::len), Some(3), "{text}");

    let sizing = Path::new(&circuit).join("one.json");
    std::fs::write(&sizing, r#"{"parameters": {"w": 1e-5, "i": 1e-5}}"#).expect("writable");
    let sizing = sizing.display().to_string();
    let verify = run(&[
        "verify",
        &circuit,
        "--sizing",
        &sizing,
        "--corners",
        "low",
        "--json",
        "-",
        "--spec",
        "gain=39..41dB",
    ]);
    let json: Value =
        serde_json::from_str(&stdout(&verify)).unwrap_or_else(|_| panic!("{}", stderr(&verify)));
    let power = json["sizings"][0]["corners"]["low"]["simulated"]["power"].as_f64().expect("measured");
    assert!((power - 1.62e-5).abs() < 1e-15, "at 0.9 of the supply: {power}");
}
