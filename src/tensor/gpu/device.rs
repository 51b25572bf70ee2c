//! Which adapters there are, which one to take, and its cubecl client.
//!
//! The list is made once a process, through one graphics instance that is never dropped (Vulkan
//! loaders have been seen to crash when instances come and go on several threads). An adapter's
//! device is opened once and shared by all [`super::Gpu`]s on it; it is apart from the window's, so
//! that a device lost in training does not take the window along.

use crate::tensor::TensorError;
use cubecl::prelude::Client;
use cubecl::wgpu::{RuntimeOptions, WgpuDevice, WgpuSetup, try_init_device};
use std::sync::{Mutex, OnceLock, PoisonError};

/// What stands behind an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdapterKind {
    /// A GPU with memory of its own.
    Discrete,
    /// A GPU in the processor.
    Integrated,
    /// A GPU passed through to a virtual machine.
    Virtual,
    /// Something that does not say what it is.
    Other,
    /// The processor, pretending: slower than the CPU backend, for tests.
    Software,
}

/// An adapter as the user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterInfo {
    /// The name that its driver gives.
    pub name: String,
    /// The graphics interface: `Vulkan`, `Metal`, `Dx12`.
    pub backend: String,
    /// What stands behind it.
    pub kind: AdapterKind,
}

impl std::fmt::Display for AdapterInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let software = if self.kind == AdapterKind::Software { "software " } else { "" };
        write!(f, "{} — {software}{}", self.name, self.backend)
    }
}

/// Which adapter to take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AdapterChoice {
    /// The best real GPU.
    #[default]
    Hardware,
    /// The best adapter; a software one if there is nothing better.
    Any,
    /// A software adapter.
    Software,
    /// The first adapter whose name contains this, whatever its case.
    Named(String),
}

struct Adapters {
    instance: wgpu::Instance,
    /// Best first.
    list: Vec<(AdapterInfo, wgpu::Adapter)>,
}

fn known() -> &'static Adapters {
    static ADAPTERS: OnceLock<Adapters> = OnceLock::new();
    ADAPTERS.get_or_init(|| {
        let backends = wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12;
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends,
            flags: wgpu::InstanceFlags::empty(),
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let found = cubecl::future::block_on(instance.enumerate_adapters(backends));
        let mut list: Vec<_> = found.into_iter().map(|adapter| (describe(&adapter), adapter)).collect();
        list.sort_by_key(|(info, _)| info.kind);
        Adapters { instance, list }
    })
}

fn describe(adapter: &wgpu::Adapter) -> AdapterInfo {
    let info = adapter.get_info();
    let kind = match info.device_type {
        wgpu::DeviceType::DiscreteGpu => AdapterKind::Discrete,
        wgpu::DeviceType::IntegratedGpu => AdapterKind::Integrated,
        wgpu::DeviceType::VirtualGpu => AdapterKind::Virtual,
        wgpu::DeviceType::Cpu => AdapterKind::Software,
        wgpu::DeviceType::Other => AdapterKind::Other,
    };
    AdapterInfo { name: info.name, backend: format!("{:?}", info.backend), kind }
}

/// The adapters of this machine, best first: discrete, integrated, virtual, other, software. Empty
/// where there is no graphics driver.
pub fn adapters() -> Vec<AdapterInfo> {
    known().list.iter().map(|(info, _)| info.clone()).collect()
}

/// The place of the adapter that a choice means in a list that is sorted best first.
fn choose(choice: &AdapterChoice, list: &[&AdapterInfo]) -> Option<usize> {
    list.iter().position(|info| match choice {
        AdapterChoice::Hardware => info.kind != AdapterKind::Software,
        AdapterChoice::Any => true,
        AdapterChoice::Software => info.kind == AdapterKind::Software,
        AdapterChoice::Named(part) => info.name.to_lowercase().contains(&part.to_lowercase()),
    })
}

fn missing(choice: &AdapterChoice, list: &[&AdapterInfo]) -> TensorError {
    let wanted = match choice {
        AdapterChoice::Hardware => "GPU".to_owned(),
        AdapterChoice::Any => "graphics adapter".to_owned(),
        AdapterChoice::Software => "software graphics adapter".to_owned(),
        AdapterChoice::Named(part) => format!("graphics adapter named “{part}”"),
    };
    let remedy = match list.is_empty() {
        true => "install the graphics driver (on Debian mesa-vulkan-drivers, which also brings a \
                 software adapter), or choose the CPU backend"
            .to_owned(),
        false => {
            let names: Vec<String> = list.iter().map(|info| info.to_string()).collect();
            format!("there is {}; name it, or choose the CPU backend", names.join(" and "))
        }
    };
    TensorError::NoDevice { wanted, remedy }
}

/// Devices that are open, by the adapter's place in the list.
static OPEN: Mutex<Vec<(usize, WgpuDevice)>> = Mutex::new(Vec::new());

/// What an adapter allows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Bytes of shared memory of a workgroup.
    shared: u64,
    /// Bytes of an argument.
    binding: u64,
}

impl Limits {
    fn of(adapter: &wgpu::Adapter) -> Limits {
        let limits = adapter.limits();
        Limits {
            shared: u64::from(limits.max_compute_workgroup_storage_size),
            binding: limits.max_storage_buffer_binding_size.min(limits.max_buffer_size),
        }
    }

    /// Whether a workgroup may share so many elements.
    pub(super) fn shares(&self, elements: usize) -> bool {
        elements as u64 * size_of::<f32>() as u64 <= self.shared
    }

    /// Whether an argument may have so many elements.
    pub(super) fn binds(&self, elements: usize) -> bool {
        elements as u64 * size_of::<f32>() as u64 <= self.binding
    }
}

/// An adapter's device, ready.
pub(super) struct Opened {
    /// What launches on it.
    pub client: Client,
    /// The adapter's place in the list.
    pub place: usize,
    /// What to call it.
    pub info: AdapterInfo,
    /// What it allows.
    pub limits: Limits,
}

/// The device of the chosen adapter.
pub(super) fn open(choice: &AdapterChoice) -> Result<Opened, TensorError> {
    let Adapters { instance, list } = known();
    let infos: Vec<&AdapterInfo> = list.iter().map(|(info, _)| info).collect();
    let place = choose(choice, &infos).ok_or_else(|| missing(choice, &infos))?;
    let (info, adapter) = &list[place];
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let device = match open.iter().find(|(at, _)| *at == place) {
        Some((_, device)) => device.clone(),
        None => {
            let device = start(instance, adapter)
                .map_err(|reason| TensorError::Device { device: info.to_string(), reason })?;
            open.push((place, device.clone()));
            device
        }
    };
    let client = cubecl::Device::Wgpu(device).client();
    Ok(Opened { client, place, info: info.clone(), limits: Limits::of(adapter) })
}

/// Opens a device on the adapter and gives it to cubecl.
fn start(instance: &wgpu::Instance, adapter: &wgpu::Adapter) -> Result<WgpuDevice, String> {
    let (device, queue) = cubecl::future::block_on(adapter.request_device(&wgpu::DeviceDescriptor {
        label: Some("sizewright"),
        // cubecl times launches with timestamps where the adapter has them; the kernels need nothing
        required_features: adapter.features() & wgpu::Features::TIMESTAMP_QUERY,
        required_limits: adapter.limits(),
        // cubecl keeps pools of its own
        memory_hints: wgpu::MemoryHints::MemoryUsage,
        ..wgpu::DeviceDescriptor::default()
    }))
    .map_err(|error| error.to_string())?;
    let setup = WgpuSetup {
        instance: instance.clone(),
        adapter: adapter.clone(),
        device,
        queue,
        backend: adapter.get_info().backend,
    };
    let options = RuntimeOptions::try_default().map_err(|error| error.to_string())?;
    try_init_device(setup, options).map_err(|error| error.to_string())
}

/// Forgets the device at a place of the list, so that the next [`open`] makes a new one: a lost device
/// does not come back.
pub(super) fn forget(place: usize) {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner).retain(|(at, _)| *at != place);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(name: &str, kind: AdapterKind) -> AdapterInfo {
        AdapterInfo { name: name.to_owned(), backend: "Vulkan".to_owned(), kind }
    }

    #[test]
    fn a_software_adapter_is_taken_only_when_asked_for() {
        let software = info("llvmpipe (LLVM 15.0.6, 256 bits)", AdapterKind::Software);
        let real = info("GeForce", AdapterKind::Discrete);
        let both = [&real, &software];
        assert_eq!(choose(&AdapterChoice::Hardware, &both), Some(0));
        assert_eq!(choose(&AdapterChoice::Any, &both), Some(0));
        assert_eq!(choose(&AdapterChoice::Software, &both), Some(1));
        assert_eq!(choose(&AdapterChoice::Named("LLVMpipe".to_owned()), &both), Some(1));
        assert_eq!(choose(&AdapterChoice::Hardware, &[&software]), None);
        assert_eq!(choose(&AdapterChoice::Any, &[&software]), Some(0));
        assert_eq!(choose(&AdapterChoice::Any, &[]), None);
    }

    #[test]
    fn a_missing_adapter_is_told_with_a_remedy() {
        let nothing = missing(&AdapterChoice::Any, &[]).to_string();
        assert!(nothing.contains("mesa-vulkan-drivers") && nothing.contains("CPU"), "{nothing}");
        let software = info("llvmpipe", AdapterKind::Software);
        let real = missing(&AdapterChoice::Hardware, &[&software]).to_string();
        assert!(real.contains("llvmpipe — software Vulkan"), "{real}");
    }
}
