//! The model file: named tensors in the safetensors format, everything else as RON in its metadata.
//! Written beside the old file and moved into place, so that a crash never loses a model.

mod door;
#[cfg(test)]
mod mutants;

use super::testbench::testbench_hash;
use crate::circuit::{Circuit, Identity, shortened};
use crate::dataset::{Conditions, Coordinates, is_hash, text_hash};
use crate::files::{WriteError, read_bounded, write_atomically};
use crate::nn::OptimiserState;
use crate::sizing::{Learning, PerformanceHeader, PerformanceModel, Recipe, TrainedModel};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Changes whenever an older program could not read a newer file.
const FORMAT: u32 = 4;
/// The same but for the recipe, which names one of three systems for the network, the process and the loss.
const SYSTEMS: u32 = 3;
/// Written by the first edition: as [`SYSTEMS`] but for the circuit, of which it has a hash that descriptions go
/// into, and no testbench.
const FIRST_EDITION: u32 = 2;
/// The formats that are read.
const READ: [u32; 3] = [FIRST_EDITION, SYSTEMS, FORMAT];
/// A larger file is no model of ours.
const LARGEST_FILE: u64 = 2 << 30;
/// A longer header is none of ours: it says more than any training has epochs.
const LONGEST_HEADER: usize = 32 << 20;
/// More of what a file says is not echoed.
const LONGEST_ECHO: usize = 240;

/// Why a model file is not used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file is no whole model file.
    #[error("{} is not a whole model file ({reason}): train again with `sizewright train`, or use another file", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file was written by another version.
    #[error("{} has format {found}, this program reads {FIRST_EDITION} to {FORMAT}: train again with `sizewright train`", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The format that the file says it has.
        found: u32,
    },
    /// The model belongs to another circuit.
    #[error("{} was trained for {found}, not for {wanted} ({differences}): use a model of {wanted}, or train one with `sizewright train`", path.display())]
    Circuit {
        /// The file.
        path: PathBuf,
        /// The circuit that it was trained for.
        found: String,
        /// The circuit that is open.
        wanted: String,
        /// What differs.
        differences: String,
    },
    /// The circuit has changed since.
    #[error("{} was trained before {circuit} was changed ({differences}): take that back, or train again with `sizewright train`", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// The circuit.
        circuit: String,
        /// What differs.
        differences: String,
    },
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    circuit: String,
    /// Of the first edition's files alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    circuit_hash: String,
    #[serde(default)]
    identity: String,
    /// Empty where it is not known.
    #[serde(default)]
    testbench: String,
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
/// The average at the last step, where the weights are those of another.
const RUNNING: &str = "running";
/// The average at the step with the lowest loss over held-out rows.
const BEST: &str = "best";

/// Writes a model, with what resuming needs if it has it.
///
/// # Errors
/// The file cannot be written; what stood there before is untouched.
pub fn save(model: &TrainedModel, path: &Path) -> Result<(), CheckpointError> {
    let bytes = bytes(model, &header_of(model)).map_err(|reason| broken(path, reason))?;
    write_atomically(path, &bytes)?;
    Ok(())
}

fn header_of(model: &TrainedModel) -> Header {
    Header {
        format: FORMAT,
        circuit: model.circuit.clone(),
        circuit_hash: String::new(),
        identity: model.identity.text().to_owned(),
        testbench: model.testbench.clone().unwrap_or_default(),
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
            held_out_rows: model.performance.held_out_rows,
        },
        validation: model.learning.validation.clone(),
        steps: model.learning.steps,
        steps_an_epoch: model.learning.steps_an_epoch,
        seconds: model.learning.seconds,
        performance_seconds: model.learning.performance_seconds,
        step: model.optimiser.as_ref().map(|state| state.step),
    }
}

fn broken(path: &Path, reason: impl ToString) -> CheckpointError {
    CheckpointError::Broken { path: path.to_owned(), reason: shortened(&reason.to_string(), LONGEST_ECHO) }
}

/// The file's content.
fn bytes(model: &TrainedModel, header: &Header) -> Result<Vec<u8>, String> {
    let text = ron::to_string(header).map_err(|e| e.to_string())?;
    let mut arrays: Vec<(String, &[f32])> =
        vec![("averaged".into(), &model.weights), ("loss".into(), &model.learning.training)];
    for (i, member) in model.performance.members.iter().enumerate() {
        arrays.push((format!("performance.{i}"), member));
    }
    if let Some(state) = &model.optimiser {
        arrays.push(("weights".into(), &state.weights));
        arrays.push(("first".into(), &state.first));
        arrays.push(("second".into(), &state.second));
        // where the weights are those of an earlier step, or it is not known yet whether they will be
        if state.ema != model.weights {
            arrays.push((RUNNING.into(), &state.ema));
        }
        if let Some(best) = &model.best {
            arrays.push((BEST.into(), best));
        }
    }
    joined(text, &arrays)
}

fn joined(header: String, arrays: &[(String, &[f32])]) -> Result<Vec<u8>, String> {
    let views = arrays
        .iter()
        .map(|(name, data)| {
            let view = TensorView::new(Dtype::F32, vec![data.len()], bytemuck::cast_slice(data));
            view.map(|view| (name.as_str(), view)).map_err(|e| e.to_string())
        })
        .collect::<Result<Vec<_>, _>>()?;
    // the checksum finds what a length does not
    let checksum = checksum(arrays.iter().map(|(name, data)| (name.as_str(), *data)));
    let metadata = HashMap::from([(KEY.to_owned(), header), ("checksum".to_owned(), checksum)]);
    safetensors::serialize(views, Some(metadata)).map_err(|e| e.to_string())
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

/// Reads a model of this circuit: of one with the same parameters, groups and metrics, whatever it is called
/// and however it is described. That its rows were measured with this testbench is not asked here: see
/// [`super::doubt`].
///
/// # Errors
/// [`CheckpointError`] says what is wrong with the file and what would do.
pub fn load(circuit: &Circuit, path: &Path) -> Result<TrainedModel, CheckpointError> {
    let bytes = read_bounded(path, LARGEST_FILE)
        .map_err(|source| CheckpointError::Read { path: path.to_owned(), source })?;
    read(circuit, &bytes, path)
}

/// Reads a model from a file's content; `path` is for the messages.
pub(crate) fn read(circuit: &Circuit, bytes: &[u8], path: &Path) -> Result<TrainedModel, CheckpointError> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| broken(path, e))?;
    let texts = metadata.metadata().clone().unwrap_or_default();
    let text = texts.get(KEY).ok_or_else(|| broken(path, "its header is missing"))?;
    let header = header(text, path)?;
    fits(circuit, &header, path)?;
    header.recipe.check().map_err(|reason| broken(path, reason))?;
    door::performance(circuit, &header.performance).map_err(|reason| broken(path, reason))?;
    let tensors = SafeTensors::deserialize(bytes).map_err(|e| broken(path, e))?;
    let mut checked = String::new();
    let mut array = |name: &str| -> Result<Vec<f32>, CheckpointError> {
        let view = tensors.tensor(name).map_err(|e| broken(path, format!("{name}: {e}")))?;
        if view.dtype() != Dtype::F32 {
            return Err(broken(path, format!("{name} is not f32")));
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
    let has = |name: &str| header.step.is_some() && tensors.tensor(name).is_ok();
    let optimiser = match header.step {
        None => None,
        Some(step) => Some(OptimiserState {
            step,
            weights: array("weights")?,
            first: array("first")?,
            second: array("second")?,
            ema: if has(RUNNING) { array(RUNNING)? } else { averaged.clone() },
        }),
    };
    let best = if has(BEST) { Some(array(BEST)?) } else { None };
    if texts.get("checksum") != Some(&text_hash(&checked)) {
        return Err(broken(path, "its checksum does not match"));
    }
    let mut model = TrainedModel {
        circuit: circuit.name.clone(),
        identity: Identity::of(circuit),
        testbench: Some(header.testbench).filter(|hash| is_hash(hash)),
        dataset_hash: header.dataset_hash,
        recipe: header.recipe,
        seed: header.seed,
        device: header.device,
        coordinates: header.coordinates,
        conditions: header.conditions,
        weights: averaged,
        best,
        performance: PerformanceModel {
            settings: header.performance.settings,
            members,
            held_out_error: header.performance.held_out_error,
            held_out_rows: header.performance.held_out_rows,
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
    door::model(circuit, &mut model).map_err(|reason| broken(path, reason))?;
    Ok(model)
}

fn header(text: &str, path: &Path) -> Result<Header, CheckpointError> {
    if text.len() > LONGEST_HEADER {
        return Err(broken(path, format!("its header is longer than {} MiB", LONGEST_HEADER >> 20)));
    }
    let format = text.split_once("format:").and_then(|(_, rest)| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).take(10).collect();
        digits.parse::<u32>().ok()
    });
    if let Some(found) = format.filter(|found| !READ.contains(found)) {
        return Err(CheckpointError::Format { path: path.to_owned(), found });
    }
    ron::from_str(text).map_err(|e| broken(path, e))
}

/// Whether a model with this header is one of the circuit.
fn fits(circuit: &Circuit, header: &Header, path: &Path) -> Result<(), CheckpointError> {
    let (now, then) = (Identity::of(circuit), Identity::from_text(header.identity.clone()));
    let differences = if header.format == FIRST_EDITION {
        if header.circuit_hash == text_hash(&circuit.first_edition_text()) {
            return Ok(());
        }
        "by the first edition, which noted that something was otherwise, perhaps a description, not what"
            .to_owned()
    } else if now == then {
        let known = |hash: &str| testbench_hash(circuit).is_ok_and(|own| own == hash);
        // another circuit may have the same parameters and metrics; its testbench tells it from a copy
        if header.circuit == circuit.name || known(&header.testbench) {
            return Ok(());
        }
        "its testbench or model card is not that of the rows".to_owned()
    } else {
        now.difference(&then)
    };
    let (path, found) = (path.to_owned(), shortened(&header.circuit, LONGEST_ECHO));
    Err(if header.circuit == circuit.name {
        CheckpointError::Changed { path, circuit: found, differences }
    } else {
        CheckpointError::Circuit { path, found, wanted: circuit.name.clone(), differences }
    })
}

/// What a model file says it is a model of, without reading its arrays: its circuit's identity, and the
/// testbench of its rows where it is known.
pub(super) fn subject(path: &Path) -> Result<(Identity, Option<String>), CheckpointError> {
    let unreadable = |source| CheckpointError::Read { path: path.to_owned(), source };
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(unreadable)?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEADER as u64 {
        return Err(broken(path, "its header is too long"));
    }
    let mut head = Vec::new();
    file.take(length).read_to_end(&mut head).map_err(unreadable)?;
    // the crate itself reads a header only together with the arrays
    let head: serde_json::Value = serde_json::from_slice(&head).map_err(|e| broken(path, e))?;
    let text = head.get("__metadata__").and_then(|texts| texts.get(KEY)).and_then(serde_json::Value::as_str);
    let header = header(text.ok_or_else(|| broken(path, "its header is missing"))?, path)?;
    Ok((Identity::from_text(header.identity), Some(header.testbench).filter(|hash| is_hash(hash))))
}
