//! The model file: named tensors in the safetensors format, everything else as RON in its metadata.
//! Written beside the old file and moved into place, so that a crash never loses a model.

use crate::circuit::{Circuit, datasets_folder};
use crate::dataset::{Conditions, Coordinates, text_hash};
use crate::files::{WriteError, write_atomically};
use crate::nn::OptimiserState;
use crate::sizing::{Learning, PerformanceHeader, PerformanceModel, Recipe, TrainedModel};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Changes whenever an older program could not read a newer file.
const FORMAT: u32 = 2;

/// Why a model file is not used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// It is not a whole model file.
    #[error("{} is not a whole model file ({reason}): train again with `sizewright train`, or use another file", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// It was written by another version.
    #[error("{} has format {found}, this program reads {FORMAT}: train again with `sizewright train`", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// It belongs to another circuit.
    #[error("{} was trained for {found}, not for {wanted}: use a model of {wanted}, or train one with `sizewright train {wanted}`", path.display())]
    Circuit {
        /// The file.
        path: PathBuf,
        /// The circuit that it was trained for.
        found: String,
        /// The circuit that is open.
        wanted: String,
    },
    /// The circuit has changed since.
    #[error("{} was trained before {circuit}'s parameters, groups or metrics were changed: train again with `sizewright train {circuit}`", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// The circuit.
        circuit: String,
    },
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    circuit: String,
    circuit_hash: String,
    dataset_hash: String,
    recipe: Recipe,
    seed: u64,
    device: String,
    coordinates: Coordinates,
    conditions: Conditions,
    performance: PerformanceHeader,
    validation: Vec<(u32, f32)>,
    steps: u32,
    steps_an_epoch: u32,
    seconds: f64,
    performance_seconds: f64,
    step: Option<u32>,
}

const KEY: &str = "sizewright";

/// Writes a model, with what resuming needs if it has it.
///
/// # Errors
/// The file cannot be written; what stood there before is untouched.
pub fn save(model: &TrainedModel, path: &Path) -> Result<(), CheckpointError> {
    let header = Header {
        format: FORMAT,
        circuit: model.circuit.clone(),
        circuit_hash: model.circuit_hash.clone(),
        dataset_hash: model.dataset_hash.clone(),
        recipe: model.recipe.clone(),
        seed: model.seed,
        device: model.device.clone(),
        coordinates: model.coordinates.clone(),
        conditions: model.conditions.clone(),
        performance: PerformanceHeader {
            settings: model.performance.settings.clone(),
            members: model.performance.members.len(),
            held_out_error: model.performance.held_out_error.clone(),
        },
        validation: model.learning.validation.clone(),
        steps: model.learning.steps,
        steps_an_epoch: model.learning.steps_an_epoch,
        seconds: model.learning.seconds,
        performance_seconds: model.learning.performance_seconds,
        step: model.optimiser.as_ref().map(|state| state.step),
    };
    let broken = |reason: String| CheckpointError::Broken { path: path.to_owned(), reason };
    let text = ron::to_string(&header).map_err(|e| broken(e.to_string()))?;
    let mut arrays: Vec<(String, &[f32])> =
        vec![("averaged".into(), &model.weights), ("loss".into(), &model.learning.training)];
    for (i, member) in model.performance.members.iter().enumerate() {
        arrays.push((format!("performance.{i}"), member));
    }
    if let Some(state) = &model.optimiser {
        arrays.push(("weights".into(), &state.weights));
        arrays.push(("first".into(), &state.first));
        arrays.push(("second".into(), &state.second));
    }
    let views = arrays
        .iter()
        .map(|(name, data)| {
            let view = TensorView::new(Dtype::F32, vec![data.len()], bytemuck::cast_slice(data));
            view.map(|view| (name.as_str(), view)).map_err(|e| broken(e.to_string()))
        })
        .collect::<Result<Vec<_>, _>>()?;
    // the checksum finds what a length does not
    let checksum = checksum(arrays.iter().map(|(name, data)| (name.as_str(), *data)));
    let metadata = HashMap::from([(KEY.to_owned(), text), ("checksum".to_owned(), checksum)]);
    let bytes = safetensors::serialize(views, Some(metadata)).map_err(|e| broken(e.to_string()))?;
    write_atomically(path, &bytes)?;
    Ok(())
}

/// Of the arrays, in the order in which they are read.
pub(crate) fn checksum<'a>(arrays: impl Iterator<Item = (&'a str, &'a [f32])>) -> String {
    text_hash(&arrays.map(|(name, data)| format!("{name}:{}", fingerprint(data))).collect::<String>())
}

/// FNV-1a over the bits.
fn fingerprint(data: &[f32]) -> u64 {
    let step = |hash: u64, value: &f32| (hash ^ u64::from(value.to_bits())).wrapping_mul(0x0100_0000_01b3);
    data.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Reads a model of this circuit.
///
/// # Errors
/// [`CheckpointError`] says what is wrong with the file and what would do.
pub fn load(circuit: &Circuit, path: &Path) -> Result<TrainedModel, CheckpointError> {
    let bytes =
        std::fs::read(path).map_err(|source| CheckpointError::Read { path: path.to_owned(), source })?;
    parse(circuit, path, &bytes)
}

/// As [`load`], from a file's bytes; `path` is for the messages.
pub(crate) fn parse(circuit: &Circuit, path: &Path, bytes: &[u8]) -> Result<TrainedModel, CheckpointError> {
    let broken = |reason: String| CheckpointError::Broken { path: path.to_owned(), reason };
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| broken(e.to_string()))?;
    let texts = metadata.metadata().clone().unwrap_or_default();
    let text = texts.get(KEY).ok_or_else(|| broken("its header is missing".to_owned()))?;
    let format = text.split_once("format:").and_then(|(_, rest)| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok()
    });
    if let Some(found) = format.filter(|found| *found != FORMAT) {
        return Err(CheckpointError::Format { path: path.to_owned(), found });
    }
    let header: Header = ron::from_str(text).map_err(|e| broken(e.to_string()))?;
    if header.circuit != circuit.name {
        return Err(CheckpointError::Circuit {
            path: path.to_owned(),
            found: header.circuit,
            wanted: circuit.name.clone(),
        });
    }
    if header.circuit_hash != text_hash(&circuit.fingerprint_text()) {
        return Err(CheckpointError::Changed { path: path.to_owned(), circuit: circuit.name.clone() });
    }
    header.recipe.check().map_err(&broken)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(|e| broken(e.to_string()))?;
    let mut checked = String::new();
    let mut array = |name: &str| -> Result<Vec<f32>, CheckpointError> {
        let view = tensors.tensor(name).map_err(|e| broken(format!("{name}: {e}")))?;
        if view.dtype() != Dtype::F32 {
            return Err(broken(format!("{name} is not f32")));
        }
        let data: Vec<f32> =
            view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        checked.push_str(&format!("{name}:{}", fingerprint(&data)));
        Ok(data)
    };
    let averaged = array("averaged")?;
    let training = array("loss")?;
    let members = (0..header.performance.members)
        .map(|i| array(&format!("performance.{i}")))
        .collect::<Result<Vec<_>, _>>()?;
    let optimiser = match header.step {
        None => None,
        Some(step) => Some(OptimiserState {
            step,
            weights: array("weights")?,
            ema: averaged.clone(),
            first: array("first")?,
            second: array("second")?,
        }),
    };
    if texts.get("checksum") != Some(&text_hash(&checked)) {
        return Err(broken("its checksum does not match".to_owned()));
    }
    let model = TrainedModel {
        circuit: header.circuit,
        circuit_hash: header.circuit_hash,
        dataset_hash: header.dataset_hash,
        recipe: header.recipe,
        seed: header.seed,
        device: header.device,
        coordinates: header.coordinates,
        conditions: header.conditions,
        weights: averaged,
        performance: PerformanceModel {
            settings: header.performance.settings,
            members,
            held_out_error: header.performance.held_out_error,
        },
        learning: Learning {
            training,
            validation: header.validation,
            steps: header.steps,
            steps_an_epoch: header.steps_an_epoch,
            seconds: header.seconds,
            performance_seconds: header.performance_seconds,
        },
        optimiser,
    };
    check_sizes(circuit, &model).map_err(broken)?;
    Ok(model)
}

fn check_sizes(circuit: &Circuit, model: &TrainedModel) -> Result<(), String> {
    let (parameters, metrics) = (circuit.parameters.len(), circuit.metrics.len());
    if model.coordinates.len() != parameters || model.conditions.metrics() != metrics {
        return Err("its coordinates do not fit the circuit".to_owned());
    }
    let (weights, member) = model.arena_lengths();
    let optimiser = model.optimiser.iter().flat_map(|s| [&s.weights, &s.first, &s.second]);
    let sound = model.weights.len() == weights
        && optimiser.into_iter().all(|array| array.len() == weights)
        && model.performance.settings.inputs == parameters
        && model.performance.settings.outputs == metrics
        && model.performance.members.iter().all(|m| m.len() == member);
    if sound { Ok(()) } else { Err("its arrays have the wrong lengths".to_owned()) }
}

/// The bundled checkpoint of a circuit, if there is one: `assets/NAME.model` beside the datasets.
pub fn demo_model(circuit: &Circuit) -> Option<PathBuf> {
    let datasets = datasets_folder();
    let assets = datasets.parent().map(|folder| folder.join("assets"))?;
    Some(assets.join(format!("{}.model", circuit.name))).filter(|path| path.is_file())
}
