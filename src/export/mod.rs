//! A sizing as a file that other tools read: `.param` lines for the SPICE dialects, `parameters`
//! for Spectre, CSV and JSON.
//!
//! Every file says on top which circuit and specification it is for, what was measured or
//! predicted, who judged it, by which model, with which seed and when. Values are in SI units
//! without prefixes, in netlists in the units of the circuit's decks, and read back bit for bit. The netlist formats
//! use the circuit's export names and hold what is tied to the parameters too; CSV and JSON keep the circuit's own names, so that `sizewright` reads them back. Netlist files
//! are plain ASCII: not every simulator reads more.

mod date;
mod record;
mod result;
mod text;

pub use date::now;
pub use record::{ExportRecord, Judge};
pub use result::{measured_in_json, specification_in_json, with_verdict};

use crate::choice::choices;
use crate::circuit::{Circuit, format_number};
use crate::files::{WriteError, write_atomically};
use result::json;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;
use text::{csv, netlist};

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

choices!(Format, "format": Ngspice "ngspice", Hspice "hspice", Ltspice "ltspice", Xyce "xyce", Spectre "spectre", Csv "csv", Json "json");

impl Format {
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

/// The file's text.
pub fn export(circuit: &Circuit, record: &ExportRecord, format: Format) -> String {
    match format {
        Format::Ngspice | Format::Hspice | Format::Ltspice | Format::Xyce => {
            let line = |name: &str, value: f64| format!(".param {name}={}\n", format_number(value));
            netlist(circuit, record, "*", "", line)
        }
        Format::Spectre => {
            let line = |name: &str, value: f64| format!("parameters {name}={}\n", format_number(value));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::{Performance, Sizing};

    fn record(circuit: &Circuit, judged: Judge) -> ExportRecord {
        let at = |p: &crate::circuit::Parameter| p.snap(p.from_unit_interval(0.37));
        ExportRecord {
            sizing: Sizing(circuit.parameters.iter().map(at).collect()),
            specification: Some(circuit.specifications[0].specification.clone()),
            performance: Some(Performance(vec![26e-9, 5e-6, 31.0, 1600.0])),
            judged,
            model: Some("ota1.model".to_owned()),
            seed: Some(7),
            date: "2026-11-22 23:10:29 UTC".to_owned(),
        }
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
        for format in Format::ALL {
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
