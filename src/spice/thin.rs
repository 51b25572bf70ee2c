//! Fewer points of long curves, so that they still look the same: ends and extremes stay.

use std::collections::BTreeSet;

/// Which points of a sweep are kept.
pub(super) struct Thin {
    points: usize,
    most: usize,
    kept: BTreeSet<usize>,
}

impl Thin {
    /// Of a sweep of so many points at most `most`, and a few more where there are many curves.
    pub(super) fn new(points: usize, most: usize) -> Thin {
        let kept = if points > most { BTreeSet::from([0, points - 1]) } else { BTreeSet::new() };
        Thin { points, most, kept }
    }

    /// Whether any point goes.
    pub(super) fn thins(&self) -> bool {
        self.points > self.most
    }

    /// Keeps of each of so many equal stretches of a curve where it is largest and smallest: its magnitude and, where it
    /// is real, its value.
    pub(super) fn keep_extremes(&mut self, curve: &[[f64; 2]], stretches: usize) {
        let points = self.points.min(curve.len());
        if !self.thins() || points == 0 {
            return;
        }
        let complex = curve.iter().any(|[_, im]| *im != 0.0);
        let value = |at: &usize| {
            let [re, im] = curve[*at];
            if complex { re.hypot(im) } else { re }
        };
        let stretches = stretches.clamp(1, points);
        for stretch in 0..stretches {
            let places = || {
                let all = stretch * points / stretches..(stretch + 1) * points / stretches;
                all.filter(|at| !value(at).is_nan())
            };
            self.kept.extend(places().min_by(|a, b| value(a).total_cmp(&value(b))));
            self.kept.extend(places().max_by(|a, b| value(a).total_cmp(&value(b))));
        }
    }

    /// The places that are kept, in order.
    pub(super) fn places(self) -> Vec<usize> {
        if !self.thins() {
            return (0..self.points).collect();
        }
        let mut kept = self.kept;
        // what room is left is spread evenly
        let room = self.most.saturating_sub(kept.len());
        kept.extend((0..room).map(|i| i * self.points / room));
        kept.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_curve_stays_whole() {
        let mut thin = Thin::new(5, 5);
        thin.keep_extremes(&[[1.0, 0.0]; 5], 3);
        assert_eq!(thin.places(), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn ends_and_every_spike_stay() {
        let mut curve: Vec<[f64; 2]> = (0..100_000).map(|i| [(f64::from(i) * 1e-3).sin(), 0.0]).collect();
        curve[61_803] = [9.0, 0.0];
        curve[27_182] = [f64::NAN, 0.0];
        curve[31_415] = [-9.0, 0.0];
        curve[70_001] = [8.0, 0.0];
        let mut thin = Thin::new(curve.len(), 2000);
        thin.keep_extremes(&curve, 700);
        let places = thin.places();
        assert!((1500..=2000).contains(&places.len()), "{}", places.len());
        for place in [0, 99_999, 61_803, 31_415, 70_001] {
            assert!(places.contains(&place), "{place}");
        }
        assert!(places.windows(2).all(|pair| pair[0] < pair[1] && pair[1] - pair[0] < 200));
    }

    #[test]
    fn of_complex_values_the_magnitude_counts() {
        let mut curve = vec![[1.0, 1.0]; 50];
        curve[20] = [0.0, 0.5];
        curve[30] = [0.0, -2.0];
        let mut thin = Thin::new(curve.len(), 10);
        thin.keep_extremes(&curve, 1);
        let places = thin.places();
        assert!(places.len() <= 10 && places.contains(&20) && places.contains(&30), "{places:?}");
    }
}
