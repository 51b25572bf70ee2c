//! The logistic function, `s(x) = 1/(1+e⁻ˣ)`, which others are made of.

use crate::tensor::cpu::exp;
use cubecl::prelude::*;

/// `s(x)` on the CPU.
#[inline(always)]
pub fn on_cpu(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// `s(x)` on the GPU, the exponential kept finite.
#[cube]
pub fn on_gpu(x: f32) -> f32 {
    1.0f32 / (1.0f32 + clamp(-x, -87.0f32, 88.0f32).exp())
}
