//! sizewright sizes analog integrated circuits at the push of a button: a diffusion transformer
//! proposes, SPICE judges. See ARCHITECTURE.md for the rooms and the way of the data.

pub mod app;
pub mod bundle;
pub mod choice;
pub mod circuit;
pub mod cli;
pub mod dataset;
pub mod diffusion;
pub mod draft;
pub mod engine;
pub mod export;
pub mod files;
#[doc(hidden)]
pub mod fuzzing;
pub mod model;
pub mod nn;
mod normal;
pub mod report;
pub mod search;
pub mod sizing;
pub mod spice;
pub mod tensor;
