//! From what the user asks for (`auto`, `cpu`, `gpu`) to a device.

use super::TensorError;
use super::cpu::Cpu;
use super::gpu::{AdapterKind, DeviceChoice, Gpu, adapters};

/// What the user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceKind {
    /// A real GPU if there is one, else the CPU: a software adapter is slower than either.
    #[default]
    Auto,
    /// The native CPU.
    Cpu,
    /// The best adapter, a software one if there is no other.
    Gpu,
}

/// A device of either kind, to be matched on once, where a job starts.
#[derive(Debug)]
pub enum Device {
    /// The native CPU.
    Cpu(Cpu),
    /// A graphics adapter.
    Gpu(Gpu),
}

impl DeviceKind {
    /// What `auto` comes to on this machine; `cpu` and `gpu` stay. Takes as long as asking the
    /// graphics driver for its adapters, once a process.
    pub fn settle(self) -> DeviceKind {
        let real = || adapters().iter().any(|adapter| adapter.kind != AdapterKind::Software);
        match self {
            DeviceKind::Auto if real() => DeviceKind::Gpu,
            DeviceKind::Auto => DeviceKind::Cpu,
            named => named,
        }
    }

    /// Opens the device; a CPU on `threads` threads, 0 for as many as there are cores. With `auto`, a
    /// GPU that refuses to open is passed over for the CPU.
    ///
    /// # Errors
    /// [`TensorError::NoDevice`] if `gpu` is asked for and there is no adapter, or the threads cannot be
    /// started; [`TensorError::Device`] if the adapter asked for refuses.
    pub fn open(self, threads: usize) -> Result<Device, TensorError> {
        match (self, self.settle()) {
            (DeviceKind::Auto, DeviceKind::Gpu) => match Gpu::new(&DeviceChoice::Hardware) {
                Ok(gpu) => Ok(Device::Gpu(gpu)),
                Err(_) => Cpu::new(threads).map(Device::Cpu),
            },
            (_, DeviceKind::Gpu) => Gpu::new(&DeviceChoice::Any).map(Device::Gpu),
            _ => Cpu::new(threads).map(Device::Cpu),
        }
    }
}

impl std::str::FromStr for DeviceKind {
    type Err = String;

    fn from_str(text: &str) -> Result<DeviceKind, String> {
        match text {
            "auto" => Ok(DeviceKind::Auto),
            "cpu" => Ok(DeviceKind::Cpu),
            "gpu" => Ok(DeviceKind::Gpu),
            other => Err(format!("“{other}” is not a backend: auto, cpu or gpu")),
        }
    }
}

impl std::fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            DeviceKind::Auto => "auto",
            DeviceKind::Cpu => "cpu",
            DeviceKind::Gpu => "gpu",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_command_line_go_back_and_forth() {
        for kind in [DeviceKind::Auto, DeviceKind::Cpu, DeviceKind::Gpu] {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert!("cuda".parse::<DeviceKind>().is_err());
    }

    #[test]
    fn auto_never_takes_a_software_adapter() {
        match DeviceKind::Auto.open(1).expect("the CPU is always there") {
            Device::Cpu(_) => {}
            Device::Gpu(gpu) => assert_ne!(gpu.adapter().kind, AdapterKind::Software),
        }
        assert!(matches!(DeviceKind::Cpu.open(1), Ok(Device::Cpu(_))));
    }
}
