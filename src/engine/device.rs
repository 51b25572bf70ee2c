//! Which device computes.

use crate::tensor::cpu::Cpu;
use crate::tensor::{Backend, TensorError};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What the user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceChoice {
    /// A real GPU if there is one, else the native CPU.
    #[default]
    Auto,
    /// The native CPU.
    Cpu,
    /// The best GPU there is, software Vulkan included.
    Gpu,
}

impl DeviceChoice {
    /// All choices.
    pub const ALL: [DeviceChoice; 3] = [DeviceChoice::Auto, DeviceChoice::Cpu, DeviceChoice::Gpu];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            DeviceChoice::Auto => "auto",
            DeviceChoice::Cpu => "cpu",
            DeviceChoice::Gpu => "gpu",
        }
    }
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<DeviceChoice, String> {
        let found = DeviceChoice::ALL.into_iter().find(|c| c.name() == text);
        found.ok_or_else(|| format!("there is no backend `{text}`: choose one of auto, cpu, gpu"))
    }
}

/// A device, ready.
pub enum Device {
    /// The native CPU.
    Cpu(Cpu),
}

impl Device {
    /// Makes the device ready.
    ///
    /// # Errors
    /// There is none of the kind asked for.
    pub fn open(choice: DeviceChoice) -> Result<Device, TensorError> {
        match choice {
            DeviceChoice::Auto | DeviceChoice::Cpu => Ok(Device::Cpu(Cpu::new(0)?)),
            DeviceChoice::Gpu => {
                Err(TensorError::NoDevice { wanted: "GPU".into(), remedy: "use cpu".into() })
            }
        }
    }

    /// What the user sees.
    pub fn name(&self) -> String {
        match self {
            Device::Cpu(cpu) => cpu.name(),
        }
    }
}

/// Runs an expression with `$backend` bound to whichever backend the device is.
macro_rules! with_backend {
    ($device:expr, $backend:ident => $work:expr) => {
        match $device {
            $crate::engine::Device::Cpu($backend) => $work,
        }
    };
}
pub(super) use with_backend;
