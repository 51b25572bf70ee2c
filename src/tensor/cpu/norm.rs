//! Layer normalisation; the mathematics stand in [`crate::tensor::ops`].

use super::buffer::Pair;
use super::lanes::{dot, fma, sum, vectorised};

/// Added to the variance.
pub const EPSILON: f32 = 1e-5;

vectorised! {
    pub fn layer_norm(
        width: usize, x: &'a [f32], gamma: &'a [f32], beta: &'a [f32], y: &'a mut [f32], stats: &'a mut [f32],
    ) {
        let gamma = &gamma[..width];
        let beta = &beta[..width];
        let rows = x.chunks_exact(width).zip(y.chunks_exact_mut(width)).zip(stats.chunks_exact_mut(2));
        for ((x, y), stats) in rows {
            let mean = sum(x) / width as f32;
            // the centred row first, so that the variance does not cancel
            for (y, x) in y.iter_mut().zip(x) {
                *y = x - mean;
            }
            let reciprocal = 1.0 / (dot(y, y) / width as f32 + EPSILON).sqrt();
            for i in 0..width {
                y[i] = fma(y[i] * reciprocal, gamma[i], beta[i]);
            }
            stats[0] = mean;
            stats[1] = reciprocal;
        }
    }
}

vectorised! {
    pub fn layer_norm_backward(
        width: usize, x: &'a [f32], gamma: &'a [f32], stats: &'a [f32], dy: &'a [f32],
        dx: &'a mut [f32], dgamma_dbeta: Pair<'a>,
    ) {
        let (dgamma, dbeta) = dgamma_dbeta;
        let gamma = &gamma[..width];
        let (dgamma, dbeta) = (&mut dgamma[..width], &mut dbeta[..width]);
        let mut normal = vec![0.0f32; width];
        let mut scaled = vec![0.0f32; width];
        let inputs = x.chunks_exact(width).zip(dy.chunks_exact(width)).zip(stats.chunks_exact(2));
        for (((x, dy), stats), dx) in inputs.zip(dx.chunks_exact_mut(width)) {
            let (mean, reciprocal) = (stats[0], stats[1]);
            for i in 0..width {
                normal[i] = (x[i] - mean) * reciprocal;
                scaled[i] = dy[i] * gamma[i];
                dgamma[i] = fma(dy[i], normal[i], dgamma[i]);
                dbeta[i] += dy[i];
            }
            let mean_scaled = sum(&scaled) / width as f32;
            let mean_product = dot(&scaled, &normal) / width as f32;
            for i in 0..width {
                let centred = scaled[i] - mean_scaled - normal[i] * mean_product;
                dx[i] = fma(centred, reciprocal, dx[i]);
            }
        }
    }
}
