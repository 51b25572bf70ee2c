//! Children of sizings: recombined by device group and moved in the coordinates that a transistor's
//! behaviour follows, log(W·NF/L), log(W·NF·L) and log NF; other parameters move in their range.

use crate::circuit::{Circuit, Part, Sizing};
use rand::{Rng, RngExt};

/// A standard normal number (Box and Muller 1958).
pub(crate) fn normal(rng: &mut impl Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

/// What [`Part::to_logs`] writes; ratio and area are each worked out of two logarithms.
fn to_logs(part: &Part, values: &[f64], logs: &mut [f64]) {
    part.to_logs(values, logs);
    if let (Some(w), Some(l)) = (part.own.width, part.own.length) {
        let (width, length) = (part.all.total(values).ln(), values[l].ln());
        (logs[w], logs[l]) = (width - length, width + length);
    }
}

/// A legal sizing that takes each device group and each other parameter from one of the parents and
/// moves it by `step`: natural logarithms for a group, fifths of the range for other parameters.
pub(super) fn child(circuit: &Circuit, parents: [&Sizing; 2], step: f64, rng: &mut impl Rng) -> Sizing {
    let mut values = parents[0].0.clone();
    for part in circuit.parts() {
        let from = &parents[usize::from(rng.random::<bool>())].0;
        let mut logs = values.clone();
        to_logs(&part, from, &mut logs);
        for place in part.own.places() {
            values[place] = logs[place] + step * normal(rng);
        }
        if part.own.width.is_some() && part.own.length.is_some() && part.own.fingers.is_none() {
            // a constant takes as many random numbers
            normal(rng);
        }
        part.from_logs(&circuit.parameters, &mut values);
    }
    for i in circuit.ungrouped() {
        let parameter = &circuit.parameters[i];
        let from = parents[usize::from(rng.random::<bool>())].0[i];
        values[i] = parameter.from_unit_interval(parameter.to_unit_interval(from) + 0.2 * step * normal(rng));
    }
    Sizing(values).snapped(circuit)
}

/// The sizing where distances mean something: a group's log ratio and log area and every other
/// parameter, each spread over about one unit. The finger count alone hardly matters and is left out, but where
/// there is no width of the group's own beside it or another group goes by one of the two.
pub(super) fn coordinates(circuit: &Circuit, sizing: &Sizing) -> Vec<f64> {
    let mut at = Vec::with_capacity(circuit.parameters.len());
    let log_range = |i: usize| (circuit.parameters[i].high / circuit.parameters[i].low).ln();
    let mut logs = sizing.0.clone();
    for part in circuit.parts() {
        let of_group: f64 = part.all.places().map(log_range).sum();
        to_logs(&part, &sizing.0, &mut logs);
        let spread = |place: usize, spread: f64| logs[place] / if spread > 0.0 { spread } else { 1.0 };
        let of_size = |i: usize| if part.ratio().is_some() { of_group } else { log_range(i) };
        at.extend(part.own.width.into_iter().chain(part.own.length).map(|i| spread(i, of_size(i))));
        at.extend(part.counts_apart().map(|i| spread(i, log_range(i))));
    }
    at.extend(circuit.ungrouped().map(|i| circuit.parameters[i].to_unit_interval(sizing.0[i])));
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::{Member, Region};
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

    #[test]
    fn groups_that_share_and_lack_have_legal_children_and_finite_coordinates() {
        let mut c = Circuit::open("ota1").expect("OTA1 is bundled");
        c.groups[0].multiplier = std::mem::take(&mut c.groups[3].fingers);
        c.groups[1].length = c.groups[0].length.clone();
        c.groups[2].width = Member::Other("w3".into());
        c.groups[3].width = c.groups[1].width.clone();
        let region = Region::parse(&c, &["L1=1u", "W1=2u", "L3=2u", "NF3=4"], &[]).expect("sound");
        let within = region.applied(&c);
        let at = |c: &Circuit, u| {
            Sizing(c.parameters.iter().map(|p| p.from_unit_interval(u)).collect()).snapped(c)
        };
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for c in [&c, &within] {
            for _ in 0..300 {
                let far = child(c, [&at(c, 0.2), &at(c, 0.9)], 1.0, &mut rng);
                assert_eq!(far.check(c), Ok(()));
                let same = child(c, [&far, &far], 0.0, &mut rng);
                assert_eq!(same, far);
            }
        }
        let differ = |a: f64, b: f64| {
            let (a, b) = (coordinates(&c, &at(&c, a)), coordinates(&c, &at(&c, b)));
            assert!(a.iter().chain(&b).all(|v| v.is_finite()));
            a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
        };
        assert!((0.3..=1.0 + 1e-9).contains(&differ(0.0, 1.0)));
        // of what is fixed nothing remains but its number
        let of_groups = 2 + 2 + 2 + 1;
        let fixed = coordinates(&within, &at(&within, 0.5));
        assert!(fixed[..of_groups].iter().all(|v| v.is_finite()), "{fixed:?}");
    }
}
