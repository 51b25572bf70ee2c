//! A target that is made easier is met no less often: in what is drawn as it is, and in what is delivered.

use crate::support::{run, stderr, stdout};
use serde_json::Value;

fn result(command: &[&str], circuit: &str, specs: &[&str], more: &[&str]) -> Value {
    let mut arguments = vec![command[0], circuit, "--backend", "cpu", "--json", "-"];
    arguments.extend(&command[1..]);
    specs.iter().for_each(|spec| arguments.extend(["--spec", spec]));
    arguments.extend(more);
    let output = run(&arguments);
    serde_json::from_str(&stdout(&output)).unwrap_or_else(|e| panic!("{e}: {}", stderr(&output)))
}

fn feasible(command: &[&str], circuit: &str, specs: &[&str]) -> u64 {
    let count = result(command, circuit, specs, &["--count", "40"])["feasible"].as_u64().expect("a count");
    println!("{} {circuit} {specs:?}: {count} of 40 feasible in ngspice", command[0]);
    count
}

const OTA1: [&str; 4] = ["power<=27nW", "irn<=5.2uV", "gain>=30dB", "bw>=1.55kHz"];
const OTA4: [&str; 4] = ["power<=21nW", "irn<=3.5uV", "gain>=32dB", "bw>=4.2kHz"];

/// The target with some of its bounds put in place of others, or left out where the text is empty.
fn with<'a>(target: &[&'a str; 4], loosened: &[&'a str]) -> Vec<&'a str> {
    let name = |text: &str| text.split(['<', '>']).next().unwrap_or_default().to_owned();
    let one = |bound: &&'a str| {
        let other = loosened.iter().find(|l| name(l) == name(bound)).copied().unwrap_or(bound);
        (!other.ends_with('=')).then_some(other)
    };
    target.iter().filter_map(one).collect()
}

/// A circuit, its target, and bounds of it that are loosened together.
type OfCircuit = (&'static str, [&'static str; 4], &'static [&'static [&'static str]]);

#[test]
fn the_count_delivered_does_not_fall_where_a_bound_is_loosened() {
    let half: [OfCircuit; 2] = [
        (
            "ota1",
            OTA1,
            &[
                &[],
                &["bw>=500Hz"],
                &["bw>=276Hz"],
                &["bw>=180Hz"],
                &["bw>=100Hz"],
                &["bw>="],
                &["irn<=9uV"],
                &["power<=200nW", "bw>=20Hz"],
                &["power<=1uW", "irn<=30uV", "gain>=10dB", "bw>=20Hz"],
            ],
        ),
        (
            "ota4",
            OTA4,
            &[
                &[],
                &["power<=45nW"],
                &["power<=90nW"],
                &["power<="],
                &["irn<=5uV"],
                &["power<=66.75nW", "bw>=1.73kHz"],
                &["gain>=20dB", "bw>="],
            ],
        ),
    ];
    for (circuit, target, loosenings) in half {
        for loosened in loosenings {
            let count = feasible(&["size"], circuit, &with(&target, loosened));
            assert!(count >= 38, "{circuit} {loosened:?}: {count} of 40");
        }
    }
}

#[test]
fn the_count_drawn_does_not_fall_where_a_bound_is_loosened() {
    let drawn = |circuit, specs: &[&str]| feasible(&["sample", "--simulate"], circuit, specs);
    let tight = drawn("ota1", &OTA1);
    for loosened in ["bw>=180Hz", "bw>=100Hz", "bw>=", "irn<=9uV"] {
        let loose = drawn("ota1", &with(&OTA1, &[loosened]));
        // 40 draws: a standard error of three to four
        assert!(loose + 8 >= tight, "{loosened}: {loose} of 40, at the target itself {tight}");
    }
}

#[test]
fn rows_that_meet_the_target_are_delivered_and_measured_anew() {
    let specs = ["power<=40nW", "irn<=7uV", "gain>=28dB"];
    let origins = |result: &Value| -> Vec<String> {
        let sizings = result["sizings"].as_array().expect("sizings");
        sizings.iter().map(|s| s["origin"].as_str().expect("an origin").to_owned()).collect()
    };
    let sized = result(&["size"], "ota1", &specs, &["--count", "20", "--oversample", "3"]);
    let rows: Vec<&Value> =
        sized["sizings"].as_array().expect("sizings").iter().filter(|s| s["origin"] == "row").collect();
    assert_eq!((origins(&sized).len(), rows.len()), (20, 2), "{:?}", origins(&sized));
    for row in rows {
        assert!(row["simulated"]["bw"].is_number() && row["feasible"] == true, "{row}");
    }
    // none without a simulation, none among raw draws, none outside what is asked for
    let unverified =
        result(&["size"], "ota1", &specs, &["--count", "20", "--oversample", "3", "--simulations", "0"]);
    assert!(origins(&unverified).iter().all(|o| o == "drawn"));
    let raw = result(&["sample"], "ota1", &specs, &["--count", "20"]);
    assert!(origins(&raw).iter().all(|o| o == "drawn"));
    let fixed =
        result(&["size"], "ota1", &specs, &["--count", "20", "--oversample", "3", "--fix", "W1=9.87u"]);
    for sizing in fixed["sizings"].as_array().expect("sizings") {
        assert!((sizing["parameters"]["W1"].as_f64().expect("a width") - 9.87e-6).abs() < 1e-12);
    }
}
