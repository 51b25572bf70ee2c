//! How a system is trained: all settings in one place, and the presets.

use crate::dataset::{CoordinateKind, Loosening};
use crate::nn::{LearningRate, OptimiserSettings};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Which of the paper's systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum System {
    /// The diffusion transformer.
    DmTransformer,
}

impl System {
    /// The systems that can be trained.
    pub const ALL: [System; 1] = [System::DmTransformer];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            System::DmTransformer => "dm-transformer",
        }
    }
}

impl FromStr for System {
    type Err = String;

    fn from_str(text: &str) -> Result<System, String> {
        System::ALL.into_iter().find(|s| s.name() == text).ok_or_else(|| {
            let names = System::ALL.map(System::name).join(", ");
            format!("there is no system `{text}`: choose one of {names}")
        })
    }
}

/// A named recipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Preset {
    /// Ratio-and-area coordinates and a smaller network: minutes on two cores.
    Quick,
    /// The paper's own recipe as far as it states one: N = 8, T = 1000, w = 0.1, 100 epochs, ×10,
    /// plain scaling.
    Paper,
}

impl Preset {
    /// All presets.
    pub const ALL: [Preset; 2] = [Preset::Quick, Preset::Paper];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Preset::Quick => "quick",
            Preset::Paper => "paper",
        }
    }

    /// The recipe.
    pub fn recipe(self) -> Recipe {
        match self {
            Preset::Quick => Recipe {
                system: System::DmTransformer,
                coordinates: CoordinateKind::RatioArea,
                held_out: 0.1,
                copies: 10,
                loosening: Loosening::Deviations(0.5),
                fresh_loosening: true,
                timesteps: 1000,
                blocks: 3,
                width: 64,
                heads: 4,
                expansion: 4,
                dropout: 0.0,
                condition_dropout: 0.1,
                epochs: 20,
                batch: 256,
                learning_rate: 2e-3,
                weight_decay: 0.01,
                ema_decay: 0.999,
                guidance: -0.5,
                tighten: 0.15,
                sampling_steps: 12,
            },
            Preset::Paper => Recipe {
                coordinates: CoordinateKind::Plain,
                loosening: Loosening::PartOfMean(0.2),
                fresh_loosening: false,
                blocks: 8,
                dropout: 0.1,
                epochs: 100,
                learning_rate: 1e-3,
                guidance: 0.1,
                tighten: 0.0,
                sampling_steps: 1000,
                ..Preset::Quick.recipe()
            },
        }
    }
}

impl FromStr for Preset {
    type Err = String;

    fn from_str(text: &str) -> Result<Preset, String> {
        Preset::ALL.into_iter().find(|p| p.name() == text).ok_or_else(|| {
            let names = Preset::ALL.map(Preset::name).join(", ");
            format!("there is no preset `{text}`: choose one of {names}")
        })
    }
}

/// All that decides what training gives, beside the data, the seed and the device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Which system.
    pub system: System,
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
    /// T of the noise schedule.
    pub timesteps: usize,
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
    /// The part of the rows whose condition is dropped.
    pub condition_dropout: f64,
    /// Passes over the augmented rows.
    pub epochs: usize,
    /// Rows of a batch.
    pub batch: usize,
    /// The highest learning rate.
    pub learning_rate: f32,
    /// Decoupled weight decay.
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
        let at_least_one = [
            ("copies", self.copies),
            ("epochs", self.epochs),
            ("batch", self.batch),
            ("blocks", self.blocks),
            ("heads", self.heads),
            ("expansion", self.expansion),
            ("sampling steps", self.sampling_steps),
        ];
        if let Some((name, _)) = at_least_one.iter().find(|(_, value)| *value == 0) {
            return Err(format!("{name} must be at least 1"));
        }
        if self.width == 0 || !self.width.is_multiple_of(2 * self.heads) {
            return Err(format!("width {} must be a multiple of twice the {} heads", self.width, self.heads));
        }
        if self.timesteps < 2 {
            return Err("the schedule needs at least 2 timesteps".to_owned());
        }
        if self.learning_rate.is_nan() || self.learning_rate <= 0.0 {
            return Err("the learning rate must be greater than 0".to_owned());
        }
        for (name, value) in [
            ("dropout", f64::from(self.dropout)),
            ("condition dropout", self.condition_dropout),
            ("the held-out part", self.held_out),
        ] {
            if !(0.0..1.0).contains(&value) {
                return Err(format!("{name} must lie in 0 … 1, 1 excluded"));
            }
        }
        Ok(())
    }
}
