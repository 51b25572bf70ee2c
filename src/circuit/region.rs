//! A part of a circuit's sizings: parameters that are fixed or held to a range within their own.

use super::{Circuit, Parameter, QuantityError, Sizing, format_quantity, parse_quantity, shortened};
use serde::{Deserialize, Serialize};

/// More of a text is not echoed.
const LONGEST_ECHO: usize = 80;

/// What a parameter is held to, in its SI unit, both ends on the grid and included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Held {
    parameter: usize,
    low: f64,
    high: f64,
}

/// Parameters held to ranges; by default none is, and every legal sizing is inside.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Region(Vec<Held>);

/// Why a parameter cannot be held to a range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RegionError {
    /// Not `NAME=VALUE` or `NAME=LOW..HIGH`.
    #[error("`{text}` says no {what}: write {example}")]
    Form {
        /// What was given.
        text: String,
        /// `value` or `range`.
        what: &'static str,
        /// What would do.
        example: &'static str,
    },
    /// There is no such parameter.
    #[error("`{name}` is not a parameter of {circuit}: it has {known}")]
    Unknown {
        /// The name given.
        name: String,
        /// The circuit's name.
        circuit: String,
        /// The names that would do.
        known: String,
    },
    /// A parameter occurs twice.
    #[error("{0} is given twice: give it one value or one range")]
    Twice(String),
    /// An end is no quantity of the parameter's unit.
    #[error("{name}: {source}")]
    Quantity {
        /// The parameter.
        name: String,
        /// What is wrong with it.
        source: QuantityError,
    },
    /// The range reaches beyond the parameter's own.
    #[error("{name} cannot be held to {given}: its own range is {own}")]
    Outside {
        /// The parameter.
        name: String,
        /// The range given.
        given: String,
        /// The parameter's own range.
        own: String,
    },
    /// No legal value lies in the range.
    #[error("{name} has no value in {given}: its grid is {grid}")]
    Empty {
        /// The parameter.
        name: String,
        /// The range given.
        given: String,
        /// The parameter's grid.
        grid: String,
    },
}

/// `1 µm … 2 µm`, or the one value.
fn span(parameter: &Parameter, low: f64, high: f64) -> String {
    let show = |v: f64| format_quantity(v, parameter.unit, 6);
    if low == high { show(low) } else { format!("{} … {}", show(low), show(high)) }
}

impl Region {
    /// Reads `NAME=VALUE` of parameters that are fixed and `NAME=LOW..HIGH` of those held to a range, such as
    /// `W1=2u` and `L1=0.2u..1um`.
    ///
    /// # Errors
    /// The first text that is not sound, with the remedy.
    pub fn parse<S: AsRef<str>>(circuit: &Circuit, fixed: &[S], ranges: &[S]) -> Result<Region, RegionError> {
        let mut region = Region::default();
        for text in fixed {
            let text = text.as_ref();
            let (parameter, value) = split(circuit, text, "value", "`W1=2u`")?;
            let value = quantity(circuit, parameter, value)?;
            region.once(circuit, parameter)?;
            region.hold(circuit, parameter, value, value)?;
        }
        for text in ranges {
            let text = text.as_ref();
            let example = "`L1=0.2u..1u`";
            let (parameter, ends) = split(circuit, text, "range", example)?;
            let form = || RegionError::Form { text: shortened(text, LONGEST_ECHO), what: "range", example };
            let (low, high) = ends.split_once("..").ok_or_else(form)?;
            let (low, high) = (quantity(circuit, parameter, low)?, quantity(circuit, parameter, high)?);
            region.once(circuit, parameter)?;
            region.hold(circuit, parameter, low, high)?;
        }
        Ok(region)
    }

    fn once(&self, circuit: &Circuit, parameter: usize) -> Result<(), RegionError> {
        match self.held(parameter) {
            Some(_) => Err(RegionError::Twice(circuit.parameters[parameter].name.clone())),
            None => Ok(()),
        }
    }

    /// Holds a parameter to `low … high`, in its SI unit: to the legal values in it, whose ends are taken on
    /// the grid. One value fixes it, at the nearest legal one. The whole own range frees it.
    ///
    /// # Errors
    /// The range is empty, reaches beyond the parameter's own or has no legal value in it. `self` is then as
    /// it was.
    pub fn hold(
        &mut self,
        circuit: &Circuit,
        parameter: usize,
        low: f64,
        high: f64,
    ) -> Result<(), RegionError> {
        let p = &circuit.parameters[parameter];
        let slack = 1e-6 * p.grid;
        let inside = |v: f64| v >= p.low - slack && v <= p.high + slack;
        if !(inside(low) && inside(high)) {
            return Err(RegionError::Outside {
                name: p.name.clone(),
                given: span(p, low, high),
                own: span(p, p.low, p.high),
            });
        }
        let (from, to) = if low == high {
            (p.snap(low), p.snap(low))
        } else {
            let (mut from, mut to) = (p.snap(low), p.snap(high));
            from = if from < low - slack { p.neighbour(from, true) } else { from };
            to = if to > high + slack { p.neighbour(to, false) } else { to };
            (from, to)
        };
        if from > to {
            return Err(RegionError::Empty {
                name: p.name.clone(),
                given: span(p, low, high),
                grid: p.grid_in_words(),
            });
        }
        self.free(parameter);
        if from > p.snap(p.low) || to < p.snap(p.high) {
            self.0.push(Held { parameter, low: from, high: to });
            self.0.sort_by_key(|held| held.parameter);
        }
        Ok(())
    }

    /// Lets a parameter have its own range again.
    pub fn free(&mut self, parameter: usize) {
        self.0.retain(|held| held.parameter != parameter);
    }

    /// What a parameter is held to, in its SI unit; `None` if it is free.
    pub fn held(&self, parameter: usize) -> Option<(f64, f64)> {
        self.0.iter().find(|held| held.parameter == parameter).map(|held| (held.low, held.high))
    }

    /// Whether every parameter is free.
    pub fn is_whole(&self) -> bool {
        self.0.is_empty()
    }

    /// The parameters that are held, in order.
    pub fn parameters(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|held| held.parameter)
    }

    /// The circuit whose parameters' own ranges are those of the region: its legal sizings are those inside.
    pub fn applied(&self, circuit: &Circuit) -> Circuit {
        let mut circuit = circuit.clone();
        for held in &self.0 {
            if let Some(parameter) = circuit.parameters.get_mut(held.parameter) {
                (parameter.low, parameter.high) = (held.low, held.high);
            }
        }
        circuit
    }

    /// Whether every value of a sizing is inside.
    pub fn contains(&self, circuit: &Circuit, sizing: &Sizing) -> bool {
        self.0.iter().all(|held| {
            let slack = circuit.parameters.get(held.parameter).map_or(0.0, |p| 1e-6 * p.grid);
            let value = sizing.0.get(held.parameter).copied().unwrap_or(f64::NAN);
            value >= held.low - slack && value <= held.high + slack
        })
    }

    /// `W1 = 2 µm, L1 = 200 nm … 1 µm`; nothing for the whole.
    pub fn describe(&self, circuit: &Circuit) -> String {
        let one = |held: &Held| {
            let p = &circuit.parameters[held.parameter];
            format!("{} = {}", p.name, span(p, held.low, held.high))
        };
        self.0.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

fn split<'t>(
    circuit: &Circuit,
    text: &'t str,
    what: &'static str,
    example: &'static str,
) -> Result<(usize, &'t str), RegionError> {
    let (name, rest) = text.split_once('=').ok_or_else(|| RegionError::Form {
        text: shortened(text, LONGEST_ECHO),
        what,
        example,
    })?;
    let name = name.trim();
    let parameter = circuit.parameter_index(name).ok_or_else(|| RegionError::Unknown {
        name: shortened(name, LONGEST_ECHO),
        circuit: circuit.name.clone(),
        known: circuit.parameters.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", "),
    })?;
    Ok((parameter, rest.trim()))
}

fn quantity(circuit: &Circuit, parameter: usize, text: &str) -> Result<f64, RegionError> {
    let p = &circuit.parameters[parameter];
    parse_quantity(text.trim(), p.unit)
        .map(|quantity| quantity.value)
        .map_err(|source| RegionError::Quantity { name: p.name.clone(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ota1() -> Circuit {
        Circuit::open("ota1").expect("bundled")
    }

    #[test]
    fn texts_become_ranges_on_the_grid() {
        let circuit = ota1();
        let region = Region::parse(&circuit, &["W1=2u", "NF2 = 4"], &["L1=0.2u..1um", "VDD=0.402..0.5V"]);
        let region = region.expect("sound");
        assert_eq!(
            region.describe(&circuit),
            "VDD = 405 mV … 500 mV, W1 = 2 µm, L1 = 200 nm … 1 µm, NF2 = 4"
        );
        assert_eq!(region.held(2), Some((2e-6, 2e-6)));
        assert_eq!(region.held(1), None);
        let narrowed = region.applied(&circuit);
        let middle = Sizing(narrowed.parameters.iter().map(|p| p.snap(p.from_unit_interval(0.5))).collect());
        assert!(region.contains(&circuit, &middle) && middle.check(&circuit).is_ok());
        let mut outside = middle.clone();
        outside.0[2] = 2.01e-6;
        assert!(!region.contains(&circuit, &outside));
        assert!(Region::default().contains(&circuit, &outside) && Region::default().is_whole());
        assert_eq!(region.parameters().collect::<Vec<_>>(), [0, 2, 3, 7]);
    }

    #[test]
    fn what_cannot_be_held_is_named() {
        let circuit = ota1();
        let none: [&str; 0] = [];
        for (fixed, range, expected) in [
            ("W9=2u", "", "`W9` is not a parameter of ota1: it has VDD, VB, W1"),
            ("W1", "", "`W1` says no value: write `W1=2u`"),
            ("", "L1=1u", "`L1=1u` says no range: write `L1=0.2u..1u`"),
            ("", "L1=1u..6u", "L1 cannot be held to 1 µm … 6 µm: its own range is 200 nm … 5 µm"),
            ("", "L1=2u..1u", "L1 has no value in 2 µm … 1 µm: its grid is 10 nm"),
            ("", "NF1=3.2..3.8", "NF1 has no value in 3.2 … 3.8: its grid is 1"),
            ("W1=2V", "", "W1: "),
        ] {
            let fixed: Vec<&str> = [fixed].into_iter().filter(|t| !t.is_empty()).collect();
            let range: Vec<&str> = [range].into_iter().filter(|t| !t.is_empty()).collect();
            let said = Region::parse(&circuit, &fixed, &range).expect_err(expected).to_string();
            assert!(said.contains(expected), "{said}");
        }
        let twice = Region::parse(&circuit, &["W1=2u"], &["W1=1u..3u"]).expect_err("twice").to_string();
        assert!(twice.contains("W1 is given twice"), "{twice}");
        let whole = Region::parse(&circuit, &none, &["W1=1u..10u"]).expect("sound");
        assert!(whole.is_whole());
    }
}
