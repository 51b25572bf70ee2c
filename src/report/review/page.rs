//! A page as what it says, before it is written: every text is plain, and may be a stranger's.

/// What a text stands out by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tone {
    /// Nothing.
    #[default]
    Plain,
    /// It is as it should be.
    Good,
    /// It is not.
    Bad,
    /// The line to look at.
    Strong,
}

/// A text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text {
    pub words: String,
    pub tone: Tone,
}

impl Text {
    pub(super) fn plain(words: impl Into<String>) -> Text {
        Text { words: words.into(), tone: Tone::Plain }
    }

    pub(super) fn toned(words: impl Into<String>, tone: Tone) -> Text {
        Text { words: words.into(), tone }
    }

    /// Bad where something is missed.
    pub(super) fn missed(words: impl Into<String>, missed: bool) -> Text {
        Text::toned(words, if missed { Tone::Bad } else { Tone::Plain })
    }
}

/// A picture beside the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    /// Its file's name, one of ours.
    pub file: String,
    /// What it shows.
    pub about: String,
}

/// A piece of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// The title of a section.
    Section(&'static str),
    /// A paragraph.
    Words(Text),
    /// A table: its head, then its rows, each with as many cells.
    Table(Vec<String>, Vec<Vec<Text>>),
    /// Pictures side by side.
    Pictures(Vec<Picture>),
    /// A file beside the page, one of ours, and what it is.
    File(&'static str, &'static str),
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub title: String,
    pub pieces: Vec<Piece>,
}

/// A text in one line in which nothing is an element of HTML; every other character is pushed as its format has it.
pub(super) fn escaped(text: &str, push: impl Fn(&mut String, char)) -> String {
    let mut safe = String::new();
    for c in one_line(text).chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            c => push(&mut safe, c),
        }
    }
    safe
}

/// A text in one line, without characters that only steer: these could hide what is said, or make a file unreadable.
pub(super) fn one_line(text: &str) -> String {
    let steers = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let plain: String = text.chars().map(|c| if c.is_control() || steers(c) { ' ' } else { c }).collect();
    plain.trim().to_owned()
}
