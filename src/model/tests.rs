//! Gradients of whole networks against central differences, and a training trajectory.

use super::{
    Activation, DmMlp, DmMlpSettings, DmTransformer, DmTransformerSettings, Perceptron, PerceptronSettings,
};
use crate::nn::{
    Batch, Inputs, LearningRate, Network, OptimiserSettings, OptimiserState, Pass, Trainer, upload,
};
use crate::tensor::cpu::Cpu;
use crate::tensor::random;
use crate::tensor::{Backend, Loss, Machine, Rows, ops};

pub(crate) fn normals(seed: u64, len: usize) -> Vec<f32> {
    (0..len.div_ceil(2))
        .flat_map(|i| {
            let w = random::block(seed, 99, i as u32);
            <[f32; 2]>::from(random::normal_pair(w[0], w[1]))
        })
        .take(len)
        .collect()
}

pub(crate) fn settings(steps: u32) -> OptimiserSettings {
    OptimiserSettings {
        learning_rate: LearningRate { peak: 1e-3, warm_up: 2, steps, last: 0.1 },
        beta1: 0.9,
        beta2: 0.99,
        weight_decay: 0.01,
        clip_norm: 1.0,
        ema_decay: 0.9,
    }
}

pub(crate) fn batch(rows: usize, coordinates: usize, features: usize, outputs: usize) -> Batch {
    Batch {
        rows,
        x: normals(1, rows * coordinates),
        condition: normals(2, rows * features),
        keep: (0..rows).map(|r| if r % 3 == 1 { 0.0 } else { 1.0 }).collect(),
        time: (0..rows).map(|r| 1000.0 * (rows - r) as f32 / rows as f32).collect(),
        target: normals(4, rows * outputs),
        seed: 5,
    }
}

pub(crate) fn small_transformer(dropout: f32) -> DmTransformer {
    DmTransformer::new(DmTransformerSettings {
        coordinates: 5,
        features: 3,
        width: 12,
        heads: 2,
        blocks: 3,
        expansion: 2,
        dropout,
    })
}

/// Wider and narrower blocks of ragged widths.
pub(crate) fn small_mlp() -> DmMlp {
    DmMlp::new(DmMlpSettings { coordinates: 5, features: 3, widths: vec![17, 9, 23], time_width: 8 })
}

/// From three features to five coordinates.
pub(crate) fn small_ann() -> Perceptron {
    Perceptron::new(PerceptronSettings {
        inputs: 3,
        hidden: vec![16, 21],
        outputs: 5,
        activation: Activation::Relu,
    })
}

/// Compares the gradient with central differences along random directions of each slot, where the step
/// is large against f32's rounding and small against the curvature.
fn check_gradient<B: Backend, N: Network<B>>(
    backend: &B,
    network: impl Fn() -> N,
    loss: Loss,
    batch: &Batch,
) {
    let layout = network().layout().clone();
    let mut state = OptimiserState::start(&layout, 5);
    // away from zero biases and unit gammas, and with an output that matters
    for (w, noise) in state.weights.iter_mut().zip(normals(6, layout.len())) {
        *w += 0.1 * noise;
    }
    let loss_and_gradient = |weights: &[f32]| {
        let state = OptimiserState { weights: weights.to_vec(), ..state.clone() };
        let mut trainer = Trainer::new(backend, network(), loss, settings(1), &state, batch.rows);
        trainer.probe(backend, batch).expect("the CPU does not fail")
    };
    let (_, gradient) = loss_and_gradient(&state.weights);
    for (i, entry) in layout.entries().iter().enumerate() {
        let direction = normals(70 + i as u64, entry.slot.len);
        let norm = direction.iter().map(|d| d * d).sum::<f32>().sqrt();
        let step = 5e-3 / norm;
        let along = |sign: f32| {
            let mut weights = state.weights.clone();
            for (w, d) in weights[entry.slot.start..].iter_mut().zip(&direction) {
                *w += sign * step * d;
            }
            f64::from(loss_and_gradient(&weights).0)
        };
        let numeric = (along(1.0) - along(-1.0)) / f64::from(2.0 * step);
        let exact: f64 = gradient[entry.slot.start..]
            .iter()
            .zip(&direction)
            .map(|(g, d)| f64::from(*g) * f64::from(*d))
            .sum();
        let size = f64::from(
            gradient[entry.slot.start..][..entry.slot.len].iter().map(|g| g * g).sum::<f32>().sqrt(),
        );
        let tolerance = 0.02 * size * f64::from(norm) + 2e-4 * f64::from(norm);
        assert!(
            (numeric - exact).abs() < tolerance,
            "{}: {exact} against {numeric} (± {tolerance})",
            entry.name
        );
    }
}

#[test]
fn the_transformers_gradient_agrees_with_differences() {
    let cpu = Cpu::poisoned().expect("threads start");
    check_gradient(&cpu, || small_transformer(0.0), Loss::Squared, &batch(19, 5, 3, 5));
}

#[test]
fn the_perceptrons_gradient_agrees_with_differences() {
    let cpu = Cpu::poisoned().expect("threads start");
    let (inputs, hidden, outputs) = (6, vec![16, 9], 3);
    let settings = PerceptronSettings { inputs, hidden, outputs, activation: Activation::Silu };
    let network = || Perceptron::new(settings.clone());
    check_gradient(&cpu, network, Loss::Squared, &batch(21, 6, 0, 3));
}

#[test]
fn the_anns_gradient_agrees_with_differences() {
    let cpu = Cpu::poisoned().expect("threads start");
    check_gradient(&cpu, small_ann, Loss::Squared, &batch(21, 3, 0, 5));
}

#[test]
fn the_dm_mlps_gradient_agrees_with_differences() {
    let cpu = Cpu::poisoned().expect("threads start");
    for loss in Loss::ALL {
        check_gradient(&cpu, small_mlp, loss, &batch(19, 5, 3, 5));
    }
}

/// A header written before there was a choice of activation.
#[test]
fn settings_without_an_activation_mean_silu() {
    let old = "(inputs: 3, hidden: [4], outputs: 2)";
    let settings: PerceptronSettings = ron::from_str(old).expect("old headers are read");
    assert_eq!(settings.activation, Activation::Silu);
}

/// The loss of 60 steps on one batch.
fn trajectory<N: Network<Cpu>>(network: N, loss: Loss, batch: &Batch) -> Vec<f32> {
    let cpu = Cpu::poisoned().expect("threads start");
    let state = OptimiserState::start(network.layout(), 5);
    let mut trainer = Trainer::new(&cpu, network, loss, settings(60), &state, batch.rows);
    let mut step = || {
        trainer.step(&cpu, batch);
        trainer.loss(&cpu).expect("the CPU does not fail")
    };
    (0..60).map(|_| step()).collect()
}

#[test]
fn training_lowers_the_loss_of_dm_mlp_and_ann() {
    let mlp = trajectory(small_mlp(), Loss::Absolute, &batch(50, 5, 3, 5));
    assert!(mlp[59] < 0.9 * mlp[0], "{mlp:?}");
    let ann = trajectory(small_ann(), Loss::Squared, &batch(50, 3, 0, 5));
    assert!(ann[59] < 0.95 * ann[0], "{ann:?}");
}

/// One condition for all rows gives what the same condition in each row gives, on every row.
fn shared_and_own_conditions_agree<B: Backend>(backend: &B, network: &DmMlp) {
    let (rows, coordinates) = (7, Network::<B>::coordinates(network));
    let features = Network::<B>::features(network);
    let weights = upload(backend, &OptimiserState::start(Network::<B>::layout(network), 5).weights);
    for keep in [1.0, 0.0] {
        let outputs = [1, rows].map(|condition_rows| {
            let mut inputs = Inputs::<B>::new(backend, rows, coordinates, features);
            let condition = normals(2, features).repeat(condition_rows);
            ops::write(backend, inputs.x.rows_mut(rows), &normals(1, rows * coordinates));
            ops::write(backend, inputs.condition.rows_mut(condition_rows), &condition);
            ops::write(backend, inputs.time.rows_mut(condition_rows), &vec![371.0; condition_rows]);
            ops::write(backend, inputs.keep.rows_mut(condition_rows), &vec![keep; condition_rows]);
            // the shared condition in a sampling workspace, whose blocks take turns
            let mut work = network.workspace(backend, rows, condition_rows > 1);
            let mut output = Rows::new(backend, rows, coordinates);
            let pass = Pass { rows, condition_rows, dropout: None };
            network.forward(backend, &weights, pass, &inputs, &mut work, &mut output);
            backend.read(output.rows(rows)).expect("the device answers")
        });
        for (i, (shared, own)) in outputs[0].iter().zip(&outputs[1]).enumerate() {
            assert!((shared - own).abs() <= 1e-5 * (1.0 + own.abs()), "output {i}: {shared}, not {own}");
        }
    }
}

#[test]
fn a_condition_that_all_rows_share_gives_the_same() {
    let of = |widths| DmMlp::new(DmMlpSettings { coordinates: 5, features: 3, widths, time_width: 8 });
    let networks = [small_mlp(), of(vec![9]), of(vec![467, 211])];
    let cpu = Cpu::poisoned().expect("threads start");
    let gpu = crate::tensor::tests::gpu("a_condition_that_all_rows_share_gives_the_same");
    for network in &networks {
        shared_and_own_conditions_agree(&cpu, network);
        if let Some(gpu) = gpu {
            shared_and_own_conditions_agree(gpu, network);
        }
    }
}

fn losses(threads: usize, dropout: f32) -> Vec<f32> {
    let cpu = Cpu::new(threads).expect("threads start");
    let state = OptimiserState::start(Network::<Cpu>::layout(&small_transformer(dropout)), 5);
    let batch = batch(50, 5, 3, 5);
    let mut trainer = Trainer::new(&cpu, small_transformer(dropout), Loss::Squared, settings(40), &state, 50);
    let mut step = || {
        trainer.step(&cpu, &batch);
        trainer.loss(&cpu).expect("the CPU does not fail")
    };
    (0..40).map(|_| step()).collect()
}

/// Losses read together are those read one by one, also where an evaluation comes between.
fn losses_are_kept<B: Backend>(backend: &B) {
    let state = OptimiserState::start(Network::<B>::layout(&small_transformer(0.0)), 5);
    let batches = [batch(37, 5, 3, 5), batch(20, 5, 3, 5)];
    let trainer = || Trainer::new(backend, small_transformer(0.0), Loss::Squared, settings(40), &state, 37);
    let (mut one, mut all) = (trainer(), trainer());
    let mut expected = Vec::new();
    for i in 0..5 {
        let batch = &batches[i % 2];
        one.step(backend, batch);
        expected.push(one.loss(backend).expect("the device answers"));
        all.step(backend, batch);
        if i == 2 {
            all.evaluate(backend, batch).expect("the device answers");
        }
    }
    let mut losses = || all.losses(backend).expect("the device answers");
    assert_eq!(losses(), expected);
    assert_eq!(losses(), [0.0; 0]);
}

#[test]
fn losses_are_kept_until_they_are_read() {
    losses_are_kept(&Cpu::poisoned().expect("threads start"));
    if let Some(gpu) = crate::tensor::tests::gpu("losses_are_kept_until_they_are_read") {
        losses_are_kept(gpu);
    }
}

/// Loss of the first step, in which dropout is drawn for the first time.
fn first_loss(seed: u64, dropout: f32) -> f32 {
    let cpu = Cpu::new(1).expect("threads start");
    let network = small_transformer(dropout);
    let state = OptimiserState::start(Network::<Cpu>::layout(&network), 5);
    let batch = Batch { seed, ..batch(50, 5, 3, 5) };
    let loss = Loss::Squared;
    let mut trainer = Trainer::new(&cpu, network, loss, settings(40), &state, 50);
    trainer.step(&cpu, &batch);
    trainer.loss(&cpu).expect("the CPU does not fail")
}

#[test]
fn dropout_follows_the_seed_of_the_training() {
    assert_eq!(first_loss(1, 0.0), first_loss(2, 0.0), "nothing else does here");
    assert_eq!(first_loss(1, 0.3), first_loss(1, 0.3));
    let losses = [1, 2, 3, 1 << 32, u64::MAX].map(|seed| first_loss(seed, 0.3));
    for (i, loss) in losses.iter().enumerate() {
        assert!(!losses[..i].contains(loss), "{losses:?}");
    }
}

#[test]
fn training_lowers_the_loss_and_does_not_depend_on_the_number_of_threads() {
    for dropout in [0.0, 0.1] {
        let (one, three) = (losses(1, dropout), losses(3, dropout));
        assert_eq!(one, three, "dropout {dropout}");
        assert!(one[39] < 0.95 * one[0], "dropout {dropout}: {one:?}");
    }
}

/// Gradients and ten steps of training on the GPU against the CPU, without dropout (whose streams
/// follow the lanes). Tolerance 1e-4 on gradients and losses, relative to 1 + |expected|.
macro_rules! trains_alike {
    ($name:ident, $network:expr, $loss:expr, $batch:expr) => {
        #[test]
        fn $name() {
            fn train<B: Backend>(backend: &B) -> (Vec<f32>, Vec<f32>) {
                let network = $network;
                let state = OptimiserState::start(Network::<B>::layout(&network), 5);
                let batch = $batch;
                let mut trainer = Trainer::new(backend, network, $loss, settings(10), &state, batch.rows + 3);
                let (_, gradient) = trainer.probe(backend, &batch).expect("the device answers");
                let mut step = || {
                    trainer.step(backend, &batch);
                    trainer.loss(backend).expect("the device answers")
                };
                ((0..10).map(|_| step()).collect(), gradient)
            }
            let Some(gpu) = crate::tensor::tests::gpu(stringify!($name)) else { return };
            assert_alike(&train(gpu), &train(&Cpu::poisoned().expect("threads start")));
        }
    };
}

fn assert_alike(found: &(Vec<f32>, Vec<f32>), expected: &(Vec<f32>, Vec<f32>)) {
    let close = |f: &f32, e: &f32| (f - e).abs() <= 1e-4 * (1.0 + e.abs());
    for (i, (f, e)) in found.0.iter().zip(&expected.0).enumerate() {
        assert!(close(f, e), "loss of step {i}: {f}, not {e}");
    }
    assert_eq!(found.1.len(), expected.1.len());
    for (i, (f, e)) in found.1.iter().zip(&expected.1).enumerate() {
        assert!(close(f, e), "gradient {i}: {f}, not {e}");
    }
}

trains_alike!(the_gpu_trains_as_the_cpu_does, small_transformer(0.0), Loss::Squared, batch(37, 5, 3, 5));
trains_alike!(the_gpu_trains_a_dm_mlp_as_the_cpu_does, small_mlp(), Loss::Absolute, batch(37, 5, 3, 5));
trains_alike!(the_gpu_trains_an_ann_as_the_cpu_does, small_ann(), Loss::Squared, batch(37, 3, 0, 5));

/// The gradient by the input against central differences of `Σ r·output`.
#[test]
fn a_perceptrons_gradient_by_its_input() {
    let backend = Cpu::new(0).expect("a thread");
    for (hidden, activation) in [
        (vec![], Activation::Silu),
        (vec![11], Activation::Relu),
        (vec![9, 14], Activation::Silu),
        (vec![8, 5, 7], Activation::Silu),
    ] {
        let (rows, inputs, outputs) = (5, 6, 3);
        let network = Perceptron::new(PerceptronSettings { inputs, hidden, outputs, activation });
        let weights = normals(3, Network::<Cpu>::layout(&network).len());
        let weights = upload(&backend, &weights);
        let (x, r) = (normals(1, rows * inputs), normals(2, rows * outputs));
        let mut buffers = Inputs::new(&backend, rows, inputs, 0);
        let mut output = Rows::new(&backend, rows, outputs);
        let mut work = network.workspace(&backend, rows, true);
        let mut pass = |x: &[f32]| -> Vec<f32> {
            ops::write(&backend, buffers.x.rows_mut(rows), x);
            network.forward(&backend, &weights, Pass::plain(rows), &buffers, &mut work, &mut output);
            backend.read(output.rows(rows)).expect("a CPU")
        };
        let sum = |values: Vec<f32>| -> f64 {
            values.iter().zip(&r).map(|(o, r)| f64::from(*o) * f64::from(*r)).sum()
        };
        let expected: Vec<f64> = (0..x.len())
            .map(|i| {
                let mut at = |by: f32| {
                    let mut moved = x.clone();
                    moved[i] += by;
                    sum(pass(&moved))
                };
                (at(5e-3) - at(-5e-3)) / 1e-2
            })
            .collect();
        pass(&x);
        let (mut given, mut into) = (Rows::new(&backend, rows, outputs), Rows::new(&backend, rows, inputs));
        ops::write(&backend, given.rows_mut(rows), &r);
        ops::write(&backend, into.rows_mut(rows), &vec![f32::NAN; rows * inputs]);
        network.input_gradient(&backend, &weights, rows, &mut work, &given, &mut into);
        let found = backend.read(into.rows(rows)).expect("a CPU");
        let scale = expected.iter().fold(1.0f64, |most, e| most.max(e.abs()));
        for (found, expected) in found.iter().zip(&expected) {
            assert!((f64::from(*found) - expected).abs() < 5e-3 * scale, "{found}, not {expected}");
        }
    }
}

mod whole;
mod wide;
