//! Host data onto a device.

use crate::tensor::Backend;
use crate::tensor::ops::{self, all_mut};

/// A buffer with `data` in it.
pub fn upload<B: Backend>(backend: &B, data: &[f32]) -> B::Buffer {
    let mut buffer = backend.alloc(data.len());
    ops::write(backend, all_mut(backend, &mut buffer), data);
    buffer
}
