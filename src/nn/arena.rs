//! The parameter arena: one buffer, named slots.

use crate::tensor::{PairMut, View, ViewMut, ops::ALIGNMENT, random};
use serde::{Deserialize, Serialize};

/// A part of the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// The first element, a multiple of [`ALIGNMENT`].
    pub start: usize,
    /// The number of elements.
    pub len: usize,
}

impl Slot {
    /// The slot in a buffer, to read.
    pub fn of<T>(self, buffer: &T) -> View<'_, T> {
        View { buffer, start: self.start, len: self.len }
    }

    /// The slot in a buffer, to write.
    pub fn of_mut<T>(self, buffer: &mut T) -> ViewMut<'_, T> {
        ViewMut { buffer, start: self.start, len: self.len }
    }
}

impl Slot {
    /// This slot and another in a buffer, to write.
    pub fn pair_mut<T>(self, second: Slot, buffer: &mut T) -> PairMut<'_, T> {
        PairMut { buffer, first: (self.start, self.len), second: (second.start, second.len) }
    }
}

/// What a slot holds before training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initial {
    /// One value.
    Constant(f32),
    /// Normal with this standard deviation.
    Normal(f32),
}

/// One named slot.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedSlot {
    /// Dotted name, such as `block0.self.q.weight`.
    pub name: String,
    /// Rows and columns; a vector has one row.
    pub shape: [usize; 2],
    /// Where it lies.
    pub slot: Slot,
    initial: Initial,
    decay: bool,
}

/// The slots of a network, in the order in which they were declared.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    entries: Vec<NamedSlot>,
    len: usize,
}

impl Layout {
    /// Declares a slot. Weight decay applies to matrices, not to vectors.
    pub fn declare(&mut self, name: impl Into<String>, shape: [usize; 2], initial: Initial) -> Slot {
        let slot = Slot { start: self.len, len: shape[0] * shape[1] };
        self.len = (self.len + slot.len).next_multiple_of(ALIGNMENT);
        let decay = shape[0] > 1 && matches!(initial, Initial::Normal(_));
        self.entries.push(NamedSlot { name: name.into(), shape, slot, initial, decay });
        slot
    }

    /// Elements of the whole arena, padding included.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing was declared.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The number of weights, without padding.
    pub fn weights(&self) -> usize {
        self.entries.iter().map(|e| e.slot.len).sum()
    }

    /// The slots.
    pub fn entries(&self) -> &[NamedSlot] {
        &self.entries
    }

    /// Initial weights: element `i` of a slot is element `i` of the slot's own random stream.
    pub fn initial(&self, seed: u64) -> Vec<f32> {
        let mut values = vec![0.0; self.len];
        for (stream, entry) in self.entries.iter().enumerate() {
            let part = &mut values[entry.slot.start..][..entry.slot.len];
            match entry.initial {
                Initial::Constant(value) => part.fill(value),
                Initial::Normal(deviation) => {
                    random::fill_normal(part, seed, stream as u64);
                    part.iter_mut().for_each(|value| *value *= deviation);
                }
            }
        }
        values
    }

    /// 1 where weight decay applies, 0 elsewhere.
    pub fn decay_mask(&self) -> Vec<f32> {
        let mut mask = vec![0.0; self.len];
        for entry in self.entries.iter().filter(|e| e.decay) {
            mask[entry.slot.start..][..entry.slot.len].fill(1.0);
        }
        mask
    }
}
