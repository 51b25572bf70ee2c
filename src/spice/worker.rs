//! The child's side: one ngspice in one process, a netlist in, numbers out.
//!
//! Every design gets a fresh deck, control block and all, which ngspice reads as `ngspice -b` does, and
//! leaves nothing behind: the circuit, its plots, variables and files are removed, so a result cannot
//! depend on an earlier design. Where it is told so and a deck allows it, the circuit alone stays, and its devices are
//! altered for the next design: see `altering`. The process works in a scratch folder. It ends when the parent does: its
//! requests end, and a thread watches that even while ngspice is busy.

use super::alterable::Alterable;
use super::altering::{Altered, Altering, Ran};
use super::batch::{self, Left};
use super::control::variables;
use super::kit::Narrow;
use super::library::Ngspice;
use super::limits;
use super::printed;
use super::protocol::{
    Answer, CommandSetup, DeckSetup, LONGEST_REQUEST, Look, Reply, START_UP, Setup, Told, mark, next_line,
};
use super::results::Results;
use super::seen::Seen;
use super::state::State;
use super::syntax::{is_plain, parameter_line};
use crate::circuit::Wanted;
use crossbeam_channel::Receiver;
use std::ffi::CString;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

/// The environment variable that names a worker's scratch folder.
pub(super) const SCRATCH: &str = "SIZEWRIGHT_SCRATCH";

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
    if let Some(command) = &setup.command {
        return serve_command(&setup, command, scratch.as_deref(), &lines, &mut replies);
    }
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
        let (reply, spent) = match Told::decode(&line) {
            Some(told) if told.values.len() == bench.setup.parameters.len() => {
                let mut seen = Seen::new(told.look);
                let measured = bench.measure(&told, &mut seen);
                // an altered design ended it: another worker loads that design
                if bench.lost {
                    break;
                }
                let mut pieces = seen.pieces(&bench.setup.devices).into_iter().map(Box::new);
                if !pieces.all(|piece| answer(&mut replies, Reply::Seen(piece), false)) {
                    break;
                }
                measured
            }
            _ => (Reply::Invalid(format!("the worker cannot read the design `{line}`")), false),
        };
        if !answer(&mut replies, reply, spent) || spent {
            break;
        }
    }
    0
}

/// [`serve`] where a command measures in ngspice's place.
fn serve_command(
    setup: &Setup,
    command: &CommandSetup,
    scratch: Option<&Path>,
    lines: &Receiver<String>,
    replies: &mut impl Write,
) -> i32 {
    if !answer(replies, Reply::Ready(command.title()), false) {
        return 0;
    }
    for line in lines {
        let reply = match Told::decode(&line) {
            Some(told) if told.values.len() == setup.parameters.len() => {
                command.measure(setup, told.seed, &told.values)
            }
            _ => Reply::Invalid(format!("the worker cannot read the design `{line}`")),
        };
        let spent = scratch.is_some_and(|s| empty(s).is_err());
        if !answer(replies, reply, spent) || spent {
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
    decks: Vec<Deck>,
    /// ngspice's state before the first design.
    state: State,
    /// Whether ngspice asked to exit while a design was altered.
    lost: bool,
}

/// A deck of the setup, ready to be run.
struct Deck {
    /// Its lines, the sizing's in the middle.
    lines: Vec<CString>,
    /// The same by what each design needs of it, where that is less.
    narrow: Option<Narrow>,
    /// Where its devices can be altered.
    altering: Option<Altering>,
}

impl Deck {
    fn new(deck: &DeckSetup, parameters: &[String]) -> Deck {
        let place = std::iter::repeat_n(&EMPTY, parameters.len()).map(|s| (*s).to_owned());
        let all = deck.before.iter().cloned().chain(place).chain(deck.after.iter().cloned());
        let lines: Vec<CString> = all.map(|line| c_string(&line)).collect();
        let narrow = if deck.process { None } else { Narrow::new(&lines, deck.before.len(), parameters) };
        Deck { lines, narrow, altering: None }
    }
}

impl Bench {
    fn new(setup: Setup, ngspice: Ngspice, scratch: Option<PathBuf>) -> Bench {
        let mut decks: Vec<Deck> =
            setup.decks.iter().map(|deck| Deck::new(deck, &setup.parameters)).collect();
        if is_plain(&setup.folder) {
            // what a deck reads lies in its folder, what it writes goes to the scratch folder
            ngspice.command(&format!("set sourcepath = ( . \"{}\" )", setup.folder));
            ngspice.set_input_path(&setup.folder);
        }
        let after: Vec<String> = setup.decks.iter().flat_map(|deck| deck.after.iter().cloned()).collect();
        let state = State::before(&ngspice, &after);
        if setup.alter
            && let [deck] = decks.as_mut_slice()
            && deck.narrow.is_none()
        {
            deck.altering = Alterable::only(&setup).map(|alterable| {
                let unset = state.unset_behind(&variables(&alterable.commands));
                Altering::new(alterable, unset)
            });
        }
        Bench { setup, ngspice, scratch, decks, state, lost: false }
    }

    /// What came of a design, and whether it was this process's last.
    fn measure(&mut self, told: &Told, seen: &mut Seen) -> (Reply, bool) {
        let mut readings = vec![None; self.setup.readings];
        let mut all_said = Vec::new();
        let wanted = |place: &usize| told.testbenches.contains(&self.setup.decks[*place].place);
        let places: Vec<usize> = (0..self.decks.len()).filter(wanted).collect();
        for (i, &place) in places.iter().enumerate() {
            let (reply, spent) = self.run(place, told, &mut readings, seen);
            let testbench = self.setup.decks[place].place;
            let marked = |said: Vec<String>| said.iter().map(|text| mark(testbench, text)).collect();
            match reply {
                Reply::Measured(_, said) => all_said.extend::<Vec<String>>(marked(said)),
                Reply::Aborted(said) => return (Reply::Aborted(marked(said)), spent),
                Reply::Refused(said) => return (Reply::Refused(marked(said)), spent),
                Reply::Quit(said) => return (Reply::Quit(marked(said)), spent),
                other => return (other, spent),
            }
            if spent && i + 1 < places.len() {
                return (Reply::Invalid(SPENT.to_owned()), true);
            }
            if spent {
                return (Reply::Measured(readings, all_said), true);
            }
        }
        (Reply::Measured(readings, all_said), false)
    }

    /// Runs one deck and puts what is read of it into its places.
    fn run(
        &mut self,
        place: usize,
        told: &Told,
        readings: &mut [Option<f64>],
        seen: &mut Seen,
    ) -> (Reply, bool) {
        let (seed, values) = (told.seed, &told.values);
        let first = self.setup.decks[place].before.len();
        let deck = &mut self.decks[place];
        for (i, (name, &value)) in self.setup.parameters.iter().zip(values).enumerate() {
            deck.lines[first + i] = c_string(&parameter_line(name, value));
        }
        self.begin(seed);
        if self.setup.decks[place].process {
            let reply = self.run_apart(place, seed, readings, seen);
            if self.ngspice.asked_to_exit() {
                return (reply, true);
            }
            let clean = self.clear(false);
            return (reply, !clean || self.ngspice.asked_to_exit());
        }
        let nothing_seen = told.look == Look::Nothing;
        let mut altered = nothing_seen.then(|| self.altered(place, values)).flatten();
        if let Some(altered) = &mut altered {
            let counts = self.decks[place].altering.as_ref().and_then(|altering| altered.result(altering));
            let clean =
                !self.lost && if counts.is_some() { self.clear_altered(place) } else { self.clear(true) };
            self.lost |= !clean;
            match counts {
                Some(ran) => return (Reply::Measured(Vec::new(), self.put(place, ran, readings)), !clean),
                None if self.lost => return (Reply::Invalid(SPENT.to_owned()), true),
                None => self.begin(seed),
            }
        }
        let deck = &mut self.decks[place];
        if let Some(altering) = &mut deck.altering {
            altering.unload(&self.ngspice);
        }
        let sizing = first..first + values.len();
        let taken = match &deck.narrow {
            Some(narrow) => self.ngspice.circuit(&narrow.deck(&deck.lines[sizing], values)),
            None => self.ngspice.circuit(&deck.lines),
        };
        // nothing must be called after an exit
        if self.ngspice.asked_to_exit() {
            let said = self.ngspice.said();
            return (if self.ngspice.quit() { Reply::Quit(said) } else { Reply::Refused(said) }, true);
        }
        let results = Results::of(&self.ngspice);
        let ran = if !taken {
            Err(Reply::Refused(self.ngspice.said()))
        } else if self.ngspice.aborted() {
            Err(Reply::Aborted(self.ngspice.said()))
        } else {
            self.read(place, &results, self.ngspice.said()).map_err(Reply::Invalid)
        };
        if taken {
            let deck = &self.setup.decks[place];
            seen.sweeps(&results, deck);
            seen.points(&self.ngspice, &self.setup.devices, deck);
        }
        if let (Some(altered), Some(altering)) = (&altered, &mut self.decks[place].altering) {
            altering.learn(altered, ran.as_ref().ok());
        }
        let mut stays = false;
        if ran.is_ok() && nothing_seen && !self.ngspice.asked_to_exit() {
            let altering = self.decks[place].altering.as_mut();
            stays = altering.is_some_and(|altering| altering.keeps(&self.ngspice, values));
        }
        let reply = match ran {
            Ok(ran) => Reply::Measured(Vec::new(), self.put(place, ran, readings)),
            Err(reply) => reply,
        };
        if self.ngspice.asked_to_exit() {
            return (reply, true);
        }
        let clean = self.clear(stays);
        (reply, !clean || self.ngspice.asked_to_exit())
    }

    /// Makes ngspice ready for a design: a deck may draw random numbers, the same for every design of a seed.
    fn begin(&self, seed: u64) {
        self.ngspice.command(&format!("setseed {seed}"));
        self.ngspice.clear_log();
    }

    /// Gives the circuit that is loaded a design's numbers and runs its commands; `None` where none is.
    fn altered(&mut self, place: usize, values: &[f64]) -> Option<Altered> {
        let altering = self.decks[place].altering.as_mut()?;
        let mut altered = altering.give(&self.ngspice, values)?;
        for command in &altering.deck.commands {
            self.ngspice.command(command);
            if self.ngspice.asked_to_exit() {
                self.lost = true;
                return Some(altered);
            }
        }
        if !self.ngspice.aborted() {
            altered.ran = self.read(place, &Results::of(&self.ngspice), self.ngspice.said()).ok();
        }
        Some(altered)
    }

    /// Runs a deck in a process of its own and puts what is read of it into its places.
    fn run_apart(&self, place: usize, seed: u64, readings: &mut [Option<f64>], seen: &mut Seen) -> Reply {
        let lines = &self.decks[place].lines;
        let ran = match batch::run(&self.ngspice, lines, &self.setup.folder, seed) {
            Ok(ran) => ran,
            Err(reason) => return Reply::Invalid(reason),
        };
        let single = match ran.left {
            _ if ran.aborted => return Reply::Aborted(ran.said),
            Left::Vectors(single) => single,
            // it may have printed all that is wanted before it quit
            Left::Nothing if self.all_printed(place, &ran.printed) => Vec::new(),
            Left::Nothing if ran.failed && !ran.said.is_empty() => return Reply::Refused(ran.said),
            Left::Nothing => return Reply::Quit(ran.said),
        };
        let results = Results::loaded(&self.ngspice, single, ran.printed);
        let reply = match self.read(place, &results, ran.said) {
            Ok(ran) => Reply::Measured(Vec::new(), self.put(place, ran, readings)),
            Err(reason) => Reply::Invalid(reason),
        };
        let deck = &self.setup.decks[place];
        seen.sweeps(&results, deck);
        seen.points_apart(&self.ngspice, &self.setup.devices, deck, lines);
        reply
    }

    fn all_printed(&self, place: usize, lines: &[String]) -> bool {
        self.setup.decks[place].wanted.iter().all(|(_, wanted)| match wanted {
            Wanted::Vector(name) => printed::value(lines, name).is_some(),
            Wanted::Measured(_) => false,
        })
    }

    /// Every reading of a deck's run, and what was said that may be a reason.
    ///
    /// # Errors
    /// A vector that cannot be a reading.
    fn read(&self, place: usize, results: &Results<'_>, mut said: Vec<String>) -> Result<Ran, String> {
        let mut readings = Vec::new();
        for (_, wanted) in &self.setup.decks[place].wanted {
            readings.push(match wanted {
                Wanted::Vector(name) => results.scalar(name, &self.state)?,
                Wanted::Measured(measurement) => match results.measured(measurement) {
                    Ok(value) => Some(value),
                    Err(why) => {
                        said.push(format!("{}: {why}", measurement.text()));
                        None
                    }
                },
            });
        }
        Ok(Ran { readings, said })
    }

    /// Puts the readings of a deck's run into their places among all; what was said.
    fn put(&self, place: usize, ran: Ran, readings: &mut [Option<f64>]) -> Vec<String> {
        for ((at, _), reading) in self.setup.decks[place].wanted.iter().zip(ran.readings) {
            if let Some(own) = readings.get_mut(*at) {
                *own = reading;
            }
        }
        ran.said
    }

    /// Leaves nothing for the next design to find, but for a circuit that `stays`; `false` where that cannot be done.
    fn clear(&self, stays: bool) -> bool {
        self.ngspice.command("destroy all");
        if !stays {
            self.ngspice.command("remcirc");
        }
        let restored = self.state.restore(&self.ngspice);
        restored && self.scratch.as_deref().is_none_or(|s| empty(s).is_ok())
    }

    /// [`Self::clear`] behind a design that was altered, whose circuit stays.
    fn clear_altered(&self, place: usize) -> bool {
        self.ngspice.command("destroy all");
        let altering = self.decks[place].altering.as_ref();
        let restored = altering.is_some_and(|altering| altering.restore(&self.ngspice, &self.state));
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

/// What becomes of a design where a deck before its last one leaves no ngspice for the next.
pub(super) const SPENT: &str = "a deck changed ngspice for the next one in a way that cannot be undone";

const EMPTY: &str = "*";

/// A line of a netlist; a NUL, which no deck can hold, would end it early.
fn c_string(line: &str) -> CString {
    CString::new(line.replace('\0', " ")).unwrap_or_default()
}
