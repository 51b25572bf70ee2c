//! AdamW with clipping and a moving average, in one pass over the arena; the mathematics stand in
//! [`crate::tensor::ops::adam_w`].

use super::lanes::{fma, vectorised};
use crate::tensor::AdamW;

vectorised! {
    pub fn adam_w(
        settings: AdamW, gradients: &'a [f32], mask: &'a [f32], square_norm: &'a [f32], weights: &'a mut [f32],
        first: &'a mut [f32], second: &'a mut [f32], ema: &'a mut [f32],
    ) {
        let AdamW { step, learning_rate, beta1, beta2, epsilon, weight_decay, clip_norm, ema_decay } = settings;
        let norm = square_norm[0].sqrt();
        let scale = if norm > clip_norm { clip_norm / norm } else { 1.0 };
        let correction1 = 1.0 / (1.0 - beta1.powi(step as i32));
        let correction2 = 1.0 / (1.0 - beta2.powi(step as i32));
        let n = weights.len();
        let (gradients, mask) = (&gradients[..n], &mask[..n]);
        let (first, second, ema) = (&mut first[..n], &mut second[..n], &mut ema[..n]);
        for i in 0..n {
            let g = gradients[i] * scale;
            first[i] = fma(beta1, first[i], (1.0 - beta1) * g);
            second[i] = fma(beta2, second[i], (1.0 - beta2) * g * g);
            let update = first[i] * correction1 / ((second[i] * correction2).sqrt() + epsilon);
            weights[i] -= learning_rate * (update + mask[i] * weight_decay * weights[i]);
            ema[i] = fma(ema_decay, ema[i], (1.0 - ema_decay) * weights[i]);
        }
    }
}
