//! A deck that runs as `ngspice -b` runs it, in a process of its own: for what a deck does that the loaded library
//! cannot, such as programs whose output is to be read. What the process leaves in its vectors it writes to a raw file
//! at the end of the control block; the library loads that, so both ways are read by the same code.

use super::library::Ngspice;
use super::program::{self, Heard};
use super::protocol::START_UP;
use super::syntax::is_plain;
use super::telling::may_be_a_reason;
use crate::circuit::{Function, Wanted};
use std::ffi::CString;
use std::path::Path;

const DECK: &str = "sizewright.cir";
const RAW: &str = "sizewright.raw";
const PROGRAM: &str = "ngspice";
/// A larger raw file is not read, in bytes.
const LARGEST_RAW: u64 = 256 << 20;

/// What a run left.
pub(super) enum Left {
    /// Its vectors are loaded. Of those of the plots, the first plot first, these have one number.
    Vectors(Vec<Vec<String>>),
    /// It ended before the end of its control block.
    Nothing,
}

/// What came of a run.
pub(super) struct Ran {
    pub left: Left,
    /// What may be a reason.
    pub said: Vec<String>,
    /// Lines that may be `name = value`.
    pub printed: Vec<String>,
    pub aborted: bool,
    pub failed: bool,
}

/// The commands of the start-up file in the folder that decks are run in: `folder` is where they look for files.
fn start_up(folder: &str, seed: u64) -> String {
    let path =
        if is_plain(folder) { format!("set sourcepath = ( . \"{folder}\" )\n") } else { String::new() };
    format!("* of sizewright\nsetseed {seed}\nset num_threads=1\nset numdgt=15\n{path}")
}

/// The commands, behind a deck's own, that write all vectors there are and end the process.
pub(super) fn hand_over(wanted: &[(usize, Wanted)]) -> Vec<String> {
    let mut lines: Vec<String> =
        ["unset filetype", "set appendwrite", "foreach sizewright_plot $plots", "setplot $sizewright_plot"]
            .map(str::to_owned)
            .into();
    for (_, wanted) in wanted {
        if let Wanted::Measured(measurement) = wanted
            && measurement.function == Function::Power
        {
            let source = measurement.signal.to_ascii_lowercase();
            lines.push(format!("let {} = @{source}[dc]", voltage_of(&source)));
        }
    }
    // else the cards of the netlist would be run once more behind the block
    lines.extend([format!("write {RAW}"), "end".to_owned(), "quit 0".to_owned()]);
    lines
}

/// The vector that holds a source's constant voltage once its circuit is gone.
pub(super) fn voltage_of(source: &str) -> String {
    let plain = source.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
    format!("sizewright_dc_{}", plain.collect::<String>())
}

/// Runs a deck in the working folder and loads what it left; files that it names are looked for in `folder` too.
///
/// # Errors
/// Why it could not be run.
pub(super) fn run(ngspice: &Ngspice, deck: &[CString], folder: &str, seed: u64) -> Result<Ran, String> {
    let mut text = Vec::new();
    for line in deck {
        text.extend_from_slice(line.as_bytes());
        text.push(b'\n');
    }
    // the library has read its own by now
    let written = std::fs::write(START_UP, start_up(folder, seed)).and_then(|()| std::fs::write(DECK, text));
    written.map_err(|e| format!("the deck cannot be written ({e})"))?;
    let heard = program::run(PROGRAM, &["-b".to_owned(), DECK.to_owned()], String::new())
        .map_err(|why| format!("{PROGRAM} -b: {why}: install it with `apt-get install ngspice`"))?;
    let aborted = heard.errors.lines().any(|line| line.trim().ends_with("simulation(s) aborted"));
    let (said, printed) = words(&heard);
    let left = load(ngspice)?.map_or(Left::Nothing, Left::Vectors);
    Ok(Ran { left, said, printed, aborted, failed: !heard.status.success() })
}

fn words(heard: &Heard) -> (Vec<String>, Vec<String>) {
    let outputs = [(false, &heard.output), (true, &heard.errors)];
    let lines = outputs.iter().flat_map(|(stderr, text)| text.lines().map(|line| (*stderr, line.trim())));
    // what handing over says of vectors that a plot lacks is no reason
    let own = |line: &str| line.contains("sizewright");
    let telling = lines.filter(|(stderr, line)| may_be_a_reason(*stderr, line) && !own(line));
    let said = telling.map(|(_, line)| line.to_owned()).collect();
    let printed = heard.output.lines().filter(|line| line.contains('=')).map(str::to_owned).collect();
    (said, printed)
}

/// Loads the raw file; which vectors of each plot have one number, `None` where there is no such file.
fn load(ngspice: &Ngspice) -> Result<Option<Vec<Vec<String>>>, String> {
    let Ok(metadata) = std::fs::metadata(RAW) else { return Ok(None) };
    if metadata.len() > LARGEST_RAW {
        return Err(format!("its results take more than {} MiB", LARGEST_RAW >> 20));
    }
    let bytes = std::fs::read(Path::new(RAW)).map_err(|e| format!("its results cannot be read ({e})"))?;
    let plots = single_numbers(&bytes).ok_or("its results cannot be read")?;
    ngspice.command(&format!("load {RAW}"));
    Ok(Some(plots))
}

/// The vectors of each plot of a binary raw file that have one number: `dims=1` among longer ones, or all of a plot of
/// one point. `None` where it is no such file.
fn single_numbers(mut bytes: &[u8]) -> Option<Vec<Vec<String>>> {
    let mut plots = Vec::new();
    while !bytes.is_empty() {
        let (mut complex, mut points, mut vectors) = (false, 0_usize, Vec::new());
        loop {
            let end = bytes.iter().position(|&b| b == b'\n')?;
            let line = String::from_utf8_lossy(&bytes[..end]).into_owned();
            bytes = &bytes[end + 1..];
            let value = |head: &str| line.strip_prefix(head).map(|rest| rest.trim().to_owned());
            if let Some(flags) = value("Flags:") {
                complex = flags.contains("complex");
            } else if let Some(number) = value("No. Points:") {
                points = number.parse().ok()?;
            } else if line == "Binary:" {
                break;
            } else if let Some(vector) = line.strip_prefix('\t') {
                let mut fields = vector.split('\t').skip(1);
                let name = fields.next()?.to_owned();
                let one = fields.next().unwrap_or_default().split_whitespace().any(|f| f == "dims=1");
                vectors.push((name, one));
            }
        }
        let number = if complex { 16 } else { 8 };
        let length = points.checked_mul(vectors.len())?.checked_mul(number)?;
        bytes = bytes.get(length..)?;
        let single = vectors.into_iter().filter(|(_, one)| *one || points == 1);
        plots.push(single.map(|(name, _)| name).collect());
    }
    Some(plots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raw_file_says_which_vectors_have_one_number() {
        let mut bytes = Vec::new();
        let head = "Title: * t\nPlotname: AC Analysis\nFlags: complex\nNo. Variables: 3\nNo. Points: 2\nVariables:\n\
                    \t0\tfrequency\tfrequency grid=3\n\t1\tbw\tnotype dims=1\n\t2\tv(out)\tvoltage\nBinary:\n";
        bytes.extend_from_slice(head.as_bytes());
        bytes.extend([b'\n'; 2 * 3 * 16]);
        let head = "Title: * t\nPlotname: Operating Point\nFlags: real\nNo. Variables: 1\nNo. Points: 1\nVariables:\n\
                    \t0\tv(out)\tvoltage\nBinary:\n";
        bytes.extend_from_slice(head.as_bytes());
        bytes.extend(1.5_f64.to_le_bytes());
        let expected = vec![vec!["bw".to_owned()], vec!["v(out)".to_owned()]];
        assert_eq!(single_numbers(&bytes), Some(expected));
        assert_eq!(single_numbers(&bytes[..bytes.len() - 1]), None);
        assert_eq!(single_numbers(b"no raw file"), None);
        assert_eq!(single_numbers(b"No. Points: 99999999999999999\n\t0\ta\tb\nBinary:\n"), None);
    }
}
