//! The native CPU backend: `gemm` for products, vectorised loops for the rest, rayon over lanes.
//!
//! One operation runs on one thread. Parallelism lies above: a batch is cut into lanes small enough
//! that a lane's activations stay in the core's cache from one operation to the next, and lanes run
//! side by side (see [`Machine::for_each_lane`]). Loops are compiled for SSE2, AVX2 and AVX-512 and
//! chosen at run time through `pulp`; attention names its vectors itself.

mod activation;
mod attention;
mod buffer;
mod elementwise;
mod half;
mod held;
mod lanes;
mod matmul;
mod norm;
mod optimiser;
mod panels;
mod product;
mod simd;
mod tokens;

use super::backend::{argument, operations};
use super::*;
pub use buffer::CpuBuffer;
pub(super) use lanes::exp;

use buffer::{pair_mut, slice, slice_mut};
use rayon::prelude::*;

/// Rows of a batch that one lane takes: 16 rows of 14 tokens of 64 channels are 56 KiB, so that an
/// operation's arguments and results fit a core's second-level cache.
const LANE_ROWS: usize = 16;

/// The native CPU.
#[derive(Debug)]
pub struct Cpu {
    pool: rayon::ThreadPool,
    poison: bool,
}

impl Cpu {
    /// A backend on `threads` threads; 0 for as many as there are cores.
    ///
    /// # Errors
    /// The threads cannot be started.
    pub fn new(threads: usize) -> Result<Cpu, TensorError> {
        let builder = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = builder.thread_name(|i| format!("sizewright-cpu-{i}")).build();
        let pool = pool.map_err(|e| TensorError::NoDevice {
            wanted: "CPU thread pool".to_owned(),
            remedy: format!("{e}; free some memory or raise the limit on threads"),
        })?;
        Ok(Cpu { pool, poison: false })
    }

    /// A backend whose fresh buffers hold NaN, to find reads of what was never written.
    ///
    /// # Errors
    /// As [`Cpu::new`].
    pub fn poisoned() -> Result<Cpu, TensorError> {
        Ok(Cpu { poison: true, ..Cpu::new(0)? })
    }
}

impl Machine for Cpu {
    type Buffer = CpuBuffer;

    fn name(&self) -> String {
        #[cfg(target_arch = "x86_64")]
        let instructions = if is_x86_feature_detected!("avx512f") {
            "AVX-512, "
        } else if is_x86_feature_detected!("avx2") {
            "AVX2, "
        } else {
            "SSE2, "
        };
        #[cfg(not(target_arch = "x86_64"))]
        let instructions = "";
        let threads = self.pool.current_num_threads();
        format!("CPU ({instructions}{threads} thread{})", if threads == 1 { "" } else { "s" })
    }

    fn lane_rows(&self) -> usize {
        LANE_ROWS
    }

    fn for_each_lane<L: Send>(&self, lanes: &mut [L], work: impl Fn(usize, &mut L) + Send + Sync) {
        self.pool.install(|| {
            // one lane at a time a thread: a lane is long, and a stolen core must not hold others back
            lanes.par_iter_mut().with_max_len(1).enumerate().for_each(|(index, lane)| work(index, lane));
        });
    }

    fn alloc(&self, len: usize) -> CpuBuffer {
        CpuBuffer::filled(len, if self.poison { f32::NAN } else { 0.0 })
    }

    fn hold(&self, buffer: &mut CpuBuffer, precision: Precision) {
        buffer.hold(precision);
    }

    fn len(&self, buffer: &CpuBuffer) -> usize {
        buffer.len()
    }

    unsafe fn write(&self, into: ViewMut<CpuBuffer>, data: &[f32]) {
        slice_mut(into).copy_from_slice(data);
    }

    fn read(&self, from: View<CpuBuffer>) -> Result<Vec<f32>, TensorError> {
        Ok(slice(from).to_vec())
    }
}

/// The kernels, each by the name of its operation.
mod kernels {
    pub use super::activation::*;
    pub use super::attention::*;
    pub use super::elementwise::*;
    pub use super::matmul::matmul;
    pub use super::norm::*;
    pub use super::optimiser::*;
    pub use super::tokens::*;
}

/// An argument as kernels take it: parts of buffers as slices.
macro_rules! sliced {
    (In $argument:ident) => {
        slice($argument)
    };
    (Out $argument:ident) => {
        slice_mut($argument)
    };
    (Pair $argument:ident) => {
        pair_mut($argument)
    };
    ($kind:ident $argument:ident) => {
        $argument
    };
}

/// Every operation runs the kernel of its name.
macro_rules! run {
    ($($name:ident($($argument:ident: $kind:ident),*);)*) => {
        impl Backend for Cpu {
            $(unsafe fn $name(&self, $($argument: argument!($kind)),*) {
                kernels::$name($(sliced!($kind $argument)),*);
            })*
        }
    };
}
operations!(run);
