//! Datasets as CSV files.
//!
//! On top `# key: value` lines say where the rows come from; then a header, a column a parameter
//! and a metric in any order, each `name` or `name [unit]`; then the rows in SI units without
//! prefixes. Numbers are written so that they read back bit for bit. Nothing is repaired: a header
//! that does not fit refuses the file, a value that does not fit refuses its row, by line and
//! column. The cell of a metric that could not be measured is empty. The file is streamed; a line break may be LF or CRLF, a byte-order mark is skipped.

use super::lines::{Lines, too_long};
use super::{Dataset, Provenance, Row};
use crate::circuit::{
    Circuit, Performance, Sizing, SizingError, Unit, column, format_number, format_quantity, is_unit,
    shortened, split_column,
};
use crate::files::{WriteError, open_bounded, write_atomically};
use csv::ByteRecord;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

/// A file with more rows is refused rather than filling the memory.
pub const MOST_ROWS: usize = 5_000_000;
/// A larger file is refused before it is read: [`MOST_ROWS`] rows of a large circuit fit.
const LARGEST_FILE: u64 = 8 << 30;
/// A longer line is no row and no header of ours: the bound keeps a row from filling the memory.
const LONGEST_LINE: usize = 1 << 20;
/// A file with more rows that are refused is none of the circuit's.
const MOST_REFUSED: usize = 100_000;
/// More lines on top of a file are not kept.
const MOST_COMMENTS: usize = 10_000;
/// More of a value, or of a list of columns, is not echoed.
const LONGEST_ECHO: usize = 80;
const LONGEST_LIST: usize = 400;

/// What a file held.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The rows that are sound.
    pub dataset: Dataset,
    /// The rows that are not, in the file's order.
    pub refused: Vec<RowError>,
}

impl Loaded {
    /// Says how many rows of `file` are left out, and why the first is; `None` if all are sound.
    pub fn left_out(&self, file: &Path) -> Option<String> {
        let (first, count) = (self.refused.first()?, self.refused.len());
        let all = count + self.dataset.rows.len();
        Some(format!(
            "{}: {count} of {all} rows are left out, the first at {first}; see `sizewright dataset check`",
            file.display()
        ))
    }
}

/// Why a row was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("line {line}{}: {problem}", column.as_ref().map(|c| format!(", column `{c}`")).unwrap_or_default())]
pub struct RowError {
    /// The line in the file, from 1.
    pub line: u64,
    /// The column's name, where one is to blame.
    pub column: Option<String>,
    /// The value found there, as written.
    pub value: String,
    /// What is wrong with it and what would do.
    pub problem: String,
}

/// Why a whole file was refused.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// There is no header.
    #[error("{}: the file is empty: the first line must name the columns, such as `{example}`", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// A header that would do.
        example: String,
    },
    /// The header does not fit the circuit.
    #[error("{}:{line}: {problem}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// The header's line, from 1.
        line: u64,
        /// What is wrong with it and what would do.
        problem: String,
    },
    /// The circuit's own rows lie outside its folder.
    #[error(
        "{}: the rows lie outside the circuit's folder and are not read unasked: copy them into the folder, name them on the command line, or allow the folder with `--trust`",
        path.display()
    )]
    Outside {
        /// The file.
        path: PathBuf,
    },
    /// Hardly any row is sound.
    #[error("{}: more than {MOST_REFUSED} rows are refused, the first at {first}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// The first of them.
        first: RowError,
    },
    /// There are too many rows.
    #[error("{}: more than {MOST_ROWS} rows: split the file", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
}

/// Reads a dataset of `circuit`.
///
/// # Errors
/// [`CsvError`] where the whole file is refused; a row's error is in [`Loaded::refused`].
pub fn read(circuit: &Circuit, path: &Path) -> Result<Loaded, CsvError> {
    if circuit.outside_of("dataset").is_some() && path == circuit.dataset {
        return Err(CsvError::Outside { path: path.to_owned() });
    }
    let file = open_bounded(path, LARGEST_FILE)
        .map_err(|source| CsvError::Read { path: path.to_owned(), source })?;
    read_from(circuit, file.take(LARGEST_FILE), path)
}

/// As [`read`], from anything readable; `path` is for the messages.
///
/// # Errors
/// As [`read`].
pub fn read_from(circuit: &Circuit, input: impl Read, path: &Path) -> Result<Loaded, CsvError> {
    let failed = |source| CsvError::Read { path: path.to_owned(), source };
    let mut input = BufReader::new(input);
    let mut provenance = Provenance::default();
    let mut lines_before = 0;
    let header = loop {
        let mut line = Vec::new();
        input.by_ref().take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut line).map_err(failed)?;
        if line.len() > LONGEST_LINE {
            return Err(failed(too_long(LONGEST_LINE)));
        }
        let bytes =
            if lines_before == 0 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line) } else { &line };
        if bytes.is_empty() {
            let example = header_cells(circuit).join(",");
            return Err(CsvError::Empty { path: path.to_owned(), example });
        }
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim();
        if let Some(comment) = text.strip_prefix('#') {
            let comment = comment.trim();
            let (key, value) = comment.split_once(": ").unwrap_or(("note", comment));
            if provenance.0.len() < MOST_COMMENTS {
                provenance.push(key.trim(), value.trim());
            }
        } else if !text.is_empty() {
            break bytes.to_vec();
        }
        lines_before += 1;
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(Lines::new(Cursor::new(header).chain(input), LONGEST_LINE));
    let csv_failed = |e: csv::Error| CsvError::Read { path: path.to_owned(), source: e.into() };
    let mut record = ByteRecord::new();
    reader.read_byte_record(&mut record).map_err(csv_failed)?;
    let columns = columns(circuit, &record).map_err(|problem| CsvError::Header {
        path: path.to_owned(),
        line: lines_before + 1,
        problem,
    })?;
    let takes_outside = provenance.takes_outside();
    let mut loaded = Loaded { dataset: Dataset { provenance, ..Dataset::default() }, refused: Vec::new() };
    while reader.read_byte_record(&mut record).map_err(csv_failed)? {
        let Dataset { rows, gaps, outside, .. } = &loaded.dataset;
        if rows.len() + gaps.len() + outside.len() + loaded.refused.len() >= MOST_ROWS {
            return Err(CsvError::TooLong { path: path.to_owned() });
        }
        let line = lines_before + record.position().map_or(0, csv::Position::line);
        match row(circuit, &columns, &record, takes_outside) {
            Ok(row) if row.performance.illegal(circuit).is_some() && !row.has_gaps() => {
                loaded.dataset.outside.push(row);
            }
            Ok(row) if row.has_gaps() => loaded.dataset.gaps.push(row),
            Ok(row) => loaded.dataset.rows.push(row),
            Err(Bad { column, value, problem }) => {
                let value = shortened(&value, LONGEST_ECHO);
                loaded.refused.push(RowError { line, column, value, problem });
                if loaded.refused.len() > MOST_REFUSED {
                    let first = loaded.refused.swap_remove(0);
                    return Err(CsvError::Refused { path: path.to_owned(), first });
                }
            }
        }
    }
    Ok(loaded)
}

/// The parameters, then the metrics: name and unit of every column in a file of ours.
fn expected(circuit: &Circuit) -> Vec<(&str, Unit)> {
    let parameters = circuit.parameters.iter().map(|p| (p.name.as_str(), p.unit));
    parameters.chain(circuit.metrics.iter().map(|m| (m.name.as_str(), m.unit))).collect()
}

fn header_cells(circuit: &Circuit) -> Vec<String> {
    expected(circuit).into_iter().map(|(name, unit)| column(name, unit)).collect()
}

/// For each column of the file its place in [`expected`].
fn columns(circuit: &Circuit, header: &ByteRecord) -> Result<Vec<usize>, String> {
    let expected = expected(circuit);
    let known = || {
        let names = expected.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        shortened(&names, LONGEST_LIST)
    };
    let mut places = Vec::with_capacity(expected.len());
    for cell in header {
        let cell = String::from_utf8_lossy(cell);
        let (name, unit) = split_column(&cell);
        let place = expected.iter().position(|(n, _)| *n == name).ok_or_else(|| {
            let name = shortened(name, LONGEST_ECHO);
            format!("`{name}` is not a column of {}: it has {}; remove the column", circuit.name, known())
        })?;
        if places.contains(&place) {
            return Err(format!("the column `{name}` occurs twice: keep one"));
        }
        let needed = expected[place].1;
        if let Some(unit) = unit.filter(|unit| !is_unit(unit, needed)) {
            let needed = if needed == Unit::One { "a plain number" } else { needed.symbol() };
            let unit = shortened(unit, LONGEST_ECHO);
            return Err(format!(
                "the column `{name}` is in `{unit}`, but {needed} is needed: convert its values"
            ));
        }
        places.push(place);
    }
    if let Some(missing) = (0..expected.len()).find(|place| !places.contains(place)) {
        let name = expected[missing].0;
        return Err(format!("the column `{name}` is missing: {} needs {}", circuit.name, known()));
    }
    Ok(places)
}

struct Bad {
    column: Option<String>,
    value: String,
    problem: String,
}

fn row(circuit: &Circuit, columns: &[usize], record: &ByteRecord, takes_outside: bool) -> Result<Row, Bad> {
    let expected = expected(circuit);
    if record.len() != columns.len() {
        return Err(Bad {
            column: None,
            value: record.len().to_string(),
            problem: format!(
                "there are {} fields, but the header names {}: write one value a column",
                record.len(),
                columns.len()
            ),
        });
    }
    let mut values = vec![0.0; columns.len()];
    let mut texts = vec![String::new(); columns.len()];
    for (&place, field) in columns.iter().zip(record) {
        let (name, unit) = expected[place];
        let text = String::from_utf8_lossy(field).into_owned();
        // a metric that could not be measured is a gap, a parameter must be there
        let gap = text.is_empty() && place >= circuit.parameters.len();
        values[place] = if gap { Ok(f64::NAN) } else { number(&text, unit) }.map_err(|problem| Bad {
            column: Some(name.to_owned()),
            value: text.clone(),
            problem,
        })?;
        texts[place] = text;
    }
    let bad = |place: usize, problem: String| Bad {
        column: Some(expected[place].0.to_owned()),
        value: texts[place].clone(),
        problem,
    };
    let metrics = values.split_off(circuit.parameters.len());
    let sizing = Sizing(values);
    sizing.check(circuit).map_err(|e| {
        let name = match &e {
            SizingError::NotFinite { name, .. }
            | SizingError::OutOfRange { name, .. }
            | SizingError::OffGrid { name, .. } => name.clone(),
            _ => String::new(),
        };
        bad(circuit.parameter_index(&name).unwrap_or(0), format!("{e}: measure a legal sizing instead"))
    })?;
    let performance = Performance(metrics);
    if performance.0.iter().all(|value| value.is_nan()) {
        let problem = "no metric has a value: leave the row out".to_owned();
        return Err(Bad { column: None, value: String::new(), problem });
    }
    let takes_outside = takes_outside && performance.0.iter().all(|value| value.is_finite());
    for (i, (metric, &value)) in circuit.metrics.iter().zip(&performance.0).enumerate() {
        if !(value.is_nan() || metric.is_legal(value) || takes_outside && metric.is_nearly_legal(value)) {
            let show = |v| format_quantity(v, metric.unit, 4);
            let problem = format!(
                "{} = {} is outside the legal {} … {}: leave the row out, or widen `legal` in circuit.ron",
                metric.name,
                show(value),
                show(metric.legal.0),
                show(metric.legal.1)
            );
            return Err(bad(circuit.parameters.len() + i, problem));
        }
    }
    Ok(Row { sizing, performance })
}

fn number(text: &str, unit: Unit) -> Result<f64, String> {
    if text.is_empty() {
        return Err("the value is missing: write a number".to_owned());
    }
    let example = match unit {
        Unit::One => "a plain number, such as `4`".to_owned(),
        _ => format!("a plain number in {}, without prefix or unit, such as `2.7e-8`", unit.symbol()),
    };
    let echo = || shortened(text, LONGEST_ECHO);
    let value: f64 = text.parse().map_err(|_| format!("`{}` is not a number: write {example}", echo()))?;
    if value.is_finite() {
        Ok(value)
    } else {
        Err(format!("`{}` is not a finite number: write {example}", echo()))
    }
}

/// The file's text.
pub fn to_csv(circuit: &Circuit, dataset: &Dataset) -> String {
    let mut text = String::new();
    for (key, value) in &dataset.provenance.0 {
        let value = value.replace(['\n', '\r'], " ");
        text.push_str(&format!("# {key}: {value}\n"));
    }
    text.push_str(&header_cells(circuit).join(","));
    text.push('\n');
    for row in dataset.rows.iter().chain(&dataset.gaps).chain(&dataset.outside) {
        let cell = |&v: &f64| if v.is_nan() { String::new() } else { format_number(v) };
        let cells: Vec<String> = row.sizing.0.iter().chain(&row.performance.0).map(cell).collect();
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

/// Writes the file, whole or not at all.
///
/// # Errors
/// [`WriteError`] names the path and the system's reason.
pub fn write(circuit: &Circuit, dataset: &Dataset, path: &Path) -> Result<(), WriteError> {
    write_atomically(path, to_csv(circuit, dataset).as_bytes())
}

#[cfg(test)]
mod tests;
