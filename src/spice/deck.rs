//! A circuit's decks, each flattened into one netlist with a place for the sizing and the commands of its
//! `.control` block.

use super::printed::prints_one_of;
use super::protocol::{CommandSetup, DeckSetup, Setup};
use super::reader::{self, Line, Lines, first_word, joined, statements};
use super::syntax::{is_plain, parameter_line};
use super::verdict::text_hash;
use super::{SpiceError, adapt, batch, command, kept, kit};
use crate::circuit::{Circuit, DeckValue, Sizing, Wanted};
use std::collections::HashSet;
use std::path::Path;

/// A deck, flattened.
pub(super) struct FlatDeck {
    lines: Lines,
    /// Where in the netlist the sizing belongs.
    sizing_at: usize,
}

/// The decks of a circuit's testbenches, in their order.
pub(super) struct Decks {
    all: Vec<FlatDeck>,
    /// What else a measurement depends on, line by line: nothing for a plain circuit.
    asked: Vec<String>,
}

/// A testbench's deck with the sizing in place that needs no other file: `ngspice -b` runs it.
///
/// # Errors
/// [`SpiceError`] where the sizing is not legal or the deck cannot be read.
pub fn deck(circuit: &Circuit, testbench: usize, sizing: &Sizing) -> Result<String, SpiceError> {
    sizing.check(circuit)?;
    let decks = Decks::of(circuit)?;
    let deck = &decks.all[testbench];
    let values = circuit.deck_values(&sizing.0);
    let values = circuit.deck_parameters.iter().zip(values).map(|(p, v)| parameter_line(&p.name, v));
    let mut lines = texts(deck.before());
    lines.extend(values);
    lines.extend(texts(deck.after()));
    lines.push(".control".to_owned());
    lines.extend(texts(&deck.lines.control));
    lines.extend([".endc".to_owned(), ".end".to_owned()]);
    Ok(lines.join("\n") + "\n")
}

/// All decks with every included file, the sizing's place marked, and what is read of them: hash it to recognise
/// what a dataset was measured with.
///
/// # Errors
/// [`SpiceError`] where a deck cannot be read.
pub fn testbench_text(circuit: &Circuit) -> Result<String, SpiceError> {
    let mut text = Decks::of(circuit)?.text();
    for corner in &circuit.worst_over {
        text += &format!("\n* worst over {}\n{}", corner.name, Decks::of(&circuit.in_corner(corner))?.text());
    }
    Ok(text)
}

/// The parameters that no line of any deck mentions, nor a tie: they cannot change a metric. Their names, in the
/// circuit's order.
///
/// # Errors
/// [`SpiceError`] where a deck cannot be read.
pub fn unused_parameters(circuit: &Circuit) -> Result<Vec<String>, SpiceError> {
    let decks = Decks::of(circuit)?;
    // a command is told all, and what it uses of them is its own affair
    if decks.all.is_empty() {
        return Ok(Vec::new());
    }
    let mut mentioned = HashSet::new();
    for deck in &decks.all {
        deck.mentioned(&mut mentioned);
    }
    for tie in &circuit.deck_parameters {
        if let DeckValue::Tied(expression) = &tie.value {
            mentioned.extend(expression.names().into_iter().map(str::to_owned));
        }
    }
    let names = circuit.parameters.iter().map(|p| p.name.clone());
    Ok(names.filter(|name| !mentioned.contains(&name.to_ascii_lowercase())).collect())
}

fn texts(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|l| l.text.clone()).collect()
}

impl Decks {
    /// Reads a circuit's decks.
    ///
    /// # Errors
    /// [`SpiceError`] for what is missing or cannot be followed, and for a `.param` behind the sizing
    /// that would win over it.
    pub(super) fn of(circuit: &Circuit) -> Result<Decks, SpiceError> {
        command::check_measured(circuit)?;
        let all = circuit.testbenches.iter().map(|bench| FlatDeck::of(circuit, &bench.deck));
        Ok(Decks { all: all.collect::<Result<_, _>>()?, asked: asked(circuit) })
    }

    pub(super) fn all(&self) -> &[FlatDeck] {
        &self.all
    }

    /// See [`testbench_text`].
    fn text(&self) -> String {
        let decks = self.all.iter().map(FlatDeck::text);
        decks.chain(self.asked.iter().cloned()).collect::<Vec<_>>().join("\n")
    }

    /// All decks' texts, whatever is read of their runs: what a user's word is on.
    pub(super) fn own_text(&self) -> String {
        self.all.iter().map(FlatDeck::text).collect::<Vec<_>>().join("\n")
    }

    /// The hash of [`testbench_text`].
    pub(super) fn hash(&self) -> String {
        text_hash(&self.text())
    }

    /// What a worker is told once.
    pub(super) fn setup(&self, circuit: &Circuit, memory_limit: u64) -> Setup {
        let folder = std::path::absolute(&circuit.folder).unwrap_or_else(|_| circuit.folder.clone());
        let deck = |(place, deck): (usize, &FlatDeck)| {
            let wanted =
                circuit.readings.iter().enumerate().filter(|(_, reading)| reading.testbench == place);
            let wanted = wanted.map(|(i, reading)| (i, reading.wanted.clone())).collect();
            deck.setup(circuit, place, wanted)
        };
        let decks = self.all.iter().enumerate().map(deck);
        Setup {
            folder: folder.to_string_lossy().into_owned(),
            memory_limit,
            // what nothing is read of is not run
            decks: decks.filter(|deck: &DeckSetup| !deck.wanted.is_empty()).collect(),
            parameters: circuit.deck_parameters.iter().map(|p| p.name.clone()).collect(),
            readings: circuit.readings.len(),
            devices: circuit.groups.iter().flat_map(|group| group.devices.iter().cloned()).collect(),
            alter: false,
            command: CommandSetup::of(circuit),
        }
    }
}

/// What is done with the decks beyond leaving a vector a metric: ties, units, sources and the corner.
fn asked(circuit: &Circuit) -> Vec<String> {
    if circuit.is_plain() {
        return Vec::new();
    }
    let parameters = circuit.deck_parameters.iter().map(|p| format!("* {} is {:?}", p.name, p.value));
    let readings = circuit.readings.iter().map(|r| format!("* of {} {}", r.testbench, r.wanted.text()));
    let sources = circuit.sources.iter().map(|s| format!("* value {s:?}"));
    let corner = circuit.corner.iter().map(|c| format!("* corner {c:?}"));
    let apart = circuit.testbenches.iter().filter(|bench| bench.process);
    let apart = apart.map(|bench| format!("* {} runs as a process", bench.name));
    let command = command::text(circuit);
    parameters.chain(readings).chain(apart).chain(command).chain(sources).chain(corner).collect()
}

impl FlatDeck {
    /// Reads a deck and makes of it what a worker can run: see [`adapt`].
    fn of(circuit: &Circuit, path: &Path) -> Result<FlatDeck, SpiceError> {
        let lines = kept::lines(circuit, path, || {
            let mut lines = reader::read(path, circuit.corner.as_ref())?;
            adapt::to_sizing(&mut lines, circuit)?;
            adapt::to_commands(&mut lines)?;
            adapt::to_corner(&mut lines, circuit.corner.as_ref());
            kit::slim(&mut lines);
            Ok::<_, SpiceError>(lines)
        })?;
        let (sizing_at, sizing_place) = lines.sizing.expect("the adapted lines have a place for it");
        let mut subcircuits = 0_usize;
        for line in joined(&lines.netlist[sizing_at..]) {
            let word = first_word(&line.text);
            if word == ".subckt" {
                subcircuits += 1;
            } else if word == ".ends" {
                subcircuits = subcircuits.saturating_sub(1);
            } else if subcircuits == 0 {
                let defined = definitions(&line.text);
                let sized =
                    |p: &&crate::circuit::DeckParameter| defined.contains(&p.name.to_ascii_lowercase());
                if let Some(parameter) = circuit.deck_parameters.iter().find(sized) {
                    let problem = format!(
                        "this sets {} again, behind the sizing that {} includes, and would win over it without a word: remove it, or move it in front of that line",
                        parameter.name,
                        lines.name(sizing_place),
                    );
                    return Err(lines.wrong(line.place, problem));
                }
            }
        }
        Ok(FlatDeck { lines, sizing_at })
    }

    pub(super) fn lines(&self) -> &Lines {
        &self.lines
    }

    /// The netlist up to the sizing, title first.
    fn before(&self) -> &[Line] {
        &self.lines.netlist[..self.sizing_at]
    }

    /// The netlist behind the sizing.
    fn after(&self) -> &[Line] {
        &self.lines.netlist[self.sizing_at..]
    }

    /// See [`testbench_text`].
    fn text(&self) -> String {
        let mut after = texts(self.after());
        after.push(".end".to_owned());
        let parts =
            [texts(self.before()).join("\n"), after.join("\n"), texts(&self.lines.control).join("\n")];
        parts.join("\n.include sizing.param\n")
    }

    /// The words, in lower case, that the deck uses rather than defines.
    fn mentioned(&self, into: &mut HashSet<String>) {
        for line in joined(&self.lines.netlist[1..]).iter().chain(&joined(&self.lines.control)) {
            let defined = definitions(&line.text);
            let code =
                line.text.split([';']).next().unwrap_or_default().split(" $ ").next().unwrap_or_default();
            let words = code.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            let mut words: Vec<String> = words.map(str::to_ascii_lowercase).collect();
            // `.param W1=1u` gives it a value and does not use it
            for name in defined {
                if let Some(at) = words.iter().position(|w| *w == name) {
                    words.remove(at);
                }
            }
            into.extend(words);
        }
    }

    /// What a worker is told of it; `place` is the testbench's.
    fn setup(&self, circuit: &Circuit, place: usize, wanted: Vec<(usize, Wanted)>) -> DeckSetup {
        let mut before = texts(self.before());
        let mut after = texts(self.after());
        // ngspice takes a title from there too, and a variable holds it
        for line in before.iter_mut().skip(1).chain(&mut after) {
            if first_word(line).starts_with(".title") {
                "*".clone_into(line);
            }
        }
        // a title such as `*ng_script` would make commands of the netlist
        before[0] = format!("* {}", before[0].trim_start_matches(['*', '#']).trim());
        after.push(".control".to_owned());
        let folder = std::path::absolute(&circuit.folder).unwrap_or_else(|_| circuit.folder.clone());
        let process = circuit.testbenches[place].process;
        let names = wanted.iter().filter_map(|(_, wanted)| match wanted {
            Wanted::Vector(name) => Some(name.as_str()),
            Wanted::Measured(_) => None,
        });
        let shown = if process { Shown::All } else { Shown::Named(names.collect()) };
        let commands = worker_commands(&self.lines.control, &shown);
        after.extend(commands.iter().map(|c| loading_from(&folder, &self.lines.control, c)));
        if process {
            after.extend(batch::hand_over(&wanted));
        }
        after.extend([".endc".to_owned(), ".end".to_owned()]);
        DeckSetup { place, before, after, wanted, process }
    }

    /// The line that ngspice counts as its `number`th, from 1, where `parameters` lines stand in the
    /// sizing's place; `None` for those.
    pub(super) fn numbered(&self, number: usize, parameters: usize) -> Option<&Line> {
        let at = number.checked_sub(1)?;
        if at < self.sizing_at {
            return self.lines.netlist.get(at);
        }
        self.lines.netlist.get(self.sizing_at..)?.get((at - self.sizing_at).checked_sub(parameters)?)
    }
}

/// The names, in lower case, that a `.param` line gives values to.
pub(super) fn definitions(line: &str) -> Vec<String> {
    let mut names = Vec::new();
    if !first_word(line).starts_with(".param") {
        return names;
    }
    let text = line.split_once(char::is_whitespace).map_or("", |(_, rest)| rest).to_ascii_lowercase();
    let mut depth = 0_i32;
    let mut quoted = false;
    let mut name = String::new();
    let mut ended = false;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\'' => quoted = !quoted,
            // of `.param f(x)=…`, too, nothing is a parameter
            '{' | '(' => {
                depth += 1;
                name.clear();
            }
            '}' | ')' => depth -= 1,
            _ if depth > 0 || quoted => {}
            '=' => {
                let comparison = characters.peek() == Some(&'=') || name.is_empty();
                if !comparison {
                    names.push(std::mem::take(&mut name));
                }
            }
            c if c.is_alphanumeric() || c == '_' => {
                if ended {
                    name.clear();
                }
                name.push(c);
                ended = false;
                continue;
            }
            c if c.is_whitespace() => {}
            _ => name.clear(),
        }
        ended = true;
    }
    names
}

/// A `load` of a file in the circuit's folder with its full path: ngspice looks for it in the working
/// folder alone. One that the deck itself writes is there.
fn loading_from(folder: &std::path::Path, control: &[Line], command: &str) -> String {
    if first_word(command) != "load" {
        return command.to_owned();
    }
    let written = |name: &str| control.iter().any(|l| first_word(&l.text) != "load" && l.text.contains(name));
    let full = |name: &str| {
        let path = folder.join(name);
        let whole = path.to_string_lossy();
        let there = is_plain(&whole) && !whole.contains(' ') && !written(name) && path.is_file();
        if there { whole.into_owned() } else { name.to_owned() }
    };
    let mut words = command.split_whitespace();
    let load = words.next().unwrap_or_default().to_owned();
    words.fold(load, |line, name| line + " " + &full(name))
}

/// Which of the commands that only show something are run.
enum Shown<'a> {
    All,
    /// Those that print something under one of these names.
    Named(Vec<&'a str>),
}

/// The control block without what only a person reads, as long as it goes nowhere but to the screen. A
/// `quit` outside every block ends the list, as it would end ngspice; one inside a block stays, and costs
/// the design that reaches it.
fn worker_commands(control: &[Line], shown: &Shown<'_>) -> Vec<String> {
    let is_read = |command: &[Line]| match shown {
        Shown::All => true,
        Shown::Named(names) => prints_one_of(&joined(command)[0].text, names),
    };
    let mut commands = Vec::new();
    let mut depth = 0_usize;
    for command in statements(control) {
        let word = first_word(&command[0].text);
        let stays_on_screen = !command.iter().any(|l| l.text.contains(['>', '`']));
        match word.as_str() {
            "if" | "while" | "dowhile" | "foreach" | "repeat" => depth += 1,
            "end" => depth = depth.saturating_sub(1),
            "quit" | "exit" if depth == 0 => break,
            "print" | "echo" | "plot" | "gnuplot" | "asciiplot" | "hardcopy" | "display" | "listing"
                if stays_on_screen && !is_read(command) =>
            {
                continue;
            }
            _ => {}
        }
        commands.extend(texts(command));
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deck_needs_no_other_file_and_holds_the_sizing() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let middle = Sizing(circuit.parameters.iter().map(|p| p.snap(0.5 * (p.low + p.high))).collect());
        let text = deck(&circuit, 0, &middle).expect("a deck");
        assert!(!text.contains(".include"), "{text}");
        assert!(text.contains(".param VDD=6e-1\n") && text.contains(".model n65"), "{text}");
        assert!(text.contains("\n.control\n") && text.ends_with(".endc\n.end\n"), "{text}");
    }

    #[test]
    fn a_deck_without_a_place_for_the_sizing_is_refused_with_a_remedy() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("t.cir");
        for (text, expected) in [
            ("* t\nR1 a 0 1\n.control\nop\n.endc\n.end\n", "there is no place for the sizing"),
            ("* t\n.include sizing.param\n.end\n", "it runs no analysis"),
            ("* t\n.include nowhere.lib\n", "t.cir:2: there is no file"),
            ("* t\n.include t.cir\n", "without end"),
            ("* t\n.include\n", "needs a file name"),
        ] {
            std::fs::write(&path, text).expect("writable");
            let deck = crate::circuit::Testbench { name: "t".into(), deck: path.clone(), process: false };
            let circuit = Circuit { testbenches: vec![deck], ..Circuit::open("ota1").expect("bundled") };
            let message = Decks::of(&circuit).err().map(|e| e.to_string()).unwrap_or_default();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }

    #[test]
    fn the_bundled_testbenches_are_those_that_the_bundled_rows_were_measured_with() {
        for name in crate::circuit::bundled_circuits() {
            let circuit = Circuit::open(&name).expect("bundled");
            let text = match testbench_text(&circuit) {
                Err(e) if kit::place::is_missing(&e.to_string()) => continue,
                text => text.expect("sound"),
            };
            let hash = super::super::verdict::text_hash(&text);
            // a circuit may have no rows
            let Ok(rows) = std::fs::read_to_string(&circuit.dataset) else { continue };
            let recorded = format!("# testbench and model card: sha256 {hash}\n");
            assert!(rows.contains(&recorded), "{name}: {hash} is not what its rows record");
        }
    }

    #[test]
    fn only_a_quit_inside_a_block_reaches_ngspice() {
        let control = ["op", "if 1 > 0", "quit 1", "end", "print a", "let a = 1", "quit", "let b = 1"];
        let place = crate::spice::reader::Place { file: 0, number: 1 };
        let kept = worker_commands(
            &control.map(|text| Line { text: text.to_owned(), place }),
            &Shown::Named(Vec::new()),
        );
        assert_eq!(kept, ["op", "if 1 > 0", "quit 1", "end", "let a = 1"]);
    }
}
