//! A design looked into: the curves are those that the metrics were read from, the devices rest where the metrics say, and
//! looking changes nothing.

use super::support::{altered_ota1, ota1, program, sizings, trusting};
use sizewright::circuit::{Analysis, Circuit, Corner, Sizing};
use sizewright::engine::{Awaited, End, Engine, Event, InspectJob, JobId, Product, SimulateJob};
use sizewright::spice::{
    Curve, CurveRole, CurveValues, Failure, Inspection, OperatingRegion, Outcome, Simulate, Simulated,
    Simulator, SimulatorConfig, Sweep,
};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

pub fn middle(circuit: &Circuit) -> Sizing {
    Sizing(circuit.parameters.iter().map(|p| p.snap(0.5 * (p.low + p.high))).collect())
}

fn start(circuit: &Circuit) -> Simulator {
    Simulator::start(circuit, SimulatorConfig { jobs: 1, ..trusting(circuit) }).expect("ngspice is installed")
}

pub fn inspect(circuit: &Circuit, sizing: &Sizing) -> Inspection {
    start(circuit).inspect(sizing, &AtomicBool::new(false))
}

fn bits(outcome: &Outcome) -> Result<Vec<u64>, Failure> {
    outcome.clone().map(|measured| measured.performance().0.iter().map(|v| v.to_bits()).collect())
}

pub fn metric(circuit: &Circuit, seen: &Inspection, name: &str) -> f64 {
    let place = circuit.metrics.iter().position(|m| m.name == name).expect("a metric");
    seen.outcome.as_ref().expect("it can be measured").performance().0[place]
}

pub fn sweep(seen: &Inspection, analysis: Analysis) -> &Sweep {
    seen.sweeps.iter().find(|sweep| sweep.analysis == analysis).expect("it was swept")
}

pub fn curve<'a>(sweep: &'a Sweep, name: &str) -> &'a Curve {
    let names: Vec<&str> = sweep.curves.iter().map(|c| c.name.as_str()).collect();
    sweep.curves.iter().find(|curve| curve.name == name).unwrap_or_else(|| panic!("{name} of {names:?}"))
}

pub fn is_near(found: f64, expected: f64, part: f64, what: &str) {
    assert!((found - expected).abs() <= part * expected.abs(), "{what}: {found} is not {expected}");
}

/// Where a magnitude falls through a level, by a straight line as ngspice's `meas` draws it.
fn falls_through(x: &[f64], y: &[f64], level: f64) -> f64 {
    let i = (1..y.len()).find(|&i| y[i - 1] > level && y[i] <= level).expect("it falls");
    x[i - 1] + (y[i - 1] - level) / (y[i - 1] - y[i]) * (x[i] - x[i - 1])
}

/// The root of the integral of a squared density, a power law between points.
fn integrated(x: &[f64], density: &[f64]) -> f64 {
    let part = |i: usize| {
        let (a, b) = (density[i - 1].powi(2), density[i].powi(2));
        let slope = (b / a).ln() / (x[i] / x[i - 1]).ln();
        match (slope + 1.0).abs() < 1e-6 {
            true => a * x[i - 1] * (x[i] / x[i - 1]).ln(),
            false => (b * x[i] - a * x[i - 1]) / (slope + 1.0),
        }
    };
    (1..x.len()).map(part).sum::<f64>().sqrt()
}

/// What holds of the four OTAs, whatever ran their deck.
fn agrees_with_itself(circuit: &Circuit, sizing: &Sizing, seen: &Inspection) {
    let ac = sweep(seen, Analysis::Ac);
    assert_eq!((ac.x_name.as_str(), ac.x_unit.as_str(), ac.x.len()), ("frequency", "Hz", 121));
    assert_eq!(ac.testbench_name, circuit.testbenches[0].name);
    let (diff, mag) = (curve(ac, "diff"), curve(ac, "mag"));
    assert!(matches!(diff.values, CurveValues::Complex(_)) && matches!(mag.values, CurveValues::Real(_)));
    assert_eq!(
        (diff.role, mag.role, curve(ac, "v(op)").role),
        (CurveRole::Made, CurveRole::Made, CurveRole::Node)
    );
    assert_eq!(curve(ac, "v(op)").unit.as_deref(), Some("V"));
    let magnitudes = diff.values.magnitudes();
    is_near(20.0 * magnitudes[0].log10(), metric(circuit, seen, "gain"), 1e-9, "gain");
    let edge = magnitudes[0] / 2.0_f64.sqrt();
    is_near(falls_through(&ac.x, &magnitudes, edge), metric(circuit, seen, "bw"), 1e-6, "bandwidth");
    // vectors of one number are no curves
    assert!(!ac.curves.iter().any(|c| ["gain", "edge", "bw", "polarity"].contains(&c.name.as_str())));
    let noise = sweep(seen, Analysis::Noise);
    let density = curve(noise, "inoise_spectrum");
    assert_eq!((density.role, density.unit.as_deref()), (CurveRole::Noise, Some("V/√Hz")));
    is_near(
        integrated(&noise.x, &density.values.magnitudes()),
        metric(circuit, seen, "irn"),
        1e-2,
        "integrated noise",
    );
    let devices: Vec<&str> = circuit.groups.iter().flat_map(|g| &g.devices).map(String::as_str).collect();
    let found: Vec<&str> = seen.devices.iter().map(|p| p.device.as_str()).collect();
    assert_eq!(found, devices, "{:?}", seen.notes);
    let id =
        |name: &str| seen.devices.iter().find(|p| p.device == name).and_then(|p| p.id).expect("a current");
    is_near(id("M1"), id("M2"), 1e-2, "the pair's currents");
    // what hangs on the supply
    let on_supply: &[&str] = match circuit.name.as_str() {
        "ota1" => &["M7"],
        "ota2" => &["M3", "M4", "M9", "M10", "M11", "M12"],
        _ => &["M5"],
    };
    let current: f64 = on_supply.iter().map(|name| id(name)).sum();
    is_near(current * sizing.0[0], metric(circuit, seen, "power"), 3e-2, "power");
    for point in &seen.devices {
        assert!(
            point.region().is_some() && point.gm_over_id().is_some_and(|r| (1.0..45.0).contains(&r)),
            "{point:?}"
        );
        assert!(point.vds.is_some() && point.vgs.is_some() && point.vth.is_some() && point.gds.is_some());
    }
}

#[test]
fn the_curves_are_those_that_the_metrics_were_read_from() {
    for name in ["ota1", "ota2", "ota3", "ota4"] {
        let circuit = Circuit::open(name).expect("bundled");
        let mut simulator = start(&circuit);
        let all = sizings(&circuit, 100);
        let never = AtomicBool::new(false);
        let outcomes = simulator.run(&all, &never, &mut |_, _| {});
        let bw = circuit.metrics.iter().position(|m| m.name == "bw").expect("a bandwidth");
        // with a flat gain over the band of noise: elsewhere ngspice integrates otherwise
        let wide = |m: &Simulated| m.performance().illegal(&circuit).is_none() && m.performance().0[bw] > 1e3;
        let mut measured = all.iter().zip(&outcomes).filter(|(_, o)| o.as_ref().is_ok_and(wide));
        let (sizing, outcome) = measured.next().expect("one of them is such a design");
        let seen = simulator.inspect(sizing, &never);
        assert_eq!(bits(&seen.outcome), bits(outcome), "{name}");
        agrees_with_itself(&circuit, sizing, &seen);
        assert!(seen.notes.is_empty() && seen.corner.is_none(), "{:?}", seen.notes);
        // and looking leaves nothing behind
        let after = simulator.run(std::slice::from_ref(sizing), &never, &mut |_, _| {}).remove(0);
        assert_eq!(bits(&after), bits(outcome), "{name}");
        assert_eq!(simulator.inspect(sizing, &never), seen, "{name}");
    }
}

#[test]
fn a_deck_in_a_process_of_its_own_is_seen_as_well() {
    let mut circuit = ota1();
    let sizing = middle(&circuit);
    let here = inspect(&circuit, &sizing);
    circuit.testbenches[0].process = true;
    let apart = inspect(&circuit, &sizing);
    let measured =
        start(&circuit).run(std::slice::from_ref(&sizing), &AtomicBool::new(false), &mut |_, _| {});
    assert_eq!(bits(&apart.outcome), bits(&measured[0]));
    agrees_with_itself(&circuit, &sizing, &apart);
    let names = |seen: &Inspection| -> Vec<Vec<(String, CurveRole, Option<String>)>> {
        let of = |sweep: &Sweep| {
            let mut all: Vec<_> =
                sweep.curves.iter().map(|c| (c.name.clone(), c.role, c.unit.clone())).collect();
            all.sort_by(|a, b| a.0.cmp(&b.0));
            all
        };
        seen.sweeps.iter().map(of).collect()
    };
    assert_eq!(names(&apart), names(&here));
    for (one, two) in here.devices.iter().zip(&apart.devices) {
        is_near(two.id.expect("a current"), one.id.expect("a current"), 1e-3, &one.device);
    }
}

#[test]
fn a_corner_is_looked_into_like_the_decks_own_conditions() {
    let circuit = ota1();
    let sizing = middle(&circuit);
    let hot = Corner {
        name: "hot".to_owned(),
        sections: Vec::new(),
        temperature: Some(85.0),
        set: Vec::new(),
        replace: Vec::new(),
    };
    let seen = inspect(&circuit.in_corner(&hot), &sizing);
    assert_eq!(seen.corner.as_deref(), Some("hot"));
    agrees_with_itself(&circuit, &sizing, &seen);
    let own = inspect(&circuit, &sizing);
    let id = |seen: &Inspection| seen.devices[0].id.expect("a current");
    assert!(id(&seen) > 1.5 * id(&own), "a weakly inverted tail carries more when it is hot");
    let job = |corner| InspectJob {
        circuit: Arc::new(circuit.clone()),
        sizing: sizing.clone(),
        corner,
        pool: trusting(&circuit),
    };
    let engine = Awaited::start(Arc::new(AtomicBool::new(false))).expect("threads start");
    assert_eq!(*engine.inspect(job(Some(hot))).expect("ngspice"), seen);
    assert_eq!(*engine.inspect(job(None)).expect("ngspice"), own);
}

#[test]
fn a_deck_that_leaves_little_says_so_and_a_failure_shows_what_was_run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // the metrics are read from what it prints
    let destroyed = "let irn = inoise_total\necho \"irn = $&irn\"\nsetplot ac1\necho \"gain = $&gain\"\necho \"bw = $&bw\"\n\
        echo \"polarity = $&polarity\"\nsetplot op1\necho \"power = $&power\"\ndestroy all";
    let circuit = altered_ota1(folder.path(), "let irn = inoise_total", destroyed);
    let seen = inspect(&circuit, &middle(&circuit));
    assert!(seen.outcome.is_ok(), "{:?}", seen.outcome);
    assert!(seen.sweeps.is_empty() && seen.devices.len() == 7);
    assert!(seen.notes.iter().any(|note| note.contains("destroy")), "{:?}", seen.notes);

    let circuit = altered_ota1(folder.path(), "let gain = db(mag[0])", "let gains = db(mag[0])");
    let seen = inspect(&circuit, &middle(&circuit));
    assert!(
        matches!(&seen.outcome, Err(Failure::Missing { name, .. }) if name == "gain"),
        "{:?}",
        seen.outcome
    );
    assert!(seen.sweeps.len() == 2 && seen.devices.len() == 7);

    let circuit =
        altered_ota1(folder.path(), "let gain = db(mag[0])", "if 1 > 0\nquit 1\nend\nlet gain = db(mag[0])");
    let seen = inspect(&circuit, &middle(&circuit));
    assert!(matches!(seen.outcome, Err(Failure::Crashed(_))), "{:?}", seen.outcome);

    let mut illegal = middle(&circuit);
    illegal.0[4] = 2.5;
    let seen = inspect(&circuit, &illegal);
    assert!(matches!(seen.outcome, Err(Failure::IllegalSizing(_))) && seen.sweeps.is_empty());
}

const STAGES: &str = r#"Circuit(
    format: 2, name: "stages", title: "Stages", about: "A step with a spike, a swept source, models of other kinds.",
    testbenches: [(name: "step", deck: "step.cir"), (name: "swept", deck: "swept.cir")],
    parameters: [
        (name: "R", unit: "Ohm", low: 100, high: 10e3, grid: 1, scale: Log),
        (name: "W", unit: "m", low: 1e-6, high: 1e-4, grid: 1e-7, scale: Log),
    ],
    groups: [(name: "pair", devices: ["M1", "XA.M1", "M2", "M9"], width: "W")],
    metrics: [
        (name: "top", title: "Top", unit: "V", scale: Linear, sense: "<=", legal: (-5, 5), testbench: "step", from: "maximum(v(out))"),
        (name: "half", title: "Half", unit: "V", scale: Linear, sense: "<=", legal: (-5, 5), testbench: "swept", from: "at(dc: v(a)*v(a), 0.5)"),
    ],
)"#;
const STEP: &str = "* a step of many points\n.include sizing.param\nV1 in 0 pulse(0 1 1u 1n 1n 5n 20u)\nR1 in out {R}\n\
    C1 out 0 1f\n.tran 1n 20u 0 1n\n.end\n";
const SWEPT: &str = "* a swept source\n.include sizing.param\n.model n nmos vto=0.5\n.model p pmos vto=-0.5\n\
    .subckt inner d g\nM1 d g 0 0 n w={W} l=1u\n.ends\n\
    V1 a 0 1\nV2 s 0 2\nM1 a a 0 0 n w=10u l=1u\nXA a a inner\nM2 0 0 s s p w=10u l=1u\nR1 a 0 {R}\n\
    .control\ndc V1 0 1 0.1\nlet double = 2*v(a)\nmeas dc peak max v(s)\n.endc\n.end\n";

fn stages(folder: &Path) -> Circuit {
    let folder = folder.join("stages");
    std::fs::create_dir(&folder).expect("writable");
    for (name, text) in [
        ("circuit.ron", STAGES),
        ("step.cir", STEP),
        ("swept.cir", SWEPT),
        ("sizing.param", ".param R=1k W=10u\n"),
    ] {
        std::fs::write(folder.join(name), text).expect("writable");
    }
    Circuit::load(&folder).expect("a circuit")
}

#[test]
fn long_sweeps_swept_sources_and_other_models() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut circuit = stages(folder.path());
    for process in [false, true] {
        circuit.testbenches.iter_mut().for_each(|bench| bench.process = process);
        let sizing = Sizing(vec![1000.0, 1e-5]);
        let seen = inspect(&circuit, &sizing);
        let top = metric(&circuit, &seen, "top");
        let tran = sweep(&seen, Analysis::Tran);
        assert_eq!((tran.x_name.as_str(), tran.x_unit.as_str(), tran.testbench), ("time", "s", 0));
        assert!((1000..=Sweep::MOST_POINTS).contains(&tran.x.len()), "{}", tran.x.len());
        assert!(
            seen.notes.iter().any(|note| note.starts_with("step: ") && note.contains("points are kept")),
            "{:?}",
            seen.notes
        );
        let out = &tran.curves[0];
        assert_eq!(
            (out.name.as_str(), out.role, out.unit.as_deref()),
            ("v(out)", CurveRole::Measured, Some("V"))
        );
        let CurveValues::Real(values) = &out.values else { panic!("real") };
        assert_eq!(values.iter().copied().fold(f64::NEG_INFINITY, f64::max).to_bits(), top.to_bits());
        assert_eq!(tran.x[0], 0.0);
        is_near(*tran.x.last().expect("points"), 20e-6, 1e-9, "the end");

        let dc = sweep(&seen, Analysis::Dc);
        assert_eq!((dc.x_name.as_str(), dc.x_unit.as_str(), dc.x.len()), ("v-sweep", "V", 11));
        let square = curve(dc, "v(a)*v(a)");
        assert_eq!((square.role, &square.unit), (CurveRole::Measured, &None));
        is_near(metric(&circuit, &seen, "half"), 0.25, 1e-9, "the square at a half");
        is_near(square.values.magnitudes()[5], 0.25, 1e-9, "the square at a half");
        assert_eq!((curve(dc, "double").role, &curve(dc, "double").unit), (CurveRole::Made, &None));
        assert_eq!((curve(dc, "v(s)").role, curve(dc, "v(a)").role), (CurveRole::Measured, CurveRole::Node));

        let names: Vec<(&str, &str)> =
            seen.devices.iter().map(|p| (p.device.as_str(), p.element.as_str())).collect();
        assert_eq!(names, [("M1", "m1"), ("XA.M1", "m.xa.m1"), ("M2", "m2")]);
        assert!(
            seen.notes.iter().any(|note| note.contains("M9") && !note.contains("M1,")),
            "{:?}",
            seen.notes
        );
        for point in &seen.devices {
            assert_eq!(point.region(), Some(OperatingRegion::Saturation), "{point:?}");
            // level 1: half of kp·W/L·(vgs − vth)², kp = 20 µA/V²
            let over = point.vgs.expect("there").abs() - 0.5;
            is_near(point.id.expect("there").abs(), 1e-4 * over * over, 1e-3, &point.device);
        }
    }
}

/// A circuit that a command measures.
pub fn command_circuit(folder: &Path) -> Circuit {
    let path = folder.join("stage");
    std::fs::create_dir(&path).expect("writable");
    let text = r#"Circuit(
        format: 2, name: "stage", title: "A stage", command: ["sh", "measure.sh"],
        parameters: [(name: "w", unit: "m", low: 1e-6, high: 1e-4, grid: 1e-8, scale: Log)],
        metrics: [(name: "gain", title: "Gain", unit: "dB", scale: Linear, sense: ">=", legal: (0, 200))],
    )"#;
    std::fs::write(path.join("circuit.ron"), text).expect("writable");
    std::fs::write(path.join("measure.sh"), "cat > asked\necho '{\"metrics\": {\"gain\": 12.5}}'\n")
        .expect("writable");
    Circuit::load(&path).expect("a circuit")
}

#[test]
fn a_command_leaves_neither_curves_nor_operating_points() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circuit = command_circuit(folder.path());
    let seen = inspect(&circuit, &Sizing(vec![1e-5]));
    assert_eq!(metric(&circuit, &seen, "gain"), 12.5);
    assert!(seen.sweeps.is_empty() && seen.devices.is_empty());
    assert!(
        seen.notes.len() == 1 && seen.notes[0].contains("neither sweeps nor operating points"),
        "{:?}",
        seen.notes
    );
}

fn end(engine: &Engine, job: JobId) -> End {
    loop {
        let event = engine.events().recv_timeout(Duration::from_secs(120)).expect("the engine answers");
        if let Event::Ended(ended, end) = event
            && ended == job
        {
            return end;
        }
    }
}

#[test]
fn a_batch_keeps_no_look_waiting_and_the_newest_look_wins() {
    let circuit = Arc::new(ota1());
    let pool = SimulatorConfig { worker: program(), jobs: 1, ..SimulatorConfig::default() };
    let engine = Engine::start(|| ()).expect("threads start");
    let batch = engine.simulate(SimulateJob {
        circuit: Arc::clone(&circuit),
        sizings: sizings(&circuit, 3000),
        pool: pool.clone(),
    });
    let job = |sizing: Sizing| InspectJob {
        circuit: Arc::clone(&circuit),
        sizing,
        corner: None,
        pool: pool.clone(),
    };
    let jobs: Vec<JobId> = sizings(&circuit, 6).into_iter().map(|s| engine.inspect(job(s))).collect();
    let mut ends = Vec::new();
    while ends.len() < jobs.len() {
        let event = engine.events().recv_timeout(Duration::from_secs(120)).expect("the engine answers");
        if let Event::Ended(ended, end) = event {
            assert_ne!(ended, batch, "the batch goes on");
            ends.push((ended, end));
        }
    }
    assert!(engine.is_open(batch));
    engine.cancel(batch);
    let last = ends.iter().find(|(id, _)| *id == jobs[5]).map(|(_, end)| end);
    assert!(matches!(last, Some(End::Done(Product::Inspected(_)))), "{last:?}");
    let stopped = ends.iter().filter(|(_, end)| matches!(end, End::Stopped(None))).count();
    assert!(stopped >= 3, "{stopped} of five older ones were let go");
    assert!(matches!(end(&engine, batch), End::Stopped(_)));
}
