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

/// Why a design stands where it does among the others: `Best of 100: margin +21 % irn`, `2nd of 100: …`, by the worst margin.
/// Nothing without targets or where nobody has judged it.
pub fn standing(
    circuit: &Circuit,
    targets: &Specification,
    all: &[Candidate],
    design: usize,
) -> Option<String> {
    let own = Worst::of(circuit, targets, all.get(design)?)?;
    let decades = all.iter().filter_map(|other| Some(Worst::of(circuit, targets, other)?.decades));
    let (mut before, mut judged) = (0, 0);
    for other in decades {
        judged += 1;
        before += usize::from(other > own.decades);
    }
    let words = own.words(circuit);
    Some(match before {
        0 => format!("Best of {judged}: margin {words}"),
        _ => format!("{} of {judged}: margin {words}", ordinal(before + 1)),
    })
}

/// The design with the most margin: of the simulated ones where there are any.
pub fn best(circuit: &Circuit, targets: &Specification, all: &[Candidate]) -> Option<usize> {
    let any = all.iter().any(|c| c.measured().is_some());
    let judged = all.iter().enumerate().filter(|(_, c)| !any || c.measured().is_some());
    let margins = judged.filter_map(|(i, c)| Some((Worst::of(circuit, targets, c)?.decades, i)));
    // of equal ones the first
    margins.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))).map(|(_, i)| i)
}

/// `1st`, `2nd`, `13th`.
fn ordinal(n: usize) -> String {
    let ending = match (n % 100, n % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
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

    #[test]
    fn a_design_stands_by_its_worst_margin() {
        let circuit = Circuit::open("ota1").expect("bundled");
        let targets = Specification::parse(&circuit, &["power<=27nW"]).expect("sound");
        let design = |power: f64, measured: bool| {
            let performance = crate::circuit::Performance(vec![power, 5e-6, 30.0, 1e3]);
            let own = Candidate::new(crate::circuit::Sizing(Vec::new()));
            match measured {
                true => {
                    Candidate { simulated: Some(Ok(crate::engine::Simulated::for_tests(performance))), ..own }
                }
                false => own,
            }
        };
        let all = [design(26e-9, true), design(1e-9, false), design(20e-9, true), design(30e-9, true)];
        assert_eq!(best(&circuit, &targets, &all), Some(2));
        let words = |i| standing(&circuit, &targets, &all, i);
        assert_eq!(words(2).as_deref(), Some("Best of 3: margin +26 % power"));
        assert_eq!(words(3).as_deref(), Some("3rd of 3: margin \u{2212}11 % power"));
        assert_eq!((words(1), words(9)), (None, None));
        assert_eq!([1, 2, 3, 4, 11, 12, 21].map(ordinal).join(" "), "1st 2nd 3rd 4th 11th 12th 21st");
    }
}
