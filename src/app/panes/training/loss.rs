//! The loss plot: log10 over epochs, raw and smoothed training loss, validation loss.
//!
//! However long the training, about 1,500 points are drawn: the history as the smallest and largest of
//! each bin, the newest steps one by one.

use crate::app::look::axis;
use crate::app::theme::palette;
use crate::engine::Learning;
use egui::{Rect, Ui};
use egui_plot::{Corner, Legend, Line, MarkerShape, Plot, Points};
use std::sync::Arc;

const BINS: usize = 450;
const TAIL: usize = 300;

/// What is drawn, kept while nothing is learnt.
#[derive(Default)]
pub struct LossPlot {
    of: Option<Arc<Learning>>,
    raw: Vec<[f64; 2]>,
    smooth: Vec<[f64; 2]>,
    every_smoothed: Vec<f64>,
    validation: Vec<[f64; 2]>,
}

impl LossPlot {
    fn follow(&mut self, learning: &Arc<Learning>) {
        if self.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, learning)) {
            return;
        }
        let epoch = f64::from(learning.steps_an_epoch.max(1));
        let at = |step: usize| step as f64 / epoch;
        let log: Vec<f64> = learning.training.iter().map(|l| f64::from(*l).max(1e-12).log10()).collect();
        self.raw = thinned(&log).into_iter().map(|(i, v)| [at(i + 1), v]).collect();
        let smooth = smoothed(&log);
        self.smooth = thinned(&smooth).into_iter().map(|(i, v)| [at(i + 1), v]).collect();
        let validation = learning.validation.iter();
        self.validation =
            validation.map(|(step, l)| [at(*step as usize), f64::from(*l).max(1e-12).log10()]).collect();
        self.every_smoothed = smooth;
        self.of = Some(Arc::clone(learning));
    }

    /// The smoothed training loss of each step as its decadic logarithm, as it was last drawn.
    pub fn every_smoothed(&self) -> &[f64] {
        &self.every_smoothed
    }

    /// Draws the plot; where it stands.
    pub fn ui(&mut self, ui: &mut Ui, learning: &Arc<Learning>) -> Rect {
        self.follow(learning);
        let colours = palette(ui.visuals());
        Plot::new("loss")
            .grid_color(ui.visuals().weak_text_color().gamma_multiply(0.45))
            .legend(Legend::default().position(Corner::RightTop))
            .x_axis_label("epochs")
            .x_grid_spacer(axis::whole_marks)
            .y_axis_label("loss, on a logarithmic scale")
            .y_grid_spacer(axis::many_log_marks)
            .y_axis_formatter(|mark, _| axis::loss_tick(mark.value))
            .label_formatter(|position| match position {
                egui_plot::HoverPosition::NearDataPoint { plot_name, position, .. } => {
                    let loss = 10f64.powf(position.y);
                    Some(format!("{plot_name}\nepoch {:.2}\nloss {loss:.4}", position.x))
                }
                egui_plot::HoverPosition::Elsewhere { .. } => None,
            })
            .include_x(0.0)
            .show(ui, |plot| {
                // dots, since a line through this many would be a surface
                plot.points(
                    Points::new("training, each step", self.raw.clone())
                        .color(colours.accent.gamma_multiply(0.6))
                        .radius(1.3),
                );
                plot.line(
                    Line::new("training, smoothed", self.smooth.clone()).color(colours.accent).width(2.0),
                );
                plot.line(Line::new("validation", self.validation.clone()).color(colours.second).width(2.0));
                plot.points(
                    Points::new("validation", self.validation.clone())
                        .color(colours.second)
                        .shape(MarkerShape::Diamond)
                        .radius(3.5),
                );
            })
            .response
            .rect
    }
}

/// (index, value) of at most `2 · BINS + TAIL` values, in order.
fn thinned(values: &[f64]) -> Vec<(usize, f64)> {
    if values.len() <= 2 * BINS + TAIL {
        return values.iter().copied().enumerate().collect();
    }
    let history = values.len() - TAIL;
    let mut kept = Vec::with_capacity(2 * BINS + TAIL);
    for bin in 0..BINS {
        let (from, to) = (bin * history / BINS, (bin + 1) * history / BINS);
        let of = |i: &usize, j: &usize| values[*i].total_cmp(&values[*j]);
        let (low, high) = ((from..to).min_by(of), (from..to).max_by(of));
        if let (Some(low), Some(high)) = (low, high) {
            kept.extend([low.min(high), low.max(high)].map(|i| (i, values[i])));
        }
    }
    kept.extend((history..values.len()).map(|i| (i, values[i])));
    kept
}

/// A moving average that starts unbiased and looks back over a fiftieth of the steps.
fn smoothed(values: &[f64]) -> Vec<f64> {
    let keep = 1.0 - 1.0 / (values.len() as f64 / 50.0).max(10.0);
    let (mut sum, mut weight) = (0.0, 0.0);
    let mut step = |v: &f64| {
        sum = keep * sum + v;
        weight = keep * weight + 1.0;
        sum / weight
    };
    values.iter().map(&mut step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_extremes_order_and_the_tail() {
        let mut values: Vec<f64> = (0..20_000).map(|i| f64::from(i).sin()).collect();
        values[777] = 9.0;
        let kept = thinned(&values);
        assert!(kept.len() <= 1500, "{}", kept.len());
        assert!(kept.contains(&(777, 9.0)));
        assert!(kept.windows(2).all(|w| w[0].0 <= w[1].0));
        assert!(kept.ends_with(&[(19_999, values[19_999])]));
        assert_eq!(thinned(&values[..100]).len(), 100);
    }

    #[test]
    fn a_constant_stays_a_constant_when_smoothed() {
        assert!(smoothed(&[2.0; 400]).iter().all(|v| (v - 2.0).abs() < 1e-12));
    }
}
