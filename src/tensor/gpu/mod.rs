//! The GPU backend: hand-written cubecl kernels over wgpu (Vulkan, Metal, DirectX 12).
//!
//! Launches are queued and return at once; a kernel is compiled at its first launch. Whatever goes
//! wrong on the device shows at the next [`Machine::read`]. All launches of one [`Gpu`] go to
//! one cubecl stream, so they happen in the order of the calls, from whichever thread.

mod buffer;
mod device;
mod kernels;
mod machine;
mod tally;
mod whole;

pub use buffer::GpuBuffer;
pub use device::{AdapterChoice, AdapterInfo, AdapterKind, adapters};
pub use machine::Gpu;
pub use tally::{Asked, Copies, Family, Tally};

use super::backend::{Backend, argument, operations};
use super::*;

/// An argument as kernels take it: parts of buffers that are read and that are written are both views, two parts of
/// one buffer two arguments.
macro_rules! launched {
    (Out $argument:ident) => {
        $argument.into_view()
    };
    (HeldOut $argument:ident) => {
        $argument.into_view()
    };
    (Pair $argument:ident) => {
        buffer::pair(&$argument)
    };
    ($kind:ident $argument:ident) => {
        $argument
    };
}

/// Every operation launches the kernel of its name.
macro_rules! launch {
    ($($name:ident($($argument:ident: $kind:ident),*);)*) => {
        impl Backend for Gpu {
            $(unsafe fn $name(&self, $($argument: argument!($kind)),*) {
                kernels::$name(self, $(launched!($kind $argument)),*);
            })*
        }
    };
}
operations!(launch);
