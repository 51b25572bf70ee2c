//! The networks: denoisers of a sizing and predictors of its performance.

mod dm_transformer;
mod perceptron;

#[cfg(test)]
pub(crate) mod tests;

pub use dm_transformer::{DmTransformer, DmTransformerSettings};
pub use perceptron::{Perceptron, PerceptronSettings};
