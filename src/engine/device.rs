//! Which device computes.

use crate::choice::choices;
use crate::tensor::cpu::Cpu;
use crate::tensor::gpu::{AdapterChoice, Gpu};
use crate::tensor::{Machine, TensorError};
use serde::{Deserialize, Serialize};

/// What the user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceChoice {
    /// A real GPU if there is one and it is faster at the job, which a trial of milliseconds says, else the native CPU.
    #[default]
    Auto,
    /// The native CPU.
    Cpu,
    /// The best GPU there is, software Vulkan included.
    Gpu,
}

choices!(DeviceChoice, "backend": Auto "auto", Cpu "cpu", Gpu "gpu");

/// A device, ready. There is one a process: its size does not matter.
#[allow(clippy::large_enum_variant)]
pub enum Device {
    /// The native CPU.
    Cpu(Cpu),
    /// A graphics adapter.
    Gpu(Gpu),
}

impl Device {
    /// Makes the device ready, without a trial. With `auto`, a machine without a real GPU, or whose GPU refuses, gets the
    /// CPU; `gpu` takes a software adapter if there is nothing better.
    ///
    /// # Errors
    /// There is none of the kind asked for, or it refuses.
    pub fn open(choice: DeviceChoice) -> Result<Device, TensorError> {
        match choice {
            DeviceChoice::Auto => Device::real_gpu().or_else(|_| Device::open(DeviceChoice::Cpu)),
            DeviceChoice::Cpu => Ok(Device::Cpu(Cpu::new(0)?)),
            DeviceChoice::Gpu => Ok(Device::Gpu(Gpu::new(&AdapterChoice::Any)?)),
        }
    }

    /// A real GPU, or in words why there is none.
    pub(super) fn real_gpu() -> Result<Device, String> {
        if !may_have_gpu() {
            return Err("this machine has no GPU".to_owned());
        }
        Gpu::new(&AdapterChoice::Hardware).map(Device::Gpu).map_err(|e| format!("no GPU can be used: {e}"))
    }

    /// What the user sees.
    pub fn name(&self) -> String {
        match self {
            Device::Cpu(cpu) => cpu.name(),
            Device::Gpu(gpu) => gpu.name(),
        }
    }
}

/// Whether it is worth loading the graphics drivers, which takes time and may write to stderr: on Linux a
/// real GPU has a device node (direct rendering, NVIDIA's, AMD's compute, the Windows subsystem's).
fn may_have_gpu() -> bool {
    let nodes = ["/dev/dri", "/dev/nvidiactl", "/dev/kfd", "/dev/dxg"];
    !cfg!(target_os = "linux") || nodes.iter().any(|node| std::path::Path::new(node).exists())
}

/// Runs an expression with `$backend` bound to whichever backend the device is.
macro_rules! with_backend {
    ($device:expr, $backend:ident => $work:expr) => {
        match $device {
            $crate::engine::Device::Cpu($backend) => $work,
            $crate::engine::Device::Gpu($backend) => $work,
        }
    };
}
pub(super) use with_backend;
