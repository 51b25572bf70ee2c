//! Named recipes.

use super::architecture::{Architecture, Transformer};
use super::performance_recipe::PerformanceRecipe;
use super::process::{Diffusion, Jitter, Process, Regression};
use super::recipe::Recipe;
use super::system::System;
use crate::choice::choices;
use crate::dataset::{CoordinateKind, Loosening};
use crate::tensor::Loss;
use serde::{Deserialize, Serialize};

/// A named recipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Preset {
    /// What works best in minutes on two cores: ratio-and-area coordinates, guidance that extrapolates, a
    /// smaller transformer.
    Quick,
    /// Each system as published, as far as that is stated: plain scaling; for DM-Transf. N = 8, T = 1000,
    /// w = 0.1, 100 epochs, ×10.
    Paper,
}

choices!(Preset, "preset": Quick "quick", Paper "paper");

impl Preset {
    /// What the preset is for, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Preset::Quick => "what works best in minutes on a laptop",
            Preset::Paper => "each system as published as far as that is stated",
        }
    }

    /// The recipe of a system for a dataset of `rows` rows.
    pub fn recipe(self, system: System, rows: usize) -> Recipe {
        match (self, system) {
            (Preset::Quick, System::DmTransformer) => quick_transformer(rows),
            (Preset::Quick, System::DmMlp) => quick_mlp(rows),
            (Preset::Quick, System::Ann) => quick_ann(rows),
            (Preset::Paper, System::DmTransformer) => {
                let quick = quick_transformer(rows);
                let shape = Transformer { blocks: 8, width: 64, heads: 4, expansion: 4, dropout: 0.1 };
                Recipe {
                    architecture: Architecture::DmTransformer(shape),
                    epochs: 100,
                    learning_rate: 1e-3,
                    guidance: 0.1,
                    ..published(quick)
                }
            }
            // w = 0.113 extrapolates in its own work's formula
            (Preset::Paper, System::DmMlp) => {
                Recipe { epochs: 100, guidance: -0.113, ..published(quick_mlp(rows)) }
            }
            (Preset::Paper, System::Ann) => {
                let process = Process::Regression(Regression { jitter: Jitter::PartOfValue(0.05, 0.5) });
                // 500 and 2,500 passes over the rows, of which an epoch has ten
                Recipe { process, held_out: 0.2, epochs: 300, ..published(quick_ann(rows)) }
            }
        }
    }
}

/// Of the ANN's own work.
const ANN_WIDTHS: [usize; 3] = [120, 240, 60];
/// Of the DM-MLP's own work.
const MLP_WIDTHS: [usize; 7] = [467, 292, 758, 1115, 208, 1968, 507];

/// The paper's scaling, augmentation and way of sampling: a dataset loosened once for all, every step of the
/// schedule, the target as it is.
fn published(quick: Recipe) -> Recipe {
    Recipe {
        coordinates: CoordinateKind::Plain,
        loosening: Loosening::PartOfMean(0.2),
        fresh_loosening: false,
        tighten: 0.0,
        sampling_steps: 1000,
        ..quick
    }
}

/// As many epochs as make about `steps` steps: a small dataset needs as many as a large one.
fn in_steps(steps: usize, rows: usize, recipe: Recipe) -> Recipe {
    let augmented = rows as f64 * (1.0 - recipe.held_out) * recipe.copies as f64;
    let steps_an_epoch = (augmented / recipe.batch as f64).ceil().max(1.0);
    Recipe { epochs: ((steps as f64 / steps_an_epoch).round() as usize).max(1), ..recipe }
}

fn quick_transformer(rows: usize) -> Recipe {
    let shape = Transformer { blocks: 3, width: 64, heads: 4, expansion: 4, dropout: 0.0 };
    let recipe = Recipe {
        architecture: Architecture::DmTransformer(shape),
        process: Process::Diffusion(Diffusion::velocity(1000)),
        loss: Loss::Squared,
        coordinates: CoordinateKind::RatioArea,
        held_out: 0.1,
        copies: 10,
        loosening: Loosening::Deviations(0.5),
        fresh_loosening: true,
        condition_dropout: 0.1,
        epochs: 1,
        // the loss over held-out rows rises long before draws stop getting better: docs/experiments.md
        patience: 0.0,
        batch: 256,
        learning_rate: 2e-3,
        weight_decay: 0.01,
        ema_decay: 0.999,
        guidance: -0.75,
        tighten: 0.15,
        sampling_steps: 12,
        performance: PerformanceRecipe::preset(),
    };
    in_steps(1440, rows, recipe)
}

fn quick_mlp(rows: usize) -> Recipe {
    let architecture = Architecture::DmMlp { widths: MLP_WIDTHS.to_vec(), time_width: 128 };
    let recipe = Recipe {
        architecture,
        process: Process::Diffusion(Diffusion::noise(1000)),
        loss: Loss::Absolute,
        batch: 175,
        learning_rate: 9.3e-4,
        weight_decay: 0.0,
        guidance: -1.0,
        sampling_steps: 50,
        ..quick_transformer(rows)
    };
    in_steps(3000, rows, recipe)
}

fn quick_ann(rows: usize) -> Recipe {
    let recipe = Recipe {
        architecture: Architecture::Perceptron { widths: ANN_WIDTHS.to_vec() },
        process: Process::Regression(Regression { jitter: Jitter::Deviations(0.0, 0.5) }),
        loss: Loss::Squared,
        batch: 512,
        learning_rate: 1e-3,
        weight_decay: 1.3e-5,
        tighten: 0.0,
        ..quick_transformer(rows)
    };
    in_steps(6000, rows, recipe)
}
