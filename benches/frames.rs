//! How long the window takes to lay out a frame, pane by pane, at rest and beside a training on all cores: a frame at 60
//! a second has 16.7 ms, drawing on the GPU not counted.
//!
//! `cargo bench --profile dev --bench frames`

use egui_kittest::Harness;
use sizewright::app::{App, AppConfig, Command, PaneId};
use sizewright::engine::SimulatorConfig;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The middle and the worst of some frames, in ms.
fn frames(window: &mut Harness<'_, App>) -> (f64, f64) {
    window.run_steps(5);
    let mut times: Vec<f64> = (0..120)
        .map(|i| {
            // as while the pointer moves
            window.hover_at(egui::pos2(500.0 + i as f32, 300.0));
            let began = Instant::now();
            window.step();
            began.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times[times.len() - 1])
}

fn wait(window: &mut Harness<'_, App>, done: impl Fn(&App) -> bool) {
    while !done(window.state()) {
        std::thread::sleep(Duration::from_millis(10));
        window.step();
    }
}

fn main() {
    let simulator = SimulatorConfig { worker: env!("CARGO_BIN_EXE_sizewright").into(), ..Default::default() };
    let ngspice = Arc::new(|| Ok("ngspice, not asked".to_owned()));
    let config = AppConfig { simulator, ngspice, ..AppConfig::default() };
    let mut window = Harness::builder()
        .with_size(egui::vec2(1440.0, 900.0))
        .with_max_steps(8)
        .build_eframe(|cc| App::new(cc, config).expect("threads start"));
    wait(&mut window, |app| app.bench().is_some_and(|b| b.designs.is_some()));
    println!("{:<28}{:>14}{:>14}", "ms a frame", "median", "worst");
    for training in [false, true] {
        if training {
            let ctx = window.ctx.clone();
            window.state_mut().run(Command::Train, &ctx);
            wait(&mut window, |app| app.bench().expect("open").training.is_some());
        }
        let beside = if training { ", training" } else { "" };
        for (pane, name) in [
            (PaneId::SCATTER, "scatter"),
            (PaneId::PARALLEL, "parallel"),
            (PaneId::TRAINING, "losses"),
            (PaneId::CIRCUIT, "circuit"),
        ] {
            window.state_mut().show(&pane);
            let (median, worst) = frames(&mut window);
            println!("{:<28}{median:>14.2}{worst:>14.2}", format!("{name}{beside}"));
        }
    }
}
