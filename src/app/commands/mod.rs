//! Everything that the window can be told to do: one table, from which menus, palette, shortcuts and their window
//! derive.

mod entry;
mod table;

pub use entry::{Menu, Situation};
pub use table::Command;
