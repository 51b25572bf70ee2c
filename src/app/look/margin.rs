//! How far inside the targets a design lies: each margin in words, and the worst of a design.

use super::mark::shown;
use crate::circuit::{Bound, Circuit, Metric, Scale, Specification, format_quantity, margins_in_decades};
use crate::engine::Candidate;

/// The worst margin of a design.
pub struct Worst<'a> {
    /// In decades, negative where a target is missed: what designs are compared by.
    pub decades: f64,
    /// The bound that it is of.
    pub bound: &'a Bound,
    /// The metric's value.
    pub value: f64,
}

impl<'a> Worst<'a> {
    /// Of a design as it was measured, else as predicted; nothing without targets or where nobody has judged it.
    pub fn of(circuit: &Circuit, targets: &'a Specification, candidate: &Candidate) -> Option<Worst<'a>> {
        let performance = shown(candidate)?;
        let margins = margins_in_decades(circuit, targets, performance);
        let all = targets.bounds.iter().zip(margins);
        let (bound, decades) = all.min_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(Worst { decades, bound, value: performance.0[bound.metric] })
    }

    /// `+3.1 % bw`, `−0.8 dB gain`.
    pub fn words(&self, circuit: &Circuit) -> String {
        let metric = &circuit.metrics[self.bound.metric];
        let sign = if self.bound.sense.met(self.value, self.bound.value) { "+" } else { "\u{2212}" };
        format!("{sign}{} {}", amount(metric, self.bound, self.value), metric.name)
    }
}

/// `12 % inside`, `0.8 dB outside`.
pub fn margin_in_words(metric: &Metric, bound: &Bound, value: f64) -> String {
    let side = if bound.sense.met(value, bound.value) { "inside" } else { "outside" };
    format!("{} {side}", amount(metric, bound, value))
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
    use crate::circuit::Circuit;

    #[test]
    fn margins_are_worded_in_parts_or_in_the_unit() {
        let circuit = Circuit::open("ota1").expect("bundled");
        let targets = Specification::parse(&circuit, &["power<=27nW", "gain>=30dB"]).expect("sound");
        let [power, gain] = [0, 1].map(|i| (&circuit.metrics[targets.bounds[i].metric], &targets.bounds[i]));
        assert_eq!(margin_in_words(power.0, power.1, 21.6e-9), "20 % inside");
        assert_eq!(margin_in_words(power.0, power.1, 27.81e-9), "3 % outside");
        assert_eq!(margin_in_words(gain.0, gain.1, 29.2), "0.8 dB outside");
        assert_eq!(margin_in_words(gain.0, gain.1, 33.0), "3 dB inside");
    }

    #[test]
    fn the_worst_margin_names_its_metric() {
        let circuit = Circuit::open("ota1").expect("bundled");
        let targets = Specification::parse(&circuit, &["power<=27nW", "gain>=30dB"]).expect("sound");
        let design = |power: f64, gain: f64| Candidate {
            simulated: Some(Ok(crate::engine::Simulated::for_tests(crate::circuit::Performance(vec![
                power, 5e-6, gain, 1e3,
            ])))),
            ..Candidate::new(crate::circuit::Sizing(Vec::new()))
        };
        let words =
            |power, gain| Worst::of(&circuit, &targets, &design(power, gain)).map(|w| w.words(&circuit));
        assert_eq!(words(26e-9, 33.0).as_deref(), Some("+3.7 % power"));
        assert_eq!(words(10e-9, 29.2).as_deref(), Some("\u{2212}0.8 dB gain"));
        let none = Specification::default();
        assert!(Worst::of(&circuit, &none, &design(1e-9, 40.0)).is_none());
    }
}
