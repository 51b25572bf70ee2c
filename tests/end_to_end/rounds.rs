//! The loop of `size`: rounds of simulation, what they add, and many specifications in one call.

use crate::support::{run, stderr};
use serde_json::Value;

fn sized(more: &[&str]) -> (Option<i32>, Value) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("sized.json");
    let path = out.display().to_string();
    let output = run(&[&["size", "ota1", "--backend", "cpu", "--json", &path][..], more].concat());
    let text = std::fs::read_to_string(&out).unwrap_or_else(|e| panic!("{e}: {}", stderr(&output)));
    (output.status.code(), serde_json::from_str(&text).expect("JSON"))
}

fn with_specs(specs: &[&'static str]) -> Vec<&'static str> {
    specs.iter().flat_map(|spec| ["--spec", spec]).collect()
}

/// Near what the circuit can do: of a hundred draws some four meet it.
const HARD: [&str; 4] = ["power<=23.28nW", "irn<=5.545uV", "gain>=35.6dB", "bw>=1.79kHz"];

#[test]
fn where_draws_fail_others_follow_from_what_was_simulated() {
    let specs = with_specs(&HARD);
    let drawn = [&["--count", "20", "--simulations", "60"][..], &specs].concat();
    let (_, one_shot) = sized(&[&drawn[..], &["--one-shot"]].concat());
    assert_eq!((one_shot["simulations"].as_u64(), one_shot["rounds"].as_u64()), (Some(20), Some(1)));
    let (code, looped) = sized(&drawn);
    let feasible = |value: &Value| value["feasible"].as_u64().expect("a number");
    assert!(
        feasible(&looped) > feasible(&one_shot),
        "{} in rounds, {}",
        feasible(&looped),
        feasible(&one_shot)
    );
    assert_eq!(code, Some(0));
    let sizings = looped["sizings"].as_array().expect("a list");
    assert_eq!(sizings.len(), 20);
    assert!(looped["simulations"].as_u64().expect("a number") <= 60);
    assert!(looped["rounds"].as_u64().expect("a number") > 1);
    // what meets it came also after the first twenty draws were used up
    let later = |s: &&Value| s["feasible"] == true && s["order"].as_u64().is_some_and(|order| order > 20);
    assert!(sizings.iter().filter(later).count() > 0);
    // the first feasible one is where it says
    let first = looped["first_feasible"].as_u64().expect("a place");
    let orders =
        sizings.iter().filter(|s| s["feasible"] == true).map(|s| s["order"].as_u64().expect("a place"));
    let least = orders.min().expect("a feasible one");
    assert!(first <= least && least <= 60, "{first} {least}");
}

#[test]
fn an_easy_target_needs_no_proposal_and_no_more_than_was_wanted() {
    let specs = with_specs(&["power<=60nW", "irn<=8uV", "gain>=26dB", "bw>=1kHz"]);
    let (code, easy) = sized(&[&["--count", "8", "--simulations", "60"][..], &specs].concat());
    assert_eq!(code, Some(0));
    assert_eq!((easy["feasible"].as_u64(), easy["simulations"].as_u64()), (Some(8), Some(8)));
    assert_eq!(easy["first_feasible"], 1);
}

#[test]
fn what_nothing_meets_ends_at_the_budget_with_one() {
    let specs = with_specs(&["power<=1nW", "irn<=2uV", "gain>=60dB", "bw>=90kHz"]);
    let (code, none) = sized(&[&["--count", "4", "--simulations", "12"][..], &specs].concat());
    assert_eq!(code, Some(1));
    assert_eq!((none["feasible"].as_u64(), none["simulations"].as_u64()), (Some(0), Some(12)));
    assert!(none["first_feasible"].is_null());
}

#[test]
fn a_file_of_specifications_gives_a_line_of_json_each() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (specs, out) = (folder.path().join("specs.txt"), folder.path().join("lines.json"));
    std::fs::write(&specs, "# two\npower<=60nW, gain>=26dB\n\nirn<=8uV,bw>=1kHz\n").expect("writable");
    let (specs_path, out_path) = (specs.display().to_string(), out.display().to_string());
    let all = ["size", "ota1", "--count", "3", "--specs", &specs_path, "--json", &out_path];
    let output = run(&all);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!stderr(&output).contains("no --spec given"), "{}", stderr(&output));
    let text = std::fs::read_to_string(&out).expect("written");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["specs"].as_array().map(Vec::len), Some(2));
    assert!(lines.iter().all(|line| line["sizings"].as_array().map(Vec::len) == Some(3)));
    std::fs::write(&specs, "power<=60nW\ngian>=26dB\n").expect("writable");
    let refused = run(&all);
    assert!(!refused.status.success() && stderr(&refused).contains("specs.txt:2"), "{}", stderr(&refused));
}
