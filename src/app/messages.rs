//! Messages to the user: an error names what was wrong and what to do, and stays until dismissed.

use super::theme::{palette, sign};
use egui::Ui;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Something was not done.
    Error,
    /// Something was done, or is good to know.
    Note,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// How much it matters.
    pub severity: Severity,
    /// What was wrong and what to do.
    pub text: String,
}

/// The messages that were not dismissed yet, the newest last.
#[derive(Default)]
pub struct Messages(Vec<Message>);

/// More would hide the window.
const SHOWN: usize = 3;
const KEPT: usize = 50;

impl Messages {
    /// Says that something was not done.
    pub fn error(&mut self, text: impl ToString) {
        self.push(Severity::Error, text.to_string());
    }

    /// Says that something was done.
    pub fn note(&mut self, text: impl ToString) {
        self.push(Severity::Note, text.to_string());
    }

    fn push(&mut self, severity: Severity, text: String) {
        let message = Message { severity, text };
        self.0.retain(|m| *m != message);
        self.0.push(message);
        if self.0.len() > KEPT {
            self.0.remove(0);
        }
    }

    /// All of them.
    pub fn all(&self) -> &[Message] {
        &self.0
    }

    /// The strip under the menu.
    pub fn ui(&mut self, ui: &mut Ui) {
        let colours = palette(ui.visuals());
        let mut dismissed = None;
        for (i, message) in self.0.iter().enumerate().rev().take(SHOWN) {
            ui.horizontal(|ui| {
                match message.severity {
                    Severity::Error => sign(ui, false, colours.error),
                    Severity::Note => sign(ui, true, colours.feasible),
                }
                let width = (ui.available_width() - 80.0).max(120.0);
                ui.scope(|ui| {
                    ui.set_max_width(width);
                    ui.add(egui::Label::new(&message.text).wrap());
                });
                if ui.button("Dismiss").clicked() {
                    dismissed = Some(i);
                }
            });
        }
        if self.0.len() > SHOWN {
            ui.horizontal(|ui| {
                ui.weak(format!("{} older messages", self.0.len() - SHOWN));
                if ui.button("Dismiss all").clicked() {
                    self.0.clear();
                }
            });
        }
        if let Some(i) = dismissed.filter(|i| *i < self.0.len()) {
            self.0.remove(i);
        }
    }
}
