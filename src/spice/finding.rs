//! A line of a deck that does more than simulate.

use std::path::PathBuf;

/// A line that does more than simulate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file that holds it.
    pub path: PathBuf,
    /// The number of the line in that file, from 1.
    pub line: usize,
    /// What it says, at most 160 characters.
    pub text: String,
    /// What it would do.
    pub why: String,
}

/// What [`SpiceError::Untrusted`](super::SpiceError::Untrusted) says.
pub(super) fn in_words(findings: &[Finding]) -> String {
    const SHOWN: usize = 8;
    let one = |f: &Finding| format!("{}:{}: {} ({})", f.path.display(), f.line, f.text, f.why);
    let mut lines: Vec<String> = findings.iter().take(SHOWN).map(one).collect();
    if findings.len() > SHOWN {
        lines.push(format!("and {} more", findings.len() - SHOWN));
    }
    format!(
        "the deck would do more than simulate, and is not run until you allow it (--trust):\n{}",
        lines.join("\n")
    )
}
