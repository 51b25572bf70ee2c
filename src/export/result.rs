//! The results that the command line writes as JSON, and that it reads back: one form whoever writes it.

use super::record::{ExportRecord, Judge};
use crate::circuit::{Circuit, Performance, Sizing, Specification};
use serde_json::{Map, Value, json};

/// The bounds of a specification as `specs` of a result.
pub fn specification_in_json(circuit: &Circuit, specification: &Specification) -> Value {
    let one = |bound: &crate::circuit::Bound| {
        let metric = &circuit.metrics[bound.metric];
        json!({
            "metric": metric.name, "sense": bound.sense.symbol(), "value": bound.value, "unit": metric.unit,
        })
    };
    specification.bounds.iter().map(one).collect()
}

/// An entry of `sizings` of a result, all values in SI units: what was measured, or why there is no measurement.
pub fn measured_in_json(
    circuit: &Circuit,
    sizing: &Sizing,
    simulated: Option<&Performance>,
    error: Option<String>,
) -> Map<String, Value> {
    let mut entry = Map::new();
    entry.insert("parameters".to_owned(), json!(sizing.by_name(circuit)));
    entry.insert("simulated".to_owned(), json!(simulated.map(|p| p.by_name(circuit))));
    entry.insert("error".to_owned(), json!(error));
    entry
}

/// Adds to an entry of `sizings` what a model predicted, and the simulator's verdict.
pub fn with_verdict(
    mut entry: Map<String, Value>,
    circuit: &Circuit,
    predicted: Option<&Performance>,
    feasible: Option<bool>,
) -> Map<String, Value> {
    entry.insert("predicted".to_owned(), json!(predicted.map(|p| p.by_name(circuit))));
    entry.insert("feasible".to_owned(), json!(feasible));
    entry
}

/// A record as a result with one sizing.
pub(super) fn json(circuit: &Circuit, record: &ExportRecord) -> String {
    let simulator = match &record.judged {
        Judge::Simulated(by) => Some(by),
        Judge::Predicted | Judge::None => None,
    };
    let predicted = record.performance.as_ref().filter(|_| record.judged == Judge::Predicted);
    let entry = measured_in_json(circuit, &record.sizing, record.simulated(), None);
    let specification = record.specification.as_ref();
    let value = json!({
        "circuit": circuit.name, "model": record.model, "seed": record.seed, "date": record.date,
        "simulator": simulator,
        "specs": specification.map_or(json!([]), |s| specification_in_json(circuit, s)),
        "sizings": [with_verdict(entry, circuit, predicted, record.feasible())],
    });
    format!("{value:#}\n")
}
