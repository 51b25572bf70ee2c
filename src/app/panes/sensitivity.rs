//! How much each metric of the selected design moves with each parameter.

use crate::app::pane::Pane;
use crate::app::scene::Scene;
use crate::app::state::NgspiceState;
use crate::app::state::sensitivity::{Slope, needed, slopes};
use crate::app::theme::{Palette, palette};
use crate::app::widgets::empty;
use crate::app::wish::Wish;
use crate::circuit::{Metric, Scale, SizingKey, format_quantity};
use egui::{Color32, Grid, RichText, ScrollArea, Sense, Ui, vec2};

/// A change of so many decades fills its cell.
const STRONG: f64 = 0.1;

/// The sensitivities of the selected design.
#[derive(Default)]
pub struct SensitivityPane {
    /// The design whose neighbours were asked for last, unasked by the user.
    asked: Option<SizingKey>,
}

impl Pane for SensitivityPane {
    fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let selected = scene.bench.and_then(|bench| Some((bench, bench.selected?, bench.selected_design()?)));
        let Some((bench, selected, design)) = selected else {
            empty(
                ui,
                "No design is selected.",
                "Select one: how its metrics move with each parameter is simulated here.",
                None,
            );
            return;
        };
        let circuit = &bench.open.circuit;
        let needed = needed(circuit, &design.sizing);
        let missing = needed.iter().filter(|sizing| bench.outcome(sizing).is_none()).count();
        ui.horizontal_wrapped(|ui| {
            ui.strong(format!("Design {}", selected + 1));
            if missing > 0 {
                let waits = needed.iter().any(|sizing| bench.waits(sizing));
                let button = ui.add_enabled(!waits, egui::Button::new("Simulate its neighbours"));
                let tip = format!("{missing} simulations: each parameter a little less and a little more");
                if button.on_hover_text(tip).clicked() {
                    scene.wish(Wish::Sensitivities);
                }
                if waits {
                    ui.spinner();
                }
                // simulated as it is looked at, once: what was cancelled is left to the user
                let found = matches!(scene.environment.ngspice, NgspiceState::Found(_));
                let at_once = scene.forms.sample.measure && found && !bench.word.is_missing();
                let key = design.sizing.key();
                if at_once && !bench.simulating() && !waits && self.asked.as_ref() != Some(&key) {
                    self.asked = Some(key);
                    scene.wish(Wish::Sensitivities);
                }
            }
            ui.weak("What each metric does for 10 % more of a parameter; green where that is to the good");
        });
        ui.add_space(2.0);
        if missing == needed.len() {
            return;
        }
        let lines = slopes(bench, &design.sizing);
        let colours = palette(ui.visuals());
        ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| {
            Grid::new("sensitivities").num_columns(circuit.metrics.len() + 1).spacing([6.0, 2.0]).show(
                ui,
                |ui| {
                    ui.label("");
                    for metric in &circuit.metrics {
                        ui.strong(&metric.name).on_hover_text(&metric.title);
                    }
                    ui.end_row();
                    for (parameter, line) in circuit.parameters.iter().zip(&lines) {
                        ui.label(RichText::new(&parameter.name).monospace()).on_hover_text(&parameter.about);
                        for (metric, slope) in circuit.metrics.iter().zip(line) {
                            cell(ui, metric, slope.as_ref(), &colours);
                        }
                        ui.end_row();
                    }
                },
            );
        });
    }
}

/// A metric that moves by fewer decades, a twentieth of a per cent, does not move.
const NOTHING: f64 = 2.2e-4;

/// `+4.1 %`, `−0.3 dB`: what a metric does; `0` where that is nothing to speak of.
fn words(metric: &Metric, slope: &Slope) -> String {
    if slope.decades.abs() < NOTHING {
        return "0".to_owned();
    }
    let sign = if slope.change < 0.0 { "\u{2212}" } else { "+" };
    match metric.scale {
        Scale::Log => format!("{sign}{:.1} %", 100.0 * (10f64.powf(slope.change.abs()) - 1.0)),
        Scale::Linear => format!("{sign}{}", format_quantity(slope.change.abs(), metric.unit, 2)),
    }
}

/// A value on a ground that is the stronger the more the metric moves.
fn cell(ui: &mut Ui, metric: &Metric, slope: Option<&Slope>, colours: &Palette) {
    let (rect, response) = ui.allocate_exact_size(vec2(84.0, 18.0), Sense::hover());
    let Some(slope) = slope else {
        ui.painter().text(
            rect.center(),
            egui::Align2::CENTER_CENTER,
            "–",
            egui::TextStyle::Body.resolve(ui.style()),
            ui.visuals().weak_text_color(),
        );
        return;
    };
    let good = slope.change * metric.sense.of_bound().loosening() < 0.0;
    let strength = (slope.decades.abs() / STRONG).min(1.0) as f32;
    let ground: Color32 = if good { colours.feasible } else { colours.infeasible };
    ui.painter().rect_filled(rect, 2.0, ground.gamma_multiply(0.45 * strength));
    let text = words(metric, slope);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &text));
    let font = egui::TextStyle::Body.resolve(ui.style());
    ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, text, font, ui.visuals().text_color());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::Circuit;

    #[test]
    fn slopes_are_worded_on_the_metrics_scale() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let [power, gain] = [&circuit.metrics[0], &circuit.metrics[2]];
        let slope = |change: f64| Slope { change, decades: change };
        assert_eq!(words(power, &slope(1.1f64.log10())), "+10.0 %");
        assert_eq!(words(gain, &slope(-0.31)), "\u{2212}0.31 dB");
        assert_eq!(words(gain, &Slope { change: -0.0025, decades: -0.0025 / 20.0 }), "0");
    }
}
