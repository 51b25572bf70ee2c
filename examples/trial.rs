use sizewright::{circuit::*, dataset, diffusion::*, sizing::*, spice::*, tensor::cpu::Cpu};
use std::sync::atomic::AtomicBool;
fn arg(name: &str) -> Option<String> {
    let a: Vec<String> = std::env::args().collect();
    a.iter().position(|x| x == name).map(|i| a[i + 1].clone())
}
fn num(name: &str, d: f64) -> f64 {
    arg(name).map_or(d, |s| s.parse().unwrap())
}
fn main() {
    let cpu = Cpu::new(num("--threads", 0.0) as usize).unwrap();
    let c = Circuit::open("ota1").unwrap();
    let loaded = dataset::read(&c, &c.dataset).unwrap();
    let mut r = Preset::Quick.recipe();
    r.blocks = num("--blocks", 3.0) as usize;
    r.epochs = num("--epochs", 20.0) as usize;
    r.batch = num("--batch", 256.0) as usize;
    r.learning_rate = num("--lr", 2e-3) as f32;
    r.copies = num("--copies", 10.0) as usize;
    r.width = num("--width", 64.0) as usize;
    if let Some(l) = arg("--loose") {
        r.loosening = dataset::Loosening::Deviations(l.parse().unwrap());
    }
    r.dropout = num("--dropout", 0.0) as f32;
    let seed = num("--seed", 1.0) as u64;
    let data = TrainingData::new(&c, &loaded.dataset, &r, seed).unwrap();
    let t0 = std::time::Instant::now();
    let mut tp = 0.0;
    let m = train(&cpu, &c, "x", &data, &r, seed, None, &mut |p| {
        match p {
            Progress::PerformanceModel(_) => {
                tp = t0.elapsed().as_secs_f64();
            }
            Progress::Step { learning, .. } => {
                let n = learning.training.len();
                if n as u32 % (learning.steps / 10) == 0 {
                    let tail = &learning.training[n.saturating_sub(50)..];
                    println!(
                        "step {n}/{} loss {:.4} val {:?} {:.0}s",
                        learning.steps,
                        tail.iter().sum::<f32>() / tail.len() as f32,
                        learning.validation.last(),
                        learning.seconds
                    );
                }
            }
        }
        Control::Continue
    })
    .unwrap();
    println!(
        "perf model {:.1}s held-out error {:?}; total {:.1}s",
        tp,
        m.performance.held_out_error,
        t0.elapsed().as_secs_f64()
    );
    let spec = &c.specifications[0].specification;
    let mut sim = Simulator::start(
        &c,
        SimulatorConfig { worker: "target/debug/sizewright".into(), ..Default::default() },
    )
    .unwrap();
    let no = AtomicBool::new(false);
    for (g, tt, steps, solver) in [
        (0.0, 0.0, 20, Solver::DpmSolver),
        (-1.0, 0.15, 20, Solver::DpmSolver),
        (-1.0, 0.3, 20, Solver::DpmSolver),
        (-2.0, 0.15, 20, Solver::DpmSolver),
        (-1.0, 0.15, 12, Solver::DpmSolver),
        (-1.0, 0.15, 50, Solver::Ddim),
    ] {
        let s = DrawSettings { sampling: SampleSettings { solver, steps, guidance: g }, tighten: tt };
        let t = std::time::Instant::now();
        let raw = draw(&cpu, &c, &m, spec, s, 200, 7, &no).unwrap();
        let ts = t.elapsed().as_secs_f64();
        let mut count = |cands: &[Candidate]| {
            let z: Vec<Sizing> = cands.iter().map(|k| k.sizing.clone()).collect();
            let o = sim.run(&z, &no, &mut |_, _| ());
            let ok = o.iter().filter(|o| o.as_ref().is_ok_and(|p| spec.met_by(p))).count();
            let each: Vec<usize> = spec
                .bounds
                .iter()
                .map(|b| {
                    o.iter().filter(|o| o.as_ref().is_ok_and(|p| b.sense.met(p.0[b.metric], b.value))).count()
                })
                .collect();
            (ok, each)
        };
        let (a, each) = count(&raw);
        let n = raw.len();
        let ranked = rank(&c, &m.performance, spec, draw(&cpu, &c, &m, spec, s, 1000, 8, &no).unwrap());
        let (b, _) = count(&ranked[..100]);
        println!(
            "w {g} tighten {tt} {steps} {solver:?}: raw {:.0}% ({each:?}) delivered {b}  ({ts:.2}s for {n})",
            100.0 * a as f64 / n as f64
        );
    }
}
