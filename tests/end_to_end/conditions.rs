//! Designs in more than one condition: a search over corners, rows and verdicts of the worst case, mismatch in a corner.
//! A divider of our own whose one resistor depends on temperature.

use crate::support::{run, stderr, stdout};
use serde_json::Value;
use std::path::Path;

const BOUNDS: [&str; 4] = ["--spec", "level=400mV..600mV", "--spec", "drawn<=150uA"];

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).expect("written")).expect("JSON")
}

/// The divider's folder, with the corners `cold` and `hot`: of two equal resistors the level is 0.58 at 125 degrees and 0.42
/// at -40.
pub fn divider(folder: &Path, more: &[&str]) -> String {
    let (deck, out) = (folder.join("divider.cir"), folder.join("divider"));
    let text = "* a divider\n.param ra=2k rb=1k off=0\n.param drawn={agauss(0, 0.01, 1)*off}\nv1 in 0 dc 1\n\
                r1 in out {ra*(1+drawn)}\nr2 out 0 {rb} tc1=4m\n\
                .control\nop\nlet level = v(out)\nlet drawn = -i(v1)\n.endc\n.end\n";
    std::fs::write(&deck, text).expect("writable");
    let (deck, out) = (deck.display().to_string(), out.display().to_string());
    let own = [
        ["--parameter", "ra=1k..9k,grid=1"],
        ["--parameter", "rb=1k..9k,grid=1"],
        ["--metric", "level=level,unit=V"],
        ["--metric", "drawn=drawn,unit=A,sense=<="],
        ["--corner", "cold,temperature=-40"],
        ["--corner", "hot,temperature=125"],
        ["--mismatch", "off=1"],
    ];
    let made = run(&[&["circuit", "new", &deck, "--out", &out][..], &own.concat(), more].concat());
    assert!(made.status.success(), "{}", stderr(&made));
    out
}

/// What is written to `--json` by a command that succeeds.
fn written(folder: &Path, arguments: &[&str]) -> Value {
    let to = folder.join("written.json");
    let path = to.display().to_string();
    let output = run(&[arguments, &["--json", &path]].concat());
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    json(&to)
}

fn near(value: &Value, expected: &Value) {
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    assert!((number(value) / number(expected) - 1.0).abs() < 1e-5, "{value} is not {expected}");
}

#[test]
fn a_search_over_corners_ends_with_a_sizing_that_holds_in_all() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let out = divider(folder, &[]);
    let found = folder.join("found.json");
    let search = |more: &[&str]| {
        let all = written(folder, &[&["search", &out, "--seed", "3"][..], &BOUNDS, more].concat());
        std::fs::write(&found, all.to_string()).expect("writable");
        all
    };
    let over_all = search(&["--corners", "all"]);
    assert_eq!(over_all["conditions"], 3);
    assert_eq!(over_all["judged_over"], serde_json::json!(["nominal", "cold", "hot"]));
    assert!(over_all["simulations"].as_u64().expect("a number") <= 200);
    let file = found.display().to_string();
    let verified = written(folder, &[&["verify", &out, "--sizing", &file][..], &BOUNDS].concat());
    let first = &verified["sizings"][0];
    assert_eq!(first["feasible"], true, "{first}");
    // in words the worst is told with its corner, and what is missed
    let output = run(&["verify", &out, "--sizing", &file, "--spec", "level>=900mV", "--spec", "drawn<=1A"]);
    let said = stdout(&output);
    let line = |head: &str| said.lines().find(|l| l.trim_start().starts_with(head)).unwrap_or_default();
    assert!(line("worst").contains("(cold), drawn"), "{said}");
    assert!(line("missed").contains("level ≥ 900 mV (") && line("missed").ends_with(" in cold)"), "{said}");
    // what the search says is the worst of the corners
    near(&over_all["sizings"][0]["simulated"]["drawn"], &first["worst"]["drawn"]);
    // it goes on from designs that it is given: the first of them holds already
    let again = search(&["--corners", "all", "--start", &file]);
    assert_eq!(again["first_feasible"]["simulations"], 1, "{}", again["first_feasible"]);
}

#[test]
fn rows_and_verdicts_of_a_circuit_that_says_so_are_of_the_worst_case() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let out = divider(folder, &["--worst-over", "all"]);
    let sizing = folder.join("sizing.json");
    std::fs::write(&sizing, r#"{"ra": 2000.0, "rb": 2000.0}"#).expect("writable");
    let sizing = sizing.display().to_string();
    let verified = written(folder, &["verify", &out, "--sizing", &sizing])["sizings"][0].clone();
    let corners = &verified["corners"];
    let simulated = written(folder, &["simulate", &out, "--sizing", &sizing]);
    assert_eq!(simulated["judged_over"], serde_json::json!(["nominal", "cold", "hot"]));
    let worst = &simulated["sizings"][0]["simulated"];
    // the least level and the largest current are both in the cold, and neither is the decks' own
    near(&worst["level"], &corners["cold"]["simulated"]["level"]);
    near(&worst["drawn"], &corners["cold"]["simulated"]["drawn"]);
    near(&verified["worst"]["level"], &worst["level"]);
    assert!(verified["simulated"]["level"].as_f64() > worst["level"].as_f64(), "{verified}");
    // a row is what simulating its sizing says
    let rows = folder.join("rows.csv").display().to_string();
    let made = run(&["dataset", "generate", &out, "--rows", "12", "--keep-all", "--out", &rows]);
    assert!(made.status.success(), "{}{}", stdout(&made), stderr(&made));
    let of_rows = written(folder, &["simulate", &out, "--sizing", &rows]);
    let text = std::fs::read_to_string(&rows).expect("written");
    let values: Vec<Vec<&str>> =
        text.lines().filter(|l| !l.starts_with('#')).map(|l| l.split(',').collect()).collect();
    let level = values[0].iter().position(|name| name.starts_with("level")).expect("a column");
    for (row, again) in values[1..].iter().zip(of_rows["sizings"].as_array().expect("a list")) {
        near(&serde_json::json!(row[level].parse::<f64>().expect("a number")), &again["simulated"]["level"]);
    }
    // a search needs no flag to judge over them
    let found = written(folder, &[&["search", &out, "--seed", "3"][..], &BOUNDS].concat());
    assert_eq!((&found["conditions"], &found["judged_over"][2]), (&3.into(), &"hot".into()));
    // without it the rows are another testbench's
    let ron_path = Path::new(&out).join("circuit.ron");
    let ron = std::fs::read_to_string(&ron_path).expect("written");
    let line = ron.lines().find(|l| l.contains("worst_over")).expect("the line").to_owned();
    std::fs::write(&ron_path, ron.replace(&line, "")).expect("writable");
    let checked = run(&["dataset", "check", &out, &rows]);
    assert!(
        (stdout(&checked) + &stderr(&checked)).contains("another testbench"),
        "{}{}",
        stdout(&checked),
        stderr(&checked)
    );
    let plain = written(folder, &["simulate", &out, "--sizing", &sizing]);
    assert_eq!(plain["judged_over"], serde_json::json!(["nominal"]));
    near(&plain["sizings"][0]["simulated"]["level"], &corners["nominal"]["simulated"]["level"]);
    // what is no corner is named with what is
    std::fs::write(&ron_path, ron.replace(&line, "worst_over: [\"warm\"],")).expect("writable");
    let refused = run(&["simulate", &out, "--sizing", &sizing]);
    let said = stderr(&refused);
    assert!(
        said.contains("worst_over[0]") && said.contains("`warm`") && said.contains("cold, hot"),
        "{said}"
    );
}

#[test]
fn mismatch_can_be_drawn_in_a_corner() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let out = divider(folder, &[]);
    let sizing = folder.join("sizing.json");
    std::fs::write(&sizing, r#"{"ra": 2000.0, "rb": 2000.0}"#).expect("writable");
    let sizing = sizing.display().to_string();
    let runs = ["verify", &out, "--sizing", &sizing, "--mismatch", "40"];
    let plain = written(folder, &runs)["sizings"][0].clone();
    let hot = written(folder, &[&runs[..], &["--mismatch-at", "hot"]].concat())["sizings"][0].clone();
    assert_eq!(
        (&plain["mismatch"]["corner"], &hot["mismatch"]["corner"]),
        (&"nominal".into(), &"hot".into())
    );
    let mean = |v: &Value| v["mismatch"]["mean"]["level"].as_f64().expect("a number");
    let level = |corner: &str| plain["corners"][corner]["simulated"]["level"].as_f64().expect("a number");
    // the mean over the runs is near what the corner has without mismatch
    assert!((mean(&plain) - level("nominal")).abs() < 0.002, "{plain}");
    assert!((mean(&hot) - level("hot")).abs() < 0.002, "{hot}");
    assert!(level("hot") - level("nominal") > 0.05);
    assert!(hot["mismatch"]["deviation"]["level"].as_f64().expect("a number") > 0.001, "{hot}");
    let unknown = run(&[&runs[..], &["--mismatch-at", "warm"]].concat());
    let said = stderr(&unknown);
    assert!(
        !unknown.status.success() && said.contains("--mismatch-at") && said.contains("cold, hot"),
        "{said}"
    );
}
