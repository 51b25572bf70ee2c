//! The session as a file: RON, a version and named parts. A part that is missing or that cannot be read starts
//! afresh without taking the others with it; a file that cannot be read at all is kept aside.

use super::ids::PaneId;
use super::state::kept::{KeptCircuit, Recent};
use super::state::{CompareForm, LookForm, SampleForm, SearchForm, TrainForm};
use crate::circuit::shortened;
use crate::export::Format;
use crate::files::{remove_unfinished, write_atomically};
use egui::ThemePreference;
use egui_tiles::Tree;
use ron::ser::PrettyConfig;
use ron::value::RawValue;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The newest version that is understood. Version 1 is the first.
const VERSION: u32 = 1;
/// The variable that names another file than the usual one.
const VARIABLE: &str = "SIZEWRIGHT_SESSION";
/// A larger session is none of ours: one with every part and a hundred circuits is a tenth of it.
const LARGEST: u64 = 4 << 20;

/// The window's place on the desktop, in points without zoom.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowSize {
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
    /// Whether the window fills the screen.
    pub maximised: bool,
}

/// What is found again when the window is opened the next time.
#[derive(Clone, Default, PartialEq)]
#[allow(missing_docs)] // each is named after what it keeps
pub struct Session {
    pub circuit: Option<String>,
    pub circuits: BTreeMap<String, KeptCircuit>,
    pub train: Option<TrainForm>,
    pub sample: Option<SampleForm>,
    pub search: Option<SearchForm>,
    pub compare: Option<CompareForm>,
    pub look: Option<LookForm>,
    pub best: Option<usize>,
    pub format: Option<Format>,
    pub layout: Option<Tree<PaneId>>,
    pub theme: Option<ThemePreference>,
    pub zoom: Option<f32>,
    pub window: Option<WindowSize>,
    pub recent: Recent,
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    parts: BTreeMap<String, Box<RawValue>>,
}

fn write_part<T: Serialize>(
    parts: &mut BTreeMap<String, Box<RawValue>>,
    name: &str,
    part: &T,
) -> Result<(), String> {
    let raw = RawValue::from_rust(part).map_err(|e| format!("{name}: {e}"))?;
    parts.insert(name.to_owned(), raw);
    Ok(())
}

/// A part, or what it is where there is none; the name is noted of one that cannot be read.
fn read_part<T: DeserializeOwned + Default>(file: &File, name: &str, lost: &mut Vec<String>) -> T {
    let Some(raw) = file.parts.get(name) else {
        return T::default();
    };
    match ron::from_str(raw.get_ron()) {
        Ok(part) => part,
        Err(_) => {
            lost.push(name.to_owned());
            T::default()
        }
    }
}

impl Session {
    /// As text.
    ///
    /// # Errors
    /// The part that has no text, which would be a mistake of the program.
    pub fn text(&self) -> Result<String, String> {
        let mut parts = BTreeMap::new();
        write_part(&mut parts, "circuit", &self.circuit)?;
        write_part(&mut parts, "circuits", &self.circuits)?;
        write_part(&mut parts, "train", &self.train)?;
        write_part(&mut parts, "sample", &self.sample)?;
        write_part(&mut parts, "search", &self.search)?;
        write_part(&mut parts, "compare", &self.compare)?;
        write_part(&mut parts, "look", &self.look)?;
        write_part(&mut parts, "best", &self.best)?;
        write_part(&mut parts, "format", &self.format)?;
        write_part(&mut parts, "layout", &self.layout)?;
        write_part(&mut parts, "theme", &self.theme)?;
        write_part(&mut parts, "zoom", &self.zoom)?;
        write_part(&mut parts, "window", &self.window)?;
        write_part(&mut parts, "recent", &self.recent)?;
        let file = File { version: VERSION, parts };
        ron::ser::to_string_pretty(&file, PrettyConfig::new()).map_err(|e| e.to_string())
    }

    /// From text; the names of parts that could not be read come with it.
    ///
    /// # Errors
    /// A line that says why it is no session.
    pub fn read(text: &str) -> Result<(Session, Vec<String>), String> {
        let file: File = ron::from_str(text).map_err(|e| shortened(&e.to_string(), 300))?;
        if file.version > VERSION {
            return Err(format!("it was written by a newer sizewright (version {})", file.version));
        }
        let mut lost = Vec::new();
        let session = Session {
            circuit: read_part(&file, "circuit", &mut lost),
            circuits: read_part(&file, "circuits", &mut lost),
            train: read_part(&file, "train", &mut lost),
            sample: read_part(&file, "sample", &mut lost),
            search: read_part(&file, "search", &mut lost),
            compare: read_part(&file, "compare", &mut lost),
            look: read_part(&file, "look", &mut lost),
            best: read_part(&file, "best", &mut lost),
            format: read_part(&file, "format", &mut lost),
            layout: read_part(&file, "layout", &mut lost),
            theme: read_part(&file, "theme", &mut lost),
            zoom: read_part(&file, "zoom", &mut lost),
            window: read_part(&file, "window", &mut lost),
            recent: read_part(&file, "recent", &mut lost),
        };
        Ok((session, lost))
    }
}

/// A session and the file it is kept in.
pub struct SessionFile {
    /// The file.
    pub path: PathBuf,
    /// What the file held.
    pub session: Session,
    /// What was wrong with the file, and what became of it.
    pub problem: Option<String>,
    /// Whether this window keeps the session, rather than another one that was opened before.
    pub owner: Owner,
}

/// Who keeps a session: one window at a time.
pub enum Owner {
    /// This window, for as long as it holds the lock; none where the file system has no locks.
    This(Option<std::fs::File>),
    /// Another window.
    Another,
}

impl Owner {
    /// By a lock on `session.ron.lock`, which the system lifts when the program ends, however it does.
    fn of(path: &Path) -> Owner {
        if let Some(folder) = path.parent() {
            // where it cannot be made, writing says so
            let _ = std::fs::create_dir_all(folder);
        }
        let lock = std::fs::File::options().create(true).append(true).open(beside(path, ".lock"));
        match lock.map(|lock| (lock.try_lock(), lock)) {
            Ok((Ok(()), lock)) => Owner::This(Some(lock)),
            Ok((Err(std::fs::TryLockError::WouldBlock), _)) => Owner::Another,
            Ok((Err(std::fs::TryLockError::Error(_)), _)) | Err(_) => Owner::This(None),
        }
    }
}

impl SessionFile {
    /// Where sessions are usually kept: the user's configuration folder, or what `SIZEWRIGHT_SESSION` names.
    pub fn usual() -> Option<PathBuf> {
        match std::env::var_os(VARIABLE) {
            Some(path) => Some(PathBuf::from(path)),
            None => directories::ProjectDirs::from("", "", "sizewright")
                .map(|folders| folders.config_dir().join("session.ron")),
        }
    }

    /// Reads a session; a file that is none, whatever it is, is kept aside as `….broken`, and its place is free again.
    pub fn open(path: PathBuf) -> SessionFile {
        let owner = Owner::of(&path);
        if let Some(folder) = path.parent() {
            remove_unfinished(folder);
        }
        let text = text(&path);
        let (session, why) = match &text {
            Ok(None) => (Session::default(), None),
            Ok(Some(text)) => match Session::read(text) {
                Ok((session, lost)) if lost.is_empty() => (session, None),
                Ok((session, lost)) => {
                    (session, Some(format!("what it says of {} is unknown", lost.join(", "))))
                }
                Err(why) => (Session::default(), Some(why)),
            },
            Err(why) => (Session::default(), Some(why.clone())),
        };
        let problem = why.map(|why| {
            let aside = beside(&path, ".broken");
            let kept = match (&owner, &text) {
                (Owner::Another, _) => Ok(()),
                (_, Ok(text)) => std::fs::write(&aside, text.as_deref().unwrap_or_default()),
                // it may be of any size, and may be nothing that can be read
                (_, Err(_)) => std::fs::rename(&path, &aside),
            };
            let kept = match (&owner, kept) {
                (Owner::Another, _) => "it is left as it is".to_owned(),
                (_, Ok(())) => format!("it is kept as {}", aside.display()),
                (_, Err(e)) => format!("nor can it be kept aside as {} ({e})", aside.display()),
            };
            format!("The last session ({}) cannot be restored in full: {why}; {kept}", path.display())
        });
        SessionFile { path, session, problem, owner }
    }
}

/// What a session's file says; `None` where there is no file.
pub fn text(path: &Path) -> Result<Option<String>, String> {
    let file = match std::fs::metadata(path) {
        // a pipe or a device may have no end
        Ok(found) if !found.is_file() => return Err("it is no file".to_owned()),
        Ok(_) => std::fs::File::open(path).map_err(|e| e.to_string())?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e.to_string()),
    };
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("it is larger than {} MB", LARGEST >> 20));
    }
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|e| format!("it is no text: byte {} is not UTF-8", e.utf8_error().valid_up_to() + 1))
}

/// `session.ron.broken` for `session.ron` and `.broken`.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(ending);
    path.with_file_name(name)
}

/// Writes a session's text, and the folder that it lies in where there is none.
///
/// # Errors
/// A line that names the path and the system's reason.
pub fn write(path: &Path, text: &str) -> Result<(), String> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|e| format!("cannot make the folder {}: {e}", folder.display()))?;
    }
    write_atomically(path, text.as_bytes()).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::state::kept::{KeptDesign, NamedSet, Values};
    use crate::app::state::{PresetChoice, SortKey};
    use crate::dataset::{CoordinateKind, Loosening};
    use crate::engine::{Architecture, DeviceChoice, Diffusion, Loss, Process, Recipe, System};

    fn session() -> Session {
        let of = KeptCircuit {
            targets: Some(Values::from([("power".to_owned(), 27e-9)])),
            ranges: BTreeMap::from([("W1".to_owned(), (1e-6, 2e-6))]),
            sets: vec![NamedSet { name: "mine \"a\"".to_owned(), values: Values::new() }],
            designs: vec![KeptDesign {
                name: "the second".to_owned(),
                note: "less \"power\"".to_owned(),
                starred: true,
                parameters: Values::from([("W1".to_owned(), 2e-6)]),
            }],
            model: Some(PathBuf::from("a folder/x.model")),
        };
        Session {
            circuit: Some("ota2".to_owned()),
            circuits: BTreeMap::from([("ota2".to_owned(), of)]),
            train: Some(TrainForm { seed: 77, ..TrainForm::default() }),
            sample: Some(SampleForm { count: 3, ..SampleForm::default() }),
            look: Some(LookForm { sort: SortKey::Verdict, ..LookForm::default() }),
            layout: Some(crate::app::Layout::default().tree().clone()),
            theme: Some(ThemePreference::Light),
            zoom: Some(1.2),
            window: Some(WindowSize { width: 1200.0, height: 700.0, maximised: true }),
            recent: Recent { circuits: vec!["ota2".to_owned()], models: vec![PathBuf::from("x.model")] },
            ..Session::default()
        }
    }

    #[test]
    fn a_session_is_read_as_it_was_written() {
        let text = session().text().expect("it has a text");
        let (read, lost) = Session::read(&text).expect("it is one");
        assert!(read == session() && lost.is_empty(), "{lost:?}\n{text}");
    }

    #[test]
    fn an_older_and_a_partly_unknown_session_keep_what_can_be_read() {
        let (read, lost) = Session::read("(version: 1, parts: {\"circuit\": Some(\"ota3\")})").expect("one");
        assert_eq!(read.circuit.as_deref(), Some("ota3"));
        assert!(lost.is_empty() && read.train.is_none());
        // a form of a version that knew less
        let (read, lost) = Session::read("(version: 1, parts: {\"sample\": Some((count: 9))})").expect("one");
        let sample = read.sample.expect("kept");
        assert!(sample == SampleForm { count: 9, ..SampleForm::default() } && lost.is_empty());
        let text = session().text().expect("a text").replacen("sort:Verdict", "sort:Beauty", 1);
        let (read, lost) = Session::read(&text).expect("one");
        assert_eq!(lost, ["look"]);
        assert!(read.look.is_none() && read.train == session().train);
    }

    #[test]
    fn a_session_of_the_first_edition_is_read() {
        // it named the tab and the view in front, which the layout knows by itself
        let layout = ron::to_string(crate::app::Layout::default().tree()).expect("a text");
        let text = format!(
            "(version: 1, parts: {{\"tab\": Some(Search), \"look\": Some((cloud: false, near: false, sort: Number, \
             falling: false, view: Parallel)), \"layout\": Some({layout})}})"
        );
        let (read, lost) = Session::read(&text).expect("one");
        assert!(lost.is_empty(), "{lost:?}");
        assert!(!read.look.expect("kept").cloud && read.layout.is_some());
    }

    #[test]
    fn how_to_train_is_read_whole_as_the_first_edition_wrote_it() {
        // a system stood for network, process and loss, and the performance model had no settings
        let text = "(version: 1, parts: {\"train\": Some((system: DmMlp, preset: Custom, recipe: (\
                    architecture: DmMlp(widths: [40, 30], time_width: 32), coordinates: Plain, held_out: 0.2, \
                    copies: 3, loosening: PartOfMean(0.3), fresh_loosening: false, timesteps: 500, \
                    condition_dropout: 0.25, epochs: 7, batch: 33, learning_rate: 0.005, weight_decay: 0.02, \
                    ema_decay: 0.99, guidance: 0.4, tighten: 0.3, sampling_steps: 9), seed: 77, device: Cpu))})";
        let (read, lost) = Session::read(text).expect("one");
        assert!(lost.is_empty(), "{lost:?}");
        // named one by one, so that a new field has to be thought of here
        let TrainForm { system, preset, recipe, seed, device } = read.train.expect("kept");
        assert_eq!(
            (system, preset, seed, device),
            (System::DmMlp, PresetChoice::Custom, 77, DeviceChoice::Cpu)
        );
        let Recipe {
            architecture,
            process,
            loss,
            coordinates,
            held_out,
            copies,
            loosening,
            fresh_loosening,
            condition_dropout,
            epochs,
            patience,
            batch,
            learning_rate,
            weight_decay,
            ema_decay,
            guidance,
            tighten,
            sampling_steps,
            performance,
        } = recipe;
        assert_eq!(architecture, Architecture::DmMlp { widths: vec![40, 30], time_width: 32 });
        assert_eq!((process, loss), (Process::Diffusion(Diffusion::noise(500)), Loss::Absolute));
        assert_eq!((coordinates, held_out, copies), (CoordinateKind::Plain, 0.2, 3));
        assert_eq!((loosening, fresh_loosening), (Loosening::PartOfMean(0.3), false));
        assert_eq!((condition_dropout, epochs, patience, batch), (0.25, 7, 0.0, 33));
        assert_eq!((learning_rate, weight_decay, ema_decay), (0.005, 0.02, 0.99));
        assert_eq!((guidance, tighten, sampling_steps), (0.4, 0.3, 9));
        assert_eq!(performance, TrainForm::default().recipe.performance);
    }

    #[test]
    fn what_is_no_session_is_kept_aside() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("deep/session.ron");
        assert!(SessionFile::open(path.clone()).problem.is_none(), "none yet is no problem");
        write(&path, "(version: 1, parts: {").expect("writable");
        let file = SessionFile::open(path.clone());
        assert!(file.session == Session::default());
        assert!(file.problem.is_some_and(|p| p.contains("session.ron.broken")));
        let kept = std::fs::read_to_string(path.with_file_name("session.ron.broken")).expect("kept");
        assert_eq!(kept, "(version: 1, parts: {");
        write(&path, "(version: 99, parts: {})").expect("writable");
        assert!(SessionFile::open(path).problem.is_some_and(|p| p.contains("newer sizewright")));
    }

    #[test]
    fn a_session_that_is_no_text_or_too_large_is_kept_aside_and_never_overwritten() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("session.ron");
        let aside = path.with_file_name("session.ron.broken");
        let latin = b"(version: 1, parts: {\"circuit\": Some(\"Verst\xe4rker\")})";
        let mut long = b"(version: 1, parts: {".to_vec();
        long.resize(LARGEST as usize + 1, b' ');
        for (bytes, why) in [(&latin[..], "byte 44 is not UTF-8"), (&long[..], "larger than 4 MB")] {
            std::fs::write(&path, bytes).expect("writable");
            let file = SessionFile::open(path.clone());
            let problem = file.problem.expect("said");
            assert!(problem.contains(why) && problem.contains("session.ron.broken"), "{problem}");
            assert!(file.session == Session::default());
            // what the window writes next
            write(&path, "(version: 1, parts: {})").expect("writable");
            assert!(std::fs::read(&aside).expect("kept") == bytes, "{why}");
        }
        // of a sparse file no more is read than the bound
        let sparse = std::fs::File::create(&path).expect("writable");
        sparse.set_len(1 << 40).expect("sparse files");
        assert!(SessionFile::open(path.clone()).problem.expect("said").contains("larger than 4 MB"));
        assert_eq!(std::fs::metadata(&aside).expect("kept").len(), 1 << 40);
        assert!(!path.exists());
    }

    #[test]
    fn one_window_at_a_time_keeps_a_session() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("session.ron");
        let first = SessionFile::open(path.clone());
        assert!(matches!(first.owner, Owner::This(Some(_))));
        assert!(matches!(SessionFile::open(path.clone()).owner, Owner::Another));
        drop(first);
        assert!(matches!(SessionFile::open(path).owner, Owner::This(Some(_))));
    }
}
