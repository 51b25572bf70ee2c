//! Reading a deck's files into one list of lines, each of which knows where it stood.
//!
//! `.include` and `.lib FILE SECTION` are resolved relative to the file that holds them, then to the
//! testbench's folder, read once and put in place: ngspice is handed no file to look for, and every line
//! that it will read is known. `.include sizing.param` becomes the place of the sizing. Comments and
//! empty lines are dropped, since ngspice reads every line again for every design. Words are recognised
//! by their beginnings, as ngspice does: `.controls` opens a control block too.

use super::SpiceError;
use super::kit::place;
use crate::circuit::{Corner, shortened};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The file name that stands for the sizing in an `.include` line.
pub(super) const SIZING_FILE: &str = "sizing.param";
/// The title of a deck that has none.
const UNTITLED: &str = "* untitled";
const DEEPEST_INCLUDE: usize = 16;
/// Lines of a whole deck; a process kit's slow corner has some 100,000.
const MOST_LINES: usize = 2_000_000;
/// Bytes of one file.
const LARGEST_FILE: u64 = 256 << 20;

/// Where a line stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Its file, as an index into [`Lines::files`].
    pub file: usize,
    /// Its number, from 1.
    pub number: usize,
}

/// A line without the blanks around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    pub text: String,
    pub place: Place,
}

/// A file that another one includes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Inclusion {
    /// The line that does.
    pub by: Place,
    /// The file, as an index into [`Lines::files`].
    pub file: usize,
    /// Whether a section of it is read, as of a library.
    pub section: bool,
}

/// All lines of a deck.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Lines {
    /// The files that were read, the testbench first.
    pub files: Vec<PathBuf>,
    /// Which of them includes which.
    pub inclusions: Vec<Inclusion>,
    /// The netlist, title first.
    pub netlist: Vec<Line>,
    /// The commands of all control blocks.
    pub control: Vec<Line>,
    /// Where in the netlist the sizing belongs, and the line that says so.
    pub sizing: Option<(usize, Place)>,
    /// Names of files with variables in them: as they stand, and what that meant.
    pub expanded: Vec<(String, String)>,
    in_control: bool,
    /// Sections in place of those that the deck asks for.
    sections: Vec<(String, String)>,
    /// Texts in place of those in the deck's own file.
    replaced: Vec<(String, String)>,
}

/// Reads `path` and all that it includes, as it is or with a corner's sections and texts.
///
/// # Errors
/// [`SpiceError`] names the file and line of an `.include` or `.lib` that cannot be followed.
pub(super) fn read(path: &Path, corner: Option<&Corner>) -> Result<Lines, SpiceError> {
    let mut lines = Lines::default();
    if let Some(corner) = corner {
        lines.sections.clone_from(&corner.sections);
        lines.replaced.clone_from(&corner.replace);
    }
    lines.file(path, 0, None)?;
    if lines.netlist.is_empty() {
        lines.netlist.push(Line { text: UNTITLED.to_owned(), place: Place { file: 0, number: 1 } });
    }
    Ok(lines)
}

pub(super) fn first_word(line: &str) -> String {
    line.split_whitespace().next().unwrap_or_default().to_ascii_lowercase()
}

impl Lines {
    /// Reads a file, or one section of a library; returns the sections that there are in the latter.
    fn file(&mut self, path: &Path, depth: usize, section: Option<&str>) -> Result<Vec<String>, SpiceError> {
        let unreadable = |source| SpiceError::Read { path: path.to_owned(), source };
        if std::fs::metadata(path).map_err(unreadable)?.len() > LARGEST_FILE {
            return Err(unreadable(std::io::Error::other("it is larger than 256 MiB")));
        }
        let bytes = std::fs::read(path).map_err(unreadable)?;
        // old model cards carry Latin-1 in their comments
        let text = String::from_utf8_lossy(&bytes);
        let file = self.files.len();
        self.files.push(path.to_owned());
        let mut sections = Vec::new();
        let mut inside = section.is_none();
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let replaced = (depth == 0 && !self.replaced.is_empty()).then(|| {
                self.replaced.iter().fold(line.to_owned(), |line, (from, to)| line.replace(from, to))
            });
            let line = replaced.as_deref().unwrap_or(line).trim();
            let place = Place { file, number: number + 1 };
            if let Some(section) = section {
                let words = operands(line);
                match first_word(line).as_str() {
                    ".lib" if words.len() == 1 => {
                        inside = words[0].eq_ignore_ascii_case(section);
                        sections.push(words[0].clone());
                        continue;
                    }
                    word if word.starts_with(".endl") => {
                        inside = false;
                        continue;
                    }
                    _ => {}
                }
            }
            if !inside {
                continue;
            }
            if depth == 0 && number == 0 {
                let title = if line.is_empty() { UNTITLED } else { line };
                self.netlist.push(Line { text: title.to_owned(), place });
            } else if !self.line(path, depth, line, place)? {
                break;
            }
        }
        Ok(sections)
    }

    /// Takes a line; `false` where it ends the file.
    fn line(&mut self, path: &Path, depth: usize, line: &str, place: Place) -> Result<bool, SpiceError> {
        if line.is_empty() || line.starts_with('*') || (self.in_control && line.starts_with('#')) {
            return Ok(true);
        }
        if self.netlist.len() + self.control.len() >= MOST_LINES {
            let problem = format!("the deck has more than {MOST_LINES} lines with all that it includes");
            return Err(self.wrong(place, problem));
        }
        let word = first_word(line);
        if word.starts_with(".control") {
            self.in_control = true;
        } else if word.starts_with(".endc") {
            self.in_control = false;
        } else if word.starts_with(".inc") {
            self.include(path, depth, line, place)?;
        } else if word.starts_with(".lib") && operands(line).len() > 1 {
            self.section_of(path, depth, line, place)?;
        } else if self.in_control {
            self.control.push(Line { text: line.to_owned(), place });
        } else if word == ".end" {
            return Ok(false);
        } else {
            self.netlist.push(Line { text: line.to_owned(), place });
        }
        Ok(true)
    }

    fn include(&mut self, path: &Path, depth: usize, line: &str, place: Place) -> Result<(), SpiceError> {
        let Some(name) = file_name(line) else {
            return Err(self.wrong(place, "`.include` needs a file name: write `.include models.lib`"));
        };
        if Path::new(&name).file_name().is_none_or(|f| f != SIZING_FILE) {
            let included = self.find(path, &name, depth, place)?;
            self.inclusions.push(Inclusion { by: place, file: self.files.len(), section: false });
            return self.file(&included, depth + 1, None).map(drop);
        }
        if self.in_control {
            let problem = format!("`{SIZING_FILE}` belongs into the netlist, not into a control block");
            return Err(self.wrong(place, problem));
        }
        if let Some((_, first)) = self.sizing {
            let problem =
                format!("`{SIZING_FILE}` is included twice, first by {}: keep one", self.name(first));
            return Err(self.wrong(place, problem));
        }
        self.sizing = Some((self.netlist.len(), place));
        Ok(())
    }

    fn section_of(&mut self, path: &Path, depth: usize, line: &str, place: Place) -> Result<(), SpiceError> {
        let words = operands(line);
        let [name, section, ..] = words.as_slice() else {
            return Err(self.wrong(place, "`.lib` needs a file and a section: write `.lib models.lib tt`"));
        };
        let other = self.sections.iter().find(|(from, _)| from.eq_ignore_ascii_case(section));
        let section = &other.map_or_else(|| section.clone(), |(_, to)| to.clone());
        let library = self.find(path, name, depth, place)?;
        self.inclusions.push(Inclusion { by: place, file: self.files.len(), section: true });
        let sections = self.file(&library, depth + 1, Some(section))?;
        if sections.iter().any(|s| s.eq_ignore_ascii_case(section)) {
            return Ok(());
        }
        let mut known = sections;
        known.dedup();
        known.truncate(20);
        let known = if known.is_empty() {
            "it has no sections: include it whole with `.include`".to_owned()
        } else {
            format!("it has {}", known.join(", "))
        };
        let problem = format!("there is no section `{section}` in {}: {known}", library.display());
        Err(self.wrong(place, problem))
    }

    /// The file that `name` means in `path`: beside it, else in the testbench's folder.
    fn find(&mut self, path: &Path, name: &str, depth: usize, place: Place) -> Result<PathBuf, SpiceError> {
        if depth >= DEEPEST_INCLUDE {
            return Err(self.wrong(place, "files include one another without end: break the circle"));
        }
        let of_kit = name.contains("$PDK") || name.contains("${PDK");
        let meant = place::expanded(name);
        if meant != name {
            self.expanded.push((name.to_owned(), meant.clone()));
        }
        let name = meant;
        let beside = |file: &Path| file.parent().unwrap_or(Path::new(".")).join(&name);
        let own = beside(path);
        let found = [own.clone(), beside(&self.files[0])].into_iter().find(|f| f.is_file());
        found.ok_or_else(|| {
            let unset = if name.contains('$') { ": set the environment variable that it names" } else { "" };
            let unset = if of_kit { place::KIT_IS_MISSING } else { unset };
            self.wrong(
                place,
                format!("there is no file {}{unset}", shortened(&own.display().to_string(), 300)),
            )
        })
    }

    /// Whether every place is one of a file, and the sizing's one of the netlist.
    pub(super) fn is_sound(&self) -> bool {
        let known = |line: &Line| line.place.file < self.files.len();
        self.netlist.iter().chain(&self.control).all(known)
            && !self.netlist.is_empty()
            && self.sizing.is_some_and(|(at, place)| {
                (1..=self.netlist.len()).contains(&at) && place.file < self.files.len()
            })
    }

    /// `testbench.cir:12`.
    pub(super) fn name(&self, place: Place) -> String {
        let file = &self.files[place.file];
        let name = file.file_name().map_or_else(|| file.to_string_lossy(), |f| f.to_string_lossy());
        format!("{name}:{}", place.number)
    }

    pub(super) fn wrong(&self, place: Place, problem: impl Into<String>) -> SpiceError {
        SpiceError::Deck { path: self.files[place.file].clone(), line: place.number, problem: problem.into() }
    }
}

/// The operand of an `.include`, without its quotes.
fn file_name(line: &str) -> Option<String> {
    let operand = line.split_once(char::is_whitespace)?.1.trim();
    let bare = operand.trim_matches(['"', '\'']).trim();
    (!bare.is_empty()).then(|| bare.to_owned())
}

/// The words behind the first, quotes taken off. Nothing is a comment: ngspice looks for sections before it
/// takes comments away.
fn operands(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line.split_once(char::is_whitespace).map_or("", |(_, rest)| rest).trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, behind) = match first {
            '"' | '\'' => rest[1..].split_once(first).unwrap_or((&rest[1..], "")),
            _ => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = behind.trim_start();
    }
    words
}

/// The lines of each statement: a `+` goes on with the line before, and so does what stands behind two
/// backslashes.
pub(super) fn statements(lines: &[Line]) -> Vec<&[Line]> {
    let goes_on = |i: usize| lines[i].text.starts_with('+') || lines[i - 1].text.ends_with("\\\\");
    let mut all = Vec::new();
    let mut start = 0;
    for i in 1..=lines.len() {
        if i == lines.len() || !goes_on(i) {
            all.push(&lines[start..i]);
            start = i;
        }
    }
    all
}

/// Each statement as one line, at the place where it begins.
pub(super) fn joined(lines: &[Line]) -> Vec<Line> {
    let one = |lines: &[Line]| {
        let bare = |l: &Line| l.text.trim_start_matches('+').trim_end_matches('\\').trim().to_owned();
        let texts: Vec<String> = lines.iter().map(bare).collect();
        Line { text: texts.join(" "), place: lines[0].place }
    };
    statements(lines).into_iter().filter(|s| !s.is_empty()).map(one).collect()
}
