//! Plot axes on a quantity's own scale. egui_plot has no log axis: log10 is plotted and the ticks say what
//! it stands for.

use crate::circuit::{Metric, Parameter, Scale, Unit, format_quantity};
use egui::{TextStyle, Ui};
use egui_plot::{GridInput, GridMark, Plot};

/// What an axis measures.
#[derive(Clone, Copy)]
pub enum Measure<'a> {
    /// What a design performs.
    Metric(&'a Metric),
    /// What a design is made of.
    Parameter(&'a Parameter),
}

impl<'a> From<&'a Metric> for Measure<'a> {
    fn from(metric: &'a Metric) -> Measure<'a> {
        Measure::Metric(metric)
    }
}

impl<'a> From<&'a Parameter> for Measure<'a> {
    fn from(parameter: &'a Parameter) -> Measure<'a> {
        Measure::Parameter(parameter)
    }
}

impl<'a> Measure<'a> {
    /// The name in files, such as `irn` or `W1`.
    pub fn name(self) -> &'a str {
        match self {
            Measure::Metric(m) => &m.name,
            Measure::Parameter(p) => &p.name,
        }
    }

    /// The name on screen, such as `Power` or `W1`.
    pub fn title(self) -> &'a str {
        match self {
            Measure::Metric(m) => &m.title,
            Measure::Parameter(p) => &p.name,
        }
    }

    /// The unit of every value.
    pub fn unit(self) -> Unit {
        match self {
            Measure::Metric(m) => m.unit,
            Measure::Parameter(p) => p.unit,
        }
    }

    /// How values are spread.
    pub fn scale(self) -> Scale {
        match self {
            Measure::Metric(m) => m.scale,
            Measure::Parameter(p) => p.scale,
        }
    }

    /// A value on its own scale: its decadic logarithm where ratios matter.
    pub fn scaled(self, value: f64) -> f64 {
        match self.scale() {
            Scale::Linear => value,
            Scale::Log => value.log10(),
        }
    }

    /// The inverse of [`Self::scaled`].
    pub fn unscaled(self, scaled: f64) -> f64 {
        match self.scale() {
            Scale::Linear => scaled,
            Scale::Log => 10f64.powf(scaled),
        }
    }

    /// A value with its unit.
    pub fn show(self, value: f64, digits: usize) -> String {
        format_quantity(value, self.unit(), digits)
    }
}

/// `Power (W)`.
pub fn title<'a>(of: impl Into<Measure<'a>>) -> String {
    let of = of.into();
    match of.unit().symbol() {
        "" => of.title().to_owned(),
        unit => format!("{} ({unit})", of.title()),
    }
}

/// The title if it finds room, else the name in files with its unit, else that name, cut off with a mark at worst.
pub fn short_title<'a>(ui: &Ui, of: impl Into<Measure<'a>>, room: f32) -> String {
    let of = of.into();
    let font = TextStyle::Body.resolve(ui.style());
    let width = |text: &str| {
        ui.painter().layout_no_wrap(text.to_owned(), font.clone(), ui.visuals().text_color()).size().x
    };
    let named = match of.unit().symbol() {
        "" => of.name().to_owned(),
        unit => format!("{} ({unit})", of.name()),
    };
    let all = [title(of), named, of.name().to_owned()];
    if let Some(fits) = all.into_iter().find(|text| width(text) <= room) {
        return fits;
    }
    let mut text = of.name().to_owned();
    while text.pop().is_some() && width(&format!("{text}…")) > room {}
    text + "…"
}

/// A tick: `10n`, `1.5k`, `30`; the unit stands at the axis, but for an area, of which `10µ` would be another size.
pub fn tick<'a>(of: impl Into<Measure<'a>>, scaled: f64) -> String {
    let of = of.into();
    let text = of.show(of.unscaled(scaled), 3);
    let symbol = if of.unit().prefix_power() == 2 { "" } else { of.unit().symbol() };
    text.strip_suffix(symbol).unwrap_or(&text).replace(' ', "")
}

/// `0.1`, `0.02`, `1e-4` for a tick at its logarithm.
pub fn loss_tick(log: f64) -> String {
    let value = 10f64.powf(log);
    if value >= 0.001 {
        format!("{value:.2}").trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        format!("{value:.0e}")
    }
}

/// Marks at 1, 2, 5 of each decade; within less than a decade, at a few round values.
pub fn log_marks(input: GridInput) -> Vec<GridMark> {
    log_marks_in(input, 3.5)
}

/// As [`log_marks`], for an axis of many hundred points.
pub fn many_log_marks(input: GridInput) -> Vec<GridMark> {
    log_marks_in(input, 7.0)
}

/// Within less than a decade at most about `parts` intervals between marks.
fn log_marks_in(input: GridInput, parts: f64) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    if !(low.is_finite() && high.is_finite()) || high - low > 40.0 {
        return Vec::new();
    }
    if high - low > 0.9 {
        // `step_size` says how much room a mark's label has: more than there is in truth, so that small plots
        // have more than one label
        let digits = [(1.0_f64, 1.3), (2.0, 0.55), (5.0, 0.55)];
        let decades = (low.floor() as i32)..=(high.ceil() as i32);
        return decades
            .flat_map(|d| digits.map(|(digit, step_size)| (f64::from(d) + digit.log10(), step_size)))
            .filter(|(value, _)| (low..=high).contains(value))
            .map(|(value, step_size)| GridMark { value, step_size })
            .collect();
    }
    let (from, to) = (10f64.powf(low), 10f64.powf(high));
    let step = round_step((to - from) / parts);
    let first = (from / step).ceil() as i64;
    let last = (to / step).floor() as i64;
    let mark = |i: i64| GridMark { value: (i as f64 * step).log10(), step_size: 1.6 * (high - low) / parts };
    (first..=last.min(first + 50)).filter(|i| *i > 0).map(mark).collect()
}

/// Marks at whole numbers: of what is counted.
pub fn whole_marks(input: GridInput) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    let mut marks = round_marks(input, 4.5);
    if marks.iter().any(|mark| mark.value.fract() != 0.0) {
        // less than a few of them are in sight
        let whole = (low.ceil() as i64)..=(high.floor() as i64);
        marks = whole.take(50).map(|i| GridMark { value: i as f64, step_size: 2.0 }).collect();
    }
    marks
}

/// Marks at round values.
pub fn linear_marks(input: GridInput) -> Vec<GridMark> {
    round_marks(input, 4.5)
}

/// As [`linear_marks`], for an axis of some hundred points.
pub fn few_marks(input: GridInput) -> Vec<GridMark> {
    round_marks(input, 2.2)
}

/// At most about `parts` intervals between marks.
fn round_marks(input: GridInput, parts: f64) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    if !(low.is_finite() && high.is_finite() && low < high) {
        return Vec::new();
    }
    let step = round_step((high - low) / parts);
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    // a label is left out where `step_size` is small on screen; these few always have room
    let mark = |i: i64| GridMark { value: i as f64 * step, step_size: 2.0 * step };
    (first..=last.min(first + 50)).map(mark).collect()
}

/// 1, 2 or 5 times a power of ten, at least `step`.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let digit = [1.0, 2.0, 5.0, 10.0].into_iter().find(|d| d * power >= step * 0.999);
    digit.unwrap_or(10.0) * power
}

/// The x axis of a metric or a parameter.
pub fn scaled_x<'a>(plot: Plot<'a>, of: impl Into<Measure<'a>>) -> Plot<'a> {
    let of = of.into();
    let plot = plot.x_axis_label(title(of)).x_axis_formatter(move |mark, _| tick(of, mark.value));
    match of.scale() {
        Scale::Log => plot.x_grid_spacer(log_marks),
        Scale::Linear => plot.x_grid_spacer(linear_marks),
    }
}

/// The y axis of a metric or a parameter.
pub fn scaled_y<'a>(plot: Plot<'a>, of: impl Into<Measure<'a>>) -> Plot<'a> {
    let of = of.into();
    let plot = plot.y_axis_label(title(of)).y_axis_formatter(move |mark, _| tick(of, mark.value));
    match of.scale() {
        Scale::Log => plot.y_grid_spacer(log_marks),
        Scale::Linear => plot.y_grid_spacer(linear_marks),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_as_long_as_there_is_room() {
        let circuit = crate::circuit::Circuit::open("ota1").expect("bundled");
        let metric = circuit.metrics.iter().find(|m| m.title.len() > 15).expect("a long title");
        egui::__run_test_ui(|ui| {
            assert_eq!(short_title(ui, metric, 1000.0), title(metric));
            let named = short_title(ui, metric, 60.0);
            assert!(named.starts_with(&metric.name) && named.len() < title(metric).len(), "{named}");
            assert!(short_title(ui, metric, 12.0).ends_with('…'));
        });
    }

    #[test]
    fn marks_are_round_values() {
        let wide = log_marks(GridInput { bounds: (-9.2, -6.9), base_step_size: 0.01 });
        let values: Vec<f64> = wide.iter().map(|m| 10f64.powf(m.value)).collect();
        assert!(values.iter().any(|v| (v / 20e-9 - 1.0).abs() < 1e-9), "{values:?}");
        let narrow = log_marks(GridInput { bounds: (1.4, 1.6), base_step_size: 0.01 });
        let first = 10f64.powf(narrow[0].value);
        assert!((first - 30.0).abs() < 1e-9, "{first}");
        assert!(log_marks(GridInput { bounds: (f64::NAN, 1.0), base_step_size: 0.1 }).is_empty());
        for (bounds, expected) in [
            ((-0.1, 2.2), vec![0.0, 1.0, 2.0]),
            ((0.2, 0.8), vec![]),
            ((0.0, 40.0), vec![0.0, 10.0, 20.0, 30.0, 40.0]),
        ] {
            let marks = whole_marks(GridInput { bounds, base_step_size: 0.01 });
            assert_eq!(marks.iter().map(|m| m.value).collect::<Vec<_>>(), expected, "{bounds:?}");
        }
    }
}
