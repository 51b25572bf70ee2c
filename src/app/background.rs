//! What takes time beside the engine's jobs and must not freeze a frame: reading circuits and models,
//! file dialogs, looking for ngspice. Each runs on a thread of its own and comes back as an [`Arrival`].

mod work;

use super::state::{DeckWord, Gained, ImportTable, OpenCircuit, PROJECT, Purpose};
use crate::circuit::{Circuit, CircuitError, Sizing};
use crate::dataset::{self, ColumnMap};
use crate::draft::{self, Checked, Draft, Tried};
use crate::engine::{
    self, Allowed, Finding, Growing, Outcome, Outlook, SimulatorConfig, SpiceError, TrainedModel,
};
use crate::report::{Report, Told};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What came back.
pub enum Arrival {
    /// A circuit, and a problem with its dataset if there is one.
    Circuit(Result<(Box<OpenCircuit>, Option<Opening>), String>),
    /// Other rows of the open circuit.
    Rows(PathBuf, Result<Box<OpenCircuit>, String>),
    /// The outlook on a target of a circuit, or why there is none; nothing where nothing is known.
    Outlook(Arc<Circuit>, Result<Option<Outlook>, String>),
    /// What the growing of a circuit's rows is doing.
    Growing(Arc<Circuit>, Growing),
    /// Rows were grown, or not.
    Grown(Arc<Circuit>, Result<Box<Gained>, String>),
    /// What a sizing performs in a condition of a circuit, by its name, or in a run with mismatch.
    Cornered(Arc<Circuit>, Sizing, Option<String>, Outcome),
    /// All conditions of a sizing are measured, or why not.
    CornersEnded(Arc<Circuit>, Result<(), String>),
    /// So many measurements of a review page are made.
    Reviewing(Arc<Circuit>, usize),
    /// A review page was written, and its verdict, or not.
    Reviewed(Arc<Circuit>, Result<(PathBuf, String), String>),
    /// A table of rows was read, or not.
    TableRead(Result<Box<ImportTable>, String>),
    /// Rows were taken from a file for the circuit of this folder: how many, with gaps, and refused; or not.
    TableTaken(PathBuf, Result<(usize, usize, usize), String>),
    /// The rows of a file were copied to another before new ones are made, or there was nothing to copy, or not.
    SetAside(PathBuf, Result<Option<PathBuf>, String>),
    /// A model, what is doubtful about it, and where it was.
    Model(PathBuf, Result<(Box<TrainedModel>, Option<String>), String>),
    /// What a circuit's deck would do beyond simulating.
    Deck(Arc<Circuit>, Result<DeckWord, String>),
    /// A model was written, or not.
    Saved(Result<PathBuf, String>),
    /// A model that the user did not save was kept beside the session, or not.
    ModelKept(Arc<TrainedModel>, Result<PathBuf, String>),
    /// A plot's picture or data were written, in words, or not.
    Written(Result<String, String>),
    /// What was found on looking through a circuit.
    Checked(Arc<Circuit>, Vec<Checked>),
    /// What was found in the decks of a new circuit.
    Decks(Result<Box<(Draft, Vec<Finding>)>, String>),
    /// What the own values of such decks gave, and what cannot be measured.
    Tried(Result<Box<Tried>, String>),
    /// The folder of a new circuit was written, or not.
    Drafted(Result<PathBuf, String>),
    /// A dialog was answered, and whether that was too fast for anyone to have seen it.
    Picked(Purpose, Vec<PathBuf>, bool),
    /// What a comparison is doing.
    Told(Told),
    /// A comparison was made, or not.
    Compared(Result<Box<Report>, String>),
    /// A session could not be written.
    NotKept(String),
    /// ngspice's version, or how to install it.
    Ngspice(Result<String, String>),
}

/// How to find ngspice's version.
pub type FindNgspice = Arc<dyn Fn() -> Result<String, String> + Send + Sync>;

/// Nobody reads and answers a dialog in this time: no dialog service answered.
const TOO_FAST: Duration = Duration::from_millis(400);

/// What decks are called.
const DECKS: &[&str] = &["cir", "sp", "spice", "net", "ckt"];

/// Starts the threads and collects what they bring.
pub struct Background {
    sender: Sender<Arrival>,
    receiver: Receiver<Arrival>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Background {
    /// `wake` is called when something has arrived.
    pub fn new(wake: Arc<dyn Fn() + Send + Sync>) -> Background {
        let (sender, receiver) = bounded(64);
        Background { sender, receiver, wake }
    }

    /// What has arrived.
    pub fn next(&self) -> Option<Arrival> {
        self.receiver.try_recv().ok()
    }

    fn run(&self, work: impl FnOnce() -> Arrival + Send + 'static) {
        let (sender, wake) = (self.sender.clone(), Arc::clone(&self.wake));
        let spawned = std::thread::Builder::new().name("sizewright-files".into()).spawn(move || {
            let _ = sender.send(work());
            wake();
        });
        // without a thread the wish is not granted; the user sees that nothing was opened and asks again
        drop(spawned);
    }

    /// Opens a bundled circuit by its name or a folder by its path.
    pub fn open_circuit(&self, name_or_folder: String) {
        self.run(move || Arrival::Circuit(open_circuit(Circuit::open(&name_or_folder))));
    }

    /// Opens a folder wherever the files lie that its circuit names.
    pub fn open_with_what_lies_outside(&self, folder: PathBuf) {
        self.run(move || Arrival::Circuit(open_circuit(Circuit::load_trusted(&folder))));
    }

    /// Reads another dataset of a circuit.
    pub fn read_rows(&self, circuit: Arc<Circuit>, path: PathBuf) {
        self.run(move || {
            let mut circuit = Circuit { dataset: path.clone(), ..(*circuit).clone() };
            // these are asked for
            circuit.outside.retain(|outside| outside.field != "dataset");
            let read = dataset::read(&circuit, &path).map_err(|e| e.to_string());
            Arrival::Rows(path, read.map(|loaded| Box::new(OpenCircuit::new(circuit, Some(loaded)))))
        });
    }

    /// Looks through a circuit as its files are now.
    pub fn check(&self, circuit: Arc<Circuit>, pool: SimulatorConfig) {
        self.run(move || {
            let found = match Circuit::load(&circuit.folder) {
                Ok(now) => draft::look_through(&now, &pool),
                Err(e) => vec![Checked { what: "circuit.ron", well: false, said: e.to_string() }],
            };
            Arrival::Checked(circuit, found)
        });
    }

    /// Looks through decks and takes what is asked for beside what they propose; nothing of them is run.
    pub fn read_decks(&self, name: String, decks: Vec<PathBuf>, asked: Vec<String>) {
        self.run(move || {
            let read = || {
                let mut draft = Draft::of(&name, &decks).map_err(|e| e.to_string())?;
                asked.iter().try_for_each(|line| draft.ask_line(line))?;
                let trial = draft.trial().map_err(|e| e.to_string())?;
                let findings = engine::findings(&trial.circuit).map_err(|e| e.to_string())?;
                Ok(Box::new((draft, findings)))
            };
            Arrival::Decks(read())
        });
    }

    /// Measures the own values of decks; where they would do more than simulate only if that was `shown`.
    pub fn try_decks(&self, mut draft: Draft, pool: SimulatorConfig, shown: Option<Vec<Finding>>) {
        self.run(move || {
            let go = || {
                let trial = draft.trial().map_err(|e| e.to_string())?;
                if let Some(shown) = shown {
                    let now = engine::findings(&trial.circuit).map_err(|e| e.to_string())?;
                    let lines = |all: &[Finding]| -> Vec<(usize, String)> {
                        all.iter().map(|f| (f.line, f.text.clone())).collect()
                    };
                    if lines(&now) != lines(&shown) {
                        return Err("The decks have changed since they were read: read them again".to_owned());
                    }
                    pool.allowed.add(&trial.circuit).map_err(|e| e.to_string())?;
                }
                draft.try_out(&pool).map_err(|e| e.to_string())
            };
            let gone = go();
            Arrival::Tried(gone.map(|gone| Box::new((draft, gone))))
        });
    }

    /// Writes the folder of a new circuit, if it is one; `allowed` keeps the user's word for its decks.
    pub fn write_draft(&self, draft: Draft, folder: PathBuf, allowed: Option<Allowed>) {
        self.run(move || {
            let go = || {
                // what is no circuit leaves no folder behind
                draft.trial().and_then(|_| draft.write(&folder)).map_err(|e| e.to_string())?;
                let circuit = Circuit::load(&folder).map_err(|e| e.to_string())?;
                match &allowed {
                    Some(allowed) => allowed.add(&circuit).map_err(|e| e.to_string()),
                    None => Ok(()),
                }
            };
            let done = go();
            Arrival::Drafted(done.map(|()| folder))
        });
    }

    /// Reads the heads of a table.
    pub fn read_table(&self, circuit: Arc<Circuit>, file: PathBuf) {
        self.run(move || {
            let guess = dataset::guess_columns(&circuit, &file);
            Arrival::TableRead(guess.map(|guess| Box::new(ImportTable::new(&circuit, file, guess))))
        });
    }

    /// Takes a table's rows into the circuit's own file; what was there is kept beside it.
    pub fn take_table(&self, circuit: Arc<Circuit>, file: PathBuf, maps: Vec<ColumnMap>) {
        self.run(move || {
            let take = || {
                // what cannot be taken leaves the rows that are there as they are
                let (own, fresh) = (&circuit.dataset, circuit.dataset.with_extension("csv.taken"));
                let taken = dataset::take(&circuit, &file, &maps, &fresh)?;
                let replace = || dataset::set_aside(own).and_then(|_| std::fs::rename(&fresh, own));
                replace().map_err(|e| format!("{} cannot be replaced: {e}", own.display()))?;
                Ok((taken.dataset.rows.len(), taken.dataset.gaps.len(), taken.refused.len()))
            };
            let taken = take();
            Arrival::TableTaken(circuit.folder.clone(), taken)
        });
    }

    /// Copies a file of rows to one beside it, before others take its place.
    pub fn set_aside(&self, file: PathBuf) {
        self.run(move || {
            let done = dataset::set_aside(&file).map_err(|e| e.to_string());
            Arrival::SetAside(file, done)
        });
    }

    /// Reads a model file.
    pub fn load_model(&self, circuit: Arc<Circuit>, path: PathBuf) {
        self.run(move || {
            let load = || {
                let model = engine::load(&circuit, &path).map_err(|e| e.to_string())?;
                let doubt = engine::doubt(&circuit, &model).map(|doubt| doubt.to_string());
                Ok((Box::new(model), doubt))
            };
            // whatever is wrong with it, an answer comes, and the session forgets it
            let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(load));
            let gave_up = || Err(format!("{}: reading it failed: it is no sound model", path.display()));
            let read = read.unwrap_or_else(|_| gave_up());
            Arrival::Model(path, read)
        });
    }

    /// Looks for what a circuit's deck would do beyond simulating. A deck that cannot be read is none that could do
    /// anything: simulating says what is wrong with it.
    pub fn look_at_deck(&self, circuit: Arc<Circuit>, allowed: Allowed) {
        self.run(move || {
            let word = word(&circuit, &allowed).unwrap_or_default();
            Arrival::Deck(circuit, Ok(word))
        });
    }

    /// Lets a circuit's deck run as it was shown; if it has changed since, only looks again.
    pub fn allow_deck(&self, circuit: Arc<Circuit>, allowed: Allowed, shown: DeckWord) {
        self.run(move || {
            let allow = || -> Result<DeckWord, SpiceError> {
                if word(&circuit, &allowed)? == shown {
                    allowed.add(&circuit)?;
                }
                word(&circuit, &allowed)
            };
            let looked = allow().map_err(|e| e.to_string());
            Arrival::Deck(circuit, looked)
        });
    }

    /// Writes a model file.
    pub fn save_model(&self, model: Arc<TrainedModel>, path: PathBuf) {
        self.run(move || {
            let written = engine::save(&model, &path).map_err(|e| e.to_string());
            Arrival::Saved(written.map(|()| path))
        });
    }

    /// Keeps a model in a folder that is made for it.
    pub fn keep_model(&self, model: Arc<TrainedModel>, path: PathBuf) {
        self.run(move || {
            let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
            let written = folder.map_err(|e| format!("{}: {e}", path.display()));
            let written = written.and_then(|()| engine::save(&model, &path).map_err(|e| e.to_string()));
            Arrival::ModelKept(model, written.map(|()| path))
        });
    }

    /// Writes a file by `write`, which names it where it fails; `what` begins the line that says that it is done, such as
    /// `The picture is`.
    pub fn write(
        &self,
        what: String,
        path: PathBuf,
        write: impl FnOnce(&Path) -> Result<(), String> + Send + 'static,
    ) {
        self.run(move || Arrival::Written(write(&path).map(|()| format!("{what} in {}", path.display()))));
    }

    /// Writes a session, unless a newer one was written meanwhile.
    pub fn keep_session(&self, order: Arc<Mutex<u64>>, number: u64, path: PathBuf, text: String) {
        let (sender, wake) = (self.sender.clone(), Arc::clone(&self.wake));
        let spawned = std::thread::Builder::new().name("sizewright-session".into()).spawn(move || {
            if let Err(e) = super::keeper::write_in_order(&order, number, &path, &text) {
                let _ = sender.send(Arrival::NotKept(e));
                wake();
            }
        });
        // without a thread it is written with the next change, or on leaving
        drop(spawned);
    }

    /// Looks for ngspice.
    pub fn find_ngspice(&self, find: FindNgspice) {
        self.run(move || Arrival::Ngspice(find()));
    }

    /// Opens a file dialog; `suggested` is a file name to start from.
    pub fn ask(&self, purpose: Purpose, suggested: String) {
        self.run(move || {
            let began = Instant::now();
            let dialog = rfd::FileDialog::new();
            if purpose == Purpose::Decks {
                let dialog = dialog
                    .set_title("Choose decks")
                    .add_filter("Decks", DECKS)
                    .add_filter("All files", &["*"]);
                let paths = dialog.pick_files().unwrap_or_default();
                let too_fast = paths.is_empty() && began.elapsed() < TOO_FAST;
                return Arrival::Picked(purpose, paths, too_fast);
            }
            let path = match purpose {
                Purpose::Decks => None,
                Purpose::ReviewFolder => dialog.set_title("Choose the folder of the page").pick_folder(),
                Purpose::NewFolder => dialog.set_title("Choose an empty folder").pick_folder(),
                Purpose::Table => dialog
                    .set_title("Choose a table of rows")
                    .add_filter("Tables and results", &["csv", "tsv", "txt", "json"])
                    .add_filter("All files", &["*"])
                    .pick_file(),
                Purpose::OpenProject => {
                    dialog.set_title("Open a project").add_filter("Project", &[PROJECT]).pick_file()
                }
                Purpose::SaveProject => {
                    dialog.set_title("Save the project").set_file_name(suggested).save_file()
                }
                Purpose::OpenCircuit => dialog.set_title("Open a circuit's folder").pick_folder(),
                Purpose::LoadModel => {
                    dialog.set_title("Load a model").add_filter("Model", &["model"]).pick_file()
                }
                Purpose::SaveModel => dialog.set_title("Save the model").set_file_name(suggested).save_file(),
                Purpose::Export => dialog.set_title("Save the sizing").set_file_name(suggested).save_file(),
                Purpose::Plot => dialog.set_title("Save the plot").set_file_name(suggested).save_file(),
            };
            let too_fast = path.is_none() && began.elapsed() < TOO_FAST;
            Arrival::Picked(purpose, path.into_iter().collect(), too_fast)
        });
    }
}

fn word(circuit: &Circuit, allowed: &Allowed) -> Result<DeckWord, SpiceError> {
    Ok(DeckWord { findings: engine::findings(circuit)?, allowed: allowed.allows(circuit)? })
}

/// What is to be said of a circuit that was opened.
pub enum Opening {
    /// Something is wrong with its rows.
    Problem(String),
    /// It has none yet.
    NoRows,
}

fn open_circuit(
    circuit: Result<Circuit, CircuitError>,
) -> Result<(Box<OpenCircuit>, Option<Opening>), String> {
    let circuit = circuit.map_err(|e| e.to_string())?;
    let outside = circuit.outside_of("dataset").is_some();
    let (loaded, problem) = if outside || Path::new(&circuit.dataset).is_file() {
        match dataset::read(&circuit, &circuit.dataset) {
            Ok(loaded) => {
                let hash = engine::testbench_hash(&circuit);
                let from = &loaded.dataset.provenance;
                let other = hash.ok().and_then(|hash| from.other_testbench(&circuit, &hash));
                let problem = other.map(|other| format!("{}: {other}", circuit.dataset.display()));
                (Some(loaded), problem.map(Opening::Problem))
            }
            Err(e) => (None, Some(Opening::Problem(e.to_string()))),
        }
    } else {
        (None, Some(Opening::NoRows))
    };
    let model_beside = engine::model_beside(&circuit);
    let open = OpenCircuit { model_beside, ..OpenCircuit::new(circuit, loaded) };
    Ok((Box::new(open), problem))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::datasets_folder;

    /// What is said on opening a copy of OTA1 whose testbench has a load of `load`.
    fn said(load: &str) -> Option<String> {
        let place = tempfile::tempdir().expect("a temporary folder");
        let (from, folder) = (datasets_folder(), place.path().join("ota1"));
        for folder in [&folder, &place.path().join("models")] {
            std::fs::create_dir_all(folder).expect("writable");
        }
        for file in ["models/generic65.lib", "ota1/circuit.ron", "ota1/samples.csv"] {
            std::fs::copy(from.join(file), place.path().join(file)).expect("bundled");
        }
        let bench = std::fs::read_to_string(from.join("ota1/testbench.cir")).expect("bundled");
        std::fs::write(folder.join("testbench.cir"), bench.replace("CL=1p", load)).expect("writable");
        let (open, problem) = open_circuit(Circuit::load(&folder)).expect("a circuit");
        assert_eq!(open.rows.rows.len(), 2024, "the rows are there all the same");
        problem.map(|opening| match opening {
            Opening::Problem(text) => text,
            Opening::NoRows => "no rows".to_owned(),
        })
    }

    #[test]
    fn rows_of_another_testbench_are_said_on_opening() {
        assert_eq!(said("CL=1p"), None);
        let problem = said("CL=3p").expect("said");
        assert!(problem.contains("measured with another testbench or model card"), "{problem}");
    }
}
