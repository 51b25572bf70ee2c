//! A training that learns its rows by heart ends early with the best of what it was, however often it is stopped.

use super::*;
use crate::dataset;
use crate::sizing::{Architecture, Preset, System, Transformer};
use crate::tensor::cpu::Cpu;

/// A network that learns so few rows of OTA1 by heart within a second.
fn recipe(patience: f64) -> Recipe {
    let shape = Transformer { blocks: 1, width: 16, heads: 4, expansion: 4, dropout: 0.0 };
    Recipe {
        architecture: Architecture::DmTransformer(shape),
        copies: 2,
        batch: 54,
        epochs: 400,
        patience,
        learning_rate: 2e-2,
        weight_decay: 0.0,
        ema_decay: 0.9,
        ..Preset::Quick.recipe(System::DmTransformer, 1)
    }
}

/// Trains on thirty rows until `ends` says so of the steps taken.
fn trained(recipe: &Recipe, start: Start, ends: &dyn Fn(usize) -> bool) -> TrainedModel {
    let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
    let mut rows = dataset::read(&circuit, &circuit.dataset).expect("bundled").dataset;
    rows.rows.truncate(30);
    let data = TrainingData::new(&circuit, &rows, recipe, 1).expect("enough rows");
    let backend = Cpu::new(1).expect("a thread");
    let mut control = |event: TrainingEvent| match event {
        TrainingEvent::Step { learning, .. } if ends(learning.training.len()) => Control::Stop,
        _ => Control::Continue,
    };
    train(&backend, &circuit, &rows.hash(), &data, recipe, 1, start, &mut control).expect("a CPU")
}

#[test]
fn rows_learnt_by_heart_end_it_early_with_the_best_weights_and_resuming_changes_nothing() {
    let recipe = recipe(0.1);
    let early = trained(&recipe, Start::Fresh, &|_| false);
    let (taken, kept) = (early.learning.training.len(), early.kept_step() as usize);
    assert!(0 < kept && kept + 40 <= taken && taken < 400, "{kept} of {taken}");
    assert!(early.is_finished() && early.best.is_none());
    assert_ne!(early.optimiser.as_ref().expect("kept").ema, early.weights);
    let there = trained(&recipe, Start::Fresh, &|step| step == kept);
    assert_eq!(there.weights, early.weights, "those of the best step");
    assert!(!there.is_finished());
    // stopped before the best step, at it and after it
    for at in [kept / 2, kept, taken - 1] {
        let part = trained(&recipe, Start::Fresh, &|step| step == at);
        assert_eq!(part.learning.training.len(), at);
        let rest = trained(&recipe, Start::Resume(Box::new(part)), &|_| false);
        assert_eq!(rest.learning.training, early.learning.training, "stopped after {at}");
        assert_eq!((&rest.weights, &rest.best, &rest.optimiser), (&early.weights, &None, &early.optimiser));
    }
    // one that has ended goes no further
    let again = trained(&recipe, Start::Resume(Box::new(early.clone())), &|_| false);
    assert_eq!((again.learning.training.len(), &again.weights), (taken, &early.weights));
}

#[test]
fn without_patience_every_step_is_taken_and_the_last_kept() {
    let to_the_end = trained(&recipe(0.0), Start::Fresh, &|_| false);
    assert_eq!((to_the_end.learning.training.len(), to_the_end.kept_step()), (400, 400));
    assert!(to_the_end.learning.by_heart().is_some() && to_the_end.best.is_none());
    assert_eq!(to_the_end.optimiser.expect("kept").ema, to_the_end.weights);
}

#[test]
fn while_the_loss_falls_patience_changes_nothing() {
    let short = |patience| Recipe { epochs: 12, ..recipe(patience) };
    let (with, without) =
        (trained(&short(0.25), Start::Fresh, &|_| false), trained(&short(0.0), Start::Fresh, &|_| false));
    assert_eq!(with.learning.by_heart(), None);
    assert_eq!((with.weights, with.learning.training), (without.weights, without.learning.training));
}

#[test]
fn rows_outside_the_legal_ranges_are_predicted_from_and_never_drawn_from() {
    let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
    let mut rows = dataset::read(&circuit, &circuit.dataset).expect("bundled").dataset;
    rows.rows.truncate(30);
    let alone = TrainingData::new(&circuit, &rows, &recipe(0.0), 1).expect("enough rows");
    let mut failing = rows.rows[3].clone();
    failing.performance.0[2] = 3.0;
    rows.outside.push(failing.clone());
    let data = TrainingData::new(&circuit, &rows, &recipe(0.0), 1).expect("enough rows");
    assert_eq!(data.measured.last(), Some(&failing));
    assert_eq!(data.measured[..27], alone.measured[..]);
    assert_eq!(
        (&data.split.training, &data.x, &data.conditions),
        (&alone.split.training, &alone.x, &alone.conditions)
    );
}

#[test]
fn rows_with_gaps_are_trained_on_and_neither_held_out_nor_predicted_from() {
    let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
    let mut rows = dataset::read(&circuit, &circuit.dataset).expect("bundled").dataset;
    rows.rows.truncate(30);
    for (i, row) in rows.rows[..12].iter().enumerate() {
        let mut row = row.clone();
        row.performance.0[i % 4] = f64::NAN;
        rows.gaps.push(row);
    }
    let recipe = Recipe { epochs: 2, ..recipe(0.0) };
    let data = TrainingData::new(&circuit, &rows, &recipe, 1).expect("enough rows");
    assert_eq!((data.measured.len(), data.split.held_out.len(), data.x.len()), (27, 3, 39));
    let whole = |rows: &[crate::dataset::Row]| !rows.iter().any(crate::dataset::Row::has_gaps);
    assert!(whole(&data.measured) && whole(&data.split.held_out));
    let backend = Cpu::new(1).expect("a thread");
    let mut go_on = |_: TrainingEvent| Control::Continue;
    let model = train(&backend, &circuit, &rows.hash(), &data, &recipe, 1, Start::Fresh, &mut go_on);
    let model = model.expect("a CPU");
    assert_eq!(model.learning.training.len(), 4, "two epochs of 78 in batches of 54");
    let numbers = model.weights.iter().chain(model.performance.members.iter().flatten());
    assert!(numbers.chain(&model.learning.training).all(|v| v.is_finite()));
    assert!(model.performance.held_out_error.iter().all(|e| e.is_finite()));
}
