//! Throughput of training and sampling, as medians with the work done in a second.

use super::device::with_backend;
use super::{Device, Preset};
use crate::circuit::Circuit;
use crate::dataset::Dataset;
use crate::sizing::{self, Architecture, Recipe, System, Transformer};
use crate::tensor::TensorError;

/// What a training bench measured.
#[derive(Clone, Debug)]
pub struct TrainingBench {
    /// Milliseconds of each timed step, sorted.
    pub milliseconds: Vec<f64>,
    /// Floating-point operations of one step's products, forward and backward.
    pub flop: f64,
    /// Weights of the network.
    pub weights: usize,
}

impl TrainingBench {
    /// The median of a step, in milliseconds.
    pub fn median(&self) -> f64 {
        self.milliseconds[self.milliseconds.len() / 2]
    }

    /// Billions of floating-point operations a second, at the median.
    pub fn gflops(&self) -> f64 {
        self.flop / self.median() / 1e6
    }
}

/// The network that a training bench runs: d = 64, N = 8, feed-forward ×4.
pub fn training_recipe(batch: usize) -> Recipe {
    let shape = Transformer { blocks: 8, width: 64, heads: 4, expansion: 4, dropout: 0.0 };
    let architecture = Architecture::DmTransformer(shape);
    Recipe { architecture, batch, ..Preset::Quick.recipe(System::DmTransformer, 1) }
}

/// Times `steps` training steps after three that do not count.
///
/// # Errors
/// The device failed.
pub fn training(
    device: &Device,
    circuit: &Circuit,
    dataset: &Dataset,
    batch: usize,
    steps: usize,
) -> Result<TrainingBench, TensorError> {
    let recipe = training_recipe(batch);
    let (milliseconds, flop, weights) =
        with_backend!(device, backend => sizing::time_steps(backend, circuit, dataset, &recipe, steps))?;
    Ok(TrainingBench { milliseconds, flop, weights })
}

/// The most memory that this process ever held, in bytes; `None` where the system does not tell.
pub(crate) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}
