//! Several testbenches over one sizing: by one worker in turn or by several side by side the same is measured, and one that
//! no bound needs is not run.

use crate::support::{program, stderr, stdout};
use sizewright::circuit::{Circuit, Sizing, Specification};
use sizewright::spice::{Failure, Outcome, Simulate, Simulator, SimulatorConfig};
use std::path::Path;
use std::sync::atomic::AtomicBool;

fn deck(commands: &str) -> String {
    format!(
        "* a divider\n.param ra=2k rb=1k\nv1 in 0 dc 1 ac 1\nr1 in out {{ra}}\nr2 out 0 {{rb}}\nc1 out 0 1n\n\
         .control\n{commands}\n.endc\n.end\n"
    )
}

/// Runs the program with what the user allows kept in `folder`.
fn sizewright(folder: &Path, arguments: &[&str]) -> std::process::Output {
    let mut command = std::process::Command::new(program());
    command.args(arguments).env("SIZEWRIGHT_TRUSTED", folder.join("trusted.ron")).output().expect("starts")
}

/// A circuit of decks by name and commands.
fn new(folder: &Path, decks: &[(&str, &str)], metrics: &[&str]) -> String {
    let out = folder.join("divider").display().to_string();
    let paths = decks.iter().map(|(name, commands)| {
        let path = folder.join(format!("{name}.cir"));
        std::fs::write(&path, deck(commands)).expect("writable");
        path.display().to_string()
    });
    let paths: Vec<String> = paths.collect();
    let mut arguments = vec!["circuit", "new", "--trust", "--out", &out];
    arguments.extend(["--parameter", "ra=1k..9k,grid=1", "--parameter", "rb=1k..9k,grid=1"]);
    arguments.extend(metrics.iter().flat_map(|metric| ["--metric", metric]));
    arguments.extend(paths.iter().map(String::as_str));
    let made = sizewright(folder, &arguments);
    assert!(made.status.success(), "{}{}", stdout(&made), stderr(&made));
    out
}

/// A level, a frequency that few designs have, and a current.
fn three(folder: &Path) -> Circuit {
    let decks = [
        ("level", "op\nlet level = v(out)"),
        ("edge", "ac dec 20 1k 100meg\nmeas ac reach when vm(out)=0.3 fall=1"),
        ("supply", "op\nlet drawn = -i(v1)"),
    ];
    let path = new(
        folder,
        &decks,
        &[
            "level=level,unit=V,testbench=level",
            "reach=reach,unit=Hz,testbench=edge",
            "drawn=drawn,unit=A,sense=<=,testbench=supply",
        ],
    );
    Circuit::open(&path).expect("sound")
}

fn simulator(circuit: &Circuit, jobs: usize) -> Simulator {
    let config = SimulatorConfig { worker: program(), jobs, ..SimulatorConfig::default() };
    Simulator::start(circuit, config).expect("starts")
}

fn one(simulator: &mut Simulator, ra: f64, rb: f64) -> Outcome {
    simulator.run(&[Sizing(vec![ra, rb])], &AtomicBool::new(false), &mut |_, _| {}).remove(0)
}

#[test]
fn testbenches_side_by_side_are_as_one_after_the_other() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = three(folder.path());
    assert_eq!(circuit.testbenches.len(), 3);
    let (mut in_turn, mut beside) = (simulator(&circuit, 1), simulator(&circuit, 4));
    // of the second the level is below the one that `reach` asks for
    for (ra, rb, whole) in [(1500.0, 1000.0, true), (3000.0, 1000.0, false), (1000.0, 1500.0, true)] {
        let (expected, got) = (one(&mut in_turn, ra, rb), one(&mut beside, ra, rb));
        assert_eq!(expected, got);
        assert_eq!(expected.is_ok(), whole, "{expected:?}");
    }
    let failed = one(&mut beside, 3000.0, 1000.0);
    let Err(Failure::Missing { name, measured, .. }) = failed else { panic!("{failed:?}") };
    assert_eq!(name, "reach");
    assert_eq!(measured.iter().filter(|value| value.is_none()).count(), 1, "{measured:?}");
}

#[test]
fn a_metric_that_no_bound_needs_is_not_taken() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = three(folder.path());
    let place = |name: &str| circuit.metric_index(name).expect("a metric");
    let bound = |text: &str| Specification::parse(&circuit, &[text]).expect("sound");
    let mut simulator = simulator(&circuit, 2);
    assert!(simulator.can_save(&bound("level>=100mV")));
    simulator.take(Some(&bound("level>=100mV")));
    // without its `reach` it would have no performance
    let measured = one(&mut simulator, 3000.0, 1000.0).expect("measured");
    let values = &measured.performance().0;
    assert!((values[place("level")] - 0.25).abs() < 1e-6, "{values:?}");
    assert!(values[place("reach")].is_nan() && values[place("drawn")].is_nan(), "{values:?}");
    simulator.take(Some(&bound("drawn<=1mA")));
    let measured = one(&mut simulator, 3000.0, 1000.0).expect("measured");
    assert!((measured.performance().0[place("drawn")] / 0.25e-3 - 1.0).abs() < 1e-6);
    simulator.take(None);
    assert!(one(&mut simulator, 3000.0, 1000.0).is_err());
    assert!(
        one(&mut simulator, 1500.0, 1000.0).expect("whole").performance().0.iter().all(|v| v.is_finite())
    );
}

#[test]
fn a_search_runs_a_testbench_that_no_bound_needs_for_designs_alone_that_are_worth_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runs = folder.path().join("runs");
    // ngspice would take `>>` for its own
    let script = folder.path().join("count.sh");
    std::fs::write(&script, format!("echo run >> {}\n", runs.display())).expect("writable");
    let last = format!("op\nlet drawn = -i(v1)\nshell sh {}", script.display());
    let decks = [("level", "op\nlet level = v(out)"), ("supply", &last)];
    let out = new(
        folder.path(),
        &decks,
        &["level=level,unit=V,testbench=level", "drawn=drawn,unit=A,sense=<=,testbench=supply"],
    );
    let found = folder.path().join("found.json").display().to_string();
    // out of reach, so that all simulations are used
    let search = |bounds: &[&str]| {
        std::fs::write(&runs, "").expect("writable");
        let all = [&["search", &out, "--max-simulations", "40", "--json", &found][..], bounds].concat();
        let searched = sizewright(folder.path(), &all);
        assert!(stderr(&searched).contains("no feasible design in 40"), "{}", stderr(&searched));
        let text = std::fs::read_to_string(&found).expect("written");
        let best: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert!(best["sizings"][0]["simulated"]["drawn"].is_number(), "{best}");
        std::fs::read_to_string(&runs).expect("written").lines().count()
    };
    let needed = search(&["--spec", "level>=950mV", "--spec", "drawn<=1mA"]);
    let spared = search(&["--spec", "level>=950mV"]);
    assert_eq!(needed, 40);
    assert!((1..20).contains(&spared), "{spared} runs");
}
