//! `sizewright bench`: how fast this machine trains, samples and simulates.

use super::choice::one_of;
use super::jobs;
use super::output::{backend, check_target, print_beside, write_json};
use super::{CliError, drawing, explain, target, trust};
use crate::circuit::{Circuit, Region, Sizing};
use crate::dataset::{self, Dataset};
use crate::engine::{Device, DeviceChoice, Ranking, SampleJob, SimulatorConfig, TrainedModel, bench};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// Sizings of one draw, and draws of which the median counts.
const SIZINGS: usize = 100;
const DRAWS: usize = 5;
/// Of these the first are there as soon as someone sees something.
const FIRST: usize = 32;
/// Designs simulated for one rate, and before it by each worker.
const DESIGNS: usize = 200;
const WARM_UP: usize = 6;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    task: Option<BenchTask>,
    #[command(flatten)]
    explain: explain::Explain,
}

impl Arguments {
    /// The circuit's name or folder, where it is simulated.
    pub(super) fn circuit(&self) -> Option<String> {
        match &self.task {
            Some(BenchTask::Simulate(a)) => Some(a.circuit.clone()),
            _ => None,
        }
    }
}

#[derive(Subcommand)]
enum BenchTask {
    /// A training step of a large network: d = 64, 8 blocks
    Train(Train),
    /// Drawing 100 sizings
    Sample(Sample),
    /// Designs a second in ngspice, each loaded and with altered devices, with one worker and with one a core
    Simulate(Simulate),
}

#[derive(Args)]
struct Train {
    /// A bundled circuit or the path of a circuit's folder
    circuit: String,
    /// Where networks are computed; auto takes a real GPU if there is one
    #[arg(long, value_name = "NAME", value_parser = one_of::<DeviceChoice>(), default_value = "auto")]
    backend: DeviceChoice,
    /// Rows of a batch
    #[arg(long, value_name = "N", default_value_t = 256)]
    batch: usize,
    /// Steps of which the median counts
    #[arg(long, value_name = "N", default_value_t = 12)]
    steps: usize,
    /// Write the result as JSON, `-` for stdout
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Args)]
struct Sample {
    /// A bundled circuit or the path of a circuit's folder
    circuit: String,
    /// The trained model; the bundled one by default
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Where networks are computed; auto takes a real GPU if there is one
    #[arg(long, value_name = "NAME", value_parser = one_of::<DeviceChoice>(), default_value = "auto")]
    backend: DeviceChoice,
    /// Write the result as JSON, `-` for stdout
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Args)]
struct Simulate {
    /// A bundled circuit or the path of a circuit's folder
    circuit: String,
    /// Write the result as JSON, `-` for stdout
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let Some(task) = &arguments.task else {
        return explain::run(&arguments.explain, rows);
    };
    let (text, value, target) = match task {
        BenchTask::Train(a) => {
            check_target(a.json.as_deref())?;
            train(a).map(|(text, value)| (text, value, &a.json))?
        }
        BenchTask::Sample(a) => {
            check_target(a.json.as_deref())?;
            sample(a).map(|(text, value)| (text, value, &a.json))?
        }
        BenchTask::Simulate(a) => {
            check_target(a.json.as_deref())?;
            simulate(a).map(|(text, value)| (text, value, &a.json))?
        }
    };
    print_beside(target.as_deref(), &text)?;
    target.as_ref().map_or(Ok(()), |target| write_json(&value, target))
}

fn rows(circuit: &Circuit) -> Result<Dataset, CliError> {
    let loaded = dataset::read(circuit, &circuit.dataset).map_err(CliError::usage)?;
    if loaded.dataset.rows.len() < 10 {
        let file = circuit.dataset.display();
        return Err(CliError::usage(format!(
            "{file}: fewer than 10 sound rows; see `sizewright dataset check`"
        )));
    }
    Ok(loaded.dataset)
}

fn train(a: &Train) -> Result<(String, Value), CliError> {
    if a.batch == 0 || a.batch > 1 << 16 || a.steps < 10 || a.steps > 100_000 {
        return Err(CliError::usage("--batch must be from 1 to 65536 and --steps from 10 to 100000"));
    }
    let circuit = trust::open(&a.circuit)?;
    let dataset = rows(&circuit)?;
    let device = Device::open(a.backend).map_err(CliError::failed)?;
    let measured =
        bench::training(&device, &circuit, &dataset, a.batch, a.steps).map_err(CliError::failed)?;
    let memory = bench::peak_memory();
    let text = format!(
        "{}: {:.1} ms a step of {} rows (median of {}), {:.1} GFLOP/s, {} weights, {}\n",
        device.name(),
        measured.median(),
        a.batch,
        a.steps,
        measured.gflops(),
        measured.weights,
        memory.map_or("peak memory unknown".to_owned(), |b| format!("{} MiB at the peak", b >> 20)),
    );
    let value = json!({
        "bench": "train", "circuit": circuit.name, "backend": backend(&device.name()),
        "device": device.name(), "batch": a.batch, "steps": a.steps, "step_ms": measured.median(),
        "all_ms": measured.milliseconds, "gflop_a_step": measured.flop / 1e9, "gflop_s": measured.gflops(),
        "weights": measured.weights, "peak_memory_bytes": memory,
    });
    Ok((text, value))
}

fn sample(a: &Sample) -> Result<(String, Value), CliError> {
    let circuit = trust::open(&a.circuit)?;
    let specification = target::target(&circuit, &[])?;
    let (_, model) = drawing::open_model(&circuit, &a.circuit, a.model.as_deref())?;
    // the draw alone, without choosing what to aim at
    let settings = crate::engine::DrawSettings { aimed: false, ..crate::engine::DrawSettings::of(&model) };
    let (circuit, model): (_, Arc<TrainedModel>) = (Arc::new(circuit), Arc::new(model));
    let jobs = jobs::start()?;
    let (mut seconds, mut device) = (Vec::with_capacity(DRAWS), String::new());
    let mut first_seconds = Vec::with_capacity(DRAWS);
    // the first does not count: kernels are compiled, threads started
    for seed in 0..=DRAWS as u64 {
        let job = SampleJob {
            circuit: Arc::clone(&circuit),
            model: Arc::clone(&model),
            specification: specification.clone(),
            region: Region::default(),
            settings,
            count: SIZINGS,
            ranking: Ranking::Raw,
            as_drawn: false,
            seed,
            device: a.backend,
        };
        let (began, mut there, mut first) = (Instant::now(), 0, None);
        let set = jobs.sample_as_drawn(job, &mut |_, some| {
            there += some.len();
            if there >= FIRST {
                first.get_or_insert(began.elapsed().as_secs_f64());
            }
        })?;
        if seed > 0 {
            seconds.push(set.seconds);
            first_seconds.push(first.unwrap_or(set.seconds));
        }
        device.clone_from(&set.device);
    }
    seconds.sort_by(f64::total_cmp);
    first_seconds.sort_by(f64::total_cmp);
    let (median, first) = (seconds[DRAWS / 2], first_seconds[DRAWS / 2]);
    let (solver, steps) = (settings.sampling.solver.name(), settings.sampling.steps);
    let rate = SIZINGS as f64 / median.max(1e-9);
    let text = format!(
        "{device}: {median:.3} s for {SIZINGS} sizings by {solver} in {steps} steps (median of {DRAWS}), {rate:.0} sizings/s; the first {FIRST} after {first:.3} s\n"
    );
    let value = json!({
        "bench": "sample", "circuit": circuit.name, "backend": backend(&device), "device": device,
        "solver": solver, "steps": steps, "sizings": SIZINGS, "seconds": median, "all_s": seconds,
        "sizings_s": rate, "first": FIRST, "first_s": first,
    });
    Ok((text, value))
}

fn simulate(a: &Simulate) -> Result<(String, Value), CliError> {
    let circuit = Arc::new(trust::open(&a.circuit)?);
    let sizings: Vec<Sizing> = rows(&circuit)?.rows.into_iter().take(DESIGNS).map(|r| r.sizing).collect();
    let jobs = jobs::start()?;
    let all = SimulatorConfig::default().jobs;
    let mut counts = vec![1, all];
    counts.dedup();
    let (mut text, mut rates) = (String::new(), Vec::new());
    for workers in counts {
        let rate = |alter: bool| {
            let pool = SimulatorConfig { jobs: workers, alter, ..SimulatorConfig::default() };
            // the workers start with the first designs, which do not count, and see whether altering is sound
            let warm_up = sizings[..sizings.len().min(WARM_UP * workers)].to_vec();
            jobs.simulate(&circuit, warm_up, pool.clone(), &mut |_| ())?;
            let measured = jobs.simulate(&circuit, sizings.clone(), pool, &mut |_| ())?;
            if jobs.stopped() {
                return Err(CliError::failed("stopped before the measurement was done"));
            }
            Ok((measured.simulations as f64 / measured.seconds.max(1e-9), measured.simulations))
        };
        let (loaded, designs) = rate(false)?;
        let (altered, _) = rate(true)?;
        let s = if workers == 1 { "" } else { "s" };
        text += &format!(
            "{workers} worker{s}: {loaded:.0} designs/s, each loaded; {altered:.0} where decks are altered\n"
        );
        rates.push(json!({
            "workers": workers, "designs_s": loaded, "altered_designs_s": altered, "designs": designs,
        }));
    }
    Ok((text, json!({ "bench": "simulate", "circuit": circuit.name, "rates": rates })))
}
