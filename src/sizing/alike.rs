//! Draws on a GPU, which takes the transformer whole, against draws on the CPU.

use crate::diffusion::{
    Adjust, ForwardProcess, SampleRequest, SampleSettings, Schedule, Solver, Watch, sample,
};
use crate::model::{DmTransformer, DmTransformerSettings};
use crate::nn::Network;
use crate::tensor::cpu::Cpu;
use crate::tensor::gpu::{AdapterChoice, Gpu};
use crate::tensor::{Backend, Precision, TensorError, random};

const ROWS: usize = 5;

fn network() -> DmTransformer {
    DmTransformer::new(DmTransformerSettings {
        coordinates: 5,
        features: 3,
        width: 12,
        heads: 2,
        blocks: 2,
        expansion: 2,
        dropout: 0.1,
    })
}

/// A draw from a network of random weights.
fn drawn<B: Backend>(
    backend: &B,
    process: &ForwardProcess,
    settings: SampleSettings,
    adjust: Option<Adjust>,
) -> Vec<f32> {
    let network = network();
    let layout = Network::<B>::layout(&network);
    let (mut weights, mut noise) = (layout.initial(3), vec![0.0; layout.len()]);
    random::fill_normal(&mut noise, 3, 77);
    weights.iter_mut().zip(&noise).for_each(|(w, n)| *w += 0.05 * n);
    let watch = Watch::default();
    let request = SampleRequest {
        condition: &[0.3, -1.0, 0.7],
        rows: ROWS,
        seed: 4,
        adjust,
        precision: Precision::Single,
        told: None,
        watch: &watch,
    };
    let rows = sample(backend, &network, &weights, process, settings, &request);
    let rows = rows.expect("the device answers").expect("nobody cancelled");
    assert_eq!(watch.part(), 1.0, "all of it is told");
    rows.concat()
}

fn halved(rows: &mut [f32], last: bool) -> Result<(), TensorError> {
    rows.iter_mut().step_by(2).for_each(|x| *x *= if last { 0.5 } else { 0.8 });
    Ok(())
}

#[test]
fn a_gpu_draws_as_the_cpu_does_in_a_launch_a_step() {
    let gpu = match Gpu::poisoned(&AdapterChoice::Any) {
        Ok(gpu) => gpu,
        Err(error) => return eprintln!("SKIPPED on the GPU: a_gpu_draws_as_the_cpu_does: {error}"),
    };
    let cpu = Cpu::poisoned().expect("threads start");
    let velocity = ForwardProcess::velocity(Schedule::cosine(100));
    let noise = ForwardProcess::noise(Schedule::clipped_cosine(100));
    let limited = ForwardProcess { limit: Some(1.5), ..noise };
    const STEPS: usize = 6;
    // more than are encoded at once
    const MANY: usize = 40;
    // launches of a step, of them that are adjusted, and reads: of adjusted steps and of the result
    let never = (None, 1, 1);
    let each = (Some(Adjust { with: &halved, last_only: false }), 2, STEPS as u64 + 1);
    let last = (Some(Adjust { with: &halved, last_only: true }), 2, 2);
    for (process, solver, steps, guidance, (adjust, most, reads)) in [
        (&velocity, Solver::DpmSolver, STEPS, -0.75, never),
        (&velocity, Solver::DpmSolver, STEPS, -0.75, each),
        (&velocity, Solver::DpmSolver, STEPS, 0.0, last),
        (&velocity, Solver::Ddim, MANY, 0.3, never),
        (&limited, Solver::DpmSolver, STEPS, 0.3, last),
    ] {
        let settings = SampleSettings { solver, steps, guidance };
        gpu.take_tally();
        let found = drawn(&gpu, process, settings, adjust);
        let tally = gpu.take_tally();
        let expected = drawn(&cpu, process, settings, adjust);
        let what = format!("{settings:?}, {reads} reads");
        for (i, (f, e)) in found.iter().zip(&expected).enumerate() {
            assert!((f - e).abs() <= 1e-4 * (1.0 + e.abs()), "{what}: {i} is {f}, not {e}");
        }
        // one more encodes the condition for up to 32 steps
        let encodings = steps.div_ceil(32) as u64;
        assert!(tally.total().launches <= most * steps as u64 + encodings, "{what}: {tally:?}");
        assert_eq!(tally.reads.count, reads, "{what}");
    }
}

/// The fresh noise of ancestral steps has a stream a lane, so devices draw other rows: on one device the same twice.
#[test]
fn ancestral_steps_on_a_gpu_follow_the_seed() {
    let gpu = match Gpu::poisoned(&AdapterChoice::Any) {
        Ok(gpu) => gpu,
        Err(error) => return eprintln!("SKIPPED on the GPU: ancestral_steps_on_a_gpu: {error}"),
    };
    let process = ForwardProcess::velocity(Schedule::cosine(100));
    let settings = SampleSettings { solver: Solver::Ancestral, steps: 6, guidance: 0.1 };
    let draw = || drawn(&gpu, &process, settings, None);
    let first = draw();
    assert!(first.iter().all(|x| x.is_finite()) && first == draw(), "{first:?}");
}
