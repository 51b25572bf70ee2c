//! Which measured rows are worth keeping: those that nearly meet a specification, and far apart from one another.

use crate::circuit::{Circuit, Specification};

/// Rows as the selection sees them.
pub(super) struct Spreads<'a> {
    circuit: &'a Circuit,
    /// The spread of each metric over ordinary legal rows, on its own scale.
    spread: Vec<f64>,
}

impl<'a> Spreads<'a> {
    /// `ordinary` are performances on the metrics' own scales.
    pub(super) fn new(circuit: &'a Circuit, ordinary: &[Vec<f64>]) -> Spreads<'a> {
        let n = ordinary.len().max(1) as f64;
        let spread = (0..circuit.metrics.len())
            .map(|m| {
                let mean = ordinary.iter().map(|p| p[m]).sum::<f64>() / n;
                let variance = ordinary.iter().map(|p| (p[m] - mean).powi(2)).sum::<f64>() / n;
                if variance > 1e-12 { variance.sqrt() } else { 1.0 }
            })
            .collect();
        Spreads { circuit, spread }
    }

    pub(super) fn spread(&self, metric: usize) -> f64 {
        self.spread[metric]
    }

    /// By how many spreads each bound is missed; negative where it is met. In the bounds' order.
    pub(super) fn misses(&self, specification: &Specification, scaled: &[f64]) -> Vec<f64> {
        let miss = |b: &crate::circuit::Bound| {
            let target = self.circuit.metrics[b.metric].scaled(b.value);
            b.sense.loosening() * (scaled[b.metric] - target) / self.spread[b.metric]
        };
        specification.bounds.iter().map(miss).collect()
    }

    /// The performance in spreads, all metrics turned so that less is better.
    pub(super) fn costs(&self, scaled: &[f64]) -> Vec<f64> {
        let metrics = self.circuit.metrics.iter().zip(&self.spread);
        scaled.iter().zip(metrics).map(|(v, (m, s))| m.sense.loosening() * v / s).collect()
    }
}

/// Picks up to `count` of the candidates, each as far as can be from all `points` already picked
/// (Gonzalez 1985), starting from `picked`, to which the new ones are added. A candidate that
/// coincides with a picked point is never picked.
pub(super) fn pick_far_apart(
    points: &[Vec<f64>],
    candidates: &[usize],
    count: usize,
    picked: &mut Vec<usize>,
) -> usize {
    let between = |a: usize, b: usize| -> f64 {
        points[a].iter().zip(&points[b]).map(|(x, y)| (x - y) * (x - y)).sum()
    };
    let nearest_picked = |&c: &usize| picked.iter().map(|&p| between(c, p)).fold(f64::INFINITY, f64::min);
    let mut distance: Vec<f64> = candidates.iter().map(nearest_picked).collect();
    let before = picked.len();
    while picked.len() - before < count {
        let best = (0..candidates.len()).max_by(|&a, &b| distance[a].total_cmp(&distance[b]).then(b.cmp(&a)));
        let Some(best) = best.filter(|&b| distance[b] > 0.0) else { break };
        let chosen = candidates[best];
        picked.push(chosen);
        for (place, &c) in candidates.iter().enumerate() {
            distance[place] = distance[place].min(between(c, chosen));
        }
    }
    picked.len() - before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_the_ends_before_the_middle_and_no_clone() {
        let points: Vec<Vec<f64>> = [0.0, 0.1, 5.0, 9.9, 10.0, 0.0].iter().map(|&x| vec![x]).collect();
        let mut picked = vec![0];
        assert_eq!(pick_far_apart(&points, &[1, 2, 3, 4, 5], 2, &mut picked), 2);
        assert_eq!(picked, [0, 4, 2]);
        assert_eq!(pick_far_apart(&points, &[5], 1, &mut picked), 0);
    }
}
