//! GELU in its tanh form, `½x·(1 + tanh u)` with `u = √(2/π)·(x + 0.044715·x³)` (Hendrycks and Gimpel 2016, section
//! 2), within 5e-4 of the exact one. With the logistic function s that is `f(x) = x·s(2u)`, and
//! `f'(x) = s + x·s·(1 − s)·2u'` with `s = s(2u)`.

use super::formula::{UnaryOnCpu, UnaryOnGpu};
use super::sigmoid;
use cubecl::prelude::*;

pub struct Gelu;

/// `2·√(2/π)`.
const SCALE: f32 = 1.595_769;
/// The factor of the cube.
const CUBIC: f32 = 0.044_715;

/// `s(2u)` on the CPU.
#[inline(always)]
fn gate_on_cpu(x: f32) -> f32 {
    sigmoid::on_cpu(SCALE * x * (CUBIC * x).mul_add(x, 1.0))
}

/// `s(2u)` on the GPU.
#[cube]
fn gate_on_gpu(x: f32) -> f32 {
    sigmoid::on_gpu(SCALE * x * fma(CUBIC * x, x, 1.0f32))
}

impl UnaryOnCpu for Gelu {
    #[inline(always)]
    fn value(x: f32) -> f32 {
        x * gate_on_cpu(x)
    }

    #[inline(always)]
    fn gradient(x: f32, dy: f32) -> f32 {
        let s = gate_on_cpu(x);
        let slope = SCALE * (3.0 * CUBIC * x).mul_add(x, 1.0);
        dy * (s * (x * slope).mul_add(1.0 - s, 1.0))
    }
}

#[cube]
impl UnaryOnGpu for Gelu {
    fn value(x: f32) -> f32 {
        x * gate_on_gpu(x)
    }

    fn gradient(x: f32, dy: f32) -> f32 {
        let s = gate_on_gpu(x);
        let slope = SCALE * fma(3.0f32 * CUBIC * x, x, 1.0f32);
        dy * (s * fma(x * slope, 1.0f32 - s, 1.0f32))
    }
}
