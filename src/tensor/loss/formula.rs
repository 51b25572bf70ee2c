//! What a loss must say of itself, for each device.

use cubecl::prelude::*;

/// A loss on the CPU, of one element's `difference = prediction − target`. Its functions must be
/// `#[inline(always)]`, so that they are compiled with the loop that calls them.
pub trait LossOnCpu {
    /// The loss of the element, in twice the precision, since thousands of them are added up.
    fn value(difference: f32) -> f64;
    /// `scale` times the derivative of the loss by the prediction.
    fn gradient(scale: f32, difference: f32) -> f32;
}

/// A loss on the GPU, of one element's `difference = prediction − target`.
#[cube]
pub trait LossOnGpu: 'static + Send + Sync {
    /// `sum` with the loss of the element added.
    fn add(sum: f32, difference: f32) -> f32;
    /// `scale` times the derivative of the loss by the prediction.
    fn gradient(scale: f32, difference: f32) -> f32;
}
