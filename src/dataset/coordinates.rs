//! The coordinates in which a sizing is learnt, and the way back.
//!
//! A transistor's behaviour follows its aspect ratio and its gate area rather than W, L and NF apart. For
//! each device group the coordinates are `ln(W·NF/L)`, `ln(W·NF·L)` and `ln NF` (of a group that shares or
//! lacks some of these see [`crate::circuit::Part`]), for a parameter
//! outside any group its value (or its logarithm), all standardised over the training rows. The paper's
//! own scaling, [−1, 1] over each parameter's range, is [`CoordinateKind::Plain`].

use crate::circuit::{Circuit, Parameter, Region, Scale, Sizing};
use serde::{Deserialize, Serialize};

/// Which coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CoordinateKind {
    /// Each parameter over its range, by its scale, in −1 … 1.
    Plain,
    /// Aspect ratio, gate area and fingers of each device group, standardised.
    RatioArea,
}

/// Coordinates fitted to a circuit's training rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coordinates {
    pub(super) kind: CoordinateKind,
    pub(super) mean: Vec<f64>,
    pub(super) deviation: Vec<f64>,
}

impl Coordinates {
    /// Fits mean and deviation of each coordinate over `rows`, which must not be empty.
    pub fn fit<'a>(
        circuit: &Circuit,
        kind: CoordinateKind,
        rows: impl IntoIterator<Item = &'a Sizing>,
    ) -> Coordinates {
        let count = circuit.parameters.len();
        if kind == CoordinateKind::Plain {
            return Coordinates { kind, mean: vec![0.5; count], deviation: vec![0.5; count] };
        }
        let raw: Vec<Vec<f64>> = rows.into_iter().map(|row| raw(circuit, kind, row)).collect();
        assert!(!raw.is_empty(), "coordinates are fitted to at least one row");
        let (mean, deviation) = moments(&raw);
        Coordinates { kind, mean, deviation }
    }

    /// Which coordinates these are.
    pub fn kind(&self) -> CoordinateKind {
        self.kind
    }

    /// The number of coordinates: the circuit's number of parameters.
    pub fn len(&self) -> usize {
        self.mean.len()
    }

    /// Whether there is no coordinate.
    pub fn is_empty(&self) -> bool {
        self.mean.is_empty()
    }

    /// A sizing's coordinates, of order 1.
    pub fn encode(&self, circuit: &Circuit, sizing: &Sizing) -> Vec<f32> {
        let raw = raw(circuit, self.kind, sizing);
        raw.iter().zip(&self.mean).zip(&self.deviation).map(|((r, m), d)| ((r - m) / d) as f32).collect()
    }

    /// The legal sizing nearest to the coordinates: mapped back exactly, clipped to the ranges and
    /// snapped to the grid. A coordinate that is not finite counts as 0.
    pub fn decode(&self, circuit: &Circuit, coordinates: &[f32]) -> Sizing {
        self.decode_within(circuit, circuit, coordinates)
    }

    /// As [`Self::decode`], clipped to the ranges of `within`: `circuit` with narrower ones.
    pub fn decode_within(&self, circuit: &Circuit, within: &Circuit, coordinates: &[f32]) -> Sizing {
        let mut raw: Vec<f64> = coordinates
            .iter()
            .zip(&self.mean)
            .zip(&self.deviation)
            .map(|((c, m), d)| if c.is_finite() { f64::from(*c) * d + m } else { *m })
            .collect();
        if self.kind == CoordinateKind::Plain {
            for (value, parameter) in raw.iter_mut().zip(&circuit.parameters) {
                *value = parameter.from_unit_interval(value.clamp(0.0, 1.0));
            }
            return Sizing(raw).snapped(within);
        }
        for i in circuit.ungrouped() {
            let parameter = &circuit.parameters[i];
            if parameter.scale == Scale::Log {
                // far outside, its exponential would be no number
                raw[i] = raw[i].clamp(parameter.low.ln(), parameter.high.ln()).exp();
            }
        }
        // what is given to a group belongs to one before it
        for part in circuit.parts() {
            part.from_logs(&within.parameters, &mut raw);
        }
        Sizing(raw).snapped(within)
    }

    /// By how much each coordinate changes where its parameter moves by a step of its grid from where it is in a sizing;
    /// infinite where `within`, the circuit or one with narrower ranges, leaves it no other value.
    pub fn grid_steps(&self, circuit: &Circuit, within: &Circuit, sizing: &Sizing) -> Vec<f64> {
        let mut logarithmic: Vec<bool> = circuit.parameters.iter().map(|p| p.scale == Scale::Log).collect();
        if self.kind == CoordinateKind::RatioArea {
            circuit.parts().iter().flat_map(|part| part.own.places()).for_each(|i| logarithmic[i] = true);
        }
        let parameters = circuit.parameters.iter().zip(&within.parameters).zip(&sizing.0);
        type Place<'a> = ((&'a Parameter, &'a Parameter), &'a f64);
        let one = |(i, ((parameter, within), &value)): (usize, Place<'_>)| {
            if within.low >= within.high {
                return f64::INFINITY;
            }
            let others =
                parameter.values.iter().map(|other| (other - value).abs()).filter(|step| *step > 0.0);
            let step = others.reduce(f64::min).unwrap_or(parameter.grid);
            let range = || (parameter.high - parameter.low, (parameter.high / parameter.low).ln());
            let raw = match (self.kind, logarithmic[i]) {
                (CoordinateKind::Plain, false) => step / range().0,
                (CoordinateKind::Plain, true) => step / value / range().1,
                (CoordinateKind::RatioArea, false) => step,
                (CoordinateKind::RatioArea, true) => step / value,
            };
            raw / self.deviation[i]
        };
        parameters.enumerate().map(one).collect()
    }

    /// The coordinates in which a region is told from the whole: those of its parameters and of all device
    /// groups that name them.
    pub fn held_by(&self, circuit: &Circuit, region: &Region) -> Vec<usize> {
        let named: Vec<usize> = region.parameters().filter(|p| *p < circuit.parameters.len()).collect();
        let mut held = named.clone();
        if self.kind == CoordinateKind::RatioArea {
            for part in circuit.parts() {
                if part.all.places().any(|i| named.contains(&i)) {
                    held.extend(part.own.places());
                }
            }
        }
        held.sort_unstable();
        held.dedup();
        held
    }

    /// Moves coordinates into a region: those of `held` become those of the nearest sizing in `within`, the
    /// circuit narrowed to it; the others stay.
    pub fn hold(&self, circuit: &Circuit, within: &Circuit, held: &[usize], coordinates: &mut [f32]) {
        let inside = self.encode(circuit, &self.decode_within(circuit, within, coordinates));
        for &i in held {
            coordinates[i] = inside[i];
        }
    }
}

fn raw(circuit: &Circuit, kind: CoordinateKind, sizing: &Sizing) -> Vec<f64> {
    let parameters = circuit.parameters.iter().zip(&sizing.0);
    if kind == CoordinateKind::Plain {
        return parameters.map(|(p, v)| p.to_unit_interval(*v)).collect();
    }
    let linear = |(p, v): (&Parameter, &f64)| if p.scale == Scale::Log { v.ln() } else { *v };
    let mut raw: Vec<f64> = parameters.map(linear).collect();
    for part in circuit.parts() {
        part.to_logs(&sizing.0, &mut raw);
    }
    raw
}

/// The smallest and the largest raw coordinates of legal sizings, before they are standardised.
pub(super) fn extent(circuit: &Circuit, kind: CoordinateKind) -> Vec<(f64, f64)> {
    let ends = |of: fn(&Parameter) -> f64| Sizing(circuit.parameters.iter().map(of).collect());
    let (low, high) = (ends(|p| p.low), ends(|p| p.high));
    let (least, most) = (raw(circuit, kind, &low), raw(circuit, kind, &high));
    let mut extent: Vec<(f64, f64)> = least.into_iter().zip(most).collect();
    if kind == CoordinateKind::RatioArea {
        for part in circuit.parts() {
            // a ratio is least where the length is most
            let (Some(place), Some(length)) = (part.ratio(), part.all.length) else { continue };
            let ratio = |wide: &Sizing, long: &Sizing| part.all.total(&wide.0) / long.0[length];
            extent[place] = (ratio(&low, &high).ln(), ratio(&high, &low).ln());
        }
    }
    extent
}

/// What rounding leaves of the spread of equal numbers, in parts of their size.
const NO_SPREAD: f64 = 1e-12;

/// Mean and standard deviation of each column; a column without spread has deviation 1.
pub(super) fn moments(rows: &[Vec<f64>]) -> (Vec<f64>, Vec<f64>) {
    let (count, columns) = (rows.len() as f64, rows[0].len());
    let mean: Vec<f64> = (0..columns).map(|c| rows.iter().map(|r| r[c]).sum::<f64>() / count).collect();
    let deviation = |c: usize| {
        let variance = rows.iter().map(|r| (r[c] - mean[c]).powi(2)).sum::<f64>() / count;
        let deviation = variance.sqrt();
        if deviation > NO_SPREAD * mean[c].abs() { deviation } else { 1.0 }
    };
    let deviation = (0..columns).map(deviation).collect();
    (mean, deviation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::{DeviceGroup, Member};
    use rand::{RngExt, SeedableRng};

    /// OTA1 with groups that have all their own, that share and that lack, each under what it is.
    fn shapes() -> Vec<(&'static str, Circuit)> {
        let ota1 = || Circuit::open("ota1").expect("OTA1 is bundled");
        let place = |name: &str| Member::Parameter(ota1().parameter_index(name).expect(name));
        let shape = |name, change: &dyn Fn(&mut Vec<DeviceGroup>)| {
            let mut circuit = ota1();
            change(&mut circuit.groups);
            (name, circuit)
        };
        vec![
            shape("its own", &|_| ()),
            shape("constant fingers", &|g| g[1].fingers = Member::None),
            shape("one length for three", &|g| (1..3).for_each(|i| g[i].length = place("L1"))),
            shape("one width for two", &|g| g[2].width = place("W2")),
            shape("width and length of another", &|g| {
                (g[1].width, g[1].length) = (place("W1"), place("L1"));
            }),
            shape("nothing of its own", &|g| {
                let first = g[0].clone();
                g.push(first);
            }),
            shape("no width", &|g| g[0].width = Member::None),
            shape("no length", &|g| g[3].length = Member::None),
            shape("a width alone", &|g| (g[1].length, g[1].fingers) = (Member::None, Member::None)),
            shape("fingers alone", &|g| (g[1].width, g[1].length) = (Member::None, Member::None)),
            shape("shared fingers", &|g| g[2].fingers = place("NF1")),
            shape("fingers and a multiplier", &|g| g[0].multiplier = std::mem::take(&mut g[3].fingers)),
            shape("a multiplier", &|g| g[0].multiplier = std::mem::take(&mut g[0].fingers)),
            shape("a shared multiplier", &|g| {
                (g[0].multiplier, g[1].multiplier) = (place("NF4"), place("NF4"))
            }),
            shape("a tied length", &|g| g[2].length = Member::Other("l3".into())),
            shape("a tied width, a shared length", &|g| {
                (g[2].width, g[2].length) = (Member::Other("w3".into()), place("L1"));
            }),
            shape("shared in another role", &|g| g[1].length = place("W1")),
        ]
    }

    #[test]
    fn every_legal_sizing_maps_back_to_itself() {
        for (name, circuit) in shapes() {
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
            let mut random = || {
                let one = |p: &Parameter| p.snap(p.from_unit_interval(rng.random()));
                Sizing(circuit.parameters.iter().map(one).collect())
            };
            let mut rows: Vec<Sizing> = (0..300).map(|_| random()).collect();
            // the corners too
            rows.extend([0.0, 1.0].map(|at| {
                Sizing(circuit.parameters.iter().map(|p| p.snap(p.from_unit_interval(at))).collect())
            }));
            for kind in [CoordinateKind::Plain, CoordinateKind::RatioArea] {
                let coordinates = Coordinates::fit(&circuit, kind, &rows);
                assert_eq!(coordinates.check(&circuit), Ok(()), "{name} {kind:?}");
                for row in &rows {
                    let raw = raw(&circuit, kind, row);
                    for (at, (least, most)) in raw.iter().zip(extent(&circuit, kind)) {
                        assert!((least - 1e-9..=most + 1e-9).contains(at), "{name} {kind:?}");
                    }
                    let back = coordinates.decode(&circuit, &coordinates.encode(&circuit, row));
                    assert_eq!(&back, row, "{name} {kind:?}");
                }
            }
        }
    }

    #[test]
    fn each_coordinate_is_what_its_group_owns() {
        let of = |name: &str, parameter: &str| {
            let (_, circuit) = shapes().into_iter().find(|(shape, _)| *shape == name).expect(name);
            let mut sizing = Sizing(circuit.parameters.iter().map(|p| p.low).collect());
            for (name, value) in [
                ("W1", 4e-6),
                ("L1", 1e-6),
                ("NF1", 2.0),
                ("W2", 6e-6),
                ("L2", 3e-6),
                ("NF2", 4.0),
                ("NF4", 3.0),
            ] {
                sizing.0[circuit.parameter_index(name).expect(name)] = value;
            }
            raw(&circuit, CoordinateKind::RatioArea, &sizing)
                [circuit.parameter_index(parameter).expect(parameter)]
            .exp()
        };
        for (name, parameter, expected) in [
            ("its own", "W1", 8.0),
            ("its own", "L1", 8e-12),
            ("its own", "NF1", 2.0),
            ("constant fingers", "W2", 2.0),
            ("one length for three", "L1", 8e-12),
            ("one length for three", "W2", 24.0),
            ("one length for three", "NF2", 4.0),
            ("width and length of another", "NF2", 4.0),
            ("no width", "L1", 1e-6),
            ("a width alone", "W2", 6e-6),
            ("fingers alone", "NF2", 4.0),
            ("fingers and a multiplier", "W1", 24.0),
            ("fingers and a multiplier", "NF4", 3.0),
            ("a multiplier", "L1", 8e-12),
            ("shared in another role", "W2", 6.0),
        ] {
            let found = of(name, parameter);
            assert!((found / expected - 1.0).abs() < 1e-9, "{name}: {parameter} is {found}, not {expected}");
        }
    }

    #[test]
    fn a_step_of_the_grid_is_what_encoding_says_of_it() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(11);
        let mut random = |p: &Parameter| p.snap(p.from_unit_interval(0.2 + 0.6 * rng.random::<f64>()));
        let rows: Vec<Sizing> =
            (0..100).map(|_| Sizing(circuit.parameters.iter().map(&mut random).collect())).collect();
        for kind in [CoordinateKind::Plain, CoordinateKind::RatioArea] {
            let coordinates = Coordinates::fit(&circuit, kind, &rows);
            let steps = coordinates.grid_steps(&circuit, &circuit, &rows[0]);
            let before = coordinates.encode(&circuit, &rows[0]);
            for (i, parameter) in circuit.parameters.iter().enumerate() {
                let mut moved = rows[0].clone();
                moved.0[i] += parameter.grid;
                let by = f64::from(coordinates.encode(&circuit, &moved)[i] - before[i]).abs();
                // a logarithm's step is a little less than the derivative says
                assert!(
                    (0.7..1.01).contains(&(by / steps[i])),
                    "{kind:?} {}: {by} {}",
                    parameter.name,
                    steps[i]
                );
            }
        }
        let region = Region::parse(&circuit, &["VDD=0.5"], &[]).expect("sound");
        let coordinates = Coordinates::fit(&circuit, CoordinateKind::RatioArea, &rows);
        let steps = coordinates.grid_steps(&circuit, &region.applied(&circuit), &rows[0]);
        let fixed: Vec<bool> = steps.iter().map(|step| step.is_infinite()).collect();
        let expected: Vec<bool> = circuit.parameters.iter().map(|p| p.name == "VDD").collect();
        assert_eq!(fixed, expected);
    }

    #[test]
    fn a_held_length_holds_all_that_go_by_it() {
        let (_, circuit) = shapes().swap_remove(2);
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        let mut random = |p: &Parameter| p.snap(p.from_unit_interval(rng.random()));
        let rows: Vec<Sizing> =
            (0..100).map(|_| Sizing(circuit.parameters.iter().map(&mut random).collect())).collect();
        let coordinates = Coordinates::fit(&circuit, CoordinateKind::RatioArea, &rows);
        let held = |text: &[&str]| {
            let region = Region::parse(&circuit, text, &[]).expect("sound");
            (coordinates.held_by(&circuit, &region), region)
        };
        // L2 and L3 are in no group any more
        let (of_length, region) = held(&["L1=1u"]);
        assert_eq!(of_length, [2, 3, 4, 5, 7, 8, 10]);
        assert_eq!(held(&["W1=2u"]).0, [2, 3, 4], "the others' length stays as it is");
        assert_eq!(held(&["W2=2u"]).0, [5, 7]);
        assert_eq!(held(&["L2=1u"]).0, [6]);
        let within = region.applied(&circuit);
        for row in &rows {
            let mut inside = coordinates.encode(&circuit, row);
            coordinates.hold(&circuit, &within, &of_length, &mut inside);
            let sizing = coordinates.decode(&circuit, &inside);
            assert!(region.contains(&circuit, &sizing) && sizing.check(&circuit).is_ok());
            let mut again = inside.clone();
            coordinates.hold(&circuit, &within, &of_length, &mut again);
            assert!(inside.iter().zip(&again).all(|(a, b)| (a - b).abs() < 1e-4));
        }
    }

    #[test]
    fn held_coordinates_lie_in_the_region_and_the_others_stay() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let region = Region::parse(&circuit, &["W1=2u", "VB=0.3"], &["L3=1u..2u"]).expect("sound");
        let within = region.applied(&circuit);
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
        let mut random = |p: &Parameter| p.snap(p.from_unit_interval(rng.random()));
        let rows: Vec<Sizing> =
            (0..200).map(|_| Sizing(circuit.parameters.iter().map(&mut random).collect())).collect();
        for kind in [CoordinateKind::Plain, CoordinateKind::RatioArea] {
            let coordinates = Coordinates::fit(&circuit, kind, &rows);
            let held = coordinates.held_by(&circuit, &region);
            match kind {
                CoordinateKind::Plain => assert_eq!(held, [1, 2, 9]),
                CoordinateKind::RatioArea => assert_eq!(held, [1, 2, 3, 4, 8, 9, 10]),
            }
            for row in &rows {
                let free = coordinates.encode(&circuit, row);
                let mut inside = free.clone();
                coordinates.hold(&circuit, &within, &held, &mut inside);
                assert!((0..14).all(|i| held.contains(&i) || inside[i] == free[i]), "{kind:?}");
                let sizing = coordinates.decode_within(&circuit, &within, &inside);
                assert!(region.contains(&circuit, &sizing) && sizing.check(&circuit).is_ok(), "{kind:?}");
                // once inside, it stays where it is
                let mut again = inside.clone();
                coordinates.hold(&circuit, &within, &held, &mut again);
                assert!(inside.iter().zip(&again).all(|(a, b)| (a - b).abs() < 1e-4), "{kind:?}");
                // what of a group is free makes good what is not, as far as its range allows
                let (total, wanted) = (sizing.0[2] * sizing.0[4], row.0[2] * row.0[4]);
                if kind == CoordinateKind::RatioArea && (4e-6..40e-6).contains(&wanted) {
                    assert!((total / wanted).ln().abs() < 0.3, "{total} for {wanted}");
                }
            }
        }
    }

    #[test]
    fn equal_values_have_no_spread_whatever_rounding_leaves() {
        // the mean of nine times 0.1 is not 0.1
        let rows = vec![vec![0.1, -0.1, 0.0, 1e-9]; 9];
        assert_eq!(moments(&rows).1, [1.0; 4]);
        let spread = [vec![1.0], vec![1.0 + 1e-9]];
        assert!(moments(&spread).1[0] < 1e-9);
    }

    #[test]
    fn anything_decodes_to_a_legal_sizing() {
        let kinds = [CoordinateKind::Plain, CoordinateKind::RatioArea];
        for ((name, circuit), kind) in shapes().iter().flat_map(|s| kinds.map(|kind| (s, kind))) {
            let at = |p: &Parameter| p.snap(p.from_unit_interval(0.5));
            let middle = Sizing(circuit.parameters.iter().map(at).collect());
            let coordinates = Coordinates::fit(circuit, kind, [&middle]);
            for value in [0.0, 1e9, -1e9, f32::MAX, f32::MIN, f32::NAN, f32::INFINITY, 3.3] {
                let sizing = coordinates.decode(circuit, &[value; 14]);
                assert_eq!(sizing.check(circuit), Ok(()), "{name} {kind:?} {value}");
                // a supply on a logarithmic scale
                let mut other = circuit.clone();
                other.parameters[0].scale = Scale::Log;
                let sizing = Coordinates::fit(&other, kind, [&middle]).decode(&other, &[value; 14]);
                assert_eq!(sizing.check(&other), Ok(()), "{name} {kind:?} {value}");
            }
        }
    }
}
