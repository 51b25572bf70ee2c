//! AdamW with clipping by the global norm and a moving average of the weights, in one pass over the
//! arena (see [`crate::tensor::ops::adam_w`]). The norm stays on the device: no read-back a step.

use super::{Family, In, Out, UNITS, Work, cubes, units};
use crate::tensor::AdamW;
use crate::tensor::gpu::buffer::arg;
use crate::tensor::gpu::machine::Gpu;
use cubecl::prelude::*;

/// `correction1` and `correction2` are 1/(1 − βᵗ)
#[cube(launch_unchecked)]
#[allow(clippy::too_many_arguments)]
fn adam_w_kernel(
    gradients: &[f32],
    mask: &[f32],
    square_norm: &[f32],
    weights: &mut [f32],
    first: &mut [f32],
    second: &mut [f32],
    ema: &mut [f32],
    len: usize,
    learning_rate: f32,
    beta1: f32,
    beta2: f32,
    correction1: f32,
    correction2: f32,
    epsilon: f32,
    weight_decay: f32,
    clip_norm: f32,
    ema_decay: f32,
) {
    let i = ABSOLUTE_POS;
    if i < len {
        let norm = square_norm[0].sqrt();
        let g = gradients[i] * select(norm > clip_norm, clip_norm / norm, 1.0f32);
        let m = fma(beta1, first[i], (1.0f32 - beta1) * g);
        let u = fma(beta2, second[i], (1.0f32 - beta2) * g * g);
        let update = m * correction1 / ((u * correction2).sqrt() + epsilon);
        let w = weights[i];
        let stepped = w - learning_rate * (update + mask[i] * weight_decay * w);
        first[i] = m;
        second[i] = u;
        weights[i] = stepped;
        ema[i] = fma(ema_decay, ema[i], (1.0f32 - ema_decay) * stepped);
    }
}

/// One step over `len` elements of every array; `square_norm[1]`.
#[allow(clippy::too_many_arguments)]
pub fn adam_w(
    gpu: &Gpu,
    settings: AdamW,
    gradients: In,
    mask: In,
    square_norm: In,
    weights: Out,
    first: Out,
    second: Out,
    ema: Out,
) {
    let len = gradients.len;
    let AdamW { step, learning_rate, beta1, beta2, epsilon, weight_decay, clip_norm, ema_decay } = settings;
    let correction = |beta: f32| 1.0 / (1.0 - beta.powi(step as i32));
    let count = cubes(len, UNITS);
    // gradients and mask are read, weights, both moments and the average read and written
    let work = Work::new(Family::Optimiser, &count).moves([len, len, 8 * len, 1]).flop(20 * len);
    // SAFETY: the kernel stays below `len`, the length of every array but `square_norm`, read at 0.
    unsafe {
        adam_w_kernel::launch_unchecked(
            gpu.launch(work),
            count,
            units(),
            arg(gradients),
            arg(mask),
            arg(square_norm),
            arg(weights),
            arg(first),
            arg(second),
            arg(ema),
            len,
            learning_rate,
            beta1,
            beta2,
            correction(beta1),
            correction(beta2),
            epsilon,
            weight_decay,
            // a shader may take it that no number is infinite
            clip_norm.min(f32::MAX),
            ema_decay,
        )
    }
}
