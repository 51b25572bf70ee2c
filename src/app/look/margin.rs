//! How far inside the targets a design lies, by its worst margin.

use super::mark::shown;
use crate::circuit::{Bound, Circuit, Specification, signed_margin, worst_margin};
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
        let (bound, decades) = worst_margin(circuit, targets, performance)?;
        Some(Worst { decades, bound, value: performance.0[bound.metric] })
    }

    /// `+3.1 % bw`, `−0.8 dB gain`.
    pub fn words(&self, circuit: &Circuit) -> String {
        let metric = &circuit.metrics[self.bound.metric];
        format!("{} {}", signed_margin(metric, self.bound, self.value), metric.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::Circuit;

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
