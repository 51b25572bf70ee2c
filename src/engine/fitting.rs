//! Whether a model, or rows, fit a circuit's testbench, and whether the bundled model is of this circuit.

use super::checkpoint::subject;
use super::testbench::testbench_hash;
use crate::circuit::{Circuit, Identity, bundled_model_path, grown_model_path};
use crate::sizing::TrainedModel;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why a model that fits a circuit by its parameters and metrics may be wrong about it all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The model's rows were measured with another testbench or model card.
    OtherTestbench,
    /// The model does not say what its rows were measured with.
    UnknownTestbench,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Doubt::OtherTestbench => {
                "the rows of this model were measured with another testbench or model card than the circuit has \
                 now: what it predicts is of that one; generate rows and train anew with `sizewright train`, or \
                 take it as a start and let ngspice judge"
            }
            Doubt::UnknownTestbench => {
                "this model does not say which testbench its rows were measured with: whether its predictions \
                 are of this one, ngspice alone can say"
            }
        })
    }
}

/// What is doubtful about drawing for a circuit with a model that was loaded for it.
pub fn doubt(circuit: &Circuit, model: &TrainedModel) -> Option<Doubt> {
    if !circuit.is_measured() {
        return None;
    }
    match (&model.testbench, testbench_hash(circuit)) {
        (Some(rows), Ok(own)) if *rows == own => None,
        (Some(_), Ok(_)) => Some(Doubt::OtherTestbench),
        // that a testbench cannot be read is said when it is needed
        (Some(_), Err(_)) => None,
        (None, _) => Some(Doubt::UnknownTestbench),
    }
}

/// Why there is no bundled model for a circuit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoBundledModel {
    /// None has the circuit's name.
    None,
    /// One has the circuit's name, but is of another circuit: what differs.
    Other {
        /// The bundled model.
        path: PathBuf,
        /// What differs.
        differences: String,
    },
}

/// The bundled model of a circuit, that of the grown rows before the other, if it is of the same parameters,
/// groups and metrics and of the same testbench with its model cards.
///
/// # Errors
/// [`NoBundledModel`] where there is none.
pub fn bundled_model(circuit: &Circuit) -> Result<PathBuf, NoBundledModel> {
    if let Some(path) = grown_model_path(&circuit.name).filter(|path| differences(circuit, path).is_none()) {
        return Ok(path);
    }
    let path = bundled_model_path(&circuit.name).ok_or(NoBundledModel::None)?;
    match differences(circuit, &path) {
        None => Ok(path),
        Some(differences) => Err(NoBundledModel::Other { path, differences }),
    }
}

/// What a model file is of that the circuit is not; nothing where it fits.
fn differences(circuit: &Circuit, path: &Path) -> Option<String> {
    let (identity, testbench) = match subject(path) {
        Ok(subject) => subject,
        Err(e) => return Some(e.to_string()),
    };
    let own = Identity::of(circuit);
    if own != identity {
        return Some(own.difference(&identity));
    }
    let same = match (&testbench, testbench_hash(circuit)) {
        (Some(rows), Ok(own)) => *rows == own,
        // without its process kit a circuit's decks cannot be read; that is said when they are needed
        (Some(_), Err(_)) => true,
        (None, _) => false,
    };
    (!same).then(|| "the testbench or its model card is another".to_owned())
}

/// No more model files of a folder are looked into, the newest first.
const MOST_LOOKED_INTO: usize = 64;

/// The newest model file in the circuit's own folder that is of the circuit as it is now.
pub fn model_beside(circuit: &Circuit) -> Option<PathBuf> {
    let entries = std::fs::read_dir(&circuit.folder).ok()?;
    let model = |entry: std::fs::DirEntry| {
        let path = entry.path();
        let is_model = path.extension().is_some_and(|e| e == "model") && path.is_file();
        is_model.then(|| (entry.metadata().and_then(|m| m.modified()).ok(), path))
    };
    let mut models: Vec<_> = entries.flatten().filter_map(model).collect();
    models.sort_by(|one, other| other.cmp(one));
    let paths = models.into_iter().take(MOST_LOOKED_INTO).map(|(_, path)| path);
    paths.into_iter().find(|path| differences(circuit, path).is_none())
}

/// [`bundled_model`], where why there is none is of no interest.
pub fn demo_model(circuit: &Circuit) -> Option<PathBuf> {
    bundled_model(circuit).ok()
}
