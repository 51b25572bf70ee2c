//! A record as lines of text: parameter definitions of a netlist, or a CSV table, under comments that say what it is.

use super::record::{ExportRecord, Judge};
use crate::circuit::{Circuit, Metric, column, format_number, format_quantity};

/// A file of parameter definitions, `line` writing one; comments begin with `comment`.
pub(super) fn netlist(
    circuit: &Circuit,
    record: &ExportRecord,
    comment: &str,
    opening: &str,
    line: impl Fn(&str, f64) -> String,
) -> String {
    let mut text: String =
        header(circuit, record).iter().map(|l| format!("{comment} {}\n", ascii(l))).collect();
    text += opening;
    // as the decks have them, ties too
    let values = circuit.deck_values(&record.sizing.0);
    for (parameter, value) in circuit.deck_parameters.iter().zip(values) {
        text += &line(circuit.export_name(&parameter.name), value);
    }
    text
}

pub(super) fn csv(circuit: &Circuit, record: &ExportRecord) -> String {
    let mut text: String = header(circuit, record).iter().map(|l| format!("# {}\n", ascii(l))).collect();
    let mut names: Vec<String> = circuit.parameters.iter().map(|p| column(&p.name, p.unit)).collect();
    let mut values: Vec<String> = record.sizing.0.iter().map(|&v| format_number(v)).collect();
    // a prediction must not be taken for a measurement: only what SPICE said becomes columns
    if let Some(performance) = record.simulated() {
        names.extend(circuit.metrics.iter().map(|m| column(&m.name, m.unit)));
        values.extend(performance.0.iter().map(|&v| format_number(v)));
    }
    text += &format!("{}\n{}\n", names.join(","), values.join(","));
    text
}

/// What the comments on top say.
fn header(circuit: &Circuit, record: &ExportRecord) -> Vec<String> {
    let mut lines = vec![
        format!("{} ({}), sized by sizewright {}", circuit.title, circuit.name, env!("CARGO_PKG_VERSION")),
        match &record.specification {
            Some(s) => format!("specification: {}", s.describe(circuit)),
            None => "specification: none".to_owned(),
        },
    ];
    let values = record.performance.as_ref().map(|p| {
        let one = |(m, &v): (&Metric, &f64)| format!("{} = {}", m.name, format_quantity(v, m.unit, 5));
        circuit.metrics.iter().zip(&p.0).map(one).collect::<Vec<_>>().join(", ")
    });
    lines.push(match (&record.judged, values) {
        (Judge::Simulated(by), Some(values)) => format!("measured by SPICE ({by}): {values}"),
        (Judge::Predicted, Some(values)) => format!("predicted by a model, not simulated: {values}"),
        _ => "performance: not judged".to_owned(),
    });
    if let Some(met) = record.feasible() {
        let verdict = if met { "meets every bound" } else { "does not meet every bound" };
        lines.push(format!("verdict of SPICE: {verdict}"));
    }
    lines.push(format!("model: {}", record.model.as_deref().unwrap_or("none")));
    lines.push(record.seed.map_or("seed: none".to_owned(), |seed| format!("seed: {seed}")));
    lines.push(format!("date: {}", record.date));
    lines
}

fn ascii(text: &str) -> String {
    let plain = text.replace(['µ', 'μ'], "u").replace('≤', "<=").replace('≥', ">=").replace('·', "-");
    plain.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' }).collect()
}
