//! Rows of sizings and measured performances: CSV in and out, validation, split, coordinates,
//! conditions.

mod conditions;
mod coordinates;
mod split;

pub use conditions::{Conditions, Loosening};
pub use coordinates::{CoordinateKind, Coordinates};
pub use split::Split;

use crate::circuit::{Performance, Sizing};

/// One simulated design.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its sizing.
    pub sizing: Sizing,
    /// What ngspice measured.
    pub performance: Performance,
}
