//! Layer normalisation; the mathematics stand in [`crate::tensor::ops`].

use super::buffer::Pair;
use super::simd::{Kernel, Lanes, dispatch};

/// Added to the variance.
pub const EPSILON: f32 = 1e-5;

/// `Σ term`, over numbers that lie in whole vectors and those behind them; in four sums, so that none waits for the last.
macro_rules! sum {
    ($simd:ident, $vectors:expr, |$i:ident| $vector:expr, |$j:ident| $number:expr, $width:expr) => {{
        let mut sums = [$simd.splat_f32s(0.0); 4];
        let whole = $vectors / 4 * 4;
        for start in (0..whole).step_by(4) {
            for (k, sum) in sums.iter_mut().enumerate() {
                let $i = start + k;
                *sum = $simd.add_f32s(*sum, $vector);
            }
        }
        for $i in whole..$vectors {
            sums[0] = $simd.add_f32s(sums[0], $vector);
        }
        let pairs = [$simd.add_f32s(sums[0], sums[1]), $simd.add_f32s(sums[2], sums[3])];
        let mut total = $simd.reduce_sum_f32s($simd.add_f32s(pairs[0], pairs[1]));
        for $j in 0..$width {
            total += $number;
        }
        total
    }};
}

/// Normalises rows of `width`; `stats[rows, 2]` become their means and reciprocal deviations.
pub fn layer_norm(width: usize, x: &[f32], gamma: &[f32], beta: &[f32], y: &mut [f32], stats: &mut [f32]) {
    dispatch(Forward { width, x, gamma: &gamma[..width], beta: &beta[..width], y, stats });
}

struct Forward<'a> {
    width: usize,
    x: &'a [f32],
    gamma: &'a [f32],
    beta: &'a [f32],
    y: &'a mut [f32],
    stats: &'a mut [f32],
}

impl Kernel for Forward<'_> {
    #[inline(always)]
    fn run<S: Lanes>(self, simd: S) {
        let Forward { width, x, gamma, beta, y, stats } = self;
        let (gamma, gamma_rest) = S::as_simd_f32s(gamma);
        let (beta, beta_rest) = S::as_simd_f32s(beta);
        let rows = x.chunks_exact(width).zip(y.chunks_exact_mut(width)).zip(stats.chunks_exact_mut(2));
        for ((x, y), stats) in rows {
            let (x, x_rest) = S::as_simd_f32s(x);
            let (y, y_rest) = S::as_mut_simd_f32s(y);
            let (x, y, gamma, beta) = (x, &mut y[..x.len()], &gamma[..x.len()], &beta[..x.len()]);
            let rest = x_rest.len();
            let mean = sum!(simd, x.len(), |i| x[i], |j| x_rest[j], rest) / width as f32;
            // the centred row first, so that the variance does not cancel
            let means = simd.splat_f32s(mean);
            for (y, x) in y.iter_mut().zip(x) {
                *y = simd.sub_f32s(*x, means);
            }
            for (y, x) in y_rest.iter_mut().zip(x_rest) {
                *y = x - mean;
            }
            let squares = sum!(simd, x.len(), |i| simd.mul_f32s(y[i], y[i]), |j| y_rest[j] * y_rest[j], rest);
            let reciprocal = 1.0 / (squares / width as f32 + EPSILON).sqrt();
            let reciprocals = simd.splat_f32s(reciprocal);
            for ((y, gamma), beta) in y.iter_mut().zip(gamma).zip(beta) {
                *y = simd.mul_add_e_f32s(simd.mul_f32s(*y, reciprocals), *gamma, *beta);
            }
            for ((y, gamma), beta) in y_rest.iter_mut().zip(gamma_rest).zip(beta_rest) {
                *y = (*y * reciprocal).mul_add(*gamma, *beta);
            }
            stats[0] = mean;
            stats[1] = reciprocal;
        }
    }
}

/// Adds the gradients of rows, scales and shifts to `dx`, `dgamma` and `dbeta`.
pub fn layer_norm_backward(
    width: usize,
    x: &[f32],
    gamma: &[f32],
    stats: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    (dgamma, dbeta): Pair,
) {
    let (dgamma, dbeta) = (&mut dgamma[..width], &mut dbeta[..width]);
    dispatch(Backward { width, x, gamma: &gamma[..width], stats, dy, dx, dgamma, dbeta });
}

struct Backward<'a> {
    width: usize,
    x: &'a [f32],
    gamma: &'a [f32],
    stats: &'a [f32],
    dy: &'a [f32],
    dx: &'a mut [f32],
    dgamma: &'a mut [f32],
    dbeta: &'a mut [f32],
}

impl Kernel for Backward<'_> {
    #[inline(always)]
    fn run<S: Lanes>(self, simd: S) {
        let Backward { width, x, gamma, stats, dy, dx, dgamma, dbeta } = self;
        let (gamma, gamma_rest) = S::as_simd_f32s(gamma);
        let count = gamma.len();
        let (dgamma, dgamma_rest) = S::as_mut_simd_f32s(dgamma);
        let (dbeta, dbeta_rest) = S::as_mut_simd_f32s(dbeta);
        let (dgamma, dbeta) = (&mut dgamma[..count], &mut dbeta[..count]);
        let inputs = x.chunks_exact(width).zip(dy.chunks_exact(width)).zip(stats.chunks_exact(2));
        for (((x, dy), stats), dx) in inputs.zip(dx.chunks_exact_mut(width)) {
            let (mean, reciprocal) = (stats[0], stats[1]);
            let (means, reciprocals) = (simd.splat_f32s(mean), simd.splat_f32s(reciprocal));
            let (x, x_rest) = S::as_simd_f32s(x);
            let (dy, dy_rest) = S::as_simd_f32s(dy);
            let (dx, dx_rest) = S::as_mut_simd_f32s(dx);
            let (x, dy, dx) = (&x[..count], &dy[..count], &mut dx[..count]);
            // no closures: they need not be compiled for the instruction set
            macro_rules! normal {
                ($i:expr) => {
                    simd.mul_f32s(simd.sub_f32s(x[$i], means), reciprocals)
                };
            }
            macro_rules! scaled {
                ($i:expr) => {
                    simd.mul_f32s(dy[$i], gamma[$i])
                };
            }
            macro_rules! normal_rest {
                ($j:expr) => {
                    (x_rest[$j] - mean) * reciprocal
                };
            }
            macro_rules! scaled_rest {
                ($j:expr) => {
                    dy_rest[$j] * gamma_rest[$j]
                };
            }
            for i in 0..count {
                dgamma[i] = simd.mul_add_e_f32s(dy[i], normal!(i), dgamma[i]);
                dbeta[i] = simd.add_f32s(dbeta[i], dy[i]);
            }
            for j in 0..x_rest.len() {
                dgamma_rest[j] = dy_rest[j].mul_add(normal_rest!(j), dgamma_rest[j]);
                dbeta_rest[j] += dy_rest[j];
            }
            let rest = x_rest.len();
            let mean_scaled = sum!(simd, count, |i| scaled!(i), |j| scaled_rest!(j), rest) / width as f32;
            let mean_product = sum!(
                simd,
                count,
                |i| simd.mul_f32s(scaled!(i), normal!(i)),
                |j| scaled_rest!(j) * normal_rest!(j),
                rest
            ) / width as f32;
            let (scaled_means, product_means) = (simd.splat_f32s(mean_scaled), simd.splat_f32s(mean_product));
            for i in 0..count {
                let centred = simd.sub_f32s(scaled!(i), scaled_means);
                let centred = simd.sub_f32s(centred, simd.mul_f32s(normal!(i), product_means));
                dx[i] = simd.mul_add_e_f32s(centred, reciprocals, dx[i]);
            }
            for j in 0..rest {
                let centred = scaled_rest!(j) - mean_scaled - normal_rest!(j) * mean_product;
                dx_rest[j] = centred.mul_add(reciprocal, dx_rest[j]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::cpu::simd::{dispatch_on, instruction_sets};

    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        (0..count as u32).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 700.0 - 1.3).collect()
    }

    #[test]
    fn every_instruction_set_normalises_any_width_as_sums_in_double_precision_do() {
        for set in instruction_sets() {
            for width in [1, 3, 8, 17, 64, 77, 100] {
                let rows = 5;
                let (x, dy) = (numbers(rows * width, 1), numbers(rows * width, 2));
                let (gamma, beta) = (numbers(width, 3), numbers(width, 4));
                let (mut y, mut stats) = (vec![f32::NAN; rows * width], vec![f32::NAN; rows * 2]);
                let (g, b) = (&gamma[..], &beta[..]);
                dispatch_on(set, Forward { width, x: &x, gamma: g, beta: b, y: &mut y, stats: &mut stats });
                let mut dx = vec![0.5; rows * width];
                let (mut dgamma, mut dbeta) = (vec![0.25; width], vec![0.125; width]);
                dispatch_on(
                    set,
                    Backward {
                        width,
                        x: &x,
                        gamma: g,
                        stats: &stats,
                        dy: &dy,
                        dx: &mut dx,
                        dgamma: &mut dgamma,
                        dbeta: &mut dbeta,
                    },
                );
                let mut of_gamma = vec![0.25f64; width];
                for row in 0..rows {
                    let double = |from: &[f32]| -> Vec<f64> {
                        from[row * width..][..width].iter().map(|v| f64::from(*v)).collect()
                    };
                    let (x, dy) = (double(&x), double(&dy));
                    let mean_of = |values: &[f64]| values.iter().sum::<f64>() / width as f64;
                    let mean = mean_of(&x);
                    let squares: Vec<f64> = x.iter().map(|x| (x - mean).powi(2)).collect();
                    let reciprocal = 1.0 / (mean_of(&squares) + f64::from(EPSILON)).sqrt();
                    let normal: Vec<f64> = x.iter().map(|x| (x - mean) * reciprocal).collect();
                    let scaled: Vec<f64> = dy.iter().zip(g).map(|(d, g)| d * f64::from(*g)).collect();
                    let product: Vec<f64> = scaled.iter().zip(&normal).map(|(s, n)| s * n).collect();
                    for i in 0..width {
                        let expected = normal[i] * f64::from(g[i]) + f64::from(b[i]);
                        let found = f64::from(y[row * width + i]);
                        assert!((found - expected).abs() < 1e-4, "{set:?}, {width}: {found}, not {expected}");
                        let centred = scaled[i] - mean_of(&scaled) - normal[i] * mean_of(&product);
                        let (found, expected) = (f64::from(dx[row * width + i]), 0.5 + centred * reciprocal);
                        // of a row of one number nothing is left, and the reciprocal is some 300
                        assert!((found - expected).abs() < 1e-3, "{set:?}, {width}: {found}, not {expected}");
                        of_gamma[i] += dy[i] * normal[i];
                    }
                }
                for i in 0..width {
                    assert!((f64::from(dgamma[i]) - of_gamma[i]).abs() < 1e-4, "{set:?}, {width}");
                    let sum: f32 = dy.chunks(width).map(|row| row[i]).sum();
                    assert!((dbeta[i] - 0.125 - sum).abs() < 1e-5, "{set:?}, {width}");
                }
            }
        }
    }
}
