//! The coordinates in which a sizing is learnt, and the way back.
//!
//! A transistor's behaviour follows its aspect ratio and its gate area rather than W, L and NF apart. For
//! each device group the coordinates are `ln(W·NF/L)`, `ln(W·NF·L)` and `ln NF`, for a parameter
//! outside any group its value (or its logarithm), all standardised over the training rows. The paper's
//! own scaling, [−1, 1] over each parameter's range, is [`CoordinateKind::Plain`].

use crate::circuit::{Circuit, Geometry, Region, Scale, Sizing};
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
        for group in &circuit.groups {
            let (ratio, area) = (raw[group.width], raw[group.length]);
            let fingers = group.fingers.map_or(0.0, |place| raw[place]);
            let exp = |log: f64| log.clamp(-40.0, 40.0).exp();
            raw[group.length] = exp((area - ratio) / 2.0);
            group.cut(&within.parameters, exp((area + ratio) / 2.0), exp(fingers), &mut raw);
        }
        Sizing(raw).snapped(within)
    }

    /// The coordinates in which a region is told from the whole: those of its parameters and of their
    /// device groups.
    pub fn held_by(&self, circuit: &Circuit, region: &Region) -> Vec<usize> {
        let mut held: Vec<usize> = region.parameters().filter(|p| *p < circuit.parameters.len()).collect();
        if self.kind == CoordinateKind::RatioArea {
            for group in &circuit.groups {
                if group.members().any(|i| held.contains(&i)) {
                    held.extend(group.members());
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
    let linear = |(p, v): (&crate::circuit::Parameter, &f64)| if p.scale == Scale::Log { v.ln() } else { *v };
    let mut raw: Vec<f64> = parameters.map(linear).collect();
    for group in &circuit.groups {
        let of = group.geometry(&sizing.0);
        raw[group.width] = of.aspect_ratio().ln();
        raw[group.length] = of.gate_area().ln();
        if let Some(place) = group.fingers {
            raw[place] = of.fingers.ln();
        }
    }
    raw
}

/// The smallest and the largest raw coordinates of legal sizings, before they are standardised.
pub(super) fn extent(circuit: &Circuit, kind: CoordinateKind) -> Vec<(f64, f64)> {
    let ends =
        |of: fn(&crate::circuit::Parameter) -> f64| Sizing(circuit.parameters.iter().map(of).collect());
    let (low, high) = (ends(|p| p.low), ends(|p| p.high));
    let (least, most) = (raw(circuit, kind, &low), raw(circuit, kind, &high));
    let mut extent: Vec<(f64, f64)> = least.into_iter().zip(most).collect();
    if kind == CoordinateKind::RatioArea {
        for group in &circuit.groups {
            let (low, high) = (group.geometry(&low.0), group.geometry(&high.0));
            let ratio =
                |wide: Geometry, long: Geometry| Geometry { length: long.length, ..wide }.aspect_ratio();
            extent[group.width] = (ratio(low, high).ln(), ratio(high, low).ln());
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
    use rand::{RngExt, SeedableRng};

    #[test]
    fn every_legal_sizing_maps_back_to_itself() {
        let mut circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        // of one group the number of fingers is constant
        circuit.groups[1].fingers = None;
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
        let mut random = || {
            Sizing(circuit.parameters.iter().map(|p| p.snap(p.from_unit_interval(rng.random()))).collect())
        };
        let rows: Vec<Sizing> = (0..300).map(|_| random()).collect();
        for kind in [CoordinateKind::Plain, CoordinateKind::RatioArea] {
            let coordinates = Coordinates::fit(&circuit, kind, &rows);
            for row in &rows {
                let back = coordinates.decode(&circuit, &coordinates.encode(&circuit, row));
                assert_eq!(&back, row, "{kind:?}");
            }
        }
    }

    #[test]
    fn held_coordinates_lie_in_the_region_and_the_others_stay() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let region = Region::parse(&circuit, &["W1=2u", "VB=0.3"], &["L3=1u..2u"]).expect("sound");
        let within = region.applied(&circuit);
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
        let mut random = |p: &crate::circuit::Parameter| p.snap(p.from_unit_interval(rng.random()));
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
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let middle = Sizing(circuit.parameters.iter().map(|p| p.snap(p.from_unit_interval(0.5))).collect());
        for kind in [CoordinateKind::Plain, CoordinateKind::RatioArea] {
            let coordinates = Coordinates::fit(&circuit, kind, [&middle]);
            for value in [0.0, 1e9, -1e9, f32::MAX, f32::MIN, f32::NAN, f32::INFINITY, 3.3] {
                let sizing = coordinates.decode(&circuit, &[value; 14]);
                assert_eq!(sizing.check(&circuit), Ok(()), "{kind:?} {value}");
                // a supply on a logarithmic scale
                let mut other = circuit.clone();
                other.parameters[0].scale = Scale::Log;
                let sizing = Coordinates::fit(&other, kind, [&middle]).decode(&other, &[value; 14]);
                assert_eq!(sizing.check(&other), Ok(()), "{kind:?} {value}");
            }
        }
    }
}
