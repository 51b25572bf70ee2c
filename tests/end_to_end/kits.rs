//! Decks on a process kit: a library of which they need little. What is left out must not change a metric, by
//! the word of ngspice in batch mode, which reads the whole.

use crate::support::{batch, printed, program};
use sizewright::circuit::{Circuit, Sizing};
use sizewright::spice::{Failure, Simulate, Simulator, SimulatorConfig, compare};
use std::fmt::Write;
use std::path::Path;
use std::sync::atomic::AtomicBool;

const CIRCUIT: &str = r#"(
    format: 1, name: "stage", title: "Stage", about: "A common-source stage on a kit of our own.",
    parameters: [
        (name: "W1", unit: "m", low: 0.5e-6, high: 50e-6, grid: 10e-9, scale: Log),
        (name: "L1", unit: "m", low: 0.15e-6, high: 10e-6, grid: 10e-9, scale: Log),
        (name: "W2", unit: "m", low: 0.5e-6, high: 50e-6, grid: 10e-9, scale: Log),
        (name: "NF", unit: "", low: 1, high: 8, grid: 1, scale: Linear),
    ],
    metrics: [
        (name: "out", title: "Output", unit: "V", scale: Linear, sense: ">=", legal: (-5, 5)),
        (name: "ref", title: "Reference", unit: "V", scale: Linear, sense: ">=", legal: (-5, 5)),
        (name: "amp", title: "Output of the amplifier", unit: "V", scale: Linear, sense: ">=", legal: (-5, 5)),
    ],
    testbench: "testbench.cir",
)"#;

/// Transistors in a subcircuit of the deck's own, at the top, in a subcircuit that has sizes of its own
/// parameters, and of models outside of subcircuits.
const DECK: &str = "* a stage on a kit\n\
    .lib kit.lib tt\n\
    .include sizing.param\n\
    .param half={W1/2}\n\
    .subckt stage in out vdd\n\
    XM1 out in 0 0 kit_n w={W1*1e6} l={L1*1e6} nf={NF}\n\
    XM2 out out vdd vdd kit_p w={half*1e6} l=0.5\n\
    .ends\n\
    .subckt amp in out vdd W1=3\n\
    XM3 out in 0 0 kit_n w={W1} l={L1*1e6}\n\
    R1 out vdd 10k\n\
    .ends\n\
    V1 vdd 0 1.8\nV2 in 0 0.7\n\
    X1 in out vdd stage\n\
    X2 in amp vdd amp W1={W2*1e6}\n\
    XM5 ref ref 0 0 kit_n w={W2*1e6} l=0.6 nf=2\n\
    Mp ref ref vdd vdd glob w={W2*1e6} l={L1*1e6}\n\
    .control\nop\nlet out = v(out)\nlet ref = v(ref)\nlet amp = v(amp)\n.endc\n.end\n";

/// A library with nine bins a type, in metres though the kit's sizes are in µm, each with a threshold of its own by
/// a parameter of its own, and thousands of parameters and cells that nothing here needs.
fn library() -> String {
    let mut text = "* a kit\n.lib ff\n.param kit_n__shift=0.1\n.endl\n.lib tt\n.option scale=1.0u\n\
        .param kit_n__shift = 0.02 $ of this corner\n+ idle=1\n.func kit_twice(x) {2*x}\n"
        .to_owned();
    for i in 0..6000 {
        writeln!(text, ".param idle_{i}={{{i}*idle}}").expect("a string");
    }
    for kit in ["kit_n", "kit_p", "glob", "kit_idle"] {
        let kind = if kit == "kit_n" { "nmos" } else { "pmos" };
        for bin in 0..9 {
            writeln!(text, ".param {kit}__vth_{bin}={:.3}", 0.003 * f64::from(bin)).expect("a string");
        }
        let cell = kit != "glob";
        if cell {
            writeln!(text, ".subckt {kit} d g s b\n+\n.param l = 1 w = 1 nf = 1.0 mult = 1")
                .expect("a string");
            writeln!(text, "m{kit} d g s b {kit}__model l = {{l}} w = {{w}} nf = {{nf}}").expect("a string");
        }
        for bin in 0..9 {
            let [length, width] = [bin / 3, bin % 3].map(|at| {
                let edges = ["0.1", "0.6", "2.0", "20"];
                (edges[at], edges[at + 1])
            });
            let model = if cell { format!("{kit}__model.{bin}") } else { format!("{kit}.{bin}") };
            let sign = if kind == "nmos" { "" } else { "-" };
            writeln!(
                text,
                ".model {model} {kind}\n* a bin\n+ lmin = {}e-06 lmax = {}e-06 wmin = {}e-06 wmax = {}e-06\n\
                 + level = 54 version = 4.5 toxe = 4e-9\n\
                 + vth0 = {{{sign}(0.45 + kit_twice({kit}__vth_{bin}) + kit_n__shift)}} u0 = 0.0{}\n",
                length.0,
                length.1,
                width.0,
                // widths up to 100 µm
                if width.1 == "20" { "200" } else { width.1 },
                2 + bin % 4
            )
            .expect("a string");
        }
        if cell {
            writeln!(text, ".ends {kit}").expect("a string");
        }
    }
    text + ".endl tt\n"
}

fn kit_circuit(folder: &Path) -> Circuit {
    let here = folder.join("stage");
    std::fs::create_dir(&here).expect("writable");
    let files = [("circuit.ron", CIRCUIT), ("testbench.cir", DECK), ("kit.lib", &library())];
    for (name, text) in files {
        std::fs::write(here.join(name), text).expect("writable");
    }
    Circuit::load(&here).expect("a circuit")
}

#[test]
fn a_slimmed_kit_measures_as_the_whole_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = kit_circuit(folder.path());
    // inside bins, at their edges, and of a finger's width as of the whole
    let sizings: Vec<Sizing> = [
        [5e-6, 0.5e-6, 1e-6, 1.0],
        [0.6e-6, 0.6e-6, 2e-6, 1.0],
        [40e-6, 5e-6, 30e-6, 8.0],
        [2e-6, 2e-6, 0.6e-6, 2.0],
        [10e-6, 0.15e-6, 50e-6, 4.0],
    ]
    .map(|v| Sizing(v.to_vec()))
    .to_vec();
    let config = SimulatorConfig { worker: program(), jobs: 1, ..SimulatorConfig::default() };
    let mut simulator = Simulator::start(&circuit, config).expect("ngspice is installed");
    let outcomes = simulator.run(&sizings, &AtomicBool::new(false), &mut |_, _| {});
    let mut seen = Vec::new();
    for (sizing, outcome) in sizings.iter().zip(&outcomes) {
        let outcome = outcome.as_ref().unwrap_or_else(|e| panic!("measured: {e}"));
        let mut values = String::new();
        for (parameter, value) in circuit.parameters.iter().zip(&sizing.0) {
            writeln!(values, ".param {}={value:e}", parameter.name).expect("a string");
        }
        std::fs::write(circuit.folder.join("sizing.param"), values).expect("writable");
        let print = "set numdgt=12\nprint out ref amp\n.endc";
        let whole = circuit.folder.join("whole.cir");
        std::fs::write(&whole, DECK.replace(".endc", print)).expect("writable");
        let text = batch(&whole);
        for (metric, value) in circuit.metrics.iter().zip(&outcome.performance().0) {
            let independent = printed(&text, &metric.name);
            let error = (value - independent).abs();
            assert!(error < 1e-9, "{} of {sizing:?}: {value}, whole {independent}", metric.name);
        }
        seen.push(outcome.performance().0.clone());
    }
    // the designs differ, so that a wrong bin would show
    assert!(seen.windows(2).all(|pair| pair[0] != pair[1]), "{seen:?}");
}

#[test]
fn a_size_that_no_bin_is_for_is_not_measured() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = kit_circuit(folder.path());
    for (from, to, expected) in [
        (
            "l=0.5",
            "l=50",
            "testbench.cir:7: no model bin for xm2 (kit_p__model): a width or length lies beyond",
        ),
        ("vdd glob w={W2*1e6}", "vdd glob w=500", "testbench.cir:18: no model bin for mp (glob): a width or"),
    ] {
        std::fs::write(&circuit.testbenches[0].deck, DECK.replace(from, to)).expect("writable");
        let circuit = Circuit::load(&circuit.folder).expect("a circuit");
        let config = SimulatorConfig { worker: program(), jobs: 1, ..SimulatorConfig::default() };
        let mut simulator = Simulator::start(&circuit, config).expect("ngspice is installed");
        let sizing = Sizing(vec![5e-6, 0.5e-6, 1e-6, 1.0]);
        let outcome = simulator.run(&[sizing], &AtomicBool::new(false), &mut |_, _| {}).remove(0);
        assert!(matches!(outcome, Err(Failure::Missing { .. })), "{outcome:?}");
        let said = outcome.expect_err("no measurement").to_string();
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn a_kit_that_draws_at_random_is_told_from_one_that_differs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = kit_circuit(folder.path());
    let path = circuit.folder.join("kit.lib");
    let drawn = library().replace("+ kit_n__shift)}", "+ kit_n__shift + agauss(0, 0.01, 1))}");
    std::fs::write(&path, drawn).expect("writable");
    let config = SimulatorConfig { worker: program(), jobs: 1, ..SimulatorConfig::default() };
    let compared = compare(&circuit, &config).expect("ngspice is installed");
    let said = compared.problem(&circuit).expect("it draws");
    assert!(said.contains("the decks draw at random") && said.contains("`mismatch: (),`"), "{said}");
    // where that is declared it is meant
    let ron = CIRCUIT.replace("format: 1", "format: 2").replace(
        "testbench: \"testbench.cir\",",
        "mismatch: (), testbenches: [(name: \"op\", deck: \"testbench.cir\")],",
    );
    std::fs::write(circuit.folder.join("circuit.ron"), ron).expect("writable");
    let declared = Circuit::load(&circuit.folder).expect("a circuit");
    let compared = compare(&declared, &config).expect("ngspice is installed");
    assert_eq!(compared.problem(&declared), None, "{compared:?}");
}

#[test]
fn a_kit_that_was_kept_measures_the_same_until_it_changes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = kit_circuit(folder.path());
    let library = circuit.folder.join("kit.lib");
    // a megabyte of comments, so that what is read is kept
    let comments = "* nothing that a deck would need, over and over again\n".repeat(30_000);
    let text = std::fs::read_to_string(&library).expect("written");
    let text = text.replacen(".lib tt\n", &format!(".lib tt\n{comments}"), 1);
    assert!(text.len() > 1 << 20);
    std::fs::write(&library, &text).expect("writable");
    let sizing = Sizing(vec![5e-6, 0.5e-6, 5e-6, 1.0]);
    let measure = || {
        let config = SimulatorConfig { worker: program(), jobs: 1, ..SimulatorConfig::default() };
        let mut simulator = Simulator::start(&circuit, config).expect("ngspice is installed");
        let outcome =
            simulator.run(std::slice::from_ref(&sizing), &AtomicBool::new(false), &mut |_, _| {}).remove(0);
        let testbench = simulator.measured_by().testbench.clone();
        (outcome.expect("it works").performance().0.clone(), testbench)
    };
    let first = measure();
    assert_eq!(measure(), first);
    let changed = text.replace("kit_n__shift = 0.02", "kit_n__shift = 0.03");
    assert_ne!(changed, text);
    std::thread::sleep(std::time::Duration::from_millis(20));
    std::fs::write(&library, changed).expect("writable");
    let second = measure();
    assert!(second.0 != first.0 && second.1 != first.1, "{second:?}");
}
