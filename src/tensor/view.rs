//! Parts of buffers: what operations read and write.

/// A part of a buffer to read.
pub struct View<'a, T> {
    /// The whole buffer.
    pub buffer: &'a T,
    /// The first element; a multiple of [`super::ops::ALIGNMENT`] unless the view is the whole buffer.
    pub start: usize,
    /// The number of elements.
    pub len: usize,
}

impl<T> Clone for View<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for View<'_, T> {}

/// A part of a buffer to write.
pub struct ViewMut<'a, T> {
    /// The whole buffer.
    pub buffer: &'a mut T,
    /// The first element; a multiple of [`super::ops::ALIGNMENT`] unless the view is the whole buffer.
    pub start: usize,
    /// The number of elements.
    pub len: usize,
}

impl<'a, T> ViewMut<'a, T> {
    /// The same part, no longer to write.
    pub fn into_view(self) -> View<'a, T> {
        View { buffer: self.buffer, start: self.start, len: self.len }
    }

    /// The same part, lent for a shorter while.
    pub fn reborrow(&mut self) -> ViewMut<'_, T> {
        ViewMut { buffer: self.buffer, start: self.start, len: self.len }
    }
}

/// Two parts of one buffer to write, such as the gradients of a scale and of its shift in an arena.
pub struct PairMut<'a, T> {
    /// The whole buffer.
    pub buffer: &'a mut T,
    /// Start and length of the first part; as [`ViewMut::start`].
    pub first: (usize, usize),
    /// Start and length of the second part; overlaps the first nowhere.
    pub second: (usize, usize),
}
