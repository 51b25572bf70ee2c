//! The truth: what ngspice measures of a sizing.
//!
//! A [`Simulator`] is a pool of single-threaded worker processes, our own program started again
//! with the hidden subcommand `spice-worker`. Each loads the system's ngspice library at run time
//! and simulates a *fresh* netlist a design, or alters a loaded one to the same bits where it is told so, so a
//! result depends on the sizing alone: bit-identical
//! on repeat, whatever was simulated before and by which worker. A design that does not converge,
//! hangs, crashes its worker or makes ngspice quit costs that design alone and gets a reason.
//!
//! A deck is a stranger's program: what it would do beyond simulating is found before it runs and needs
//! the user's word, and a worker is bounded and works in a scratch folder of its own.
//!
//! `reader` reads a deck's files, `kit` takes of them what the deck needs, `kept` keeps
//! that, `adapt` makes room for
//! the sizing and `deck` a netlist of it all, `trust`
//! finds what it would do; `protocol` is what parent and worker say to each other, `library` the foreign functions,
//! `worker` the child's side, with `state` to put back and `limits` to keep, `results` what a run left and `measure` what
//! follows from it; `alterable` are decks whose circuit may stay for the next design, by a control block that `control`
//! reads, and `altering` says how far that is trusted; `printed` is what it only printed; `batch` is a deck's run as `ngspice -b` in the library's place,
//! `command` a simulator of the user's own in ngspice's, `program` any program that a worker starts; `process` is a worker
//! as its parent sees it, `pool` many of them, set up by `config`, which run what is `taken` of a design, in `parts` where
//! designs are few; `judge` says what their numbers mean. `simulate` is what the house sees of all that measures: the pool,
//! `for_bounds` no more of it than bounds need, `worst_case` in every condition that counts, `corners` in those that decide; `compare` measures a design both ways. Of ngspice's
//! words `telling` keeps those that may be a reason and `complaints` makes reasons of them, which `reasons` counts; `verdict`
//! is what was measured.
//!
//! A design can be looked into: `inspection` is what there is to see, with the transistors as `device_point`s. A worker
//! reads `sweeps` of what a run left, `thin`s long ones, runs the `operating` point once more, and hands out what it has
//! `seen` by the `piece`; its parent puts the pieces together by `seeing` them.
//! This room knows `circuit` and `files`.

mod adapt;
mod alterable;
mod altering;
mod batch;
mod command;
mod compare;
mod complaints;
mod config;
mod control;
mod corners;
mod deck;
mod device_point;
mod error;
mod finding;
mod for_bounds;
mod heard;
mod inspection;
mod judge;
mod kept;
mod kit;
mod library;
mod limits;
mod measure;
mod operating;
mod parts;
mod piece;
mod pool;
mod printed;
mod process;
mod program;
mod protocol;
mod reader;
mod reasons;
mod results;
mod seeing;
mod seen;
mod simulate;
mod state;
mod survey;
mod sweeps;
mod syntax;
mod taken;
mod telling;
mod thin;
mod trust;
mod verdict;
mod worker;
mod worst_case;

pub use alterable::is_alterable;
pub use compare::{Compared, compare, spread};
pub use config::{Random, SimulatorConfig};
pub use corners::OverCorners;
pub use deck::{deck, testbench_text, unused_parameters};
pub use device_point::{DevicePoint, OperatingRegion};
pub use error::{Failure, SpiceError};
pub use finding::Finding;
pub use for_bounds::ForBounds;
pub(crate) use heard::{Ear, asked};
pub use inspection::{Curve, CurveRole, CurveValues, Inspection, Sweep};
pub use pool::{Simulator, ngspice_version};
pub use reasons::Reasons;
pub use simulate::Simulate;
pub use survey::{Constant, DeckFile, Role, Survey, survey};
pub use trust::{Allowed, allow, findings, is_allowed};
pub use verdict::{MeasuredBy, Outcome, Simulated};
pub use worker::serve;
pub use worst_case::{WorstCase, simulator_of};
