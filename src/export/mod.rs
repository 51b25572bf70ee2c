//! A sizing as a file that other tools read: `.param` lines for the SPICE dialects, `parameters`
//! for Spectre, CSV and JSON.
//!
//! Every file says on top which circuit and specification it is for, what was measured or
//! predicted, who judged it, by which model, with which seed and when. Values are in SI units
//! without prefixes and read back bit for bit. The netlist formats use the circuit's export names;
//! CSV and JSON keep the circuit's own names, so that `sizewright` reads them back. Netlist files
//! are plain ASCII: not every simulator reads more.

use crate::circuit::{Circuit, Performance, Sizing, Specification, Unit, format_quantity};
use crate::files::{WriteError, write_atomically};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::SystemTime;

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// ngspice: a file to stand in place of `sizing.param`.
    Ngspice,
    /// HSPICE.
    Hspice,
    /// LTspice.
    Ltspice,
    /// Xyce.
    Xyce,
    /// Spectre.
    Spectre,
    /// A header and one row.
    Csv,
    /// The shape of `sizewright sample --json` with one sizing.
    Json,
}

/// All formats, in the order in which they are offered.
pub const FORMATS: [Format; 7] = [
    Format::Ngspice,
    Format::Hspice,
    Format::Ltspice,
    Format::Xyce,
    Format::Spectre,
    Format::Csv,
    Format::Json,
];

impl Format {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Ngspice => "ngspice",
            Format::Hspice => "hspice",
            Format::Ltspice => "ltspice",
            Format::Xyce => "xyce",
            Format::Spectre => "spectre",
            Format::Csv => "csv",
            Format::Json => "json",
        }
    }

    /// The usual extension of such a file, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Ngspice | Format::Ltspice => "param",
            Format::Hspice | Format::Xyce => "inc",
            Format::Spectre => "scs",
            Format::Csv => "csv",
            Format::Json => "json",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Format, String> {
        FORMATS.into_iter().find(|f| f.name() == name).ok_or_else(|| {
            let all = FORMATS.map(Format::name).join(", ");
            format!("there is no format `{name}`: choose one of {all}")
        })
    }
}

/// Who says what the sizing performs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judge {
    /// SPICE measured it; the simulator, such as `ngspice-39`.
    Simulated(String),
    /// The performance model predicted it; SPICE was not asked.
    Predicted,
    /// Nobody.
    None,
}

impl Judge {
    /// What is exported of a performance and of the simulator that measured it; without one it was predicted.
    pub fn of(word: Option<(&Performance, Option<&str>)>) -> (Option<Performance>, Judge) {
        match word {
            Some((performance, Some(simulator))) => {
                (Some(performance.clone()), Judge::Simulated(simulator.to_owned()))
            }
            Some((performance, None)) => (Some(performance.clone()), Judge::Predicted),
            None => (None, Judge::None),
        }
    }
}

/// What is exported.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportRecord {
    /// The sizing, legal.
    pub sizing: Sizing,
    /// What it was to meet.
    pub specification: Option<Specification>,
    /// What it performs, by the judge's word.
    pub performance: Option<Performance>,
    /// Who judged.
    pub judged: Judge,
    /// The model that proposed it.
    pub model: Option<String>,
    /// The seed it was proposed with.
    pub seed: Option<u64>,
    /// When, such as [`now`].
    pub date: String,
}

/// The file's text.
pub fn export(circuit: &Circuit, record: &ExportRecord, format: Format) -> String {
    match format {
        Format::Ngspice | Format::Hspice | Format::Ltspice | Format::Xyce => {
            let line = |name: &str, value: f64| format!(".param {name}={}\n", number(value));
            netlist(circuit, record, "*", "", line)
        }
        Format::Spectre => {
            let line = |name: &str, value: f64| format!("parameters {name}={}\n", number(value));
            netlist(circuit, record, "//", "simulator lang=spectre\n", line)
        }
        Format::Csv => csv(circuit, record),
        Format::Json => json(circuit, record),
    }
}

/// Writes the file, whole or not at all.
///
/// # Errors
/// [`WriteError`] names the path and the system's reason.
pub fn save(circuit: &Circuit, record: &ExportRecord, format: Format, path: &Path) -> Result<(), WriteError> {
    write_atomically(path, export(circuit, record, format).as_bytes())
}

/// The present time, such as `2026-11-22 23:10:29 UTC`.
pub fn now() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    date(since.as_secs())
}

/// Seconds since 1970 as a date (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn date(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{:02} UTC", second % 60)
}

/// The shortest text that reads back as the same number; no dialect takes it for a prefix.
fn number(value: f64) -> String {
    if value != 0.0 && !(1e-3..1e7).contains(&value.abs()) {
        format!("{value:e}")
    } else {
        format!("{value}")
    }
}

fn netlist(
    circuit: &Circuit,
    record: &ExportRecord,
    comment: &str,
    opening: &str,
    line: impl Fn(&str, f64) -> String,
) -> String {
    let mut text: String =
        header(circuit, record).iter().map(|l| format!("{comment} {}\n", ascii(l))).collect();
    text += opening;
    for (parameter, &value) in circuit.parameters.iter().zip(&record.sizing.0) {
        text += &line(circuit.export_name(&parameter.name), value);
    }
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
        let one = |(m, &v): (&crate::circuit::Metric, &f64)| {
            format!("{} = {}", m.name, format_quantity(v, m.unit, 5))
        };
        circuit.metrics.iter().zip(&p.0).map(one).collect::<Vec<_>>().join(", ")
    });
    lines.push(match (&record.judged, values) {
        (Judge::Simulated(by), Some(values)) => format!("measured by SPICE ({by}): {values}"),
        (Judge::Predicted, Some(values)) => format!("predicted by a model, not simulated: {values}"),
        _ => "performance: not judged".to_owned(),
    });
    if let (Some(s), Some(p), Judge::Simulated(_)) =
        (&record.specification, &record.performance, &record.judged)
    {
        let verdict = if s.met_by(p) { "meets every bound" } else { "does not meet every bound" };
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

fn csv(circuit: &Circuit, record: &ExportRecord) -> String {
    let mut text: String = header(circuit, record).iter().map(|l| format!("# {}\n", ascii(l))).collect();
    let cell = |name: &str, unit: Unit| match unit {
        Unit::One => name.to_owned(),
        _ => format!("{name} [{}]", unit.symbol()),
    };
    let mut names: Vec<String> = circuit.parameters.iter().map(|p| cell(&p.name, p.unit)).collect();
    let mut values: Vec<String> = record.sizing.0.iter().map(|&v| number(v)).collect();
    // a prediction must not be taken for a measurement: only what SPICE said becomes columns
    if let (Some(performance), Judge::Simulated(_)) = (&record.performance, &record.judged) {
        names.extend(circuit.metrics.iter().map(|m| cell(&m.name, m.unit)));
        values.extend(performance.0.iter().map(|&v| number(v)));
    }
    text += &format!("{}\n{}\n", names.join(","), values.join(","));
    text
}

fn json(circuit: &Circuit, record: &ExportRecord) -> String {
    let specs: Vec<serde_json::Value> = record
        .specification
        .iter()
        .flat_map(|s| &s.bounds)
        .map(|b| {
            let m = &circuit.metrics[b.metric];
            json!({ "metric": m.name, "sense": b.sense.symbol(), "value": b.value, "unit": m.unit })
        })
        .collect();
    let values = record.performance.as_ref().map(|p| p.by_name(circuit));
    let (simulated, predicted, simulator) = match &record.judged {
        Judge::Simulated(by) => (values, None, Some(by)),
        Judge::Predicted => (None, values, None),
        Judge::None => (None, None, None),
    };
    let feasible = match (&record.specification, &record.performance, &record.judged) {
        (Some(s), Some(p), Judge::Simulated(_)) => Some(s.met_by(p)),
        _ => None,
    };
    let value = json!({
        "circuit": circuit.name, "model": record.model, "seed": record.seed, "date": record.date,
        "simulator": simulator, "specs": specs,
        "sizings": [{
            "parameters": record.sizing.by_name(circuit),
            "predicted": predicted, "simulated": simulated, "error": null, "feasible": feasible,
        }],
    });
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(circuit: &Circuit, judged: Judge) -> ExportRecord {
        let at = |p: &crate::circuit::Parameter| p.snap(p.from_unit_interval(0.37));
        ExportRecord {
            sizing: Sizing(circuit.parameters.iter().map(at).collect()),
            specification: Some(circuit.specifications[0].specification.clone()),
            performance: Some(Performance(vec![26e-9, 5e-6, 31.0, 1600.0])),
            judged,
            model: Some("ota1.model".to_owned()),
            seed: Some(7),
            date: date(1_795_389_029),
        }
    }

    #[test]
    fn dates_are_right() {
        assert_eq!(date(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(date(951_827_696), "2000-02-29 12:34:56 UTC");
        assert_eq!(date(1_795_389_029), "2026-11-22 23:10:29 UTC");
    }

    #[test]
    fn every_netlist_holds_every_value_under_its_export_name() {
        let mut circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        circuit.export_names.push(("VB".to_owned(), "vbias".to_owned()));
        let record = record(&circuit, Judge::Simulated("ngspice-39".to_owned()));
        for format in [Format::Ngspice, Format::Hspice, Format::Ltspice, Format::Xyce, Format::Spectre] {
            let text = export(&circuit, &record, format);
            assert!(text.is_ascii(), "{text}");
            let keyword = if format == Format::Spectre { "parameters " } else { ".param " };
            let read: Vec<(String, f64)> = text
                .lines()
                .filter_map(|l| l.strip_prefix(keyword)?.split_once('='))
                .map(|(name, value)| (name.to_owned(), value.parse().expect("a number")))
                .collect();
            let expected = circuit.parameters.iter().map(|p| circuit.export_name(&p.name).to_owned());
            let expected: Vec<(String, f64)> = expected.zip(record.sizing.0.iter().copied()).collect();
            assert_eq!(read, expected, "{format}");
            for part in
                ["ota1", "power <= 27 nW", "measured by SPICE (ngspice-39): power = 26 nW", "meets every"]
            {
                assert!(text.contains(part), "{format} lacks {part}: {text}");
            }
            assert!(text.contains("seed: 7") && text.contains("2026-11-22") && text.contains("ota1.model"));
        }
    }

    #[test]
    fn a_prediction_is_never_written_as_a_measurement() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let record = record(&circuit, Judge::Predicted);
        for format in FORMATS {
            let text = export(&circuit, &record, format);
            assert!(!text.contains("measured") && !text.contains("meets"), "{text}");
        }
        let text = export(&circuit, &record, Format::Json);
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert!(value["sizings"][0]["simulated"].is_null() && value["sizings"][0]["feasible"].is_null());
        assert_eq!(value["sizings"][0]["predicted"]["gain"], 31.0);
        assert!(!export(&circuit, &record, Format::Csv).contains("power [W]"));
    }

    #[test]
    fn an_unknown_format_lists_the_known_ones() {
        let message = "pspice".parse::<Format>().expect_err("unknown");
        assert!(message.contains("pspice") && message.contains("spectre"), "{message}");
    }
}
