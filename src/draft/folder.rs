//! A draft as a folder: `circuit.ron`, and copies of the decks with what lies beside them.

use super::metrics::DraftMetric;
use super::text::circuit_ron;
use super::{Draft, DraftError};
use crate::circuit::Circuit;
use crate::files::{read_text_bounded, write_atomically};
use crate::spice::{DeckFile, Failure, Simulate, Simulator, SimulatorConfig, spread};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// The folder of the copies.
const DECKS: &str = "decks";
/// Designs that are tried until one can be measured.
const TRIED: usize = 8;
/// Testbenches that are told with the reason why a metric cannot be measured there.
const MOST_TOLD: usize = 3;
/// A larger file beside a deck is a model library and stays where it is.
const LARGEST_COPY: u64 = 1 << 20;

fn wrong(path: &Path, problem: impl ToString) -> DraftError {
    DraftError::File { path: path.to_owned(), problem: problem.to_string() }
}

fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Whether something is there already, so that no circuit can be written to this folder.
pub fn is_occupied(folder: &Path) -> bool {
    let occupied = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    occupied || folder.is_file()
}

fn write(draft: &Draft, folder: &Path) -> Result<(), DraftError> {
    if draft.parameters.is_empty() {
        let what = "nothing to size was found in the decks: sizes are `.param` constants that devices use; ask for one, such as `parameter w1=1u..20u`";
        return Err(DraftError::Asked(what.to_owned()));
    }
    if draft.metrics.is_empty() {
        let what = "nothing that is measured was found in the decks: ask for something, such as `metric gain=gain_db(v(out))`";
        return Err(DraftError::Asked(what.to_owned()));
    }
    if is_occupied(folder) {
        return Err(wrong(folder, "is there already: name a new folder"));
    }
    let copies = folder.join(DECKS);
    std::fs::create_dir_all(&copies).map_err(|e| wrong(&copies, e))?;
    let mut copied: Vec<(PathBuf, String)> = Vec::new();
    for file in draft.decks.iter().flat_map(|(_, survey)| &survey.files) {
        let path = absolute(&file.path);
        let small = std::fs::metadata(&path).is_ok_and(|m| m.len() <= LARGEST_COPY);
        let deck = draft.decks.iter().any(|(bench, _)| absolute(&bench.deck) == path);
        if (deck || (small && !file.in_library)) && !copied.iter().any(|(known, _)| *known == path) {
            let name = free_name(&path, &copied);
            copied.push((path, name));
        }
    }
    for file in draft.decks.iter().flat_map(|(_, survey)| &survey.files) {
        let path = absolute(&file.path);
        if let Some((_, name)) = copied.iter().find(|(known, _)| *known == path) {
            let text = copy_of(file, &copied)?;
            let to = copies.join(name);
            write_atomically(&to, text.as_bytes()).map_err(|e| wrong(&to, e.source))?;
        }
    }
    let decks: Vec<(String, String)> = draft
        .decks
        .iter()
        .map(|(bench, _)| {
            let path = absolute(&bench.deck);
            let name = copied.iter().find(|(known, _)| *known == path).map_or("", |(_, name)| name);
            (bench.name.clone(), format!("{DECKS}/{name}"))
        })
        .collect();
    let to = folder.join("circuit.ron");
    write_atomically(&to, circuit_ron(draft, &decks).as_bytes()).map_err(|e| wrong(&to, e.source))
}

/// The file's own name, numbered where another one has it.
fn free_name(path: &Path, copied: &[(PathBuf, String)]) -> String {
    let own = path.file_name().map_or_else(|| "deck.cir".to_owned(), |n| n.to_string_lossy().into_owned());
    let taken = |name: &str| copied.iter().any(|(_, known)| known == name);
    let numbered = (2..).map(|n| format!("{n}_{own}"));
    std::iter::once(own.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(own)
}

/// The file's text, its include lines leading to the copies, or by whole paths to what is not copied.
fn copy_of(file: &DeckFile, copied: &[(PathBuf, String)]) -> Result<String, DraftError> {
    let text = read_text_bounded(&file.path, 256 << 20).map_err(|e| wrong(&file.path, e))?;
    let lines = text.lines().enumerate().map(|(i, line)| {
        let Some((_, included)) = file.includes.iter().find(|(number, _)| *number == i + 1) else {
            return line.to_owned();
        };
        let included = absolute(included);
        let to = match copied.iter().find(|(known, _)| *known == included) {
            Some((_, name)) => name.clone(),
            // a place that an environment variable names is left for it to name
            None if line.contains('$') => return line.to_owned(),
            None => included.to_string_lossy().into_owned(),
        };
        let mut words = line.split_whitespace();
        let card = words.next().unwrap_or_default();
        if card.to_ascii_lowercase().starts_with(".lib") {
            let section = line.split_whitespace().next_back().unwrap_or_default();
            format!("{card} \"{to}\" {section}")
        } else {
            format!("{card} \"{to}\"")
        }
    });
    Ok(lines.collect::<Vec<_>>().join("\n") + "\n")
}

/// The value at the decks' own sizes, if there is one, and one that there is.
type Measured = (Option<f64>, f64);

impl Draft {
    /// Writes the folder, which must not exist or be empty.
    ///
    /// # Errors
    /// [`DraftError`] names the file.
    pub fn write(&self, folder: &Path) -> Result<(), DraftError> {
        write(self, folder)
    }

    /// Measures the decks' own values once, metric by metric: what cannot be measured goes, unless it was asked for, and
    /// is told with its reason. A scale that the value does not fit is made linear. A testbench of which something can be
    /// measured only in a process of its own is run so.
    ///
    /// # Errors
    /// [`DraftError`] where there is no simulator, or where something that was asked for cannot be measured.
    pub fn try_out(&mut self, config: &SimulatorConfig) -> Result<Vec<(String, String)>, DraftError> {
        let mut gone = Vec::new();
        let mut kept = Vec::new();
        for metric in std::mem::take(&mut self.metrics) {
            match self.measured_some_way(&metric, config)? {
                Ok((mut metric, (own, value))) => {
                    (metric.own, metric.value) = (own, Some(value));
                    if value <= 0.0 {
                        metric.scale = crate::circuit::Scale::Linear;
                    }
                    kept.push(metric);
                }
                Err(why) if metric.asked => {
                    return Err(DraftError::Asked(format!("{} cannot be measured: {why}", metric.name)));
                }
                Err(why) => gone.push((metric.name, why)),
            }
        }
        self.metrics = kept;
        Ok(gone)
    }

    /// One metric of the decks as they are, in the first testbench that can measure it: by the loaded library or else in a
    /// process of its own.
    fn measured_some_way(
        &mut self,
        metric: &DraftMetric,
        config: &SimulatorConfig,
    ) -> Result<Result<(DraftMetric, Measured), String>, DraftError> {
        let own = std::iter::once((metric.testbench.clone(), metric.from.clone()));
        let places = own.chain(metric.elsewhere.iter().cloned()).map(|(testbench, from)| DraftMetric {
            testbench,
            from,
            elsewhere: Vec::new(),
            ..metric.clone()
        });
        let places: Vec<DraftMetric> = places.collect();
        let mut reasons = Vec::new();
        for metric in &places {
            match self.measured(metric, config)? {
                Ok(value) => return Ok(Ok((metric.clone(), value))),
                Err(why) => reasons.push(why),
            }
        }
        for (metric, why) in places.iter().zip(&reasons) {
            if self.apart.iter().any(|(bench, _)| *bench == metric.testbench) {
                continue;
            }
            self.apart.push((metric.testbench.clone(), format!("in one process with others {why}")));
            if let Ok(value) = self.measured(metric, config)? {
                return Ok(Ok((metric.clone(), value)));
            }
            self.apart.pop();
        }
        if self.decks.len() == 1 {
            return Ok(Err(reasons.remove(0)));
        }
        let all = places.iter().zip(&reasons).map(|(metric, why)| format!("in {}: {why}", metric.testbench));
        let mut told: Vec<String> = all.take(MOST_TOLD).collect();
        if places.len() > MOST_TOLD {
            told.push(format!("nor in {} others", places.len() - MOST_TOLD));
        }
        Ok(Err(told.join("; ")))
    }

    /// One metric of the decks as they are.
    fn measured(
        &self,
        metric: &DraftMetric,
        config: &SimulatorConfig,
    ) -> Result<Result<Measured, String>, DraftError> {
        let scratch = tempfile::tempdir().map_err(|e| wrong(Path::new("a temporary folder"), e))?;
        let folder = scratch.path().join("draft");
        let linear = DraftMetric { scale: crate::circuit::Scale::Linear, ..metric.clone() };
        let alone = Draft { metrics: vec![linear], ..self.clone() };
        alone.write(&folder)?;
        let circuit = match Circuit::load(&folder) {
            Ok(circuit) => circuit,
            Err(e) => return Ok(Err(e.to_string())),
        };
        let own = circuit.parameters.iter().zip(&self.parameters).map(|(p, drafted)| {
            p.snap(if drafted.own.is_finite() { drafted.own } else { 0.5 * (p.low + p.high) })
        });
        let own = crate::circuit::Sizing(own.collect());
        let mut simulator = Simulator::start(&circuit, SimulatorConfig { jobs: 1, ..config.clone() })?;
        let mut run = |sizing: &crate::circuit::Sizing| {
            let one = std::slice::from_ref(sizing);
            let outcome = simulator.run(one, &AtomicBool::new(false), &mut |_, _| {}).remove(0);
            outcome.map(|simulated| simulated.performance().0[0])
        };
        match run(&own) {
            Ok(value) => Ok(Ok((Some(value), value))),
            // what the decks' own sizes lack others may have
            Err(failure @ Failure::Missing { .. }) => {
                let other = spread(&circuit, TRIED).iter().find_map(|sizing| run(sizing).ok());
                Ok(other.map(|value| (None, value)).ok_or_else(|| failure.to_string()))
            }
            Err(failure) => Ok(Err(failure.to_string())),
        }
    }
}
