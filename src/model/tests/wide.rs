//! Networks whose widths fill vectors, as those in use do: their products go through packed weights.

use super::*;
use crate::tensor::Precision;

fn wide_transformer() -> DmTransformer {
    DmTransformer::new(DmTransformerSettings {
        coordinates: 5,
        features: 3,
        width: 32,
        heads: 2,
        blocks: 2,
        expansion: 3,
        dropout: 0.0,
    })
}

#[test]
fn the_gradient_agrees_with_differences() {
    let cpu = Cpu::poisoned().expect("threads start");
    check_gradient(&cpu, wide_transformer, Loss::Squared, &batch(19, 5, 3, 5));
}

/// Loss and gradient with products this exact.
fn probe(precision: Precision) -> (f32, Vec<f32>) {
    let cpu = Cpu::poisoned().expect("threads start");
    let mut state = OptimiserState::start(Network::<Cpu>::layout(&wide_transformer()), 5);
    for (w, noise) in state.weights.iter_mut().zip(normals(6, 1 << 20)) {
        *w += 0.1 * noise;
    }
    let trainer = Trainer::new(&cpu, wide_transformer(), Loss::Squared, settings(1), &state, 50);
    let mut trainer = trainer.with_products(&cpu, precision);
    trainer.probe(&cpu, &batch(50, 5, 3, 5)).expect("the CPU does not fail")
}

/// Rounded factors move the gradient by little, and neither its length nor its direction on the whole.
#[test]
fn rounded_products_leave_the_gradient_nearly_as_it_is() {
    let ((loss, exact), (rounded_loss, rounded)) = (probe(Precision::Single), probe(Precision::Half));
    assert!((loss - rounded_loss).abs() < 0.01 * loss, "{loss} and {rounded_loss}");
    let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        exact.iter().zip(&rounded).map(|(e, r)| of(f64::from(*e), f64::from(*r))).sum()
    };
    let (size, error) = (sum(&|e, _| e * e).sqrt(), sum(&|e, r| (e - r).powi(2)).sqrt());
    // a factor's rounding is 1/256 at most; a gradient goes through some thirty products
    assert!(error < 0.03 * size, "off by {error} of {size}");
}

/// Losses of a training on so many threads.
fn losses(threads: usize, precision: Precision) -> Vec<f32> {
    let cpu = Cpu::new(threads).expect("threads start");
    let state = OptimiserState::start(Network::<Cpu>::layout(&wide_transformer()), 5);
    let batch = batch(50, 5, 3, 5);
    let trainer = Trainer::new(&cpu, wide_transformer(), Loss::Squared, settings(40), &state, 50);
    let mut trainer = trainer.with_products(&cpu, precision);
    let mut step = || {
        trainer.step(&cpu, &batch);
        trainer.loss(&cpu).expect("the CPU does not fail")
    };
    (0..40).map(|_| step()).collect()
}

#[test]
fn either_precision_learns_alike_and_does_not_depend_on_the_number_of_threads() {
    let (exact, rounded) = (losses(1, Precision::Single), losses(1, Precision::Half));
    assert_eq!(exact, losses(3, Precision::Single));
    assert_eq!(rounded, losses(3, Precision::Half));
    assert!(exact[39] < 0.95 * exact[0], "{exact:?}");
    assert!((exact[39] - rounded[39]).abs() < 0.02 * exact[0], "{} and {}", exact[39], rounded[39]);
}
