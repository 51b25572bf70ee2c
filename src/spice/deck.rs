//! Reading a testbench: an ngspice deck, flattened into one netlist with a place for the sizing and
//! the commands of its `.control` block.
//!
//! `.include` is resolved relative to the file that holds it, read once and put in place;
//! `.include sizing.param` becomes the place of the `.param` lines. Comments and empty lines are
//! dropped, since ngspice reads every line again for every design.

use super::SpiceError;
use super::protocol::Setup;
use crate::circuit::{Circuit, Sizing};
use std::path::{Path, PathBuf};

/// The file name that stands for the sizing in an `.include` line.
const SIZING_FILE: &str = "sizing.param";
const DEEPEST_INCLUDE: usize = 16;

/// A testbench, flattened.
pub(super) struct Testbench {
    /// The netlist up to the sizing, title first.
    before: Vec<String>,
    /// The netlist behind the sizing, `.end` last.
    after: Vec<String>,
    /// The commands of the `.control` block.
    control: Vec<String>,
}

/// A deck with the sizing in place that needs no other file: `ngspice -b` runs it.
///
/// # Errors
/// [`SpiceError`] where the sizing is not legal or the testbench cannot be read.
pub fn deck(circuit: &Circuit, sizing: &Sizing) -> Result<String, SpiceError> {
    sizing.check(circuit)?;
    let bench = Testbench::read(&circuit.testbench)?;
    let values = circuit.parameters.iter().zip(&sizing.0).map(|(p, &v)| parameter_line(&p.name, v));
    let mut lines = bench.before.clone();
    lines.extend(values);
    let (end, body) = bench.after.split_last().expect("a flattened deck ends with `.end`");
    lines.extend(body.iter().cloned());
    lines.push(".control".to_owned());
    lines.extend(bench.control.iter().cloned());
    lines.push(".endc".to_owned());
    lines.push(end.clone());
    Ok(lines.join("\n") + "\n")
}

/// The whole testbench with every included file, the sizing's place marked: hash it to recognise
/// what a dataset was measured with.
///
/// # Errors
/// [`SpiceError`] where the testbench cannot be read.
pub fn testbench_text(circuit: &Circuit) -> Result<String, SpiceError> {
    Ok(Testbench::read(&circuit.testbench)?.text())
}

/// `.param W1=2.6e-6`: the shortest text that reads back as the same number.
pub(super) fn parameter_line(name: &str, value: f64) -> String {
    format!(".param {name}={value:e}")
}

impl Testbench {
    pub(super) fn read(path: &Path) -> Result<Testbench, SpiceError> {
        let mut reader = Reader::default();
        reader.file(path, 0)?;
        let mut lines = reader.netlist;
        let Some(place) = reader.sizing_at else {
            return Err(SpiceError::Deck {
                path: path.to_owned(),
                line: 1,
                problem: format!(
                    "there is no `.include {SIZING_FILE}` line: add one where the sizing belongs"
                ),
            });
        };
        if reader.control.is_empty() {
            return Err(SpiceError::Deck {
                path: path.to_owned(),
                line: 1,
                problem: "there is no `.control` block: add one that runs the analyses and leaves each metric in a vector of its name".to_owned(),
            });
        }
        let mut after = lines.split_off(place);
        after.push(".end".to_owned());
        Ok(Testbench { before: lines, after, control: reader.control })
    }

    /// See [`testbench_text`].
    pub(super) fn text(&self) -> String {
        let parts = [self.before.join("\n"), self.after.join("\n"), self.control.join("\n")];
        parts.join("\n.include sizing.param\n")
    }

    /// What a worker is told once.
    pub(super) fn setup(&self, circuit: &Circuit) -> Setup {
        let validity = circuit.validity.iter().map(|v| v.vector.clone());
        Setup {
            before: self.before.clone(),
            after: self.after.clone(),
            commands: worker_commands(&self.control),
            parameters: circuit.parameters.iter().map(|p| p.name.clone()).collect(),
            vectors: circuit.metrics.iter().map(|m| m.name.clone()).chain(validity).collect(),
        }
    }
}

/// The control block without what only a person reads. A `quit` outside every block ends the list,
/// as it would end ngspice; one inside a block stays, and costs the design that reaches it.
fn worker_commands(control: &[String]) -> Vec<String> {
    let mut commands = Vec::new();
    let mut depth = 0_usize;
    for line in control {
        let word = first_word(line);
        match word.as_str() {
            "if" | "while" | "dowhile" | "foreach" | "repeat" => depth += 1,
            "end" => depth = depth.saturating_sub(1),
            "quit" | "exit" if depth == 0 => break,
            "print" | "echo" | "plot" | "gnuplot" | "asciiplot" | "hardcopy" | "display" | "listing" => {
                continue;
            }
            _ => {}
        }
        commands.push(line.clone());
    }
    commands
}

fn first_word(line: &str) -> String {
    line.split_whitespace().next().unwrap_or_default().to_ascii_lowercase()
}

#[derive(Default)]
struct Reader {
    netlist: Vec<String>,
    control: Vec<String>,
    in_control: bool,
    sizing_at: Option<usize>,
}

impl Reader {
    fn file(&mut self, path: &Path, depth: usize) -> Result<(), SpiceError> {
        let bytes =
            std::fs::read(path).map_err(|source| SpiceError::Read { path: path.to_owned(), source })?;
        // old model cards carry Latin-1 in their comments
        let text = String::from_utf8_lossy(&bytes);
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let wrong =
                |problem: String| SpiceError::Deck { path: path.to_owned(), line: number + 1, problem };
            let line = line.trim();
            let is_title = depth == 0 && number == 0;
            if is_title {
                self.netlist.push(if line.is_empty() { "* untitled".to_owned() } else { line.to_owned() });
                continue;
            }
            if line.is_empty() || line.starts_with('*') || (self.in_control && line.starts_with('#')) {
                continue;
            }
            match first_word(line).as_str() {
                ".control" => self.in_control = true,
                ".endc" => self.in_control = false,
                _ if self.in_control => self.control.push(line.to_owned()),
                ".end" => break,
                ".include" | ".inc" => {
                    let name = file_name(line).ok_or_else(|| {
                        wrong("`.include` needs a file name: write `.include models.lib`".to_owned())
                    })?;
                    if Path::new(&name).file_name().is_some_and(|f| f == SIZING_FILE) {
                        if self.sizing_at.is_some() {
                            return Err(wrong(format!("`{SIZING_FILE}` is included twice: keep one")));
                        }
                        self.sizing_at = Some(self.netlist.len());
                    } else if depth >= DEEPEST_INCLUDE {
                        return Err(wrong(
                            "files include one another without end: break the circle".to_owned(),
                        ));
                    } else {
                        let included = beside(path, &name);
                        if !included.is_file() {
                            return Err(wrong(format!("there is no file {}", included.display())));
                        }
                        self.file(&included, depth + 1)?;
                    }
                }
                ".lib" => self.netlist.push(library_line(path, line)),
                _ => self.netlist.push(line.to_owned()),
            }
        }
        Ok(())
    }
}

/// The operand of an `.include`, without its quotes.
fn file_name(line: &str) -> Option<String> {
    let operand = line.split_once(char::is_whitespace)?.1.trim();
    let bare = operand.trim_matches(['"', '\'']).trim();
    (!bare.is_empty()).then(|| bare.to_owned())
}

fn beside(file: &Path, name: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new(".")).join(name)
}

/// `.lib FILE SECTION` stays for ngspice to read, with a path that holds from everywhere.
fn library_line(path: &Path, line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let &[keyword, file, section] = words.as_slice() else {
        return line.to_owned();
    };
    let full = beside(path, file.trim_matches(['"', '\'']));
    let full = std::path::absolute(&full).unwrap_or(full);
    format!("{keyword} \"{}\" {section}", full.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deck_needs_no_other_file_and_holds_the_sizing() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let middle = Sizing(circuit.parameters.iter().map(|p| p.snap(0.5 * (p.low + p.high))).collect());
        let text = deck(&circuit, &middle).expect("a deck");
        assert!(!text.contains(".include"), "{text}");
        assert!(text.contains(".param VDD=6e-1\n") && text.contains(".model n65"), "{text}");
        assert!(text.contains("\n.control\n") && text.ends_with(".endc\n.end\n"), "{text}");
    }

    #[test]
    fn a_deck_without_a_place_for_the_sizing_is_refused_with_a_remedy() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("t.cir");
        for (text, expected) in [
            ("* t\nR1 a 0 1\n.control\nop\n.endc\n.end\n", "no `.include sizing.param`"),
            ("* t\n.include sizing.param\n.end\n", "no `.control` block"),
            ("* t\n.include nowhere.lib\n", "t.cir:2: there is no file"),
            ("* t\n.include t.cir\n", "without end"),
            ("* t\n.include\n", "needs a file name"),
        ] {
            std::fs::write(&path, text).expect("writable");
            let message = Testbench::read(&path).err().map(|e| e.to_string()).unwrap_or_default();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }

    #[test]
    fn the_bundled_testbenches_are_those_that_the_bundled_rows_were_measured_with() {
        for name in crate::circuit::bundled_circuits() {
            let circuit = Circuit::open(&name).expect("bundled");
            let hash = super::super::verdict::text_hash(&testbench_text(&circuit).expect("sound"));
            let rows = std::fs::read_to_string(&circuit.dataset).expect("bundled");
            let recorded = format!("# testbench and model card: sha256 {hash}\n");
            assert!(rows.contains(&recorded), "{name}: {hash} is not what its rows record");
        }
    }

    #[test]
    fn only_a_quit_inside_a_block_reaches_ngspice() {
        let control = ["op", "if 1 > 0", "quit 1", "end", "print a", "let a = 1", "quit", "let b = 1"];
        let kept = worker_commands(&control.map(str::to_owned));
        assert_eq!(kept, ["op", "if 1 > 0", "quit 1", "end", "let a = 1"]);
    }
}
