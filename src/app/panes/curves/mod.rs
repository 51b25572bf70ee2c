//! The curves of the selected design: what its testbenches sweep, with the targets drawn in, as it is turned and beside the
//! kept designs.

mod panel;
mod trace;

use crate::app::pane::Pane;
use crate::app::plots::{self, Plot};
use crate::app::scene::Scene;
use crate::app::state::{Bench, LAID_UNDER};
use crate::app::theme::{Palette, palette};
use crate::app::widgets::empty;
use crate::circuit::Sizing;
use crate::engine::{Curve, Inspection, Sweep};
use crate::report::shown_first;
use egui::{Color32, ComboBox, Rect, RichText, Ui, vec2};
use panel::{Panel, panels};
use std::collections::HashMap;
use std::sync::Arc;
use trace::{Trace, csv};

/// Colours of kept designs, those of the theme that mean nothing else here, by turns.
fn colour_of_kept(place: usize, colours: &Palette) -> Color32 {
    [colours.second, colours.failed, colours.spec][place % 3].gamma_multiply(0.85)
}

/// The curves.
#[derive(Default)]
pub struct CurvesPane {
    /// The signal that was chosen of a sweep, by its testbench and plot.
    signals: HashMap<(usize, String), String>,
}

/// A design whose curves are drawn.
pub(super) struct Shown {
    name: String,
    colour: Color32,
    width: f32,
    look: Arc<Inspection>,
}

impl Pane for CurvesPane {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let Some(bench) = scene.bench.filter(|bench| bench.selected_design().is_some()) else {
            let next = "Select a design: what its testbenches sweep is drawn here, with the targets.";
            empty(ui, "No design is selected.", next, None);
            return;
        };
        let colours = palette(ui.visuals());
        let (shown, why) = shown(bench, &colours);
        let Some(first) = shown.first() else {
            match why {
                Some(why) => _ = ui.colored_label(colours.failed, why),
                None => _ = ui.weak("ngspice is asked for the curves…"),
            }
            return;
        };
        let sweeps: Vec<&Sweep> = first.look.sweeps.iter().filter(|s| !s.curves.is_empty()).collect();
        plots::row(ui, Plot::Curves, "curves", |ui| {
            for design in &shown {
                ui.label(RichText::new("—").color(design.colour).strong());
                ui.label(&design.name);
            }
            for sweep in &sweeps {
                self.chooser(ui, sweep, sweeps.len() > 1);
            }
            if let Some(why) = why {
                ui.colored_label(colours.failed, why);
            }
        });
        let area = ui.available_rect_before_wrap();
        if sweeps.is_empty() {
            ui.weak(first.look.notes.first().map_or("The testbenches sweep nothing.", String::as_str));
        }
        let panels: Vec<Panel<'_>> =
            sweeps.iter().flat_map(|sweep| self.panels_of(bench, sweep, &shown)).collect();
        draw(ui, &panels, &colours);
        plots::shows(ui, Plot::Curves, Rect::from_min_max(area.min, ui.min_rect().max));
    }

    fn data(&self, plot: Plot, bench: &Bench) -> Option<String> {
        let (shown, _) = shown(bench, &palette(&egui::Visuals::dark()));
        let first = shown.first().filter(|_| plot == Plot::Curves)?;
        Some(csv(&bench.open.circuit, &first.look))
    }
}

/// The designs whose curves are known, the most important first; and why those of the selected one are not.
fn shown(bench: &Bench, colours: &Palette) -> (Vec<Shown>, Option<String>) {
    let mut shown = Vec::new();
    let mut why = None;
    let mut add = |name: String, sizing: &Sizing, colour: Color32, width: f32| match bench.looks.of(sizing) {
        Some(Ok(look)) => {
            if let Err(failure) = &look.outcome {
                why.get_or_insert(failure.to_string());
            }
            shown.push(Shown { name, colour, width, look: Arc::clone(look) });
        }
        Some(Err(problem)) => _ = why.get_or_insert(problem.clone()),
        None => {}
    };
    let number = bench.selected.map_or(0, |i| i + 1);
    let turned = bench.tuning().filter(|t| t.is_turned());
    if let Some(tuning) = turned {
        // the last place whose curves are known stands for one that is being asked for
        add(format!("Design {number} as turned"), &tuning.sizing, colours.accent, 2.2);
    }
    if let Some(design) = bench.selected_design() {
        let colour =
            if turned.is_some() { colours.selection.gamma_multiply(0.55) } else { colours.selection };
        add(format!("Design {number}"), &design.sizing, colour, if turned.is_some() { 1.4 } else { 2.2 });
    }
    for (place, kept) in bench.kept.designs.iter().take(LAID_UNDER).enumerate() {
        if let Ok(sizing) = kept.sizing(&bench.open.circuit)
            && bench.selected_design().is_none_or(|design| design.sizing != sizing)
        {
            add(kept.name.clone(), &sizing, colour_of_kept(place, colours), 1.4);
        }
    }
    (shown, why)
}

impl CurvesPane {
    /// The curve of a sweep that is drawn: the chosen one, else one that was measured, best of complex values.
    fn chosen<'a>(&self, sweep: &'a Sweep) -> Option<&'a Curve> {
        let key = (sweep.testbench, sweep.plot.clone());
        let chosen = self.signals.get(&key).and_then(|name| sweep.curves.iter().find(|c| c.name == *name));
        chosen.or_else(|| shown_first(sweep))
    }

    fn chooser(&mut self, ui: &mut Ui, sweep: &Sweep, many: bool) {
        let Some(now) = self.chosen(sweep).map(|curve| curve.name.clone()) else {
            return;
        };
        let name = format!(
            "{}{}",
            sweep.analysis.name(),
            if many { format!(" ({})", sweep.plot) } else { String::new() }
        );
        let mut picked = now.clone();
        let chooser = ComboBox::from_id_salt(("signal", sweep.testbench, &sweep.plot))
            .selected_text(&now)
            .width(92.0)
            .show_ui(ui, |ui| {
                for curve in &sweep.curves {
                    let text = format!("{} ({})", curve.name, curve.role.name());
                    ui.selectable_value(&mut picked, curve.name.clone(), text);
                }
            });
        crate::app::widgets::accessible::name(&chooser.response, &format!("Signal of {}", sweep.plot));
        chooser
            .response
            .on_hover_text(format!("What is drawn of {name}, testbench {}", sweep.testbench_name));
        if picked != now {
            self.signals.insert((sweep.testbench, sweep.plot.clone()), picked);
        }
    }

    /// The panels of a sweep: of each design the same signal.
    fn panels_of<'a>(&self, bench: &'a Bench, sweep: &'a Sweep, shown: &'a [Shown]) -> Vec<Panel<'a>> {
        let Some(first) = self.chosen(sweep) else {
            return Vec::new();
        };
        let of = |design: &'a Shown| -> Option<Trace<'a>> {
            let same = |s: &&Sweep| s.testbench == sweep.testbench && s.plot == sweep.plot;
            let sweep = design.look.sweeps.iter().find(same)?;
            let curve = sweep.curves.iter().find(|c| c.name == first.name)?;
            Some(Trace { name: &design.name, colour: design.colour, width: design.width, x: &sweep.x, curve })
        };
        let traces: Vec<Trace<'a>> = shown.iter().filter_map(of).collect();
        panels(bench, sweep, first, traces)
    }
}

/// Draws panels side by side, as many as find room.
fn draw(ui: &mut Ui, panels: &[Panel<'_>], colours: &Palette) {
    if panels.is_empty() {
        return;
    }
    let available = ui.available_size();
    let columns = panels.len().min((available.x / 300.0).max(1.0) as usize);
    let lines = panels.len().div_ceil(columns).min(2);
    let height = ((available.y - 6.0 * lines as f32) / lines as f32).max(140.0);
    egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        for line in panels.chunks(columns) {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 8.0;
                // those of a line that is not full share its width
                let count = line.len() as f32;
                let size = vec2((available.x - 8.0 * (count - 1.0)) / count, height);
                for panel in line {
                    panel.ui(ui, size, colours);
                }
            });
        }
    });
}
