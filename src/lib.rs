//! sizewright sizes analog integrated circuits at the push of a button: a diffusion transformer
//! proposes, SPICE judges. See ARCHITECTURE.md for the rooms and the way of the data.

pub mod circuit;
pub mod cli;
pub mod dataset;
pub mod export;
pub mod files;
pub mod spice;
