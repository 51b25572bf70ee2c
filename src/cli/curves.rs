//! `sizewright simulate --curves` and `--operating-point`: designs looked into, as JSON and as a table.

use super::output::{check_target, write_text};
use super::progress::ProgressLine;
use super::{CliError, jobs};
use crate::circuit::{Circuit, Sizing, Unit, format_quantity};
use crate::engine::{CurveValues, DevicePoint, InspectJob, Inspection, OperatingRegion, SimulatorConfig};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;

/// Of more designs nobody looks at the curves, and their file would be large.
const MOST_DESIGNS: usize = 100;

/// What is to be seen of designs.
pub(super) struct Looking<'a> {
    /// Where sweeps and devices of every design go, as JSON.
    pub curves: Option<&'a Path>,
    /// Whether the first design's operating point is shown.
    pub operating_point: bool,
}

/// What was seen: the first design first, all of them where curves are wanted.
pub(super) type Inspected = Vec<Arc<Inspection>>;

impl Looking<'_> {
    fn is_nothing(&self) -> bool {
        self.curves.is_none() && !self.operating_point
    }

    /// Finds out before anything is simulated whether there will be something to see.
    ///
    /// # Errors
    /// [`CliError::Usage`] where there will not, or the file cannot be written.
    pub(super) fn check(&self, circuit: &Circuit, designs: usize) -> Result<(), CliError> {
        if self.is_nothing() {
            return Ok(());
        }
        let asked = if self.curves.is_some() { "--curves" } else { "--operating-point" };
        if !circuit.command.is_empty() {
            let why = "a command measures it, which leaves neither curves nor operating points";
            return Err(CliError::usage(format!("{asked}: {}: {why}", circuit.name)));
        }
        if self.curves.is_some() && designs > MOST_DESIGNS {
            let text =
                format!("--curves: {designs} designs: at most {MOST_DESIGNS} are looked into at a time");
            return Err(CliError::usage(text));
        }
        if self.operating_point && circuit.groups.is_empty() {
            let text = format!(
                "--operating-point: {} names no devices: `groups` in its circuit.ron does",
                circuit.name
            );
            return Err(CliError::usage(text));
        }
        check_target(self.curves)
    }

    /// Looks into the designs that are to be seen, one after another.
    ///
    /// # Errors
    /// [`CliError::Failed`] where there is no simulator or it was stopped.
    pub(super) fn look(
        &self,
        jobs: &jobs::Jobs,
        circuit: &Arc<Circuit>,
        sizings: &[Sizing],
        pool: &SimulatorConfig,
    ) -> Result<Inspected, CliError> {
        let designs = match (self.curves, self.operating_point) {
            (Some(_), _) => sizings.len(),
            (None, true) => sizings.len().min(1),
            (None, false) => 0,
        };
        let mut bar = ProgressLine::new("designs looked into", designs as u64);
        let mut seen = Vec::with_capacity(designs);
        for sizing in &sizings[..designs] {
            let (circuit, sizing, pool) = (Arc::clone(circuit), sizing.clone(), pool.clone());
            seen.push(jobs.inspect(InspectJob { circuit, sizing, corner: None, pool })?);
            bar.set(seen.len() as u64, "");
        }
        bar.finish();
        Ok(seen)
    }

    /// Writes the curves of every design; `entries` say beside them what each is and what was measured of it.
    ///
    /// # Errors
    /// [`CliError::Usage`] where the file cannot be written.
    pub(super) fn write(
        &self,
        circuit: &Circuit,
        simulator: &str,
        entries: Vec<Map<String, Value>>,
        seen: &Inspected,
    ) -> Result<(), CliError> {
        let Some(target) = self.curves else { return Ok(()) };
        let designs = entries.into_iter().zip(seen).map(|(entry, seen)| in_json(circuit, entry, seen));
        let designs: Vec<Value> = designs.collect();
        let value = json!({ "circuit": circuit.name, "simulator": simulator, "designs": designs });
        // thousands of numbers: not one a line
        write_text(&format!("{value}\n"), target)
    }
}

/// A design with what was seen of it, in SI units; what is not finite is null.
fn in_json(circuit: &Circuit, mut entry: Map<String, Value>, seen: &Inspection) -> Value {
    let sweeps = seen.sweeps.iter().map(|sweep| {
        let curves = sweep.curves.iter().map(|curve| {
            let mut value = json!({ "name": curve.name, "unit": curve.unit, "role": curve.role.name() });
            match &curve.values {
                CurveValues::Real(values) => value["real"] = json!(values),
                CurveValues::Complex(values) => {
                    value["real"] = values.iter().map(|v| json!(v[0])).collect();
                    value["imaginary"] = values.iter().map(|v| json!(v[1])).collect();
                }
            }
            value
        });
        json!({
            "testbench": sweep.testbench_name, "analysis": sweep.analysis.name(), "plot": sweep.plot,
            "x": { "name": sweep.x_name, "unit": sweep.x_unit, "values": sweep.x },
            "curves": curves.collect::<Vec<Value>>(),
        })
    });
    let devices = seen.devices.iter().map(|point| {
        json!({
            "device": point.device, "element": point.element,
            "testbench": circuit.testbenches.get(point.testbench).map(|bench| &bench.name),
            "id": point.id, "gm": point.gm, "gds": point.gds, "vgs": point.vgs, "vds": point.vds,
            "vth": point.vth, "vdsat": point.vdsat, "gm_over_id": point.gm_over_id(),
            "region": point.region().map(OperatingRegion::name), "headroom": point.headroom(),
        })
    });
    entry.insert("sweeps".to_owned(), sweeps.collect());
    entry.insert("devices".to_owned(), devices.collect());
    entry.insert("notes".to_owned(), json!(seen.notes));
    Value::Object(entry)
}

/// The operating point of a design, a device a line, and what there is to say of it.
pub(super) fn table(seen: &Inspection) -> String {
    let shown = |value: Option<f64>, unit: Unit| {
        value.map_or_else(|| "-".to_owned(), |value| format_quantity(value, unit, 4))
    };
    let row = |point: &DevicePoint| {
        [
            point.device.clone(),
            shown(point.id, Unit::Ampere),
            point.gm_over_id().map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2} /V")),
            point.region().map_or("-", OperatingRegion::name).to_owned(),
            shown(point.headroom(), Unit::Volt),
        ]
    };
    let head = ["device", "ID", "gm/ID", "region", "headroom"].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(seen.devices.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 5] = std::array::from_fn(width);
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text += &format!("{}\n", cells.join("  ").trim_end());
    }
    for note in &seen.notes {
        text += &format!("note: {note}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Failure;

    #[test]
    fn the_table_says_what_a_model_does_not_tell() {
        let point = DevicePoint {
            device: "M1".to_owned(),
            element: "m1".to_owned(),
            testbench: 0,
            id: Some(2e-6),
            gm: Some(3e-5),
            gds: None,
            vgs: Some(0.5),
            vds: Some(0.6),
            vth: Some(0.4),
            vdsat: Some(0.1),
        };
        let bare = DevicePoint { device: "M10".to_owned(), id: None, vdsat: None, ..point.clone() };
        let seen = Inspection {
            outcome: Err(Failure::Cancelled),
            corner: None,
            sweeps: Vec::new(),
            devices: vec![point, bare],
            notes: vec!["a word".to_owned()],
        };
        let text = table(&seen);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[1].split_whitespace().collect::<Vec<_>>(),
            ["M1", "2", "µA", "15.00", "/V", "saturation", "500", "mV"]
        );
        assert_eq!(lines[2].split_whitespace().collect::<Vec<_>>(), ["M10", "-", "-", "-", "-"]);
        assert_eq!(lines[3], "note: a word");
        assert_eq!(lines[1].find("2 µA"), lines[0].find("ID"));
    }
}
