//! The command palette: every command found by a few of its letters, with its keys; what cannot be done now is dim
//! and says why.

use crate::app::commands::Command;
use crate::app::scene::Scene;
use egui::text::LayoutJob;
use egui::{Align2, Context, Id, Key, Modal, Modifiers, ScrollArea, TextEdit, TextFormat, TextStyle, Ui};

const WIDTH: f32 = 460.0;

/// What is typed, and which of the found commands is chosen.
#[derive(Default)]
pub struct CommandPalette {
    open: bool,
    fresh: bool,
    text: String,
    at: usize,
}

impl CommandPalette {
    /// Whether the palette is shown.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Opens the palette, or closes it.
    pub fn toggle(&mut self) {
        *self = CommandPalette { open: !self.open, fresh: true, ..CommandPalette::default() };
    }

    /// Draws the palette where it is open.
    pub fn ui(&mut self, ctx: &Context, scene: &mut Scene<'_>) {
        if !self.open {
            return;
        }
        let pressed = |key| ctx.input_mut(|i| i.consume_key(Modifiers::NONE, key));
        let (down, up) = (pressed(Key::ArrowDown), pressed(Key::ArrowUp));
        let (enter, escape) = (pressed(Key::Enter), pressed(Key::Escape));
        let mut chosen = None;
        let id = Id::unique("command palette");
        let area = Modal::default_area(id).anchor(Align2::CENTER_TOP, [0.0, 70.0]);
        let shown = Modal::new(id).area(area).show(ctx, |ui| {
            ui.set_width(WIDTH);
            let palette = &mut *self;
            let field = TextEdit::singleline(&mut palette.text)
                .hint_text("Type a few letters of a command")
                .desired_width(f32::INFINITY);
            let field = ui.add(field);
            crate::app::widgets::accessible::name(&field, "Search commands");
            if std::mem::take(&mut palette.fresh) {
                field.request_focus();
            }
            if field.changed() {
                palette.at = 0;
            }
            let list = found(&palette.text);
            let last = list.len().saturating_sub(1);
            palette.at = match (down, up) {
                (true, _) if palette.at >= last => 0,
                (true, _) => palette.at + 1,
                (_, true) if palette.at == 0 => last,
                (_, true) => palette.at - 1,
                _ => palette.at.min(last),
            };
            if enter {
                chosen = list.get(palette.at).map(|(command, _)| *command);
            }
            ui.separator();
            if list.is_empty() {
                ui.weak("No command is called that.");
            }
            let (at, moved) = (palette.at, down || up);
            ScrollArea::vertical().max_height(380.0).auto_shrink([false, true]).show(ui, |ui| {
                for (i, (command, places)) in list.iter().enumerate() {
                    if palette_row(ui, scene, *command, places, (i == at, moved)) {
                        chosen = Some(*command);
                    }
                }
            });
        });
        match chosen {
            // one that cannot be done stays in sight with its reason
            Some(command) if scene.can(command) => {
                self.open = false;
                scene.run(command, ctx);
            }
            _ if escape || shown.should_close() => self.open = false,
            _ => {}
        }
    }
}

/// How well a title fits, and where: the letters in their order, the better the more of them begin words or stand
/// side by side.
fn fit(title: &str, wanted: &str) -> Option<(i32, Vec<usize>)> {
    let title: Vec<char> = title.chars().collect();
    let mut places: Vec<usize> = Vec::new();
    let mut score = 0;
    for letter in wanted.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase) {
        let from = places.last().map_or(0, |last| last + 1);
        let same = |i: &usize| title[*i].to_lowercase().eq([letter]);
        let begins = |i: &usize| *i == 0 || !title[*i - 1].is_alphanumeric();
        let beside = (from < title.len() && !places.is_empty() && same(&from)).then_some(from);
        let word = || (from..title.len()).find(|i| same(i) && begins(i));
        let place = beside.or_else(word).or_else(|| (from..title.len()).find(same))?;
        score += if beside.is_some() || begins(&place) { 10 } else { -((place - from) as i32) };
        places.push(place);
    }
    Some((score - title.len() as i32 / 8, places))
}

/// The commands that fit, the best first; all in their order where nothing is typed.
fn found(text: &str) -> Vec<(Command, Vec<usize>)> {
    let one = |command: Command| {
        let (score, places) = fit(command.title(), text)?;
        Some((score, command, places))
    };
    let mut all: Vec<_> =
        Command::ALL.iter().copied().filter(|c| *c != Command::Palette).filter_map(one).collect();
    if !text.trim().is_empty() {
        all.sort_by_key(|(score, ..)| -score);
    }
    all.into_iter().map(|(_, command, places)| (command, places)).collect()
}

/// A command; whether it was clicked.
fn palette_row(ui: &mut Ui, scene: &Scene<'_>, command: Command, places: &[usize], at: (bool, bool)) -> bool {
    let reason = command.why_not(scene.situation());
    let font = TextStyle::Button.resolve(ui.style());
    let visuals = ui.visuals();
    let (plain, found) = match (reason, at.0) {
        (Some(_), false) => (visuals.weak_text_color(), visuals.weak_text_color()),
        (_, true) => (visuals.selection.stroke.color, visuals.selection.stroke.color),
        (None, false) => (visuals.text_color(), visuals.strong_text_color()),
    };
    let underline = egui::Stroke::new(1.0, found);
    let mut job = LayoutJob::default();
    for (i, letter) in command.title().chars().enumerate() {
        let mut format = TextFormat::simple(font.clone(), plain);
        if places.contains(&i) {
            (format.color, format.underline) = (found, underline);
        }
        job.append(letter.encode_utf8(&mut [0; 4]), 0.0, format);
    }
    let right = match (reason, command.shortcut()) {
        (Some(reason), _) => reason.to_owned(),
        (None, Some(shortcut)) => ui.ctx().format_shortcut(&shortcut),
        (None, None) => String::new(),
    };
    let button = egui::Button::new(job)
        .shortcut_text(right)
        .frame(true)
        .frame_when_inactive(at.0)
        .selected(at.0)
        .min_size(egui::vec2(ui.available_width(), 0.0));
    let response = ui.add(button);
    if at.0 && at.1 {
        response.scroll_to_me(None);
    }
    response.clicked()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> Option<Command> {
        found(text).first().map(|(command, _)| *command)
    }

    #[test]
    fn a_few_letters_find_a_command() {
        assert_eq!(first("sttr"), Some(Command::Train));
        assert_eq!(first("dark"), Some(Command::Dark));
        assert_eq!(first("res lay"), Some(Command::ResetLayout));
        assert_eq!(first("EXP"), Some(Command::Export));
        assert_eq!(first("sim sel"), Some(Command::SimulateSelected));
        assert_eq!(first("zzz"), None);
        assert_eq!(found("").len(), Command::ALL.len() - 1);
        let (_, places) = fit("Reset layout", "rl").expect("it fits");
        assert_eq!(places, [0, 6]);
    }
}
