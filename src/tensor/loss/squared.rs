//! The squared error, `d²`, whose derivative is `2·d`.

use super::formula::{LossOnCpu, LossOnGpu};
use cubecl::prelude::*;

pub struct Squared;

impl LossOnCpu for Squared {
    #[inline(always)]
    fn value(difference: f32) -> f64 {
        f64::from(difference) * f64::from(difference)
    }

    #[inline(always)]
    fn gradient(scale: f32, difference: f32) -> f32 {
        2.0 * scale * difference
    }
}

#[cube]
impl LossOnGpu for Squared {
    fn add(sum: f32, difference: f32) -> f32 {
        fma(difference, difference, sum)
    }

    fn gradient(scale: f32, difference: f32) -> f32 {
        2.0f32 * scale * difference
    }
}
