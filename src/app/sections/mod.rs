//! The left column: the way from a circuit to an exported sizing, in six steps. A step is a file that implements
//! [`Pane`], and a line in the list.

mod circuit;
mod export;
mod named;
mod reach;
mod sample;
mod step;
mod targets;
mod train;
mod verify;

use super::pane::Pane;

/// All steps in their order.
pub fn all() -> Vec<Box<dyn Pane>> {
    vec![
        Box::<circuit::CircuitStep>::default(),
        Box::<train::TrainStep>::default(),
        Box::<targets::TargetsStep>::default(),
        Box::<sample::SampleStep>::default(),
        Box::<verify::VerifyStep>::default(),
        Box::<export::ExportStep>::default(),
    ]
}
