//! The units that parameters and metrics may have: one line each.

use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};

/// Makes [`Unit`] from a line a unit: its name, its symbol, and how SI prefixes go with it.
macro_rules! units {
    ($($name:ident $symbol:literal $prefix:ident)+) => {
        /// A unit. Values are always held in the unit itself, without a prefix.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum Unit {
            /// A plain number, such as a finger count.
            One,
            /// Something of the user's own, such as `%` or `V/V`.
            Label(Label),
            $(#[doc = concat!(stringify!($name), ", `", $symbol, "`.")] $name,)+
        }

        impl Unit {
            /// All units but the plain number.
            pub(super) const NAMED: [Unit; [$($symbol),+].len()] = [$(Unit::$name),+];

            /// The unit's symbol, empty for a plain number.
            pub fn symbol(self) -> &'static str {
                match self {
                    Unit::One => "",
                    Unit::Label(label) => label.0,
                    $(Unit::$name => $symbol,)+
                }
            }

            /// Whether SI prefixes make sense with this unit.
            pub fn takes_prefix(self) -> bool {
                self.prefix_power() != 0
            }

            /// The power that a prefix is raised to: 2 in `um2`, 0 where prefixes make no sense.
            pub fn prefix_power(self) -> i32 {
                match self {
                    Unit::One | Unit::Label(_) => 0,
                    $(Unit::$name => units!(@$prefix),)+
                }
            }
        }
    };
    (@prefixed) => { 1 };
    (@squared) => { 2 };
    (@bare) => { 0 };
}

units! {
    Hertz "Hz" prefixed
    Decibel "dB" bare
    Degree "deg" bare
    Ohm "Ohm" prefixed
    Siemens "S" prefixed
    Volt "V" prefixed
    Ampere "A" prefixed
    Watt "W" prefixed
    Metre "m" prefixed
    Second "s" prefixed
    Farad "F" prefixed
    Henry "H" prefixed
    SquareMetre "m2" squared
    VoltPerSecond "V/s" prefixed
}

/// A unit that is none of ours: a word that stands behind numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label(&'static str);

/// The longest label, in characters.
const LONGEST_LABEL: usize = 12;
/// Different labels that are kept; a circuit has a few.
const MOST_LABELS: usize = 1000;

impl Label {
    /// A label as a text that stays: each is kept once, and there is a bound on how many.
    fn kept(text: &str) -> Option<Label> {
        static KEPT: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.iter().find(|known| **known == text) {
            return Some(Label(known));
        }
        if kept.len() >= MOST_LABELS {
            return None;
        }
        let label: &'static str = Box::leak(text.to_owned().into_boxed_str());
        kept.push(label);
        Some(Label(label))
    }
}

impl TryFrom<String> for Unit {
    type Error = String;

    fn try_from(symbol: String) -> Result<Unit, String> {
        let known = Unit::NAMED.into_iter().chain([Unit::One]);
        if let Some(unit) = known.clone().find(|unit| unit.symbol() == symbol) {
            return Ok(unit);
        }
        // `hz` or `v` is one of ours, written otherwise
        if let Some(unit) = known.clone().find(|unit| unit.symbol().eq_ignore_ascii_case(&symbol)) {
            return Err(format!("unknown unit `{symbol}`: write `{}`", unit.symbol()));
        }
        let sound = |c: char| c.is_alphabetic() || "%/^·°²³1234567890".contains(c);
        let label = symbol.chars().count() <= LONGEST_LABEL
            && symbol.chars().all(sound)
            && symbol.starts_with(|c: char| c.is_alphabetic() || c == '%' || c == '°' || c == '1');
        label.then(|| Label::kept(&symbol)).flatten().map(Unit::Label).ok_or_else(|| {
            let all = Unit::NAMED.map(Unit::symbol).join(", ");
            format!(
                "unknown unit `{symbol}`: write one of {all}, a word of your own of at most {LONGEST_LABEL} letters, or \"\" for a plain number"
            )
        })
    }
}

impl From<Unit> for String {
    fn from(unit: Unit) -> String {
        unit.symbol().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_the_users_own_is_a_unit_and_a_slip_is_not() {
        for own in ["V/V", "%", "ppm", "1/s", "°C"] {
            let unit = Unit::try_from(own.to_owned()).expect(own);
            assert_eq!((unit.symbol(), unit.takes_prefix()), (own, false));
            assert_eq!(Unit::try_from(own.to_owned()), Ok(unit), "the same again");
        }
        for (slip, expected) in
            [("hz", "write `Hz`"), ("v", "write `V`"), ("2x", "a word of your own"), ("a b", "unknown unit")]
        {
            let said = Unit::try_from(slip.to_owned()).expect_err(slip);
            assert!(said.contains(expected), "{said}");
        }
        assert!(Unit::try_from("x".repeat(40)).is_err());
    }
}
