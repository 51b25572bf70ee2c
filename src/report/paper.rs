//! What the paper measured of a circuit: its part of Table I and Table II, from `paper.ron` in the circuit's folder. A
//! circuit without that file is one that the paper does not have.

use crate::circuit::{Circuit, bundled_circuits, datasets_folder, parse_quantity, shortened};
use crate::engine::System;
use crate::files::read_text_bounded;
use ron::extensions::Extensions;
use serde::Deserialize;

/// The file's name.
const FILE: &str = "paper.ron";
/// A larger file is none of ours.
const LARGEST_FILE: u64 = 1 << 16;
/// More of what a file says is not echoed.
const LONGEST_ECHO: usize = 80;
/// The name of the simulation-based search among the systems.
const SEARCH: &str = "search";

/// The bundled circuits that the paper has, which its tables are of where none is named.
pub fn circuits_of_the_paper() -> Vec<String> {
    let folder = datasets_folder();
    bundled_circuits().into_iter().filter(|name| folder.join(name).join(FILE).is_file()).collect()
}

/// A system's row of Table II.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PaperDesign {
    /// The metrics of the system's closest design, in SI units, in the circuit's order.
    pub metrics: Vec<f64>,
    /// Feasible sizings, per cent; none for the search.
    pub feasible: Option<f64>,
    /// The time as printed.
    pub time: String,
    /// Minutes of the system's training; none for the search.
    pub training_min: Option<f64>,
}

/// A circuit's part of both tables.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Paper {
    /// Rows of the dataset.
    pub rows: usize,
    /// Design parameters.
    pub parameters: usize,
    /// The search's row.
    pub searched: Option<PaperDesign>,
    systems: Vec<(System, PaperDesign)>,
}

#[derive(Deserialize)]
#[serde(rename = "Paper", deny_unknown_fields)]
struct RawPaper {
    rows: usize,
    parameters: usize,
    /// Names, and the units in which the rows below are printed.
    metrics: Vec<(String, String)>,
    designs: Vec<RawDesign>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDesign {
    system: String,
    metrics: Vec<f64>,
    #[serde(default)]
    feasible: Option<f64>,
    time: String,
    #[serde(default)]
    training_min: Option<f64>,
}

impl Paper {
    /// What the paper measured of a circuit, if it did.
    ///
    /// # Errors
    /// The file cannot be read or does not fit the circuit; the message names the file and the line or the field.
    pub(crate) fn of(circuit: &Circuit) -> Result<Option<Paper>, String> {
        let Some(path) = circuit.companion(FILE) else {
            return Ok(None);
        };
        let text = read_text_bounded(&path, LARGEST_FILE)
            .map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        Paper::parse(circuit, &text).map(Some).map_err(|problem| format!("{}:{problem}", path.display()))
    }

    fn parse(circuit: &Circuit, text: &str) -> Result<Paper, String> {
        let options = ron::Options::default().with_default_extension(Extensions::IMPLICIT_SOME);
        let raw: RawPaper = options.from_str(text).map_err(|e| {
            let (line, column) = (e.span.start.line, e.span.start.col);
            format!("{line}:{column}: {}", shortened(&e.code.to_string(), LONGEST_ECHO))
        })?;
        let units = units(circuit, &raw.metrics)?;
        let mut paper =
            Paper { rows: raw.rows, parameters: raw.parameters, searched: None, systems: Vec::new() };
        for (i, design) in raw.designs.into_iter().enumerate() {
            let field = |problem: String| format!(" designs[{i}]{problem}");
            let RawDesign { system, metrics, feasible, time, training_min } = design;
            if metrics.len() != units.len() || !metrics.iter().all(|value| value.is_finite()) {
                return Err(field(format!(".metrics: write {} finite numbers, one a metric", units.len())));
            }
            let metrics = units.iter().map(|(place, unit)| metrics[*place] * unit).collect();
            let design = PaperDesign { metrics, feasible, time, training_min };
            if system == SEARCH {
                paper.searched = Some(design);
            } else {
                let system = system.parse().map_err(|e| field(format!(".system: {e}, or {SEARCH}")))?;
                paper.systems.push((system, design));
            }
        }
        Ok(paper)
    }

    /// A trained system's row.
    pub(crate) fn design(&self, system: System) -> Option<&PaperDesign> {
        self.systems.iter().find(|(of, _)| *of == system).map(|(_, design)| design)
    }
}

/// For each metric of the circuit its place in the file's rows and the size of the unit there.
fn units(circuit: &Circuit, named: &[(String, String)]) -> Result<Vec<(usize, f64)>, String> {
    if let Some((name, _)) = named.iter().find(|(name, _)| circuit.metric_index(name).is_none()) {
        let name = shortened(name, LONGEST_ECHO);
        return Err(format!(" metrics: `{name}` is not a metric of {}", circuit.name));
    }
    let one = |metric: &crate::circuit::Metric| {
        let place = named.iter().position(|(name, _)| *name == metric.name);
        let place = place.ok_or_else(|| format!(" metrics: `{}` is missing", metric.name))?;
        let unit = parse_quantity(&format!("1{}", named[place].1), metric.unit);
        Ok((place, unit.map_err(|e| format!(" metrics[{place}] ({}): {e}", metric.name))?.value))
    };
    circuit.metrics.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_figures_fit_their_circuits_and_hold_every_system() {
        for (name, rows, gain) in
            [("ota1", 2024, 31.0), ("ota2", 1744, 29.0), ("ota3", 969, 27.0), ("ota4", 1016, 32.0)]
        {
            let circuit = Circuit::open(name).expect("bundled");
            let paper = Paper::of(&circuit).expect("sound").expect("one of the paper's circuits");
            assert_eq!((paper.rows, paper.parameters), (rows, circuit.parameters.len()));
            assert_eq!(paper.searched.as_ref().expect("it searched").metrics[2], gain);
            for system in System::ALL {
                let design = paper.design(system).expect("it was trained");
                assert!(design.feasible.is_some() && design.training_min.is_some(), "{name} {system:?}");
                assert!(
                    circuit.metrics.iter().zip(&design.metrics).all(|(m, v)| m.is_legal(*v)),
                    "{design:?}"
                );
            }
        }
    }

    #[test]
    fn a_file_that_does_not_fit_is_refused_by_line_or_field() {
        let circuit = Circuit::open("ota1").expect("bundled");
        let sound = r#"Paper(rows: 1, parameters: 2,
            metrics: [("power", "nW"), ("irn", "µV"), ("bw", "kHz"), ("gain", "dB")],
            designs: [(system: "ann", metrics: [1, 2, 3, 4], feasible: 5, time: "1 s")])"#;
        let paper = Paper::parse(&circuit, sound).expect("sound");
        assert_eq!(paper.design(System::Ann).expect("named").metrics, [1e-9, 2e-6, 4.0, 3e3]);
        assert!(paper.searched.is_none() && paper.design(System::DmMlp).is_none());
        for (from, to, expected) in [
            ("rows: 1", "rows: -1", "1:"),
            ("nW", "nV", "metrics[0] (power)"),
            ("\"irn\"", "\"noise\"", "`noise` is not a metric of ota1"),
            (", (\"gain\", \"dB\")", "", "metrics: `gain` is missing"),
            ("3, 4]", "3]", "designs[0].metrics: write 4"),
            ("\"ann\"", "\"svm\"", "designs[0].system: there is no system `svm`"),
        ] {
            let said = Paper::parse(&circuit, &sound.replacen(from, to, 1)).expect_err(to);
            assert!(said.contains(expected), "{to}: {said}");
        }
    }
}
