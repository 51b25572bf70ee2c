//! Small parts that panes, steps and windows are drawn from.

pub mod accessible;
mod empty;
mod format_chooser;
mod region_line;

pub use empty::empty;
pub use format_chooser::format_chooser;
pub use region_line::region_line;
