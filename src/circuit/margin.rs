//! How far inside or outside its bounds a design lies: each margin in words, and the worst one.

use super::{Bound, Circuit, Metric, Performance, Scale, Specification, format_quantity, margins_in_decades};

/// The bound that a performance comes nearest to missing, or misses by most, and its margin in decades, negative outside;
/// nothing without bounds.
pub fn worst_margin<'a>(
    circuit: &Circuit,
    targets: &'a Specification,
    performance: &Performance,
) -> Option<(&'a Bound, f64)> {
    let margins = margins_in_decades(circuit, targets, performance);
    targets.bounds.iter().zip(margins).min_by(|a, b| a.1.total_cmp(&b.1))
}

/// `12 % inside`, `0.8 dB outside`.
pub fn margin_in_words(metric: &Metric, bound: &Bound, value: f64) -> String {
    let side = if bound.sense.met(value, bound.value) { "inside" } else { "outside" };
    format!("{} {side}", amount(metric, bound, value))
}

/// `+12 %`, `−0.8 dB`: negative outside.
pub fn signed_margin(metric: &Metric, bound: &Bound, value: f64) -> String {
    let sign = if bound.sense.met(value, bound.value) { "+" } else { "\u{2212}" };
    format!("{sign}{}", amount(metric, bound, value))
}

/// A margin over several metrics, in decades, as the per cent by which every bound could move: `+26 %`.
pub fn margin_in_percent(decades: f64) -> String {
    let sign = if decades < 0.0 { "\u{2212}" } else { "+" };
    format!("{sign}{} %", percent(percent_of(decades.abs()) / 100.0))
}

/// By how many per cent something so many decades larger is larger; as much below nought for as many decades below.
pub fn percent_of(decades: f64) -> f64 {
    100.0 * (10f64.powf(decades.abs()) - 1.0).copysign(decades)
}

/// `12 %`, `0.8 dB`.
fn amount(metric: &Metric, bound: &Bound, value: f64) -> String {
    match metric.scale {
        Scale::Log => format!("{} %", percent((value / bound.value - 1.0).abs())),
        Scale::Linear => format_quantity((value - bound.value).abs(), metric.unit, 2),
    }
}

/// Two digits, and no more than the eye wants.
fn percent(part: f64) -> f64 {
    let percent = 100.0 * part;
    if percent < 10.0 { (percent * 10.0).round() / 10.0 } else { percent.round() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_are_worded_in_parts_or_in_the_unit() {
        let circuit = Circuit::open("ota1").expect("bundled");
        let targets = Specification::parse(&circuit, &["power<=27nW", "gain>=30dB"]).expect("sound");
        let [power, gain] = [0, 1].map(|i| (&circuit.metrics[targets.bounds[i].metric], &targets.bounds[i]));
        assert_eq!(margin_in_words(power.0, power.1, 21.6e-9), "20 % inside");
        assert_eq!(margin_in_words(power.0, power.1, 27.81e-9), "3 % outside");
        assert_eq!(margin_in_words(gain.0, gain.1, 29.2), "0.8 dB outside");
        assert_eq!(margin_in_words(gain.0, gain.1, 33.0), "3 dB inside");
        assert_eq!(signed_margin(power.0, power.1, 21.6e-9), "+20 %");
        assert_eq!(signed_margin(gain.0, gain.1, 29.2), "\u{2212}0.8 dB");
    }

    #[test]
    fn a_margin_over_several_metrics_is_a_factor_in_per_cent() {
        assert_eq!(margin_in_percent(0.1), "+26 %");
        assert_eq!(margin_in_percent(-0.01), "\u{2212}2.3 %");
        assert!((percent_of(-1.0) + 900.0).abs() < 1e-9 && percent_of(0.0) == 0.0);
    }
}
