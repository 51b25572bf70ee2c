//! Small parts that panes, steps and windows are drawn from.

pub mod accessible;
mod deck_lines;
mod empty;
mod format_chooser;
mod region_line;
mod star;

pub use deck_lines::deck_lines;
pub use empty::empty;
pub use format_chooser::format_chooser;
pub use region_line::region_line;
pub use star::star;
