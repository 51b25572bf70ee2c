//! The windows above the panes. One of its own is a file that implements [`Window`], and a line in the list.

mod check;
mod deck;
mod export;
mod grow;
mod import;
mod log;
mod new_circuit;
mod plot;
mod project;
mod queue_question;
mod review;
mod rows;
mod shortcuts;
mod trust;

pub use queue_question::queue_question;

use super::ids::WindowId;
use super::pane::Window;
use egui::{Context, Id, Key, Modifiers};

/// All windows above the panes.
pub fn all() -> Vec<Box<dyn Window>> {
    vec![
        Box::<export::ExportWindow>::default(),
        Box::<review::ReviewWindow>::default(),
        Box::<check::CheckWindow>::default(),
        Box::<deck::DeckWindow>::default(),
        Box::<trust::TrustWindow>::default(),
        Box::<new_circuit::NewCircuitWindow>::default(),
        Box::<import::ImportWindow>::default(),
        Box::<rows::RowsWindow>::default(),
        Box::<grow::GrowWindow>::default(),
        Box::<shortcuts::ShortcutsWindow>::default(),
        Box::<plot::PlotWindow>::default(),
        Box::<project::ProjectWindow>::default(),
        Box::<log::LogWindow>::default(),
    ]
}

/// Takes Escape, where it was pressed, for the one of the open windows that is on top.
pub fn closed_by_escape(ctx: &Context, open: &[WindowId]) -> Option<WindowId> {
    if !ctx.input(|i| i.key_pressed(Key::Escape)) {
        return None;
    }
    let order: Vec<Id> = ctx.memory(|m| m.layer_ids().map(|layer| layer.id).collect());
    let height = |window: &&WindowId| order.iter().position(|id| *id == window.id());
    let top = open.iter().max_by_key(height).copied()?;
    ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape));
    Some(top)
}
