//! What the open circuit's deck would do beyond simulating: shown, and run once the user has allowed it. Until then
//! all that needs no simulator works.

use super::App;
use super::above::Above;
use super::theme::palette;
use crate::circuit::Circuit;
use crate::engine::Finding;
use egui::{Align, Context, Grid, Label, Layout, RichText, ScrollArea, Ui};
use std::sync::Arc;

/// What is known of the deck.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// The lines that would do more than simulate.
    pub findings: Vec<Finding>,
    /// Whether the user has allowed them as they are now.
    pub allowed: bool,
}

impl Word {
    /// Whether the user's word is needed and missing.
    pub fn is_missing(&self) -> bool {
        !self.findings.is_empty() && !self.allowed
    }
}

/// The word on the open circuit's deck, and the window that asks for it.
#[derive(Default)]
pub struct Trust {
    pub(super) word: Word,
    pub(super) open: bool,
}

impl App {
    /// What the open circuit's deck would do beyond simulating, and whether it may.
    pub fn word_on_deck(&self) -> &Word {
        &self.trust.word
    }

    /// Looks at the deck of the circuit that was opened.
    pub(super) fn look_at_deck(&mut self) {
        self.trust = Trust::default();
        if let Some(open) = &self.system.open {
            self.background.look_at_deck(Arc::clone(&open.circuit), self.config.simulator.allowed.clone());
        }
    }

    /// Takes what was found in a deck, unless another circuit was opened meanwhile.
    pub(super) fn deck_looked_at(&mut self, circuit: &Arc<Circuit>, looked: Result<Word, String>) {
        if self.system.open.as_ref().is_none_or(|open| !Arc::ptr_eq(&open.circuit, circuit)) {
            return;
        }
        match looked {
            Ok(word) => {
                let given = word.allowed && self.trust.word.is_missing();
                if given {
                    self.trust.open = false;
                    self.system.messages.note(format!("The deck of {} may run as it is now", circuit.title));
                }
                self.trust.word = word;
            }
            Err(problem) => self.system.messages.error(problem),
        }
    }

    /// Whether ngspice may run the open circuit's deck. Where it may not, yet, the user is asked.
    pub(super) fn may_run_deck(&mut self) -> bool {
        let missing = self.trust.word.is_missing();
        self.trust.open |= missing;
        !missing
    }

    /// The step *Circuit* says what the circuit names outside its folder, which was not read.
    pub(super) fn outside_notice(&mut self, ui: &mut Ui) {
        let Some(circuit) = self.system.open.as_ref().map(|open| Arc::clone(&open.circuit)) else {
            return;
        };
        if circuit.outside.is_empty() {
            return;
        }
        let mut read = false;
        for (i, outside) in circuit.outside.iter().enumerate() {
            ui.horizontal(|ui| {
                let what = if outside.field == "dataset" { "Rows" } else { "Drawing" };
                let said = format!("{what} outside its folder, not read: {}", outside.named);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if i == 0 {
                        let button = ui.small_button("Read");
                        read = super::accessible::named(button, "Read what lies outside").clicked();
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let said = Label::new(RichText::new(said).small()).truncate();
                        ui.add(said).on_hover_text(outside.path.display().to_string());
                    });
                });
            });
        }
        if read {
            self.system.opening = Some(circuit.title.clone());
            self.background.open_with_what_lies_outside(circuit.folder.clone());
        }
    }

    /// The step *Circuit* says why nothing will be simulated.
    pub(super) fn deck_notice(&mut self, ui: &mut Ui) {
        let lines = self.trust.word.findings.len();
        if !self.trust.word.is_missing() {
            return;
        }
        let lines = if lines == 1 { "One line".to_owned() } else { format!("{lines} lines") };
        let text =
            format!("{lines} of this circuit's deck would do more than simulate: not run until you allow it");
        ui.colored_label(palette(ui.visuals()).warning, text);
        if ui.button("Read and allow…").on_hover_text("Shows the lines, and what each would do").clicked() {
            self.trust.open = true;
        }
    }

    /// The lines and the question.
    pub(super) fn deck_question(&mut self, ctx: &Context) {
        let Some(circuit) = self.system.open.as_ref().map(|open| Arc::clone(&open.circuit)) else {
            return;
        };
        if !self.trust.open || !self.trust.word.is_missing() {
            return;
        }
        let (mut open, mut allow, mut later) = (true, false, false);
        egui::Window::new("May this deck run?")
            .id(Above::Trust.id())
            .open(&mut open)
            .collapsible(false)
            .default_pos([380.0, 150.0])
            .default_width(640.0)
            .show(ctx, |ui| {
                ui.label(format!(
                    "The deck of {} would do more than simulate. ngspice would do it with your rights, once for \
                     each design. Sampling needs no ngspice and works without.",
                    circuit.title
                ));
                ui.add_space(6.0);
                ScrollArea::both().max_height(300.0).auto_shrink([false, true]).show(ui, |ui| {
                    lines(ui, &circuit, &self.trust.word.findings);
                });
                ui.add_space(6.0);
                ui.weak(format!("In {}", circuit.folder.display()));
                ui.weak("Your word is kept for the deck as it is now: after any change you are asked again.");
                ui.add_space(4.0);
                ui.horizontal(|ui| {
                    allow = ui.button("Allow this folder").clicked();
                    later = ui.button("Not now").clicked();
                });
            });
        self.trust.open = open && !later;
        if allow {
            let (word, allowed) = (self.trust.word.clone(), self.config.simulator.allowed.clone());
            self.background.allow_deck(circuit, allowed, word);
        }
    }
}

/// A row a line: where it stands, what it says, what it would do.
fn lines(ui: &mut Ui, circuit: &Circuit, findings: &[Finding]) {
    let warning = palette(ui.visuals()).warning;
    Grid::new("lines of the deck").num_columns(2).spacing([14.0, 3.0]).show(ui, |ui| {
        for finding in findings {
            let path = finding.path.strip_prefix(&circuit.folder).unwrap_or(&finding.path);
            ui.weak(format!("{}:{}", path.display(), finding.line));
            ui.add(Label::new(RichText::new(&finding.text).monospace()).extend().selectable(true));
            ui.end_row();
            ui.label("");
            ui.colored_label(warning, &finding.why);
            ui.end_row();
        }
    });
}
