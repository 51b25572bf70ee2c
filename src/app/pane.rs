//! What is drawn in the window: panes, the steps of the left column, windows above the panes.

use super::ids::WindowId;
use super::plots::Plot;
use super::scene::Scene;
use super::state::Bench;
use egui::{Context, Ui};
use std::any::Any;

/// A pane, or a step of the left column. It owns how it is looked at, draws the rest from the `Scene`, and makes
/// wishes. What it keeps of a circuit it keeps beside the circuit's or the rows' `Arc`, so that it notices another one.
pub trait Pane: Any {
    /// Draws the pane into the room that `ui` has.
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>);

    /// What one of the pane's plots shows, as CSV; nothing where the plot is another pane's or shows nothing.
    fn data(&self, _plot: Plot, _bench: &Bench) -> Option<String> {
        None
    }
}

/// A window above the panes, of which Escape closes the one on top.
pub trait Window {
    /// The name by which it is opened.
    fn id(&self) -> WindowId;

    /// Draws the window; called only while it is open.
    fn ui(&mut self, ctx: &Context, scene: &mut Scene<'_>);
}
