//! Reading a circuit folder: `circuit.ron`, every field checked with an error that names it.

use super::check::{self, problem};
use super::decks;
use super::definition::Circuit;
use super::device::{DeviceGroup, Member, NamedDeviceGroup};
use super::library::{bundled_circuits, datasets_folder};
use super::outside::{Outside, is_outside};
use super::parameter::Parameter;
use super::raw::{Raw, RawValidity};
use super::shortened::shortened;
use super::specification::{NamedSpecification, Specification};
use crate::files::read_text_bounded;
use std::path::{Path, PathBuf};

/// Why a folder is not a circuit.
#[derive(Debug, thiserror::Error)]
pub enum CircuitError {
    /// Neither a bundled name nor a folder with a `circuit.ron`.
    #[error(
        "there is no circuit `{name}`: give a bundled one ({bundled}) or the path of a folder with a circuit.ron"
    )]
    Unknown {
        /// The text given.
        name: String,
        /// The bundled circuits.
        bundled: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// `circuit.ron` is not RON of the right shape.
    #[error("{}:{}:{}: {message}", path.display(), line, column)]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What the parser says.
        message: String,
    },
    /// A file that is needed lies outside the circuit's folder.
    #[error(
        "{}: {}: `{}` lies outside the circuit's folder and is not read unasked: copy it into the folder, or allow it with `--trust`",
        path.display(),
        outside.field,
        shortened(&outside.named, LONGEST_ECHO)
    )]
    Outside {
        /// The file that names it.
        path: PathBuf,
        /// What it names.
        outside: Outside,
    },
    /// A field has a value that cannot be.
    #[error("{}: {field}: {problem}", path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// The field, such as `parameters[2] (W1).low`.
        field: String,
        /// What is wrong with it and what would do.
        problem: String,
    },
}

/// The second adds testbenches, sources, ties, deck units and corners; a file of the first is one of the second too.
const FORMATS: std::ops::RangeInclusive<u32> = 1..=2;
/// A larger `circuit.ron` is none.
const LARGEST_FILE: u64 = 1 << 20;
/// More of what a file says is not echoed.
const LONGEST_ECHO: usize = 120;

impl Circuit {
    /// Opens a bundled circuit by its name or a folder by its path.
    ///
    /// # Errors
    /// [`CircuitError`]; names what there is to choose from.
    pub fn open(name_or_folder: &str) -> Result<Circuit, CircuitError> {
        Circuit::find(name_or_folder, false)
    }

    /// As [`Self::open`], of a folder that the user trusts: wherever its files lie.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_trusted(name_or_folder: &str) -> Result<Circuit, CircuitError> {
        Circuit::find(name_or_folder, true)
    }

    fn find(name_or_folder: &str, trusted: bool) -> Result<Circuit, CircuitError> {
        let bundled = datasets_folder().join(name_or_folder);
        let is_name = !name_or_folder.is_empty() && !name_or_folder.contains(['/', '\\', '.']);
        if is_name && bundled.join("circuit.ron").is_file() {
            return Circuit::read(&bundled, trusted);
        }
        let folder = Path::new(name_or_folder);
        if folder.join("circuit.ron").is_file() {
            return Circuit::read(folder, trusted);
        }
        if folder.file_name().is_some_and(|f| f == "circuit.ron") && folder.is_file() {
            return Circuit::read(folder.parent().unwrap_or(Path::new(".")), trusted);
        }
        let name = shortened(name_or_folder, LONGEST_ECHO);
        Err(CircuitError::Unknown { name, bundled: bundled_circuits().join(", ") })
    }

    /// Reads the folder's `circuit.ron`. What that names outside the folder is not read: a testbench there
    /// is an error, rows and drawing are listed in [`Self::outside`].
    ///
    /// # Errors
    /// [`CircuitError`]; names the file and the line or the field.
    pub fn load(folder: &Path) -> Result<Circuit, CircuitError> {
        Circuit::read(folder, false)
    }

    /// As [`Self::load`], of a folder that the user trusts: wherever its files lie.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_trusted(folder: &Path) -> Result<Circuit, CircuitError> {
        Circuit::read(folder, true)
    }

    fn read(folder: &Path, trusted: bool) -> Result<Circuit, CircuitError> {
        let path = folder.join("circuit.ron");
        let of = |field, named: &str| Outside { field, named: named.to_owned(), path: folder.join(named) };
        if !trusted && is_outside(folder, "circuit.ron") {
            return Err(CircuitError::Outside { outside: of("link", "circuit.ron"), path });
        }
        let text = read_text_bounded(&path, LARGEST_FILE)
            .map_err(|source| CircuitError::Read { path: path.clone(), source })?;
        Circuit::parse(folder, &text, trusted)
    }

    /// From the text of the folder's `circuit.ron`.
    pub(crate) fn parse(folder: &Path, text: &str, trusted: bool) -> Result<Circuit, CircuitError> {
        let path = folder.join("circuit.ron");
        let of = |field, named: &str| Outside { field, named: named.to_owned(), path: folder.join(named) };
        let raw: Raw = ron::from_str(text).map_err(|e| CircuitError::Syntax {
            path: path.clone(),
            line: e.span.start.line,
            column: e.span.start.col,
            message: shortened(&e.code.to_string(), LONGEST_ECHO),
        })?;
        let others = [("dataset", raw.dataset.as_str()), ("schematic", raw.schematic.as_str())];
        let files = decks::files(&raw).into_iter().map(|deck| ("testbench", deck)).chain(others);
        let leads_out = |(_, named): &(&'static str, &str)| !trusted && is_outside(folder, named);
        let outside: Vec<Outside> = files.filter(leads_out).map(|(field, named)| of(field, named)).collect();
        if let Some(outside) = outside.iter().find(|o| o.field == "testbench") {
            return Err(CircuitError::Outside { path, outside: outside.clone() });
        }
        build(folder, raw, outside).map_err(|(field, problem)| CircuitError::Field { path, field, problem })
    }
}

/// The group with its parameters' places.
fn placed(parameters: &[Parameter], group: NamedDeviceGroup) -> DeviceGroup {
    let member = |name: String| Member::named(parameters, name);
    DeviceGroup {
        name: group.name,
        devices: group.devices,
        width: member(group.width),
        length: member(group.length),
        fingers: member(group.fingers),
        multiplier: member(group.multiplier),
    }
}

fn build(folder: &Path, raw: Raw, outside: Vec<Outside>) -> Result<Circuit, check::Problem> {
    if !FORMATS.contains(&raw.format) {
        let (first, last) = (FORMATS.start(), FORMATS.end());
        return Err(problem(
            "format",
            format!("is {}, but this program reads {first} and {last}", raw.format),
        ));
    }
    let (parameters, metrics) = check::all(&raw)?;
    let testbenches = decks::testbenches(folder, &raw)?;
    let deck_parameters = decks::deck_parameters(&raw)?;
    let command = decks::command(&raw, &testbenches)?;
    let (readings, sources) = decks::sources(&raw, &testbenches)?;
    let corners = decks::corners(&raw, &deck_parameters)?;
    let worst_over = decks::worst_over(&raw, &corners)?;
    let mismatch = decks::mismatch(&raw, &deck_parameters)?;
    let is_inside = |field: &str| outside.iter().all(|o| o.field != field);
    let groups = raw.groups.into_iter().map(|group| placed(&parameters, group)).collect();
    let schematic = Some(folder.join(&raw.schematic));
    let mut circuit = Circuit {
        name: raw.name,
        title: raw.title,
        about: raw.about,
        folder: folder.to_owned(),
        parameters,
        groups,
        metrics,
        validity: raw.validity.iter().map(RawValidity::validity).collect(),
        testbenches,
        command,
        readings,
        sources,
        deck_parameters,
        corners,
        worst_over,
        mismatch,
        corner: None,
        dataset: folder.join(raw.dataset),
        schematic: schematic.filter(|path| is_inside("schematic") && path.is_file()),
        outside,
        specifications: Vec::new(),
        export_names: raw.export_names,
    };
    for (i, (name, bounds)) in raw.specifications.into_iter().enumerate() {
        let specification = Specification::parse(&circuit, &bounds).map_err(|e| {
            problem(format!("specifications[{i}] ({})", shortened(&name, LONGEST_ECHO)), e.to_string())
        })?;
        circuit.specifications.push(NamedSpecification { name, specification });
    }
    Ok(circuit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A copy of OTA1's folder with `from` replaced by `to` in its `circuit.ron`.
    fn altered(from: &str, to: &str) -> String {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let ota1 = datasets_folder().join("ota1");
        let text = std::fs::read_to_string(ota1.join("circuit.ron")).expect("OTA1 is bundled");
        assert!(text.contains(from), "`{from}` is in circuit.ron");
        std::fs::write(folder.path().join("circuit.ron"), text.replacen(from, to, 1)).expect("writable");
        std::fs::copy(ota1.join("testbench.cir"), folder.path().join("testbench.cir")).expect("writable");
        match Circuit::load(folder.path()) {
            Ok(_) => "accepted".to_owned(),
            Err(e) => e.to_string(),
        }
    }

    #[test]
    fn ota1_loads_and_its_specification_is_table_two() {
        let c = Circuit::open("ota1").expect("OTA1 is bundled");
        assert_eq!((c.parameters.len(), c.groups.len(), c.metrics.len()), (14, 4, 4));
        assert_eq!(
            c.specifications[0].specification.describe(&c),
            "power <= 27 nW, irn <= 5.2 µV, gain >= 30 dB, bw >= 1.55 kHz"
        );
    }

    #[test]
    fn an_error_names_the_field_and_the_remedy() {
        for (from, to, expected) in [
            ("format: 1", "format: 9", "format: is 9, but this program reads 1 and 2"),
            ("low: 0.4,", "low: 0.9,", "parameters[0] (VDD).high"),
            ("grid: 0.005", "grid: 0.0", "parameters[0] (VDD).grid"),
            ("grid: 0.005", "grid: 0.003", "not a multiple of grid"),
            ("width: \"W1\"", "width: \"W9\"", "`W9` is not a parameter"),
            ("length: \"L1\"", "length: \"W1\"", "groups[0] (input pair).length: `W1` is named twice"),
            ("name: \"VB\"", "name: \"vdd\"", "declared twice"),
            ("name: \"VB\"", "name: \"V B\"", "letters, digits"),
            ("power<=27nW", "power>=27nW", "must be bounded with `<=`"),
            ("unit: \"V\"", "unit: \"v\"", "write `V`"),
            ("testbench.cir", "nowhere.cir", "there is no file"),
            ("testbench.cir", "../ota1.cir", "testbench: `../ota1.cir` lies outside the circuit's folder"),
            ("testbench.cir", "/etc/passwd", "--trust"),
        ] {
            let message = altered(from, to);
            assert!(message.contains(expected), "{to}: {message}");
        }
    }

    #[test]
    fn an_unknown_circuit_lists_the_bundled_ones() {
        let message = Circuit::open("ota9").expect_err("there is none").to_string();
        assert!(message.contains("ota9") && message.contains("ota1"), "{message}");
    }

    #[test]
    fn bad_specifications_are_refused_with_a_remedy() {
        let c = Circuit::open("ota1").expect("OTA1 is bundled");
        for (text, expected) in [
            ("power=27nW", "METRIC<=VALUE"),
            ("speed<=27nW", "it has power, irn, gain, bw"),
            ("gain<=30dB", "write `gain>=30dB`"),
            ("power<=27nV", "W is needed"),
            ("power<=NaN", "not a finite"),
            ("power<=-1nW", "greater than 0"),
        ] {
            let message = Specification::parse(&c, &[text]).expect_err(text).to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
        let twice = Specification::parse(&c, &["power<=1nW", "power<=2nW"]).expect_err("twice");
        assert!(twice.to_string().contains("twice"));
    }
}
