//! What is asked of a GPU, counted: launches by family of kernels, and what goes between it and the host.
//!
//! Counts depend on shapes alone, so they are the same on every adapter: they are what kernels are judged by where
//! there is no GPU to time. Bytes are those of the parts that a launch binds, each once, and twice what it reads
//! and writes: the least that has to move, and not what a cache may make it.

use cubecl::prelude::CubeCount;
use std::collections::BTreeMap;

/// Bytes of an element.
const ELEMENT: u64 = size_of::<f32>() as u64;

/// Kernels that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Networks whole.
    Whole,
    /// Tiles of products.
    Products,
    /// Adding up the parts of products whose contraction is split.
    ProductSums,
    /// Attention.
    Attention,
    /// Normalisation of layers.
    Norms,
    /// Scalars to tokens and back, the condition with its dropout, the timestep.
    Tokens,
    /// Functions of one number, slopes and modulations.
    Activations,
    /// Copies, sums and limits, element by element.
    Elementwise,
    /// Sums over a batch's rows: gradients of what is no product's weight.
    Gradients,
    /// Loss and norm: sums over everything.
    Sums,
    /// Noise and dropout.
    Random,
    /// Steps of the optimiser.
    Optimiser,
}

impl Family {
    /// What it is called in a table.
    pub fn name(self) -> &'static str {
        match self {
            Family::Whole => "networks whole",
            Family::Products => "products",
            Family::ProductSums => "sums of split products",
            Family::Attention => "attention",
            Family::Norms => "norms",
            Family::Tokens => "tokens and condition",
            Family::Activations => "activations",
            Family::Elementwise => "copies and sums",
            Family::Gradients => "gradients over rows",
            Family::Sums => "loss and norm",
            Family::Random => "random numbers",
            Family::Optimiser => "optimiser",
        }
    }
}

/// What the launches of one family asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Asked {
    /// Launches.
    pub launches: u64,
    /// Workgroups of all of them.
    pub workgroups: u64,
    /// Bytes of the parts that they bind, twice where a part is read and written.
    pub bytes: u64,
    /// Floating-point operations, a multiplication with an addition as two.
    pub flop: f64,
    /// The most shared memory of a workgroup, in bytes.
    pub shared_bytes: u64,
    /// Barriers that a workgroup meets, added up over the launches: how long the work is in series.
    pub barriers: u64,
}

impl Asked {
    /// What both asked for together.
    #[must_use]
    pub fn and(self, other: Asked) -> Asked {
        Asked {
            launches: self.launches + other.launches,
            workgroups: self.workgroups + other.workgroups,
            bytes: self.bytes + other.bytes,
            flop: self.flop + other.flop,
            shared_bytes: self.shared_bytes.max(other.shared_bytes),
            barriers: self.barriers + other.barriers,
        }
    }
}

/// Copies between the host and the device, one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copies {
    /// How many.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Copies {
    fn and(self, other: Copies) -> Copies {
        Copies { count: self.count + other.count, bytes: self.bytes + other.bytes }
    }

    fn without(self, other: Copies) -> Copies {
        Copies { count: self.count - other.count, bytes: self.bytes - other.bytes }
    }

    fn add(&mut self, elements: usize) {
        self.count += 1;
        self.bytes += elements as u64 * ELEMENT;
    }
}

/// All that was asked of a device since it was last taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Launches, by family; families that were not launched are not there.
    pub families: BTreeMap<Family, Asked>,
    /// From the host to the device.
    pub writes: Copies,
    /// From the device to the host; each waits for all that was launched before.
    pub reads: Copies,
}

impl Tally {
    /// All families together.
    pub fn total(&self) -> Asked {
        self.families.values().fold(Asked::default(), |all, one| all.and(*one))
    }

    /// What this asked for beyond what `other`, the first part of it, did.
    #[must_use]
    pub fn without(&self, other: &Tally) -> Tally {
        let rest = |family: &Family, asked: &Asked| {
            let less = other.families.get(family).copied().unwrap_or_default();
            Asked {
                launches: asked.launches - less.launches,
                workgroups: asked.workgroups - less.workgroups,
                bytes: asked.bytes - less.bytes,
                flop: asked.flop - less.flop,
                shared_bytes: asked.shared_bytes,
                barriers: asked.barriers - less.barriers,
            }
        };
        let families = self.families.iter().map(|(family, asked)| (*family, rest(family, asked)));
        Tally {
            families: families.filter(|(_, asked)| asked.launches > 0).collect(),
            writes: self.writes.without(other.writes),
            reads: self.reads.without(other.reads),
        }
    }

    /// What this asks for with `times` times another.
    #[must_use]
    pub fn with(&self, other: &Tally, times: u64) -> Tally {
        let mut all = self.clone();
        for _ in 0..times {
            for (family, asked) in &other.families {
                let own = all.families.entry(*family).or_default();
                *own = own.and(*asked);
            }
            all.writes = all.writes.and(other.writes);
            all.reads = all.reads.and(other.reads);
        }
        all
    }

    pub(super) fn launched(&mut self, work: Work) {
        let family = self.families.entry(work.family).or_default();
        *family = family.and(work.asked);
    }

    pub(super) fn written(&mut self, elements: usize) {
        self.writes.add(elements);
    }

    pub(super) fn read(&mut self, elements: usize) {
        self.reads.add(elements);
    }
}

/// One launch, as its kernel describes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Work {
    family: Family,
    asked: Asked,
}

impl Work {
    /// A launch of so many workgroups; without shared memory, arithmetic or arguments so far.
    pub(super) fn new(family: Family, cubes: &CubeCount) -> Work {
        let workgroups = match cubes {
            CubeCount::Static(x, y, z) => u64::from(*x) * u64::from(*y) * u64::from(*z),
            CubeCount::Dynamic(_) => 0,
        };
        Work { family, asked: Asked { launches: 1, workgroups, ..Asked::default() } }
    }

    /// The lengths of the parts that it reads or writes, in elements; twice for what it reads and writes.
    pub(super) fn moves<const N: usize>(mut self, elements: [usize; N]) -> Work {
        self.asked.bytes += elements.iter().map(|len| *len as u64 * ELEMENT).sum::<u64>();
        self
    }

    /// Floating-point operations.
    pub(super) fn flop(mut self, flop: usize) -> Work {
        self.asked.flop += flop as f64;
        self
    }

    /// Elements of shared memory, and barriers that a workgroup meets.
    pub(super) fn shares(mut self, elements: usize, barriers: usize) -> Work {
        self.asked.shared_bytes = elements as u64 * ELEMENT;
        self.asked.barriers = barriers as u64;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_adds_up_launches_and_keeps_the_most_shared_memory() {
        let mut tally = Tally::default();
        let cubes = CubeCount::Static(3, 2, 1);
        tally.launched(Work::new(Family::Norms, &cubes).moves([10, 20]).flop(7).shares(64, 5));
        tally.launched(Work::new(Family::Norms, &cubes).moves([1]).shares(32, 1));
        tally.launched(Work::new(Family::Random, &CubeCount::Static(1, 1, 1)));
        tally.written(8);
        tally.read(1);
        let norms =
            Asked { launches: 2, workgroups: 12, bytes: 124, flop: 7.0, shared_bytes: 256, barriers: 6 };
        assert_eq!(tally.families[&Family::Norms], norms);
        assert_eq!(tally.total(), Asked { launches: 3, workgroups: 13, ..norms });
        let twice = tally.with(&tally, 1);
        assert_eq!(
            twice.total(),
            Asked { launches: 6, workgroups: 26, bytes: 248, flop: 14.0, barriers: 12, ..norms }
        );
        assert_eq!(twice.without(&tally), tally);
        assert_eq!(tally.without(&tally).families.len(), 0);
        assert_eq!(
            (tally.writes, tally.reads),
            (Copies { count: 1, bytes: 32 }, Copies { count: 1, bytes: 4 })
        );
    }
}
