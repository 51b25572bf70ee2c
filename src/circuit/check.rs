//! The checks of a circuit's fields, each with an error that names the field and the bound.

use super::metric::Metric;
use super::parameter::{Parameter, Scale};
use super::raw::{Raw, RawMetric, RawParameter};
use super::shortened::shortened;

/// The field and what is wrong with it.
pub(super) type Problem = (String, String);

/// Longer names and texts are not echoed whole.
const LONGEST_ECHO: usize = 60;
/// The longest name of a parameter, a metric, a vector or the circuit.
const LONGEST_NAME: usize = 64;
/// The longest title, description or path.
const LONGEST_TEXT: usize = 4096;
const MOST_PARAMETERS: usize = 512;
/// The condition of a network grows with the square of their number.
const MOST_METRICS: usize = 64;
const MOST_VALIDITIES: usize = 64;
const MOST_SPECIFICATIONS: usize = 256;
const MOST_DEVICES: usize = 1024;
/// No quantity of a circuit is larger, none but 0 is smaller.
const LARGEST: f64 = 1e30;
const SMALLEST: f64 = 1e-30;
/// Values that a parameter may list.
const MOST_VALUES: usize = 1000;
/// Steps of the grid in a range: beyond some 1e12 a float no longer tells neighbours apart.
const MOST_STEPS: f64 = 1e9;

pub(super) fn problem(field: impl Into<String>, problem: impl Into<String>) -> Problem {
    (field.into(), problem.into())
}

/// Checks all that needs neither a file nor a deck; the parameters and metrics.
pub(super) fn all(raw: &Raw) -> Result<(Vec<Parameter>, Vec<Metric>), Problem> {
    name("name", &raw.name)?;
    for (field, text) in [
        ("title", &raw.title),
        ("about", &raw.about),
        ("testbench", &raw.testbench),
        ("dataset", &raw.dataset),
        ("schematic", &raw.schematic),
    ] {
        short(field, text)?;
    }
    numbers(raw)?;
    let mut names: Vec<String> = Vec::new();
    let parameters: Vec<Parameter> = raw.parameters.iter().map(RawParameter::parameter).collect();
    let metrics: Vec<Metric> = raw.metrics.iter().map(RawMetric::metric).collect();
    for (i, p) in parameters.iter().enumerate() {
        let place = || format!("parameters[{i}] ({})", echo(&p.name));
        parameter(p).map_err(|(field, problem)| (format!("{}.{field}", place()), problem))?;
        unique(&mut names, &p.name, &format!("parameters[{i}].name"))?;
    }
    for (i, m) in metrics.iter().enumerate() {
        let place = || format!("metrics[{i}] ({})", echo(&m.name));
        metric(m).map_err(|(field, problem)| (format!("{}.{field}", place()), problem))?;
        unique(&mut names, &m.name, &format!("metrics[{i}].name"))?;
    }
    groups(raw, &parameters)?;
    for (i, validity) in raw.validity.iter().enumerate() {
        name(&format!("validity[{i}].vector"), &validity.vector)?;
        short(&format!("validity[{i}].otherwise"), &validity.otherwise)?;
        if !validity.above.is_finite() {
            return Err(problem(format!("validity[{i}].above"), "must be a finite number"));
        }
    }
    for (i, (text, bounds)) in raw.specifications.iter().enumerate() {
        short(&format!("specifications[{i}]"), text)?;
        if bounds.len() > raw.metrics.len() {
            return Err(problem(format!("specifications[{i}]"), "has more bounds than there are metrics"));
        }
    }
    for (i, (parameter, exported)) in raw.export_names.iter().enumerate() {
        // it stands in netlists as it is
        let sound = |c: char| c.is_ascii_graphic() && !"=;'\"{}$*".contains(c);
        if exported.is_empty() || exported.len() > LONGEST_NAME || !exported.chars().all(sound) {
            let what = format!(
                "`{}` is no name for a netlist: 1 to {LONGEST_NAME} characters, no space",
                echo(exported)
            );
            return Err(problem(format!("export_names[{i}]"), what));
        }
        if !raw.parameters.iter().any(|p| p.name == *parameter) {
            let what = format!("`{}` is not a parameter", echo(parameter));
            return Err(problem(format!("export_names[{i}]"), what));
        }
    }
    Ok((parameters, metrics))
}

fn numbers(raw: &Raw) -> Result<(), Problem> {
    for (field, length) in [("parameters", raw.parameters.len()), ("metrics", raw.metrics.len())] {
        if length == 0 {
            return Err(problem(field, "is empty: declare at least one"));
        }
    }
    for (field, length, most) in [
        ("parameters", raw.parameters.len(), MOST_PARAMETERS),
        ("metrics", raw.metrics.len(), MOST_METRICS),
        ("validity", raw.validity.len(), MOST_VALIDITIES),
        ("specifications", raw.specifications.len(), MOST_SPECIFICATIONS),
        ("export_names", raw.export_names.len(), MOST_PARAMETERS),
    ] {
        if length > most {
            return Err(problem(field, format!("has {length} entries: at most {most} are taken")));
        }
    }
    Ok(())
}

fn echo(text: &str) -> String {
    shortened(text, LONGEST_ECHO)
}

pub(super) fn name(field: &str, name: &str) -> Result<(), Problem> {
    let sound = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !sound {
        let what = format!("`{}` must be a letter followed by letters, digits or `_`", echo(name));
        return Err(problem(field, what));
    }
    if name.len() > LONGEST_NAME {
        return Err(problem(field, format!("`{}` is longer than {LONGEST_NAME} characters", echo(name))));
    }
    Ok(())
}

pub(super) fn short(field: &str, text: &str) -> Result<(), Problem> {
    if text.len() > LONGEST_TEXT {
        return Err(problem(field, format!("is longer than {LONGEST_TEXT} bytes")));
    }
    Ok(())
}

/// SPICE does not tell upper case from lower.
fn unique(seen: &mut Vec<String>, name: &str, field: &str) -> Result<(), Problem> {
    let lower = name.to_ascii_lowercase();
    if seen.contains(&lower) {
        return Err(problem(field, format!("`{name}` is declared twice (SPICE ignores case)")));
    }
    seen.push(lower);
    Ok(())
}

/// A number that a circuit may hold.
fn plausible(field: &str, value: f64) -> Result<(), Problem> {
    if !value.is_finite() {
        return Err(problem(field, "must be a finite number"));
    }
    if value != 0.0 && !(SMALLEST..=LARGEST).contains(&value.abs()) {
        let what = format!("{value:e} must be 0 or of a size from {SMALLEST:e} to {LARGEST:e}");
        return Err(problem(field, what));
    }
    Ok(())
}

fn parameter(p: &Parameter) -> Result<(), Problem> {
    name("name", &p.name)?;
    short("about", &p.about)?;
    for (field, value) in [("low", p.low), ("high", p.high), ("grid", p.grid)] {
        if value.is_nan() {
            return Err(problem(field, "is missing: give low, high and grid, or two or more `values`"));
        }
        plausible(field, value)?;
    }
    listed(p)?;
    if p.low >= p.high {
        return Err(problem("high", format!("{} must be greater than low = {}", p.high, p.low)));
    }
    if p.grid <= 0.0 || p.grid > p.high - p.low {
        return Err(problem("grid", format!("{} must be greater than 0 and at most high − low", p.grid)));
    }
    if p.low.abs().max(p.high.abs()) / p.grid > MOST_STEPS {
        let what = format!("{:e} is too fine: the range may reach {MOST_STEPS:e} steps from 0", p.grid);
        return Err(problem("grid", what));
    }
    let ends = if p.values.is_empty() { vec![("low", p.low), ("high", p.high)] } else { Vec::new() };
    for (field, value) in ends {
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

/// A list of values stands in the place of range and grid.
fn listed(p: &Parameter) -> Result<(), Problem> {
    let Some(first) = p.values.first() else { return Ok(()) };
    if p.values.len() > MOST_VALUES {
        return Err(problem(
            "values",
            format!("has more than {MOST_VALUES} values: give low, high and grid"),
        ));
    }
    for &value in &p.values {
        plausible("values", value)?;
    }
    if p.values.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(problem("values", "has a value twice"));
    }
    let steps = p.values.windows(2).map(|pair| pair[1] - pair[0]);
    let own = (Some(*first), p.values.last().copied(), steps.reduce(f64::min));
    if own != (Some(p.low), Some(p.high), Some(p.grid)) {
        return Err(problem("values", "stands in the place of low, high and grid: leave those out"));
    }
    Ok(())
}

fn metric(m: &Metric) -> Result<(), Problem> {
    name("name", &m.name)?;
    short("title", &m.title)?;
    let (low, high) = m.legal;
    if !(low.is_finite() && high.is_finite() && low < high) {
        return Err(problem("legal", "must be two finite numbers, the smaller first"));
    }
    plausible("legal", low)?;
    plausible("legal", high)?;
    if m.scale == Scale::Log && low <= 0.0 {
        return Err(problem("legal", "must start above 0 where scale is Log"));
    }
    Ok(())
}

/// A size may be missing, stand in several groups or be tied; what is neither parameter nor tie is a slip.
fn groups(raw: &Raw, parameters: &[Parameter]) -> Result<(), Problem> {
    for (i, group) in raw.groups.iter().enumerate() {
        short(&format!("groups[{i}].name"), &group.name)?;
        if group.devices.len() > MOST_DEVICES {
            let what = format!("has {} devices: at most {MOST_DEVICES} are taken", group.devices.len());
            return Err(problem(format!("groups[{i}].devices"), what));
        }
        let place = format!("groups[{i}] ({})", echo(&group.name));
        let mut used: Vec<&str> = Vec::new();
        for (field, name) in group.fields() {
            let known = parameters.iter().any(|p| p.name == name)
                || raw.ties.iter().any(|(tied, _)| tied.eq_ignore_ascii_case(name));
            if !known {
                let what = format!(
                    "`{}` is not a parameter and not tied: name one of `parameters` or of `ties`, or leave {field} out",
                    echo(name)
                );
                return Err(problem(format!("{place}.{field}"), what));
            }
            if used.contains(&name) {
                return Err(problem(
                    format!("{place}.{field}"),
                    format!("`{name}` is named twice in the group"),
                ));
            }
            used.push(name);
        }
        let learnt = |name: &str| parameters.iter().any(|p| p.name == name && p.low > 0.0);
        if !used.iter().any(|name| learnt(name)) {
            let what = "needs a parameter with a range above 0 as width, length, fingers or multiplier";
            return Err(problem(place, what));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::circuit::{Circuit, datasets_folder};

    /// What is said of OTA1 with its `circuit.ron` replaced.
    fn said(text: &str) -> String {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("circuit.ron"), text).expect("writable");
        std::fs::write(folder.path().join("testbench.cir"), "").expect("writable");
        Circuit::load(folder.path()).map_or_else(|e| e.to_string(), |_| "accepted".to_owned())
    }

    fn ota1() -> String {
        let text = std::fs::read_to_string(datasets_folder().join("ota1/circuit.ron"));
        text.expect("OTA1 is bundled")
    }

    #[test]
    fn absurd_numbers_are_refused_with_the_bound() {
        let text = ota1();
        for (from, to, expected) in [
            ("grid: 0.005", "grid: 1e-320", "(VDD).grid: 1e-320 must be 0 or of a size from 1e-30 to 1e30"),
            ("grid: 0.005", "grid: 1e-10", "is too fine: the range may reach 1e9 steps from 0"),
            ("high: 0.8", "high: 1e300", "(VDD).high: 1e300 must be 0"),
            ("high: 0.8", "high: inf", "(VDD).high: must be a finite number"),
            ("low: 0.4", "low: -1e31", "(VDD).low: -1e31"),
            ("legal: (1e-9, 100e-9)", "legal: (1e-300, 1)", "legal: 1e-300 must be"),
            ("legal: (15, 120)", "legal: (NaN, 120)", "must be two finite numbers"),
        ] {
            assert!(text.contains(from), "{from}");
            let message = said(&text.replacen(from, to, 1));
            assert!(message.contains(expected), "{to}: {message}");
        }
    }

    #[test]
    fn too_many_and_too_long_entries_are_refused_with_the_bound_and_not_echoed() {
        let text = ota1();
        let parameter = r#"(name: "VDD", unit: "V", low: 0.4, high: 0.8, grid: 0.005, scale: Linear),"#;
        let many = |n: usize| {
            let one = |i: usize| parameter.replace("VDD", &format!("X{i}"));
            (0..n).map(one).collect::<String>()
        };
        let longest = "x".repeat(100_000);
        let exporting = |name: &str, exported: &str| {
            let names = format!("export_names: [(\"{name}\", \"{exported}\")], specifications");
            text.replacen("specifications", &names, 1)
        };
        let cases = [
            (
                text.replacen("parameters: [", &format!("parameters: [{}", many(600)), 1),
                "614 entries: at most 512",
            ),
            (text.replacen("\"OTA1 ·", &format!("\"{longest}"), 1), "title: is longer than 4096 bytes"),
            (text.replacen("\"VDD\"", &format!("\"{longest}\""), 1), "is longer than 64 characters"),
            (text.replacen("\"VDD\"", &format!("\"{longest}\u{7}\""), 1), "letters, digits"),
            (text.replacen("width: \"W1\"", &format!("width: \"{longest}\""), 1), "is not a parameter"),
            (text.replacen("power<=27nW", &longest, 1), "is not a specification"),
            (text.replacen("power<=27nW", &format!("power<={longest}"), 1), "does not start with a number"),
            (text.replacen("power<=27nW", &format!("power<=27{longest}"), 1), "unknown unit"),
            (text.replacen("format: 1", &format!("{longest}: 1"), 1), "circuit.ron:3"),
            (text.replacen("unit: \"V\"", &format!("unit: \"{longest}\""), 1), "circuit.ron:"),
            (format!("{text}{}", " ".repeat(1 << 20)), "larger than 1 MiB"),
            (exporting("W1", r"w\n.control"), "export_names[0]: `w�.control` is no name for a netlist"),
            (exporting("W1", ""), "is no name for a netlist"),
            (exporting(&longest, "w"), "is not a parameter"),
        ];
        for (text, expected) in cases {
            let message = said(&text);
            assert!(message.contains(expected), "{expected}: {}", &message[..message.len().min(500)]);
            assert!(
                message.len() < 1000 && !message.contains('\u{7}'),
                "{expected}: {} bytes",
                message.len()
            );
        }
    }

    #[test]
    fn a_groups_sizes_may_be_missing_shared_and_tied_but_not_unknown() {
        let text = ota1();
        let first = r#"width: "W1", length: "L1", fingers: "NF1""#;
        assert!(text.contains(first));
        for (group, expected) in [
            (r#"width: "W1""#, "accepted"),
            (r#"length: "L1", fingers: "NF1""#, "accepted"),
            (r#"multiplier: "NF1""#, "accepted"),
            (r#"width: "W2", length: "L2", fingers: "NF2""#, "accepted"),
            (r#"width: "W1", length: "L2", multiplier: "NF1", fingers: "NF3""#, "accepted"),
            (r#"width: "W1", length: "L9", fingers: "nf_9""#, "accepted"),
            (
                r#"width: "W1", length: "L8""#,
                "groups[0] (input pair).length: `L8` is not a parameter and not tied",
            ),
            (
                r#"width: "W1", multiplier: "M1""#,
                "name one of `parameters` or of `ties`, or leave multiplier out",
            ),
            (
                r#"width: "W1", fingers: "W1""#,
                "groups[0] (input pair).fingers: `W1` is named twice in the group",
            ),
            (
                r#"width: "l9", length: "NF_9""#,
                "groups[0] (input pair): needs a parameter with a range above 0",
            ),
            (r#"fingers: """#, "as width, length, fingers or multiplier"),
            (r#"widths: "W1""#, "circuit.ron:"),
        ] {
            let text = text.replacen(first, group, 1);
            let message =
                said(&text.replacen("groups: [", r#"ties: [("l9", "2*L1"), ("nf_9", "4")], groups: ["#, 1));
            assert!(message.contains(expected), "{group}: {message}");
        }
        // a parameter that may be 0 is sized by itself, and no group is of such alone
        let zero = text.replacen("low: 1e-6", "low: 0.0", 1);
        assert_eq!(said(&zero), "accepted");
        let message = said(&zero.replacen(first, r#"width: "W1""#, 1));
        assert!(message.contains("(input pair): needs a parameter with a range above 0"), "{message}");
    }
}
