//! A simulator of the user's own: a command that is started for each design, told the sizing as JSON on its stdin, and
//! answers with the metrics as JSON on its stdout. It runs in a worker's scratch folder, within the worker's limits.

use super::error::SpiceError;
use super::finding::Finding;
use super::program;
use super::protocol::{CommandSetup, CornerTold, Reply, Setup};
use super::verdict::text_hash;
use crate::circuit::{Circuit, Wanted, shortened};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// A reason is not longer.
const LONGEST_REASON: usize = 300;

/// What a command reads: one object of JSON.
#[derive(Serialize)]
struct Asked<'a> {
    /// Parameters and ties in the decks' units, SI unless the circuit says otherwise.
    parameters: BTreeMap<&'a str, f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    corner: Option<&'a CornerTold>,
    /// Of what is drawn at random: 1 unless mismatch is asked for.
    seed: u64,
}

/// What a command answers: one object of JSON, the last line of its output that is one.
#[derive(Deserialize)]
struct Answered {
    /// By name, in SI units; `null` is one that could not be measured.
    #[serde(default)]
    metrics: BTreeMap<String, Option<f64>>,
    /// Why the design could not be measured at all.
    #[serde(default)]
    error: Option<String>,
}

impl CommandSetup {
    /// Of a circuit that has a command.
    pub(super) fn of(circuit: &Circuit) -> Option<CommandSetup> {
        if circuit.command.is_empty() {
            return None;
        }
        let folder = std::path::absolute(&circuit.folder).unwrap_or_else(|_| circuit.folder.clone());
        let full = |word: &String| match own_file(&folder, word) {
            Some(path) => path.to_string_lossy().into_owned(),
            None => word.clone(),
        };
        let wanted = circuit.readings.iter().map(|reading| match &reading.wanted {
            Wanted::Vector(name) => name.clone(),
            Wanted::Measured(measurement) => measurement.text(),
        });
        let corner = circuit.corner.as_ref().map(|c| CornerTold {
            name: c.name.clone(),
            temperature: c.temperature,
            sections: c.sections.iter().cloned().collect(),
        });
        Some(CommandSetup {
            words: circuit.command.iter().map(full).collect(),
            wanted: wanted.collect(),
            corner,
        })
    }

    /// What measures, as results name it.
    pub(super) fn title(&self) -> String {
        let words: Vec<String> = self.words.iter().map(|w| file_name(w)).collect();
        shortened(&words.join(" "), 80)
    }

    /// One design: `values` are those of the setup's parameters.
    pub(super) fn measure(&self, setup: &Setup, seed: u64, values: &[f64]) -> Reply {
        let names = setup.parameters.iter().map(String::as_str);
        let parameters = names.zip(values.iter().copied()).collect();
        let asked = Asked { parameters, corner: self.corner.as_ref(), seed };
        let text = serde_json::to_string(&asked).expect("finite numbers and texts are JSON");
        let output = match self.run(&text) {
            Ok(output) => output,
            Err(reason) => return Reply::Invalid(format!("{}: {reason}", self.title())),
        };
        let answers = output.lines().rev().filter(|line| line.trim_start().starts_with('{'));
        let answered = answers.map(serde_json::from_str::<Answered>).next();
        let answered = match answered.unwrap_or_else(|| serde_json::from_str(&output)) {
            Ok(answered) => answered,
            Err(e) => {
                let problem = format!(
                    "{}: its answer is not JSON such as {{\"metrics\": {{\"gain\": 60.0}}}} ({e})",
                    self.title()
                );
                return Reply::Invalid(problem);
            }
        };
        if let Some(error) = answered.error {
            return Reply::Invalid(format!("{}: {}", self.title(), shortened(&error, LONGEST_REASON)));
        }
        let value = |name: &String| {
            let found = answered.metrics.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
            found.and_then(|(_, value)| *value)
        };
        let missing = self.wanted.iter().filter(|name| value(name).is_none());
        let said = missing.map(|name| format!("{name}: {} does not report it", self.title())).collect();
        Reply::Measured(self.wanted.iter().map(value).collect(), said)
    }

    /// What it writes to stdout.
    fn run(&self, asked: &str) -> Result<String, String> {
        let (program, arguments) = self.words.split_first().ok_or("there is no command")?;
        let heard = program::run(program, arguments, asked.to_owned() + "\n")?;
        if heard.status.success() {
            return Ok(heard.output);
        }
        let last = heard.errors.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let why = if last.is_empty() {
            String::new()
        } else {
            format!(": {}", shortened(last.trim(), LONGEST_REASON))
        };
        Err(format!("failed ({}){why}", heard.status))
    }
}

/// What measurements by a command depend on: its words, and those of its files that lie in the circuit's folder.
pub(super) fn text(circuit: &Circuit) -> Vec<String> {
    let one = |word: &String| {
        let content = own_file(&circuit.folder, word).and_then(|path| std::fs::read(path).ok());
        let hash = content.map(|bytes| text_hash(&String::from_utf8_lossy(&bytes))).unwrap_or_default();
        format!("* command {word} {hash}")
    };
    circuit.command.iter().map(one).collect()
}

/// A command starts a program of the circuit's, which the user has to allow.
pub(super) fn findings(circuit: &Circuit) -> Vec<Finding> {
    if circuit.command.is_empty() {
        return Vec::new();
    }
    let words = circuit.command.join(" ");
    let path = circuit.folder.join("circuit.ron");
    let named = |line: &str| line.trim_start().starts_with("command");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let line = text.lines().position(named).map_or(1, |at| at + 1);
    let why = "starts this program for each design".to_owned();
    vec![Finding { path, line, text: shortened(&words, 160), why }]
}

/// The file of the circuit's folder that a word names.
fn own_file(folder: &Path, word: &str) -> Option<std::path::PathBuf> {
    let path = folder.join(word);
    (!word.is_empty() && path.is_file()).then_some(path)
}

fn file_name(word: &str) -> String {
    Path::new(word).file_name().map_or_else(|| word.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// # Errors
/// [`SpiceError::DataAlone`] of a circuit that nothing measures.
pub(super) fn check_measured(circuit: &Circuit) -> Result<(), SpiceError> {
    if circuit.is_measured() { Ok(()) } else { Err(SpiceError::DataAlone(circuit.name.clone())) }
}
