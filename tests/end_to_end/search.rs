//! `sizewright search` as a user runs it, and the engine's search: a feasible design from scratch, judged
//! by ngspice again.

use crate::support::{ota1, program, run, stderr, stdout};
use serde_json::Value;
use sizewright::circuit::{Region, Sizing};
use sizewright::engine::{
    End, Engine, Event, Product, SearchEnd, SearchJob, SearchSettings, SimulatorConfig, Strategy,
};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const TABLE_II: [&str; 8] =
    ["--spec", "power<=27nW", "--spec", "irn<=5.2uV", "--spec", "gain>=30dB", "--spec", "bw>=1.55kHz"];

fn search(more: &[&str]) -> std::process::Output {
    let mut all = vec!["search", "ota1"];
    all.extend(more);
    all.extend(TABLE_II);
    run(&all)
}

fn json(output: &std::process::Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|e| panic!("{e}: {}", stderr(output)))
}

fn meets(simulated: &Value) -> bool {
    let of = |metric: &str| simulated[metric].as_f64().unwrap_or(f64::NAN);
    of("power") <= 27e-9 && of("irn") <= 5.2e-6 && of("gain") >= 30.0 && of("bw") >= 1550.0
}

#[test]
fn a_feasible_design_is_found_from_scratch_in_few_simulations() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let param = folder.path().join("best.json").display().to_string();
    let output = search(&["--json", "-", "--export", &param, "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("first feasible design after"), "{}", stderr(&output));
    let value = json(&output);
    assert_eq!((value["circuit"].as_str(), value["system"].as_str()), (Some("ota1"), Some("search")));
    assert_eq!((value["strategy"].as_str(), value["seed"].as_u64()), (Some("gp-assisted"), Some(1)));
    assert_eq!(value["specs"].as_array().map(Vec::len), Some(4));
    let first = value["first_feasible"]["simulations"].as_u64().expect("a count");
    let simulations = value["simulations"].as_u64().expect("a count");
    assert!(first <= simulations && simulations <= 120, "{first} of {simulations}");
    assert!(value["first_feasible"]["seconds"].as_f64() > Some(0.0));
    assert_eq!(value["feasible"].as_u64(), Some(1), "it stops at the first");
    let history = value["history"].as_array().expect("a list");
    assert_eq!(history[history.len() - 1]["violation"].as_f64(), Some(0.0));
    assert!(history[0]["violation"].as_f64() > Some(0.0) && history[0]["margin"].as_f64() < Some(0.0));
    let best = &value["sizings"][0];
    assert!(best["feasible"] == true && best["predicted"].is_null() && meets(&best["simulated"]), "{best}");
    let parameters: BTreeMap<String, f64> =
        serde_json::from_value(best["parameters"].clone()).expect("numbers");
    let sizing = Sizing::from_names(&ota1(), &parameters).expect("every parameter");
    sizing.check(&ota1()).expect("in range and on the grid");
    // what it exports measures the same in a process of its own
    let again = json(&run(&["simulate", "ota1", "--sizing", &param, "--json", "-"]));
    assert_eq!(again["sizings"][0]["simulated"], best["simulated"]);
}

#[test]
fn the_number_of_workers_changes_nothing() {
    let result = |jobs: &str| {
        let more =
            ["--strategy", "cma-es", "--run-on", "--max-simulations", "200", "--jobs", jobs, "--json", "-"];
        let mut value = json(&search(&more));
        let object = value.as_object_mut().expect("an object");
        object.remove("simulation_s");
        let first = object.remove("first_feasible").map(|f| f["simulations"].clone());
        (value, first)
    };
    assert_eq!(result("1"), result("3"));
}

#[test]
fn too_few_simulations_are_exit_code_one_with_the_nearest_design() {
    let output = search(&["--max-simulations", "5", "--json", "-"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("error: no feasible design in 5 simulations"), "{}", stderr(&output));
    let value = json(&output);
    assert_eq!((value["simulations"].as_u64(), value["feasible"].as_u64()), (Some(5), Some(0)));
    assert!(value["first_feasible"].is_null());
    let nearest = &value["sizings"][0];
    assert!(nearest["feasible"] == false && !meets(&nearest["simulated"]), "{nearest}");
}

#[test]
#[cfg(unix)]
fn ctrl_c_keeps_what_was_found() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("found.json");
    let mut child = Command::new(program())
        .args(["search", "ota1", "--strategy", "evolution", "--run-on", "--json"])
        .arg(&file)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // a plain line of progress comes after five seconds
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("designs simulated")), "progress is told");
    let sent = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(sent.expect("there is a shell").success());
    let rest: Vec<String> = lines.collect();
    let code = child.wait().expect("it ends").code();
    let value: Value = serde_json::from_str(&std::fs::read_to_string(&file).expect("written")).expect("JSON");
    let feasible = value["feasible"].as_u64().expect("a count");
    assert_eq!(code, Some(i32::from(feasible == 0)), "{rest:?}");
    assert!(value["stopped"] == true && value["simulations"].as_u64() > Some(0), "{value}");
    assert_eq!(value["sizings"][0]["feasible"].as_bool(), Some(feasible > 0));
}

#[test]
fn settings_that_cannot_be_are_exit_code_two() {
    for (more, expected) in [
        (&["--strategy", "annealing"][..], "choose one of gp-assisted, cma-es, evolution"),
        (&["--max-simulations", "0"], "from 1 to"),
        (&["--strategy", "evolution", "--population", "3"], "population of evolution must be from 6"),
        (&["--json", "no/such/folder/f.json"], "cannot write"),
        (&["--spec", "slew>=1"], "it has power, irn, gain, bw"),
    ] {
        let output = search(more);
        assert_eq!(output.status.code(), Some(2), "{more:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(expected), "{more:?}: {}", stderr(&output));
    }
}

fn job(pool: SimulatorConfig) -> SearchJob {
    let circuit = ota1();
    let specification = circuit.specifications[0].specification.clone();
    let settings = SearchSettings { stop_at_first: false, ..SearchSettings::new(Strategy::Evolution, 1) };
    SearchJob {
        circuit: Arc::new(circuit),
        specification,
        region: Region::default(),
        settings,
        corners: Vec::new(),
        known: Vec::new(),
        pool,
    }
}

#[test]
fn a_cancelled_search_ends_once_with_what_it_found() {
    let engine = Engine::start(|| ()).expect("threads start");
    let search =
        engine.search(job(SimulatorConfig { worker: program(), jobs: 2, ..SimulatorConfig::default() }));
    let next = || engine.events().recv_timeout(Duration::from_secs(60)).expect("the engine answers");
    let Event::Searching { job, simulations, .. } = next() else { panic!("it tells how far it is") };
    assert!(job == search && simulations > 0);
    assert!(!engine.searching().history.is_empty());
    engine.cancel(search);
    let result = loop {
        match next() {
            Event::Searching { .. } => {}
            Event::Ended(job, End::Stopped(Some(Product::Found(result)))) => break (job, result),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((result.0, result.1.end), (search, SearchEnd::Cancelled));
    assert!(result.1.simulations < result.1.settings.max_simulations);
    assert_eq!(engine.searching().history, result.1.history);
    assert!(engine.events().recv_timeout(Duration::from_millis(200)).is_err(), "one end and no more");
}

#[test]
fn a_search_without_a_simulator_fails_with_the_remedy() {
    let engine = Engine::start(|| ()).expect("threads start");
    let search = engine
        .search(job(SimulatorConfig { worker: "no/such/program".into(), ..SimulatorConfig::default() }));
    match engine.events().recv_timeout(Duration::from_secs(60)).expect("the engine answers") {
        Event::Ended(job, End::Failed(error)) => {
            assert!(job == search && error.to_string().contains("SIZEWRIGHT_WORKER"), "{error}");
        }
        other => panic!("{other:?}"),
    }
}
