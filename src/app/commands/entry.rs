//! What a command consists of.

use crate::app::state::{Bench, Environment, Forms};
use crate::app::wish::Wishes;
use egui::{Context, Key, KeyboardShortcut, Modifiers};

/// The menus, in native order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Menu {
    /// Circuits, models, files.
    File,
    /// Undo and redo, selection.
    Edit,
    /// Panes and themes.
    View,
    /// Jobs.
    Run,
    /// Help.
    Help,
}

impl Menu {
    /// All menus.
    pub const ALL: [Menu; 5] = [Menu::File, Menu::Edit, Menu::View, Menu::Run, Menu::Help];

    /// The name in the menu bar.
    pub fn title(self) -> &'static str {
        match self {
            Menu::File => "File",
            Menu::Edit => "Edit",
            Menu::View => "View",
            Menu::Run => "Run",
            Menu::Help => "Help",
        }
    }
}

/// What a command looks at.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// The open circuit and all that belongs to it.
    pub bench: Option<&'a Bench>,
    /// What the user has chosen.
    pub forms: &'a Forms,
    /// What is known beside the open circuit.
    pub environment: &'a Environment,
}

type Action = fn(Situation<'_>, &Context, &mut Wishes);

/// A command as it stands in the table.
pub struct Entry {
    pub(super) title: &'static str,
    pub(super) menu: Menu,
    pub(super) separated: bool,
    pub(super) tooltip: Option<&'static str>,
    pub(super) shortcut: Option<KeyboardShortcut>,
    pub(super) second: Option<KeyboardShortcut>,
    pub(super) left_to_text: bool,
    pub(super) possible: fn(Situation<'_>) -> bool,
    pub(super) reason: &'static str,
    pub(super) action: Action,
}

impl Entry {
    /// A command that can always be carried out: its menu, its title there, and what it does.
    pub(super) const fn new(menu: Menu, title: &'static str, action: Action) -> Entry {
        Entry {
            title,
            menu,
            separated: false,
            tooltip: None,
            shortcut: None,
            second: None,
            left_to_text: false,
            possible: |_| true,
            reason: "Not possible now",
            action,
        }
    }

    /// Sets a separator before the command in its menu.
    pub(super) const fn separated(mut self) -> Entry {
        self.separated = true;
        self
    }

    /// What is said where the pointer rests on a button for the command.
    pub(super) const fn tooltip(mut self, text: &'static str) -> Entry {
        self.tooltip = Some(text);
        self
    }

    /// The keys of the command.
    pub(super) const fn keys(mut self, keys: KeyboardShortcut) -> Entry {
        self.shortcut = Some(keys);
        self
    }

    /// Keys that do the same and are not shown.
    pub(super) const fn also(mut self, keys: KeyboardShortcut) -> Entry {
        self.second = Some(keys);
        self
    }

    /// Leaves the keys to a text field while one has the focus: it does the same for its text.
    pub(super) const fn left_to_text(mut self) -> Entry {
        self.left_to_text = true;
        self
    }

    /// When the command can be carried out, and what is said where it cannot though a circuit is open.
    pub(super) const fn when(mut self, possible: fn(Situation<'_>) -> bool, reason: &'static str) -> Entry {
        self.possible = possible;
        self.reason = reason;
        self
    }
}

/// Ctrl and a key.
pub(super) const fn ctrl(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

/// Ctrl, Shift and a key.
pub(super) const fn ctrl_shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key)
}

/// A key alone.
pub(super) const fn alone(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}
