//! What a function of one number must say of itself, for each device.

use cubecl::prelude::*;

/// A function on the CPU. Its parts must be `#[inline(always)]`, so that they are compiled with the loop that calls
/// them.
pub trait UnaryOnCpu {
    /// `f(x)`.
    fn value(x: f32) -> f32;
    /// `dy·f'(x)`.
    fn gradient(x: f32, dy: f32) -> f32;
}

/// A function on the GPU.
#[cube]
pub trait UnaryOnGpu: 'static + Send + Sync {
    /// `f(x)`.
    fn value(x: f32) -> f32;
    /// `dy·f'(x)`.
    fn gradient(x: f32, dy: f32) -> f32;
}
