//! The child's side: one ngspice in one process, a netlist in, numbers out.
//!
//! Every design gets a fresh deck, control block and all, which ngspice reads as `ngspice -b` does, and
//! leaves nothing behind: the circuit, its plots, variables and files are removed, so a result cannot
//! depend on an earlier design. The process works in a scratch folder. It ends when the parent does: its
//! requests end, and a thread watches that even while ngspice is busy.

use super::kit::Narrow;
use super::library::{Ngspice, Vector};
use super::limits;
use super::protocol::{Answer, LONGEST_REQUEST, Reply, Setup, decode_design, next_line};
use super::state::State;
use super::syntax::{is_plain, parameter_line};
use std::ffi::CString;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

/// The environment variable that names a worker's scratch folder.
pub(super) const SCRATCH: &str = "SIZEWRIGHT_SCRATCH";
/// ngspice's start-up file. One of our own in the working folder keeps it from the user's.
pub(super) const START_UP: &str = ".spiceinit";

/// The body of `sizewright spice-worker`: answers requests on stdin until it closes. Returns the
/// process's exit code.
pub fn serve() -> i32 {
    let Ok((requests, mut replies)) = limits::own_pipes() else {
        return 1;
    };
    let scratch = std::env::var_os(SCRATCH).map(PathBuf::from);
    let left_behind = scratch.clone();
    let (sender, lines) = crossbeam_channel::bounded::<String>(4);
    let reader = std::thread::Builder::new().name("requests".to_owned()).spawn(move || {
        let mut requests = BufReader::new(requests);
        while let Ok(Some(line)) = next_line(&mut requests, LONGEST_REQUEST) {
            if sender.send(line).is_err() {
                break;
            }
        }
        // the parent is gone or done with us, and ngspice may never return
        if let Some(folder) = left_behind {
            let _ = std::fs::remove_dir_all(folder);
        }
        limits::end_own_group();
    });
    if reader.is_err() {
        return 1;
    }
    let Some(setup) = lines.recv().ok().and_then(|line| serde_json::from_str::<Setup>(&line).ok()) else {
        eprintln!("error: spice-worker is started by sizewright itself, not by hand");
        return 2;
    };
    limits::bound_self(setup.memory_limit);
    let ngspice = match Ngspice::load() {
        Ok(ngspice) => ngspice,
        Err(reason) => {
            answer(&mut replies, Reply::NotInstalled(reason), true);
            return 1;
        }
    };
    if !answer(&mut replies, Reply::Ready(ngspice.version()), false) {
        return 0;
    }
    let mut bench = Bench::new(setup, ngspice, scratch);
    for line in lines {
        let (reply, spent) = match decode_design(&line) {
            Some(values) if values.len() == bench.setup.parameters.len() => bench.measure(&values),
            _ => (Reply::Invalid(format!("the worker cannot read the design `{line}`")), false),
        };
        if !answer(&mut replies, reply, spent) || spent {
            break;
        }
    }
    0
}

/// `false` where nobody listens any more.
fn answer(out: &mut impl Write, reply: Reply, spent: bool) -> bool {
    let line = Answer { reply, spent }.encode();
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).is_ok()
}

struct Bench {
    setup: Setup,
    ngspice: Ngspice,
    scratch: Option<PathBuf>,
    /// The deck, the sizing's lines in the middle.
    lines: Vec<CString>,
    /// The same by what each design needs of it, where that is less.
    narrow: Option<Narrow>,
    /// ngspice's state before the first design.
    state: State,
}

impl Bench {
    fn new(setup: Setup, ngspice: Ngspice, scratch: Option<PathBuf>) -> Bench {
        let place = std::iter::repeat_n(&EMPTY, setup.parameters.len()).map(|s| (*s).to_owned());
        let all = setup.before.iter().cloned().chain(place).chain(setup.after.iter().cloned());
        let lines: Vec<CString> = all.map(|line| c_string(&line)).collect();
        let narrow = Narrow::new(&lines, setup.before.len(), &setup.parameters);
        if is_plain(&setup.folder) {
            // what a deck reads lies in its folder, what it writes goes to the scratch folder
            ngspice.command(&format!("set sourcepath = ( . \"{}\" )", setup.folder));
            ngspice.set_input_path(&setup.folder);
        }
        let state = State::before(&ngspice, &setup.after);
        Bench { setup, ngspice, scratch, lines, narrow, state }
    }

    /// What came of a design, and whether it was this process's last.
    fn measure(&mut self, values: &[f64]) -> (Reply, bool) {
        let first = self.setup.before.len();
        for (i, (name, &value)) in self.setup.parameters.iter().zip(values).enumerate() {
            self.lines[first + i] = c_string(&parameter_line(name, value));
        }
        // a deck may draw random numbers: the same for every design
        self.ngspice.command("setseed 1");
        self.ngspice.clear_log();
        let sizing = first..first + values.len();
        let taken = match &self.narrow {
            Some(narrow) => self.ngspice.circuit(&narrow.deck(&self.lines[sizing], values)),
            None => self.ngspice.circuit(&self.lines),
        };
        // nothing must be called after an exit
        if self.ngspice.asked_to_exit() {
            let said = self.ngspice.said();
            return (if self.ngspice.quit() { Reply::Quit(said) } else { Reply::Refused(said) }, true);
        }
        let reply = if !taken {
            Reply::Refused(self.ngspice.said())
        } else if self.ngspice.aborted() {
            Reply::Aborted(self.ngspice.said())
        } else {
            self.read()
        };
        let clean = self.clear();
        (reply, !clean || self.ngspice.asked_to_exit())
    }

    /// Every vector, wherever the run left it, the latest plot first.
    fn read(&self) -> Reply {
        let plots: Vec<(String, Vec<String>)> = self
            .ngspice
            .plots()
            .into_iter()
            .map(|plot| {
                let vectors = self.ngspice.vectors(&plot);
                (plot, vectors)
            })
            .collect();
        let mut values = Vec::with_capacity(self.setup.vectors.len());
        for wanted in &self.setup.vectors {
            let found = plots.iter().find_map(|(plot, vectors)| {
                // `e`, `c` or `i` is no metric because physics has one
                let own = |v: &&String| {
                    v.eq_ignore_ascii_case(wanted)
                        && !(plot == "const" && self.state.is_constant(&self.ngspice, v))
                };
                vectors.iter().find(own).map(|v| (plot, v))
            });
            match found.and_then(|(plot, vector)| self.ngspice.vector(plot, vector)) {
                None => values.push(None),
                Some(Vector::Scalar(value)) => values.push(Some(value)),
                Some(Vector::Other(what)) => return Reply::Invalid(format!("{wanted} {what}")),
            }
        }
        Reply::Measured(values, self.ngspice.said())
    }

    /// Leaves nothing for the next design to find; `false` where that cannot be done.
    fn clear(&self) -> bool {
        self.ngspice.command("destroy all");
        self.ngspice.command("remcirc");
        let restored = self.state.restore(&self.ngspice);
        restored && self.scratch.as_deref().is_none_or(|s| empty(s).is_ok())
    }
}

/// Goes back to the scratch folder and removes what a deck wrote there.
fn empty(scratch: &Path) -> std::io::Result<()> {
    std::env::set_current_dir(scratch)?;
    for entry in std::fs::read_dir(scratch)? {
        let entry = entry?;
        if entry.file_name() == START_UP {
            continue;
        }
        if entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(entry.path())?;
        } else {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

const EMPTY: &str = "*";

/// A line of a netlist; a NUL, which no deck can hold, would end it early.
fn c_string(line: &str) -> CString {
    CString::new(line.replace('\0', " ")).unwrap_or_default()
}
