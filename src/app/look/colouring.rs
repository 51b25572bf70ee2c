//! Designs coloured by a column of the table rather than by their verdict; their shapes still tell the verdict.

use super::margin::Worst;
use super::mark::shown;
use crate::app::state::{Bench, SortKey};
use crate::circuit::{Circuit, Specification, format_quantity, margin_in_percent};
use crate::engine::Candidate;
use egui::{Color32, Rect, Sense, Ui, pos2, vec2};

/// Dark to light, as seen alike by all eyes (viridis, five of its colours).
const RAMP: [[u8; 3]; 5] = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];

/// A column with the values that are the ends of its colours.
#[derive(Clone, Copy)]
pub struct Colouring {
    by: SortKey,
    ends: (f64, f64),
}

/// A design's value in a column, on the scale that colours go by.
fn value(circuit: &Circuit, targets: &Specification, by: SortKey, candidate: &Candidate) -> Option<f64> {
    let value = match by {
        SortKey::Number | SortKey::Verdict => None,
        SortKey::Margin => Worst::of(circuit, targets, candidate).map(|worst| worst.decades),
        SortKey::Metric(m) => Some(circuit.metrics.get(m)?.scaled(shown(candidate)?.0[m])),
        SortKey::Parameter(p) => Some(circuit.parameters.get(p)?.to_unit_interval(candidate.sizing.0[p])),
    };
    value.filter(|v| v.is_finite())
}

impl Colouring {
    /// By a column; nothing where it has no values to be told apart, as the verdict.
    pub fn of(bench: &Bench, by: SortKey) -> Option<Colouring> {
        let (circuit, targets) = (&bench.open.circuit, &bench.targets);
        let values = bench.candidates().iter().filter_map(|c| value(circuit, targets, by, c));
        let ends =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        (ends.0 < ends.1).then_some(Colouring { by, ends })
    }

    /// The colour of a design; nothing where its value is not known.
    pub fn colour(
        &self,
        circuit: &Circuit,
        targets: &Specification,
        candidate: &Candidate,
    ) -> Option<Color32> {
        let value = value(circuit, targets, self.by, candidate)?;
        Some(ramp(((value - self.ends.0) / (self.ends.1 - self.ends.0)) as f32))
    }

    /// The colours with the values at their ends, in a row that is filled from the right.
    pub fn legend(&self, ui: &mut Ui, circuit: &Circuit) {
        let show = |v: f64| match self.by {
            SortKey::Metric(m) => {
                let metric = &circuit.metrics[m];
                format_quantity(metric.unscaled(v), metric.unit, 3)
            }
            SortKey::Parameter(p) => {
                let parameter = &circuit.parameters[p];
                format_quantity(parameter.from_unit_interval(v), parameter.unit, 3)
            }
            _ => margin_in_percent(v),
        };
        ui.small(show(self.ends.1));
        let (rect, _) = ui.allocate_exact_size(vec2(60.0, 9.0), Sense::hover());
        let steps = 24;
        for i in 0..steps {
            let x = |i: i32| rect.left() + rect.width() * i as f32 / steps as f32;
            let part = Rect::from_min_max(pos2(x(i), rect.top()), pos2(x(i + 1), rect.bottom()));
            ui.painter().rect_filled(part, 0.0, ramp((i as f32 + 0.5) / steps as f32));
        }
        ui.small(show(self.ends.0));
    }
}

fn ramp(part: f32) -> Color32 {
    let at = part.clamp(0.0, 1.0) * (RAMP.len() - 1) as f32;
    let below = (at as usize).min(RAMP.len() - 2);
    let mixed: Vec<u8> = RAMP[below]
        .iter()
        .zip(RAMP[below + 1])
        .map(|(&a, b)| (f32::from(a) + (f32::from(b) - f32::from(a)) * (at - below as f32)).round() as u8)
        .collect();
    Color32::from_rgb(mixed[0], mixed[1], mixed[2])
}

/// What a column is called where it is chosen.
pub fn column_name(circuit: &Circuit, by: SortKey) -> String {
    match by {
        SortKey::Number | SortKey::Verdict => "verdict".to_owned(),
        SortKey::Margin => "worst margin".to_owned(),
        SortKey::Metric(m) => circuit.metrics.get(m).map_or_else(String::new, |m| m.title.clone()),
        SortKey::Parameter(p) => circuit.parameters.get(p).map_or_else(String::new, |p| p.name.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_go_from_dark_to_light() {
        let light = |part: f32| {
            let [r, g, b, _] = ramp(part).to_array();
            0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b)
        };
        let steps: Vec<f32> = (0..=20u8).map(|i| light(f32::from(i) / 20.0)).collect();
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]), "{steps:?}");
        assert_eq!((ramp(-1.0), ramp(2.0)), (ramp(0.0), ramp(1.0)));
    }
}
