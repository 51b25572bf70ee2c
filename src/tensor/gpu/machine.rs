//! One adapter's compute device: its memory, and what all kernels need of it.

use super::buffer::{GpuBuffer, part};
use super::device::{self, AdapterChoice, AdapterInfo, Limits, Opened};
use super::tally::{Tally, Work};
use crate::tensor::{Machine, TensorError, View, ViewMut, WholeTransformer, frequency};
use cubecl::prelude::{BufferArg, Client};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One adapter's compute device.
pub struct Gpu {
    client: Client,
    place: usize,
    info: AdapterInfo,
    limits: Limits,
    poison: bool,
    /// Partial sums between the two launches of one operation; the lock is held across both.
    scratch: Mutex<GpuBuffer>,
    /// Frequencies of the time features, by their number.
    frequencies: Mutex<BTreeMap<usize, GpuBuffer>>,
    tally: Mutex<Tally>,
}

impl std::fmt::Debug for Gpu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gpu").field("info", &self.info).field("poison", &self.poison).finish_non_exhaustive()
    }
}

impl Gpu {
    /// A backend on the chosen adapter.
    ///
    /// # Errors
    /// [`TensorError::NoDevice`] if there is no such adapter, [`TensorError::Device`] if it refuses.
    pub fn new(choice: &AdapterChoice) -> Result<Gpu, TensorError> {
        let Opened { mut client, place, info, limits } = device::open(choice)?;
        let scratch = GpuBuffer::new(&client, 1);
        // SAFETY: every buffer of this backend is made, launched on and read through this client, so
        // the stream of the thread that opened it orders them all; streams of other clients share no buffer with it.
        unsafe { scratch.pin(&mut client) };
        let scratch = Mutex::new(scratch);
        let frequencies = Mutex::new(BTreeMap::new());
        let tally = Mutex::new(Tally::default());
        Ok(Gpu { client, place, info, limits, poison: false, scratch, frequencies, tally })
    }

    /// A backend whose fresh buffers hold NaN, to find reads of what was never written.
    ///
    /// # Errors
    /// As [`Gpu::new`].
    pub fn poisoned(choice: &AdapterChoice) -> Result<Gpu, TensorError> {
        Ok(Gpu { poison: true, ..Gpu::new(choice)? })
    }

    /// The adapter.
    pub fn adapter(&self) -> &AdapterInfo {
        &self.info
    }

    /// What was asked of the device since this was last called, or since it was opened.
    pub fn take_tally(&self) -> Tally {
        std::mem::take(&mut *self.tally())
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the adapter allows.
    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// What launches kernels, for one launch of this work.
    pub(super) fn launch(&self, work: Work) -> &Client {
        self.tally().launched(work);
        &self.client
    }

    /// The `half` frequencies of the time features.
    pub(super) fn frequencies(&self, half: usize) -> BufferArg {
        let mut known = self.frequencies.lock().unwrap_or_else(PoisonError::into_inner);
        let frequencies = known.entry(half).or_insert_with(|| {
            // from the host: a shader's exponential is too coarse for angles of hundreds of radians
            let values: Vec<f32> = (0..half).map(|i| frequency(i, half)).collect();
            GpuBuffer::from_slice(&self.client, &values)
        });
        frequencies.arg()
    }

    /// Scratch memory of at least `len` elements; its content is the caller's as long as the guard is held.
    pub(super) fn scratch(&self, len: usize) -> MutexGuard<'_, GpuBuffer> {
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        if scratch.len() < len {
            *scratch = GpuBuffer::new(&self.client, len);
        }
        scratch
    }
}

impl Machine for Gpu {
    type Buffer = GpuBuffer;

    fn name(&self) -> String {
        self.info.to_string()
    }

    fn lane_rows(&self) -> usize {
        usize::MAX
    }

    fn queues(&self) -> bool {
        true
    }

    fn alloc(&self, len: usize) -> GpuBuffer {
        let buffer = GpuBuffer::new(&self.client, len);
        if self.poison && len > 0 {
            let handle = part(View { buffer: &buffer, start: 0, len });
            self.client.write(&handle, cubecl::bytes::Bytes::from_elems(vec![f32::NAN; len]));
        }
        buffer
    }

    fn whole(&self) -> Option<&dyn WholeTransformer<GpuBuffer>> {
        Some(self)
    }

    fn len(&self, buffer: &GpuBuffer) -> usize {
        buffer.len()
    }

    unsafe fn write(&self, into: ViewMut<GpuBuffer>, data: &[f32]) {
        if !data.is_empty() {
            self.tally().written(data.len());
            let bytes = cubecl::bytes::Bytes::from_elems(data.to_vec());
            self.client.write(&part(into.into_view()), bytes);
        }
    }

    fn read(&self, from: View<GpuBuffer>) -> Result<Vec<f32>, TensorError> {
        if from.len == 0 {
            return Ok(Vec::new());
        }
        self.tally().read(from.len);
        match self.client.read_one(part(from)) {
            Ok(bytes) => Ok(bytemuck::pod_collect_to_vec(&bytes)),
            Err(error) => {
                device::forget(self.place);
                Err(TensorError::Device { device: self.name(), reason: error.to_string() })
            }
        }
    }
}
