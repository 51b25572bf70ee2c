//! Memory that knows how wide its rows are, so that a layer names rows and never counts elements.

use super::backend::Backend;
use super::view::{View, ViewMut};

/// Rows of one width on a device, such as the activations of a layer.
pub struct Rows<B: Backend> {
    buffer: B::Buffer,
    width: usize,
}

impl<B: Backend> Rows<B> {
    /// Memory for up to `rows` rows of `width` elements; it holds anything.
    pub fn new(backend: &B, rows: usize, width: usize) -> Rows<B> {
        Rows { buffer: backend.alloc(rows * width), width }
    }

    /// The first `rows` rows, to read.
    pub fn rows(&self, rows: usize) -> View<'_, B::Buffer> {
        self.narrow(rows, self.width)
    }

    /// The first `rows` rows, to write.
    pub fn rows_mut(&mut self, rows: usize) -> ViewMut<'_, B::Buffer> {
        self.narrow_mut(rows, self.width)
    }

    /// All of the memory, to read.
    pub fn whole(&self, backend: &B) -> View<'_, B::Buffer> {
        View { buffer: &self.buffer, start: 0, len: backend.len(&self.buffer) }
    }

    /// `rows` rows of another width in the same memory, to read: what layers of different widths share is as wide as
    /// the widest of them.
    pub fn narrow(&self, rows: usize, width: usize) -> View<'_, B::Buffer> {
        View { buffer: &self.buffer, start: 0, len: rows * width }
    }

    /// `rows` rows of another width in the same memory, to write.
    pub fn narrow_mut(&mut self, rows: usize, width: usize) -> ViewMut<'_, B::Buffer> {
        ViewMut { buffer: &mut self.buffer, start: 0, len: rows * width }
    }
}
