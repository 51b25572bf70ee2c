//! What measures a circuit: testbenches over one sizing, what is read of their runs, and how each metric follows.

use super::expression::Expression;
use super::measurement::{Measurement, taken_out};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One deck, which measures some of the metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct Testbench {
    /// The name by which metrics refer to it.
    pub name: String,
    /// The deck's path.
    pub deck: PathBuf,
    /// Whether each run of it is an `ngspice -b` of its own: slower, for a deck that needs it.
    pub process: bool,
}

/// Something to be read of a testbench's run.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The place of the testbench.
    pub testbench: usize,
    /// What is read.
    pub wanted: Wanted,
}

/// What is read of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Wanted {
    /// The one number in a vector of this name, which the control block or a `.meas` line leaves; where there is none,
    /// what the run printed as `name = value`.
    Vector(String),
    /// A measurement over vectors.
    Measured(Measurement),
}

impl Wanted {
    /// Whether it is the vector of this name.
    pub(super) fn is_vector(&self, name: &str) -> bool {
        matches!(self, Wanted::Vector(vector) if vector.eq_ignore_ascii_case(name))
    }

    /// As `circuit.ron` writes it.
    pub fn text(&self) -> String {
        match self {
            Wanted::Vector(name) => name.clone(),
            Wanted::Measured(measurement) => measurement.text(),
        }
    }
}

/// How a metric's value follows from readings, metrics before it and parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    expression: Expression,
    /// The place of a reading by itself, as most metrics are.
    alone: Option<usize>,
}

/// How a reading is named in the expression of a [`Source`]: no name of a circuit begins with `_`.
fn reading_name(place: usize) -> String {
    format!("_{place}")
}

impl Source {
    /// Reads how a value is taken in the testbench at `testbench`; what it needs of that is added to `readings`. A name
    /// that is not `known` (a metric before this one or a parameter, in lower case) is a vector of the run.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub(super) fn parse(
        text: &str,
        testbench: usize,
        readings: &mut Vec<Reading>,
        known: &dyn Fn(&str) -> bool,
    ) -> Result<Source, String> {
        let mut place_of = |wanted: Wanted| {
            let reading = Reading { testbench, wanted };
            readings.iter().position(|r| *r == reading).unwrap_or_else(|| {
                readings.push(reading);
                readings.len() - 1
            })
        };
        let text = taken_out(text, &mut |m| reading_name(place_of(Wanted::Measured(m))))?;
        let mut expression = Expression::parse(&text).map_err(|e| e.to_string())?;
        expression.rename(&mut |name| {
            let own = name.starts_with('_') || known(name);
            (!own).then(|| reading_name(place_of(Wanted::Vector(name.to_owned()))))
        });
        let alone = expression.is_name().and_then(|name| name.strip_prefix('_')?.parse().ok());
        Ok(Source { expression, alone })
    }

    /// Whether it is the reading at this place by itself.
    pub(super) fn is_alone(&self, place: usize) -> bool {
        self.alone == Some(place)
    }

    /// The readings that it takes.
    pub fn readings(&self) -> impl Iterator<Item = usize> + '_ {
        self.expression.names().into_iter().filter_map(|name| name.strip_prefix('_')?.parse().ok())
    }

    /// The metrics and parameters that it follows from, in lower case.
    pub fn names(&self) -> Vec<&str> {
        self.expression.names().into_iter().filter(|name| !name.starts_with('_')).collect()
    }

    /// The value, `None` where something that it needs has none. `named` gives metrics and parameters by their names in
    /// lower case.
    pub fn value(&self, readings: &[Option<f64>], named: &mut dyn FnMut(&str) -> Option<f64>) -> Option<f64> {
        let read = |place: usize| readings.get(place).copied().flatten();
        if let Some(place) = self.alone {
            return read(place);
        }
        self.expression.value(&mut |name| match name.strip_prefix('_') {
            Some(place) => read(place.parse().ok()?),
            None => named(name),
        })
    }
}

/// A parameter of the decks that a sizing gives a value to, in the deck's own numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct DeckParameter {
    /// The name in the decks.
    pub name: String,
    /// Where the value comes from.
    pub value: DeckValue,
}

/// Where the value of a [`DeckParameter`] comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum DeckValue {
    /// The design parameter at this place, in units of the second number: 1e-6 where the deck counts in µm.
    Sized(usize, f64),
    /// An expression of the deck parameters before it.
    Tied(Expression),
}

/// A process corner, a temperature, a supply: conditions that every testbench can be run in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Corner {
    /// The name.
    pub name: String,
    /// Sections of libraries in place of those that the decks name: (as it stands there, in its place).
    pub sections: Vec<(String, String)>,
    /// In degrees Celsius, where it is not the decks' own.
    pub temperature: Option<f64>,
    /// Parameters of the decks with another value: expressions of the deck parameters' own values.
    pub set: Vec<(String, Expression)>,
    /// Texts in the decks to be replaced, such as `#corner`.
    pub replace: Vec<(String, String)>,
}

impl Corner {
    /// This corner with what makes the decks draw mismatch in it: `ss` of the corner becomes `ss_mm` where that is what
    /// mismatch makes of `ss`.
    ///
    /// # Errors
    /// A section of this corner that mismatch makes nothing of, though it does of the one in whose place it stands.
    pub fn with_mismatch(&self, mismatch: &Corner) -> Result<Corner, String> {
        let drawn = |section: &str| mismatch.sections.iter().find(|(from, _)| from == section);
        let mut sections = Vec::new();
        for (from, to) in &self.sections {
            match drawn(to) {
                Some((_, mismatched)) => sections.push((from.clone(), mismatched.clone())),
                None if drawn(from).is_some() => return Err(to.clone()),
                None => sections.push((from.clone(), to.clone())),
            }
        }
        let other = |(from, _): &&(String, String)| self.sections.iter().all(|(own, _)| own != from);
        sections.extend(mismatch.sections.iter().filter(other).cloned());
        Ok(Corner {
            name: format!("{} with mismatch", self.name),
            sections,
            temperature: mismatch.temperature.or(self.temperature),
            set: self.set.iter().chain(&mismatch.set).cloned().collect(),
            replace: self.replace.iter().chain(&mismatch.replace).cloned().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Corner;

    fn corner(sections: &[(&str, &str)]) -> Corner {
        let sections = sections.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        Corner { sections, ..Corner::default() }
    }

    #[test]
    fn mismatch_is_drawn_in_a_corners_own_section() {
        let mismatch = corner(&[("tt", "tt_mm"), ("ss", "ss_mm")]);
        let slow = Corner { temperature: Some(125.0), ..corner(&[("tt", "ss"), ("cap", "high")]) };
        let both = slow.with_mismatch(&mismatch).expect("ss draws in ss_mm");
        let pairs = [("tt", "ss_mm"), ("cap", "high"), ("ss", "ss_mm")];
        assert_eq!(both.sections, corner(&pairs).sections);
        assert_eq!(both.temperature, Some(125.0));
        // hot alone: the decks' own section draws
        let hot = Corner { temperature: Some(125.0), ..Corner::default() };
        assert_eq!(hot.with_mismatch(&mismatch).expect("it changes no section").sections, mismatch.sections);
        // nothing is known of ff
        assert_eq!(corner(&[("tt", "ff")]).with_mismatch(&mismatch), Err("ff".to_owned()));
    }
}
