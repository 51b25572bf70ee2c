//! The Huber loss, `½·d²` where |d| ≤ 1 and `|d| − ½` beyond; its derivative is `d` held to −1 … 1.

use super::formula::{LossOnCpu, LossOnGpu};
use cubecl::prelude::*;

pub struct Huber;

impl LossOnCpu for Huber {
    #[inline(always)]
    fn value(difference: f32) -> f64 {
        let size = f64::from(difference.abs());
        if size <= 1.0 { 0.5 * size * size } else { size - 0.5 }
    }

    #[inline(always)]
    fn gradient(scale: f32, difference: f32) -> f32 {
        scale * difference.clamp(-1.0, 1.0)
    }
}

#[cube]
impl LossOnGpu for Huber {
    fn add(sum: f32, difference: f32) -> f32 {
        let size = difference.abs();
        sum + select(size <= 1.0f32, 0.5f32 * size * size, size - 0.5f32)
    }

    fn gradient(scale: f32, difference: f32) -> f32 {
        scale * clamp(difference, -1.0f32, 1.0f32)
    }
}
