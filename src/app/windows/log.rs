//! The log: every message with its time, dismissed ones too, to be read, filtered and copied.

use crate::app::ids::WindowId;
use crate::app::messages::{LogEntry, Severity};
use crate::app::pane::Window;
use crate::app::scene::Scene;
use crate::app::theme::{palette, sign};
use crate::app::widgets::accessible;
use crate::app::wish::Wish;
use egui::{Context, ScrollArea, TextEdit, Ui};

/// How the log is looked at.
#[derive(Default)]
pub struct LogWindow {
    filter: String,
    errors: bool,
}

/// Entries with every word of the filter in them.
fn shown<'a>(entries: &'a [LogEntry], filter: &str, errors: bool) -> Vec<&'a LogEntry> {
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    let fits = |entry: &&LogEntry| {
        let text = entry.line().to_lowercase();
        (!errors || entry.message.severity == Severity::Error) && words.iter().all(|word| text.contains(word))
    };
    entries.iter().filter(fits).collect()
}

impl Window for LogWindow {
    fn id(&self) -> WindowId {
        WindowId::LOG
    }

    fn ui(&mut self, ctx: &Context, scene: &mut Scene<'_>) {
        let mut open = true;
        egui::Window::new("Log")
            .id(self.id().id())
            .open(&mut open)
            .default_pos([400.0, 140.0])
            .default_size([680.0, 360.0])
            .show(ctx, |ui| self.entries(ui, scene.environment.messages.log()));
        if !open {
            scene.wish(Wish::CloseWindow(self.id()));
        }
    }
}

impl LogWindow {
    fn entries(&mut self, ui: &mut Ui, entries: &[LogEntry]) {
        ui.horizontal(|ui| {
            let label = ui.label("Filter");
            let field = ui.add(TextEdit::singleline(&mut self.filter).desired_width(240.0));
            field.labelled_by(label.id);
            ui.checkbox(&mut self.errors, "Errors only");
            let shown = shown(entries, &self.filter, self.errors);
            let copy = egui::Button::new("Copy");
            let copied = ui.add_enabled(!shown.is_empty(), copy).on_hover_text("Copy the lines in sight");
            accessible::name(&copied, "Copy log");
            if copied.clicked() {
                let lines: Vec<String> = shown.iter().map(|entry| entry.line()).collect();
                ui.ctx().copy_text(lines.join("\n"));
            }
            ui.weak(format!("{} of {}", shown.len(), entries.len()));
        });
        ui.separator();
        let colours = palette(ui.visuals());
        let shown = shown(entries, &self.filter, self.errors);
        if shown.is_empty() {
            ui.weak(if entries.is_empty() {
                "Nothing has been said yet."
            } else {
                "No line fits the filter."
            });
        }
        ScrollArea::vertical().auto_shrink([false, false]).stick_to_bottom(true).show(ui, |ui| {
            for entry in shown {
                ui.horizontal_top(|ui| {
                    match entry.message.severity {
                        Severity::Error => sign(ui, false, colours.error),
                        Severity::Note => sign(ui, true, colours.feasible),
                    }
                    ui.weak(&entry.time);
                    ui.add(egui::Label::new(&entry.message.text).wrap().selectable(true));
                });
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::messages::Messages;

    #[test]
    fn the_log_keeps_what_was_dismissed_and_is_filtered_by_words() {
        let mut messages = Messages::default();
        messages.error("Cannot read A.model");
        messages.note("The model is in b.model");
        messages.record("Training has begun");
        assert_eq!(messages.all().len(), 2, "a record is not shown over the panes");
        let log = messages.log();
        assert_eq!(shown(log, "", false).len(), 3);
        assert_eq!(shown(log, "MODEL a.", false).len(), 1);
        assert_eq!(shown(log, "", true)[0].message.text, "Cannot read A.model");
        assert!(log[0].line().contains("UTC  error  Cannot read"), "{}", log[0].line());
    }
}
