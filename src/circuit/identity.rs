//! What rows and models of a circuit depend on, as a text of its own: two circuits with the same one can
//! share them.
//!
//! Titles, descriptions and the names of groups and devices are for people and do not count. The testbench
//! counts too, but is a file of its own: its hash stands beside this text wherever it is kept.

use super::{Circuit, Metric, Parameter, Part, Scale, Sizes, format_number, shortened};
use std::fmt;

/// More differences than these are not listed.
const MOST_LISTED: usize = 3;
/// A longer line in a text that was read from a file is not shown whole.
const LONGEST_SHOWN: usize = 120;

/// A line a parameter, a device group, a metric and a validity condition, in the order in which sizings and
/// performances are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity(String);

impl Identity {
    /// The identity of a circuit.
    pub fn of(circuit: &Circuit) -> Identity {
        let mut lines: Vec<String> = circuit.parameters.iter().map(parameter).collect();
        let parts = circuit.parts();
        let mut groups: Vec<(usize, String)> =
            parts.iter().filter_map(|part| group(&circuit.parameters, part)).collect();
        // groups are told apart by their parameters; the order in which they are declared does not matter but
        // for whose own a shared one is, which the lines tell
        groups.sort();
        lines.extend(groups.into_iter().map(|(_, line)| line));
        lines.extend(circuit.metrics.iter().map(metric));
        lines.extend(
            circuit
                .validity
                .iter()
                .map(|v| format!("validity {}: above {}", v.vector, format_number(v.above))),
        );
        Identity(lines.join("\n"))
    }

    /// An identity that was kept in a file.
    pub fn from_text(text: String) -> Identity {
        Identity(text)
    }

    /// The text, a line a thing: `parameter W1: [m] 1e-6 to 1e-5, grid 1e-8, linear`.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What is otherwise in `self` than in `before`, in words: the first things of it, and how many more.
    pub fn difference(&self, before: &Identity) -> String {
        let differences = self.differences(before);
        let mut text = differences.iter().take(MOST_LISTED).cloned().collect::<Vec<_>>().join("; ");
        if differences.len() > MOST_LISTED {
            text += &format!("; and {} more", differences.len() - MOST_LISTED);
        }
        text
    }

    /// A line a thing that differs; none if they are the same.
    fn differences(&self, before: &Identity) -> Vec<String> {
        let (now, then) = (things(&self.0), things(&before.0));
        let mut lines = Vec::new();
        for (name, value) in &now {
            match then.iter().find(|(other, _)| other == name) {
                None => lines.push(format!("{} is new", shown(name))),
                Some((_, old)) if old != value => {
                    lines.push(format!("{} is {}, not {}", shown(name), shown(value), shown(old)));
                }
                Some(_) => {}
            }
        }
        let gone = then.iter().filter(|(name, _)| !now.iter().any(|(other, _)| other == name));
        lines.extend(gone.map(|(name, _)| format!("{} is gone", shown(name))));
        if lines.is_empty() && self != before {
            lines.push("the order of parameters or metrics".to_owned());
        }
        lines
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn things(text: &str) -> Vec<(&str, &str)> {
    text.lines().map(|line| line.split_once(": ").unwrap_or((line, ""))).collect()
}

fn shown(text: &str) -> String {
    shortened(text, LONGEST_SHOWN)
}

fn parameter(p: &Parameter) -> String {
    let (low, high, grid) = (format_number(p.low), format_number(p.high), format_number(p.grid));
    let values: Vec<String> = p.values.iter().map(|v| format_number(*v)).collect();
    let grid =
        if values.is_empty() { format!("grid {grid}") } else { format!("one of {}", values.join(" ")) };
    format!("parameter {}: [{}] {low} to {high}, {grid}, {}", p.name, p.unit.symbol(), scale(p.scale))
}

/// A group by the first parameter of its own; `None` where it has none, for then nothing follows from it.
fn group(parameters: &[Parameter], part: &Part) -> Option<(usize, String)> {
    let first = part.own.places().next()?;
    let size = |what: &str, place: Option<usize>| {
        let place = place?;
        let given = if part.own.places().any(|own| own == place) { "" } else { "given " };
        Some(format!("{given}{what} {}", parameters[place].name))
    };
    let Sizes { width, length, fingers, multiplier } = part.all;
    let sizes = [
        size("width", width.filter(|_| part.own.width.is_none())),
        size("length", length).or_else(|| Some("no length".to_owned())),
        size("fingers", fingers),
        size("multiplier", multiplier),
    ];
    let sizes: Vec<String> = sizes.into_iter().flatten().collect();
    Some((first, format!("group {}: {}", parameters[first].name, sizes.join(", "))))
}

fn metric(m: &Metric) -> String {
    let (low, high) = (format_number(m.legal.0), format_number(m.legal.1));
    format!("metric {}: [{}] {}, {}, legal {low} to {high}", m.name, m.unit.symbol(), m.sense, scale(m.scale))
}

fn scale(scale: Scale) -> &'static str {
    match scale {
        Scale::Linear => "linear",
        Scale::Log => "logarithmic",
    }
}

#[cfg(test)]
mod tests {
    use super::super::Member;
    use super::*;

    fn ota1() -> Circuit {
        Circuit::open("ota1").expect("OTA1 is bundled")
    }

    #[test]
    fn words_for_people_do_not_count() {
        let circuit = ota1();
        let mut other = circuit.clone();
        other.name = "mine".into();
        other.title = "Mine".into();
        other.about = "reworded".into();
        other.parameters[0].about = "reworded".into();
        other.metrics[0].title = "reworded".into();
        other.groups[0].name = "reworded".into();
        other.groups[0].devices = vec!["MX".into()];
        other.groups.reverse();
        other.validity[0].otherwise = "reworded".into();
        other.specifications.clear();
        other.export_names = vec![("W1".into(), "w_in".into())];
        assert_eq!(Identity::of(&other), Identity::of(&circuit));
    }

    #[test]
    fn whatever_else_changes_is_named() {
        let circuit = ota1();
        let own = Identity::of(&circuit);
        type Change = (fn(&mut Circuit), &'static str);
        let changes: [Change; 12] = [
            (
                |c| c.parameters[2].high = 20e-6,
                "parameter W1 is [m] 1e-6 to 2e-5, grid 1e-8, linear, not [m] 1e-6 to 1e-5",
            ),
            (|c| c.parameters[2].low = 2e-6, "parameter W1"),
            (|c| c.parameters[0].grid = 0.01, "parameter VDD"),
            (|c| c.parameters[2].scale = Scale::Log, "logarithmic, not"),
            (|c| c.parameters[4].unit = crate::circuit::Unit::Ohm, "parameter NF1 is [Ohm]"),
            (|c| c.parameters[0].name = "VCC".into(), "parameter VCC is new"),
            (|c| drop(c.groups.remove(0)), "group W1 is gone"),
            (|c| c.groups[0].length = Member::Parameter(6), "group W1 is length L2"),
            (|c| c.metrics[0].sense = crate::circuit::Sense::AtLeast, "metric power is [W] >="),
            (|c| c.metrics[2].legal.0 = 10.0, "metric gain"),
            (|c| c.validity.clear(), "validity polarity is gone"),
            (|c| c.parameters.swap(0, 1), "the order of parameters or metrics"),
        ];
        for (change, expected) in changes {
            let mut other = circuit.clone();
            change(&mut other);
            let differences = Identity::of(&other).differences(&own);
            assert!(differences.join("\n").contains(expected), "{expected}: {differences:?}");
        }
        assert!(own.differences(&own).is_empty());
        assert!(own.text().contains("\ngroup W1: length L1, fingers NF1\ngroup W2: "), "{own}");
        // a text of a stranger's file is not echoed whole
        let foreign = Identity::from_text(format!("parameter VDD: {}", "\u{1b}[2J".repeat(10_000)));
        let text = own.difference(&foreign);
        assert!(text.contains("; and "), "{text}");
        assert!(text.len() < 1000 && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn what_groups_share_and_lack_counts_and_in_which_order_they_do() {
        let text = |change: fn(&mut Circuit)| {
            let mut circuit = ota1();
            change(&mut circuit);
            let text = Identity::of(&circuit).text().to_owned();
            text.lines().filter(|line| line.starts_with("group W")).take(2).collect::<Vec<_>>().join("; ")
        };
        let shared = |c: &mut Circuit| c.groups[1].length = Member::Parameter(3);
        assert_eq!(text(shared), "group W1: length L1, fingers NF1; group W2: given length L1, fingers NF2");
        assert_eq!(
            text(|c| {
                c.groups[1].length = Member::Parameter(3);
                c.groups.swap(0, 1);
            }),
            "group W1: given length L1, fingers NF1; group W2: length L1, fingers NF2"
        );
        assert_eq!(
            text(|c| (c.groups[0].length, c.groups[0].fingers) = (Member::None, Member::None)),
            "group W1: no length; group W2: length L2, fingers NF2"
        );
        let circuit = &mut ota1();
        circuit.groups[0].multiplier = std::mem::take(&mut circuit.groups[1].fingers);
        circuit.groups[1].width = Member::Other("tied".into());
        let lines = Identity::of(circuit);
        assert!(lines.text().contains("group W1: length L1, fingers NF1, multiplier NF2\n"), "{lines}");
        assert!(lines.text().contains("group L2: length L2\n"), "{lines}");
        // with nothing of its own it changes nothing
        circuit.groups[1] = circuit.groups[0].clone();
        let two = Identity::of(circuit);
        circuit.groups.remove(1);
        assert_eq!(Identity::of(circuit), two);
    }
}
