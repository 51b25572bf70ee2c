//! `sizewright simulate`: what ngspice measures of given or random sizings.

use super::curves::{self, Looking};
use super::output::{print, print_beside, write_json};
use super::progress::ProgressLine;
use super::{CliError, jobs, trust};
use crate::circuit::{Circuit, Sizing, format_quantity};
use crate::dataset;
use crate::engine::{Failure, Outcome, Reasons, Simulated, SimulatorConfig};
use crate::export::measured_in_json;
use clap::Args;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// More sizings than anyone simulates in one go, and as many as fit in memory.
const MOST_RANDOM: usize = 1_000_000;

#[derive(Args)]
pub(super) struct Arguments {
    /// A bundled circuit or the path of a circuit's folder
    circuit: String,
    /// The sizings: JSON (a result of ours or an object of values), CSV with a column a parameter, or `.param` lines
    #[arg(long, value_name = "FILE", required_unless_present = "random", conflicts_with = "random")]
    sizing: Option<PathBuf>,
    /// This many random legal sizings instead
    #[arg(long, value_name = "N")]
    random: Option<usize>,
    /// The seed of the random sizings
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Simulations at a time; as many as there are cores by default
    #[arg(long)]
    jobs: Option<usize>,
    /// Seconds that one design may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    time_limit: f64,
    /// Write the results as JSON, `-` for stdout
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the curves behind the metrics and the operating points of the devices as JSON, `-` for stdout
    ///
    /// Every design, at most 100, is simulated once more for it, in the decks' own conditions. In SI units:
    /// {"circuit", "simulator", "designs": [{"parameters", "simulated", "error",
    /// "sweeps": [{"testbench", "analysis" (ac, noise, tran or dc), "plot", "x": {"name", "unit", "values"},
    /// "curves": [{"name", "unit", "role" (measured, made by the deck, noise or node), "real", "imaginary" (of complex
    /// ones)}]}],
    /// "devices": [{"device", "element", "testbench", "id", "gm", "gds", "vgs", "vds", "vth", "vdsat", "gm_over_id",
    /// "region" (off, weak, triode or saturation), "headroom"}], "notes"}]}
    #[arg(long, value_name = "FILE")]
    curves: Option<PathBuf>,
    /// Show where the devices of the first design rest: drain current, gm/ID, region, headroom |vds| - |vdsat|
    ///
    /// A device is off below 1 pA, triode where |vds| < |vdsat|, weak where |vgs| < |vth|, else in saturation.
    #[arg(long)]
    operating_point: bool,
}

impl Arguments {
    /// The circuit's name or folder.
    pub(super) fn circuit(&self) -> &str {
        &self.circuit
    }
}

pub(super) fn run(a: &Arguments) -> Result<(), CliError> {
    let circuit = Arc::new(trust::open(&a.circuit)?);
    let sizings = match (&a.sizing, a.random) {
        (Some(file), _) => super::sizings::read(&circuit, file)?,
        (None, Some(n)) if n > MOST_RANDOM => {
            return Err(CliError::usage(format!("--random {n}: at most {MOST_RANDOM}")));
        }
        (None, Some(n)) => dataset::random(&circuit, n, a.seed),
        (None, None) => return Err(CliError::usage("give --sizing FILE or --random N")),
    };
    let looking = Looking { curves: a.curves.as_deref(), operating_point: a.operating_point };
    looking.check(&circuit, sizings.len())?;
    let is_stdout = |file: &Option<PathBuf>| file.as_ref().is_some_and(|f| f.as_os_str() == "-");
    if is_stdout(&a.json) && is_stdout(&a.curves) {
        return Err(CliError::usage("--json - and --curves -: name a file for one of them"));
    }
    let limit = Duration::try_from_secs_f64(a.time_limit).ok().filter(|limit| !limit.is_zero());
    let time_limit = limit
        .ok_or_else(|| CliError::usage(format!("--time-limit {}: give seconds above 0", a.time_limit)))?;
    let mut config = SimulatorConfig { time_limit, ..SimulatorConfig::default() };
    if let Some(jobs) = a.jobs {
        config.jobs = jobs;
    }
    let jobs = jobs::start()?;
    let mut bar = ProgressLine::new("designs simulated", sizings.len() as u64);
    let measured =
        jobs.simulate(&circuit, sizings.clone(), config.clone(), &mut |done| bar.set(done as u64, ""));
    bar.finish();
    let measured = measured?;
    let seconds = measured.seconds;
    let outcomes: Vec<Outcome> =
        measured.outcomes.into_iter().map(|o| o.unwrap_or(Err(Failure::Cancelled))).collect();
    let stdout_is_json = is_stdout(&a.json) || is_stdout(&a.curves);
    if !stdout_is_json {
        let lines: String = outcomes
            .iter()
            .enumerate()
            .map(|(i, o)| format!("{:>4}  {}\n", i + 1, in_words(&circuit, o)))
            .collect();
        let measured = outcomes.iter().filter(|o| o.is_ok()).count();
        let rate = sizings.len() as f64 / seconds.max(1e-9);
        let mut reasons = Reasons::default();
        outcomes
            .iter()
            .filter_map(|o| o.as_ref().err())
            .for_each(|failure| reasons.add(&failure.to_string()));
        let why = reasons.in_words().map(|why| format!("why others were not, most often: {why}\n"));
        print(&format!(
            "{lines}{measured} of {} measured{} in {seconds:.2} s ({rate:.0}/s)\n{}",
            sizings.len(),
            circuit.judged_in_words(),
            why.unwrap_or_default()
        ))?;
    }
    if let Some(target) = &a.json {
        let results: Vec<Value> =
            sizings.iter().zip(&outcomes).map(|(s, o)| Value::Object(entry(&circuit, s, o))).collect();
        let value = json!({
            "circuit": circuit.name, "simulator": measured.simulator, "judged_over": circuit.judged_over(),
            "sizings": results,
            "simulations": measured.simulations, "simulation_s": seconds,
        });
        write_json(&value, target)?;
    }
    if jobs.stopped() {
        return Err(CliError::failed("stopped before all designs were simulated"));
    }
    let seen = looking.look(&jobs, &circuit, &sizings, &config)?;
    if let Some(first) = seen.first().filter(|_| a.operating_point) {
        let target = stdout_is_json.then_some(std::path::Path::new("-"));
        print_beside(target, &curves::table(first))?;
    }
    let entries = sizings.iter().zip(&seen).map(|(s, seen)| entry(&circuit, s, &seen.outcome));
    looking.write(&circuit, &measured.simulator, entries.collect(), &seen)?;
    let nothing = |outcome: &Outcome| match outcome {
        Ok(_) => false,
        Err(Failure::Missing { measured, .. }) => measured.iter().all(Option::is_none),
        Err(_) => true,
    };
    if !outcomes.is_empty() && outcomes.iter().all(nothing) {
        let reason = outcomes[0].as_ref().err().map(ToString::to_string).unwrap_or_default();
        return Err(CliError::failed(format!("no design was measured; the first: {reason}")));
    }
    Ok(())
}

fn in_words(circuit: &Circuit, outcome: &Outcome) -> String {
    match outcome {
        Err(failure @ Failure::Missing { measured, .. }) if measured.iter().any(Option::is_some) => {
            let one = |(m, v): (&crate::circuit::Metric, &Option<f64>)| {
                Some(format!("{} {}", m.name, format_quantity((*v)?, m.unit, 4)))
            };
            let values: Vec<String> = circuit.metrics.iter().zip(measured).filter_map(one).collect();
            format!("{}; {failure}", values.join(", "))
        }
        Err(failure) => format!("failed: {failure}"),
        Ok(simulated) => {
            let performance = simulated.performance();
            let one = |(m, &v): (&crate::circuit::Metric, &f64)| {
                format!("{} {}", m.name, format_quantity(v, m.unit, 4))
            };
            let values: Vec<String> = circuit.metrics.iter().zip(&performance.0).map(one).collect();
            let note = performance.illegal(circuit).map(|why| format!("  ({why})")).unwrap_or_default();
            values.join(", ") + &note
        }
    }
}

fn entry(circuit: &Circuit, sizing: &Sizing, outcome: &Outcome) -> Map<String, Value> {
    let simulated = outcome.as_ref().ok().map(Simulated::performance);
    let error = outcome.as_ref().err().map(ToString::to_string);
    let mut entry = measured_in_json(circuit, sizing, simulated, error);
    if let Err(Failure::Missing { measured, .. }) = outcome
        && measured.iter().any(Option::is_some)
    {
        let by_name = circuit.metrics.iter().zip(measured).map(|(m, v)| (m.name.clone(), json!(v)));
        entry.insert("simulated".to_owned(), Value::Object(by_name.collect()));
    }
    entry
}
