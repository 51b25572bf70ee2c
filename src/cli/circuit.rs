//! `sizewright circuit new` and `check`: a circuit's folder made from foreign decks, and looked through later.

use super::output::{print, write_json};
use super::{CliError, trust};
use crate::circuit::{Circuit, Scale, format_quantity};
use crate::draft::{Asked, Draft, DraftError, look_through, write_forward};
use crate::engine::{SimulatorConfig, allow, findings, is_allowed};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Subcommand)]
pub(super) enum CircuitTask {
    /// Make a circuit's folder from decks as they are: propose what to size and measure, and simulate once
    New(New),
    /// Look through a circuit's folder: every finding with file and line, and one design simulated twice
    Check(Check),
    /// Write a circuit.ron of the first format forward to the second; rows and models stay valid
    Upgrade(Upgrade),
}

#[derive(Args)]
pub(super) struct Upgrade {
    /// The path of a circuit's folder
    folder: PathBuf,
}

#[derive(Args)]
pub(super) struct New {
    /// The decks, each a testbench over the same sizes
    #[arg(required = true, value_name = "DECK")]
    decks: Vec<PathBuf>,
    /// The folder to write; it must not be there yet
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// What to size: NAME=LOW..HIGH or NAME=V1|V2|…[,grid=G][,unit=U][,deck-unit=U][,scale=log|linear][,integer], or NAME=none
    #[arg(long = "parameter", value_name = "TEXT")]
    parameters: Vec<String>,
    /// What to measure: NAME=HOW[,unit=U][,sense=<=|>=][,title=T][,scale=log|linear][,testbench=NAME], or NAME=none
    #[arg(long = "metric", value_name = "TEXT")]
    metrics: Vec<String>,
    /// What follows from the sizes: NAME=EXPRESSION in the decks' own numbers, such as W6=2*W5
    #[arg(long = "tie", value_name = "TEXT")]
    ties: Vec<String>,
    /// A corner: NAME[,temperature=T][,FROM->TO for a library's section][,PARAMETER=EXPRESSION]…
    #[arg(long = "corner", value_name = "TEXT")]
    corners: Vec<String>,
    /// How the decks draw each device's mismatch, as a corner without a name: tt->tt_mm, PARAMETER=1, or `own` where they
    /// do so as they are
    #[arg(long, value_name = "TEXT")]
    mismatch: Option<String>,
    /// Corners over which a design counts as its worst, in rows and verdicts: names with commas between, or `all`
    #[arg(long, value_name = "NAMES")]
    worst_over: Option<String>,
    /// Write what was found as JSON, `-` for stdout
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Check {
    /// A bundled circuit or the path of a circuit's folder
    circuit: String,
    /// Write the findings as JSON, `-` for stdout
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub(super) fn run(task: &CircuitTask, trusted: bool) -> Result<(), CliError> {
    match task {
        CircuitTask::New(a) => new(a, trusted),
        CircuitTask::Check(a) => check(a),
        CircuitTask::Upgrade(a) => upgrade(a),
    }
}

fn upgrade(a: &Upgrade) -> Result<(), CliError> {
    match write_forward(&a.folder).map_err(draft_error)? {
        Some(path) => print(&format!("{} is of format 2 now\n", path.display())),
        None => print("it is of format 2 already: nothing is changed\n"),
    }
}

fn draft_error(error: DraftError) -> CliError {
    CliError::usage(error)
}

fn new(a: &New, trusted: bool) -> Result<(), CliError> {
    let stem = a.out.file_name().map_or_else(|| "circuit".to_owned(), |n| n.to_string_lossy().into_owned());
    let mut draft = Draft::of(&stem, &a.decks).map_err(draft_error)?;
    asked(&mut draft, a)?;
    may_run(&draft.trial().map_err(draft_error)?.circuit, trusted)?;
    let gone = draft.try_out(&SimulatorConfig::default()).map_err(draft_error)?;
    draft.write(&a.out).map_err(draft_error)?;
    let circuit = Circuit::load(&a.out).map_err(CliError::usage)?;
    if trusted {
        allow(&circuit).map_err(CliError::usage)?;
    }
    if a.json.as_ref().is_none_or(|f| f.as_os_str() != "-") {
        print(&in_words(&draft, &gone, a))?;
    }
    if let Some(target) = &a.json {
        write_json(&in_json(&draft, &gone), target)?;
    }
    Ok(())
}

/// Puts what the user asked for in the place of what is proposed.
fn asked(draft: &mut Draft, a: &New) -> Result<(), CliError> {
    let flags = [
        (Asked::Parameter, &a.parameters),
        (Asked::Tie, &a.ties),
        (Asked::Metric, &a.metrics),
        (Asked::Corner, &a.corners),
    ];
    let all = flags.iter().flat_map(|(what, texts)| texts.iter().map(move |text| (*what, text)));
    let single = [(Asked::Mismatch, &a.mismatch), (Asked::WorstOver, &a.worst_over)];
    let single = single.into_iter().flat_map(|(what, text)| text.iter().map(move |text| (what, text)));
    for (what, text) in all.chain(single) {
        draft.ask(what, text).map_err(|e| CliError::usage(format!("--{e}")))?;
    }
    Ok(())
}

/// Whether the decks may run: they are harmless, or the user says so.
fn may_run(circuit: &Circuit, trusted: bool) -> Result<(), CliError> {
    if trusted {
        return allow(circuit).map_err(CliError::usage);
    }
    if is_allowed(circuit).map_err(CliError::usage)? {
        return Ok(());
    }
    for finding in findings(circuit).map_err(CliError::usage)?.iter().take(20) {
        let file = finding.path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        eprintln!("{file}:{}: {} ({})", finding.line, finding.text, finding.why);
    }
    Err(CliError::usage(
        "the decks would do more than simulate: read the lines above, and give --trust if they may",
    ))
}

fn in_words(draft: &Draft, gone: &[(String, String)], a: &New) -> String {
    let mut text = format!("to size, {}:\n", draft.parameters.len());
    for drafted in &draft.parameters {
        let p = &drafted.parameter;
        let show = |v: f64| format_quantity(v, p.unit, 4);
        let scale = if p.scale == Scale::Log { ", log" } else { "" };
        text += &format!(
            "  {:<12} {} … {}, grid {}{scale}; {} in the deck; {}\n",
            p.name,
            show(p.low),
            show(p.high),
            show(p.grid),
            show(drafted.own),
            p.about
        );
    }
    for (name, expression) in &draft.ties {
        text += &format!("  {name:<12} = {expression}\n");
    }
    let constants: Vec<String> =
        draft.constants().iter().map(|(name, value)| format!("{name}={value}")).collect();
    if !constants.is_empty() {
        text += &format!("left as the decks have them: {}\n", constants.join(", "));
    }
    text += "measured, with the decks' own values:\n";
    for m in &draft.metrics {
        let own = match m.own {
            Some(value) => format_quantity(value, m.unit, 4),
            None => "(no value at the decks' own sizes, but at others)".to_owned(),
        };
        let from = if m.from.is_empty() { "a vector of its name" } else { &m.from };
        text += &format!("  {:<12} {} {own}; {}: {from}\n", m.name, m.sense.symbol(), m.testbench);
    }
    for (name, why) in gone {
        text += &format!("  {name:<12} left out: {why}\n");
    }
    for (bench, why) in &draft.apart {
        text += &format!("  {bench} runs as `ngspice -b`, a process for each run, which is slower: {why}\n");
    }
    text += &format!("written: {}\n", a.out.join("circuit.ron").display());
    let out = a.out.display();
    text += &format!(
        "next: look through it, then `sizewright dataset generate {out} --rows 300 --out {out}/samples.csv`\n"
    );
    text
}

fn in_json(draft: &Draft, gone: &[(String, String)]) -> Value {
    let parameters: Vec<Value> = draft
        .parameters
        .iter()
        .map(|d| {
            let p = &d.parameter;
            json!({
                "name": p.name, "unit": p.unit, "low": p.low, "high": p.high, "grid": p.grid,
                "scale": if p.scale == Scale::Log { "log" } else { "linear" },
                "deck_unit": d.deck_unit, "own": Some(d.own).filter(|v| v.is_finite()), "about": p.about,
            })
        })
        .collect();
    let metrics: Vec<Value> = draft
        .metrics
        .iter()
        .map(|m| {
            json!({
                "name": m.name, "title": m.title, "unit": m.unit, "sense": m.sense.symbol(),
                "scale": if m.scale == Scale::Log { "log" } else { "linear" },
                "testbench": m.testbench, "from": m.from, "own": m.own,
            })
        })
        .collect();
    let gone: Vec<Value> = gone.iter().map(|(name, why)| json!({ "name": name, "reason": why })).collect();
    let apart: Vec<Value> =
        draft.apart.iter().map(|(bench, why)| json!({ "testbench": bench, "reason": why })).collect();
    json!({ "parameters": parameters, "ties": draft.ties, "metrics": metrics, "left_out": gone, "apart": apart })
}

fn check(a: &Check) -> Result<(), CliError> {
    let circuit = trust::open(&a.circuit)?;
    let all = look_through(&circuit, &SimulatorConfig::default());
    if a.json.as_ref().is_none_or(|f| f.as_os_str() != "-") {
        let mark = |well| if well { "ok " } else { "!! " };
        let lines = all.iter().map(|c| format!("{}{}: {}\n", mark(c.well), c.what, c.said));
        print(&lines.collect::<String>())?;
    }
    if let Some(target) = &a.json {
        let list: Vec<Value> =
            all.iter().map(|c| json!({ "what": c.what, "ok": c.well, "message": c.said })).collect();
        write_json(&json!({ "circuit": circuit.name, "findings": list }), target)?;
    }
    let wrong = all.iter().filter(|c| !c.well).count();
    if wrong > 0 {
        return Err(CliError::failed(format!("{wrong} of {} findings need a look", all.len())));
    }
    Ok(())
}
