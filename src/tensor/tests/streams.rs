//! Random streams: sane statistics, and the same numbers on every device.

use super::operations::{Results, dropout, fill, normal};
use super::{Draw, assert_close, cpu, gpu};

/// Mean, variance and kurtosis of 2¹⁸ normal numbers, within five standard errors.
#[test]
fn normal_numbers_have_the_moments_of_a_normal_distribution() {
    let n = 1 << 18;
    let numbers = normal(cpu(), n, 3, 1 << 33)[0].clone();
    let moment = |power: i32| numbers.iter().map(|x| f64::from(*x).powi(power)).sum::<f64>() / n as f64;
    let error = (n as f64).sqrt().recip();
    assert!(moment(1).abs() < 5.0 * error, "mean {}", moment(1));
    assert!((moment(2) - 1.0).abs() < 5.0 * 2f64.sqrt() * error, "variance {}", moment(2));
    assert!(moment(3).abs() < 5.0 * 15f64.sqrt() * error, "skewness {}", moment(3));
    assert!((moment(4) - 3.0).abs() < 5.0 * 96f64.sqrt() * error, "kurtosis {}", moment(4));
    let neighbours = numbers.windows(2).map(|w| f64::from(w[0] * w[1])).sum::<f64>() / n as f64;
    assert!(neighbours.abs() < 5.0 * error, "correlation of neighbours {neighbours}");
}

#[test]
fn streams_and_seeds_differ_and_repeat() {
    let draw = |seed, stream| normal(cpu(), 64, seed, stream);
    assert_eq!(draw(1, 2), draw(1, 2));
    for other in [draw(1, 3), draw(2, 2), draw(1, 2 + (1 << 32)), draw(1 + (1 << 32), 2)] {
        assert_ne!(draw(1, 2), other);
    }
}

#[test]
fn dropout_keeps_the_mean_and_drops_the_asked_share() {
    let ones = vec![1.0; 1 << 16];
    let dropped = dropout(cpu(), &ones, 0.25, 9, 4)[0].clone();
    let zeros = dropped.iter().filter(|x| **x == 0.0).count() as f64 / ones.len() as f64;
    assert!((zeros - 0.25).abs() < 0.01, "share {zeros}");
    assert!(dropped.iter().all(|x| *x == 0.0 || (*x - 1.0 / 0.75).abs() < 1e-6));
}

/// Tolerance 1e-5, absolute and relative, at every length and through a long stream.
#[test]
fn normal_numbers_are_the_same_on_the_gpu() {
    let Some(gpu) = gpu("normal_numbers_are_the_same_on_the_gpu") else { return };
    for (len, seed, stream) in
        [(1, 0, 0), (2, 1, 0), (3, 0, 1), (7, u64::MAX, u64::MAX), (1023, 5 << 40, 1), (200_001, 11, 6 << 33)]
    {
        let expected = normal(cpu(), len, seed, stream);
        assert_close("normal", &normal(gpu, len, seed, stream), &expected, 1e-5);
    }
}

#[test]
fn dropout_masks_are_identical_on_the_gpu() {
    let Some(gpu) = gpu("dropout_masks_are_identical_on_the_gpu") else { return };
    let zeros = |r: Results| -> Vec<bool> { r[0].iter().map(|x| *x == 0.0).collect() };
    for (len, p) in [(1, 0.5), (6, 0.9), (100_003, 0.1), (4097, 1e-3)] {
        let x = Draw(20).numbers(len);
        let (found, expected) = (dropout(gpu, &x, p, 2, 77), dropout(cpu(), &x, p, 2, 77));
        assert_eq!(zeros(found.clone()), zeros(expected.clone()), "mask of {len}");
        assert_close("dropout", &found, &expected, 1e-6);
    }
}

#[test]
fn fresh_memory_is_poisoned_and_filled_memory_is_not() {
    assert_eq!(fill(cpu(), 3, 2.5), vec![vec![2.5; 3]]);
    if let Some(gpu) = gpu("fresh_memory_is_poisoned_and_filled_memory_is_not") {
        assert_eq!(fill(gpu, 3, 2.5), vec![vec![2.5; 3]]);
        assert_eq!(fill(gpu, 70_000, -1.0), vec![vec![-1.0; 70_000]]);
    }
}
