//! Pictures of the curves of a design, with the targets that can be read from them.

use super::design::Review;
use super::folder::CURVE;
use super::page::{Picture, one_line};
use crate::circuit::{Bound, Metric, Scale, format_quantity, shortened};
use crate::engine::{Curve, Sweep};
use crate::report::chart::{GREY, INK, RULE, png, rule, step, text};
use crate::report::curves::{LINE, TARGET};
use crate::report::reading::{Part, Readable, SweepPlot, readable, shown_first, sweep_plots};
use std::fmt::Write;

/// Where the curve is drawn: its left, top, width and height.
const FRAME: (f64, f64, f64, f64) = (86.0, 44.0, 460.0, 230.0);
/// The size of a picture.
const SIZE: (f64, f64) = (FRAME.0 + FRAME.2 + 24.0, FRAME.1 + FRAME.3 + 56.0);
/// More pictures than anyone looks at.
const MOST: usize = 24;
/// Longer words do not fit.
const LONGEST: usize = 60;

/// A picture, and its file's contents.
pub(super) struct Drawn {
    pub picture: Picture,
    pub png: Vec<u8>,
}

/// The pictures of a design's curves: of each sweep the signal that is shown first. Empty where there is nothing to see.
///
/// # Errors
/// A picture cannot be drawn.
pub(super) fn pictures(review: &Review) -> Result<Vec<Drawn>, String> {
    let sweeps = review.inspection.iter().flat_map(|seen| &seen.sweeps);
    let shown = sweeps.filter_map(|sweep| Some((sweep, shown_first(sweep)?)));
    let plots = shown.enumerate().flat_map(|(place, (sweep, curve))| {
        let plots = sweep_plots(sweep, curve).into_iter();
        plots.map(move |plot| (place, sweep, curve, plot))
    });
    let draw = |(place, sweep, curve, plot): (usize, &Sweep, &Curve, SweepPlot)| {
        let found = if plot.part == Part::Decibel && review.circuit.worst_over.is_empty() {
            readable(&review.circuit, &review.targets, review.performance(), &sweep.x, &curve.values)
        } else {
            // over corners the metrics are of other curves than these
            Readable::default()
        };
        let about = if review.circuit.testbenches.len() > 1 {
            format!("{}, {}, {}", plot.y.title, sweep.testbench_name, sweep.plot)
        } else {
            format!("{}, {}", plot.y.title, sweep.plot)
        };
        let file = format!("{CURVE}{}-{}.png", place + 1, plot.name);
        let svg = drawn(review, sweep, curve, &plot, &found, &about);
        Ok(Drawn { picture: Picture { file, about }, png: png(&svg, SIZE.0, SIZE.1)? })
    };
    plots.take(MOST).map(draw).collect()
}

/// An axis: what is shown of a quantity, scaled.
struct Axis<'a> {
    metric: &'a Metric,
    low: f64,
    high: f64,
}

impl<'a> Axis<'a> {
    /// Over scaled values, with so much room beside them as a part of their span.
    fn over(metric: &'a Metric, values: impl Iterator<Item = f64>, room: f64) -> Axis<'a> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| value.is_finite()) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        let span = high - low;
        // a constant lies in the middle
        let room =
            if span > low.abs().max(high.abs()) * 1e-9 { room * span } else { low.abs() * 0.1 + 1e-15 };
        Axis { metric, low: low - room, high: high + room }
    }

    fn part(&self, scaled: f64) -> f64 {
        (scaled - self.low) / (self.high - self.low)
    }

    /// Round places, scaled, and what they say.
    fn ticks(&self) -> Vec<(f64, String)> {
        let (span, log) = (self.high - self.low, self.metric.scale == Scale::Log);
        let each = if log && span >= 2.0 { (span / 7.0).ceil() } else { step(span) };
        let first = (self.low / each).ceil();
        let even = (0..64).map(|i| (first + f64::from(i)) * each).take_while(|at| *at <= self.high);
        let places = match log && span < 2.0 {
            // of a decade or so its ones, twos and fives, if two of them are in sight
            true => Some(self.within_decades()).filter(|within| within.len() > 1),
            false => None,
        };
        let places = places.unwrap_or_else(|| even.collect());
        let said = |at: f64| format_quantity(self.metric.unscaled(at), self.metric.unit, 3);
        places.into_iter().map(|at| (at, said(at))).collect()
    }

    /// The ones, twos and fives of an axis of few decades, scaled.
    fn within_decades(&self) -> Vec<f64> {
        let from = self.low.floor();
        let all = (0..4)
            .flat_map(|decade| [1.0_f64, 2.0, 5.0].map(|digit| from + f64::from(decade) + digit.log10()));
        all.filter(|at| (self.low..=self.high).contains(at)).collect()
    }
}

fn drawn(
    review: &Review,
    sweep: &Sweep,
    curve: &Curve,
    plot: &SweepPlot,
    found: &Readable<'_>,
    about: &str,
) -> String {
    let (left, top, width, height) = FRAME;
    let values = plot.part.of(&curve.values);
    let points: Vec<(f64, f64)> = sweep
        .x
        .iter()
        .zip(values)
        .map(|(x, y)| (plot.x.scaled(*x), y))
        .filter(|(x, y)| x.is_finite() && y.is_finite())
        .collect();
    let across = |bound: &Bound| plot.x.scaled(bound.value);
    let x_values = points.iter().map(|p| p.0).chain(found.across.iter().map(|b| across(b)));
    let x = Axis::over(&plot.x, x_values, 0.0);
    let up = points.iter().map(|p| p.1).chain(found.up.iter().map(|bound| bound.value));
    let y = Axis::over(&plot.y, up, 0.07);
    let at = |p: (f64, f64)| (left + width * x.part(p.0), top + height * (1.0 - y.part(p.1)));
    let mut svg = String::new();
    let fit = |words: &str| shortened(&one_line(words), LONGEST);
    text(&mut svg, (left, 24.0), 14.0, "start", INK, &fit(about));
    for (tick, label) in y.ticks() {
        let (_, height) = at((x.low, tick));
        rule(&mut svg, (left, height), (left + width, height), RULE);
        text(&mut svg, (left - 8.0, height + 4.0), 11.0, "end", GREY, &label);
    }
    for (tick, label) in x.ticks() {
        let (place, _) = at((tick, y.low));
        rule(&mut svg, (place, top), (place, top + height), RULE);
        text(&mut svg, (place, top + height + 17.0), 11.0, "middle", GREY, &label);
    }
    text(&mut svg, (left + width / 2.0, top + height + 38.0), 12.0, "middle", INK, &fit(&plot.x.title));
    let said = |bound: &Bound| {
        let metric = &review.circuit.metrics[bound.metric];
        let value = format_quantity(bound.value, metric.unit, 3);
        fit(&format!("{} {} {value}", metric.title, bound.sense.glyph()))
    };
    let mut dashed = |(x1, y1): (f64, f64), (x2, y2): (f64, f64)| {
        let _ = write!(
            svg,
            r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" stroke="{TARGET}" stroke-width="1.5" stroke-dasharray="6 4"/>"#
        );
    };
    for bound in &found.across {
        let (place, _) = at((across(bound), y.low));
        dashed((place, top), (place, top + height));
    }
    for bound in &found.up {
        let (_, height) = at((x.low, bound.value));
        dashed((left, height), (left + width, height));
    }
    let joined: Vec<String> = points.iter().map(|p| at(*p)).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ = write!(
        svg,
        r#"<polyline points="{}" fill="none" stroke="{LINE}" stroke-width="2" stroke-linejoin="round"/>"#,
        joined.join(" ")
    );
    // each word beside its line, on that side of it that has the room
    for (i, bound) in found.across.iter().enumerate() {
        let (place, _) = at((across(bound), y.low));
        let right = place > left + width / 2.0;
        let (shift, anchor) = if right { (-6.0, "end") } else { (6.0, "start") };
        let height = top + height - 8.0 - 14.0 * i as f64;
        text(&mut svg, (place + shift, height), 11.0, anchor, TARGET, &said(bound));
    }
    for bound in &found.up {
        let (_, height) = at((x.low, bound.value));
        // where a magnitude has fallen
        let height = if height < top + 13.0 { height + 14.0 } else { height - 5.0 };
        text(&mut svg, (left + width - 8.0, height), 11.0, "end", TARGET, &said(bound));
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::{Sense, Unit};

    fn metric(scale: Scale, unit: Unit) -> Metric {
        let (name, title) = (String::new(), String::new());
        Metric { name, title, unit, scale, sense: Sense::AtLeast, legal: (0.0, 1.0) }
    }

    #[test]
    fn ticks_are_round_and_few_whatever_is_shown() {
        let hertz = metric(Scale::Log, Unit::Hertz);
        let axis = Axis::over(&hertz, [0.0, 9.0].into_iter(), 0.0);
        let said: Vec<String> = axis.ticks().into_iter().map(|tick| tick.1).collect();
        assert_eq!(said, ["1 Hz", "100 Hz", "10 kHz", "1 MHz", "100 MHz"]);
        let decade = Axis::over(&hertz, [2.3, 3.8].into_iter(), 0.0);
        let said: Vec<String> = decade.ticks().into_iter().map(|tick| tick.1).collect();
        assert_eq!(said, ["200 Hz", "500 Hz", "1 kHz", "2 kHz", "5 kHz"]);
        let volt = metric(Scale::Linear, Unit::Volt);
        for values in
            [vec![0.0, 1.8], vec![0.9; 5], vec![], vec![f64::NAN], vec![-1e-6, 1e-6], vec![1e30, 2e30]]
        {
            let axis = Axis::over(&volt, values.iter().copied(), 0.07);
            let ticks = axis.ticks();
            assert!((2..=12).contains(&ticks.len()), "{values:?}: {ticks:?}");
            assert!(ticks.iter().all(|(at, _)| (0.0..=1.0).contains(&axis.part(*at))), "{values:?}");
        }
    }
}
