//! Reading a circuit folder: `circuit.ron`, every field checked with an error that names it.

use super::bundled::{bundled_circuits, datasets_folder};
use super::{DeviceGroup, Metric, NamedSpecification, Parameter, Scale, Specification, Validity};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A circuit, checked.
#[derive(Clone, Debug)]
pub struct Circuit {
    /// The short name, such as `ota1`.
    pub name: String,
    /// The name in the window.
    pub title: String,
    /// What it is, in a sentence or two.
    pub about: String,
    /// The folder it was read from.
    pub folder: PathBuf,
    /// The design parameters, in the order of every [`super::Sizing`].
    pub parameters: Vec<Parameter>,
    /// Transistors that share a width, a length and a finger count.
    pub groups: Vec<DeviceGroup>,
    /// The metrics, in the order of every [`super::Performance`].
    pub metrics: Vec<Metric>,
    /// Further conditions for a design to be legal.
    pub validity: Vec<Validity>,
    /// The testbench's path: an ngspice deck that includes `sizing.param` and leaves each metric
    /// in a vector of its name.
    pub testbench: PathBuf,
    /// Where the circuit's own dataset lies, whether it is there or not.
    pub dataset: PathBuf,
    /// The drawing, if it is there.
    pub schematic: Option<PathBuf>,
    /// Named specifications to start from; the first one is the default.
    pub specifications: Vec<NamedSpecification>,
    /// What parameters are called in exported files where that differs: (parameter, exported name).
    pub export_names: Vec<(String, String)>,
}

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

#[derive(Deserialize)]
#[serde(rename = "Circuit", deny_unknown_fields)]
struct Raw {
    format: u32,
    name: String,
    title: String,
    #[serde(default)]
    about: String,
    testbench: String,
    #[serde(default = "default_dataset")]
    dataset: String,
    /// Empty where there is none, so that the file need not say `Some("…")`.
    #[serde(default)]
    schematic: String,
    parameters: Vec<Parameter>,
    #[serde(default)]
    groups: Vec<DeviceGroup>,
    metrics: Vec<Metric>,
    #[serde(default)]
    validity: Vec<Validity>,
    #[serde(default)]
    specifications: Vec<(String, Vec<String>)>,
    #[serde(default)]
    export_names: Vec<(String, String)>,
}

fn default_dataset() -> String {
    "samples.csv".to_owned()
}

const FORMAT: u32 = 1;

impl Circuit {
    /// Opens a bundled circuit by its name or a folder by its path.
    ///
    /// # Errors
    /// [`CircuitError`]; names what there is to choose from.
    pub fn open(name_or_folder: &str) -> Result<Circuit, CircuitError> {
        let bundled = datasets_folder().join(name_or_folder);
        let is_name = !name_or_folder.is_empty() && !name_or_folder.contains(['/', '\\', '.']);
        if is_name && bundled.join("circuit.ron").is_file() {
            return Circuit::load(&bundled);
        }
        let folder = Path::new(name_or_folder);
        if folder.join("circuit.ron").is_file() {
            return Circuit::load(folder);
        }
        if folder.file_name().is_some_and(|f| f == "circuit.ron") && folder.is_file() {
            return Circuit::load(folder.parent().unwrap_or(Path::new(".")));
        }
        Err(CircuitError::Unknown { name: name_or_folder.to_owned(), bundled: bundled_circuits().join(", ") })
    }

    /// Reads the folder's `circuit.ron`.
    ///
    /// # Errors
    /// [`CircuitError`]; names the file and the line or the field.
    pub fn load(folder: &Path) -> Result<Circuit, CircuitError> {
        let path = folder.join("circuit.ron");
        let text = std::fs::read_to_string(&path)
            .map_err(|source| CircuitError::Read { path: path.clone(), source })?;
        Circuit::parse(folder, &text)
    }

    /// As [`Circuit::load`], from the text of the folder's `circuit.ron`.
    pub(crate) fn parse(folder: &Path, text: &str) -> Result<Circuit, CircuitError> {
        let path = folder.join("circuit.ron");
        let raw: Raw = ron::from_str(text).map_err(|e| CircuitError::Syntax {
            path: path.clone(),
            line: e.span.start.line,
            column: e.span.start.col,
            message: e.code.to_string(),
        })?;
        build(folder, raw).map_err(|(field, problem)| CircuitError::Field { path, field, problem })
    }

    /// The place of a parameter in every sizing.
    pub fn parameter_index(&self, name: &str) -> Option<usize> {
        self.parameters.iter().position(|p| p.name == name)
    }

    /// The place of a metric in every performance.
    pub fn metric_index(&self, name: &str) -> Option<usize> {
        self.metrics.iter().position(|m| m.name == name)
    }

    /// What a parameter is called in exported files.
    pub fn export_name<'a>(&'a self, parameter: &'a str) -> &'a str {
        let mapped = self.export_names.iter().find(|(name, _)| name == parameter);
        mapped.map_or(parameter, |(_, exported)| exported)
    }

    /// A text that changes whenever anything a dataset or a model depends on changes: names,
    /// ranges, grids, scales, senses, groups. Hash it to recognise the circuit.
    pub fn fingerprint_text(&self) -> String {
        format!("{:?}\n{:?}\n{:?}\n{:?}", self.name, self.parameters, self.groups, self.metrics)
    }
}

type Problem = (String, String);

fn problem(field: impl Into<String>, problem: impl Into<String>) -> Problem {
    (field.into(), problem.into())
}

fn build(folder: &Path, raw: Raw) -> Result<Circuit, Problem> {
    if raw.format != FORMAT {
        return Err(problem("format", format!("is {}, but this program reads {FORMAT}", raw.format)));
    }
    check_name("name", &raw.name)?;
    if raw.parameters.is_empty() {
        return Err(problem("parameters", "is empty: declare at least one"));
    }
    if raw.metrics.is_empty() {
        return Err(problem("metrics", "is empty: declare at least one"));
    }
    let mut names: Vec<String> = Vec::new();
    for (i, parameter) in raw.parameters.iter().enumerate() {
        check_parameter(parameter)
            .map_err(|(f, p)| (format!("parameters[{i}] ({}).{f}", parameter.name), p))?;
        check_unique(&mut names, &parameter.name, &format!("parameters[{i}].name"))?;
    }
    for (i, metric) in raw.metrics.iter().enumerate() {
        check_metric(metric).map_err(|(f, p)| (format!("metrics[{i}] ({}).{f}", metric.name), p))?;
        check_unique(&mut names, &metric.name, &format!("metrics[{i}].name"))?;
    }
    check_groups(&raw)?;
    for (i, validity) in raw.validity.iter().enumerate() {
        check_name(&format!("validity[{i}].vector"), &validity.vector)?;
        if !validity.above.is_finite() {
            return Err(problem(format!("validity[{i}].above"), "must be a finite number"));
        }
    }
    let testbench = folder.join(&raw.testbench);
    if !testbench.is_file() {
        return Err(problem("testbench", format!("there is no file {}", testbench.display())));
    }
    for (i, (name, _)) in raw.export_names.iter().enumerate() {
        if !raw.parameters.iter().any(|p| p.name == *name) {
            return Err(problem(format!("export_names[{i}]"), format!("`{name}` is not a parameter")));
        }
    }
    let mut circuit = Circuit {
        name: raw.name,
        title: raw.title,
        about: raw.about,
        folder: folder.to_owned(),
        parameters: raw.parameters,
        groups: raw.groups,
        metrics: raw.metrics,
        validity: raw.validity,
        testbench,
        dataset: folder.join(raw.dataset),
        schematic: Some(folder.join(raw.schematic)).filter(|path| path.is_file()),
        specifications: Vec::new(),
        export_names: raw.export_names,
    };
    for (i, (name, bounds)) in raw.specifications.into_iter().enumerate() {
        let specification = Specification::parse(&circuit, &bounds)
            .map_err(|e| problem(format!("specifications[{i}] ({name})"), e.to_string()))?;
        circuit.specifications.push(NamedSpecification { name, specification });
    }
    Ok(circuit)
}

fn check_name(field: &str, name: &str) -> Result<(), Problem> {
    let sound = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if sound {
        Ok(())
    } else {
        Err(problem(field, format!("`{name}` must be a letter followed by letters, digits or `_`")))
    }
}

/// SPICE does not tell upper case from lower.
fn check_unique(seen: &mut Vec<String>, name: &str, field: &str) -> Result<(), Problem> {
    let lower = name.to_ascii_lowercase();
    if seen.contains(&lower) {
        return Err(problem(field, format!("`{name}` is declared twice (SPICE ignores case)")));
    }
    seen.push(lower);
    Ok(())
}

fn check_parameter(p: &Parameter) -> Result<(), Problem> {
    check_name("name", &p.name)?;
    for (field, value) in [("low", p.low), ("high", p.high), ("grid", p.grid)] {
        if !value.is_finite() {
            return Err(problem(field, "must be a finite number"));
        }
    }
    if p.low >= p.high {
        return Err(problem("high", format!("{} must be greater than low = {}", p.high, p.low)));
    }
    if p.grid <= 0.0 || p.grid > p.high - p.low {
        return Err(problem("grid", format!("{} must be greater than 0 and at most high − low", p.grid)));
    }
    for (field, value) in [("low", p.low), ("high", p.high)] {
        let steps = value / p.grid;
        if (steps - steps.round()).abs() > 1e-4 {
            return Err(problem(field, format!("{value} is not a multiple of grid = {}", p.grid)));
        }
    }
    if p.scale == Scale::Log && p.low <= 0.0 {
        return Err(problem("low", "must be greater than 0 where scale is Log"));
    }
    Ok(())
}

fn check_metric(m: &Metric) -> Result<(), Problem> {
    check_name("name", &m.name)?;
    let (low, high) = m.legal;
    if !(low.is_finite() && high.is_finite() && low < high) {
        return Err(problem("legal", "must be two finite numbers, the smaller first"));
    }
    if m.scale == Scale::Log && low <= 0.0 {
        return Err(problem("legal", "must start above 0 where scale is Log"));
    }
    Ok(())
}

fn check_groups(raw: &Raw) -> Result<(), Problem> {
    let mut used: Vec<&str> = Vec::new();
    for (i, group) in raw.groups.iter().enumerate() {
        for (field, name) in [("width", &group.width), ("length", &group.length), ("fingers", &group.fingers)]
        {
            let place = format!("groups[{i}] ({}).{field}", group.name);
            let Some(parameter) = raw.parameters.iter().find(|p| p.name == *name) else {
                return Err(problem(place, format!("`{name}` is not a parameter")));
            };
            if used.contains(&name.as_str()) {
                return Err(problem(place, format!("`{name}` already belongs to a group")));
            }
            if parameter.low <= 0.0 {
                return Err(problem(place, format!("`{name}` must have a range above 0")));
            }
            used.push(name);
        }
    }
    Ok(())
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
            ("format: 1", "format: 9", "format: is 9"),
            ("low: 0.4,", "low: 0.9,", "parameters[0] (VDD).high"),
            ("grid: 0.005", "grid: 0.0", "parameters[0] (VDD).grid"),
            ("grid: 0.005", "grid: 0.003", "not a multiple of grid"),
            ("width: \"W1\"", "width: \"W9\"", "`W9` is not a parameter"),
            ("width: \"W2\"", "width: \"W1\"", "already belongs to a group"),
            ("name: \"VB\"", "name: \"vdd\"", "declared twice"),
            ("name: \"VB\"", "name: \"V B\"", "letters, digits"),
            ("power<=27nW", "power>=27nW", "must be bounded with `<=`"),
            ("unit: \"V\"", "unit: \"X\"", "circuit.ron:"),
            ("testbench.cir", "nowhere.cir", "there is no file"),
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
