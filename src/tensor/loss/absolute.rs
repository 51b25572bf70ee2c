//! The absolute error, `|d|`, whose derivative is the sign of `d`, taken to be 0 at 0.

use super::formula::{LossOnCpu, LossOnGpu};
use cubecl::prelude::*;

pub struct Absolute;

impl LossOnCpu for Absolute {
    #[inline(always)]
    fn value(difference: f32) -> f64 {
        f64::from(difference.abs())
    }

    #[inline(always)]
    fn gradient(scale: f32, difference: f32) -> f32 {
        if difference == 0.0 { 0.0 } else { scale.copysign(difference) }
    }
}

#[cube]
impl LossOnGpu for Absolute {
    fn add(sum: f32, difference: f32) -> f32 {
        sum + difference.abs()
    }

    fn gradient(scale: f32, difference: f32) -> f32 {
        let up = select(difference > 0.0f32, scale, 0.0f32);
        select(difference < 0.0f32, -scale, up)
    }
}
