//! The windows above the panes, of which Escape closes the one on top.

use super::App;
use egui::{Context, Id, Key, Modifiers};

/// A window above the panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Above {
    /// The selected design as a file.
    Export,
    /// The netlist that ngspice runs.
    Deck,
    /// The keyboard shortcuts.
    Shortcuts,
    /// The log.
    Log,
    /// A plot that is to be saved.
    Plot,
    /// What a deck would do beyond simulating.
    Trust,
}

impl Above {
    const ALL: [Above; 6] =
        [Above::Export, Above::Deck, Above::Shortcuts, Above::Log, Above::Plot, Above::Trust];

    /// What egui knows it by.
    pub fn id(self) -> Id {
        Id::unique(("window above the panes", self))
    }
}

impl App {
    fn is_open(&self, window: Above) -> bool {
        match window {
            Above::Export => self.windows.export,
            Above::Deck => self.windows.deck.is_some(),
            Above::Shortcuts => self.windows.shortcuts,
            Above::Log => self.log.open,
            Above::Plot => self.plots.saving(),
            Above::Trust => self.trust.open,
        }
    }

    fn close(&mut self, window: Above) {
        match window {
            Above::Export => self.windows.export = false,
            Above::Deck => self.windows.deck = None,
            Above::Shortcuts => self.windows.shortcuts = false,
            Above::Log => self.log.open = false,
            Above::Plot => self.plots.forget(),
            Above::Trust => self.trust.open = false,
        }
    }

    /// Closes the window on top. A menu, the palette or a question has the key for itself.
    pub(super) fn close_on_escape(&mut self, ctx: &Context) {
        let taken = self.command_palette.is_open() || self.queue.asks() || egui::Popup::is_any_open(ctx);
        if taken || !ctx.input(|i| i.key_pressed(Key::Escape)) {
            return;
        }
        let order: Vec<Id> = ctx.memory(|m| m.layer_ids().map(|layer| layer.id).collect());
        let height = |window: &Above| order.iter().position(|id| *id == window.id());
        if let Some(top) = Above::ALL.into_iter().filter(|w| self.is_open(*w)).max_by_key(height) {
            ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape));
            self.close(top);
        }
    }
}
