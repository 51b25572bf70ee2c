//! The engine with real ngspice processes: whose netlist judges, what a dataset in the making keeps.

use super::support::{altered_ota1, ota1, program, sizings};
use sizewright::circuit::Circuit;
use sizewright::dataset::{Plan, journal_path};
use sizewright::engine::{
    Awaited, End, Engine, Event, GenerateJob, JobId, Product, SimulateJob, SimulatorConfig, testbench_hash,
};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

fn pool() -> SimulatorConfig {
    SimulatorConfig { worker: program(), jobs: 2, ..SimulatorConfig::default() }
}

fn next(engine: &Engine) -> Event {
    engine.events().recv_timeout(Duration::from_secs(120)).expect("the engine answers")
}

/// The end of a job.
fn end(engine: &Engine, job: JobId) -> End {
    loop {
        if let Event::Ended(ended, end) = next(engine)
            && ended == job
        {
            return end;
        }
    }
}

#[test]
fn an_edited_testbench_judges_from_then_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = Arc::new(altered_ota1(folder.path(), "", ""));
    let sizing = sizings(&circuit, 40);
    let engine = Awaited::start(Arc::new(AtomicBool::new(false))).expect("threads start");
    let gains = || -> Vec<Option<f64>> {
        let measured = engine.simulate(&circuit, sizing.clone(), pool(), &mut |_| ()).expect("ngspice");
        let gain = |o: Option<_>| {
            o.and_then(Result::ok).map(|s: sizewright::engine::Simulated| s.performance().0[2])
        };
        measured.outcomes.into_iter().map(gain).collect()
    };
    let before = gains();
    assert_eq!(before, gains());
    let bench = circuit.testbenches[0].deck.clone();
    let text = std::fs::read_to_string(&bench).expect("readable");
    std::fs::write(&bench, text.replace("let gain = db(mag[0])", "let gain = db(mag[0]) + 1"))
        .expect("writable");
    for (before, after) in before.iter().zip(gains()) {
        let (Some(before), Some(after)) = (before, after) else { continue };
        assert!((after - before - 1.0).abs() < 1e-9, "{before} dB became {after} dB");
    }
    assert!(before.iter().flatten().count() > 5);
}

fn generation(circuit: &Arc<Circuit>, out: &Path) -> GenerateJob {
    let plan = Plan::of_rows(60, 3);
    GenerateJob { circuit: Arc::clone(circuit), plan, pool: pool(), out: out.to_owned() }
}

#[test]
fn rows_that_were_stopped_go_on_and_come_out_the_same() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = Arc::new(ota1());
    let (whole, parts) = (folder.path().join("whole.csv"), folder.path().join("parts.csv"));
    let engine = Engine::start(|| ()).expect("threads start");
    assert!(matches!(end(&engine, engine.generate(generation(&circuit, &whole))), End::Done(_)));
    assert!(!journal_path(&whole).exists(), "nothing is left beside the rows");
    let job = engine.generate(generation(&circuit, &parts));
    while !matches!(next(&engine), Event::Generating { .. }) {}
    engine.cancel(job);
    assert!(matches!(end(&engine, job), End::Stopped(Some(Product::Rows(_)))));
    assert!(journal_path(&parts).is_file());
    let End::Done(Product::Rows(made)) = end(&engine, engine.generate(generation(&circuit, &parts))) else {
        panic!("the second run ends");
    };
    assert!(made.recalled >= 256, "{} designs were recalled", made.recalled);
    let read = |path: &Path| std::fs::read(path).expect("written");
    assert_eq!(read(&whole), read(&parts));
}

#[test]
fn a_deck_that_is_edited_meanwhile_puts_its_name_on_no_row_of_the_old_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = Arc::new(altered_ota1(folder.path(), "", ""));
    let old = testbench_hash(&circuit).expect("readable");
    let out = folder.path().join("rows.csv");
    let engine = Engine::start(|| ()).expect("threads start");
    let job = engine.generate(generation(&circuit, &out));
    while !matches!(next(&engine), Event::Generating { .. }) {}
    std::fs::remove_file(&circuit.testbenches[0].deck).expect("removable");
    let End::Done(Product::Rows(made)) = end(&engine, job) else { panic!("the rows are made all the same") };
    assert_eq!(made.dataset.provenance.testbench(), Some(old.as_str()));
    assert_eq!(made.dataset.rows.len(), 60);
}

#[test]
fn the_newest_simulation_goes_first_and_each_ends_once() {
    let circuit = Arc::new(ota1());
    let engine = Engine::start(|| ()).expect("threads start");
    let ask = |n| {
        engine.simulate(SimulateJob {
            circuit: Arc::clone(&circuit),
            sizings: sizings(&circuit, n),
            pool: pool(),
        })
    };
    let long = ask(2000);
    while !matches!(next(&engine), Event::Measured { .. }) {}
    let (older, newer) = (ask(3), ask(2));
    engine.cancel(long);
    let mut ends = Vec::new();
    while ends.len() < 3 {
        if let Event::Ended(job, end) = next(&engine) {
            ends.push((job, matches!(end, End::Done(_))));
        }
    }
    assert_eq!(ends, [(long, false), (newer, true), (older, true)]);
}
