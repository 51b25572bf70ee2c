//! How a network learns and how sizings come out of it: one process a file. A new process is such a file, a
//! variant of [`Process`] and an arm of `with_kind!`.

mod diffusion;
mod kind;
mod noising;
mod regression;

pub use diffusion::{Diffusion, NoiseSchedule, Prediction};
pub(super) use kind::{Batching, DrawRequest, Examples};
pub use regression::{Jitter, Regression};

use crate::diffusion::Solver;
use crate::nn::Network;
use crate::tensor::{Backend, Precision, TensorError};
use kind::{Drawn, ProcessKind};
use serde::{Deserialize, Serialize};

/// A process with its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Process {
    /// Noise is added step by step and taken away step by step.
    Diffusion(Diffusion),
    /// The network gives a sizing at once.
    Regression(Regression),
}

/// Runs `$body` with `$kind` as the process's own settings.
macro_rules! with_kind {
    ($process:expr, $kind:ident => $body:expr) => {
        match $process {
            Process::Diffusion($kind) => $body,
            Process::Regression($kind) => $body,
        }
    };
}

impl Process {
    /// The most solver steps that a draw can take.
    pub fn timesteps(&self) -> usize {
        with_kind!(self, kind => ProcessKind::timesteps(kind))
    }

    /// The solver to draw with by default in so many steps.
    pub fn solver(&self, steps: usize) -> Solver {
        with_kind!(self, kind => ProcessKind::solver(kind, steps))
    }

    /// Checks the settings, and that the process can be learnt by a network that denoises or one that does not.
    pub(super) fn check(&self, denoises: bool) -> Result<(), String> {
        with_kind!(self, kind => ProcessKind::check(kind))?;
        if with_kind!(self, kind => kind.denoises()) && !denoises {
            let why = "a perceptron sees neither noise nor timestep: choose another network, or regression";
            return Err(why.to_owned());
        }
        Ok(())
    }

    /// How exact a network's products have to be, in training and in drawing.
    pub(super) fn products(&self) -> Precision {
        with_kind!(self, kind => ProcessKind::products(kind))
    }

    /// How examples become batches.
    pub(super) fn batching(&self, conditioned: bool) -> Batching {
        with_kind!(self, kind => kind.batching(conditioned))
    }

    /// Draws `request.count` rows of coordinates; `None` if cancelled.
    ///
    /// # Errors
    /// The device failed.
    pub(super) fn draw<B: Backend, N: Network<B>>(
        &self,
        backend: &B,
        network: &N,
        weights: &[f32],
        request: &DrawRequest,
    ) -> Result<Drawn, TensorError> {
        with_kind!(self, kind => kind.draw(backend, network, weights, request))
    }
}
