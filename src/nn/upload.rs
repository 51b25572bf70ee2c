//! Host data onto a device.

use crate::tensor::ops::{self, all_mut};
use crate::tensor::{Backend, Precision};

/// A buffer with `data` in it.
pub fn upload<B: Backend>(backend: &B, data: &[f32]) -> B::Buffer {
    let mut buffer = backend.alloc(data.len());
    ops::write(backend, all_mut(backend, &mut buffer), data);
    buffer
}

/// A buffer of weights with `data` in it: what products pack of it is kept, and they are this exact.
pub fn upload_weights<B: Backend>(backend: &B, data: &[f32], precision: Precision) -> B::Buffer {
    let mut buffer = upload(backend, data);
    backend.hold(&mut buffer, precision);
    buffer
}
