//! Sizings from a file that the user names: a JSON result of ours, a plain JSON object of values, a
//! list of either, a CSV with a column a parameter, or `.param` lines.

use super::CliError;
use super::netlist::{from_netlist, is_netlist};
use crate::circuit::{Circuit, Performance, Sizing, Specification, is_unit, shortened, split_column};
use crate::files::read_text_bounded;
use clap::Args;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A larger file is no list of sizings.
const LARGEST_FILE: u64 = 256 << 20;
/// More sizings than these are not taken from a file.
const MOST_SIZINGS: usize = 1_000_000;
/// More of what a file says is not echoed.
const LONGEST_ECHO: usize = 80;

/// One of a file's sizings, as a user names it. (What follows a field is its help.)
#[derive(Args)]
pub(super) struct OneSizing {
    /// A bundled circuit or the path of a circuit's folder
    pub(super) circuit: String,
    /// The sizings: JSON (a result of ours or an object of values), CSV with a column a parameter, or `.param` lines
    #[arg(long, value_name = "FILE")]
    pub(super) sizing: PathBuf,
    /// Which of the file's sizings, from 1
    #[arg(long, value_name = "I", default_value_t = 1)]
    pub(super) row: usize,
}

/// What a file of sizings says.
#[derive(Debug, Default)]
pub(super) struct SizingFile {
    /// The sizings, in the file's order.
    pub entries: Vec<GivenSizing>,
    /// What the sizings were to meet.
    pub specification: Option<Specification>,
    /// The model that proposed the sizings.
    pub model: Option<String>,
    /// The seed they were proposed with.
    pub seed: Option<u64>,
    /// The simulator that measured them.
    pub simulator: Option<String>,
}

/// One sizing of a file.
#[derive(Debug)]
pub(super) struct GivenSizing {
    /// The sizing.
    pub sizing: Sizing,
    /// What SPICE measured, by the file's word.
    pub simulated: Option<Performance>,
    /// What a model predicted, by the file's word.
    pub predicted: Option<Performance>,
}

/// The sizings alone: see [`read_all`].
///
/// # Errors
/// As [`read_all`].
pub(super) fn read(circuit: &Circuit, path: &Path) -> Result<Vec<Sizing>, CliError> {
    Ok(read_all(circuit, path)?.entries.into_iter().map(|entry| entry.sizing).collect())
}

/// Reads the sizings, each with the right names. Values are not checked against ranges and grids:
/// [`Sizing::check`] is for the caller, who may want to report each.
///
/// # Errors
/// [`CliError::Usage`] names the file, the entry and the parameter.
pub(super) fn read_all(circuit: &Circuit, path: &Path) -> Result<SizingFile, CliError> {
    let wrong = |problem: String| CliError::usage(format!("{}: {problem}", path.display()));
    let text = read_text_bounded(path, LARGEST_FILE).map_err(|e| wrong(format!("cannot be read: {e}")))?;
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(wrong("is empty: it needs sizings as JSON, as CSV or as `.param` lines".to_owned()));
    }
    let is_json = text.trim_start().starts_with(['{', '[']);
    let read = match is_json {
        true => from_json(circuit, text),
        false if is_netlist(text) => from_param(circuit, text),
        false => from_csv(circuit, text),
    };
    let file = read.map_err(wrong)?;
    match file.entries.len() {
        0 => Err(wrong("holds no sizing".to_owned())),
        n if n > MOST_SIZINGS => Err(wrong(format!("holds {n} sizings: at most {MOST_SIZINGS} are taken"))),
        _ => Ok(file),
    }
}

/// The sizing of a row, counted from 1, which is legal.
///
/// # Errors
/// [`CliError::Usage`] where there is no such row, or names the parameter that is not legal.
pub(super) fn legal_row<'a>(
    circuit: &Circuit,
    file: &'a SizingFile,
    path: &Path,
    row: usize,
) -> Result<&'a GivenSizing, CliError> {
    let (path, count) = (path.display(), file.entries.len());
    let Some(entry) = row.checked_sub(1).and_then(|i| file.entries.get(i)) else {
        return Err(CliError::usage(format!("--row {row}: {path} holds {count} sizings, numbered from 1")));
    };
    let wrong = |e| CliError::usage(format!("{path}, sizing {row}: {e}"));
    entry.sizing.check(circuit).map_err(wrong)?;
    Ok(entry)
}

fn from_json(circuit: &Circuit, text: &str) -> Result<SizingFile, String> {
    let value: Value = serde_json::from_str(text)
        .map_err(|e| format!("is not JSON: {}", shortened(&e.to_string(), LONGEST_ECHO)))?;
    if let Some(name) = value.get("circuit").and_then(Value::as_str)
        && name != circuit.name
    {
        let name = shortened(name, LONGEST_ECHO);
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
    let text_of = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    Ok(SizingFile {
        entries: entries
            .iter()
            .enumerate()
            .map(|(i, e)| entry(circuit, e).map_err(|problem| format!("sizing {}: {problem}", i + 1)))
            .collect::<Result<_, String>>()?,
        specification: specification(circuit, &value)?,
        model: text_of("model"),
        seed: value.get("seed").and_then(Value::as_u64),
        simulator: text_of("simulator"),
    })
}

fn entry(circuit: &Circuit, value: &Value) -> Result<GivenSizing, String> {
    let sizing = Sizing::from_names(circuit, &numbers(value.get("parameters").unwrap_or(value))?)
        .map_err(|e| e.to_string())?;
    let performance = |key: &str| match value.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(named) => {
            let named = numbers(named)?;
            let one = |m: &crate::circuit::Metric| {
                named.get(&m.name).copied().ok_or_else(|| format!("`{key}` lacks {}", m.name))
            };
            circuit.metrics.iter().map(one).collect::<Result<Vec<_>, _>>().map(|v| Some(Performance(v)))
        }
    };
    Ok(GivenSizing {
        simulated: performance("simulated")?,
        predicted: performance("predicted")?,
        sizing: as_legal(circuit, sizing),
    })
}

fn numbers(value: &Value) -> Result<BTreeMap<String, f64>, String> {
    let object = value.as_object().ok_or("is not an object of values")?;
    let one = |(name, value): (&String, &Value)| {
        let number = value.as_f64().ok_or_else(|| {
            let (name, value) = (shortened(name, LONGEST_ECHO), shortened(&value.to_string(), LONGEST_ECHO));
            format!("{name} = {value} is not a number")
        })?;
        Ok((name.clone(), number))
    };
    object.iter().map(one).collect()
}

fn specification(circuit: &Circuit, value: &Value) -> Result<Option<Specification>, String> {
    let Some(bounds) = value.get("specs").and_then(Value::as_array).filter(|b| !b.is_empty()) else {
        return Ok(None);
    };
    let one = |bound: &Value| {
        let text = |key: &str| bound.get(key).and_then(Value::as_str);
        let (metric, sense) = text("metric").zip(text("sense"))?;
        Some(format!("{metric}{sense}{:e}", bound.get("value")?.as_f64()?))
    };
    let texts = bounds.iter().map(one).collect::<Option<Vec<String>>>();
    let texts = texts.ok_or("an entry of `specs` lacks its metric, sense or value")?;
    Specification::parse(circuit, &texts).map(Some).map_err(|e| format!("specs: {e}"))
}

fn from_param(circuit: &Circuit, text: &str) -> Result<SizingFile, String> {
    let sizing = as_legal(circuit, from_netlist(circuit, text)?);
    let entries = vec![GivenSizing { sizing, simulated: None, predicted: None }];
    Ok(SizingFile { entries, ..SizingFile::default() })
}

/// A legal value has one float: a number that was read or put into another unit may be one in the last place off.
fn as_legal(circuit: &Circuit, sizing: Sizing) -> Sizing {
    if sizing.check(circuit).is_ok() { sizing.snapped(circuit) } else { sizing }
}

fn from_csv(circuit: &Circuit, text: &str) -> Result<SizingFile, String> {
    let mut reader =
        csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| shortened(&e.to_string(), LONGEST_ECHO))?.clone();
    let mut places = Vec::with_capacity(circuit.parameters.len());
    for parameter in &circuit.parameters {
        let place = header.iter().position(|head| split_column(head).0 == parameter.name);
        let place = place.ok_or_else(|| format!("the column `{}` is missing", parameter.name))?;
        let unit = split_column(&header[place]).1;
        if let Some(unit) = unit.filter(|unit| !is_unit(unit, parameter.unit)) {
            let needed = parameter.unit.symbol();
            let unit = shortened(unit, LONGEST_ECHO);
            return Err(format!("the column `{}` is in `{unit}`, but `{needed}` is needed", parameter.name));
        }
        places.push(place);
    }
    let mut file = SizingFile::default();
    for record in reader.records() {
        let record = record.map_err(|e| shortened(&e.to_string(), LONGEST_ECHO))?;
        let line = record.position().map_or(0, csv::Position::line);
        let value = |(parameter, &place): (&crate::circuit::Parameter, &usize)| {
            let text = record.get(place).unwrap_or_default();
            let number = text.parse::<f64>();
            number.map_err(|_| {
                let text = shortened(text, LONGEST_ECHO);
                format!("line {line}, column `{}`: `{text}` is not a number", parameter.name)
            })
        };
        let values: Result<Vec<f64>, String> = circuit.parameters.iter().zip(&places).map(value).collect();
        file.entries.push(GivenSizing { sizing: Sizing(values?), simulated: None, predicted: None });
    }
    Ok(file)
}
