//! Throughput of the CPU backend: products of the shapes that training makes beside a large one, then a
//! whole training step, all in one run so that their ratios mean something on a busy machine.
//!
//! `cargo bench --profile dev --bench throughput`

use sizewright::circuit::Circuit;
use sizewright::dataset;
use sizewright::engine::{Device, DeviceChoice, bench};
use sizewright::tensor::cpu::Cpu;
use sizewright::tensor::ops::{all, all_mut, fill, matmul};
use sizewright::tensor::{Epilogue, Machine, MatmulShape, Transpose};
use std::time::Instant;

/// The best of several timings of about 0.1 s, in GFLOP/s.
fn product(cpu: &Cpu, (m, k, n): (usize, usize, usize), transpose: Transpose) -> f64 {
    let (mut a, mut b, mut c) = (cpu.alloc(m * k), cpu.alloc(k * n), cpu.alloc(m * n));
    fill(cpu, all_mut(cpu, &mut a), 0.5);
    fill(cpu, all_mut(cpu, &mut b), 0.25);
    let flop = 2.0 * (m * k * n) as f64;
    let repeats = (4e9 / flop) as usize + 1;
    let shape = MatmulShape { m, k, n, transpose };
    let time = |_| {
        let began = Instant::now();
        for _ in 0..repeats {
            matmul(cpu, shape, all(cpu, &a), all(cpu, &b), all_mut(cpu, &mut c), Epilogue::store());
        }
        began.elapsed().as_secs_f64() / repeats as f64
    };
    flop / (0..5).map(time).fold(f64::INFINITY, f64::min) / 1e9
}

fn main() {
    let cpu = Cpu::new(1).expect("threads start");
    let large = product(&cpu, (1024, 1024, 1024), Transpose::Neither);
    println!("{:<34}{:>10}{:>10}", "product, one thread", "GFLOP/s", "of large");
    println!("{:<34}{large:>10.1}{:>10.2}", "1024 × 1024 × 1024", 1.0);
    for (shape, transpose) in [
        ((224, 64, 64), Transpose::Neither),
        ((224, 64, 256), Transpose::Neither),
        ((224, 256, 64), Transpose::Neither),
        ((224, 256, 64), Transpose::Second),
        ((64, 224, 256), Transpose::First),
    ] {
        let rate = product(&cpu, shape, transpose);
        let name = format!("{} × {} × {} {transpose:?}", shape.0, shape.1, shape.2);
        println!("{name:<34}{rate:>10.1}{:>10.2}", rate / large);
    }
    let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
    let rows = dataset::read(&circuit, &circuit.dataset).expect("OTA1's rows are sound").dataset;
    let device = Device::open(DeviceChoice::Cpu).expect("threads start");
    let step = bench::training(&device, &circuit, &rows, 256, 10).expect("the CPU does not fail");
    println!(
        "training step, {}: {:.0} ms, {:.1} GFLOP/s, {:.2} of a large product on one thread",
        device.name(),
        step.median(),
        step.gflops(),
        step.gflops() / large
    );
}
