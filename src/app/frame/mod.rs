//! What frames the panes: the menu bar above, the status bar below, and the palette of commands over all.

pub mod menu;
pub mod palette;
pub mod status;
