//! The network of a recipe: its kind and its sizes.

use super::bounds::{self, MOST_LAYERS, WIDEST, at_most};
use super::system::System;
use crate::model::{Activation, DmMlpSettings, DmTransformerSettings, PerceptronSettings};
use serde::{Deserialize, Serialize};

/// A network's kind and sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Architecture {
    /// DM-Transf., the diffusion transformer [`crate::model::DmTransformer`].
    DmTransformer(Transformer),
    /// DM-MLP, the denoising perceptron [`crate::model::DmMlp`].
    DmMlp {
        /// Channels of each block.
        widths: Vec<usize>,
        /// Features of the timestep, even.
        time_width: usize,
    },
    /// A [`crate::model::Perceptron`] with ReLU from a specification's features to coordinates.
    Perceptron {
        /// Channels of the hidden layers.
        widths: Vec<usize>,
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

impl Architecture {
    /// The system of the paper whose network it is.
    pub fn system(&self) -> System {
        match self {
            Architecture::DmTransformer(_) => System::DmTransformer,
            Architecture::DmMlp { .. } => System::DmMlp,
            Architecture::Perceptron { .. } => System::Ann,
        }
    }

    /// Whether the network sees a noisy sizing and its timestep beside the condition.
    pub fn denoises(&self) -> bool {
        !matches!(self, Architecture::Perceptron { .. })
    }

    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            Architecture::DmTransformer(shape) => shape.check(),
            Architecture::DmMlp { widths, time_width } => {
                if *time_width == 0 || !time_width.is_multiple_of(2) {
                    return Err(format!("the timestep's width {time_width} must be even and at least 2"));
                }
                at_most("the timestep's width", *time_width, WIDEST)?;
                bounds::widths(widths)
            }
            Architecture::Perceptron { widths } => bounds::widths(widths),
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
}

/// The sizes of a DM-Transf. for so many coordinates and features.
pub(super) fn transformer(shape: &Transformer, coordinates: usize, features: usize) -> DmTransformerSettings {
    let Transformer { blocks, width, heads, expansion, dropout } = *shape;
    DmTransformerSettings { coordinates, features, width, heads, blocks, expansion, dropout }
}

/// The sizes of a DM-MLP for so many coordinates and features.
pub(super) fn mlp(widths: &[usize], time_width: usize, coordinates: usize, features: usize) -> DmMlpSettings {
    DmMlpSettings { coordinates, features, widths: widths.to_vec(), time_width }
}

/// The sizes of a perceptron from so many features to so many coordinates.
pub(super) fn perceptron(widths: &[usize], coordinates: usize, features: usize) -> PerceptronSettings {
    let (hidden, activation) = (widths.to_vec(), Activation::Relu);
    PerceptronSettings { inputs: features, hidden, outputs: coordinates, activation }
}

/// Runs `$body` with `$network` as the network of `$architecture` for so many coordinates and features: each has
/// a type of its own, so the choice is made once, outside.
macro_rules! with_network {
    ($architecture:expr, $coordinates:expr, $features:expr, $network:ident => $body:expr) => {{
        use $crate::model::{DmMlp, DmTransformer, Perceptron};
        use $crate::sizing::architecture::{Architecture, mlp, perceptron, transformer};
        let (coordinates, features): (usize, usize) = ($coordinates, $features);
        match $architecture {
            Architecture::DmTransformer(shape) => {
                let $network = DmTransformer::new(transformer(shape, coordinates, features));
                $body
            }
            Architecture::DmMlp { widths, time_width } => {
                let $network = DmMlp::new(mlp(widths, *time_width, coordinates, features));
                $body
            }
            Architecture::Perceptron { widths } => {
                let $network = Perceptron::new(perceptron(widths, coordinates, features));
                $body
            }
        }
    }};
}
pub(super) use with_network;
