//! How a system is trained and drawn from: all settings in one place.

use crate::choice::choices;
use crate::dataset::{CoordinateKind, Loosening};
use crate::model::DmTransformerSettings;
use crate::nn::{LearningRate, OptimiserSettings};
use serde::{Deserialize, Serialize};

/// Larger networks and longer schedules are none of ours: what a model file says decides what is allocated.
const WIDEST: usize = 1 << 14;
const MOST_LAYERS: usize = 64;
const MOST_TIMESTEPS: usize = 100_000;

/// Which of the paper's trained systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum System {
    /// The diffusion transformer, the paper's own.
    DmTransformer,
    /// The diffusion model with a multilayer perceptron, the paper's reference 6.
    DmMlp,
    /// The neural network from specification to sizing, the paper's reference 4.
    Ann,
}

choices!(System, "system": DmTransformer "dm-transformer", DmMlp "dm-mlp", Ann "ann");

impl System {
    /// The name in the paper's tables and in the window.
    pub fn title(self) -> &'static str {
        match self {
            System::DmTransformer => "DM-Transf.",
            System::DmMlp => "DM-MLP",
            System::Ann => "ANN",
        }
    }

    /// Whether it is a diffusion model, drawn from by a solver with guidance.
    pub fn is_diffusion(self) -> bool {
        self != System::Ann
    }
}

/// The network of a system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Architecture {
    /// See [`crate::model::DmTransformer`].
    DmTransformer(Transformer),
    /// See [`crate::model::DmMlp`].
    DmMlp {
        /// Channels of each block.
        widths: Vec<usize>,
        /// Features of the timestep, even.
        time_width: usize,
    },
    /// A [`crate::model::Perceptron`] with ReLU.
    Ann {
        /// Channels of the hidden layers.
        widths: Vec<usize>,
        /// How targets differ from row to row of an answer.
        jitter: Jitter,
    },
}

/// Sizes of the transformer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transformer {
    /// Transformer blocks, N.
    pub blocks: usize,
    /// Channels of a token.
    pub width: usize,
    /// Attention heads.
    pub heads: usize,
    /// Feed-forward width as a multiple of `width`.
    pub expansion: usize,
    /// Dropout on residual branches.
    pub dropout: f32,
}

/// How the ANN, which has one answer to a target, gives many: each bound of each row is made harder by an amount
/// drawn evenly between two.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Jitter {
    /// By these parts of the bound's value, as published: 5 to 50 %.
    PartOfValue(f64, f64),
    /// By these numbers of standard deviations of the scaled metric over the training rows.
    Deviations(f64, f64),
}

/// All that decides what training gives, beside the data, the seed and the device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// The network.
    pub architecture: Architecture,
    /// The coordinates of a sizing.
    pub coordinates: CoordinateKind,
    /// The part of the rows that is never trained on.
    pub held_out: f64,
    /// Times each training row appears in an epoch, once as it is, else with a loosened condition.
    pub copies: usize,
    /// How far conditions are loosened.
    pub loosening: Loosening,
    /// Whether copies are loosened anew in each epoch rather than once for all.
    pub fresh_loosening: bool,
    /// T of the noise schedule; like dropping, guidance and solver steps of no effect on the ANN.
    pub timesteps: usize,
    /// The part of the rows whose condition is dropped.
    pub condition_dropout: f64,
    /// Passes over the augmented rows.
    pub epochs: usize,
    /// Rows of a batch.
    pub batch: usize,
    /// The highest learning rate.
    pub learning_rate: f32,
    /// Decoupled weight decay, the counterpart of an L2 penalty.
    pub weight_decay: f32,
    /// Decay of the moving average of the weights.
    pub ema_decay: f32,
    /// The guidance weight to sample with by default.
    pub guidance: f32,
    /// Standard deviations by which a target is tightened by default before sampling.
    pub tighten: f64,
    /// Solver steps to sample with by default.
    pub sampling_steps: usize,
}

impl Recipe {
    /// The system.
    pub fn system(&self) -> System {
        match self.architecture {
            Architecture::DmTransformer(_) => System::DmTransformer,
            Architecture::DmMlp { .. } => System::DmMlp,
            Architecture::Ann { .. } => System::Ann,
        }
    }

    /// Whether training by `other` gives the same model: they differ at most in how it is drawn from.
    pub fn trains_like(&self, other: &Recipe) -> bool {
        let Recipe { guidance, tighten, sampling_steps, .. } = *self;
        *self == Recipe { guidance, tighten, sampling_steps, ..other.clone() }
    }

    /// Whether the performance model trained beside comes out the same as by `other`.
    pub fn predicts_like(&self, other: &Recipe) -> bool {
        self.coordinates == other.coordinates && self.held_out == other.held_out
    }

    /// The optimiser's settings for a training of `steps` steps.
    pub(super) fn optimiser(&self, steps: u32) -> OptimiserSettings {
        OptimiserSettings {
            learning_rate: LearningRate {
                peak: self.learning_rate,
                warm_up: (steps / 20).clamp(1, 500),
                steps,
                last: 0.01,
            },
            beta1: 0.9,
            beta2: 0.99,
            weight_decay: self.weight_decay,
            clip_norm: 1.0,
            ema_decay: self.ema_decay,
        }
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// The first setting that cannot be, and what would do.
    pub fn check(&self) -> Result<(), String> {
        for (name, value, most) in [
            ("copies", self.copies, 10_000),
            ("epochs", self.epochs, 1_000_000),
            ("batch", self.batch, 1 << 16),
            ("sampling steps", self.sampling_steps, MOST_TIMESTEPS),
        ] {
            at_most(name, value, most)?;
        }
        self.architecture.check()?;
        if self.timesteps < 2 {
            return Err("the schedule needs at least 2 timesteps".to_owned());
        }
        at_most("timesteps", self.timesteps, MOST_TIMESTEPS)?;
        if !(self.learning_rate > 0.0 && self.learning_rate <= 100.0) {
            return Err("the learning rate must be greater than 0 and at most 100".to_owned());
        }
        if !(0.0..=100.0).contains(&self.weight_decay) {
            return Err("the weight decay must lie in 0 … 100".to_owned());
        }
        if !(0.0..1.0).contains(&self.ema_decay) {
            return Err("the average's decay must lie in 0 … 1, 1 excluded".to_owned());
        }
        if !(self.guidance.abs() <= 1000.0 && self.tighten.abs() <= 1000.0) {
            return Err("guidance and tightening must lie in -1000 … 1000".to_owned());
        }
        let (Loosening::PartOfMean(loosening) | Loosening::Deviations(loosening)) = self.loosening;
        if !(0.0..=1000.0).contains(&loosening) {
            return Err("the loosening must lie in 0 … 1000".to_owned());
        }
        for (name, value) in
            [("condition dropout", self.condition_dropout), ("the held-out part", self.held_out)]
        {
            if !(0.0..1.0).contains(&value) {
                return Err(format!("{name} must lie in 0 … 1, 1 excluded"));
            }
        }
        Ok(())
    }
}

impl Architecture {
    fn check(&self) -> Result<(), String> {
        match self {
            Architecture::DmTransformer(shape) => shape.check(),
            Architecture::DmMlp { widths, time_width } => {
                if *time_width == 0 || !time_width.is_multiple_of(2) {
                    return Err(format!("the timestep's width {time_width} must be even and at least 2"));
                }
                at_most("the timestep's width", *time_width, WIDEST)?;
                check_widths(widths)
            }
            Architecture::Ann { widths, jitter } => {
                let (Jitter::PartOfValue(least, most) | Jitter::Deviations(least, most)) = *jitter;
                if !(0.0 <= least && least <= most && most <= 1000.0) {
                    return Err(format!(
                        "jitter from {least} to {most} must rise from 0 or more to at most 1000"
                    ));
                }
                if matches!(jitter, Jitter::PartOfValue(..)) && most >= 1.0 {
                    return Err("jitter by parts of a bound's value must stay below 1".to_owned());
                }
                check_widths(widths)
            }
        }
    }
}

impl Transformer {
    fn check(&self) -> Result<(), String> {
        let sizes = [
            ("blocks", self.blocks, MOST_LAYERS),
            ("heads", self.heads, 256),
            ("expansion", self.expansion, 64),
            ("width", self.width.max(1), 4096),
        ];
        for (name, value, most) in sizes {
            at_most(name, value, most)?;
        }
        if self.width == 0 || !self.width.is_multiple_of(2 * self.heads) {
            return Err(format!("width {} must be a multiple of twice the {} heads", self.width, self.heads));
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return Err("dropout must lie in 0 … 1, 1 excluded".to_owned());
        }
        Ok(())
    }

    pub(super) fn settings(&self, coordinates: usize, features: usize) -> DmTransformerSettings {
        let Transformer { blocks, width, heads, expansion, dropout } = *self;
        DmTransformerSettings { coordinates, features, width, heads, blocks, expansion, dropout }
    }
}

fn at_most(name: &str, value: usize, most: usize) -> Result<(), String> {
    match value {
        0 => Err(format!("{name} must be at least 1")),
        _ if value > most => Err(format!("{name} = {value}: at most {most} can be")),
        _ => Ok(()),
    }
}

fn check_widths(widths: &[usize]) -> Result<(), String> {
    if widths.is_empty() || widths.len() > MOST_LAYERS {
        return Err(format!("{} layers: at least one, at most {MOST_LAYERS}", widths.len()));
    }
    widths.iter().try_for_each(|width| at_most("a layer's width", *width, WIDEST))
}
