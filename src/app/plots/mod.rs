//! Saving and copying what the plots show: a small menu at each, its picture as PNG, its data as CSV.

pub mod data;
mod menu;
mod picture;

pub use menu::{Plot, PlotChoice, PlotRequest, menu, requested, row, shows};
pub use picture::{Pictures, Taken};
