//! One plot of curves over a sweep, with the targets that can be read from it.

use super::trace::Trace;
use crate::app::look::axis::{self, Measure};
use crate::app::state::Bench;
use crate::app::theme::Palette;
use crate::circuit::{Bound, Metric, Scale, format_quantity};
use crate::engine::{Curve, Simulated, Sweep};
use crate::report::{Part, Readable, SweepPlot, readable, sweep_plots};
use egui::{Ui, Vec2};
use egui_plot::{HLine, HoverPosition, Line, LineStyle, Plot, VLine};

/// Targets, each with its metric.
type Bounds<'a> = Vec<(&'a Metric, &'a Bound)>;

/// One plot.
pub struct Panel<'a> {
    key: (usize, String, &'static str),
    title: String,
    x: Metric,
    y: Metric,
    part: Part,
    traces: Vec<Trace<'a>>,
    /// Targets of what is swept, and of what is measured.
    across: Bounds<'a>,
    up: Bounds<'a>,
}

/// The plots of a signal over a sweep, the traces of designs in them.
pub fn panels<'a>(
    bench: &'a Bench,
    sweep: &'a Sweep,
    signal: &Curve,
    traces: Vec<Trace<'a>>,
) -> Vec<Panel<'a>> {
    let make = |plot: SweepPlot| {
        let found = if plot.part == Part::Decibel { targets(bench, &traces) } else { Readable::default() };
        let with_metric = |bounds: Vec<&'a Bound>| -> Bounds<'a> {
            bounds.into_iter().map(|bound| (&bench.open.circuit.metrics[bound.metric], bound)).collect()
        };
        Panel {
            key: (sweep.testbench, sweep.plot.clone(), plot.name),
            title: plot.y.title.clone(),
            x: plot.x,
            y: plot.y,
            part: plot.part,
            traces: traces.clone(),
            across: with_metric(found.across),
            up: with_metric(found.up),
        }
    };
    sweep_plots(sweep, signal).into_iter().map(make).collect()
}

/// Targets whose metrics are read from the trace of the selected design as it was measured.
fn targets<'a>(bench: &'a Bench, traces: &[Trace<'_>]) -> Readable<'a> {
    let design = bench.selected_design().and_then(|design| bench.outcome(&design.sizing));
    let measured = design.and_then(|outcome| outcome.as_ref().ok()).map(Simulated::performance);
    let own = traces.iter().find(|trace| !trace.name.ends_with("turned")).or(traces.first());
    match (measured, own) {
        (Some(performance), Some(trace)) => {
            readable(&bench.open.circuit, &bench.targets, performance, trace.x, &trace.curve.values)
        }
        _ => Readable::default(),
    }
}

impl Panel<'_> {
    /// Draws it.
    pub fn ui(&self, ui: &mut Ui, size: Vec2, colours: &Palette) {
        let [x, y]: [Measure<'_>; 2] = [(&self.x).into(), (&self.y).into()];
        let (x_unit, y_unit, y_log) = (self.x.unit, self.y.unit, self.y.scale == Scale::Log);
        let (x_scale, title) = (self.x.scale, self.title.clone());
        let plot = Plot::new(("curves", &self.key))
            .width(size.x)
            .height(size.y)
            .allow_scroll(false)
            .show_crosshair(false)
            .grid_color(ui.visuals().weak_text_color().gamma_multiply(0.45))
            .label_formatter(move |position| match position {
                HoverPosition::NearDataPoint { plot_name, position, .. } => {
                    let own = |v: f64, log: bool| if log { 10f64.powf(v) } else { v };
                    let x = format_quantity(own(position.x, x_scale == Scale::Log), x_unit, 4);
                    let y = format_quantity(own(position.y, y_log), y_unit, 4);
                    Some(format!("{plot_name}\n{x}\n{title}: {y}"))
                }
                HoverPosition::Elsewhere { .. } => None,
            });
        let plot = axis::scaled_y(axis::scaled_x(plot, x), y);
        let plot = plot.x_axis_label(axis::short_title(ui, x, size.x - 60.0));
        let plot = plot.y_axis_label(axis::short_title(ui, y, size.y - 44.0));
        plot.show(ui, |plot| {
            // the selected one on top
            for trace in self.traces.iter().rev() {
                let values = self.part.of(&trace.curve.values);
                let points: Vec<[f64; 2]> = trace
                    .x
                    .iter()
                    .zip(values)
                    .map(|(x, y)| [self.x.scaled(*x), y])
                    .filter(|[x, y]| x.is_finite() && y.is_finite())
                    .collect();
                plot.line(Line::new(trace.name, points).color(trace.colour).width(trace.width));
            }
            let said = |metric: &Metric, bound: &Bound| {
                format!(
                    "{} {} {}",
                    metric.title,
                    bound.sense.glyph(),
                    format_quantity(bound.value, metric.unit, 3)
                )
            };
            for (metric, bound) in &self.across {
                let line = VLine::new(said(metric, bound), self.x.scaled(bound.value));
                plot.vline(line.color(colours.spec).style(LineStyle::dashed_loose()).width(1.5));
            }
            for (metric, bound) in &self.up {
                let line = HLine::new(said(metric, bound), bound.value);
                plot.hline(line.color(colours.spec).style(LineStyle::dashed_loose()).width(1.5));
            }
        });
    }
}
