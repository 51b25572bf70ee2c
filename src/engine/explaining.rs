//! What the networks ask of a GPU, counted: launches, workgroups, bytes, arithmetic, shared memory and barriers of a
//! training step and of a draw, and the least time that named devices can take for them (a roofline: Williams et al.,
//! *Roofline: an insightful visual performance model*, CACM 2009). The counts are the same on every adapter, a
//! software one included; the times are no measurements.

use super::Preset;
use super::bench::training_recipe;
use crate::circuit::Circuit;
use crate::dataset::Dataset;
use crate::sizing::{self, Recipe, System};
use crate::tensor::gpu::{AdapterChoice, Gpu};
use crate::tensor::{Machine, TensorError};

pub use crate::tensor::gpu::{Asked, Copies, Family, Tally};

/// A device by what its makers state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NamedDevice {
    /// Its name.
    pub name: &'static str,
    /// Memory bandwidth, in bytes a second.
    pub bandwidth: f64,
    /// Single-precision operations a second, without matrix units.
    pub flops: f64,
    /// What submitting a launch costs the thread that does it, in seconds.
    pub launch: f64,
}

/// Submitting a launch through cubecl and wgpu cost 35 µs of the device's thread on an AMD EPYC, whatever the launch.
const LAUNCH: f64 = 35e-6;

/// A card for games, a data centre's and a laptop's, by their makers' data sheets.
pub const DEVICES: [NamedDevice; 3] = [
    NamedDevice { name: "GeForce RTX 4060 Ti", bandwidth: 288e9, flops: 22.1e12, launch: LAUNCH },
    NamedDevice { name: "H100 SXM5", bandwidth: 3350e9, flops: 66.9e12, launch: LAUNCH },
    NamedDevice { name: "Apple M2, 10 cores", bandwidth: 100e9, flops: 3.6e12, launch: LAUNCH },
];

impl NamedDevice {
    /// The least seconds for the work of some launches: submitting them, then moving their bytes or doing their
    /// arithmetic, whichever is longer.
    pub fn seconds(&self, asked: &Asked) -> f64 {
        let moving = asked.bytes as f64 / self.bandwidth;
        let computing = asked.flop / self.flops;
        asked.launches as f64 * self.launch + moving.max(computing)
    }

    /// The least seconds for all families, one after another.
    pub fn seconds_of(&self, tally: &Tally) -> f64 {
        tally.families.values().map(|asked| self.seconds(asked)).sum()
    }
}

/// What was counted.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The adapter it was counted on.
    pub device: String,
    /// Rows of a training step's batch.
    pub batch: usize,
    /// A training step of the network of [`training_recipe`].
    pub training: Tally,
    /// Rows of a draw.
    pub rows: usize,
    /// Steps of a draw.
    pub steps: usize,
    /// A whole draw with the quick recipe's network, weights and noise written, sizings read.
    pub draw: Tally,
    /// A solver step in the middle of it.
    pub solver_step: Tally,
}

/// Counts a training step of `batch` rows and a draw of `rows` rows.
///
/// # Errors
/// There is no graphics adapter, not even a software one, or it failed.
///
/// # Panics
/// The dataset has fewer than ten rows.
pub fn explain(
    circuit: &Circuit,
    dataset: &Dataset,
    batch: usize,
    rows: usize,
) -> Result<Explained, TensorError> {
    let gpu = Gpu::new(&AdapterChoice::Any)?;
    let training = sizing::count_training_step(&gpu, circuit, dataset, &training_recipe(batch))?;
    let recipe = drawing_recipe();
    let draw = |steps| sizing::count_draw(&gpu, circuit, dataset, &recipe, rows, steps);
    // a step is what one more of them asks for
    let (two, three) = (draw(2)?, draw(3)?);
    let steps = recipe.sampling_steps;
    let solver_step = three.without(&two);
    let draw = two.with(&solver_step, steps as u64 - 2);
    Ok(Explained { device: gpu.name(), batch, training, rows, steps, draw, solver_step })
}

/// The recipe that draws are counted with.
pub fn drawing_recipe() -> Recipe {
    Preset::Quick.recipe(System::DmTransformer, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The most that a step may ask for: launches do not depend on the rows, bytes are of these.
    const BATCH: usize = 32;
    const ROWS: usize = 8;

    #[test]
    fn steps_ask_for_no_more_than_they_may() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let dataset = crate::dataset::read(&circuit, &circuit.dataset).expect("bundled").dataset;
        let explained = match explain(&circuit, &dataset, BATCH, ROWS) {
            Ok(explained) => explained,
            Err(error @ TensorError::NoDevice { .. }) => {
                eprintln!("SKIPPED on the GPU: steps_ask_for_no_more_than_they_may: {error}");
                return;
            }
            Err(error) => panic!("{error}"),
        };
        for (what, tally, launches, megabytes) in [
            ("a training step", &explained.training, 13, 136.0),
            ("a solver step", &explained.solver_step, 1, 5.0),
        ] {
            let all = tally.total();
            assert!(all.launches <= launches, "{what}: {} launches", all.launches);
            assert!(all.bytes as f64 <= megabytes * 1e6, "{what}: {} bytes", all.bytes);
            assert!(all.shared_bytes <= 16_384, "{what}: {} bytes of shared memory", all.shared_bytes);
            assert!(all.flop > 0.0 && all.workgroups > 0, "{what}: {all:?}");
        }
        assert_eq!(explained.draw.reads.count, 1, "a draw is read once");
    }

    #[test]
    fn a_roofline_is_the_longer_of_moving_and_computing_and_the_launches_beside() {
        let device = NamedDevice { name: "", bandwidth: 100.0, flops: 1000.0, launch: 0.5 };
        let bound = Asked { launches: 2, bytes: 300, flop: 1000.0, ..Asked::default() };
        assert_eq!(device.seconds(&bound), 1.0 + 3.0);
        assert_eq!(device.seconds(&Asked { flop: 9000.0, ..bound }), 1.0 + 9.0);
    }
}
