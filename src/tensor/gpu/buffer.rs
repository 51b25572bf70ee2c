//! Memory of the GPU: a handle of cubecl's pool and its length, and how a view of it becomes a
//! kernel's argument.

use crate::tensor::{PairMut, View};
use cubecl::prelude::*;
use cubecl::server::Handle;

/// Bytes of an element.
const ELEMENT: u64 = size_of::<f32>() as u64;

/// Dense `f32` elements on the device.
#[derive(Debug)]
pub struct GpuBuffer {
    handle: Handle,
    len: usize,
}

impl GpuBuffer {
    /// Memory for `len` elements, at least one: a binding of no bytes is not allowed.
    pub(super) fn new(client: &Client, len: usize) -> GpuBuffer {
        GpuBuffer { handle: client.empty(len.max(1) * size_of::<f32>()), len }
    }

    /// Memory that holds `data`.
    pub(super) fn from_slice(client: &Client, data: &[f32]) -> GpuBuffer {
        GpuBuffer { handle: client.create_from_slice(bytemuck::cast_slice(data)), len: data.len() }
    }

    /// The number of elements.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Pins a client to the cubecl stream on which this buffer was made.
    ///
    /// # Safety
    /// All memory that the client touches from here on must be made through it.
    pub(super) unsafe fn pin(&self, client: &mut Client) {
        // SAFETY: the caller's promise.
        unsafe { client.set_stream(self.handle.stream) }
    }

    /// The whole buffer as a kernel's argument.
    pub(super) fn arg(&self) -> BufferArg {
        arg(View { buffer: self, start: 0, len: self.len })
    }
}

/// The handle of a part: offsets from both ends, in bytes.
pub(super) fn part(view: View<GpuBuffer>) -> Handle {
    let GpuBuffer { handle, len } = view.buffer;
    let inside = view.start.checked_add(view.len).is_some_and(|end| end <= *len);
    assert!(inside, "a view of {} + {} in {len} elements", view.start, view.len);
    let mut handle = handle.clone();
    let after = len - view.start - view.len;
    if view.start > 0 {
        handle = handle.offset_start(view.start as u64 * ELEMENT);
    }
    if after > 0 {
        handle = handle.offset_end(after as u64 * ELEMENT);
    }
    handle
}

/// A part as a kernel's argument.
pub(super) fn arg(view: View<GpuBuffer>) -> BufferArg {
    // SAFETY: `part` has checked that the view lies inside the buffer's allocation.
    unsafe { BufferArg::from_raw_parts(part(view), view.len) }
}

/// Two parts of one buffer to write, as two arguments.
pub(super) fn pair(pair: &PairMut<GpuBuffer>) -> (BufferArg, BufferArg) {
    let ((start, len), (second, second_len)) = (pair.first, pair.second);
    assert!(start + len <= second || second + second_len <= start, "the two parts overlap");
    let part = |(start, len)| arg(View { buffer: &*pair.buffer, start, len });
    (part(pair.first), part(pair.second))
}
