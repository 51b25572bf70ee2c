//! What a buffer of weights keeps: its matrices as products want them, packed when first asked for and forgotten when
//! the buffer is written. A step of training packs each once for all lanes, a draw once for all of its steps.

use crate::tensor::Precision;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A packing of a part of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Where the part starts.
    pub start: usize,
    /// The contracted size.
    pub k: usize,
    /// Columns of the result.
    pub n: usize,
    /// Whether it lies as `[n,k]`.
    pub transposed: bool,
    /// Of which numbers.
    pub precision: Precision,
}

/// What is kept beside a buffer of weights, packed in memory of type `M`.
#[derive(Debug)]
pub struct Held<M> {
    precision: Precision,
    packed: RwLock<HashMap<Key, Arc<M>>>,
}

impl<M> Held<M> {
    pub fn new(precision: Precision) -> Held<M> {
        Held { precision, packed: RwLock::default() }
    }

    /// How exact products with it are.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// A packing, made by `pack` where it is not there yet. Threads that ask for the same wait for the first.
    pub fn packed(&self, key: Key, pack: impl FnOnce() -> M) -> Arc<M> {
        // a thread that panics leaves the map whole
        if let Some(packed) = self.packed.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(packed);
        }
        let mut all = self.packed.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(key).or_insert_with(|| Arc::new(pack())))
    }

    /// Forgets what was packed.
    pub fn forget(&mut self) {
        self.packed.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
