//! What a foreign deck has: constants that could be sized and what they size, what it runs, what it measures, and the
//! files that it is made of. Nothing is run for it.

use super::SpiceError;
use super::adapt::CARDS;
use super::kit::netlist::{assignments, without_comment, words};
use super::reader::{self, Line, Lines, first_word, joined};
use crate::circuit::Expression;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// What a constant gives a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `w=`
    Width,
    /// `l=`
    Length,
    /// `nf=`, `m=`, `mult=`: whole numbers.
    Count,
    /// The value of a resistor.
    Resistance,
    /// The value of a capacitor.
    Capacitance,
    /// The value of an inductor.
    Inductance,
    /// A voltage source's.
    Voltage,
    /// A current source's.
    Current,
}

/// A `.param` of the deck that is a plain number.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// The name, as it stands there.
    pub name: String,
    /// The number, in the deck's unit.
    pub value: f64,
    /// What it sizes first, and the devices that it does so in.
    pub used: Option<(Role, Vec<String>)>,
    /// The file and line, from 1.
    pub place: (PathBuf, usize),
}

/// A file that a deck is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct DeckFile {
    /// The file.
    pub path: PathBuf,
    /// Whether it is a library, or part of one: a section of it is read.
    pub in_library: bool,
    /// Its lines, from 1, that include other files, and which.
    pub includes: Vec<(usize, PathBuf)>,
}

/// What a deck has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survey {
    /// The files, the deck first.
    pub files: Vec<DeckFile>,
    /// The constants outside libraries and subcircuits.
    pub constants: Vec<Constant>,
    /// The analyses, each as a command: `ac dec 10 1 1g`.
    pub analyses: Vec<String>,
    /// The names of vectors that it makes by `meas` and `let`, and of what it prints by `echo`, in their order.
    pub made: Vec<String>,
    /// Signals that it prints, plots, writes or measures, such as `v(out)`, the most used first.
    pub signals: Vec<String>,
    /// The names of voltage sources with a constant voltage.
    pub sources: Vec<String>,
}

/// Reads a deck and looks what it has.
///
/// # Errors
/// [`SpiceError`] where it or a file that it includes cannot be read.
pub fn survey(deck: &Path) -> Result<Survey, SpiceError> {
    let lines = reader::read(deck, None)?;
    let files = files(&lines);
    let own = |line: &&Line| !files[line.place.file].in_library;
    let netlist: Vec<Line> = joined(&lines.netlist[1..]).iter().filter(own).cloned().collect();
    let control = joined(&lines.control);
    let constants = constants(&netlist, &files);
    let is_card = |line: &&Line| CARDS.contains(&first_word(&line.text).as_str());
    let cards = netlist.iter().filter(is_card).map(|line| without_comment(&line.text)[1..].to_owned());
    let is_command = |line: &&Line| CARDS.iter().any(|card| card[1..] == first_word(&line.text));
    let commands = control.iter().filter(is_command).map(|line| line.text.clone());
    let sources = netlist.iter().filter_map(|line| constant_source(&line.text));
    Ok(Survey {
        analyses: cards.chain(commands).collect(),
        made: made(netlist.iter().chain(&control)),
        signals: signals(netlist.iter().chain(&control)),
        sources: sources.collect(),
        constants,
        files,
    })
}

fn files(lines: &Lines) -> Vec<DeckFile> {
    let mut files: Vec<DeckFile> = lines
        .files
        .iter()
        .map(|path| DeckFile { path: path.clone(), in_library: false, includes: Vec::new() })
        .collect();
    // whoever includes comes before what it includes
    for inclusion in &lines.inclusions {
        let library = inclusion.section || files[inclusion.by.file].in_library;
        files[inclusion.file].in_library |= library;
        let path = files[inclusion.file].path.clone();
        files[inclusion.by.file].includes.push((inclusion.by.number, path));
    }
    files
}

/// The lines outside all subcircuits.
fn outside(netlist: &[Line]) -> impl Iterator<Item = &Line> {
    let mut depth = 0_usize;
    netlist.iter().filter(move |line| match first_word(&line.text).as_str() {
        ".subckt" => {
            depth += 1;
            false
        }
        ".ends" => {
            depth = depth.saturating_sub(1);
            false
        }
        _ => depth == 0,
    })
}

fn constants(netlist: &[Line], files: &[DeckFile]) -> Vec<Constant> {
    let mut all: Vec<Constant> = Vec::new();
    let mut derived: Vec<(String, Vec<String>)> = Vec::new();
    for line in outside(netlist).filter(|line| first_word(&line.text).starts_with(".param")) {
        let text = without_comment(&line.text);
        for assignment in assignments(text).unwrap_or_default() {
            let value = Expression::parse(&assignment.value).ok().and_then(|e| e.value(&mut |_| None));
            let Some(value) = value.filter(|v| v.is_finite()) else {
                derived.push((assignment.name.clone(), words(&assignment.value).collect()));
                continue;
            };
            all.retain(|c| !c.name.eq_ignore_ascii_case(&assignment.name));
            let place = (files[line.place.file].path.clone(), line.place.number);
            let name = as_written(text, &assignment.name);
            all.push(Constant { name, value, used: None, place });
        }
    }
    let mut uses: Vec<(String, Role, String)> =
        netlist.iter().filter(|line| !line.text.starts_with('.')).flat_map(|line| used(&line.text)).collect();
    // what a derived parameter is used for, the constants in it are used for too
    for _ in 0..8 {
        let further: Vec<(String, Role, String)> = derived
            .iter()
            .flat_map(|(name, of)| {
                let own = uses.iter().filter(|(used, ..)| used == name).cloned().collect::<Vec<_>>();
                own.into_iter()
                    .flat_map(|(_, role, device)| of.iter().map(move |c| (c.clone(), role, device.clone())))
            })
            .filter(|further| !uses.contains(further))
            .collect();
        if further.is_empty() {
            break;
        }
        uses.extend(further);
    }
    for constant in &mut all {
        let own = uses.iter().filter(|(name, ..)| name.eq_ignore_ascii_case(&constant.name));
        let own: Vec<&(String, Role, String)> = own.collect();
        let Some((_, role, _)) = own.first() else { continue };
        let mut devices: Vec<String> = own.iter().map(|(_, _, device)| device.clone()).collect();
        devices.dedup();
        constant.used = Some((*role, devices));
    }
    all
}

/// The name with the letters that the deck gives it.
fn as_written(text: &str, lower: &str) -> String {
    let parts = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    parts.into_iter().find(|word| word.eq_ignore_ascii_case(lower)).unwrap_or(lower).to_owned()
}

/// The names that a device's line takes sizes or values from, in lower case, each with what for.
fn used(line: &str) -> Vec<(String, Role, String)> {
    let text = without_comment(line);
    let mut parts = text.split_whitespace();
    let device = parts.next().unwrap_or_default().to_owned();
    let mut all = Vec::new();
    for assignment in assignments(text).unwrap_or_default() {
        let role = match assignment.name.as_str() {
            "w" => Role::Width,
            "l" => Role::Length,
            "nf" | "m" | "mult" | "ng" => Role::Count,
            _ => continue,
        };
        all.extend(words(&assignment.value).map(|word| (word, role, device.clone())));
    }
    let role = match device.chars().next().map(|c| c.to_ascii_lowercase()) {
        Some('r') => Role::Resistance,
        Some('c') => Role::Capacitance,
        Some('l') => Role::Inductance,
        Some('v') => Role::Voltage,
        Some('i') => Role::Current,
        _ => return all,
    };
    // behind the two nodes
    let values = parts.skip(2).collect::<Vec<_>>().join(" ");
    all.extend(words(&values).map(|word| (word, role, device.clone())));
    all
}

/// The name of a voltage source that gives a constant voltage and nothing else.
fn constant_source(line: &str) -> Option<String> {
    let text = without_comment(line).to_ascii_lowercase();
    let mut parts = text.split_whitespace();
    let name = parts.next().filter(|name| name.starts_with('v'))?;
    let rest: Vec<&str> = parts.skip(2).collect();
    let moves = ["ac", "pulse", "sin", "pwl", "exp", "sffm", "am", "trnoise"];
    let still = !rest.iter().any(|word| moves.iter().any(|m| word.split('(').next() == Some(m)));
    let zero = matches!(rest.as_slice(), [] | ["0"] | ["dc", "0"]);
    (still && !zero).then(|| line.split_whitespace().next().unwrap_or(name).to_owned())
}

fn made<'a>(lines: impl Iterator<Item = &'a Line>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for line in lines {
        let mut parts = line.text.split_whitespace();
        let name = match parts.next().unwrap_or_default().to_ascii_lowercase().trim_start_matches('.') {
            "let" => parts.next().and_then(|word| word.split('=').next()),
            word if word.starts_with("meas") => parts.nth(1),
            // echo "gain = $&a"
            "echo" => {
                let quotes: &[char] = &['"', '\''];
                let printed = line.text.split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
                printed.split_once('=').map(|(name, _)| name.trim().trim_start_matches(quotes).trim())
            }
            _ => None,
        };
        let plain = |name: &&str| {
            name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        if let Some(name) = name.filter(plain)
            && !all.iter().any(|known| known.eq_ignore_ascii_case(name))
        {
            all.push(name.to_owned());
        }
    }
    all
}

fn signals<'a>(lines: impl Iterator<Item = &'a Line>) -> Vec<String> {
    let mut counted: Vec<(String, usize)> = Vec::new();
    let mut inputs: HashSet<String> = HashSet::new();
    for line in lines {
        let text = line.text.to_ascii_lowercase();
        let word = first_word(&text);
        if word.starts_with('v') {
            inputs.extend(text.split_whitespace().skip(1).take(2).map(str::to_owned));
            continue;
        }
        if word.starts_with('.')
            && [".param", ".model", ".subckt", ".func"].iter().any(|w| word.starts_with(w))
        {
            continue;
        }
        for lead in ["v(", "vdb(", "vm(", "vp("] {
            for (at, _) in text.match_indices(lead) {
                let apart = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
                let inside = text[at + lead.len()..].split(')').next().unwrap_or_default();
                let plain =
                    !inside.is_empty() && inside.chars().all(|c| c.is_alphanumeric() || "_,.# ".contains(c));
                if !(apart && plain) {
                    continue;
                }
                let signal = format!("v({})", inside.replace(' ', ""));
                match counted.iter_mut().find(|(known, _)| *known == signal) {
                    Some((_, count)) => *count += 1,
                    None => counted.push((signal, 1)),
                }
            }
        }
    }
    // what a source drives is no output
    counted.retain(|(signal, _)| !inputs.contains(&signal[2..signal.len() - 1]));
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counted.into_iter().map(|(signal, _)| signal).collect()
}
