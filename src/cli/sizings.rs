//! Sizings from a file that the user names: a JSON result of ours, a plain JSON object of values, a
//! list of either, or a CSV with a column a parameter.

use super::CliError;
use crate::circuit::{Circuit, Sizing};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// A larger file is no list of sizings.
const LARGEST_FILE: u64 = 256 << 20;

/// Reads the sizings, each with the right names. Values are not checked against ranges and grids:
/// [`Sizing::check`] is for the caller, who may want to report each.
///
/// # Errors
/// [`CliError::Usage`] names the file, the entry and the parameter.
pub(super) fn read(circuit: &Circuit, path: &Path) -> Result<Vec<Sizing>, CliError> {
    let wrong = |problem: String| CliError::usage(format!("{}: {problem}", path.display()));
    let length = std::fs::metadata(path).map_err(|e| wrong(format!("cannot be read: {e}")))?.len();
    if length > LARGEST_FILE {
        return Err(wrong(format!("is larger than {} MiB: give fewer sizings", LARGEST_FILE >> 20)));
    }
    let bytes = std::fs::read(path).map_err(|e| wrong(format!("cannot be read: {e}")))?;
    let text = String::from_utf8(bytes).map_err(|e| wrong(format!("is not UTF-8 text: {e}")))?;
    let text = text.trim_start_matches('\u{feff}');
    let is_json = text.trim_start().starts_with(['{', '[']);
    let sizings = if is_json { from_json(circuit, text) } else { from_csv(circuit, text) }.map_err(wrong)?;
    if sizings.is_empty() { Err(wrong("holds no sizing".to_owned())) } else { Ok(sizings) }
}

fn from_json(circuit: &Circuit, text: &str) -> Result<Vec<Sizing>, String> {
    let value: Value = serde_json::from_str(text).map_err(|e| format!("is not JSON: {e}"))?;
    if let Some(name) = value.get("circuit").and_then(Value::as_str)
        && name != circuit.name
    {
        return Err(format!("holds sizings of {name}, not of {}", circuit.name));
    }
    let entries = match &value {
        Value::Array(entries) => entries.as_slice(),
        Value::Object(object) => match object.get("sizings") {
            Some(Value::Array(entries)) => entries.as_slice(),
            Some(_) => return Err("`sizings` is not a list".to_owned()),
            None => std::slice::from_ref(&value),
        },
        _ => return Err("is neither an object nor a list".to_owned()),
    };
    let one = |(i, entry): (usize, &Value)| {
        let values = entry.get("parameters").unwrap_or(entry);
        let values = values.as_object().ok_or(format!("sizing {}: is not an object of values", i + 1))?;
        let mut named = BTreeMap::new();
        for (name, value) in values {
            let number = value.as_f64();
            let number = number.ok_or(format!("sizing {}: {name} = {value} is not a number", i + 1))?;
            named.insert(name.clone(), number);
        }
        let sizing = Sizing::from_names(circuit, &named).map_err(|e| format!("sizing {}: {e}", i + 1))?;
        // serde_json may read a number one unit in the last place off; a legal value has one float
        Ok(if sizing.check(circuit).is_ok() { sizing.snapped(circuit) } else { sizing })
    };
    entries.iter().enumerate().map(one).collect()
}

fn from_csv(circuit: &Circuit, text: &str) -> Result<Vec<Sizing>, String> {
    let mut reader =
        csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| e.to_string())?.clone();
    let mut places = Vec::with_capacity(circuit.parameters.len());
    for parameter in &circuit.parameters {
        let named = |cell: &str| cell.split('[').next().unwrap_or_default().trim() == parameter.name;
        let place = header.iter().position(named);
        let place = place.ok_or_else(|| format!("the column `{}` is missing", parameter.name))?;
        let unit = header[place].split_once('[').map(|(_, rest)| rest.trim_end_matches(']').trim());
        if let Some(unit) = unit.filter(|unit| *unit != parameter.unit.symbol()) {
            let needed = parameter.unit.symbol();
            return Err(format!("the column `{}` is in `{unit}`, but `{needed}` is needed", parameter.name));
        }
        places.push(place);
    }
    let mut sizings = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| e.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        let value = |(parameter, &place): (&crate::circuit::Parameter, &usize)| {
            let text = record.get(place).unwrap_or_default();
            let number = text.parse::<f64>();
            number.map_err(|_| format!("line {line}, column `{}`: `{text}` is not a number", parameter.name))
        };
        let values: Result<Vec<f64>, String> = circuit.parameters.iter().zip(&places).map(value).collect();
        sizings.push(Sizing(values?));
    }
    Ok(sizings)
}
