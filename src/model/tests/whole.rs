//! A transformer that a GPU takes whole gives what the CPU gives operation by operation.

use super::*;
use crate::tensor::gpu::Gpu;
use crate::tensor::ops::{all, all_mut};
use crate::tensor::{SolverStep, TransformerPlan};

/// A ragged one, more tokens than an encoder takes together, one of everything, one of the shape in
/// use with fewer blocks.
pub(super) const SHAPES: [DmTransformerSettings; 4] =
    [of(5, 3, 12, 2, 3, 2), of(3, 21, 20, 5, 2, 3), of(1, 1, 4, 2, 1, 1), of(14, 14, 64, 4, 2, 4)];

const fn of(
    coordinates: usize,
    features: usize,
    width: usize,
    heads: usize,
    blocks: usize,
    expansion: usize,
) -> DmTransformerSettings {
    DmTransformerSettings { coordinates, features, width, heads, blocks, expansion, dropout: 0.0 }
}

/// Weights away from zero biases, unit scales and an output that says nothing.
pub(super) fn weights(layout: &crate::nn::Layout) -> Vec<f32> {
    let mut weights = layout.initial(5);
    for (w, noise) in weights.iter_mut().zip(normals(6, layout.len())) {
        *w += 0.1 * noise;
    }
    weights
}

/// What a network predicts for `x` at a timestep, operation by operation.
fn predicted(
    cpu: &Cpu,
    network: &DmTransformer,
    x: &[f32],
    condition: &[f32],
    time: f32,
    keep: f32,
) -> Vec<f32> {
    let (coordinates, features) = (Network::<Cpu>::coordinates(network), Network::<Cpu>::features(network));
    let rows = x.len() / coordinates;
    let weights = upload(cpu, &weights(Network::<Cpu>::layout(network)));
    let mut inputs = Inputs::new(cpu, rows, coordinates, features);
    ops::write(cpu, inputs.x.rows_mut(rows), x);
    ops::write(cpu, inputs.condition.rows_mut(1), condition);
    ops::write(cpu, inputs.time.rows_mut(1), &[time]);
    ops::write(cpu, inputs.keep.rows_mut(1), &[keep]);
    let mut work = network.workspace(cpu, rows, false);
    let mut output = Rows::new(cpu, rows, coordinates);
    let pass = Pass { rows, condition_rows: 1, dropout: None };
    network.forward(cpu, &weights, pass, &inputs, &mut work, &mut output);
    cpu.read(output.rows(rows)).expect("the CPU does not fail")
}

fn close(what: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= 1e-4 * (1.0 + e.abs()), "{what}: {i} is {f}, not {e}");
    }
}

/// Three timesteps, with and without guidance, limit and update.
fn steps_agree(gpu: &Gpu, settings: DmTransformerSettings) {
    let cpu = Cpu::poisoned().expect("threads start");
    let network = DmTransformer::new(settings);
    let plan: TransformerPlan = *Network::<Gpu>::whole(&network).expect("it has blocks");
    let (tokens, rows) = (plan.tokens, 7);
    let device = gpu.whole().expect("a GPU has it");
    let times = [1000.0, 371.0, 3.0];
    let repeated: Vec<f32> = times.iter().flat_map(|t| [*t, *t]).collect();
    let len = device.drawing(&plan, repeated.len()).expect("it fits");
    let weights = upload(gpu, &weights(Network::<Gpu>::layout(&network)));
    let condition = normals(2, plan.features);
    let mut context = gpu.alloc(len);
    let (time, given) = (upload(gpu, &repeated), upload(gpu, &condition));
    let keep = upload(gpu, &[1.0, 0.0].repeat(times.len()));
    let into = all_mut(gpu, &mut context);
    device.encode(&plan, all(gpu, &weights), all(gpu, &time), all(gpu, &given), all(gpu, &keep), into);
    let start = normals(1, rows * tokens);
    let before = normals(9, rows * tokens);
    for (i, time) in times.into_iter().enumerate() {
        let [with, without] =
            [1.0, 0.0].map(|keep| predicted(&cpu, &network, &start, &condition, time, keep));
        for (passes, limit, update) in
            [(1, None, None), (2, None, Some((0.3, 0.8, 0.0))), (2, Some(0.5), Some((-0.4, 1.2, 0.7)))]
        {
            let (state, given, dropped) = (0.6, -0.7, if passes == 2 { 0.4 } else { 0.0 });
            let step = SolverStep { first: 2 * i, passes, state, given, dropped, limit, update };
            let mut x = upload(gpu, &start);
            let mut clean = gpu.alloc(rows * tokens);
            // what has no factor is not read
            let other = match update {
                Some((_, _, c)) if c != 0.0 => upload(gpu, &before),
                _ => gpu.alloc(rows * tokens),
            };
            device.walk(
                &plan,
                all(gpu, &weights),
                all(gpu, &context),
                step,
                all_mut(gpu, &mut x),
                all_mut(gpu, &mut clean),
                all(gpu, &other),
            );
            let read = |buffer| gpu.read(all(gpu, buffer)).expect("the device answers");
            let (x, clean) = (read(&x), read(&clean));
            let expected: Vec<f32> = (0..rows * tokens)
                .map(|e| {
                    let sum = state * start[e] + given * with[e] + dropped * without[e];
                    limit.map_or(sum, |limit| sum.clamp(-limit, limit))
                })
                .collect();
            let what = format!("{settings:?} at {time}, {passes} passes");
            close(&format!("{what}, clean"), &clean, &expected);
            let stepped: Vec<f32> = match update {
                None => start.clone(),
                Some((a, b, c)) => {
                    (0..expected.len()).map(|e| a * start[e] + b * expected[e] + c * before[e]).collect()
                }
            };
            close(&format!("{what}, x"), &x, &stepped);
        }
    }
}

#[test]
fn a_solver_step_of_a_whole_transformer_agrees_with_its_operations() {
    let Some(gpu) = crate::tensor::tests::gpu("a_solver_step_of_a_whole_transformer") else { return };
    for settings in SHAPES {
        steps_agree(gpu, settings);
    }
}

/// Losses of six steps, the gradient before, and the weights after.
fn trained<B: Backend>(backend: &B, settings: DmTransformerSettings, rows: usize) -> [Vec<f32>; 3] {
    let network = DmTransformer::new(settings);
    let layout = Network::<B>::layout(&network).clone();
    let weights = weights(&layout);
    let state = OptimiserState { ema: weights.clone(), weights, ..OptimiserState::start(&layout, 5) };
    let (tokens, features) = (settings.coordinates, settings.features);
    let batch = batch(rows, tokens, features, tokens);
    let mut trainer = Trainer::new(backend, network, Loss::Squared, super::settings(10), &state, rows + 3);
    let (_, gradient) = trainer.probe(backend, &batch).expect("the device answers");
    let mut step = || {
        trainer.step(backend, &batch);
        trainer.loss(backend).expect("the device answers")
    };
    let losses = (0..6).map(|_| step()).collect();
    [losses, gradient, trainer.optimiser().state(backend).expect("the device answers").weights]
}

/// Losses and gradients; with one lane on either device dropout is the same, too.
fn trains_alike(gpu: &Gpu, settings: DmTransformerSettings, rows: usize) {
    let cpu = Cpu::poisoned().expect("threads start");
    let (found, expected) = (trained(gpu, settings, rows), trained(&cpu, settings, rows));
    let what = format!("{rows} rows of {settings:?}");
    close(&format!("{what}, gradient"), &found[1], &expected[1]);
    close(&format!("{what}, losses"), &found[0], &expected[0]);
}

/// Whether the device takes the training whole.
fn trains_whole(gpu: &Gpu, settings: DmTransformerSettings, rows: usize) -> bool {
    let network = DmTransformer::new(settings);
    let plan = Network::<Gpu>::whole(&network).expect("it has blocks");
    gpu.whole().is_some_and(|device| device.training(plan, rows, settings.dropout > 0.0).is_some())
}

#[test]
fn a_whole_transformer_trains_as_its_operations_do() {
    let Some(gpu) = crate::tensor::tests::gpu("a_whole_transformer_trains_as_its_operations_do") else {
        return;
    };
    for (settings, rows) in SHAPES.into_iter().zip([37, 5, 2, 19]) {
        assert!(trains_whole(gpu, settings, rows), "{settings:?}");
        trains_alike(gpu, settings, rows);
    }
}

#[test]
fn the_gradient_of_a_whole_transformer_agrees_with_differences() {
    let Some(gpu) = crate::tensor::tests::gpu("the_gradient_of_a_whole_transformer") else { return };
    let settings = of(3, 2, 4, 2, 1, 1);
    assert!(trains_whole(gpu, settings, 6));
    check_gradient(gpu, || DmTransformer::new(settings), Loss::Squared, &batch(6, 3, 2, 3));
}

#[test]
fn a_whole_transformer_drops_out_what_its_operations_do() {
    let Some(gpu) = crate::tensor::tests::gpu("a_whole_transformer_drops_out") else { return };
    let settings = DmTransformerSettings { dropout: 0.3, ..SHAPES[0] };
    assert!(trains_whole(gpu, settings, 11));
    trains_alike(gpu, settings, 11);
}

/// More tokens than fit a workgroup's memory, and dropout of elements that do not come in fours.
#[test]
fn what_is_not_taken_whole_trains_all_the_same() {
    let Some(gpu) = crate::tensor::tests::gpu("what_is_not_taken_whole_trains_all_the_same") else { return };
    let odd = DmTransformerSettings { dropout: 0.3, ..of(5, 3, 6, 3, 2, 2) };
    for settings in [of(60, 3, 16, 1, 1, 2), odd] {
        assert!(!trains_whole(gpu, settings, 7), "{settings:?}");
        trains_alike(gpu, settings, 7);
    }
}

/// What needs more shared memory than there is, or has no blocks, is not taken.
#[test]
fn what_does_not_fit_is_not_taken_whole() {
    let Some(gpu) = crate::tensor::tests::gpu("what_does_not_fit_is_not_taken_whole") else { return };
    let taken = |settings| {
        let network = DmTransformer::new(settings);
        let plan = Network::<Gpu>::whole(&network)?;
        gpu.whole()?.drawing(plan, 2)
    };
    assert_eq!(taken(of(14, 14, 64, 4, 8, 4)), Some(2 * 8 * 14 * 128));
    assert_eq!(taken(of(400, 14, 64, 4, 8, 4)), None);
    assert_eq!(taken(of(14, 14, 2048, 4, 1, 4)), None);
    assert_eq!(taken(of(14, 14, 64, 4, 0, 4)), None);
    assert!(Cpu::new(1).expect("a thread").whole().is_none(), "a CPU goes operation by operation");
}
