//! Designs a second that one ngspice worker measures, each loaded anew beside altered ones, in turns, so that their ratio
//! means something on a busy machine; and whether every outcome is the same.
//!
//! `cargo bench --profile dev --bench simulate -- ota1 ota2`; all bundled circuits without names.

use sizewright::circuit::{Circuit, Sizing, bundled_circuits};
use sizewright::dataset;
use sizewright::spice::{Outcome, Simulate, Simulator, SimulatorConfig};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// Designs of a turn, and turns each way.
const DESIGNS: usize = 200;
const TURNS: usize = 7;

/// Outcomes, to the bit where a design was measured, and seconds.
fn turn(simulator: &mut Simulator, sizings: &[Sizing]) -> (Vec<Result<Vec<u64>, String>>, f64) {
    let began = Instant::now();
    let outcomes = simulator.run(sizings, &AtomicBool::new(false), &mut |_, _| {});
    let seconds = began.elapsed().as_secs_f64();
    let bits = |outcome: Outcome| match outcome {
        Ok(measured) => Ok(measured.performance().0.iter().map(|value| value.to_bits()).collect()),
        Err(failure) => Err(failure.to_string()),
    };
    (outcomes.into_iter().map(bits).collect(), seconds)
}

fn main() {
    let named: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let names = if named.is_empty() { bundled_circuits() } else { named };
    println!("{:<28}{:>10}{:>10}{:>8}  outcomes", "designs/s, one worker", "loaded", "altered", "ratio");
    for name in names {
        let circuit = Circuit::open(&name).expect("a circuit");
        let Ok(rows) = dataset::read(&circuit, &circuit.dataset) else { continue };
        let sizings: Vec<Sizing> =
            rows.dataset.rows.into_iter().take(DESIGNS).map(|row| row.sizing).collect();
        let start = |alter| {
            let worker = env!("CARGO_BIN_EXE_sizewright").into();
            let config = SimulatorConfig { jobs: 1, worker, alter, ..SimulatorConfig::default() };
            let mut simulator = Simulator::start(&circuit, config).ok()?;
            turn(&mut simulator, &sizings[..sizings.len().min(10)]);
            Some(simulator)
        };
        let (Some(mut loaded), Some(mut altered)) = (start(false), start(true)) else {
            println!("{name:<28} cannot be simulated here");
            continue;
        };
        let (mut seconds, mut same) = ([f64::INFINITY; 2], true);
        let mut ratios = Vec::new();
        for _ in 0..TURNS {
            let (one, first) = turn(&mut loaded, &sizings);
            let (two, second) = turn(&mut altered, &sizings);
            same &= one == two;
            ratios.push(second / first);
            seconds = [seconds[0].min(first), seconds[1].min(second)];
        }
        ratios.sort_by(f64::total_cmp);
        let [loaded, altered] = seconds.map(|s| sizings.len() as f64 / s);
        let verdict = if same { "the same" } else { "differ" };
        println!("{name:<28}{loaded:>10.0}{altered:>10.0}{:>8.2}  {verdict}", ratios[TURNS / 2]);
    }
}
