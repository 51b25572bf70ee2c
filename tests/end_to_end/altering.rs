//! Devices that are altered for the next design give what a netlist loaded for each design gives, bit for bit.

use crate::support::{altered_ota1, sizings, trusting};
use sizewright::circuit::{Circuit, Sizing};
use sizewright::spice::{Outcome, Simulate, Simulator, SimulatorConfig};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

fn config(circuit: &Circuit, alter: bool) -> SimulatorConfig {
    SimulatorConfig { jobs: 1, alter, ..trusting(circuit) }
}

fn run(circuit: &Circuit, config: SimulatorConfig, sizings: &[Sizing]) -> Vec<Outcome> {
    let mut simulator = Simulator::start(circuit, config).expect("ngspice is there");
    simulator.run(sizings, &AtomicBool::new(false), &mut |_, _| {})
}

/// What was measured to the bit, or why nothing was.
fn bits(outcomes: &[Outcome]) -> Vec<Result<Vec<u64>, String>> {
    let one = |outcome: &Outcome| match outcome {
        Ok(measured) => Ok(measured.performance().0.iter().map(|x| x.to_bits()).collect()),
        Err(failure) => Err(failure.to_string()),
    };
    outcomes.iter().map(one).collect()
}

/// Both ways agree on designs of all kinds, in either order, and whenever a worker is replaced.
fn agree(circuit: &Circuit, designs: usize) -> Vec<Result<Vec<u64>, String>> {
    let all = sizings(circuit, designs);
    let loaded = bits(&run(circuit, config(circuit, false), &all));
    assert_eq!(bits(&run(circuit, config(circuit, true), &all)), loaded);
    let reversed: Vec<Sizing> = all.into_iter().rev().collect();
    let many = SimulatorConfig { jobs: 2, recycle_after: 17, ..config(circuit, true) };
    let mut back = bits(&run(circuit, many, &reversed));
    back.reverse();
    assert_eq!(back, loaded);
    loaded
}

#[test]
fn the_bundled_circuits_measure_the_same_bits_altered_and_loaded() {
    for name in ["ota1", "ota2", "ota3"] {
        let outcomes = agree(&Circuit::open(name).expect("bundled"), 60);
        let measured = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert!(measured > 20, "{name}: {measured} of 60 measured");
    }
}

#[test]
fn a_design_that_fails_where_it_is_altered_fails_for_the_reason_it_has_where_it_is_loaded() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // an analysis that some supplies abort, and a metric that some have not
    for to in [
        "if v(vdd) > 0.6\nac dec 0 1 1\nend\nlet power",
        "if v(vdd) > 0.6\nlet power = v(nowhere)\nelse\nlet power = 1n\nend\nlet other",
        "if v(vdd) > 0.6\nlet e = 3\nsetplot const\nlet e = 5\nlet pi = 3\nsetplot op1\nend\nlet power",
    ] {
        let circuit = altered_ota1(folder.path(), "let power", to);
        agree(&circuit, 40);
    }
}

#[test]
fn measurements_are_the_same_however_a_signal_is_written_and_a_design_is_measured() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let measured_by = |name: &str, signals: [&str; 3]| {
        let [gain, power, noise] = signals;
        let here = folder.path().join(name);
        altered_ota1(&here, "let irn = inoise_total", "op");
        let file = here.join("ota1/circuit.ron");
        let mut text = std::fs::read_to_string(&file).expect("a file").replace("format: 1", "format: 2");
        for (metric, from) in [("gain", gain), ("power", power), ("irn", noise)] {
            let own = format!("(name: \"{metric}\", ");
            assert!(text.contains(&own), "{metric} is a metric");
            text = text.replace(&own, &format!("{own}from: \"{from}\", "));
        }
        std::fs::write(&file, text).expect("writable");
        agree(&Circuit::load(&here.join("ota1")).expect("a circuit"), 20)
    };
    let plain = measured_by("plain", ["gain_db(v(op))", "power(vdd)", "input_noise(1, 200)"]);
    let worked_out =
        measured_by("worked out", ["gain_db(v(op)*1)", "value(-i(vdd)*@vdd[dc])", "input_noise(1, 200)"]);
    assert_eq!(plain, worked_out);
    assert!(plain.iter().any(Result::is_ok), "{plain:?}");
}

#[test]
fn an_endless_design_costs_itself_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let endless = "if v(vdd) > 0.79\nwhile 1\nlet endless = 1\nend\nend\nlet power";
    let circuit = altered_ota1(folder.path(), "let power", endless);
    let mut all = sizings(&circuit, 9);
    for (i, sizing) in all.iter_mut().enumerate() {
        sizing.0[0] = if i == 6 { 0.8 } else { 0.5 };
    }
    let limit = SimulatorConfig { time_limit: Duration::from_secs(1), ..config(&circuit, true) };
    let outcomes = bits(&run(&circuit, limit, &all));
    assert!(outcomes[6].as_ref().is_err_and(|why| why.contains("1.000 s")), "{:?}", outcomes[6]);
    all.remove(6);
    let loaded = bits(&run(&circuit, config(&circuit, false), &all));
    let others: Vec<_> = outcomes.into_iter().enumerate().filter(|(i, _)| *i != 6).map(|(_, o)| o).collect();
    assert_eq!(others, loaded);
}
