//! The few functions of the ngspice library that we need, loaded at run time
//! (ngspice manual, "ngspice as shared library"; `sharedspice.h`).
//!
//! One process must hold at most one [`Ngspice`]: the library keeps its state in globals.

use super::telling::may_be_a_reason;
use libloading::Library;
use std::collections::VecDeque;
use std::ffi::{CStr, CString, c_char, c_int, c_short, c_void};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// The names that the library goes by, the most exact first.
const NAMES: [&str; 4] = ["libngspice.so.0", "libngspice.so", "libngspice.0.dylib", "ngspice.dll"];
/// Lines kept of a design's first and of its last words; a broken deck makes thousands.
const KEPT: usize = 40;
/// The last lines kept of those that may be `name = value`.
const KEPT_PRINTED: usize = 200;
/// Characters kept of a line.
const LONGEST: usize = 400;

type SendText = extern "C" fn(*mut c_char, c_int, *mut c_void) -> c_int;
type ControlledExit = extern "C" fn(c_int, bool, bool, c_int, *mut c_void) -> c_int;
type Unused = Option<extern "C" fn()>;
type Init = unsafe extern "C" fn(
    Option<SendText>,
    Unused,
    Option<ControlledExit>,
    Unused,
    Unused,
    Unused,
    *mut c_void,
) -> c_int;
type Command = unsafe extern "C" fn(*mut c_char) -> c_int;
type Circ = unsafe extern "C" fn(*mut *mut c_char) -> c_int;
type VectorInfoOf = unsafe extern "C" fn(*mut c_char) -> *mut VectorInfo;
type Names = unsafe extern "C" fn() -> *mut *mut c_char;
type InputPath = unsafe extern "C" fn(*mut c_char) -> *mut c_char;
type NamesOf = unsafe extern "C" fn(*mut c_char) -> *mut *mut c_char;

/// `vector_info` of `sharedspice.h`.
#[repr(C)]
struct VectorInfo {
    name: *mut c_char,
    kind: c_int,
    flags: c_short,
    real: *mut f64,
    complex: *mut [f64; 2],
    length: c_int,
}

/// What the library said, as it said it.
#[derive(Default)]
struct Log {
    said: Mutex<Said>,
    /// Everything, while a listing is taken.
    listing: Mutex<Option<Vec<String>>>,
    version: Mutex<String>,
    aborted: AtomicBool,
    exit: AtomicBool,
    quit: AtomicBool,
}

/// What may be a reason, the middle of many left out.
#[derive(Default)]
struct Said {
    first: Vec<String>,
    last: VecDeque<String>,
    /// Lines that may be `name = value`.
    printed: VecDeque<String>,
}

impl Said {
    fn push(&mut self, line: &str) {
        let line = line.chars().take(LONGEST).collect();
        if self.first.len() < KEPT {
            self.first.push(line);
            return;
        }
        if self.last.len() >= KEPT {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    fn print(&mut self, line: &str) {
        if self.printed.len() >= KEPT_PRINTED {
            self.printed.pop_front();
        }
        self.printed.push_back(line.chars().take(LONGEST).collect());
    }
}

/// The loaded library.
pub(super) struct Ngspice {
    command: Command,
    circ: Circ,
    vector_info: VectorInfoOf,
    all_plots: Names,
    all_vectors: NamesOf,
    input_path: Option<InputPath>,
    // boxed: the library holds its address
    log: Box<Log>,
    // dropped last: the function pointers above point into it
    _library: Library,
}

/// What ngspice takes a vector for (`sim.h`, where each kind has its number).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantity {
    Voltage,
    Current,
    VoltageDensity,
    CurrentDensity,
    Decibel,
    /// Any other, or it does not know.
    Other,
}

/// What there is under a name.
pub(super) enum Vector {
    /// One real number.
    Scalar(f64),
    /// Something else, in words.
    Other(String),
}

impl Vector {
    /// Of the real and the imaginary part of one number.
    pub(super) fn of(value: [f64; 2]) -> Vector {
        match value {
            [real, 0.0] => Vector::Scalar(real),
            _ => Vector::Other("is complex: take its magnitude or its real part".to_owned()),
        }
    }
}

extern "C" fn on_text(text: *mut c_char, _instance: c_int, user: *mut c_void) -> c_int {
    if text.is_null() || user.is_null() {
        return 0;
    }
    // SAFETY: ngspice passes a NUL-terminated text that lives through the call, and the `user`
    // given to ngSpice_Init, which points to the boxed Log of a live Ngspice.
    let (text, log) = unsafe { (CStr::from_ptr(text).to_string_lossy(), &*user.cast::<Log>()) };
    let (stderr, line) = match text.strip_prefix("stderr ") {
        Some(line) => (true, line),
        None => (false, text.strip_prefix("stdout ").unwrap_or(&text)),
    };
    if let Ok(mut listing) = log.listing.lock()
        && let Some(lines) = listing.as_mut()
    {
        lines.push(line.to_owned());
        return 0;
    }
    let line = line.trim();
    // a deck's own `echo` goes to stdout and may say anything
    if stderr && line.ends_with("simulation(s) aborted") {
        log.aborted.store(true, Ordering::Relaxed);
    }
    if may_be_a_reason(stderr, line)
        && let Ok(mut said) = log.said.lock()
    {
        said.push(line);
    }
    if !stderr
        && line.contains('=')
        && let Ok(mut said) = log.said.lock()
    {
        said.print(line);
    }
    if let Some(at) = line.find("ngspice-")
        && let Ok(mut version) = log.version.lock()
        && version.is_empty()
    {
        let word = line[at..].split(|c: char| c.is_whitespace() || c == ',').next();
        *version = word.unwrap_or_default().to_owned();
    }
    0
}

extern "C" fn on_exit(_: c_int, _: bool, quit: bool, _: c_int, user: *mut c_void) -> c_int {
    if !user.is_null() {
        // SAFETY: `user` points to the boxed Log of a live Ngspice, as in `on_text`.
        let log = unsafe { &*user.cast::<Log>() };
        log.quit.store(quit, Ordering::Relaxed);
        log.exit.store(true, Ordering::Relaxed);
    }
    0
}

impl Ngspice {
    /// Loads the library that `SIZEWRIGHT_NGSPICE` names, else the system's.
    ///
    /// # Errors
    /// The loader's words for each name tried.
    pub(super) fn load() -> Result<Ngspice, String> {
        let library = open()?;
        fn symbol<T: Copy>(library: &Library, name: &CStr) -> Result<T, String> {
            // SAFETY: T is the C signature that sharedspice.h declares for `name`.
            let found = unsafe { library.get::<T>(name.to_bytes_with_nul()) };
            found.map(|s| *s).map_err(|e| format!("{} is missing: {e}", name.to_string_lossy()))
        }
        let init: Init = symbol(&library, c"ngSpice_Init")?;
        let log = Box::new(Log::default());
        let user = std::ptr::from_ref::<Log>(&log).cast_mut().cast::<c_void>();
        // SAFETY: the callbacks match sharedspice.h and never unwind; the ones left out may be
        // null; `user` stays valid as long as the library is loaded.
        unsafe { init(Some(on_text), None, Some(on_exit), None, None, None, user) };
        let loaded = Ngspice {
            command: symbol(&library, c"ngSpice_Command")?,
            circ: symbol(&library, c"ngSpice_Circ")?,
            vector_info: symbol(&library, c"ngGet_Vec_Info")?,
            all_plots: symbol(&library, c"ngSpice_AllPlots")?,
            all_vectors: symbol(&library, c"ngSpice_AllVecs")?,
            // only where XSPICE is built in
            input_path: symbol(&library, c"ngCM_Input_Path").ok(),
            log,
            _library: library,
        };
        // BSIM4 otherwise runs OpenMP threads, ten times slower on circuits of this size; it counts
        // only where it is set before a circuit loads
        loaded.command("set num_threads=1");
        Ok(loaded)
    }

    /// Runs a command; `false` where ngspice refuses it.
    pub(super) fn command(&self, text: &str) -> bool {
        let Ok(text) = CString::new(text) else {
            return false;
        };
        // SAFETY: a NUL-terminated text that ngspice copies before it changes it.
        unsafe { (self.command)(text.as_ptr().cast_mut()) == 0 }
    }

    /// Loads a netlist, title first, `.end` last; `false` where ngspice refuses it.
    pub(super) fn circuit(&self, lines: &[CString]) -> bool {
        let mut pointers: Vec<*mut c_char> = lines.iter().map(|l| l.as_ptr().cast_mut()).collect();
        pointers.push(std::ptr::null_mut());
        // SAFETY: a null-terminated array of NUL-terminated texts; ngspice copies each.
        unsafe { (self.circ)(pointers.as_mut_ptr()) == 0 }
    }

    /// The plots, the latest first, `const` last.
    pub(super) fn plots(&self) -> Vec<String> {
        // SAFETY: no arguments; the result is read before the next call.
        unsafe { read_names((self.all_plots)()) }
    }

    /// The vectors of a plot.
    pub(super) fn vectors(&self, plot: &str) -> Vec<String> {
        let Ok(plot) = CString::new(plot) else {
            return Vec::new();
        };
        // SAFETY: a NUL-terminated name; the result is read before the next call.
        unsafe { read_names((self.all_vectors)(plot.as_ptr().cast_mut())) }
    }

    /// The value of `plot.vector`, copied: the library reuses one struct for every answer.
    pub(super) fn vector(&self, plot: &str, vector: &str) -> Option<Vector> {
        let name = CString::new(format!("{plot}.{vector}")).ok()?;
        // SAFETY: a NUL-terminated name; the answer is null or points to the library's static
        // struct, which is copied out here before any other call.
        let info = unsafe { (self.vector_info)(name.as_ptr().cast_mut()).as_ref()? };
        if info.length != 1 {
            return Some(Vector::Other(format!("has {} values where one is needed", info.length)));
        }
        // SAFETY: with length 1 the data pointer that is not null points to one number.
        let value = unsafe {
            match (info.real.as_ref(), info.complex.as_ref()) {
                (Some(&real), _) => [real, 0.0],
                (None, Some(&complex)) => complex,
                (None, None) => return None,
            }
        };
        Some(Vector::of(value))
    }

    /// A device's number, such as `@m1[w]`.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        let name = CString::new(name).ok()?;
        // SAFETY: as in `vector`; with a length of 1 or more there is a first number.
        unsafe {
            let info = (self.vector_info)(name.as_ptr().cast_mut()).as_ref()?;
            if info.length < 1 { None } else { info.real.as_ref().copied() }
        }
    }

    /// Every number under a name, real and imaginary part, at most `most`.
    pub(super) fn numbers(&self, plot: &str, vector: &str, most: usize) -> Vec<[f64; 2]> {
        let Ok(name) = CString::new(format!("{plot}.{vector}")) else {
            return Vec::new();
        };
        // SAFETY: as in `vector`; the data pointer that is not null points to `length` numbers.
        unsafe {
            let Some(info) = (self.vector_info)(name.as_ptr().cast_mut()).as_ref() else {
                return Vec::new();
            };
            let length = usize::try_from(info.length).unwrap_or(0).min(most);
            if !info.real.is_null() {
                std::slice::from_raw_parts(info.real, length).iter().map(|v| [*v, 0.0]).collect()
            } else if !info.complex.is_null() {
                std::slice::from_raw_parts(info.complex, length).to_vec()
            } else {
                Vec::new()
            }
        }
    }

    /// What a vector is taken for.
    pub(super) fn quantity(&self, plot: &str, vector: &str) -> Quantity {
        let Ok(name) = CString::new(format!("{plot}.{vector}")) else {
            return Quantity::Other;
        };
        // SAFETY: as in `vector`.
        let kind = unsafe { (self.vector_info)(name.as_ptr().cast_mut()).as_ref() }.map(|info| info.kind);
        match kind {
            Some(3) => Quantity::Voltage,
            Some(4) => Quantity::Current,
            Some(5) => Quantity::VoltageDensity,
            Some(6) => Quantity::CurrentDensity,
            Some(20) => Quantity::Decibel,
            _ => Quantity::Other,
        }
    }

    /// The lines that a command prints.
    pub(super) fn listing(&self, command: &str) -> Vec<String> {
        let set = |lines| self.log.listing.lock().map(|mut l| std::mem::replace(&mut *l, lines));
        let _ = set(Some(Vec::new()));
        self.command(command);
        set(None).ok().flatten().unwrap_or_default()
    }

    /// Where code models look for their files.
    pub(super) fn set_input_path(&self, folder: &str) {
        if let (Some(set), Ok(folder)) = (self.input_path, CString::new(folder)) {
            // SAFETY: a NUL-terminated text that ngspice copies.
            unsafe { set(folder.as_ptr().cast_mut()) };
        }
    }

    /// Forgets what was said so far.
    pub(super) fn clear_log(&self) {
        if let Ok(mut said) = self.log.said.lock() {
            *said = Said::default();
        }
        self.log.aborted.store(false, Ordering::Relaxed);
    }

    /// What may be a reason, since [`Self::clear_log`], in ngspice's order.
    pub(super) fn said(&self) -> Vec<String> {
        let said = self.log.said.lock();
        said.map(|s| s.first.iter().chain(&s.last).cloned().collect()).unwrap_or_default()
    }

    /// Lines that may be `name = value`, since [`Self::clear_log`].
    pub(super) fn printed(&self) -> Vec<String> {
        self.log.said.lock().map(|s| s.printed.iter().cloned().collect()).unwrap_or_default()
    }

    /// Whether an analysis was given up since [`Self::clear_log`].
    pub(super) fn aborted(&self) -> bool {
        self.log.aborted.load(Ordering::Relaxed)
    }

    /// Whether ngspice asked to exit; nothing must be called after that.
    pub(super) fn asked_to_exit(&self) -> bool {
        self.log.exit.load(Ordering::Relaxed)
    }

    /// Whether it did so because the deck said `quit`.
    pub(super) fn quit(&self) -> bool {
        self.log.quit.load(Ordering::Relaxed)
    }

    /// Such as `ngspice-39`.
    pub(super) fn version(&self) -> String {
        self.command("version");
        let version = self.log.version.lock().map(|v| v.clone()).unwrap_or_default();
        if version.is_empty() { "ngspice of unknown version".to_owned() } else { version }
    }
}

fn open() -> Result<Library, String> {
    let chosen = std::env::var("SIZEWRIGHT_NGSPICE").ok().filter(|path| !path.is_empty());
    let names: Vec<&str> = chosen.as_deref().map_or_else(|| NAMES.to_vec(), |path| vec![path]);
    let mut first = None;
    for name in names {
        // SAFETY: the library's initialisers run; ngspice's have no preconditions.
        match unsafe { Library::new(name) } {
            Ok(library) => return Ok(library),
            Err(e) => first = first.or(Some(e.to_string())),
        }
    }
    Err(first.unwrap_or_else(|| "no name to try".to_owned()))
}

/// # Safety
/// `names` is null or a null-terminated array of NUL-terminated texts.
unsafe fn read_names(names: *mut *mut c_char) -> Vec<String> {
    let mut found = Vec::new();
    if names.is_null() {
        return found;
    }
    // SAFETY: the caller's promise; reading stops at the null that ends the array.
    unsafe {
        let mut at = names;
        while !(*at).is_null() {
            found.push(CStr::from_ptr(*at).to_string_lossy().into_owned());
            at = at.add(1);
        }
    }
    found
}
