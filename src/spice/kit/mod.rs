//! Process kits: libraries of which a deck needs a hundredth.
//!
//! ngspice reads a deck with all that it includes anew for each design, which takes seconds for a whole
//! process. `slim` leaves out what a deck does not reach, once; `narrow` leaves out the bins that a design's
//! sizes do not fall into, for each design, where working that out is sure. Neither changes a metric: what is
//! left out is what ngspice would have read and not used. `cells` finds transistors with bins, `netlist`
//! reads statements, `place` knows where kits lie.

mod cells;
mod narrow;
pub(super) mod netlist;
pub(super) mod place;
mod slim;

pub(super) use narrow::Narrow;
pub(super) use slim::slim;
