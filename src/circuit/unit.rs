//! The units that parameters and metrics may have: one line each.

use serde::{Deserialize, Serialize};

/// Makes [`Unit`] from a line a unit: its name, its symbol, and whether SI prefixes make sense with it.
macro_rules! units {
    ($($name:ident $symbol:literal $prefix:ident)+) => {
        /// A unit. Values are always held in the unit itself, without a prefix.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum Unit {
            /// A plain number, such as a finger count.
            One,
            $(#[doc = concat!(stringify!($name), ", `", $symbol, "`.")] $name,)+
        }

        impl Unit {
            /// All units but the plain number.
            pub(super) const NAMED: [Unit; [$($symbol),+].len()] = [$(Unit::$name),+];

            /// The unit's symbol, empty for a plain number.
            pub fn symbol(self) -> &'static str {
                match self {
                    Unit::One => "",
                    $(Unit::$name => $symbol,)+
                }
            }

            /// Whether SI prefixes make sense with this unit.
            pub fn takes_prefix(self) -> bool {
                match self {
                    Unit::One => false,
                    $(Unit::$name => units!(@$prefix),)+
                }
            }
        }
    };
    (@prefixed) => { true };
    (@bare) => { false };
}

units! {
    Hertz "Hz" prefixed
    Decibel "dB" bare
    Degree "deg" bare
    Ohm "Ohm" prefixed
    Volt "V" prefixed
    Ampere "A" prefixed
    Watt "W" prefixed
    Metre "m" prefixed
    Second "s" prefixed
    Farad "F" prefixed
}

impl TryFrom<String> for Unit {
    type Error = String;

    fn try_from(symbol: String) -> Result<Unit, String> {
        let known = Unit::NAMED.into_iter().chain([Unit::One]).find(|unit| unit.symbol() == symbol);
        known.ok_or_else(|| {
            let all = Unit::NAMED.map(Unit::symbol).join(", ");
            format!("unknown unit `{symbol}`: write one of {all}, or \"\" for a plain number")
        })
    }
}

impl From<Unit> for String {
    fn from(unit: Unit) -> String {
        unit.symbol().to_owned()
    }
}
