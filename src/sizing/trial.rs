//! A small model for tests: the performance model is real, the network before it hardly learns.

use super::{
    Architecture, Control, Preset, Recipe, Start, System, TrainedModel, TrainingData, TrainingEvent, train,
};
use crate::circuit::Circuit;
use crate::dataset::{self, Dataset};
use crate::tensor::cpu::Cpu;

/// Trained on the first `rows` rows of a bundled circuit, which come with it.
pub(super) fn trained_on(backend: &Cpu, circuit: &Circuit, rows: usize) -> (TrainedModel, Dataset) {
    let mut some = dataset::read(circuit, &circuit.dataset).expect("bundled").dataset;
    some.rows.truncate(rows);
    let architecture = Architecture::Perceptron { widths: vec![4] };
    let recipe = Recipe { architecture, epochs: 1, ..Preset::Quick.recipe(System::Ann, rows) };
    let data = TrainingData::new(circuit, &some, &recipe, 1).expect("enough rows");
    let mut go_on = |_: TrainingEvent<'_>| Control::Continue;
    let model = train(backend, circuit, &some.hash(), &data, &recipe, 1, Start::Fresh, &mut go_on);
    (model.expect("a CPU"), some)
}
