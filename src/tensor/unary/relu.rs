//! ReLU, `f(x) = max(x, 0)`, `f'(x) = [x > 0]`.

use super::formula::{UnaryOnCpu, UnaryOnGpu};
use cubecl::prelude::*;

pub struct Relu;

impl UnaryOnCpu for Relu {
    #[inline(always)]
    fn value(x: f32) -> f32 {
        x.max(0.0)
    }

    #[inline(always)]
    fn gradient(x: f32, dy: f32) -> f32 {
        if x > 0.0 { dy } else { 0.0 }
    }
}

#[cube]
impl UnaryOnGpu for Relu {
    fn value(x: f32) -> f32 {
        select(x > 0.0f32, x, 0.0f32)
    }

    fn gradient(x: f32, dy: f32) -> f32 {
        select(x > 0.0f32, dy, 0.0f32)
    }
}
