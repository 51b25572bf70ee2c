//! Rows from tables that others wrote: any delimiter, decimal commas, units in the heads, columns in any order and with
//! others between them; and from the results that `sizewright simulate --json` writes. What comes out is a table of ours,
//! to be read and checked as one.

use super::to_csv;
use super::{Dataset, Row};
use crate::circuit::{Circuit, Performance, Sizing, Unit, parse_quantity, shortened};
use serde_json::Value;

/// More of a text is not echoed.
const LONGEST_ECHO: usize = 60;

/// A column of the foreign table, and what it is taken for.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnMap {
    /// The head of the column, or its name without the unit; empty of a metric that the table lacks.
    pub column: String,
    /// The parameter or metric.
    pub name: String,
    /// The unit of the values with its prefix, such as `um`; by the head where there is none.
    pub unit: Option<String>,
}

impl ColumnMap {
    /// Reads `COLUMN=NAME` or `COLUMN=NAME:UNIT`.
    ///
    /// # Errors
    /// What would do.
    pub fn parse(text: &str) -> Result<ColumnMap, String> {
        let (column, rest) = text
            .rsplit_once('=')
            .filter(|(column, name)| !column.trim().is_empty() && !name.trim().is_empty())
            .ok_or_else(|| {
                format!("`{}`: write COLUMN=NAME or COLUMN=NAME:UNIT", shortened(text, LONGEST_ECHO))
            })?;
        let (name, unit) = match rest.split_once(':') {
            Some((name, unit)) => (name, Some(unit.trim().to_owned())),
            None => (rest, None),
        };
        Ok(ColumnMap { column: column.trim().to_owned(), name: name.trim().to_owned(), unit })
    }

    /// A metric that the table lacks: the rows have gaps there.
    pub fn gap(name: &str) -> ColumnMap {
        ColumnMap { column: String::new(), name: name.trim().to_owned(), unit: None }
    }
}

/// A foreign table as one of ours.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// Our text.
    pub csv: String,
    /// Of each parameter and metric, in order, the column that it was taken from and the factor to its plain unit; `None` of
    /// a metric that the table lacks.
    pub taken: Vec<Option<(String, f64)>>,
    /// The columns that were not taken.
    pub left_out: Vec<String>,
    /// Rows that a result says were not measured.
    pub unmeasured: usize,
}

/// Reads a table, or a JSON result with its `sizings`.
///
/// # Errors
/// What is missing and what would do.
pub fn import(circuit: &Circuit, text: &str, maps: &[ColumnMap]) -> Result<Imported, String> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with(['{', '[']) {
        return of_results(circuit, text);
    }
    of_table(circuit, text, maps)
}

/// The columns of a foreign table, and which is taken for what by its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// The heads; none of a result, whose names are the circuit's.
    pub heads: Vec<String>,
    /// Of each parameter and metric, in order, the place of its column, if one has its name.
    pub columns: Vec<Option<usize>>,
}

/// Looks at the heads of a table, or finds that it is a result.
///
/// # Errors
/// There is no table.
pub(super) fn guess(circuit: &Circuit, text: &str) -> Result<Guess, String> {
    let text = text.trim_start_matches('\u{feff}');
    let wanted = wanted(circuit);
    if text.trim_start().starts_with(['{', '[']) {
        return Ok(Guess { heads: Vec::new(), columns: vec![None; wanted.len()] });
    }
    let heads = table(text)?.1;
    let columns = wanted.iter().map(|wanted| wanted.place(&heads, None));
    Ok(Guess { columns: columns.collect(), heads })
}

/// A parameter or metric that a column is looked for.
struct Wanted<'a> {
    name: &'a str,
    unit: Unit,
    /// Of a metric, by which a column may be called too.
    title: Option<&'a str>,
}

/// Parameters and metrics.
fn wanted(circuit: &Circuit) -> Vec<Wanted<'_>> {
    let parameters = circuit.parameters.iter().map(|p| Wanted { name: &p.name, unit: p.unit, title: None });
    let metrics = circuit.metrics.iter();
    parameters.chain(metrics.map(|m| Wanted { name: &m.name, unit: m.unit, title: Some(&m.title) })).collect()
}

impl Wanted<'_> {
    /// The place of its column: the one that a map names, else one of its name, else one of its title.
    fn place(&self, heads: &[String], map: Option<&ColumnMap>) -> Option<usize> {
        let is = |head: &str, wanted: &str| head == wanted || parted(head).0 == wanted;
        let is_loosely = |head: &str, wanted: &str| {
            head.eq_ignore_ascii_case(wanted) || parted(head).0.eq_ignore_ascii_case(wanted)
        };
        let of = |fits: &dyn Fn(&str) -> bool| heads.iter().position(|head| fits(head));
        if let Some(map) = map {
            return of(&|head| is(head, &map.column));
        }
        of(&|head| is(head, self.name))
            .or_else(|| of(&|head| is_loosely(head, self.name)))
            .or_else(|| self.title.and_then(|title| of(&|head| is_loosely(head, title))))
    }
}

/// A foreign table: a reader of its rows, its heads and its delimiter.
type Table = (csv::Reader<std::io::Cursor<String>>, Vec<String>, char);

fn table(text: &str) -> Result<Table, String> {
    let is_row = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
    let body: Vec<&str> = text.lines().filter(is_row).collect();
    let head = body.first().ok_or("the file has no line of column names")?;
    let delimiter = delimiter(head);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter as u8)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(std::io::Cursor::new(body.join("\n")));
    let heads = reader.headers().map_err(|e| e.to_string())?.iter().map(str::to_owned).collect();
    Ok((reader, heads, delimiter))
}

/// The delimiter: the one of which the first line of the table has most.
fn delimiter(head: &str) -> char {
    let count = |c: &char| head.matches(*c).count();
    [',', ';', '\t'].into_iter().max_by_key(count).filter(|c| count(c) > 0).unwrap_or(',')
}

/// Name and unit of a head: `W1 [um]`, `W1 (um)`, `W1/um`, `W1`.
fn parted(head: &str) -> (&str, Option<&str>) {
    for (open, close) in [('[', ']'), ('(', ')')] {
        if let Some((name, rest)) = head.split_once(open)
            && let Some(unit) = rest.trim_end().strip_suffix(close)
        {
            return (name.trim(), Some(unit.trim()));
        }
    }
    (head.trim(), None)
}

fn of_table(circuit: &Circuit, text: &str, maps: &[ColumnMap]) -> Result<Imported, String> {
    let (mut reader, heads, delimiter) = table(text)?;
    let wanted = wanted(circuit);
    for map in maps {
        if !wanted.iter().any(|own| own.name == map.name) {
            let known: Vec<&str> = wanted.iter().map(|own| own.name).collect();
            let (name, all) = (shortened(&map.name, LONGEST_ECHO), known.join(", "));
            return Err(format!(
                "`{name}` is neither a parameter nor a metric of {}: it has {all}",
                circuit.name
            ));
        }
    }
    let columns = columns(&wanted, &heads, maps)?;
    let names = wanted.iter().map(|own| crate::circuit::column(own.name, own.unit));
    let mut lines = vec![names.collect::<Vec<_>>().join(",")];
    // where columns are parted by `;` or tabs a comma may be a decimal one
    let decimal_comma = delimiter != ',';
    for record in reader.records() {
        let record = record.map_err(|e| e.to_string())?;
        let cells = columns.iter().map(|column| {
            let Some((place, factor)) = column else { return String::new() };
            let cell = record.get(*place).unwrap_or_default();
            let plain = if decimal_comma { cell.replace(',', ".") } else { cell.to_owned() };
            // what is no number is left for the reading of our table to refuse, by line and column
            match plain.parse::<f64>() {
                Ok(value) if *factor != 1.0 => format!("{:e}", tidy(value * factor)),
                Ok(value) => format!("{value:e}"),
                Err(_) => plain.replace([',', '"', '\n'], " "),
            }
        });
        lines.push(cells.collect::<Vec<_>>().join(","));
    }
    let taken = columns.iter().map(|own| own.map(|(place, factor)| (heads[place].clone(), factor))).collect();
    let is_taken = |i: usize| columns.iter().flatten().any(|(place, _)| *place == i);
    let left_out = heads.iter().enumerate().filter(|(i, _)| !is_taken(*i));
    let left_out = left_out.map(|(_, head)| head.clone()).collect();
    Ok(Imported { csv: lines.join("\n") + "\n", taken, left_out, unmeasured: 0 })
}

/// 2.6 µm as 2.6e-6 rather than 2.5999999999999997e-6.
fn tidy(value: f64) -> f64 {
    format!("{value:.13e}").parse().unwrap_or(value)
}

/// Of each parameter and metric the place of its column and the factor to its plain unit; `None` where there is to be none.
///
/// # Errors
/// All that have no column, and what would do.
fn columns(
    wanted: &[Wanted<'_>],
    heads: &[String],
    maps: &[ColumnMap],
) -> Result<Vec<Option<(usize, f64)>>, String> {
    let mut columns = Vec::new();
    let mut missing: Vec<(&str, &Wanted<'_>)> = Vec::new();
    for own in wanted {
        let map = maps.iter().find(|map| map.name == own.name);
        if map.is_some_and(|map| map.column.is_empty()) {
            if own.title.is_none() {
                return Err(format!("`{}` is a parameter, which every row needs", own.name));
            }
            columns.push(None);
        } else if let Some(place) = own.place(heads, map) {
            columns.push(Some((place, factor(own.unit, &heads[place], map)?)));
        } else {
            missing.push((map.map_or(own.name, |map| &map.column), own));
        }
    }
    if let Some((_, first)) = missing.first() {
        let shown: Vec<String> = heads.iter().take(40).map(|head| shortened(head, LONGEST_ECHO)).collect();
        let names: Vec<String> =
            missing.iter().map(|(name, _)| format!("`{}`", shortened(name, LONGEST_ECHO))).collect();
        let metric = missing.iter().find(|(_, own)| own.title.is_some());
        let gap = metric.map(|(_, own)| format!(", or of a metric that it lacks --gap {}", own.name));
        let many = if missing.len() == 1 { "is no column" } else { "are no columns" };
        return Err(format!(
            "there {many} {}: it has {}; say which it is with --map 'COLUMN={}'{}",
            names.join(", "),
            shown.join(", "),
            first.name,
            gap.unwrap_or_default()
        ));
    }
    if wanted.iter().zip(&columns).all(|(own, column)| own.title.is_none() || column.is_none()) {
        return Err("no metric has a column: there is nothing to learn from".to_owned());
    }
    Ok(columns)
}

/// The factor from a column's values to the plain unit.
fn factor(unit: Unit, head: &str, map: Option<&ColumnMap>) -> Result<f64, String> {
    let written = map.and_then(|map| map.unit.clone()).or_else(|| parted(head).1.map(str::to_owned));
    match written.as_deref() {
        None | Some("" | "1" | "-") => Ok(1.0),
        Some(written) => {
            let quantity = parse_quantity(&format!("1{written}"), unit)
                .map_err(|e| format!("the column `{}`: {e}", shortened(head, LONGEST_ECHO)))?;
            Ok(quantity.value)
        }
    }
}

fn of_results(circuit: &Circuit, text: &str) -> Result<Imported, String> {
    let value: Value = serde_json::from_str(text).map_err(|e| format!("it is no JSON: {e}"))?;
    let entries = value.get("sizings").unwrap_or(&value).as_array();
    let entries =
        entries.ok_or("there is no list `sizings` in it, as `sizewright simulate --json` writes one")?;
    let mut dataset = Dataset::default();
    let mut unmeasured = 0;
    for (i, entry) in entries.iter().enumerate() {
        let numbers = |field: &str, names: Vec<&str>| -> Result<Option<Vec<f64>>, String> {
            let Some(object) = entry.get(field).filter(|v| !v.is_null()) else { return Ok(None) };
            let one = |name: &&str| {
                let value = object.get(name);
                // a metric that could not be measured
                if field == "simulated" && value.is_some_and(Value::is_null) {
                    return Ok(f64::NAN);
                }
                let number = value.and_then(Value::as_f64);
                number.ok_or_else(|| format!("sizings[{i}].{field}.{name} is no number"))
            };
            names.iter().map(one).collect::<Result<Vec<f64>, String>>().map(Some)
        };
        let sizing = numbers("parameters", circuit.parameters.iter().map(|p| p.name.as_str()).collect())?;
        let performance = numbers("simulated", circuit.metrics.iter().map(|m| m.name.as_str()).collect())?;
        match (sizing, performance) {
            (Some(sizing), Some(performance)) => {
                dataset.rows.push(Row { sizing: Sizing(sizing), performance: Performance(performance) });
            }
            (Some(_), None) => unmeasured += 1,
            (None, _) => return Err(format!("sizings[{i}] has no `parameters`")),
        }
    }
    let names = circuit.parameters.iter().map(|p| &p.name).chain(circuit.metrics.iter().map(|m| &m.name));
    let taken = names.map(|name| Some((name.clone(), 1.0))).collect();
    Ok(Imported { csv: to_csv(circuit, &dataset), taken, left_out: Vec::new(), unmeasured })
}

#[cfg(test)]
mod tests {
    use super::super::read_from;
    use super::*;
    use std::path::Path;

    fn rows(circuit: &Circuit, text: &str, maps: &[&str]) -> Result<(Dataset, Imported), String> {
        let maps: Vec<ColumnMap> = maps.iter().map(|m| ColumnMap::parse(m)).collect::<Result<_, _>>()?;
        let imported = import(circuit, text, &maps)?;
        let loaded =
            read_from(circuit, imported.csv.as_bytes(), Path::new("t.csv")).map_err(|e| e.to_string())?;
        assert!(loaded.refused.is_empty(), "{:?}", loaded.refused);
        Ok((loaded.dataset, imported))
    }

    /// One row of OTA1 in a foreign form: other order, other names, µm and nW, decimal commas.
    fn foreign() -> (String, String) {
        let head = "run;VDD;vb (mV);Wp [um];L1 (nm);NF1;W2 [um];L2 [um];NF2;W3 [um];L3 [um];NF3;W4 [um];L4 [um];NF4;P/nW;irn [uV];gain;bw (kHz);note";
        let row = "1;0,6;300;2,6;400;4;2,5;1,5;6;2;3,1;8;1,2;4;10;12,5;4,75;31,5;1,625;fine";
        (head.to_owned(), row.to_owned())
    }

    #[test]
    fn a_foreign_table_is_taken_with_its_units_and_commas() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let (head, row) = foreign();
        let text = format!("# from a colleague\n{head}\n{row}\n");
        let (dataset, imported) = rows(&circuit, &text, &["Wp=W1", "P/nW=power:nW"]).expect("a table");
        let row = &dataset.rows[0];
        let value = |name: &str| row.sizing.0[circuit.parameter_index(name).expect(name)];
        assert_eq!(
            (value("VDD"), value("VB"), value("W1"), value("L1"), value("NF3")),
            (0.6, 0.3, 2.6e-6, 0.4e-6, 8.0)
        );
        assert_eq!(row.performance.0, [12.5e-9, 4.75e-6, 31.5, 1625.0]);
        assert_eq!(imported.left_out, ["run", "note"]);
    }

    #[test]
    fn a_metric_may_be_a_gap_and_go_by_its_title() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let (head, row) = foreign();
        let titles: Vec<&str> = circuit.metrics.iter().map(|m| m.title.as_str()).collect();
        let head = head.replace(";gain;", &format!(";{};", titles[2]));
        let head = head.replace("bw (kHz)", &format!("{} (kHz)", titles[3].to_lowercase()));
        let text = format!("{head}\n{row}\n");
        let maps = [ColumnMap::parse("Wp=W1").expect("a map"), ColumnMap::gap("power")];
        let imported = import(&circuit, &text, &maps).expect("a table");
        let loaded =
            read_from(&circuit, imported.csv.as_bytes(), Path::new("t.csv")).expect("a table of ours");
        assert!(loaded.dataset.rows.is_empty() && loaded.refused.is_empty());
        let gap = &loaded.dataset.gaps[0].performance.0;
        assert!(gap[0].is_nan());
        assert_eq!(gap[1..], [4.75e-6, 31.5, 1625.0]);
        let taken = imported.taken.iter().filter(|taken| taken.is_none()).count();
        assert_eq!((taken, imported.left_out.len()), (1, 3), "{:?}", imported.left_out);
        for (gaps, expected) in
            [(vec!["W1"], "`W1` is a parameter"), (vec!["power", "irn", "gain", "bw"], "no metric has")]
        {
            let own = ColumnMap::parse("Wp=W1").expect("a map");
            let maps: Vec<ColumnMap> = gaps.iter().map(|name| ColumnMap::gap(name)).chain([own]).collect();
            assert!(import(&circuit, &text, &maps).expect_err(expected).contains(expected));
        }
    }

    #[test]
    fn what_is_missing_or_in_another_unit_is_said_with_a_remedy() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let (head, row) = foreign();
        let text = format!("{head}\n{row}\n");
        for (maps, expected) in [
            (vec!["P/nW=power:nW"], "there is no column `W1`"),
            (vec!["Wp=W1"], "--map 'COLUMN=power'"),
            (vec!["Wp=W1", "P/nW=power:nV"], "W is needed"),
            // all at once
            (vec![], "there are no columns `W1`, `power`: it has run, VDD"),
            (vec![], "--map 'COLUMN=W1', or of a metric that it lacks --gap power"),
            (vec!["Wp=W9"], "neither a parameter nor a metric"),
            (vec!["Wp"], "COLUMN=NAME"),
        ] {
            let said = rows(&circuit, &text, &maps).expect_err(expected);
            assert!(said.contains(expected), "{said}");
        }
        assert!(import(&circuit, "", &[]).is_err());
        assert!(import(&circuit, "{\"a\": 1}", &[]).expect_err("no list").contains("sizings"));
    }
}
