//! What parent and worker say to each other, a line each, over the worker's stdin and stdout.
//!
//! The parent sends a [`Setup`] as one line of JSON, then one line of numbers a design, its seed first. The worker
//! answers every line with one [`Answer`], behind a mark that tells it from anything that ngspice
//! itself writes to stdout. Numbers are written so that they read back bit for bit.

use super::piece::Piece;
use crate::circuit::Wanted;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::BufRead;

/// The longest line that a parent reads, in bytes; a reply has at most a few thousand.
pub(super) const LONGEST_REPLY: usize = 1 << 20;
/// The longest line that a worker reads: a deck with a process kit's models has some millions.
pub(super) const LONGEST_REQUEST: usize = 1 << 30;

/// ngspice's start-up file. One of our own in the working folder keeps it from the user's.
pub(super) const START_UP: &str = ".spiceinit";

/// Set in the environment of workers.
pub(super) const INSIDE: &str = "SIZEWRIGHT_INSIDE_WORKER";
/// The environment variable that holds the user's `HOME` while a worker's is its scratch folder.
pub(super) const USERS_HOME: &str = "SIZEWRIGHT_HOME";

/// What a worker is told once.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Setup {
    /// The circuit's folder, absolute: where a deck's relative file names are looked for.
    pub folder: String,
    /// The memory that the process may use, in bytes.
    pub memory_limit: u64,
    /// The decks that are run for a design, in this order.
    pub decks: Vec<DeckSetup>,
    /// The decks' parameters, in the order of every design's numbers.
    pub parameters: Vec<String>,
    /// How many readings there are in all decks.
    pub readings: usize,
    /// The transistors whose operating point a worker may be asked for, as the circuit's groups name them.
    #[serde(default)]
    pub devices: Vec<String>,
    /// Whether loaded devices may be altered for the next design.
    #[serde(default)]
    pub alter: bool,
    /// What measures in ngspice's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandSetup>,
}

/// What a worker is told once of a command.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct CommandSetup {
    /// Program and arguments; files of the circuit's folder by their full paths.
    pub words: Vec<String>,
    /// What each reading is called in the answer.
    pub wanted: Vec<String>,
    /// The corner that it measures in.
    pub corner: Option<CornerTold>,
}

/// A corner, as a command is told of it. What it sets of parameters and ties is among the parameters already.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct CornerTold {
    /// Its name.
    pub name: String,
    /// In degrees Celsius.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Sections in place of others.
    pub sections: BTreeMap<String, String>,
}

/// One deck of a [`Setup`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct DeckSetup {
    /// The place of its testbench in the circuit.
    pub place: usize,
    /// The deck up to the sizing, title first.
    pub before: Vec<String>,
    /// The deck behind the sizing with its control block, `.end` last.
    pub after: Vec<String>,
    /// What is read of its run, each with its place among all readings.
    pub wanted: Vec<(usize, Wanted)>,
    /// Whether it is run by a process of its own.
    #[serde(default)]
    pub process: bool,
}

/// What a worker answers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub reply: Reply,
    /// What the design changed in ngspice could not be undone: the worker measures no other.
    pub spent: bool,
}

/// What came of a line. The texts are what ngspice said that may give a reason, in its order, each marked with the
/// deck that it was said of: see [`said_of`].
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reply {
    /// The library is loaded: its version.
    Ready(String),
    /// The library cannot be loaded: why.
    NotInstalled(String),
    /// One value a vector, `None` where there is no such vector.
    Measured(Vec<Option<f64>>, Vec<String>),
    /// A piece of what there is to see of a design: the answer proper is still to come.
    Seen(Box<Piece>),
    /// An analysis was given up.
    Aborted(Vec<String>),
    /// The deck was not taken.
    Refused(Vec<String>),
    /// A vector or a design cannot be used: why.
    Invalid(String),
    /// The deck asked ngspice to quit.
    Quit(Vec<String>),
}

/// A text as said of the deck of a testbench.
pub(super) fn mark(testbench: usize, text: &str) -> String {
    if testbench == 0 { text.to_owned() } else { format!("@{testbench} {text}") }
}

/// The texts that were said of the deck of a testbench, without their marks.
pub(super) fn said_of(testbench: usize, said: &[String]) -> Vec<String> {
    let marked = |text: &String| {
        let (number, rest) = text.strip_prefix('@')?.split_once(' ')?;
        Some((number.parse::<usize>().ok()?, rest.to_owned()))
    };
    let parted = said.iter().map(|text| marked(text).unwrap_or_else(|| (0, text.clone())));
    parted.filter(|(place, _)| *place == testbench).map(|(_, text)| text).collect()
}

/// The testbench that the last text was said of.
pub(super) fn last_of(said: &[String]) -> usize {
    let last = said.last().and_then(|text| text.strip_prefix('@')?.split_once(' ')?.0.parse().ok());
    last.unwrap_or(0)
}

const MARK: char = '\u{1}';
const LAST_MARK: char = '\u{2}';
const BETWEEN: char = '\t';

impl Answer {
    /// The line, with a line break before it too: ngspice may have left one unfinished.
    pub(super) fn encode(&self) -> String {
        let listed = |texts: &[String]| {
            texts.iter().map(|t| clean(t)).collect::<Vec<_>>().join(BETWEEN.to_string().as_str())
        };
        let (tag, rest) = match &self.reply {
            Reply::Ready(text) => ("ready", clean(text)),
            Reply::NotInstalled(text) => ("absent", clean(text)),
            Reply::Invalid(text) => ("invalid", clean(text)),
            Reply::Aborted(texts) => ("aborted", listed(texts)),
            Reply::Refused(texts) => ("refused", listed(texts)),
            Reply::Quit(texts) => ("quit", listed(texts)),
            Reply::Measured(values, texts) => {
                let one = |v: &Option<f64>| v.map_or_else(|| "-".to_owned(), |v| format!("{v:e}"));
                let numbers = values.iter().map(one).collect::<Vec<_>>().join(" ");
                ("measured", format!("{numbers}{BETWEEN}{}", listed(texts)))
            }
            // JSON writes no control character as it is
            Reply::Seen(piece) => ("seen", serde_json::to_string(piece).unwrap_or_default()),
        };
        let mark = if self.spent { LAST_MARK } else { MARK };
        format!("\n{mark}{tag} {rest}\n")
    }

    /// `None` for a line that is not an answer.
    pub(super) fn decode(line: &str) -> Option<Answer> {
        let spent = line.starts_with(LAST_MARK);
        let (tag, rest) = line.strip_prefix([MARK, LAST_MARK])?.split_once(' ')?;
        let text = || rest.to_owned();
        let listed = |text: &str| {
            text.split(BETWEEN).filter(|t| !t.is_empty()).map(str::to_owned).collect::<Vec<String>>()
        };
        let reply = match tag {
            "ready" => Reply::Ready(text()),
            "absent" => Reply::NotInstalled(text()),
            "invalid" => Reply::Invalid(text()),
            "aborted" => Reply::Aborted(listed(rest)),
            "refused" => Reply::Refused(listed(rest)),
            "quit" => Reply::Quit(listed(rest)),
            "measured" => {
                let (numbers, said) = rest.split_once(BETWEEN)?;
                let one = |word: &str| if word == "-" { Some(None) } else { word.parse().ok().map(Some) };
                let values = numbers.split_whitespace().map(one).collect::<Option<Vec<_>>>()?;
                Reply::Measured(values, listed(said))
            }
            "seen" => Reply::Seen(Box::new(serde_json::from_str(rest).ok()?)),
            _ => return None,
        };
        Some(Answer { reply, spent })
    }
}

fn clean(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ").trim().to_owned()
}

/// What is handed out of a design besides its metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Nothing,
    /// The sweeps.
    Sweeps,
    /// The sweeps and the operating points.
    All,
}

impl Look {
    const ALL: [(Look, &'static str); 3] = [(Look::Nothing, ""), (Look::Sweeps, "s"), (Look::All, "a")];
}

/// A design as its worker is told of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    /// Of what its decks draw at random.
    pub seed: u64,
    /// The testbenches that are run.
    pub testbenches: Vec<usize>,
    /// What is handed out besides the metrics.
    pub look: Look,
    /// Its numbers.
    pub values: Vec<f64>,
}

impl Told {
    /// The line: the seed, what is handed out and the testbenches with commas between, the numbers.
    pub(super) fn encode(&self) -> String {
        let places: Vec<String> = self.testbenches.iter().map(usize::to_string).collect();
        // one of none too
        let look = Look::ALL.iter().find(|(look, _)| *look == self.look).map_or("", |(_, word)| word);
        let places = format!("{look},{}", places.join(","));
        let words: Vec<String> = [self.seed.to_string(), places]
            .into_iter()
            .chain(self.values.iter().map(|v| format!("{v:e}")))
            .collect();
        words.join(" ") + "\n"
    }

    /// The inverse of [`Told::encode`]; `None` for a line that is not one.
    pub(super) fn decode(line: &str) -> Option<Told> {
        let mut words = line.split_whitespace();
        let seed = words.next()?.parse().ok()?;
        let (word, places) = words.next()?.split_once(',')?;
        let look = Look::ALL.iter().find(|(_, own)| *own == word)?.0;
        let places = places.split(',').filter(|place| !place.is_empty());
        let testbenches = places.map(|place| place.parse().ok()).collect::<Option<_>>()?;
        let values = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
        Some(Told { seed, testbenches, look, values })
    }
}

/// The next line of `reader` without its end; `None` at the end of the stream.
///
/// # Errors
/// The stream's own, and one for a line of more than `longest` bytes.
pub(super) fn next_line(reader: &mut impl BufRead, longest: usize) -> std::io::Result<Option<String>> {
    let mut line = Vec::new();
    let mut limited = std::io::Read::take(reader, longest as u64 + 1);
    if limited.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.len() > longest {
        let problem = format!("it sent a line of more than {} MiB", longest >> 20);
        return Err(std::io::Error::other(problem));
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_bit_for_bit() {
        let values = vec![0.1 + 0.2, -1.0 / 3.0, 5e-324, 1.797e308];
        for testbenches in [vec![], vec![0], vec![2, 5]] {
            for (look, _) in Look::ALL {
                let told = Told { seed: 7, testbenches: testbenches.clone(), look, values: values.clone() };
                assert_eq!(Told::decode(told.encode().trim()), Some(told));
            }
        }
        assert_eq!(Told::decode("7 1.0 2.0"), None);
        assert_eq!(Told::decode("7 x,1 2.0"), None);
        let values: Vec<Option<f64>> = values.into_iter().map(Some).chain([None]).collect();
        for spent in [false, true] {
            let said = vec!["a\tb\nc".to_owned(), "d".to_owned()];
            let line = Answer { reply: Reply::Measured(values.clone(), said), spent }.encode();
            let back = Answer::decode(line.trim_matches('\n')).expect("an answer");
            let said = vec!["a b c".to_owned(), "d".to_owned()];
            assert_eq!(back, Answer { reply: Reply::Measured(values.clone(), said), spent });
        }
    }

    #[test]
    fn what_is_seen_is_a_line() {
        let reply = Reply::Seen(Box::new(Piece::Note(Some(1), "a\tb\nc\u{1}".to_owned())));
        let line = Answer { reply, spent: false }.encode();
        let line = line.trim_matches('\n');
        assert!(!line.contains(['\n', '\t']), "{line}");
        let back = Answer::decode(line).expect("an answer");
        assert_eq!(back.reply, Reply::Seen(Box::new(Piece::Note(Some(1), "a\tb\nc\u{1}".to_owned()))));
        assert_eq!(Answer::decode("\u{1}seen {}"), None);
    }

    #[test]
    fn chatter_is_no_answer() {
        assert_eq!(Answer::decode("ready 39"), None);
        assert_eq!(Answer::decode(""), None);
        assert_eq!(Answer::decode("\u{1}measured 1 x\t"), None);
    }

    #[test]
    fn a_line_without_end_is_not_read_to_its_end() {
        let mut endless = std::io::BufReader::new(std::io::repeat(b'x'));
        assert!(next_line(&mut endless, LONGEST_REPLY).is_err());
        let mut two = "a\nb".as_bytes();
        let next = |reader: &mut &[u8]| next_line(reader, LONGEST_REPLY).expect("short");
        assert_eq!(
            (next(&mut two), next(&mut two), next(&mut two)),
            (Some("a".into()), Some("b".into()), None)
        );
    }
}
