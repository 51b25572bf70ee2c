//! A circuit drafted from foreign decks: what could be sized and what is measured is proposed, tried on the decks' own
//! values, and written as a folder. The decks themselves are never touched: the folder holds copies.

mod asked;
mod check;
mod folder;
mod metrics;
mod parameters;
mod text;
mod trial;
mod upgrade;

pub use asked::Asked;
pub use check::{Checked, look_through};
pub use folder::is_occupied;
pub use metrics::DraftMetric;
pub use parameters::DraftParameter;
pub use trial::Trial;
pub use upgrade::write_forward;

use crate::circuit::{CircuitError, NamedDeviceGroup, Testbench};
use crate::spice::{SpiceError, Survey, survey};
use std::path::{Path, PathBuf};

/// Why there is no draft.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// A deck cannot be read or measured.
    #[error("{0}")]
    Spice(#[from] SpiceError),
    /// What was drafted is no circuit.
    #[error("{0}")]
    Circuit(#[from] CircuitError),
    /// A file cannot be read or written.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Something that was asked for cannot be.
    #[error("{0}")]
    Asked(String),
}

/// A circuit to be.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The short name.
    pub name: String,
    /// The decks, each under the name of its testbench.
    pub decks: Vec<(Testbench, Survey)>,
    /// What is to be sized.
    pub parameters: Vec<DraftParameter>,
    /// Devices that go by the same width, length and number, as far as constants give them.
    pub groups: Vec<NamedDeviceGroup>,
    /// What follows from them: (name, expression).
    pub ties: Vec<(String, String)>,
    /// What is to be measured.
    pub metrics: Vec<DraftMetric>,
    /// Corners, each as a line of `circuit.ron`.
    pub corners: Vec<String>,
    /// The corners over which a design counts as its worst, by name.
    pub worst_over: Vec<String>,
    /// How the decks draw mismatch, as the value of the field in `circuit.ron`.
    pub mismatch: Option<String>,
    /// The testbenches that need a process of their own for each run, with the reason.
    pub apart: Vec<(String, String)>,
}

/// A draft that was tried, and what of it cannot be measured, with the reasons.
pub type Tried = (Draft, Vec<(String, String)>);

impl Draft {
    /// Looks through decks over one sizing, and proposes.
    ///
    /// # Errors
    /// [`DraftError`] where a deck cannot be read.
    pub fn of(name: &str, decks: &[PathBuf]) -> Result<Draft, DraftError> {
        let mut surveyed: Vec<(Testbench, Survey)> = Vec::new();
        for deck in decks {
            let found = survey(deck)?;
            let name = testbench_name(deck, &surveyed);
            surveyed.push((Testbench { name, deck: deck.clone(), process: false }, found));
        }
        let parameters = parameters::proposed(&surveyed);
        let groups = parameters::groups(&surveyed);
        let metrics = metrics::proposed(&surveyed);
        Ok(Draft {
            name: plain_name(name),
            decks: surveyed,
            parameters,
            groups,
            ties: Vec::new(),
            metrics,
            corners: Vec::new(),
            worst_over: Vec::new(),
            mismatch: None,
            apart: Vec::new(),
        })
    }

    /// Calls the circuit as its folder is called.
    pub fn rename(&mut self, folder: &Path) {
        if let Some(name) = folder.file_name() {
            self.name = plain_name(&name.to_string_lossy());
        }
    }

    /// The constants that are not sized, with their values: they stay as they are.
    pub fn constants(&self) -> Vec<(String, f64)> {
        let mut all: Vec<(String, f64)> = Vec::new();
        for constant in self.decks.iter().flat_map(|(_, survey)| &survey.constants) {
            let name = &constant.name;
            let is = |other: &str| other.eq_ignore_ascii_case(name);
            let taken = self.parameters.iter().any(|p| is(&p.parameter.name))
                || self.ties.iter().any(|(tied, _)| is(tied))
                || all.iter().any(|(known, _)| is(known));
            if !taken && constant.used.is_some() {
                all.push((name.clone(), constant.value));
            }
        }
        all
    }
}

/// The deck's name as one of a testbench.
fn testbench_name(deck: &Path, others: &[(Testbench, Survey)]) -> String {
    let stem = deck.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let name = plain_name(&stem);
    let taken = |name: &str| others.iter().any(|(bench, _)| bench.name == name);
    let numbered = (2..).map(|n| format!("{name}_{n}"));
    std::iter::once(name.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(name)
}

/// A name of letters, digits and `_` that begins with a letter.
fn plain_name(text: &str) -> String {
    let plain: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(60).collect();
    if plain.starts_with(|c: char| c.is_ascii_alphabetic()) { plain } else { format!("c{plain}") }
}
