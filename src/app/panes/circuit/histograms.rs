//! What the rows look like: the histogram of every metric and of every parameter on its own scale.

use crate::app::look::axis::{self, Measure};
use crate::app::plots::{self, Plot, data};
use crate::app::state::OpenCircuit;
use crate::app::theme::palette;
use crate::app::words::grouped;
use crate::circuit::{Bound, Region, Scale, Specification};
use crate::dataset::Dataset;
use egui::{Align, Layout, Ui};
use egui_plot::{Bar, BarChart, Plot as Chart, VLine};
use std::sync::Arc;

const BINS: usize = 40;
const METRIC_HEIGHT: f32 = 170.0;
const PARAMETER_HEIGHT: f32 = 104.0;
/// The least width of a parameter's histogram.
const PARAMETER_WIDTH: f32 = 168.0;

/// What is asked of designs: of their metrics, and where their parameters are held.
pub type Asked<'a> = (&'a Specification, &'a Region);

/// Bins on the quantity's own scale.
struct Bins {
    low: f64,
    width: f64,
    counts: Vec<usize>,
}

impl Bins {
    fn new(of: Measure<'_>, (low, high): (f64, f64), whole: bool, values: impl Iterator<Item = f64>) -> Bins {
        let (low, high) = (of.scaled(low), of.scaled(high));
        // whole numbers stand in the middle of a bin of their own, as far as there is room
        let steps = high - low + 1.0;
        let (low, width, count) = match whole && steps <= 2.0 * BINS as f64 {
            true => (low - 0.5, 1.0, steps as usize),
            false => (low, (high - low) / BINS as f64, BINS),
        };
        let mut counts = vec![0; count];
        for value in values {
            let at = (of.scaled(value) - low) / width;
            counts[(at.max(0.0) as usize).min(count - 1)] += 1;
        }
        Bins { low, width, counts }
    }

    /// A bin's ends in the quantity's unit.
    fn ends(&self, of: Measure<'_>, bin: usize) -> (f64, f64) {
        let end = |i: usize| of.unscaled(self.low + i as f64 * self.width);
        (end(bin), end(bin + 1))
    }

    fn middle(&self, bin: usize) -> f64 {
        self.low + (bin as f64 + 0.5) * self.width
    }
}

/// The histograms of a circuit's rows.
#[derive(Default)]
pub struct Histograms {
    /// The rows that were counted.
    of: Option<Arc<Dataset>>,
    metrics: Vec<Bins>,
    parameters: Vec<Bins>,
}

impl Histograms {
    /// Counts the rows, if they are others than those counted last.
    pub fn follow(&mut self, open: &OpenCircuit) {
        if self.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, &open.rows)) {
            return;
        }
        let rows = &open.rows.rows;
        let metric = |(m, metric)| {
            let values = rows.iter().map(move |r| r.performance.0[m]);
            Bins::new(Measure::Metric(metric), open.range(m), false, values)
        };
        let parameter = |(p, parameter): (usize, &crate::circuit::Parameter)| {
            let values = rows.iter().map(move |r| r.sizing.0[p]);
            let range = (parameter.low, parameter.high);
            Bins::new(Measure::Parameter(parameter), range, parameter.is_whole(), values)
        };
        *self = Histograms {
            of: Some(Arc::clone(&open.rows)),
            metrics: open.circuit.metrics.iter().enumerate().map(metric).collect(),
            parameters: open.circuit.parameters.iter().enumerate().map(parameter).collect(),
        };
    }

    fn bins_of<'a>(&self, open: &'a OpenCircuit, plot: Plot) -> Option<(Measure<'a>, &Bins)> {
        match plot {
            Plot::Metric(m) => Some((open.circuit.metrics.get(m)?.into(), self.metrics.get(m)?)),
            Plot::Parameter(p) => Some((open.circuit.parameters.get(p)?.into(), self.parameters.get(p)?)),
            _ => None,
        }
    }

    /// The bins of a histogram as CSV.
    pub fn data(&self, open: &OpenCircuit, targets: &Specification, plot: Plot) -> Option<String> {
        let (of, bins) = self.bins_of(open, plot)?;
        let bin = |i: usize| {
            let (from, to) = bins.ends(of, i);
            (from, to, bins.counts[i], meets(of, plot, targets, of.unscaled(bins.middle(i))))
        };
        Some(data::histogram(&open.circuit, targets, of, (0..bins.counts.len()).map(bin)))
    }

    /// Draws the histograms of the metrics.
    pub fn of_metrics(&self, ui: &mut Ui, open: &OpenCircuit, asked: Asked<'_>) {
        let columns = if ui.available_width() > 900.0 { 4 } else { 2 };
        let all = (0..self.metrics.len()).map(Plot::Metric).collect();
        self.grid(ui, open, asked, all, columns, METRIC_HEIGHT);
    }

    /// Draws the histograms of the parameters.
    pub fn of_parameters(&self, ui: &mut Ui, open: &OpenCircuit, asked: Asked<'_>) {
        let columns = ((ui.available_width() / PARAMETER_WIDTH) as usize).max(2);
        let all = (0..self.parameters.len()).map(Plot::Parameter).collect();
        self.grid(ui, open, asked, all, columns, PARAMETER_HEIGHT);
    }

    fn grid(
        &self,
        ui: &mut Ui,
        open: &OpenCircuit,
        asked: Asked<'_>,
        all: Vec<Plot>,
        columns: usize,
        height: f32,
    ) {
        let gap = 8.0;
        let width = (ui.available_width() - gap * (columns as f32 - 1.0)) / columns as f32;
        for line in all.chunks(columns) {
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = gap;
                for plot in line {
                    let Some((of, bins)) = self.bins_of(open, *plot) else {
                        continue;
                    };
                    ui.vertical(|ui| {
                        ui.set_width(width);
                        histogram(ui, of, bins, *plot, asked, egui::vec2(width, height));
                    });
                }
            });
        }
    }
}

/// Whether a value meets its target; nothing where there is none.
fn meets(of: Measure<'_>, plot: Plot, targets: &Specification, value: f64) -> Option<bool> {
    match (of, plot) {
        (Measure::Metric(_), Plot::Metric(m)) => {
            targets.bound_on(m)?;
            let met = |b: &Bound| b.metric != m || b.sense.met(value, b.value);
            Some(targets.bounds.iter().all(met))
        }
        _ => None,
    }
}

/// Whether a bin lies wholly outside what its parameter is held to.
fn outside((from, to): (f64, f64), plot: Plot, region: &Region) -> bool {
    match plot {
        Plot::Parameter(p) => region.held(p).is_some_and(|(low, high)| to <= low || from > high),
        _ => false,
    }
}

fn histogram(ui: &mut Ui, of: Measure<'_>, bins: &Bins, plot: Plot, asked: Asked<'_>, size: egui::Vec2) {
    let (targets, region) = asked;
    let colours = palette(ui.visuals());
    let start = ui.cursor().min;
    ui.horizontal(|ui| {
        ui.add(egui::Label::new(axis::title(of)).truncate());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            plots::menu(ui, plot, &format!("histogram of {}", of.name()));
        });
    });
    let bar = |(i, &count): (usize, &usize)| {
        let middle = bins.middle(i);
        let fill = match meets(of, plot, targets, of.unscaled(middle)) {
            Some(true) => colours.feasible,
            // what lies outside the held range steps back
            _ if outside(bins.ends(of, i), plot, region) => colours.cloud,
            _ => colours.accent.gamma_multiply(0.55),
        };
        Bar::new(middle, count as f64).width(bins.width * 0.94).fill(fill)
    };
    let bars = bins.counts.iter().enumerate().map(bar).collect();
    let chart = BarChart::new(of.title(), bars).color(colours.accent).allow_hover(false);
    let target = match plot {
        Plot::Metric(m) => targets.bound_on(m).map(|b| of.scaled(b.value)),
        _ => None,
    };
    let mut frame =
        axis::scaled_x(Chart::new(("histogram", plot)), of).x_axis_label("").y_axis_min_width(26.0);
    frame = match plot {
        // wide enough for three digits beside the name from the first frame on
        Plot::Metric(_) => {
            frame.y_axis_label("rows").y_axis_min_width(44.0).y_grid_spacer(axis::linear_marks)
        }
        _ if of.scale() == Scale::Linear => {
            frame.x_grid_spacer(axis::few_marks).y_grid_spacer(axis::few_marks)
        }
        _ => frame.y_grid_spacer(axis::few_marks),
    };
    let response = frame
        .height(size.y)
        .width(size.x)
        .include_y(0.0)
        .allow_scroll(false)
        .grid_color(ui.visuals().weak_text_color().gamma_multiply(0.45))
        .allow_zoom(false)
        .allow_drag(false)
        .label_formatter(|_| None)
        .show(ui, |plot| {
            plot.bar_chart(chart);
            if let Some(target) = target {
                plot.vline(VLine::new("target", target).color(colours.spec).width(1.5).allow_hover(false));
            }
        });
    if let Some(at) = response.response.hover_pos() {
        let at = (response.transform.value_from_position(at).x - bins.low) / bins.width;
        if at >= 0.0 && (at as usize) < bins.counts.len() {
            let (from, to) = bins.ends(of, at as usize);
            let middle = of.unscaled(bins.middle(at as usize));
            let met = match meets(of, plot, targets, middle) {
                Some(true) => ", meeting the target",
                Some(false) => ", missing the target",
                None => "",
            };
            let rows = grouped(bins.counts[at as usize]);
            let text = match bins.width == 1.0 && bins.low.fract() != 0.0 {
                true => format!("{}: {rows} rows{met}", of.show(middle, 4)),
                false => format!("{} … {}: {rows} rows{met}", of.show(from, 3), of.show(to, 3)),
            };
            response.response.on_hover_text_at_pointer(text);
        }
    }
    plots::shows(ui, plot, egui::Rect::from_min_max(start, ui.min_rect().max));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::Circuit;

    #[test]
    fn every_value_is_counted_once_in_its_bin() {
        let circuit = Circuit::open("ota1").expect("bundled");
        let power = Measure::Metric(&circuit.metrics[0]);
        let values = [1e-9, 1.01e-9, 50e-9, 100e-9];
        let bins = Bins::new(power, (1e-9, 100e-9), false, values.into_iter());
        assert_eq!(bins.counts.iter().sum::<usize>(), 4);
        assert_eq!((bins.counts[0], bins.counts[BINS - 1]), (2, 1));
        let (from, to) = bins.ends(power, 0);
        assert!((from - 1e-9).abs() < 1e-15 && to > 1.1e-9 && to < 1.2e-9, "{from} {to}");
        let fingers = &circuit.parameters[circuit.parameter_index("NF1").expect("OTA1 has it")];
        let bins = Bins::new(fingers.into(), (2.0, 20.0), true, [2.0, 3.0, 3.0, 20.0].into_iter());
        assert_eq!(bins.counts.len(), 19);
        assert_eq!((bins.counts[0], bins.counts[1], bins.counts[18]), (1, 2, 1));
        assert_eq!(bins.middle(1), 3.0);
    }
}
