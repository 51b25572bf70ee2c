//! What a deck would do beyond simulating, and whether it may.
//!
//! A control block is a program: it can start others (`shell`, backticks), load machine code, and write
//! any file. Such lines are found before anything runs. What is not known to be harmless is a finding, so
//! a trick that nobody thought of is one too: a command must be one of those below, written plainly, and
//! a file that it names must lie in the worker's scratch folder. The user's word is remembered by the
//! hash of the deck with all that it includes: after any change it is asked for again.

use super::SpiceError;
use super::command as own_command;
use super::complaints::shortened;
use super::deck::{Decks, FlatDeck};
use super::finding::Finding;
use super::reader::{Line, first_word, joined};
use super::verdict::text_hash;
use crate::circuit::Circuit;
use crate::files::write_atomically;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The environment variable that names another file to remember decks in.
const VARIABLE: &str = "SIZEWRIGHT_TRUSTED";
/// Bytes of a file beside the deck that counts as part of it.
const LARGEST_FILE: u64 = 64 << 20;

/// Commands that compute, and write nowhere but where a `>` leads.
const HARMLESS: &str = "ac acct alter altermod alterparam asciiplot break compose continue cross dc define \
    deftype delete destroy devhelp diff display disto echo else fft foreach fourier goto iplot label \
    linearize listing mc_source noise op option plot print psd pss pz quit exit remcirc remzerovec reset \
    reshape resume run rusage save sens set setcirc setcs setplot setscale setseed settype shift show \
    showmod sp spec state status step stop strcmp strslice tf trace tran transpose unalias undefine unlet \
    unset version where repeat end enddowhile endforeach endif endrepeat endwhile begin eprint edisplay \
    esave inventory optran rehash";
/// Commands in which `<` and `>` compare.
const COMPARING: &str = "if while dowhile let meas measure define";
/// Commands that read or write the files they name.
const FILES: &str = "write wrdata wrs2p hardcopy gnuplot eprvcd load snsave snload cd";
/// What other commands would do.
const KNOWN: [(&str, &str); 4] = [
    ("shell system edit aspice rspice jobs xgraph", "starts a program"),
    ("codemodel osdi use", "loads machine code"),
    ("source circbyline", "runs commands from elsewhere"),
    ("alias", "gives a command another name"),
];

/// The lines of a circuit's deck that would do more than simulate; none for a deck that is harmless.
///
/// # Errors
/// [`SpiceError`] where the testbench cannot be read.
pub fn findings(circuit: &Circuit) -> Result<Vec<Finding>, SpiceError> {
    Ok(of_all(circuit, &Decks::of(circuit)?))
}

/// Whether a circuit's deck may run: it is harmless, or the user has allowed it as it is now.
///
/// # Errors
/// [`SpiceError`] where the testbench cannot be read.
pub fn is_allowed(circuit: &Circuit) -> Result<bool, SpiceError> {
    Allowed::default().allows(circuit)
}

/// Lets a circuit's deck run as it is now, and remembers it.
///
/// # Errors
/// [`SpiceError`] where the testbench cannot be read or the word cannot be kept.
pub fn allow(circuit: &Circuit) -> Result<(), SpiceError> {
    Allowed::default().add(circuit)
}

/// Where it is remembered which decks may do more than simulate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// `None` where this system has no place for it: nothing is allowed.
    file: Option<PathBuf>,
}

#[derive(Default, Serialize, Deserialize)]
struct Kept {
    version: u32,
    decks: Vec<KeptDeck>,
}

#[derive(Serialize, Deserialize)]
struct KeptDeck {
    /// Where it lay; only for a person to read.
    folder: String,
    hash: String,
}

impl Default for Allowed {
    /// `trusted.ron` in the user's configuration folder, or the file that `SIZEWRIGHT_TRUSTED` names.
    fn default() -> Allowed {
        let chosen = std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
        let usual = || {
            let folders = directories::ProjectDirs::from("", "", "sizewright")?;
            Some(folders.config_dir().join("trusted.ron"))
        };
        Allowed { file: chosen.or_else(usual) }
    }
}

impl Allowed {
    /// Those that `file` remembers; it need not be there yet.
    pub fn at(file: &Path) -> Allowed {
        Allowed { file: Some(file.to_owned()) }
    }

    /// Remembers a circuit's deck as it is now.
    ///
    /// # Errors
    /// [`SpiceError`] where the testbench cannot be read or the file cannot be written.
    pub fn add(&self, circuit: &Circuit) -> Result<(), SpiceError> {
        let Some(file) = &self.file else {
            let problem = format!("this system has no configuration folder: set {VARIABLE} to a file");
            return Err(SpiceError::Allowed { path: PathBuf::from("trusted.ron"), problem });
        };
        let failed = |problem: String| SpiceError::Allowed { path: file.clone(), problem };
        let mut kept = read(file)?;
        let before = kept.decks.len();
        let corners = circuit.corners.iter().map(|corner| circuit.in_corner(corner));
        // a word on the decks is one on all corners that they are run in
        for circuit in std::iter::once(circuit.clone()).chain(corners) {
            let hash = hash(&circuit, &Decks::of(&circuit)?);
            if !kept.decks.iter().any(|d| d.hash == hash) {
                kept.decks.push(KeptDeck { folder: circuit.folder.to_string_lossy().into_owned(), hash });
            }
        }
        if kept.decks.len() == before {
            return Ok(());
        }
        kept.version = 1;
        let text = ron::ser::to_string_pretty(&kept, ron::ser::PrettyConfig::default())
            .map_err(|e| failed(e.to_string()))?;
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).map_err(|e| failed(e.to_string()))?;
        }
        write_atomically(file, text.as_bytes()).map_err(|e| failed(e.source.to_string()))
    }

    /// Whether a circuit's deck may run: it is harmless, or remembered as it is now.
    ///
    /// # Errors
    /// [`SpiceError`] where the testbench cannot be read.
    pub fn allows(&self, circuit: &Circuit) -> Result<bool, SpiceError> {
        match self.check(circuit, &Decks::of(circuit)?) {
            Ok(()) => Ok(true),
            Err(SpiceError::Untrusted { .. }) => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// # Errors
    /// [`SpiceError::Untrusted`] for a deck that would do more than simulate and is not remembered.
    pub(super) fn check(&self, circuit: &Circuit, decks: &Decks) -> Result<(), SpiceError> {
        let findings = of_all(circuit, decks);
        if findings.is_empty() {
            return Ok(());
        }
        let hash = hash(circuit, decks);
        let kept = self.file.as_deref().map(read).transpose()?.unwrap_or_default();
        if kept.decks.iter().any(|d| d.hash == hash) {
            return Ok(());
        }
        Err(SpiceError::Untrusted { findings })
    }
}

fn read(file: &Path) -> Result<Kept, SpiceError> {
    let failed = |problem: String| SpiceError::Allowed { path: file.to_owned(), problem };
    match std::fs::read_to_string(file) {
        Ok(text) => ron::from_str(&text).map_err(|e| failed(format!("{e}; remove the file to begin anew"))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Kept::default()),
        Err(e) => Err(failed(e.to_string())),
    }
}

/// The hash of the deck with all that it includes, and of the files in its folder that it names; files
/// elsewhere may be its own results.
fn hash(circuit: &Circuit, decks: &Decks) -> String {
    let mut text = text_hash(&decks.own_text());
    for line in own_command::text(circuit) {
        text += &line;
    }
    let lines = decks.all().iter().map(FlatDeck::lines);
    for line in lines.flat_map(|lines| lines.control.iter().chain(&lines.netlist)) {
        let apart = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '=' | '`' | ',' | '(' | ')');
        for word in line.text.split(apart).filter(|w| !w.is_empty() && w.len() < 1000 && !is_path_outside(w))
        {
            let path = circuit.folder.join(word);
            let small = std::fs::metadata(&path).is_ok_and(|m| m.is_file() && m.len() <= LARGEST_FILE);
            if small && let Ok(bytes) = std::fs::read(&path) {
                text += &format!("\n{word} {}", text_hash(&String::from_utf8_lossy(&bytes)));
            }
        }
    }
    text_hash(&text)
}

fn of_all(circuit: &Circuit, decks: &Decks) -> Vec<Finding> {
    decks.all().iter().flat_map(of_deck).chain(own_command::findings(circuit)).collect()
}

fn of_deck(bench: &FlatDeck) -> Vec<Finding> {
    let lines = bench.lines();
    let control = joined(&lines.control);
    let netlist = joined(&lines.netlist[1..]);
    let control = control.iter().filter_map(|line| command(&line.text).map(|why| (line, why)));
    let netlist = netlist.iter().filter_map(|line| statement(&line.text).map(|why| (line, why)));
    let finding = |(line, why): (&Line, String)| Finding {
        path: lines.files[line.place.file].clone(),
        line: line.place.number,
        text: shortened(&line.text),
        why,
    };
    netlist.chain(control).map(finding).collect()
}

fn is_one_of(word: &str, list: &str) -> bool {
    list.split_whitespace().any(|w| w == word)
}

/// What a line of a control block would do beyond simulating.
fn command(text: &str) -> Option<String> {
    if text.contains('`') {
        return Some("starts the program between the backticks".to_owned());
    }
    let text = text.trim_start();
    let first = first_word(text);
    let word = first.strip_prefix("pre_").unwrap_or(&first);
    if !word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Some("its command is not a plain word".to_owned());
    }
    let rest = text[first.len()..].trim();
    if is_one_of(word, COMPARING) {
        return comparison(rest);
    }
    if is_one_of(word, FILES) {
        let outside = rest.split_whitespace().find(|w| !stays_inside(w.trim_matches(['"', '\''])));
        return outside
            .map(|w| format!("reaches a file outside its scratch folder: {}", shortened(w)))
            .or_else(|| redirection(rest));
    }
    if is_one_of(word, HARMLESS) {
        let names_files = matches!(word, "set" | "setcs" | "option");
        let mut values = rest.split(|c: char| c.is_whitespace() || matches!(c, '=' | '(' | ')'));
        if names_files && values.any(|v| is_path_outside(v.trim_matches(['"', '\'']))) {
            return Some("names a file outside its folder".to_owned());
        }
        return redirection(rest);
    }
    let known = KNOWN.iter().find(|(words, _)| is_one_of(word, words));
    Some(known.map_or_else(|| "is not known to be harmless".to_owned(), |(_, why)| (*why).to_owned()))
}

/// Where a `>` leads, if that is not a plain name in the scratch folder; and a `<`, whatever it reads.
fn redirection(rest: &str) -> Option<String> {
    if rest.contains('<') {
        return Some("reads words from a file".to_owned());
    }
    for (at, _) in rest.match_indices('>') {
        let target = rest[at..].trim_start_matches(['>', '&', '!']).trim_start();
        let target = target.split_whitespace().next().unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/');
        // of `>>` the first has been looked at
        if !target.chars().all(plain) || target.is_empty() || !stays_inside(target) {
            return Some("writes a file that may lie outside its scratch folder".to_owned());
        }
    }
    None
}

/// A comparison that looks like a way to a file.
fn comparison(rest: &str) -> Option<String> {
    let behind = |at: usize| rest[at..].trim_start_matches(['>', '<', '&', '!', '=']).trim_start();
    let suspect = |text: &str| is_path_outside(text.trim_matches(['"', '\'']));
    rest.match_indices(['>', '<'])
        .any(|(at, _)| suspect(behind(at).split_whitespace().next().unwrap_or_default()))
        .then(|| "writes a file outside its scratch folder".to_owned())
}

/// Whether a word, taken for a file's name, stays in the folder, whatever ngspice expands in it.
fn stays_inside(word: &str) -> bool {
    !(is_path_outside(word) || word.contains(['$', '\\', '{', '`', '~']))
}

fn is_path_outside(word: &str) -> bool {
    let drive = word.as_bytes().get(1) == Some(&b':') && word.as_bytes()[0].is_ascii_alphabetic();
    word.starts_with(['/', '~', '\\']) || drive || word.split(['/', '\\']).any(|part| part == "..")
}

/// What a line of the netlist would do beyond describing a circuit.
fn statement(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let mut words = lower.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'));
    if words.any(|w| matches!(w, "d_process" | "d_cosim")) {
        return Some("starts a program or loads machine code".to_owned());
    }
    if matches!(first_word(text).as_str(), ".hdl" | ".osdi" | ".pre_osdi" | ".codemodel") {
        return Some("loads machine code".to_owned());
    }
    // those that were followed are gone, and what is left may mean a file to ngspice
    if first_word(text).starts_with(".lib") {
        return Some("may read a file that is not known".to_owned());
    }
    let outside = text.split('"').skip(1).step_by(2).find(|quoted| is_path_outside(quoted));
    outside.map(|path| format!("names a file outside its folder: {}", shortened(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_decks_do_nothing_but_simulate() {
        for name in crate::circuit::bundled_circuits() {
            let circuit = Circuit::open(&name).expect("bundled");
            let found = match findings(&circuit) {
                Err(e) if crate::spice::kit::place::is_missing(&e.to_string()) => continue,
                found => found.expect("readable"),
            };
            assert_eq!(found, [], "{name}");
        }
    }

    #[test]
    fn what_computes_is_harmless() {
        for text in [
            "ac dec 20 1 1meg",
            "let power = -v(vdd)*i(vdd)",
            "let big = v(out) > 0.5/2",
            "if v(out) > $limit",
            "while i < 10",
            "meas ac bw when mag=edge fall=1",
            "set acplot = $curplot",
            "set units=degrees",
            "print v(out) > out.txt",
            "echo $&gain >> log/gain.txt",
            "wrdata out.csv v(out)/v(in)",
            "Write Out.raw all",
            "alter @m1[w] = 2u",
            "foreach t 0 27 85",
            "quit 0",
        ] {
            assert_eq!(command(text), None, "{text}");
        }
        assert_eq!(statement(".model a1 d_source (input_file=\"stimuli.txt\")"), None);
    }

    #[test]
    fn what_does_more_is_found() {
        for text in [
            "shell rm -rf x",
            "SHELL rm x",
            "  shell\trm x",
            "\\shell rm x",
            "\"shell\" rm x",
            "$x rm x",
            "pre_osdi model.osdi",
            "pre_codemodel x.cm",
            "codemodel x.cm",
            "osdi x.osdi",
            "system x",
            "source other.sp",
            "alias x shell",
            "x rm",
            "^echo^shell",
            "!echo",
            "echo `rm x`",
            "if `rm x`",
            "echo a > /var/x",
            "echo a >/var/x",
            "echo a >> ../x",
            "echo a > ~/x",
            "echo a > $file",
            "echo a > sub/../../x",
            "print v(out) > \"/var/x\"",
            "let a = 1 > /var/x",
            "set gt = \">\"",
            "set w < words.txt",
            "set rawfile=/var/x.raw",
            "foreach gt \">\" b",
            "write /var/x v(out)",
            "wrdata ~/x v(out)",
            "wrdata $x v(out)",
            "wrdata ../x v(out)",
            "hardcopy /var/x v(out)",
            "load C:\\x.raw",
            "cd ..",
            "cd /",
            "snsave /var/x",
            "nobodyknows x",
        ] {
            assert!(command(text).is_some(), "{text}");
        }
        for text in [
            ".model p d_process (process_file=\"sh\")",
            ".model c d_cosim (simulation=\"./x.so\")",
            "A1 [a] [b] f file=\"/etc/passwd\"",
            ".hdl x.osdi",
            ".LIB file.lib",
        ] {
            assert!(statement(text).is_some(), "{text}");
        }
    }
}
