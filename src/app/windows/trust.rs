//! What the open circuit's deck would do beyond simulating: shown, and run once the user has allowed it. Until then
//! all that needs no simulator works.

use crate::app::ids::WindowId;
use crate::app::pane::Window;
use crate::app::scene::Scene;
use crate::app::theme::palette;
use crate::app::wish::Wish;
use crate::circuit::Circuit;
use crate::engine::Finding;
use egui::{Context, Grid, Label, RichText, ScrollArea, Ui};

/// The window that asks whether a deck may run.
#[derive(Default)]
pub struct TrustWindow;

impl Window for TrustWindow {
    fn id(&self) -> WindowId {
        WindowId::TRUST
    }

    fn ui(&mut self, ctx: &Context, scene: &mut Scene<'_>) {
        let Some(bench) = scene.bench.filter(|bench| bench.word.is_missing()) else {
            return;
        };
        let circuit = &bench.open.circuit;
        let (mut open, mut allow, mut later) = (true, false, false);
        egui::Window::new("May this deck run?")
            .id(self.id().id())
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
                    lines(ui, circuit, &bench.word.findings);
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
        if !open || later {
            scene.wish(Wish::CloseWindow(self.id()));
        }
        if allow {
            scene.wish(Wish::AllowDeck);
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
