//! How designs are looked at, in every pane alike: axes, marks by verdict, the table's order, the legend. Simulated
//! marks are filled, predicted ones hollow; those that meet the targets are round and green, those that do not are
//! diamonds and orange.

pub mod axis;
mod colouring;
mod design_view;
pub mod inspected;
mod legend;
mod margin;
mod mark;
pub mod order;
mod representatives;

pub use colouring::{Colouring, column_name};
pub use design_view::{CLOUD, DesignView, REACH};
pub use legend::{legend, say_what_is_missing};
pub use margin::{Worst, best, standing};
pub use mark::{Mark, earlier, shown};
pub use representatives::{Representative, representatives};
