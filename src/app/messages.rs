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

/// A message in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// When the message came.
    pub time: String,
    /// What the user was told.
    pub message: Message,
}

impl LogEntry {
    /// As a line of text.
    pub fn line(&self) -> String {
        let kind = match self.message.severity {
            Severity::Error => "error",
            Severity::Note => "note",
        };
        format!("{}  {kind}  {}", self.time, self.message.text)
    }
}

/// The messages that were not dismissed yet, the newest last, and the log of all.
#[derive(Default)]
pub struct Messages {
    open: Vec<Message>,
    log: Vec<LogEntry>,
}

/// More would hide the window.
const SHOWN: usize = 3;
const KEPT: usize = 50;
const LOGGED: usize = 1000;

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
        self.enter(message.clone());
        self.open.retain(|m| *m != message);
        self.open.push(message);
        if self.open.len() > KEPT {
            self.open.remove(0);
        }
    }

    fn enter(&mut self, message: Message) {
        self.log.push(LogEntry { time: crate::export::now(), message });
        if self.log.len() > LOGGED {
            self.log.remove(0);
        }
    }

    /// Notes something in the log alone.
    pub fn record(&mut self, text: impl ToString) {
        self.enter(Message { severity: Severity::Note, text: text.to_string() });
    }

    /// Everything that was said, the newest last.
    pub fn log(&self) -> &[LogEntry] {
        &self.log
    }

    /// The messages that were not dismissed, the newest last.
    pub fn all(&self) -> &[Message] {
        &self.open
    }

    /// The strip under the menu.
    pub fn ui(&mut self, ui: &mut Ui) {
        let colours = palette(ui.visuals());
        let mut dismissed = None;
        for (i, message) in self.open.iter().enumerate().rev().take(SHOWN) {
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
        if self.open.len() > SHOWN {
            ui.horizontal(|ui| {
                ui.weak(format!("{} older messages", self.open.len() - SHOWN));
                if ui.button("Dismiss all").clicked() {
                    self.open.clear();
                }
            });
        }
        if let Some(i) = dismissed.filter(|i| *i < self.open.len()) {
            self.open.remove(i);
        }
    }
}
