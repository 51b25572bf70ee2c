//! Which condition to draw with. A specification says what is good enough, a condition what to draw. A bound that is
//! easily met is no wish: taken for one it draws designs that hardly meet it, and these need not go with the other
//! bounds. So a few conditions are tried with a handful of draws each, what is nearest to the rows first, and the
//! performance model says how many of them land inside the specification. `docs/experiments.md` has the figures.

use super::verdict::Predicted;
use crate::circuit::{Bound, Circuit, Metric, Specification};
use crate::normal::cumulative;

/// Draws that each condition is tried with, each with the same noise: a lane of the CPU.
const TRIED: usize = 16;
/// Where many are drawn, this part of as many again tells the most promising condition from the one asked for …
const PART: usize = 8;
/// … from `TWICE_TRIED` draws on and with at most `MOST_TRIED`.
const TWICE_TRIED: usize = 40;
const MOST_TRIED: usize = 64;
/// How far towards the mean of the training rows what is easily met is moved.
const TOWARDS_MEAN: [f64; 4] = [0.25, 0.5, 0.75, 1.0];

/// Deviations from the rows' mean beyond which no ease is asked for unless it promises more: the farther out, the fewer rows
/// there are to have learnt from, and what is drawn there may only seem to meet the other bounds.
const EASIEST: f64 = 0.5;

/// The condition that is asked for, standardised, without the ease that rows know little of.
pub(super) fn among_rows(circuit: &Circuit, asked: &[f64]) -> Vec<f64> {
    let one = |(&z, metric): (&f64, &Metric)| {
        let ease = metric.sense.loosening();
        if z * ease > EASIEST { EASIEST * ease.signum() } else { z }
    };
    asked.iter().zip(&circuit.metrics).map(one).collect()
}

/// How much more of the draws must land inside, judged by `tried` of each, before what was asked for is left: some
/// three standard errors of the difference, so that it is not left by chance. 0.2 for 16, 0.1 for 64.
fn worth_leaving(tried: usize) -> f64 {
    0.8 / (tried as f64).sqrt()
}

/// Conditions to try beside `near`, standardised, the nearest first: those metrics of which less is asked than the training
/// rows' mean are moved towards it; then what was `asked`, with all its ease. None of them is easier than that in any metric.
pub(super) fn others(circuit: &Circuit, asked: &[f64], near: &[f64]) -> Vec<Vec<f64>> {
    let easy = |(z, metric): (&f64, &Metric)| z * metric.sense.loosening() > 0.0;
    if !near.iter().zip(&circuit.metrics).any(easy) {
        return Vec::new();
    }
    let moved = |part: f64| {
        let one = |(z, metric)| if easy((z, metric)) { z * (1.0 - part) } else { *z };
        near.iter().zip(&circuit.metrics).map(one).collect()
    };
    let all_ease = (asked != near).then(|| asked.to_vec());
    TOWARDS_MEAN.into_iter().map(moved).chain(all_ease).collect()
}

/// The condition to draw `count` with. `landed` tries one with so many draws and says which part of them lands inside.
/// The first, `asked`, is kept unless another one promises [`worth_leaving`] more; the more are to be drawn, the better
/// that is known. No other is tried where none can promise that.
///
/// # Errors
/// The first of `landed`.
pub(super) fn choose<E>(
    asked: Vec<f64>,
    others: Vec<Vec<f64>>,
    count: usize,
    mut landed: impl FnMut(&[f64], usize) -> Result<f64, E>,
) -> Result<Vec<f64>, E> {
    let often = (count / PART).min(MOST_TRIED);
    let least = worth_leaving(if often >= TWICE_TRIED { often } else { TRIED });
    let of_asked = landed(&asked, TRIED)?;
    if of_asked + least > 1.0 {
        return Ok(asked);
    }
    let mut best: Option<(f64, Vec<f64>)> = None;
    for other in others {
        let part = landed(&other, TRIED)?;
        // of equals the nearest to what was asked
        if best.as_ref().is_none_or(|(most, _)| part > *most) {
            best = Some((part, other));
        }
    }
    let Some((part, other)) = best else {
        return Ok(asked);
    };
    if part > of_asked + worth_leaving(TRIED) {
        return Ok(other);
    }
    let unclear = part > of_asked - worth_leaving(TRIED) && often >= TWICE_TRIED;
    let better = unclear && landed(&other, often)? > landed(&asked, often)? + worth_leaving(often);
    Ok(if better { other } else { asked })
}

/// The part of `predicted` that lies inside the specification. Each counts by its [`probability`].
pub(super) fn landed(
    circuit: &Circuit,
    specification: &Specification,
    held_out_error: &[f64],
    predicted: &[Predicted],
) -> f64 {
    let inside = |p: &Predicted| probability(circuit, specification, held_out_error, p);
    predicted.iter().map(inside).sum::<f64>() / predicted.len().max(1) as f64
}

/// The probability that a design lies inside the specification, for whose errors the ensemble's spread and its error on
/// held-out rows stand: at a bound, one half. 0 where nothing is known and where it [strays](Specification::strays).
pub(super) fn probability(
    circuit: &Circuit,
    specification: &Specification,
    held_out_error: &[f64],
    predicted: &Predicted,
) -> f64 {
    if specification.strays(circuit, &predicted.performance) {
        return 0.0;
    }
    let margins = specification.margins(circuit, &predicted.performance);
    let one =
        |(bound, margin): (&Bound, f64)| cumulative(margin / error(held_out_error, predicted, bound.metric));
    let product = specification.bounds.iter().zip(margins).map(one).product::<f64>();
    if product.is_finite() { product } else { 0.0 }
}

/// By how much a metric of a prediction may be off, on the metric's own scale: the ensemble's spread and its error on
/// held-out rows together; never 0.
pub(super) fn error(held_out_error: &[f64], predicted: &Predicted, metric: usize) -> f64 {
    let held_out = held_out_error.get(metric).copied().unwrap_or(0.0);
    predicted.spread[metric].hypot(held_out).max(1e-6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::Performance;

    /// OTA1: power and irn at most, gain and bw at least.
    fn ota1() -> Circuit {
        Circuit::open("ota1").expect("OTA1 is bundled")
    }

    #[test]
    fn only_what_is_easily_met_is_asked_more_of() {
        let circuit = ota1();
        let asked = [1.2, -0.4, -0.8, 0.3];
        let others = others(&circuit, &asked, &asked);
        assert_eq!(others.len(), TOWARDS_MEAN.len());
        assert_eq!(others.last().expect("the last"), &[0.0, -0.4, 0.0, 0.3]);
        let mut before = asked.to_vec();
        for other in others {
            for ((metric, z), before) in circuit.metrics.iter().zip(&other).zip(&before) {
                assert!((z - before) * metric.sense.loosening() <= 0.0, "{}", metric.name);
            }
            before = other;
        }
        let hard = [-0.1, 0.0, 0.4, 0.3];
        assert!(super::others(&circuit, &hard, &hard).is_empty());
        // what was asked with more ease than the rows know comes last
        let near = among_rows(&circuit, &asked);
        let others = super::others(&circuit, &asked, &near);
        assert_eq!(others.first().expect("some"), &[0.375, -0.4, -0.375, 0.3]);
        assert_eq!(others.last().expect("some"), &asked);
    }

    #[test]
    fn what_rows_know_little_of_is_not_asked_for() {
        let circuit = ota1();
        // power and noise at most, gain and bandwidth at least: only ease is taken back
        assert_eq!(among_rows(&circuit, &[5.8, -3.0, -2.5, 2.5]), [EASIEST, -3.0, -EASIEST, 2.5]);
        assert_eq!(among_rows(&circuit, &[0.4, 0.0, -0.4, 0.0]), [0.4, 0.0, -0.4, 0.0]);
    }

    /// The condition chosen for `count` draws, and how many draws it took, where so much lands inside.
    fn chosen(count: usize, parts: [f64; 5]) -> (f64, usize) {
        let mut tried = 0;
        let others = (1..5).map(|i| vec![f64::from(i)]).collect();
        let landed = |aim: &[f64], draws: usize| {
            tried += draws;
            Ok::<f64, ()>(parts[aim[0] as usize])
        };
        let aim = choose(vec![0.0], others, count, landed).expect("nothing fails");
        (aim[0], tried)
    }

    #[test]
    fn what_was_asked_is_left_for_much_more_alone() {
        assert_eq!(chosen(100, [0.03, 0.39, 0.22, 0.76, 0.84]), (4.0, 80));
        assert_eq!(chosen(100, [0.03, 0.84, 0.22, 0.76, 0.84]), (1.0, 80));
        // a hard target is drawn for as it is
        assert_eq!(chosen(100, [0.73, 0.88, 0.81, 0.70, 0.70]), (0.0, 80));
        // nothing can promise that much more
        assert_eq!(chosen(100, [0.85, 1.0, 1.0, 1.0, 1.0]), (0.0, 16));
        let lost = |aim: &[f64], _| if aim[0] > 0.0 { Err("lost") } else { Ok(0.1) };
        assert_eq!(choose(vec![0.0], vec![vec![1.0]], 100, lost), Err("lost"));
    }

    #[test]
    fn where_many_are_drawn_less_is_enough_as_it_is_better_known() {
        assert_eq!(chosen(1000, [0.68, 0.72, 0.84, 0.82, 0.61]), (2.0, 80 + 2 * 64));
        assert_eq!(chosen(400, [0.68, 0.72, 0.84, 0.82, 0.61]), (2.0, 80 + 2 * 50));
        assert_eq!(chosen(1000, [0.68, 0.72, 0.74, 0.72, 0.61]), (0.0, 80 + 2 * 64));
        // much more needs no second look, much less is worth none
        assert_eq!(chosen(1000, [0.33, 0.72, 0.84, 0.82, 0.61]), (2.0, 80));
        assert_eq!(chosen(1000, [0.68, 0.1, 0.2, 0.3, 0.4]), (0.0, 80));
    }

    #[test]
    fn a_prediction_counts_by_its_probability() {
        let circuit = ota1();
        let specification = Specification::parse(&circuit, &["gain>=30dB", "power<=27nW"]).expect("sound");
        let predicted = |gain: f64| Predicted {
            performance: Performance(vec![1e-9, 5e-6, gain, 1e3]),
            spread: vec![0.01, 0.01, 0.5, 0.01],
        };
        let part = |gains: &[f64]| {
            let predicted: Vec<_> = gains.iter().map(|g| predicted(*g)).collect();
            landed(&circuit, &specification, &[0.02, 0.02, 0.5, 0.02], &predicted)
        };
        assert!((part(&[30.0]) - 0.5).abs() < 1e-9);
        assert!(part(&[40.0]) > 0.999 && part(&[20.0]) < 0.001);
        assert!((part(&[40.0, 20.0]) - 0.5).abs() < 0.001);
        assert!(part(&[30.5]) > part(&[30.2]), "more room is more certain");
        assert_eq!(part(&[f64::NAN]), 0.0);
        assert_eq!(part(&[]), 0.0);
    }
}
