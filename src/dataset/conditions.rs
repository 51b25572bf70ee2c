//! What the networks are told of a performance: standardised metrics, loosened for augmentation,
//! expanded to degree-2 polynomial features.

use super::Row;
use super::coordinates::moments;
use crate::circuit::{Circuit, Performance, Scale, Sense, Specification};
use serde::{Deserialize, Serialize};

/// Standardisation of metrics over the training rows: log10 where the metric spans decades, then mean 0
/// and deviation 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    pub(super) mean: Vec<f64>,
    pub(super) deviation: Vec<f64>,
    /// Means of the metrics as they are, for the paper's loosening.
    pub(super) plain_mean: Vec<f64>,
    /// What stands for a metric that a specification leaves open, standardised: what nine in ten training
    /// rows are better than.
    pub(super) open: Vec<f64>,
    /// Which features the network is given.
    #[serde(default, skip_serializing_if = "Features::is_products")]
    pub(super) features: Features,
}

/// What the network is given of standardised metrics z, a number a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Features {
    /// All z and all products of two, `m + m(m+1)/2` of m metrics: the paper's.
    #[default]
    Products,
    /// All z and their squares, `2m`: a network's cost grows with the number of tokens.
    Squares,
}

impl Features {
    fn is_products(&self) -> bool {
        *self == Features::Products
    }
}

/// Metrics up to which there are products: 27 features of six.
const MOST_WITH_PRODUCTS: usize = 6;

/// How the condition of an augmented copy differs from the row's own performance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Loosening {
    /// The paper's predecessor: `metric + u·part·mean(metric)·direction`, u uniform in 0 … 1.
    PartOfMean(f64),
    /// `u·deviations` standard deviations of the scaled metric.
    Deviations(f64),
}

impl Conditions {
    /// Fits to `rows`, which must not be empty. A metric that could not be measured of a row, NaN, counts for nothing;
    /// one that could not be measured of any has mean 0 and deviation 1.
    pub fn fit<'a>(circuit: &Circuit, rows: impl IntoIterator<Item = &'a Row>) -> Conditions {
        let performances: Vec<&Performance> = rows.into_iter().map(|row| &row.performance).collect();
        assert!(!performances.is_empty(), "conditions are fitted to at least one row");
        let scaled: Vec<Vec<f64>> = performances.iter().map(|p| p.scaled(circuit)).collect();
        let (mut mean, mut deviation, mut plain_mean, mut open) = (vec![], vec![], vec![], vec![]);
        for (m, metric) in circuit.metrics.iter().enumerate() {
            let measured = |value: &f64| !value.is_nan();
            let plain: Vec<f64> = performances.iter().map(|p| p.0[m]).filter(measured).collect();
            let column: Vec<Vec<f64>> =
                scaled.iter().map(|row| row[m]).filter(measured).map(|v| vec![v]).collect();
            if column.is_empty() {
                for (into, value) in
                    [(&mut mean, 0.0), (&mut deviation, 1.0), (&mut plain_mean, 0.0), (&mut open, 0.0)]
                {
                    into.push(value);
                }
                continue;
            }
            let (centre, spread) = moments(&column);
            mean.push(centre[0]);
            deviation.push(spread[0]);
            plain_mean.push(plain.iter().sum::<f64>() / plain.len() as f64);
            let direction = metric.sense.loosening();
            let mut badness: Vec<f64> = column.iter().map(|v| v[0] * direction).collect();
            badness.sort_by(f64::total_cmp);
            let worst_tenth = badness[(badness.len() * 9 / 10).min(badness.len() - 1)] * direction;
            let of_neither_way = direction == 0.0;
            open.push(if of_neither_way { 0.0 } else { (worst_tenth - centre[0]) / spread[0] });
        }
        let many = circuit.metrics.len() > MOST_WITH_PRODUCTS;
        let features = if many { Features::Squares } else { Features::Products };
        Conditions { mean, deviation, plain_mean, open, features }
    }

    /// The number of metrics.
    pub fn metrics(&self) -> usize {
        self.mean.len()
    }

    /// The number of features: 14 for four metrics, 20 for ten.
    pub fn features_len(&self) -> usize {
        let m = self.metrics();
        match self.features {
            Features::Products => m + m * (m + 1) / 2,
            Features::Squares => 2 * m,
        }
    }

    /// Standard deviation of a scaled metric: decades, or the metric's unit.
    pub fn deviation(&self, metric: usize) -> f64 {
        self.deviation[metric]
    }

    /// A performance, standardised. A metric that could not be measured, NaN, is what an open one is: what nine in
    /// ten training rows are better than.
    pub fn standardise(&self, circuit: &Circuit, performance: &Performance) -> Vec<f64> {
        let scaled = performance.scaled(circuit);
        let one = |(m, value): (usize, f64)| {
            if value.is_nan() { self.open[m] } else { (value - self.mean[m]) / self.deviation[m] }
        };
        scaled.into_iter().enumerate().map(one).collect()
    }

    /// The inverse of [`Self::standardise`].
    pub fn performance(&self, circuit: &Circuit, standard: &[f64]) -> Performance {
        let values = circuit.metrics.iter().zip(standard).zip(self.mean.iter().zip(&self.deviation));
        Performance(values.map(|((metric, z), (m, d))| metric.unscaled(z * d + m)).collect())
    }

    /// A specification as a condition, standardised and made `tighten` deviations harder. An open
    /// metric gets what nine in ten training rows are better than, and so does one whose bound is easier still:
    /// to leave a bound out is the last step of making it easier. Between two bounds at most their middle is asked for;
    /// of a metric of which neither way is better, their middle, or of a single one the training rows' mean inside it.
    pub fn of_specification(
        &self,
        circuit: &Circuit,
        specification: &Specification,
        tighten: f64,
    ) -> Vec<f64> {
        let asked = |(m, metric): (usize, &crate::circuit::Metric)| {
            let open = self.open[m];
            let standard = |value: f64| (metric.scaled(value) - self.mean[m]) / self.deviation[m];
            let Some(bound) = specification.bound_on(m) else {
                return open;
            };
            let middle = specification
                .other_bound_on(m)
                .map(|other| f64::midpoint(standard(bound.value), standard(other.value)));
            let asked = standard(bound.value) - tighten * bound.sense.loosening();
            let harder = |a: f64, b: f64| (a - b) * bound.sense.loosening() < 0.0;
            match middle {
                Some(middle) if metric.sense == Sense::Between || harder(asked, middle) => middle,
                // what is open may lie beyond the other bound
                Some(middle) if harder(open, asked) => {
                    if harder(open, middle) {
                        middle
                    } else {
                        open
                    }
                }
                _ if harder(asked, open) => asked,
                _ => open,
            }
        };
        circuit.metrics.iter().enumerate().map(asked).collect()
    }

    /// A row's condition made easier by `u[m]` in 0 … 1 of what `loosening` allows, standardised. A metric that
    /// could not be measured stays as it is: nothing is easier than open.
    pub fn loosened(
        &self,
        circuit: &Circuit,
        performance: &Performance,
        loosening: Loosening,
        u: &[f64],
    ) -> Vec<f64> {
        match loosening {
            Loosening::Deviations(deviations) => {
                let mut z = self.standardise(circuit, performance);
                for (((z, metric), u), value) in z.iter_mut().zip(&circuit.metrics).zip(u).zip(&performance.0)
                {
                    if !value.is_nan() {
                        *z += u * deviations * metric.sense.loosening();
                    }
                }
                z
            }
            Loosening::PartOfMean(part) => {
                let moved = |(m, metric): (usize, &crate::circuit::Metric)| {
                    let value = performance.0[m];
                    let loose = value + u[m] * part * self.plain_mean[m] * metric.sense.loosening();
                    // a positive metric stays positive
                    if metric.scale == Scale::Log { loose.max(0.05 * value) } else { loose }
                };
                let values = circuit.metrics.iter().enumerate().map(moved).collect();
                self.standardise(circuit, &Performance(values))
            }
        }
    }

    /// Polynomial features without bias: the values, then all products `z_i·z_j`, i ≤ j, or of many metrics the squares.
    pub fn features(&self, standard: &[f64], into: &mut Vec<f32>) {
        into.extend(standard.iter().map(|z| *z as f32));
        if self.features == Features::Squares {
            into.extend(standard.iter().map(|z| (z * z) as f32));
            return;
        }
        for (i, a) in standard.iter().enumerate() {
            into.extend(standard[i..].iter().map(|b| (a * b) as f32));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::Sizing;

    fn fitted() -> (Circuit, Conditions, Vec<Row>) {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let rows: Vec<Row> = (1..=20)
            .map(|i| Row {
                sizing: Sizing(vec![]),
                performance: Performance(vec![
                    f64::from(i) * 4e-9,
                    f64::from(i) * 1e-6,
                    20.0 + f64::from(i),
                    f64::from(i) * 200.0,
                ]),
            })
            .collect();
        (circuit.clone(), Conditions::fit(&circuit, &rows), rows)
    }

    #[test]
    fn standardising_maps_back() {
        let (circuit, conditions, rows) = fitted();
        let z = conditions.standardise(&circuit, &rows[3].performance);
        let back = conditions.performance(&circuit, &z);
        for (a, b) in back.0.iter().zip(&rows[3].performance.0) {
            assert!((a / b - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn loosening_only_ever_makes_the_condition_easier() {
        let (circuit, conditions, rows) = fitted();
        for loosening in [Loosening::Deviations(0.5), Loosening::PartOfMean(0.2)] {
            for row in &rows {
                let own = conditions.standardise(&circuit, &row.performance);
                let loose = conditions.loosened(&circuit, &row.performance, loosening, &[0.3, 0.9, 0.5, 1.0]);
                for ((metric, own), loose) in circuit.metrics.iter().zip(&own).zip(&loose) {
                    assert!((loose - own) * metric.sense.loosening() > 0.0, "{loosening:?} {}", metric.name);
                }
            }
        }
    }

    #[test]
    fn tightening_makes_a_target_harder_and_open_metrics_are_easy() {
        let (circuit, conditions, _) = fitted();
        let one = Specification::parse(&circuit, &["gain>=30dB"]).expect("sound");
        let as_is = conditions.of_specification(&circuit, &one, 0.0);
        let harder = conditions.of_specification(&circuit, &one, 0.15);
        assert!((harder[2] - as_is[2] - 0.15).abs() < 1e-12);
        assert!(as_is[0] > 0.5 && as_is[3] < -0.5, "open: {as_is:?}");
    }

    #[test]
    fn between_two_bounds_the_middle_is_the_most_that_is_asked() {
        let (mut circuit, conditions, _) = fitted();
        let of = |circuit: &Circuit, texts: &[&str]| {
            let specification = Specification::parse(circuit, texts).expect("sound");
            conditions.of_specification(circuit, &specification, 0.5)[2]
        };
        let z = |gain: f64| (gain - conditions.mean[2]) / conditions.deviation[2];
        let (single, middle) = (of(&circuit, &["gain>=30"]), z(31.0));
        assert!((of(&circuit, &["gain=30..32"]) - middle.min(single)).abs() < 1e-12);
        assert!((of(&circuit, &["gain=30..300"]) - single).abs() < 1e-12, "a far bound changes nothing");
        let below = conditions.open[2] * conditions.deviation[2] + conditions.mean[2] - 10.0;
        let texts = format!("gain={}..{}", below - 2.0, below);
        assert!((of(&circuit, &[&texts]) - z(below - 1.0)).abs() < 1e-9, "what is open would be beyond it");
        circuit.metrics[2].sense = Sense::Between;
        assert!((of(&circuit, &["gain=30..90"]) - z(60.0)).abs() < 1e-12);
    }

    #[test]
    fn a_bound_is_never_conditioned_looser_than_an_open_metric_and_follows_its_loosening() {
        let (circuit, conditions, _) = fitted();
        let open = conditions.of_specification(&circuit, &Specification::default(), 0.0);
        let mut state = 1_u64;
        let mut uniform = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        // how much harder `a` is than `b`, a metric each
        let harder = |a: &[f64], b: &[f64]| -> Vec<f64> {
            let one = |((a, b), m): ((&f64, &f64), &crate::circuit::Metric)| (b - a) * m.sense.loosening();
            a.iter().zip(b).zip(&circuit.metrics).map(one).collect()
        };
        let mut clamped = 0;
        for _ in 0..2000 {
            let mut tight = Specification::default();
            let mut loose = Specification::default();
            for (metric, m) in circuit.metrics.iter().enumerate() {
                // six deviations to either side; some loosened a little, some by far, some left out
                let z = 12.0 * uniform() - 6.0;
                let scaled = conditions.mean[metric] + z * conditions.deviation[metric];
                let by = [0.0, 0.3, 4.0, 40.0][(4.0 * uniform()) as usize] * conditions.deviation[metric];
                let bound =
                    |scaled| crate::circuit::Bound { metric, sense: m.sense, value: m.unscaled(scaled) };
                if uniform() < 0.8 {
                    tight.bounds.push(bound(scaled));
                    if uniform() < 0.8 {
                        loose.bounds.push(bound(scaled + by * m.sense.loosening()));
                    }
                }
            }
            let tighten = 0.3 * uniform();
            let of_tight = conditions.of_specification(&circuit, &tight, tighten);
            let of_loose = conditions.of_specification(&circuit, &loose, tighten);
            assert!(harder(&of_loose, &open).iter().all(|h| *h >= -1e-9), "{loose:?}: {of_loose:?}");
            assert!(harder(&of_tight, &of_loose).iter().all(|h| *h >= -1e-9), "{tight:?} {loose:?}");
            clamped += usize::from(of_loose.iter().zip(&open).any(|(z, o)| z == o));
        }
        assert!(clamped > 500, "{clamped}");
    }

    #[test]
    fn four_metrics_have_fourteen_features() {
        let (_, conditions, _) = fitted();
        let mut features = Vec::new();
        conditions.features(&[1.0, 2.0, 3.0, 4.0], &mut features);
        assert_eq!(features, [1., 2., 3., 4., 1., 2., 3., 4., 4., 6., 8., 9., 12., 16.]);
        assert_eq!(conditions.features_len(), 14);
    }

    #[test]
    fn what_could_not_be_measured_is_open_and_counts_for_nothing() {
        let (circuit, conditions, mut rows) = fitted();
        let gap = |metric: usize, row: &Row| {
            let mut row = row.clone();
            row.performance.0[metric] = f64::NAN;
            row
        };
        // of the metric with gaps the measured rows alone are told
        let more: Vec<Row> = rows.iter().map(|row| gap(2, row)).collect();
        rows.extend(more.clone());
        let with_gaps = Conditions::fit(&circuit, &rows);
        let lists =
            |c: &Conditions| [c.mean.clone(), c.deviation.clone(), c.plain_mean.clone(), c.open.clone()];
        for (fitted, plain) in lists(&with_gaps).iter().zip(&lists(&conditions)) {
            assert_eq!(fitted[2], plain[2]);
            assert!(
                fitted.iter().zip(plain).all(|(a, b)| (a - b).abs() < 1e-9 * b.abs().max(1e-3)),
                "{fitted:?}"
            );
        }
        let open = with_gaps.open[2];
        let own = with_gaps.standardise(&circuit, &more[5].performance);
        assert_eq!(own[2], open);
        assert!((own[0] - conditions.standardise(&circuit, &rows[5].performance)[0]).abs() < 1e-9);
        for loosening in [Loosening::Deviations(0.5), Loosening::PartOfMean(0.2)] {
            let loose = with_gaps.loosened(&circuit, &more[5].performance, loosening, &[0.5; 4]);
            assert_eq!(loose[2], open, "{loosening:?}");
            assert!(loose.iter().all(|z| z.is_finite()) && loose[0] > own[0], "{loosening:?}");
        }
        // a metric that is never measured
        let never = Conditions::fit(&circuit, &more);
        assert_eq!((never.mean[2], never.deviation[2], never.open[2]), (0.0, 1.0, 0.0));
        assert!(never.standardise(&circuit, &more[5].performance).iter().all(|z| z.is_finite()));
    }

    #[test]
    fn many_metrics_have_twice_as_many_features_and_an_older_file_has_products() {
        let (mut circuit, _, mut rows) = fitted();
        let (metric, more) = (circuit.metrics[3].clone(), 6);
        for row in &mut rows {
            let last = row.performance.0[3];
            row.performance.0.extend(std::iter::repeat_n(last, more));
        }
        circuit.metrics.extend(std::iter::repeat_n(metric, more));
        let conditions = Conditions::fit(&circuit, &rows);
        let mut features = Vec::new();
        conditions.features(&[2.0; 10], &mut features);
        assert_eq!((features.len(), conditions.features_len()), (20, 20));
        assert_eq!(features[10..], [4.0; 10]);
        let text = ron::to_string(&conditions).expect("plain numbers");
        assert_eq!(ron::from_str::<Conditions>(&text).expect("its own"), conditions);
        let older = text.replace(",features:Squares", "");
        assert!(older != text);
        assert_eq!(ron::from_str::<Conditions>(&older).expect("without the field").features_len(), 65);
    }
}
