//! What is being sized: a circuit's parameters, device groups, metrics and specifications.
//!
//! A circuit is a folder with a `circuit.ron`, the testbench that it names and, usually, a dataset.
//! Everything here is checked once, at the door: a [`Circuit`] in hand is sound. This room knows `files`
//! alone.

mod aligned;
mod check;
mod column;
mod decks;
mod definition;
mod device;
mod expression;
mod identity;
mod library;
mod load;
mod margin;
mod measurement;
mod metric;
mod outside;
mod parameter;
mod part;
mod quantity;
mod raw;
mod region;
mod score;
mod shortened;
mod sizing;
mod specification;
mod targets;
mod testbench;
mod unit;

pub use aligned::Aligned;
pub use column::{column, is_unit, split_column};
pub use definition::{Circuit, NOMINAL};
pub use device::{DeviceGroup, Member, NamedDeviceGroup};
pub use expression::{Expression, ExpressionError, spice_number};
pub use identity::Identity;
pub use library::{
    bundled_circuits, bundled_model_path, datasets_folder, grown_model_path, provide_datasets,
};
pub use load::CircuitError;
pub use margin::{margin_in_percent, margin_in_words, percent_of, signed_margin, worst_margin};
pub use measurement::{Analysis, Function, Measurement};
pub use metric::{Metric, Sense, Validity};
pub use outside::Outside;
pub use parameter::{Parameter, Scale};
pub use part::{Part, Sizes};
pub use quantity::{Quantity, QuantityError, counted, format_number, format_quantity, parse_quantity};
pub use region::{Region, RegionError};
pub use score::{Score, decade, margins_in_decades};
pub use shortened::shortened;
pub use sizing::{Performance, Sizing, SizingError, SizingKey};
pub use specification::{Bound, NamedSpecification, Specification};
pub use targets::SpecificationError;
pub use testbench::{Corner, DeckParameter, DeckValue, Reading, Source, Testbench, Wanted};
pub use unit::Unit;
