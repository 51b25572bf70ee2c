//! Messages to the user: an error names what was wrong and what to do, and stays until dismissed.

use super::ids::WindowId;
use super::theme::{palette, sign};
use crate::circuit::counted;
use egui::{Align2, Area, Context, Frame, Id, Order, Ui};

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
    /// What can be done about it: a button, and the window that it opens.
    pub offer: Option<(&'static str, WindowId)>,
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

/// From the window's lower edge: the status bar stays in sight.
const ABOVE_STATUS: f32 = 34.0;
/// Longer lines are wrapped.
const WIDEST: f32 = 760.0;
/// More would hide the window.
const SHOWN: usize = 3;
const KEPT: usize = 50;
const LOGGED: usize = 1000;

impl Messages {
    /// Says that something was not done.
    pub fn error(&mut self, text: impl ToString) {
        self.push(Severity::Error, text.to_string(), None);
    }

    /// Says that something was done.
    pub fn note(&mut self, text: impl ToString) {
        self.push(Severity::Note, text.to_string(), None);
    }

    /// Says what is to be done next, with a button that opens a window.
    pub fn offer(&mut self, text: impl ToString, button: &'static str, window: WindowId) {
        self.push(Severity::Note, text.to_string(), Some((button, window)));
    }

    fn push(&mut self, severity: Severity, text: String, offer: Option<(&'static str, WindowId)>) {
        let message = Message { severity, text, offer };
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
        self.enter(Message { severity: Severity::Note, text: text.to_string(), offer: None });
    }

    /// Everything that was said, the newest last.
    pub fn log(&self) -> &[LogEntry] {
        &self.log
    }

    /// The messages that were not dismissed, the newest last.
    pub fn all(&self) -> &[Message] {
        &self.open
    }

    /// Shows them above everything, near the lower right corner, beside the way through, so that nothing moves under the
    /// pointer; the window that is to be opened.
    pub fn show(&mut self, ctx: &Context) -> Option<WindowId> {
        if self.open.is_empty() {
            return None;
        }
        let area = Area::new(Id::unique("messages"))
            .order(Order::Foreground)
            .anchor(Align2::RIGHT_BOTTOM, [-8.0, -ABOVE_STATUS])
            .interactable(true);
        let shown = area.show(ctx, |ui| {
            let frame = Frame::popup(ui.style());
            frame
                .show(ui, |ui| {
                    ui.set_max_width(WIDEST.min(ctx.content_rect().width() - 2.0 * ABOVE_STATUS));
                    self.ui(ui)
                })
                .inner
        });
        shown.inner
    }

    /// The messages, the newest first; the window that is to be opened.
    fn ui(&mut self, ui: &mut Ui) -> Option<WindowId> {
        let colours = palette(ui.visuals());
        let mut dismissed = None;
        let mut opened = None;
        for (i, message) in self.open.iter().enumerate().rev().take(SHOWN) {
            ui.horizontal(|ui| {
                match message.severity {
                    Severity::Error => sign(ui, false, colours.error),
                    Severity::Note => sign(ui, true, colours.feasible),
                }
                let buttons = if message.offer.is_some() { 180.0 } else { 80.0 };
                let width = (ui.available_width() - buttons).max(120.0);
                ui.scope(|ui| {
                    ui.set_max_width(width);
                    ui.add(egui::Label::new(&message.text).wrap());
                });
                if let Some((button, window)) = message.offer
                    && ui.button(button).clicked()
                {
                    (opened, dismissed) = (Some(window), Some(i));
                }
                if ui.button("Dismiss").clicked() {
                    dismissed = Some(i);
                }
            });
        }
        if self.open.len() > SHOWN {
            ui.horizontal(|ui| {
                ui.weak(counted(self.open.len() - SHOWN, "older message"));
                if ui.button("Dismiss all").clicked() {
                    self.open.clear();
                }
            });
        }
        if let Some(i) = dismissed.filter(|i| *i < self.open.len()) {
            self.open.remove(i);
        }
        opened
    }
}
