use sizewright::{
    model::*,
    nn::*,
    tensor::{Backend, cpu::Cpu},
};
fn main() {
    let cpu = Cpu::new(std::env::args().nth(1).map_or(0, |a| a.parse().unwrap())).unwrap();
    println!("{}", cpu.name());
    let net = DmTransformer::new(DmTransformerSettings {
        coordinates: 14,
        features: 14,
        width: 64,
        heads: 4,
        blocks: 8,
        expansion: 4,
        dropout: 0.0,
    });
    let flop = 3.0 * Network::<Cpu>::forward_flop(&net, 256);
    let st = OptimiserState::start(Network::<Cpu>::layout(&net), 1);
    println!("weights {} flop/step {:.2} G", Network::<Cpu>::layout(&net).weights(), flop / 1e9);
    let os = OptimiserSettings {
        learning_rate: LearningRate { peak: 1e-3, warm_up: 10, steps: 1000, last: 0.1 },
        beta1: 0.9,
        beta2: 0.99,
        weight_decay: 0.01,
        clip_norm: 1.0,
        ema_decay: 0.99,
    };
    let mut tr = Trainer::new(&cpu, net, Objective::Velocity, os, &st, 256);
    let n = |l: usize| -> Vec<f32> { (0..l).map(|i| ((i * 7919 % 1000) as f32 / 500.0 - 1.0)).collect() };
    let b = Batch {
        rows: 256,
        x: n(256 * 14),
        condition: n(256 * 14),
        keep: vec![1.0; 256],
        time: n(256),
        alpha: vec![0.6; 256],
        sigma: vec![0.8; 256],
        noise: n(256 * 14),
        target: vec![],
    };
    let mut v = vec![];
    for _ in 0..12 {
        let t = std::time::Instant::now();
        tr.step(&cpu, &b);
        v.push(t.elapsed().as_secs_f64());
    }
    v.sort_by(f64::total_cmp);
    println!(
        "median {:.1} ms, {:.1} GFLOP/s  loss {}",
        v[6] * 1e3,
        flop / v[6] / 1e9,
        tr.loss(&cpu).unwrap()
    );
}
