//! Targets at and beyond the front of known performances: what rows are grown for.

use crate::circuit::{Circuit, Performance, Specification};
use crate::dataset::pareto_front;
use rand::{Rng, RngExt};

/// How far beyond a performance of the front a bound lies, in decades: from a little inside to where only a better circuit
/// gets.
const BEYOND: (f64, f64) = (-0.03, 0.08);
/// The part of bounds that is left open: fronts of fewer metrics are fronts too.
const OPEN: f64 = 0.2;

/// The performances that no other beats in every metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Front(Vec<Performance>);

impl Front {
    /// Of the performances that have every metric.
    pub fn of<'a>(circuit: &Circuit, performances: impl IntoIterator<Item = &'a Performance>) -> Front {
        let whole: Vec<&Performance> =
            performances.into_iter().filter(|p| p.0.iter().all(|value| value.is_finite())).collect();
        let costs: Vec<Vec<f64>> = whole.iter().map(|p| costs(circuit, p)).collect();
        Front(pareto_front(&costs).into_iter().map(|i| whole[i].clone()).collect())
    }

    /// The performances.
    pub fn performances(&self) -> &[Performance] {
        &self.0
    }

    /// How many of `before` are beaten in every metric by one of these.
    pub fn beats(&self, circuit: &Circuit, before: &Front) -> usize {
        let own: Vec<Vec<f64>> = self.0.iter().map(|p| costs(circuit, p)).collect();
        let beaten = |p: &&Performance| {
            let of = costs(circuit, p);
            own.iter().any(|better| better.iter().zip(&of).all(|(b, o)| b < o))
        };
        before.0.iter().filter(beaten).count()
    }

    /// A target near one of them; `None` of an empty front.
    pub fn target(&self, circuit: &Circuit, rng: &mut impl Rng) -> Option<Specification> {
        if self.0.is_empty() {
            return None;
        }
        let at = Specification::of_performance(circuit, &self.0[rng.random_range(0..self.0.len())]);
        let shifts: Vec<f64> = at.bounds.iter().map(|_| rng.random_range(BEYOND.0..BEYOND.1)).collect();
        let mut target = at.moved(circuit, |i| shifts[i]);
        let kept = rng.random_range(0..target.bounds.len());
        let mut place = 0;
        target.bounds.retain(|_| {
            place += 1;
            place - 1 == kept || rng.random::<f64>() >= OPEN
        });
        Some(target)
    }
}

/// A target of one or two bounds that `performance` meets on the verge. Where little is asked there is much room, and the draws
/// that are surest in it may lie where no row tells how a circuit fails.
pub fn roomy_target(circuit: &Circuit, performance: &Performance, rng: &mut impl Rng) -> Specification {
    let mut target = Specification::of_performance(circuit, performance);
    let kept = rng.random_range(1..=2);
    while target.bounds.len() > kept {
        target.bounds.remove(rng.random_range(0..target.bounds.len()));
    }
    target
}

/// What is to be small, a number a metric: of a metric that is to lie between two values, neither side counts as better.
fn costs(circuit: &Circuit, performance: &Performance) -> Vec<f64> {
    let one = |(metric, value): (&crate::circuit::Metric, &f64)| {
        metric.sense.of_bound().loosening() * metric.scaled(*value)
    };
    circuit.metrics.iter().zip(&performance.0).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_roomy_target_is_one_or_two_bounds_that_the_row_just_meets() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let row = Performance(vec![1e-8, 5e-6, 30.0, 1e3]);
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let target = roomy_target(&circuit, &row, &mut rng);
            let margins = crate::circuit::margins_in_decades(&circuit, &target, &row);
            assert!(margins.iter().all(|m| m.abs() < 1e-9), "{target:?}");
            seen.insert(target.bounds.iter().map(|b| b.metric).collect::<Vec<_>>());
        }
        // four alone, six pairs
        assert_eq!(seen.len(), 10, "{seen:?}");
    }

    #[test]
    fn targets_lie_about_the_front_and_better_performances_beat_it() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let of = |power: f64, gain: f64| Performance(vec![power, 5e-6, gain, 1e3]);
        let rows = [of(1e-8, 30.0), of(2e-8, 40.0), of(2e-8, 30.0), of(f64::NAN, 90.0)];
        let front = Front::of(&circuit, &rows);
        assert_eq!(front.performances(), [of(1e-8, 30.0), of(2e-8, 40.0)]);
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let mut open = 0;
        for _ in 0..200 {
            let target = front.target(&circuit, &mut rng).expect("there is a front");
            open += 4 - target.bounds.len();
            let near = |row: &Performance| {
                let margins = crate::circuit::margins_in_decades(&circuit, &target, row);
                margins.iter().all(|m| (-BEYOND.1..=-BEYOND.0).contains(m))
            };
            assert!(!target.bounds.is_empty() && front.performances().iter().any(near), "{target:?}");
        }
        assert!((100..220).contains(&open), "{open} of 800 bounds are open");
        let better = Front::of(&circuit, &[Performance(vec![0.9e-8, 4e-6, 31.0, 2e3])]);
        assert_eq!((better.beats(&circuit, &front), front.beats(&circuit, &front)), (1, 0));
        assert!(Front::of(&circuit, []).target(&circuit, &mut rng).is_none());
    }
}
