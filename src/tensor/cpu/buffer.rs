//! Memory of the CPU, and how a view of it becomes a slice.

use crate::tensor::{PairMut, View, ViewMut};

/// A plain vector.
#[derive(Debug)]
pub struct CpuBuffer(pub(super) Vec<f32>);

/// Two parts of one buffer to write.
pub type Pair<'a> = (&'a mut [f32], &'a mut [f32]);

pub fn slice<'a>(view: View<'a, CpuBuffer>) -> &'a [f32] {
    &view.buffer.0[view.start..view.start + view.len]
}

pub fn slice_mut<'a>(view: ViewMut<'a, CpuBuffer>) -> &'a mut [f32] {
    &mut view.buffer.0[view.start..view.start + view.len]
}

pub fn pair_mut<'a>(pair: PairMut<'a, CpuBuffer>) -> Pair<'a> {
    let range = |(start, len): (usize, usize)| start..start + len;
    let [first, second] = pair
        .buffer
        .0
        .get_disjoint_mut([range(pair.first), range(pair.second)])
        .expect("the two parts lie inside the buffer and apart");
    (first, second)
}
