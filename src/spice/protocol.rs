//! What parent and worker say to each other, a line each, over the worker's stdin and stdout.
//!
//! The parent sends a [`Setup`] as one line of JSON, then one line of numbers a design. The worker
//! answers every line with one [`Reply`], behind a mark that tells it from anything that ngspice
//! itself writes to stdout. Numbers are written so that they read back bit for bit.

use serde::{Deserialize, Serialize};

/// What a worker is told once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Setup {
    /// The netlist up to the sizing, title first.
    pub before: Vec<String>,
    /// The netlist behind the sizing, `.end` last.
    pub after: Vec<String>,
    /// The commands to send after the netlist.
    pub commands: Vec<String>,
    /// The parameters, in the order of every design's numbers.
    pub parameters: Vec<String>,
    /// The vectors to read.
    pub vectors: Vec<String>,
}

/// What a worker answers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reply {
    /// The library is loaded: its version.
    Ready(String),
    /// The library cannot be loaded: why.
    NotInstalled(String),
    /// One value a vector, `None` where there is no such vector, and ngspice's last complaint.
    Measured(Vec<Option<f64>>, String),
    /// An analysis was given up: ngspice's words.
    NotConverged(String),
    /// The netlist or a vector cannot be used: why.
    Invalid(String),
    /// ngspice asked to exit; the worker is finished.
    Exit(String),
}

const MARK: char = '\u{1}';

impl Reply {
    /// The line, with a line break before it too: ngspice may have left one unfinished.
    pub(super) fn encode(&self) -> String {
        let (tag, rest) = match self {
            Reply::Ready(text) => ("ready", clean(text)),
            Reply::NotInstalled(text) => ("absent", clean(text)),
            Reply::NotConverged(text) => ("diverged", clean(text)),
            Reply::Invalid(text) => ("invalid", clean(text)),
            Reply::Exit(text) => ("exit", clean(text)),
            Reply::Measured(values, text) => {
                let one = |v: &Option<f64>| v.map_or_else(|| "-".to_owned(), |v| format!("{v:e}"));
                let numbers = values.iter().map(one).collect::<Vec<_>>().join(" ");
                ("measured", format!("{numbers}\t{}", clean(text)))
            }
        };
        format!("\n{MARK}{tag} {rest}\n")
    }

    /// `None` for a line that is not a reply.
    pub(super) fn decode(line: &str) -> Option<Reply> {
        let (tag, rest) = line.strip_prefix(MARK)?.split_once(' ')?;
        let text = rest.to_owned();
        Some(match tag {
            "ready" => Reply::Ready(text),
            "absent" => Reply::NotInstalled(text),
            "diverged" => Reply::NotConverged(text),
            "invalid" => Reply::Invalid(text),
            "exit" => Reply::Exit(text),
            "measured" => {
                let (numbers, complaint) = rest.split_once('\t')?;
                let one = |word: &str| if word == "-" { Some(None) } else { word.parse().ok().map(Some) };
                let values = numbers.split_whitespace().map(one).collect::<Option<Vec<_>>>()?;
                Reply::Measured(values, complaint.to_owned())
            }
            _ => return None,
        })
    }
}

fn clean(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ").trim().to_owned()
}

/// A design's numbers as a line.
pub(super) fn encode_design(values: &[f64]) -> String {
    let words: Vec<String> = values.iter().map(|v| format!("{v:e}")).collect();
    words.join(" ") + "\n"
}

/// The inverse of [`encode_design`]; `None` for a line that is not one.
pub(super) fn decode_design(line: &str) -> Option<Vec<f64>> {
    line.split_whitespace().map(|word| word.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_bit_for_bit() {
        let values = vec![0.1 + 0.2, -1.0 / 3.0, 5e-324, 1.797e308];
        assert_eq!(decode_design(encode_design(&values).trim()), Some(values.clone()));
        let reply = Reply::Measured(values.into_iter().map(Some).chain([None]).collect(), "a\tb\nc".into());
        let line = reply.encode();
        let Some(Reply::Measured(back, complaint)) = Reply::decode(line.trim_matches('\n')) else {
            panic!("{line}");
        };
        assert_eq!(Reply::Measured(back, "a\tb\nc".into()), reply);
        assert_eq!(complaint, "a b c");
    }

    #[test]
    fn chatter_is_no_reply() {
        assert_eq!(Reply::decode("ready 39"), None);
        assert_eq!(Reply::decode(""), None);
        assert_eq!(Reply::decode("\u{1}measured 1 x\t"), None);
    }
}
