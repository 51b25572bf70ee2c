//! Children of sizings: recombined by device group and moved in the coordinates that a transistor's
//! behaviour follows, log(W·NF/L), log(W·NF·L) and log NF; other parameters move in their range.

use crate::circuit::{Circuit, Sizing};
use rand::{Rng, RngExt};

/// A standard normal number (Box and Muller 1958).
pub(crate) fn normal(rng: &mut impl Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

/// A legal sizing that takes each device group and each other parameter from one of the parents and
/// moves it by `step`: natural logarithms for a group, fifths of the range for other parameters.
pub(super) fn child(circuit: &Circuit, parents: [&Sizing; 2], step: f64, rng: &mut impl Rng) -> Sizing {
    let mut values = parents[0].0.clone();
    for group in &circuit.groups {
        let from = group.geometry(&parents[usize::from(rng.random::<bool>())].0);
        let (width, length) = (from.total_width.ln(), from.length.ln());
        let ratio = width - length + step * normal(rng);
        let area = width + length + step * normal(rng);
        let fingers = from.fingers.ln() + step * normal(rng);
        group.cut(&circuit.parameters, (0.5 * (area + ratio)).exp(), fingers.exp(), &mut values);
        values[group.length] = (0.5 * (area - ratio)).exp();
    }
    for i in circuit.ungrouped() {
        let parameter = &circuit.parameters[i];
        let from = parents[usize::from(rng.random::<bool>())].0[i];
        values[i] = parameter.from_unit_interval(parameter.to_unit_interval(from) + 0.2 * step * normal(rng));
    }
    Sizing(values).snapped(circuit)
}

/// The sizing where distances mean something: a group's log ratio and log area and every other
/// parameter, each spread over about one unit. The finger count alone hardly matters and is left out.
pub(super) fn coordinates(circuit: &Circuit, sizing: &Sizing) -> Vec<f64> {
    let mut at = Vec::with_capacity(circuit.parameters.len());
    let log_range = |i: usize| (circuit.parameters[i].high / circuit.parameters[i].low).ln();
    for group in &circuit.groups {
        let spread: f64 = group.members().map(log_range).sum();
        let of = group.geometry(&sizing.0);
        let (width, length) = (of.total_width.ln(), of.length.ln());
        at.extend([(width - length) / spread, (width + length) / spread]);
    }
    at.extend(circuit.ungrouped().map(|i| circuit.parameters[i].to_unit_interval(sizing.0[i])));
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn children_are_legal_and_differ_by_about_the_step() {
        let c = Circuit::open("ota1").expect("OTA1 is bundled");
        let at = |u: f64| Sizing(c.parameters.iter().map(|p| p.from_unit_interval(u)).collect()).snapped(&c);
        let (a, b) = (at(0.3), at(0.6));
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..500 {
            let far = child(&c, [&a, &b], 1.0, &mut rng);
            assert_eq!(far.check(&c), Ok(()));
            let near = child(&c, [&a, &a], 0.02, &mut rng);
            for (p, (&x, &y)) in c.parameters.iter().zip(near.0.iter().zip(&a.0)) {
                assert!((x - y).abs() <= 0.25 * y.max(4.0 * p.grid), "{} {x} {y}", p.name);
            }
        }
    }
}
