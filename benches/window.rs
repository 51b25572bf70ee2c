//! How the window feels, in figures: how long until something is seen, how soon designs follow a slider and ngspice a
//! width that is turned, how long a frame takes pane by pane (laid out, tessellated, painted) at rest, beside a training on
//! all cores and with 50,000 rows, and what the process holds as it is used.
//!
//! `cargo bench --profile dev --bench window`, `… -- 600` to use it for ten minutes at the end.

#[path = "../tests/end_to_end/soaking.rs"]
#[allow(dead_code, reason = "only what a process holds is asked for here")]
mod soaking;

use egui::{Key, Pos2, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use sizewright::app::{App, AppConfig, Bench, Command, PaneId};
use sizewright::circuit::{Circuit, datasets_folder};
use sizewright::engine::SimulatorConfig;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

type Window = Harness<'static, App>;

/// Rows of a large dataset.
const MANY_ROWS: usize = 50_000;

/// Some times of one thing, in ms.
#[derive(Default)]
struct Times(Vec<f64>);

impl Times {
    fn note(&mut self, time: Duration) {
        self.0.push(1e3 * time.as_secs_f64());
    }

    /// The time that a part of them is within.
    fn within(&self, part: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(((sorted.len().max(1) - 1) as f64 * part).round() as usize).copied().unwrap_or(f64::NAN)
    }

    /// Their median and 99th percentile.
    fn told(&self) -> String {
        format!("{:>9.1}{:>9.1}", self.within(0.5), self.within(0.99))
    }
}

fn main() {
    let seconds = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(0.0);
    let (mut window, painted) = start();
    sliders(&mut window);
    turning(&mut window);
    println!("\n{:<34}{:>18}{:>18}{:>18}", "ms a frame: median, 99 %", "laid out", "tessellated", "painted");
    panes(&mut window, painted, "");
    let ctx = window.ctx.clone();
    window.state_mut().run(Command::Train, &ctx);
    wait(&mut window, |bench| bench.training.is_some());
    panes(&mut window, painted, ", training");
    window.state_mut().run(Command::StopTraining, &ctx);
    wait(&mut window, |bench| bench.training.is_none());
    use_for(&mut window, Duration::from_secs_f64(seconds));
    drop(window);
    many_rows(painted);
}

fn config(circuit: &str) -> AppConfig {
    let simulator = SimulatorConfig { worker: env!("CARGO_BIN_EXE_sizewright").into(), ..Default::default() };
    let ngspice = Arc::new(|| Ok("ngspice, not asked".to_owned()));
    AppConfig { circuit: circuit.to_owned(), simulator, ngspice, ..AppConfig::default() }
}

/// A window, painted where there is a graphics adapter.
fn open(circuit: &str, painted: bool) -> Window {
    let builder = Harness::builder().with_size(egui::vec2(1440.0, 900.0)).with_max_steps(8);
    let builder = if painted { builder.wgpu() } else { builder };
    builder.build_eframe(|cc| App::new(cc, config(circuit)).expect("threads start"))
}

fn wait(window: &mut Window, done: impl Fn(&Bench) -> bool) {
    while !window.state().bench().is_some_and(&done) {
        std::thread::sleep(Duration::from_millis(1));
        window.step();
    }
}

fn measured(bench: &Bench) -> usize {
    bench.candidates().iter().filter(|c| c.simulated.is_some()).count()
}

fn all_measured(bench: &Bench) -> bool {
    bench.sampling.is_none()
        && bench.designs.as_ref().is_some_and(|designs| !designs.draft)
        && measured(bench) == bench.candidates().len()
}

/// From the start to the first frame, the first designs and the first measured ones; whether it is painted.
fn start() -> (Window, bool) {
    let adapters = sizewright::tensor::gpu::adapters();
    let painted = !adapters.is_empty();
    let who = adapters.first().map_or_else(|| "nothing: no adapter".to_owned(), ToString::to_string);
    println!("two threads of it draw beside what else runs; painted by {who}");
    let began = Instant::now();
    let mut window = open("ota1", painted);
    window.step();
    println!("start to first frame          {:>8.2} s", began.elapsed().as_secs_f64());
    wait(&mut window, |bench| bench.designs.is_some());
    println!("start to first designs        {:>8.2} s", began.elapsed().as_secs_f64());
    wait(&mut window, |bench| measured(bench) > 0);
    println!("start to first measured       {:>8.2} s", began.elapsed().as_secs_f64());
    wait(&mut window, all_measured);
    println!("start to all measured         {:>8.2} s", began.elapsed().as_secs_f64());
    (window, painted)
}

/// A target that is set: when designs of it are there, and when they are measured.
fn sliders(window: &mut Window) {
    let circuit = Arc::clone(&window.state().bench().expect("open").open.circuit);
    let [mut drafts, mut first, mut delivered, mut all] = [(); 4].map(|()| Times::default());
    for round in 0..10 {
        let by = if round % 2 == 0 { -0.03 } else { 0.025 } + 0.001 * f64::from(round);
        let targets = window.state().bench().expect("open").targets.moved(&circuit, |_| by);
        window.state_mut().bench_mut().expect("open").set_targets(targets.clone());
        let released = Instant::now();
        let mut seen = [false; 3];
        let mut note = |place: usize, times: &mut Times| {
            if !std::mem::replace(&mut seen[place], true) {
                times.note(released.elapsed());
            }
        };
        loop {
            window.step();
            let bench = window.state().bench().expect("open");
            let Some(designs) = bench.designs.as_ref().filter(|d| d.specification == targets) else {
                continue;
            };
            note(0, &mut drafts);
            if measured(bench) > 0 {
                note(1, &mut first);
            }
            if !designs.draft {
                note(2, &mut delivered);
                if all_measured(bench) {
                    break;
                }
            }
        }
        all.note(released.elapsed());
    }
    println!("\n{:<34}{:>9}{:>9}", "ms from a target that is set", "median", "99 %");
    for (what, times) in
        [("draft", drafts), ("first measured", first), ("delivered", delivered), ("all measured", all)]
    {
        println!("{what:<34}{}", times.told());
    }
}

/// A width that is turned: how long ngspice takes to answer.
fn turning(window: &mut Window) {
    window.state_mut().bench_mut().expect("open").selected = Some(0);
    window.run_steps(3);
    window.get_by_label("W1 on its range").focus();
    window.run_steps(2);
    for turn in 0..120 {
        window.key_press(if turn < 60 { Key::ArrowRight } else { Key::ArrowLeft });
        window.step();
        while window.state().bench().expect("open").tuning().is_some_and(|t| t.waits()) {
            window.step();
        }
    }
    let answers = window.state().bench().expect("open").tuning().expect("turned").times.clone();
    let times = Times(answers.into_iter().map(|seconds| 1e3 * seconds).collect());
    println!("{:<34}{}", format!("turned, {} answers", times.0.len()), times.told());
}

/// Frames as while the pointer moves, pane by pane.
fn panes(window: &mut Window, painted: bool, beside: &str) {
    for (pane, name) in [
        (PaneId::SCATTER, "scatter"),
        (PaneId::PARALLEL, "parallel"),
        (PaneId::SPACE, "3-D"),
        (PaneId::CURVES, "curves"),
        (PaneId::SCHEMATIC, "schematic"),
        (PaneId::TRAINING, "losses"),
        (PaneId::CIRCUIT, "circuit"),
    ] {
        window.state_mut().show(&pane);
        window.run_steps(5);
        let [mut laid, mut tessellated, mut paint] = [(); 3].map(|()| Times::default());
        for i in 0..200_u16 {
            let at: Pos2 = pos2(500.0 + f32::from(i), 300.0);
            window.event(egui::Event::PointerMoved(at));
            let began = Instant::now();
            window.step();
            laid.note(began.elapsed());
            let shapes = window.output().shapes.clone();
            let began = Instant::now();
            std::hint::black_box(window.ctx.tessellate(shapes, 1.0));
            tessellated.note(began.elapsed());
            // a software adapter takes its time
            if painted && i % 10 == 0 {
                let began = Instant::now();
                std::hint::black_box(window.render().expect("it is painted"));
                paint.note(began.elapsed());
            }
        }
        let paint = if painted { paint.told() } else { String::new() };
        println!("{:<34}{}{}{paint}", format!("{name}{beside}"), laid.told(), tessellated.told());
    }
}

/// Targets are moved, designs turned and views changed for as long as is asked for; what the process holds is told.
fn use_for(window: &mut Window, whole: Duration) {
    if whole.is_zero() {
        return;
    }
    println!("\n{:>8}{:>10}{:>10}{:>9}{:>7}", "s", "targets", "MB", "threads", "files");
    let circuit = Arc::clone(&window.state().bench().expect("open").open.circuit);
    let (began, mut told, mut round) = (Instant::now(), 0, 0_u32);
    let views = [PaneId::SCATTER, PaneId::PARALLEL, PaneId::SPACE, PaneId::CURVES, PaneId::SCHEMATIC];
    while began.elapsed() < whole || told <= 10 {
        if began.elapsed() >= whole.mul_f64(f64::from(told) / 10.0) {
            told += 1;
            let held = soaking::Held::now();
            let seconds = began.elapsed().as_secs_f64();
            let (memory, threads, files) = (held.memory >> 10, held.threads, held.files);
            println!("{seconds:>8.0}{round:>10}{memory:>10}{threads:>9}{files:>7}");
            continue;
        }
        let by = if round % 2 == 0 { -0.03 } else { 0.03 };
        let targets = window.state().bench().expect("open").targets.moved(&circuit, |_| by);
        window.state_mut().bench_mut().expect("open").set_targets(targets);
        window.state_mut().show(&views[round as usize % views.len()]);
        wait(window, |bench| bench.sampling.is_none() && bench.designs.as_ref().is_some_and(|d| !d.draft));
        window.state_mut().bench_mut().expect("open").selected = Some(round as usize % 20);
        window.run_steps(10);
        window.get_by_label("W1 on its range").focus();
        window.run_steps(2);
        for _ in 0..5 {
            window.key_press(Key::ArrowRight);
            window.run_steps(2);
        }
        wait(window, all_measured);
        round += 1;
    }
}

/// A copy of OTA1 with many rows: each of its own again and again, a hair apart.
fn many_rows(painted: bool) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let here = copy_with_rows(folder.path());
    let began = Instant::now();
    let mut window = open(&here.display().to_string(), painted);
    window.step();
    println!("\n{MANY_ROWS} rows: first frame {:.2} s", began.elapsed().as_secs_f64());
    wait(&mut window, |bench| bench.rows() > MANY_ROWS / 2);
    println!("{MANY_ROWS} rows: read {:.2} s", began.elapsed().as_secs_f64());
    let rows = window.state().bench().map_or(0, Bench::rows);
    println!("{rows} rows, {} MB held", soaking::Held::now().memory >> 10);
    panes(&mut window, painted, ", many rows");
}

fn copy_with_rows(folder: &Path) -> std::path::PathBuf {
    let (source, here) = (datasets_folder(), folder.join("ota1"));
    for folder in [&here, &folder.join("models")] {
        std::fs::create_dir_all(folder).expect("writable");
    }
    for file in ["models/generic65.lib", "ota1/circuit.ron", "ota1/testbench.cir", "ota1/sizing.param"] {
        std::fs::copy(source.join(file), folder.join(file)).expect("a bundled file");
    }
    let circuit = Circuit::open("ota1").expect("bundled");
    let text = std::fs::read_to_string(&circuit.dataset).expect("bundled");
    let is_row = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit());
    let mut all: String = text.lines().filter(|line| !is_row(line)).map(|line| format!("{line}\n")).collect();
    let rows: Vec<&str> = text.lines().filter(is_row).collect();
    for i in 0..MANY_ROWS {
        // the last number is a metric
        let row = rows[i % rows.len()];
        let (before, last) = row.rsplit_once(',').expect("some columns");
        let value: f64 = last.parse().expect("a number");
        all += &format!("{before},{:e}\n", value * (1.0 + 1e-6 * (i / rows.len()) as f64));
    }
    std::fs::write(here.join("samples.csv"), all).expect("writable");
    here
}
