//! `sizewright search`: a feasible sizing from scratch, by search in the loop with ngspice.

use super::choice::{explained, one_of};
use super::jobs;
use super::output::{check_target, print_beside, write_json};
use super::progress::ProgressLine;
use super::target::TargetArguments;
use super::{CliError, candidates, region};
use crate::circuit::{Circuit, NOMINAL, Specification, format_quantity};
use crate::engine::{
    Candidate, Design, Origin, Reasons, SearchEnd, SearchJob, SearchResult, SearchSettings, SimulatorConfig,
    Strategy,
};
use crate::export::{ExportRecord, Format, save, specification_in_json};
use crate::files::check_writable;
use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    target: TargetArguments,
    #[arg(
        long,
        value_name = "NAME",
        value_parser = one_of::<Strategy>(),
        default_value = "gp-assisted",
        hide_possible_values = true,
        help = explained("How the next designs are chosen", |s: Strategy| s.about().to_owned())
    )]
    strategy: Strategy,
    #[arg(
        long,
        value_name = "N",
        help = explained(
            "Simulate no more designs than this; by default",
            |s: Strategy| s.max_simulations().to_string()
        )
    )]
    max_simulations: Option<usize>,
    /// Do not stop at the first feasible design: use up the simulations to improve the worst margin
    #[arg(long)]
    run_on: bool,
    /// Designs simulated in a round; the strategy's own by default
    #[arg(long, value_name = "N")]
    population: Option<usize>,
    /// Simulate at most this many populations
    #[arg(long, value_name = "N", conflicts_with = "max_simulations")]
    generations: Option<usize>,
    /// Corners of the circuit in which the target is to be met as well: `all`, or names with commas between. Their
    /// simulations are not counted
    #[arg(long, value_name = "NAMES")]
    corners: Option<String>,
    /// Simulate these sizings first and go on from them: JSON such as a result of `size`, or CSV
    #[arg(long, value_name = "FILE")]
    start: Option<PathBuf>,
    /// The seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Simulations at a time; as many as there are cores by default. Changes no result
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Write the best sizing to this file
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// For which tool it is written
    #[arg(
        long,
        value_name = "FORMAT",
        value_parser = one_of::<Format>(),
        default_value = "ngspice",
        requires = "export"
    )]
    format: Format,
    /// Write the sizings as JSON, best first, `-` for stdout
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Arguments {
    /// The circuit's name or folder.
    pub(super) fn circuit(&self) -> &str {
        &self.target.circuit
    }
}

pub(super) fn run(a: &Arguments) -> Result<(), CliError> {
    let (circuit, specification, region) = a.target.open()?;
    let circuit = Arc::new(circuit);
    let mut settings = settings(a)?;
    if let Some(file) = &a.start {
        settings.start = super::sizings::read(&circuit, file)?;
    }
    let corners = match &a.corners {
        Some(names) => super::verify::chosen(&circuit, names)?,
        None => circuit.worst_over.clone(),
    };
    let conditions = corners.len() + 1;
    let judged_over: Vec<String> =
        std::iter::once(NOMINAL).chain(corners.iter().map(|c| c.name.as_str())).map(str::to_owned).collect();
    check_target(a.json.as_deref())?;
    if let Some(path) = &a.export {
        check_writable(path).map_err(CliError::usage)?;
    }
    let mut pool = SimulatorConfig::default().altering();
    if let Some(jobs) = a.jobs {
        pool.jobs = jobs;
    }
    let jobs = jobs::start()?;
    let mut bar = ProgressLine::new("designs simulated at most", settings.max_simulations as u64);
    let held = region::in_words(&circuit, &region);
    let ranges = region::in_json(&circuit, &region);
    let job = SearchJob {
        circuit: Arc::clone(&circuit),
        specification,
        region,
        settings,
        corners,
        known: Vec::new(),
        pool,
    };
    let found = jobs.search(job, &mut |simulations, feasible, violation, margin| {
        let note = if feasible == 0 {
            format!("the best misses by {violation:.3} decades")
        } else {
            format!("{feasible} feasible, worst margin {margin:.3} decades")
        };
        bar.set(simulations as u64, &note);
    });
    bar.finish();
    let found = found?;
    let mut text = in_words(&circuit, &found, &held);
    if conditions > 1 {
        text += &if found.best.score.feasible() {
            format!("what is shown is the worst of {conditions} conditions: it holds in all of them\n")
        } else {
            "what is shown is the worst of the conditions that were measured\n".to_owned()
        };
    }
    if let Some(path) = &a.export {
        export(a, &circuit, &found, path)?;
        let who = if found.best.score.feasible() { "feasible" } else { "NOT feasible" };
        text += &format!("the best, {who} in ngspice, is written to {}\n", path.display());
    }
    print_beside(a.json.as_deref(), &text)?;
    if let Some(target) = &a.json {
        let mut value = in_json(&circuit, &found, ranges);
        value["conditions"] = json!(conditions);
        value["judged_over"] = json!(judged_over);
        write_json(&value, target)?;
    }
    verdict(&found)
}

fn settings(a: &Arguments) -> Result<SearchSettings, CliError> {
    let mut settings = SearchSettings::new(a.strategy, a.seed);
    settings.stop_at_first = !a.run_on;
    if let Some(population) = a.population {
        settings.population = population;
    }
    if let Some(most) = a.max_simulations {
        settings.max_simulations = most;
    }
    if let Some(generations) = a.generations {
        settings.max_simulations = settings.population.saturating_mul(generations);
    }
    settings.check().map_err(CliError::usage)?;
    Ok(settings)
}

/// Success is a feasible design, whatever came after it.
fn verdict(found: &SearchResult) -> Result<(), CliError> {
    let n = found.simulations;
    match found.end {
        _ if found.feasible_count > 0 => Ok(()),
        SearchEnd::Cancelled => {
            Err(CliError::failed(format!("stopped after {n} simulations, none of them feasible")))
        }
        SearchEnd::Budget | SearchEnd::Feasible => Err(CliError::failed(format!(
            "no feasible design in {n} simulations: allow more with --max-simulations, try another --seed or \
             --strategy, or loosen the target"
        ))),
    }
}

/// The best design against its bounds, and what it took.
fn in_words(circuit: &Circuit, found: &SearchResult, held: &str) -> String {
    let best = &found.best;
    let margins = found.specification.margins(circuit, best.simulated.performance());
    let mut text = format!("{:>8}{:>14}{:>14}{:>10}\n", "", "target", "SPICE", "margin");
    for (bound, margin) in found.specification.bounds.iter().zip(margins) {
        let metric = &circuit.metrics[bound.metric];
        let target = format!("{} {}", bound.sense.glyph(), format_quantity(bound.value, metric.unit, 4));
        let value = format_quantity(best.simulated.performance().0[bound.metric], metric.unit, 4);
        let unit = match metric.scale {
            crate::circuit::Scale::Log => "decades",
            crate::circuit::Scale::Linear => metric.unit.symbol(),
        };
        text += &format!("{:>8}{target:>14}{value:>14}{margin:>+10.3} {unit}\n", metric.name);
    }
    text += &format!("best: {}\n", candidates::parameters(circuit, &candidate(best)));
    if let Some((simulations, seconds)) = found.first_feasible {
        text += &format!("first feasible design after {simulations} simulations, {seconds:.2} s\n");
    }
    text += &format!(
        "{} of {} simulated are feasible in ngspice ({} could not be measured), {:.2} s by {}{held}\n",
        found.feasible_count,
        found.simulations,
        found.failures.count(),
        found.seconds,
        found.settings.strategy.name()
    );
    if let Some(reason) = found.failures.in_words() {
        text += &format!("why they could not be measured, most often: {reason}\n");
    }
    text
}

fn candidate(design: &Design) -> Candidate {
    let simulated = Some(Ok(design.simulated.clone()));
    Candidate { simulated, origin: Origin::Proposed, ..Candidate::new(design.sizing.clone()) }
}

fn in_json(circuit: &Circuit, found: &SearchResult, ranges: Value) -> Value {
    let specification: &Specification = &found.specification;
    // without a feasible design the nearest one is worth looking at
    let designs =
        if found.feasible.is_empty() { std::slice::from_ref(&found.best) } else { &found.feasible[..] };
    let sizings: Vec<Value> =
        designs.iter().map(|d| candidates::sizing_in_json(circuit, specification, &candidate(d))).collect();
    let history: Vec<Value> = found
        .history
        .iter()
        .map(|h| json!({ "simulations": h.simulations, "violation": h.violation, "margin": h.margin }))
        .collect();
    let first = found.first_feasible.map(|(n, s)| json!({ "simulations": n, "seconds": s }));
    json!({
        "circuit": circuit.name, "system": "search", "strategy": found.settings.strategy.name(),
        "population": found.settings.population, "max_simulations": found.settings.max_simulations,
        "seed": found.settings.seed, "specs": specification_in_json(circuit, specification),
        "ranges": ranges,
        "sizings": sizings, "feasible": found.feasible_count, "simulations": found.simulations,
        "failed": found.failures.count(), "failures": failures_in_json(&found.failures),
        "first_feasible": first, "history": history,
        "simulation_s": found.seconds, "stopped": found.end == SearchEnd::Cancelled,
    })
}

/// The most common reasons, the most common first.
fn failures_in_json(failures: &Reasons) -> Value {
    let most = failures.most_common().into_iter();
    most.map(|(reason, count)| json!({ "reason": reason, "count": count })).collect()
}

fn export(a: &Arguments, circuit: &Circuit, found: &SearchResult, path: &Path) -> Result<(), CliError> {
    let best = candidate(&found.best);
    let target = Some(&found.specification);
    let record = ExportRecord::new(&best.sizing, target, best.word(), None, Some(a.seed));
    save(circuit, &record, a.format, path).map_err(CliError::usage)
}
