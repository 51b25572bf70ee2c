//! How different the designs of a set are.

use super::learning::TrainedModel;
use crate::circuit::{Circuit, Sizing};

/// Two designs belong together where they differ by less than this in every coordinate, in standard deviations of the rows:
/// a quarter of what separates rows that have nothing to do with each other.
const NEAR: f64 = 0.25;

/// How different the designs of a set are, in the coordinates that are learnt, standardised over the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Diversity {
    /// Truly different designs: of a group that lies within a quarter of a deviation of its first, one.
    pub clusters: usize,
    /// The mean distance of two designs: the root of the mean square over coordinates; rows that have nothing to do with
    /// each other are 1.4 apart.
    pub distance: f64,
}

impl TrainedModel {
    /// How different some sizings are.
    pub fn diversity<'a>(&self, circuit: &Circuit, sizings: impl Iterator<Item = &'a Sizing>) -> Diversity {
        let points: Vec<Vec<f32>> = sizings.map(|s| self.coordinates.encode(circuit, s)).collect();
        diversity(&points)
    }
}

fn diversity(points: &[Vec<f32>]) -> Diversity {
    let differences =
        |a: &[f32], b: &[f32]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| f64::from(a - b)).collect() };
    let mut centres: Vec<&Vec<f32>> = Vec::new();
    for point in points {
        let near = |centre: &&Vec<f32>| differences(centre, point).iter().all(|d| d.abs() < NEAR);
        if !centres.iter().any(near) {
            centres.push(point);
        }
    }
    let (mut sum, mut pairs) = (0.0, 0_u32);
    for (i, a) in points.iter().enumerate() {
        for b in &points[..i] {
            let square: f64 = differences(a, b).iter().map(|d| d * d).sum();
            sum += (square / a.len().max(1) as f64).sqrt();
            pairs += 1;
        }
    }
    Diversity { clusters: centres.len(), distance: sum / f64::from(pairs.max(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_one_design() {
        let points = [vec![0.0, 0.0], vec![0.1, -0.1], vec![0.0, 3.0], vec![0.2, 3.1]];
        let found = diversity(&points);
        assert_eq!(found.clusters, 2);
        assert!((1.3..1.6).contains(&found.distance), "{found:?}");
        assert_eq!(diversity(&[]), Diversity::default());
        assert_eq!(diversity(&points[..1]), Diversity { clusters: 1, distance: 0.0 });
    }
}
