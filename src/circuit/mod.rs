//! What is being sized: a circuit's parameters, device groups, metrics and specifications.
//!
//! A circuit is a folder with a `circuit.ron`, the testbench that it names and, usually, a dataset.
//! Everything here is checked once, at the door: a [`Circuit`] in hand is sound. This room knows `files`
//! alone.

mod bundled;
mod check;
mod expression;
mod identity;
mod load;
mod metric;
mod outside;
mod parameter;
mod quantity;
mod region;
mod score;
mod shortened;
mod sizing;
mod specification;

pub use bundled::{bundled_circuits, datasets_folder};
pub use expression::{Expression, ExpressionError, spice_number};
pub use identity::Identity;
pub use load::{Circuit, CircuitError};
pub use metric::{Metric, Sense, Validity};
pub use outside::Outside;
pub use parameter::{DeviceGroup, Parameter, Scale};
pub use quantity::{Quantity, QuantityError, Unit, format_quantity, parse_quantity};
pub use region::{Region, RegionError};
pub use score::{Score, margins_in_decades};
pub use shortened::shortened;
pub use sizing::{Performance, Sizing, SizingError};
pub use specification::{Bound, NamedSpecification, Specification, SpecificationError};
