//! Activations and the modulation by the condition; the mathematics stand in [`crate::tensor::ops`].

use super::lanes::{fma, vectorised};
use crate::tensor::FilmShape;
use crate::tensor::unary::{UnaryOnCpu, UnaryOp, with_unary};

vectorised! {
    pub fn value_of[F: UnaryOnCpu](x: &'a [f32], y: &'a mut [f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y = F::value(*x);
        }
    }
}

vectorised! {
    pub fn gradient_of[F: UnaryOnCpu](x: &'a [f32], dy: &'a mut [f32]) {
        for (dy, x) in dy.iter_mut().zip(x) {
            *dy = F::gradient(*x, *dy);
        }
    }
}

/// See [`crate::tensor::ops::unary`].
pub fn unary(op: UnaryOp, x: &[f32], y: &mut [f32]) {
    with_unary!(op, F => value_of::<F>(x, y));
}

/// See [`crate::tensor::ops::unary_backward`].
pub fn unary_backward(op: UnaryOp, x: &[f32], dy: &mut [f32]) {
    with_unary!(op, F => gradient_of::<F>(x, dy));
}

vectorised! {
    pub fn prelu(x: &'a [f32], slope: &'a [f32], y: &'a mut [f32]) {
        for (x, y) in x.chunks_exact(slope.len()).zip(y.chunks_exact_mut(slope.len())) {
            for ((y, x), slope) in y.iter_mut().zip(x).zip(slope) {
                *y = if *x > 0.0 { *x } else { slope * x };
            }
        }
    }
}

vectorised! {
    pub fn prelu_backward(x: &'a [f32], slope: &'a [f32], dy: &'a mut [f32], dslope: &'a mut [f32]) {
        let channels = slope.len();
        let dslope = &mut dslope[..channels];
        for (x, dy) in x.chunks_exact(channels).zip(dy.chunks_exact_mut(channels)) {
            for c in 0..channels {
                let negative = x[c].min(0.0);
                dslope[c] = fma(dy[c], negative, dslope[c]);
                dy[c] *= if x[c] > 0.0 { 1.0 } else { slope[c] };
            }
        }
    }
}

vectorised! {
    pub fn film(shape: FilmShape, gamma_beta: &'a [f32], t: &'a [f32], x: &'a mut [f32]) {
        let FilmShape { condition_rows, width, .. } = shape;
        for (r, x) in x.chunks_exact_mut(width).enumerate() {
            let s = if condition_rows == 1 { 0 } else { r };
            let (gamma, beta) = gamma_beta[s * 2 * width..][..2 * width].split_at(width);
            let t = &t[s * width..][..width];
            for i in 0..width {
                x[i] += fma(1.0 + gamma[i], t[i], beta[i]);
            }
        }
    }
}

vectorised! {
    pub fn film_backward(
        shape: FilmShape, gamma_beta: &'a [f32], t: &'a [f32], dx: &'a [f32],
        dgamma_dbeta: &'a mut [f32], dt: &'a mut [f32],
    ) {
        let width = shape.width;
        let inputs = gamma_beta.chunks_exact(2 * width).zip(t.chunks_exact(width)).zip(dx.chunks_exact(width));
        let outputs = dgamma_dbeta.chunks_exact_mut(2 * width).zip(dt.chunks_exact_mut(width));
        for (((gamma_beta, t), dx), (dgamma_dbeta, dt)) in inputs.zip(outputs) {
            let (dgamma, dbeta) = dgamma_dbeta.split_at_mut(width);
            let gamma = &gamma_beta[..width];
            for i in 0..width {
                dgamma[i] = dx[i] * t[i];
                dbeta[i] = dx[i];
                dt[i] = dx[i] * (1.0 + gamma[i]);
            }
        }
    }
}
