//! Draw sizings from a trained system, each with its predicted performance.

use super::aim;
use super::architecture::with_network;
use super::learning::TrainedModel;
use super::process::DrawRequest;
use super::recipe::Recipe;
use super::steering::Steering;
use super::verdict::{Candidate, Predicted};
use crate::circuit::{Circuit, Region, Specification};
use crate::diffusion::{Adjust, SampleSettings, Solver, Told, Watch};
use crate::tensor::{Backend, TensorError};
use serde::{Deserialize, Serialize};

/// Steps at most of a second-order solver's draws that are only counted.
const TRIED_STEPS: usize = 8;

/// How to draw.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrawSettings {
    /// Solver, steps, guidance weight; the ANN has none of them.
    pub sampling: SampleSettings,
    /// Standard deviations by which the target is made harder than asked.
    pub tighten: f64,
    /// Whether the performance model aids: another condition inside the target is drawn with where that promises much
    /// more than the target itself (`sizing/aim.rs`), draws are led inside in their last step (`sizing/steering.rs`), and
    /// of a ranked set those are moved that would rather miss (`sizing/ascent.rs`). The paper's systems are compared
    /// without: each is asked for what is asked.
    pub aimed: bool,
}

impl DrawSettings {
    /// How a model draws where nothing else is asked: by its recipe, with the solver that suits its process.
    pub fn of(model: &TrainedModel) -> DrawSettings {
        DrawSettings::by(&model.recipe)
    }

    /// How a model of this recipe draws where nothing else is asked.
    pub fn by(recipe: &Recipe) -> DrawSettings {
        DrawSettings {
            sampling: SampleSettings {
                solver: recipe.process.solver(recipe.sampling_steps),
                steps: recipe.sampling_steps.min(recipe.process.timesteps()),
                guidance: recipe.guidance,
            },
            tighten: recipe.tighten,
            aimed: true,
        }
    }
}

/// Why nothing was drawn.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// The device failed.
    #[error(transparent)]
    Device(#[from] TensorError),
    /// The draw was asked to stop.
    #[error("cancelled")]
    Cancelled,
}

/// Told of designs that are drawn, with their predictions, while others are not: the number of the first of them. Called
/// from whichever thread made them.
pub type AsDrawn<'a> = &'a (dyn Fn(usize, Vec<Candidate>) + Sync);

/// What to draw: from which model, for what.
pub struct Draw<'a> {
    /// The circuit.
    pub circuit: &'a Circuit,
    /// What to draw from.
    pub model: &'a TrainedModel,
    /// What the sizings are to meet.
    pub specification: &'a Specification,
    /// Where they shall lie.
    pub region: &'a Region,
    /// How.
    pub settings: DrawSettings,
    /// The seed.
    pub seed: u64,
    /// Whether other conditions inside the target are tried first, where the settings aim; each costs a small draw.
    pub tried: bool,
    /// Told of what is drawn as it comes, where the process has some before others; the answer has it all the same.
    pub told: Option<AsDrawn<'a>>,
    /// How far it is, and whether to go on.
    pub watch: &'a Watch,
}

/// Draws `count` sizings for a specification and predicts the performance of each.
///
/// All of them lie in `region`. Where it is not the whole, a diffusion system is held to it at each of its
/// steps: the clean coordinates that its network predicts are moved to the nearest sizing inside before the
/// step is taken, so that the parameters that are free are drawn to go with those that are not, rather than
/// drawn as if all were free and cut off in the end. No draw is thrown away. The ANN has no steps: its
/// answers are moved inside as they are, and suffer for it.
///
/// # Errors
/// The device failed, or it was cancelled.
pub fn draw<B: Backend>(backend: &B, drawing: &Draw<'_>, count: usize) -> Result<Vec<Candidate>, DrawError> {
    let Draw { circuit, model, specification, region, settings, seed, tried, told, watch } = *drawing;
    let TrainedModel { conditions, coordinates, .. } = model;
    let within = region.applied(circuit);
    let held = coordinates.held_by(circuit, region);
    let steering = settings.aimed.then(|| Steering::new(backend, circuit, specification, region, model));
    let adjust = |rows: &mut [f32], last: bool| -> Result<(), TensorError> {
        if let Some(steering) = steering.as_ref().filter(|_| last) {
            steering.lead(rows)?;
        }
        if !held.is_empty() {
            let hold = |row: &mut [f32]| coordinates.hold(circuit, &within, &held, row);
            rows.chunks_exact_mut(coordinates.len()).for_each(hold);
        }
        Ok(())
    };
    let adjusts = steering.is_some() || !held.is_empty();
    let decoded = |rows: &mut dyn Iterator<Item = &[f32]>| -> Result<Vec<Candidate>, TensorError> {
        let sizings: Vec<_> = rows.map(|row| coordinates.decode_within(circuit, &within, row)).collect();
        let predicted = model.performance.predict(backend, circuit, coordinates, conditions, &sizings)?;
        let with = |(sizing, predicted)| Candidate { predicted: Some(predicted), ..Candidate::new(sizing) };
        Ok(sizings.into_iter().zip(predicted).map(with).collect())
    };
    let tell = |first: usize, rows: &[f32]| {
        // what fails here fails again, and is said, once all are drawn
        if let (Some(told), Ok(candidates)) = (told, decoded(&mut rows.chunks_exact(coordinates.len()))) {
            told(first, candidates);
        }
    };
    let drawn = |aim: &[f64], count: usize, is_tried: bool| -> Result<Vec<Candidate>, DrawError> {
        let few = is_tried && settings.sampling.solver == Solver::DpmSolver;
        let most = if few { TRIED_STEPS } else { usize::MAX };
        let request = DrawRequest {
            circuit,
            conditions,
            specification,
            aim,
            sampling: SampleSettings { steps: settings.sampling.steps.min(most), ..settings.sampling },
            count,
            seed,
            adjust: adjusts.then_some(Adjust { with: &adjust, last_only: held.is_empty() }),
            told: told.filter(|_| !is_tried).map(|_| &tell as Told),
            watch,
        };
        let (architecture, process) = (&model.recipe.architecture, &model.recipe.process);
        let rows = with_network!(architecture, coordinates.len(), conditions.features_len(), network => {
            process.draw(backend, &network, &model.weights, &request)
        })?
        .ok_or(DrawError::Cancelled)?;
        Ok(decoded(&mut rows.iter().map(Vec::as_slice))?)
    };
    let asked = conditions.of_specification(circuit, specification, settings.tighten);
    if !settings.aimed {
        return drawn(&asked, count, false);
    }
    let near = aim::among_rows(circuit, &asked);
    let others = if tried { aim::others(circuit, &asked, &near) } else { Vec::new() };
    if others.is_empty() {
        return drawn(&near, count, false);
    }
    watch.prepares(true);
    let chosen = aim::choose(near, others, count, |aim, draws| -> Result<f64, DrawError> {
        let tried = drawn(aim, draws, true)?;
        let predicted: Vec<Predicted> = tried.into_iter().filter_map(|c| c.predicted).collect();
        Ok(aim::landed(circuit, specification, &model.performance.held_out_error, &predicted))
    });
    watch.prepares(false);
    drawn(&chosen?, count, false)
}
