//! What the paper's trained systems have in common: a network, the batches it learns from, and a way from a
//! specification to coordinates.

use crate::circuit::{Circuit, Specification};
use crate::dataset::Conditions;
use crate::diffusion::{Hold, SampleSettings, Watch};
use crate::nn::{Batch, Loss, Network, Objective};
use crate::tensor::{Backend, TensorError};

/// Rows to learn from, not yet in the shape that a system's network learns from.
#[derive(Clone, Debug, Default)]
pub(super) struct Examples {
    /// The number of rows.
    pub rows: usize,
    /// `[rows, coordinates]`.
    pub x: Vec<f32>,
    /// `[rows, features]`.
    pub condition: Vec<f32>,
    /// `[rows]`: whether the row's condition is dropped.
    pub dropped: Vec<bool>,
    /// In 0 … 1: where the rows' timesteps begin within their equal shares of the schedule.
    pub offset: f64,
    /// Seed and stream of the noise.
    pub seed: u64,
    /// See `seed`.
    pub stream: u64,
}

/// What is asked of a trained system.
#[derive(Clone, Copy)]
pub(super) struct DrawRequest<'a> {
    pub circuit: &'a Circuit,
    pub conditions: &'a Conditions,
    pub specification: &'a Specification,
    /// What to draw for, standardised: an aim inside the specification.
    pub aim: &'a [f64],
    pub sampling: SampleSettings,
    /// How many rows of coordinates.
    pub count: usize,
    pub seed: u64,
    /// Moves a row of coordinates to where it shall lie.
    pub hold: Option<Hold<'a>>,
    /// Told how far it is; asked whether to stop early.
    pub watch: &'a Watch,
}

/// One of the paper's trained systems.
pub(super) trait Sizer<B: Backend>: Sync {
    /// Its network.
    type Network: Network<B>;

    /// Declares the network.
    fn network(&self) -> Self::Network;
    /// What the network learns to give, and how its error is measured.
    fn objective(&self) -> (Objective, Loss);
    /// The batch to learn `examples` from.
    fn batch(&self, examples: Examples) -> Batch;
    /// Draws `request.count` rows of coordinates; `None` if cancelled.
    ///
    /// # Errors
    /// The device failed.
    fn draw(
        &self,
        backend: &B,
        weights: &[f32],
        request: &DrawRequest,
    ) -> Result<Option<Vec<Vec<f32>>>, TensorError>;
}

/// Runs `$body` with `$sizer` as the system of `$recipe` for so many coordinates and features: each has types
/// of its own, so the choice is made once, outside.
macro_rules! with_sizer {
    ($recipe:expr, $coordinates:expr, $features:expr, $sizer:ident => $body:expr) => {{
        let (recipe, coordinates, features): (&$crate::sizing::Recipe, usize, usize) =
            ($recipe, $coordinates, $features);
        match &recipe.architecture {
            $crate::sizing::Architecture::DmTransformer(shape) => {
                let settings = shape.settings(coordinates, features);
                let $sizer = &$crate::sizing::diffusion::transformer(settings, recipe.timesteps);
                $body
            }
            $crate::sizing::Architecture::DmMlp { widths, time_width } => {
                let (widths, time_width) = (widths.clone(), *time_width);
                let settings = $crate::model::DmMlpSettings { coordinates, features, widths, time_width };
                let $sizer = &$crate::sizing::diffusion::mlp(settings, recipe.timesteps);
                $body
            }
            $crate::sizing::Architecture::Ann { widths, jitter } => {
                let $sizer = &$crate::sizing::ann::Ann::new(features, widths, coordinates, *jitter);
                $body
            }
        }
    }};
}
pub(super) use with_sizer;
