//! The networks: denoisers of a sizing, predictors of its performance, and a sizing from a specification.

mod dm_mlp;
mod dm_transformer;
mod perceptron;
mod whole;

#[cfg(test)]
pub(crate) mod tests;

pub use dm_mlp::{DmMlp, DmMlpSettings};
pub use dm_transformer::{DmTransformer, DmTransformerSettings};
pub use perceptron::{Activation, Perceptron, PerceptronSettings};
