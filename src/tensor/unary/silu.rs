//! SiLU, `f(x) = x·s(x)`, `f'(x) = s(x)·(1 + x·(1 − s(x)))`, with the logistic function s.

use super::formula::{UnaryOnCpu, UnaryOnGpu};
use super::sigmoid;
use cubecl::prelude::*;

pub struct Silu;

impl UnaryOnCpu for Silu {
    #[inline(always)]
    fn value(x: f32) -> f32 {
        x * sigmoid::on_cpu(x)
    }

    #[inline(always)]
    fn gradient(x: f32, dy: f32) -> f32 {
        let s = sigmoid::on_cpu(x);
        dy * (s * x.mul_add(1.0 - s, 1.0))
    }
}

#[cube]
impl UnaryOnGpu for Silu {
    fn value(x: f32) -> f32 {
        x * sigmoid::on_gpu(x)
    }

    fn gradient(x: f32, dy: f32) -> f32 {
        let s = sigmoid::on_gpu(x);
        dy * (s * fma(x, 1.0f32 - s, 1.0f32))
    }
}
