//! `sizewright bench --explain`: what a training step and a draw ask of a GPU, counted, and the least time that named
//! devices need for it.

use super::output::{check_target, print_beside, write_json};
use super::{CliError, trust};
use crate::dataset::Dataset;
use crate::engine::explaining::{Asked, Copies, DEVICES, Tally, explain};
use clap::Args;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

#[derive(Args)]
pub(super) struct Explain {
    /// Count what a training step and a draw ask of a GPU, and tell the least time that named devices need for it
    #[arg(long)]
    explain: bool,
    /// A bundled circuit or the path of a circuit's folder, to be explained
    #[arg(value_name = "CIRCUIT", default_value = "ota1", requires = "explain")]
    circuit: String,
    /// Rows of a training step's batch
    #[arg(long, value_name = "N", default_value_t = 256, requires = "explain")]
    batch: usize,
    /// Rows of a draw
    #[arg(long, value_name = "N", default_value_t = 100, requires = "explain")]
    rows: usize,
    /// Write the result as JSON, `-` for stdout
    #[arg(long, value_name = "FILE", requires = "explain")]
    json: Option<PathBuf>,
}

pub(super) fn run(
    a: &Explain,
    dataset: impl Fn(&crate::circuit::Circuit) -> Result<Dataset, CliError>,
) -> Result<(), CliError> {
    if !a.explain {
        return Err(CliError::usage("say what to measure: train, sample or simulate, or --explain"));
    }
    if a.batch == 0 || a.batch > 1 << 12 || a.rows == 0 || a.rows > 1 << 12 {
        return Err(CliError::usage("--batch and --rows must be from 1 to 4096"));
    }
    check_target(a.json.as_deref())?;
    let circuit = trust::open(&a.circuit)?;
    let dataset = dataset(&circuit)?;
    eprintln!("Counting a step of {} rows; without a GPU, on software, 256 take minutes", a.batch);
    let explained = explain(&circuit, &dataset, a.batch, a.rows).map_err(CliError::failed)?;
    let parts = [
        (format!("A training step of {} rows, d = 64, 8 blocks", explained.batch), &explained.training),
        (format!("A solver step of a draw of {} rows, 3 blocks", explained.rows), &explained.solver_step),
        (format!("The whole draw, {} steps", explained.steps), &explained.draw),
    ];
    let mut text = format!("Counted on {}; the counts are the same on every adapter.\n", explained.device);
    for (title, tally) in &parts {
        text += &format!("\n{title}\n{}", table(tally));
    }
    text += "\nThe least times are rooflines, not measurements: submitting the launches, then of each family moving its \
             bytes (each part bound once) or its arithmetic, whichever is longer, by\n";
    for device in DEVICES {
        text += &format!(
            "  {}: {:.0} GB/s, {:.1} TFLOP/s, {:.0} µs a launch\n",
            device.name,
            device.bandwidth / 1e9,
            device.flops / 1e12,
            device.launch * 1e6,
        );
    }
    print_beside(a.json.as_deref(), &text)?;
    let devices: Vec<Value> = DEVICES
        .iter()
        .map(|d| json!({ "name": d.name, "bytes_s": d.bandwidth, "flop_s": d.flops, "launch_s": d.launch }))
        .collect();
    let value = json!({
        "bench": "explain", "circuit": circuit.name, "device": explained.device, "batch": explained.batch,
        "rows": explained.rows, "steps": explained.steps, "training_step": in_json(&explained.training),
        "solver_step": in_json(&explained.solver_step), "draw": in_json(&explained.draw), "devices": devices,
    });
    a.json.as_ref().map_or(Ok(()), |target| write_json(&value, target))
}

/// A line a family, a line for all, and the least times.
fn table(tally: &Tally) -> String {
    let mut text = format!(
        "  {:<24}{:>9}{:>12}{:>10}{:>10}{:>11}{:>10}\n",
        "", "launches", "workgroups", "MB", "GFLOP", "shared B", "barriers"
    );
    let line = |name: &str, asked: &Asked| {
        format!(
            "  {name:<24}{:>9}{:>12}{:>10.2}{:>10.3}{:>11}{:>10}\n",
            asked.launches,
            asked.workgroups,
            asked.bytes as f64 / 1e6,
            asked.flop / 1e9,
            asked.shared_bytes,
            asked.barriers,
        )
    };
    for (family, asked) in &tally.families {
        text += &line(family.name(), asked);
    }
    text += &line("all", &tally.total());
    let copies = |c: Copies| format!("{} ({:.1} kB)", c.count, c.bytes as f64 / 1e3);
    text += &format!("  writes {}, reads {}\n", copies(tally.writes), copies(tally.reads));
    let times = DEVICES.iter().map(|d| format!("{} {:.2} ms", d.name, d.seconds_of(tally) * 1e3));
    text + &format!("  at least {}\n", times.collect::<Vec<_>>().join("; "))
}

fn in_json(tally: &Tally) -> Value {
    let asked = |a: &Asked| {
        json!({
            "launches": a.launches, "workgroups": a.workgroups, "bytes": a.bytes, "flop": a.flop,
            "shared_bytes": a.shared_bytes, "barriers": a.barriers,
        })
    };
    let families: Map<String, Value> =
        tally.families.iter().map(|(family, a)| (family.name().to_owned(), asked(a))).collect();
    let copies = |c: Copies| json!({ "count": c.count, "bytes": c.bytes });
    let seconds: Map<String, Value> =
        DEVICES.iter().map(|d| (d.name.to_owned(), json!(d.seconds_of(tally)))).collect();
    json!({
        "families": families, "all": asked(&tally.total()), "writes": copies(tally.writes),
        "reads": copies(tally.reads), "least_s": seconds,
    })
}
