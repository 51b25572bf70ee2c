//! One plot of curves over a sweep, with the targets that can be read from it.

use super::trace::{Part, Trace};
use crate::app::look::axis::{self, Measure};
use crate::app::state::Bench;
use crate::app::theme::Palette;
use crate::circuit::{Analysis, Bound, Metric, Scale, Sense, Unit, format_quantity};
use crate::engine::{Curve, CurveRole, Simulated, Sweep};
use egui::{Ui, Vec2};
use egui_plot::{HLine, HoverPosition, Line, LineStyle, Plot, VLine};

/// How near to the curve a metric must lie to be one that is read from it, in dB.
const NEAR: f64 = 0.35;

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

/// An axis of a plot.
fn measure(title: &str, unit: Unit, scale: Scale) -> Metric {
    Metric {
        name: title.to_owned(),
        title: title.to_owned(),
        unit,
        scale,
        sense: Sense::AtLeast,
        legal: (f64::NEG_INFINITY, f64::INFINITY),
    }
}

fn unit(symbol: &str) -> Unit {
    match symbol {
        "Hz" => Unit::Hertz,
        "s" => Unit::Second,
        "V" => Unit::Volt,
        "A" => Unit::Ampere,
        "Ohm" => Unit::Ohm,
        "dB" => Unit::Decibel,
        _ => Unit::One,
    }
}

/// The plots of a signal over a sweep: of a small-signal analysis magnitude and phase, of others one.
pub fn panels<'a>(
    bench: &'a Bench,
    sweep: &'a Sweep,
    signal: &Curve,
    traces: Vec<Trace<'a>>,
) -> Vec<Panel<'a>> {
    let log_x = sweep.analysis != Analysis::Tran && sweep.x_unit == "Hz" && sweep.x.iter().all(|x| *x > 0.0);
    let x_name = match sweep.x_name.as_str() {
        "frequency" => "Frequency",
        "time" => "Time",
        other => other,
    };
    let x = measure(x_name, unit(&sweep.x_unit), if log_x { Scale::Log } else { Scale::Linear });
    let own = unit(signal.unit.as_deref().unwrap_or_default());
    let parts: Vec<(&'static str, Part, Metric)> = match (sweep.analysis, signal.role) {
        (_, CurveRole::Noise) => {
            let at_input = signal.name.starts_with('i');
            let title =
                if at_input { "Input noise density per √Hz" } else { "Output noise density per √Hz" };
            vec![("density", Part::Log, measure(title, Unit::Volt, Scale::Log))]
        }
        (Analysis::Ac, _) if own == Unit::Decibel => {
            vec![("value", Part::Value, measure(&signal.name, own, Scale::Linear))]
        }
        (Analysis::Ac, _) => vec![
            (
                "magnitude",
                Part::Decibel,
                measure(&format!("|{}|", signal.name), Unit::Decibel, Scale::Linear),
            ),
            (
                "phase",
                Part::Phase,
                measure(&format!("Phase of {}", signal.name), Unit::Degree, Scale::Linear),
            ),
        ],
        _ => vec![("value", Part::Value, measure(&signal.name, own, Scale::Linear))],
    };
    let flat = |part: Part| {
        part == Part::Phase && signal.values.magnitudes().len() == signal.values.len() && real(signal)
    };
    let make = |(name, part, y): (&'static str, Part, Metric)| {
        let (across, up) =
            if part == Part::Decibel { readable(bench, &traces) } else { (Vec::new(), Vec::new()) };
        let key = (sweep.testbench, sweep.plot.clone(), name);
        Panel { key, title: y.title.clone(), x: x.clone(), y, part, traces: traces.clone(), across, up }
    };
    // a magnitude that the deck made has no phase
    parts.into_iter().filter(|(_, part, _)| !flat(*part)).map(make).collect()
}

fn real(curve: &Curve) -> bool {
    matches!(curve.values, crate::engine::CurveValues::Real(_))
}

/// Bounds of the metrics that are read from the first trace: a gain that it has at its lowest frequency or at most, a
/// frequency where it has fallen by 3 dB or goes through one.
fn readable<'a>(bench: &'a Bench, traces: &[Trace<'_>]) -> (Bounds<'a>, Bounds<'a>) {
    let (mut across, mut up) = (Vec::new(), Vec::new());
    let design = bench.selected_design().and_then(|design| bench.outcome(&design.sizing));
    let measured = design.and_then(|outcome| outcome.as_ref().ok()).map(Simulated::performance);
    let own = traces.iter().find(|trace| !trace.name.ends_with("turned")).or(traces.first());
    let (Some(performance), Some(trace)) = (measured, own) else {
        return (across, up);
    };
    let decibels = Part::Decibel.of(&trace.curve.values);
    let first = decibels.first().copied().unwrap_or(f64::NAN);
    let most = decibels.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let at = |x: f64| -> Option<f64> {
        let after = trace.x.iter().position(|own| *own >= x).filter(|i| *i > 0)?;
        let (low, high) = (trace.x[after - 1].log10(), trace.x[after].log10());
        let part = (x.log10() - low) / (high - low);
        Some(decibels[after - 1] + part * (decibels[after] - decibels[after - 1]))
    };
    for bound in &bench.targets.bounds {
        let metric = &bench.open.circuit.metrics[bound.metric];
        let value = performance.0[bound.metric];
        match metric.unit {
            Unit::Decibel if (value - first).abs() < NEAR || (value - most).abs() < NEAR => {
                up.push((metric, bound))
            }
            Unit::Hertz => {
                let there = at(value).unwrap_or(f64::NAN);
                if (there - (first - 3.01)).abs() < NEAR || there.abs() < NEAR {
                    across.push((metric, bound));
                }
            }
            _ => {}
        }
    }
    (across, up)
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
