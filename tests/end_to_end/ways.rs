//! The two ways in which ngspice runs decks, what is only printed, what cannot be measured, and mismatch: decks of
//! our own through `circuit new` and the command line.

use crate::support::{run, stderr, stdout};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// A divider of two resistors and a capacitor; `commands` measure it.
fn deck(commands: &str) -> String {
    format!(
        "* a divider\n.param ra=2k rb=1k\nv1 in 0 dc 1 ac 1\nr1 in out {{ra}}\nr2 out 0 {{rb}}\nc1 out 0 1n\n\
         .control\n{commands}\n.endc\n.end\n"
    )
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).expect("written")).expect("JSON")
}

/// Makes a circuit of one deck; the folder and what was said.
fn new(folder: &Path, commands: &str, more: &[&str]) -> (String, Value, String) {
    let (deck_path, out) = (folder.join("divider.cir"), folder.join("divider"));
    std::fs::write(&deck_path, deck(commands)).expect("writable");
    let (out, found) = (out.display().to_string(), folder.join("found.json"));
    let deck_path = deck_path.display().to_string();
    let mut arguments = vec!["circuit", "new", &deck_path, "--out", &out];
    let found_path = found.display().to_string();
    arguments.extend(["--json", &found_path]);
    arguments.extend(more);
    let output = run(&arguments);
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    (out, json(&found), stdout(&output))
}

/// What is measured of the divider at ra = 3 kOhm and rb = 1 kOhm.
fn simulated(folder: &Path, circuit: &str) -> Value {
    let (sizing, out) = (folder.join("sizing.json"), folder.join("measured.json"));
    std::fs::write(&sizing, r#"{"ra": 3000.0, "rb": 1000.0}"#).expect("writable");
    let (sizing, path) = (sizing.display().to_string(), out.display().to_string());
    let output = run(&["simulate", circuit, "--sizing", &sizing, "--json", &path]);
    assert!(output.status.success(), "{}", stderr(&output));
    json(&out)["sizings"][0].clone()
}

fn near(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    assert!((value / expected - 1.0).abs() < 1e-5, "{value} is not {expected}");
}

const QUITS: &str = "op\nlet ratio = v(out)/v(in)\nif ratio > 0\n  echo \"share = $&ratio\"\n  quit 0\nend";

#[test]
fn a_deck_that_quits_in_a_block_runs_in_a_process_of_its_own_and_it_is_said_why() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (circuit, found, said) = new(folder.path(), QUITS, &["--metric", "share=share,sense=>="]);
    assert_eq!(found["apart"][0]["testbench"], "divider");
    assert!(found["apart"][0]["reason"].as_str().expect("a reason").contains("quit"), "{found}");
    assert!(said.contains("runs as `ngspice -b`"), "{said}");
    let ron = std::fs::read_to_string(Path::new(&circuit).join("circuit.ron")).expect("written");
    assert!(ron.contains("process: true"), "{ron}");
    near(&simulated(folder.path(), &circuit)["simulated"]["share"], 0.25);
    // as the library runs it, it is refused with what would do
    let other = ron.replace(", process: true", "");
    std::fs::write(Path::new(&circuit).join("circuit.ron"), other).expect("writable");
    let check = run(&["circuit", "check", &circuit]);
    let said = stdout(&check);
    assert!(!check.status.success() && said.contains("process: true"), "{said}");
    let rows = folder.path().join("rows.csv").display().to_string();
    let refused = run(&["dataset", "generate", &circuit, "--rows", "10", "--out", &rows]);
    assert!(!refused.status.success() && stderr(&refused).contains("process: true"), "{}", stderr(&refused));
}

#[test]
fn what_a_program_of_the_deck_prints_is_read_once_it_is_allowed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // ngspice would take `$2` for a variable of its own
    let script = folder.path().join("report.sh");
    std::fs::write(&script, "awk 'NR == 1 { print \"level = \" $2 }' out.data\n").expect("writable");
    let commands = format!("ac dec 1 1 10\nwrdata out.data v(out)\nshell sh {}", script.display());
    let allowed = folder.path().join("trusted.ron");
    let deck_path = folder.path().join("divider.cir");
    std::fs::write(&deck_path, deck(&commands)).expect("writable");
    let circuit = folder.path().join("divider").display().to_string();
    let sizewright = |arguments: &[&str]| {
        std::process::Command::new(crate::support::program())
            .args(arguments)
            .env("SIZEWRIGHT_TRUSTED", &allowed)
            .output()
            .expect("starts")
    };
    let deck_path = deck_path.display().to_string();
    let mut arguments = vec!["circuit", "new", &deck_path, "--out", &circuit, "--metric", "level=level"];
    let refused = sizewright(&arguments);
    assert!(!refused.status.success() && stderr(&refused).contains("starts a program"));
    arguments.push("--trust");
    let made = sizewright(&arguments);
    assert!(made.status.success(), "{}", stderr(&made));
    let sizing = folder.path().join("sizing.json");
    std::fs::write(&sizing, r#"{"ra": 3000.0, "rb": 1000.0}"#).expect("writable");
    let (sizing, out) = (sizing.display().to_string(), folder.path().join("measured.json"));
    let measured =
        sizewright(&["simulate", &circuit, "--sizing", &sizing, "--json", &out.display().to_string()]);
    assert!(measured.status.success(), "{}", stderr(&measured));
    near(&json(&out)["sizings"][0]["simulated"]["level"], 0.25);
}

/// Vectors, measurements over curves and `meas` of several analyses.
const SEVERAL: &str = "let early = 5\nop\nlet ratio = v(out)/v(in)\nac dec 20 1k 100meg\nmeas ac edge when vdb(out)=-20\n\
                       tran 10n 2u\nlet last = v(out)[length(v(out))-1]\necho \"twice = $&early\"";

#[test]
fn both_ways_read_the_same_of_a_run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let more = [
        // so that every size has an edge
        "--parameter",
        "ra=1k..4k",
        "--parameter",
        "rb=500..2k",
        "--metric",
        "edge=edge,unit=Hz",
        "--metric",
        "early=early",
        "--metric",
        "twice=twice",
        "--metric",
        "corner=bandwidth(v(out)),unit=Hz",
        "--metric",
        "source=power(v1),unit=W",
        "--metric",
        "last=last,unit=V",
    ];
    let (circuit, found, _) = new(folder.path(), SEVERAL, &more);
    assert_eq!(found["apart"], serde_json::json!([]));
    let by_library = simulated(folder.path(), &circuit);
    near(&by_library["simulated"]["ratio"], 0.25);
    near(&by_library["simulated"]["early"], 5.0);
    near(&by_library["simulated"]["twice"], 5.0);
    near(&by_library["simulated"]["source"], 1.0 / 4000.0);
    let ron_path = Path::new(&circuit).join("circuit.ron");
    let ron = std::fs::read_to_string(&ron_path).expect("written");
    std::fs::write(&ron_path, ron.replace("divider.cir\")", "divider.cir\", process: true)"))
        .expect("writable");
    let by_process = simulated(folder.path(), &circuit);
    let values = by_library["simulated"].as_object().expect("metrics");
    assert!(values.len() >= 7, "{values:?}");
    for (name, value) in values {
        near(&by_process["simulated"][name], value.as_f64().expect("a number"));
    }
    let check = run(&["circuit", "check", &circuit]);
    assert!(check.status.success(), "{}", stdout(&check));
    assert!(
        stdout(&check).contains("the same by the loaded library and by `ngspice -b`"),
        "{}",
        stdout(&check)
    );
}

#[test]
fn a_metric_that_fails_is_a_gap_and_the_rest_is_kept() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // most designs begin below 0.6 and cannot fall through it
    let commands = "op\nlet level = v(out)\nac dec 20 1k 100meg\nmeas ac reach when vm(out)=0.6 fall=1";
    let more = [
        "--parameter",
        "ra=1k|2k|3k|4k",
        "--parameter",
        "rb=1k..4k,grid=1",
        "--metric",
        "reach=reach,unit=Hz",
    ];
    let (circuit, found, said) = new(folder.path(), commands, &more);
    // the decks' own values have no `reach`, other sizes do
    assert!(!found["left_out"].as_array().expect("a list").iter().any(|m| m["name"] == "reach"), "{found}");
    assert!(
        found["metrics"]
            .as_array()
            .expect("a list")
            .iter()
            .any(|m| m["name"] == "reach" && m["own"].is_null())
    );
    assert!(said.contains("no value at the decks' own sizes"), "{said}");
    let entry = simulated(folder.path(), &circuit);
    near(&entry["simulated"]["level"], 0.25);
    assert!(entry["simulated"]["reach"].is_null(), "{entry}");
    assert!(entry["error"].as_str().expect("a reason").contains("reach was not measured"), "{entry}");
    let rows = folder.path().join("rows.csv").display().to_string();
    let made = run(&["dataset", "generate", &circuit, "--simulations", "200", "--keep-all", "--out", &rows]);
    assert!(made.status.success(), "{}", stderr(&made));
    assert!(stdout(&made).contains("with gaps"), "{}", stdout(&made));
    let text = std::fs::read_to_string(&rows).expect("written");
    let (whole, gaps): (Vec<&str>, Vec<&str>) = text
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
        .partition(|line| line.split(',').all(|cell| !cell.is_empty()));
    let listed =
        |line: &&str| line.split(',').next().is_some_and(|ra| ["1000", "2000", "3000", "4000"].contains(&ra));
    assert!(whole.iter().chain(&gaps).all(listed), "{text}");
    assert!(whole.len() > 20 && gaps.len() > 20, "{} whole, {} with gaps", whole.len(), gaps.len());
    let checked = run(&["dataset", "check", &circuit, &rows]);
    assert!(
        stdout(&checked).contains(&format!("{} rows more have gaps", gaps.len())),
        "{}",
        stdout(&checked)
    );
    // why is said, with the number of designs
    let check = run(&["circuit", "check", &circuit]);
    let said = stdout(&check);
    assert!(
        !check.status.success() && said.contains("of 16 designs spread over them cannot be measured"),
        "{said}"
    );
    assert!(said.contains("reach was not measured: divider.cir:"), "{said}");
    let to = folder.path().join("search.json");
    let path = to.display().to_string();
    let search = run(&[
        "search",
        &circuit,
        "--spec",
        "reach>=1kHz",
        "--run-on",
        "--max-simulations",
        "30",
        "--json",
        &path,
    ]);
    let said = stdout(&search);
    assert!(said.contains("why they could not be measured, most often: "), "{said}{}", stderr(&search));
    let (failed, failures) = (json(&to)["failed"].clone(), json(&to)["failures"].clone());
    let failures = failures.as_array().expect("a list");
    assert!((1..=5).contains(&failures.len()), "{failures:?}");
    let counts: Vec<u64> = failures.iter().map(|f| f["count"].as_u64().expect("a count")).collect();
    assert!(counts.windows(2).all(|pair| pair[0] >= pair[1]), "{counts:?}");
    assert!(counts.iter().sum::<u64>() <= failed.as_u64().expect("a count"));
    assert!(failures[0]["reason"].as_str().expect("a reason").contains("reach"), "{failures:?}");
    let imported = folder.path().join("imported.csv").display().to_string();
    let again = run(&["dataset", "import", &circuit, &rows, "--out", &imported]);
    assert!(again.status.success(), "{}", stderr(&again));
    assert!(stdout(&again).contains("with gaps"), "{}", stdout(&again));
}

#[test]
fn mismatch_is_drawn_by_seed_and_its_yield_has_an_interval() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = deck("op\nlet level = v(out)")
        .replace("rb=1k", "rb=1k wide=0\n.param off={agauss(0, 0.01, 1)*wide}")
        .replace("r1 in out {ra}", "r1 in out {ra*(1+off)}");
    let (deck_path, out) = (folder.path().join("divider.cir"), folder.path().join("divider"));
    std::fs::write(&deck_path, text).expect("writable");
    let (deck_path, out) = (deck_path.display().to_string(), out.display().to_string());
    let made = run(&[
        "circuit",
        "new",
        &deck_path,
        "--out",
        &out,
        "--mismatch",
        "wide=1",
        "--metric",
        "level=level,unit=V",
        "--metric",
        "area=ra*rb*1e-17/3,unit=m2",
    ]);
    assert!(made.status.success(), "{}", stderr(&made));
    let sizing = folder.path().join("sizing.json");
    std::fs::write(&sizing, r#"{"ra": 1000.0, "rb": 1000.0}"#).expect("writable");
    let (sizing, to) = (sizing.display().to_string(), folder.path().join("verified.json"));
    let path = to.display().to_string();
    let verify = |seed: &str| {
        let arguments =
            ["verify", &out, "--sizing", &sizing, "--mismatch", "200", "--seed", seed, "--json", &path];
        let output = run(&[&arguments[..], &["--spec", "level>=500mV"]].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        json(&to)["sizings"][0]["mismatch"].clone()
    };
    let one = verify("1");
    // a part in a hundred of one of two equal resistors moves the level by a quarter of that
    let deviation = one["deviation"]["level"].as_f64().expect("a number");
    assert!((0.002..0.003).contains(&deviation), "{deviation}");
    let (share, interval) = (one["yield"].as_f64().expect("a number"), &one["interval"]);
    let (low, high) = (interval[0].as_f64().expect("low"), interval[1].as_f64().expect("high"));
    assert!((0.35..0.65).contains(&share) && low < share && share < high && high - low < 0.16, "{one}");
    // nothing is drawn for an area
    assert_eq!(one["deviation"]["area"].as_f64(), Some(0.0), "{one}");
    assert_eq!(verify("1"), one, "the same seeds draw the same");
    assert_ne!(verify("1001")["mean"], one["mean"]);
    // without mismatch the level is what it is
    let plain = run(&["verify", &out, "--sizing", &sizing, "--json", &path, "--spec", "level>=499.9mV"]);
    assert!(plain.status.success(), "{}", stderr(&plain));
    near(&json(&to)["sizings"][0]["simulated"]["level"], 0.5);
    let ron_path = Path::new(&out).join("circuit.ron");
    let ron = std::fs::read_to_string(&ron_path).expect("written");
    let without: String =
        ron.lines().filter(|l| !l.contains("mismatch:")).map(|l| format!("{l}\n")).collect();
    std::fs::write(&ron_path, without).expect("writable");
    let refused = run(&["verify", &out, "--sizing", &sizing, "--mismatch", "10"]);
    assert!(!refused.status.success() && stderr(&refused).contains("mismatch: ("), "{}", stderr(&refused));
}

#[test]
#[cfg(unix)]
fn verifying_that_is_stopped_tells_what_was_done() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (circuit, ..) = new(folder.path(), "op\nlet level = v(out)", &["--mismatch", "own"]);
    let sizing = folder.path().join("sizing.json");
    std::fs::write(&sizing, r#"{"ra": 1000.0, "rb": 1000.0}"#).expect("writable");
    let mut child = std::process::Command::new(crate::support::program())
        .args(["verify", &circuit, "--mismatch", "100000", "--sizing"])
        .arg(&sizing)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    // a plain line of progress comes after five seconds
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("mismatch")), "progress is told");
    let sent = std::process::Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(sent.expect("there is a shell").success());
    let rest: Vec<String> = lines.collect();
    let output = child.wait_with_output().expect("it ends");
    let said = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{rest:?}");
    assert!(said.contains("nominal") && said.contains("runs measured"), "{said}");
    assert!(rest.iter().any(|line| line.contains("stopped before all was simulated")), "{rest:?}");
}

#[test]
fn a_metric_is_taken_in_the_first_testbench_that_can_measure_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let netlist = "* a divider\n.param ra=2k rb=1k\nvdd vdd 0 dc 1\nr3 vdd 0 1k\nvin in 0 dc 1 ac 1\nr1 in out {ra}\nr2 out 0 {rb}\n\
         c1 out 0 1n\n";
    let write = |name: &str, commands: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("{netlist}{commands}.end\n")).expect("writable");
        path.display().to_string()
    };
    let open = write("open.cir", ".control\nac dec 20 1k 100meg\nlet level = vdb(out)[0]\n.endc\n");
    let supply = write("supply.cir", ".op\n");
    let out = folder.path().join("divider").display().to_string();
    let new = |metric: &str| {
        let _ = std::fs::remove_dir_all(&out);
        run(&["circuit", "new", &open, &supply, "--out", &out, "--metric", metric])
    };
    let made = new("drawn=current(vdd),unit=A");
    assert!(made.status.success(), "{}", stderr(&made));
    let ron = std::fs::read_to_string(Path::new(&out).join("circuit.ron")).expect("written");
    for name in ["power", "drawn"] {
        let line =
            ron.lines().find(|line| line.contains(&format!("(name: \"{name}\", title"))).unwrap_or_default();
        assert!(line.contains("testbench: \"supply\""), "{name}: {ron}");
    }
    let refused = new("nothing=nowhere");
    let said = stderr(&refused);
    assert!(
        !refused.status.success() && said.contains("in open: ") && said.contains("; in supply: "),
        "{said}"
    );
    let chosen = new("drawn=current(vdd),unit=A,testbench=open");
    let said = stderr(&chosen);
    assert!(!chosen.status.success() && said.contains("in open: ") && !said.contains("in supply"), "{said}");
}
