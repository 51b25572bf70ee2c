//! `sizewright verify`: what ngspice measures of sizings over a circuit's corners, and the worst of it.

use super::mismatch::Mismatch;
use super::output::{print, write_json};
use super::progress::ProgressLine;
use super::{CliError, jobs, sizings, trust};
use crate::circuit::{Circuit, Corner, NOMINAL, Performance, Sense, Sizing, Specification, format_quantity};
use crate::engine::{Failure, Outcome, Random, Simulated, SimulatorConfig};
use crate::export::{measured_in_json, specification_in_json};
use clap::Args;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Args)]
pub(super) struct Arguments {
    /// A bundled circuit or the path of a circuit's folder
    circuit: String,
    /// The sizings: JSON (a result of ours or an object of values), CSV with a column a parameter, or `.param` lines
    #[arg(long, value_name = "FILE")]
    sizing: PathBuf,
    /// Which corners of the circuit, besides the decks' own conditions: `all`, or names with commas between
    #[arg(long, value_name = "NAMES", default_value = "all")]
    corners: String,
    /// A bound to be met in every corner, such as 'power<=27nW'; by default those of the file of sizings
    #[arg(long = "spec", value_name = "BOUND")]
    specs: Vec<String>,
    /// So many runs with mismatch, as the circuit says its decks draw it: the yield with its 95 % interval
    #[arg(long, value_name = "N")]
    mismatch: Option<usize>,
    /// The corner in which mismatch is drawn; the decks' own conditions by default
    #[arg(long, value_name = "CORNER", requires = "mismatch")]
    mismatch_at: Option<String>,
    /// The seed of the first run with mismatch; it counts up
    #[arg(long, default_value_t = 1, requires = "mismatch")]
    seed: u64,
    /// Simulations at a time; as many as there are cores by default
    #[arg(long)]
    jobs: Option<usize>,
    /// Write the results as JSON, `-` for stdout
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Arguments {
    /// The circuit's name or folder.
    pub(super) fn circuit(&self) -> &str {
        &self.circuit
    }
}

/// What came of one sizing: an outcome a corner, the decks' own conditions first.
struct Verified {
    sizing: Sizing,
    outcomes: Vec<Outcome>,
    /// Runs with mismatch.
    runs: Vec<Outcome>,
}

/// More runs say nothing more.
const MOST_RUNS: usize = 100_000;

pub(super) fn run(a: &Arguments) -> Result<(), CliError> {
    let circuit = trust::open(&a.circuit)?;
    let file = sizings::read_all(&circuit, &a.sizing)?;
    let specification = if a.specs.is_empty() {
        file.specification
    } else {
        Some(Specification::parse(&circuit, &a.specs).map_err(CliError::usage)?)
    };
    let corners = chosen(&circuit, &a.corners)?;
    let mut config = SimulatorConfig::default();
    config.jobs = a.jobs.unwrap_or(config.jobs);
    let sizings: Vec<Sizing> = file.entries.into_iter().map(|entry| entry.sizing).collect();
    if sizings.is_empty() {
        return Err(CliError::usage(format!("{}: there is no sizing in it", a.sizing.display())));
    }
    let runs = a.mismatch.unwrap_or(0);
    if runs > MOST_RUNS {
        return Err(CliError::usage(format!("--mismatch {runs}: at most {MOST_RUNS} runs")));
    }
    let with_mismatch = if runs > 0 { Some(Arc::new(with_mismatch(&circuit, a)?)) } else { None };
    let jobs = jobs::start()?;
    let conditions: Vec<Arc<Circuit>> = std::iter::once(circuit.in_own_conditions())
        .chain(corners.iter().map(|corner| circuit.in_corner(corner)))
        .map(Arc::new)
        .collect();
    let mut bar = ProgressLine::new("simulated", (sizings.len() * (conditions.len() + runs)) as u64);
    let mut verified: Vec<Verified> = sizings
        .iter()
        .map(|sizing| Verified { sizing: sizing.clone(), outcomes: Vec::new(), runs: Vec::new() })
        .collect();
    let mut simulator = String::new();
    for (done, condition) in conditions.iter().enumerate() {
        let before = done * sizings.len();
        let measured = jobs.simulate(condition, sizings.clone(), config.clone(), &mut |n| {
            bar.set((before + n) as u64, "");
        })?;
        simulator = measured.simulator;
        for (own, outcome) in verified.iter_mut().zip(measured.outcomes) {
            own.outcomes.push(outcome.unwrap_or(Err(Failure::Cancelled)));
        }
        if jobs.stopped() {
            break;
        }
    }
    if let Some(condition) = with_mismatch.as_ref().filter(|_| !jobs.stopped()) {
        let config = SimulatorConfig { random: Random::Counted(a.seed), ..config };
        for (done, own) in verified.iter_mut().enumerate() {
            let before = conditions.len() * sizings.len() + done * runs;
            let many = vec![own.sizing.clone(); runs];
            let measured = jobs.simulate(condition, many, config.clone(), &mut |n| {
                bar.set((before + n) as u64, "mismatch")
            })?;
            let done = measured.outcomes.into_iter().flatten();
            own.runs = done.filter(|outcome| !matches!(outcome, Err(Failure::Cancelled))).collect();
            if jobs.stopped() {
                break;
            }
        }
    }
    bar.finish();
    let names: Vec<&str> =
        std::iter::once(NOMINAL).chain(corners.iter().map(|corner| corner.name.as_str())).collect();
    let at = a.mismatch_at.as_deref().unwrap_or(NOMINAL);
    if a.json.as_ref().is_none_or(|f| f.as_os_str() != "-") {
        let texts = verified.iter().enumerate();
        let texts = texts.map(|(i, v)| {
            let own = in_words(&circuit, &names, v, specification.as_ref());
            let mismatch = Mismatch::of(&circuit, specification.as_ref(), &v.runs);
            let mismatch = mismatch.map(|m| m.in_words(&circuit, at)).unwrap_or_default();
            format!("sizing {}\n{own}{mismatch}", i + 1)
        });
        print(&texts.collect::<Vec<_>>().join("\n"))?;
    }
    if let Some(target) = &a.json {
        let entries: Vec<Value> = verified
            .iter()
            .map(|v| in_json(&circuit, &names, v, specification.as_ref(), (a.seed, at)))
            .collect();
        let value = json!({
            "circuit": circuit.name, "simulator": simulator, "corners": names,
            "specs": specification.as_ref().map_or(json!([]), |s| specification_in_json(&circuit, s)),
            "sizings": entries, "stopped": jobs.stopped(),
        });
        write_json(&value, target)?;
    }
    if jobs.stopped() {
        return Err(CliError::failed("stopped before all was simulated: what was done until then is kept"));
    }
    Ok(())
}

/// The circuit in the condition in which its decks draw mismatch.
fn with_mismatch(circuit: &Circuit, a: &Arguments) -> Result<Circuit, CliError> {
    let Some(mismatch) = &circuit.mismatch else {
        return Err(CliError::usage(format!(
            "--mismatch: circuit.ron of {} does not say how its decks draw mismatch: add a line such as \
             `mismatch: (sections: [(\"tt\", \"tt_mm\")]),`, or `mismatch: (),` where they do so as they are",
            circuit.name
        )));
    };
    let Some(at) = a.mismatch_at.as_deref().filter(|name| *name != NOMINAL) else {
        return Ok(circuit.in_corner(mismatch));
    };
    let corner = named(circuit, "--mismatch-at", at)?.with_mismatch(mismatch).map_err(|section| {
        CliError::usage(format!(
            "--mismatch-at {at}: `mismatch` in circuit.ron of {} does not say in which section {section} draws it: add a \
             pair such as (\"{section}\", \"{section}_mm\") to its sections",
            circuit.name
        ))
    })?;
    Ok(circuit.in_corner(&corner))
}

/// The corners that were asked for.
pub(super) fn chosen(circuit: &Circuit, text: &str) -> Result<Vec<Corner>, CliError> {
    if text.trim() == "all" {
        return Ok(circuit.corners.clone());
    }
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != NOMINAL);
    names.map(|name| named(circuit, "--corners", name)).collect()
}

/// A corner by the name that a flag gives.
fn named(circuit: &Circuit, flag: &str, name: &str) -> Result<Corner, CliError> {
    circuit.corners.iter().find(|corner| corner.name == name).cloned().ok_or_else(|| {
        let known: Vec<&str> = circuit.corners.iter().map(|c| c.name.as_str()).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        CliError::usage(format!("{flag}: `{name}` is no corner of {}: it has {known}", circuit.name))
    })
}

/// The worst value of each metric and the place of its corner; `None` where one of so many conditions was not measured.
fn worst(
    circuit: &Circuit,
    specification: Option<&Specification>,
    verified: &Verified,
    conditions: usize,
) -> Option<Vec<(f64, usize)>> {
    if verified.outcomes.len() < conditions {
        return None;
    }
    let all: Vec<&Performance> = verified
        .outcomes
        .iter()
        .map(|o| o.as_ref().ok().map(Simulated::performance))
        .collect::<Option<_>>()?;
    Some(Performance::worst(circuit, specification, &all))
}

/// Whether every corner meets the specification; `None` without one, and where not all were simulated.
fn feasible(specification: Option<&Specification>, verified: &Verified, conditions: usize) -> Option<bool> {
    let stopped = |o: &Outcome| matches!(o, Err(Failure::Cancelled));
    if verified.outcomes.len() < conditions || verified.outcomes.iter().any(stopped) {
        return None;
    }
    let specification = specification?;
    let met = |o: &Outcome| o.as_ref().is_ok_and(|s| specification.met_by(s.performance()));
    Some(verified.outcomes.iter().all(met))
}

/// The bounds that a corner misses, each with its worst value and where that is.
fn missed(
    circuit: &Circuit,
    names: &[&str],
    verified: &Verified,
    specification: &Specification,
) -> Vec<String> {
    let missed = specification.bounds.iter().filter_map(|bound| {
        let metric = &circuit.metrics[bound.metric];
        let values = names.iter().zip(&verified.outcomes).filter_map(|(name, outcome)| {
            let value = outcome.as_ref().ok()?.performance().0[bound.metric];
            Some((name, value))
        });
        let beyond = |value: f64| match bound.sense {
            Sense::AtMost => value - bound.value,
            Sense::AtLeast => bound.value - value,
            Sense::Between => (value - bound.value).abs(),
        };
        let (name, value) = values.max_by(|a, b| beyond(a.1).total_cmp(&beyond(b.1)))?;
        let shown = |value: f64| format_quantity(value, metric.unit, 4);
        let one = Specification { bounds: vec![bound.clone()] };
        let met = names.iter().zip(&verified.outcomes).all(|(_, outcome)| {
            outcome.as_ref().map_or(true, |simulated| one.met_by(simulated.performance()))
        });
        let (own, sense) = (shown(bound.value), bound.sense.glyph());
        (!met).then(|| format!("{} {sense} {own} ({} in {name})", metric.name, shown(value)))
    });
    missed.collect()
}

fn in_words(
    circuit: &Circuit,
    names: &[&str],
    verified: &Verified,
    specification: Option<&Specification>,
) -> String {
    let values = |values: &[f64]| {
        let one = |(m, &v): (&crate::circuit::Metric, &f64)| {
            format!("{} {}", m.name, format_quantity(v, m.unit, 4))
        };
        circuit.metrics.iter().zip(values).map(one).collect::<Vec<_>>().join(", ")
    };
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max("missed".len());
    let mut text = String::new();
    for (name, outcome) in names.iter().zip(&verified.outcomes) {
        let said = match outcome {
            Ok(simulated) => values(&simulated.performance().0),
            Err(failure) => format!("failed: {failure}"),
        };
        text += &format!("  {name:<width$}  {said}\n");
    }
    match worst(circuit, specification, verified, names.len()) {
        Some(worst) => {
            let one = |(m, (value, corner)): (&crate::circuit::Metric, (f64, usize))| {
                format!("{} {} ({})", m.name, format_quantity(value, m.unit, 4), names[corner])
            };
            let all: Vec<String> = circuit.metrics.iter().zip(worst).map(one).collect();
            text += &format!("  {:<width$}  {}\n", "worst", all.join(", "));
        }
        None => text += "  no worst case: not every corner was measured\n",
    }
    let missed = specification.map(|s| missed(circuit, names, verified, s)).unwrap_or_default();
    if !missed.is_empty() {
        text += &format!("  {:<width$}  {}\n", "missed", missed.join(", "));
    }
    if let Some(feasible) = feasible(specification, verified, names.len()) {
        let count = names.len();
        text += if feasible { "  feasible" } else { "  infeasible" };
        text += &format!(" over {count} {}\n", if count == 1 { "condition" } else { "conditions" });
    }
    text
}

fn in_json(
    circuit: &Circuit,
    names: &[&str],
    verified: &Verified,
    specification: Option<&Specification>,
    (seed, condition): (u64, &str),
) -> Value {
    let mut corners = Map::new();
    for (name, outcome) in names.iter().zip(&verified.outcomes) {
        let performance = outcome.as_ref().ok().map(Simulated::performance);
        let error = outcome.as_ref().err().map(ToString::to_string);
        let met = specification.map(|s| performance.is_some_and(|p| s.met_by(p)));
        let entry =
            json!({ "simulated": performance.map(|p| p.by_name(circuit)), "error": error, "feasible": met });
        corners.insert((*name).to_owned(), entry);
    }
    let worst = worst(circuit, specification, verified, names.len());
    let worst_performance =
        worst.as_ref().map(|all| Performance(all.iter().map(|(value, _)| *value).collect()));
    let nominal = &verified.outcomes[0];
    let mut entry = measured_in_json(
        circuit,
        &verified.sizing,
        nominal.as_ref().ok().map(Simulated::performance),
        nominal.as_ref().err().map(ToString::to_string),
    );
    let at: Option<Map<String, Value>> = worst.map(|all| {
        let places = circuit.metrics.iter().zip(all);
        places.map(|(m, (_, corner))| (m.name.clone(), json!(names[corner]))).collect()
    });
    entry.insert("corners".to_owned(), Value::Object(corners));
    entry.insert("worst".to_owned(), json!(worst_performance.map(|p| p.by_name(circuit))));
    entry.insert("worst_corner".to_owned(), json!(at));
    entry.insert("feasible".to_owned(), json!(feasible(specification, verified, names.len())));
    if let Some(mismatch) = Mismatch::of(circuit, specification, &verified.runs) {
        entry.insert("mismatch".to_owned(), mismatch.in_json(circuit, seed, condition));
    }
    Value::Object(entry)
}
