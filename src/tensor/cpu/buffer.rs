//! Memory of the CPU, and how a view of it becomes a slice.

use super::held::Held;
use crate::tensor::{PairMut, Precision, View, ViewMut};
use bytemuck::{Pod, Zeroable};

/// A cache line: vectors of AVX-512 that start where one does are read at once, others in two parts.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Line([f32; 16]);

// SAFETY: an array of `f32` fills it, without padding; all bits may be 0.
unsafe impl Zeroable for Line {}
// SAFETY: as above, and any bits are an `f32`.
unsafe impl Pod for Line {}

/// Numbers in whole cache lines.
#[derive(Debug)]
pub struct CpuBuffer {
    lines: Vec<Line>,
    len: usize,
    /// Where it holds weights or their gradients.
    held: Option<Box<Held<CpuBuffer>>>,
}

impl CpuBuffer {
    /// `len` times `value`.
    pub(super) fn filled(len: usize, value: f32) -> CpuBuffer {
        CpuBuffer { lines: vec![Line([value; 16]); len.div_ceil(16)], len, held: None }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn as_slice(&self) -> &[f32] {
        &bytemuck::cast_slice(&self.lines)[..self.len]
    }

    /// What was packed of it is no longer true after this.
    pub(super) fn as_mut_slice(&mut self) -> &mut [f32] {
        if let Some(held) = &mut self.held {
            held.forget();
        }
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..self.len]
    }

    /// Keeps what products pack of it from now on, and makes them this exact.
    pub(super) fn hold(&mut self, precision: Precision) {
        self.held = Some(Box::new(Held::new(precision)));
    }

    /// What is kept beside it.
    pub(super) fn held(&self) -> Option<&Held<CpuBuffer>> {
        self.held.as_deref()
    }
}

/// Two parts of one buffer to write.
pub type Pair<'a> = (&'a mut [f32], &'a mut [f32]);

pub fn slice<'a>(view: View<'a, CpuBuffer>) -> &'a [f32] {
    &view.buffer.as_slice()[view.start..view.start + view.len]
}

pub fn slice_mut<'a>(view: ViewMut<'a, CpuBuffer>) -> &'a mut [f32] {
    &mut view.buffer.as_mut_slice()[view.start..view.start + view.len]
}

pub fn pair_mut<'a>(pair: PairMut<'a, CpuBuffer>) -> Pair<'a> {
    let range = |(start, len): (usize, usize)| start..start + len;
    let [first, second] = pair
        .buffer
        .as_mut_slice()
        .get_disjoint_mut([range(pair.first), range(pair.second)])
        .expect("the two parts lie inside the buffer and apart");
    (first, second)
}
