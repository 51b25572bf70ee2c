use sizewright::tensor::{cpu::Cpu, ops::*, *};
fn main() {
    let cpu = Cpu::new(1).unwrap();
    for (m, k, n, t) in [
        (224, 64, 64, Transpose::Neither),
        (224, 64, 128, Transpose::Neither),
        (224, 64, 256, Transpose::Neither),
        (224, 256, 64, Transpose::Neither),
        (224, 64, 64, Transpose::Second),
        (224, 256, 64, Transpose::Second),
        (224, 64, 256, Transpose::Second),
        (64, 224, 64, Transpose::First),
        (64, 224, 256, Transpose::First),
        (256, 224, 64, Transpose::First),
        (1000, 1000, 1000, Transpose::Neither),
    ] {
        let mut a = cpu.alloc(m * k);
        let mut b = cpu.alloc(k * n);
        let mut c = cpu.alloc(m * n);
        fill(&cpu, all_mut(&cpu, &mut a), 0.5);
        fill(&cpu, all_mut(&cpu, &mut b), 0.25);
        let reps = (4e8 / (2.0 * (m * n * k) as f64)) as usize + 1;
        let mut best = f64::MAX;
        for _ in 0..5 {
            let t0 = std::time::Instant::now();
            for _ in 0..reps {
                matmul(
                    &cpu,
                    MatmulShape { m, k, n, transpose: t },
                    all(&cpu, &a),
                    all(&cpu, &b),
                    all_mut(&cpu, &mut c),
                    if t == Transpose::First { Epilogue::accumulate() } else { Epilogue::store() },
                );
            }
            best = best.min(t0.elapsed().as_secs_f64() / reps as f64);
        }
        println!(
            "{m}x{k}x{n} {t:?}: {:.1} us {:.1} GFLOP/s",
            best * 1e6,
            2.0 * (m * n * k) as f64 / best / 1e9
        );
    }
    let shape = AttentionShape { batch: 16, key_batch: 16, heads: 4, queries: 14, keys: 14, width: 64 };
    let n = 16 * 14 * 64;
    let mut q = cpu.alloc(n);
    let mut kv = cpu.alloc(2 * n);
    let mut o = cpu.alloc(n);
    let mut p = cpu.alloc(16 * 4 * 14 * 14);
    let mut dq = cpu.alloc(n);
    let mut dkv = cpu.alloc(2 * n);
    normal(&cpu, all_mut(&cpu, &mut q), 1, 1);
    normal(&cpu, all_mut(&cpu, &mut kv), 1, 1);
    let time = |name: &str, f: &mut dyn FnMut()| {
        let mut best = f64::MAX;
        for _ in 0..5 {
            let t = std::time::Instant::now();
            for _ in 0..50 {
                f();
            }
            best = best.min(t.elapsed().as_secs_f64() / 50.0);
        }
        println!("{name}: {:.1} us", best * 1e6);
    };
    time("attention", &mut || {
        attention(&cpu, shape, all(&cpu, &q), all(&cpu, &kv), all_mut(&cpu, &mut o), all_mut(&cpu, &mut p))
    });
    time("attention_backward", &mut || {
        attention_backward(
            &cpu,
            shape,
            all(&cpu, &q),
            all(&cpu, &kv),
            all(&cpu, &p),
            all(&cpu, &o),
            all_mut(&cpu, &mut dq),
            all_mut(&cpu, &mut dkv),
        )
    });
    let mut g = cpu.alloc(64);
    fill(&cpu, all_mut(&cpu, &mut g), 1.0);
    let mut st = cpu.alloc(16 * 14 * 2);
    time("norm", &mut || {
        layer_norm(
            &cpu,
            all(&cpu, &q),
            all(&cpu, &g),
            all(&cpu, &g),
            all_mut(&cpu, &mut o),
            all_mut(&cpu, &mut st),
        )
    });
    let mut gg = cpu.alloc(128);
    time("norm_backward", &mut || {
        layer_norm_backward(
            &cpu,
            all(&cpu, &q),
            all(&cpu, &g),
            all(&cpu, &st),
            all(&cpu, &o),
            all_mut(&cpu, &mut dq),
            PairMut { buffer: &mut gg, first: (0, 64), second: (64, 64) },
        )
    });
    time("add", &mut || add(&cpu, all(&cpu, &q), all_mut(&cpu, &mut o)));
    time("column sums 64", &mut || column_sums(&cpu, 64, all(&cpu, &q), head_mut::<Cpu>(&mut gg, 64)));
    let mut h = cpu.alloc(n * 4);
    let h2 = cpu.alloc(n * 4);
    time("relu_backward 256", &mut || relu_backward(&cpu, all(&cpu, &h2), all_mut(&cpu, &mut h)));
}
