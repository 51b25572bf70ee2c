//! `sizewright circuits`: what there is to size.

use super::output::{print, write_json};
use super::{CliError, trust};
use crate::circuit::{
    Circuit, NamedDeviceGroup, NamedSpecification, bundled_circuits, datasets_folder, format_quantity,
};
use crate::dataset;
use crate::export::specification_in_json;
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Args)]
pub(super) struct Arguments {
    /// Write the list as JSON, `-` for stdout
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub(super) fn run(a: &Arguments) -> Result<(), CliError> {
    let names = bundled_circuits();
    if names.is_empty() {
        return Err(CliError::usage(format!(
            "no circuit in {}: set SIZEWRIGHT_DATASETS to the folder that holds them",
            datasets_folder().display()
        )));
    }
    let mut list = Vec::new();
    let mut text = String::new();
    for name in names {
        let circuit = trust::open(&name)?;
        let rows = rows(&circuit);
        text += &in_words(&circuit, rows);
        list.push(in_json(&circuit, rows));
    }
    match &a.json {
        Some(target) => write_json(&Value::Array(list), target),
        None => print(&text),
    }
}

/// The rows of the circuit's own dataset, where it is there and readable.
fn rows(circuit: &Circuit) -> Option<usize> {
    dataset::read(circuit, &circuit.dataset).ok().map(|loaded| loaded.dataset.rows.len())
}

fn in_words(circuit: &Circuit, rows: Option<usize>) -> String {
    let mut text = format!("{}  {}\n  {}\n  parameters:", circuit.name, circuit.title, circuit.about);
    for p in &circuit.parameters {
        let show = |v| format_quantity(v, p.unit, 4);
        text += &format!(" {} {}–{};", p.name, show(p.low), show(p.high));
    }
    let metrics: Vec<&str> = circuit.metrics.iter().map(|m| m.name.as_str()).collect();
    text += &format!("\n  metrics: {}\n", metrics.join(", "));
    for s in &circuit.specifications {
        text += &format!("  {}: {}\n", s.name, s.specification.describe(circuit));
    }
    text + &rows.map_or("  no dataset\n".to_owned(), |n| format!("  dataset: {n} rows\n"))
}

fn in_json(circuit: &Circuit, rows: Option<usize>) -> Value {
    let specification = |named: &NamedSpecification| json!({ "name": named.name, "specs": specification_in_json(circuit, &named.specification) });
    let specifications: Vec<Value> = circuit.specifications.iter().map(specification).collect();
    let groups: Vec<NamedDeviceGroup> =
        circuit.groups.iter().map(|group| group.named(&circuit.parameters)).collect();
    json!({
        "name": circuit.name, "title": circuit.title, "about": circuit.about, "folder": circuit.folder,
        "parameters": circuit.parameters, "metrics": circuit.metrics, "groups": groups,
        "specifications": specifications, "rows": rows,
    })
}
