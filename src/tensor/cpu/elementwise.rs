//! Elementwise operations, reductions, losses and random numbers; the mathematics stand in
//! [`crate::tensor::ops`].

use super::lanes::{axpy, fma, sum, vectorised};
use crate::tensor::loss::{Loss, LossOnCpu, with_loss};
use crate::tensor::random;
pub use crate::tensor::random::fill_normal as normal;

vectorised! {
    pub fn combine(into: &'a mut [f32], a: f32, b: f32, x: &'a [f32], c: f32, y: &'a [f32]) {
        let n = into.len();
        let (x, y) = (&x[..n], &y[..n]);
        if a == 0.0 {
            for i in 0..n {
                into[i] = fma(b, x[i], c * y[i]);
            }
        } else {
            for i in 0..n {
                into[i] = fma(a, into[i], fma(b, x[i], c * y[i]));
            }
        }
    }
}

vectorised! {
    pub fn add(from: &'a [f32], into: &'a mut [f32]) {
        axpy(1.0, from, into);
    }
}

vectorised! {
    pub fn clamp(into: &'a mut [f32], low: f32, high: f32) {
        for x in into.iter_mut() {
            *x = x.max(low).min(high);
        }
    }
}

vectorised! {
    pub fn column_sums(columns: usize, x: &'a [f32], into: &'a mut [f32]) {
        for row in x.chunks_exact(columns) {
            axpy(1.0, row, into);
        }
    }
}

vectorised! {
    pub fn loss_of[L: LossOnCpu](
        scale: f32, prediction: &'a [f32], target: &'a [f32], gradient: &'a mut [f32], total: &'a mut f32,
    ) {
        let mut sum = 0.0f64;
        for ((g, p), t) in gradient.iter_mut().zip(prediction).zip(target) {
            let difference = p - t;
            *g = L::gradient(scale, difference);
            sum += L::value(difference);
        }
        *total += (sum * f64::from(scale)) as f32;
    }
}

vectorised! {
    pub fn sum_of_squares(x: &'a [f32], into: &'a mut [f32]) {
        // partial sums of bounded length keep the rounding error small on a long arena
        let mut squares = [0.0f32; 1024];
        let mut total = 0.0f64;
        for part in x.chunks(1024) {
            for (s, x) in squares.iter_mut().zip(part) {
                *s = x * x;
            }
            total += f64::from(sum(&squares[..part.len()]));
        }
        into[0] = total as f32;
    }
}

/// See [`crate::tensor::ops::loss`].
pub fn loss(
    loss: Loss,
    scale: f32,
    prediction: &[f32],
    target: &[f32],
    gradient: &mut [f32],
    total: &mut [f32],
) {
    with_loss!(loss, L => loss_of::<L>(scale, prediction, target, gradient, &mut total[0]));
}

pub fn fill(into: &mut [f32], value: f32) {
    into.fill(value);
}

pub fn copy(from: &[f32], into: &mut [f32]) {
    into.copy_from_slice(from);
}

/// See [`crate::tensor::ops::dropout`].
pub fn dropout(into: &mut [f32], p: f32, seed: u64, stream: u64) {
    let scale = 1.0 / (1.0 - p);
    for (index, part) in into.chunks_mut(4).enumerate() {
        let words = random::block(seed, stream, index as u32);
        for (x, word) in part.iter_mut().zip(words) {
            *x = if random::uniform(word) < p { 0.0 } else { *x * scale };
        }
    }
}
