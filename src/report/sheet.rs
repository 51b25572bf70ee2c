//! A report as text in cells: written as Markdown, and shown by the window as it is.

use std::path::PathBuf;

/// A cell: what was measured here, what the paper measured, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// Measured here.
    pub ours: String,
    /// Measured by the paper.
    pub paper: String,
}

impl Cell {
    /// Measured here.
    pub(super) fn ours(text: impl Into<String>) -> Cell {
        Cell { ours: text.into(), paper: String::new() }
    }

    /// Measured by the paper.
    pub(super) fn paper(text: impl Into<String>) -> Cell {
        Cell { ours: String::new(), paper: text.into() }
    }

    /// The paper's in italics, after ours.
    fn markdown(&self) -> String {
        match (self.ours.is_empty(), self.paper.is_empty()) {
            (_, true) => self.ours.clone(),
            (true, false) => format!("*{}*", self.paper),
            (false, false) => format!("{} *{}*", self.ours, self.paper),
        }
    }
}

/// A table under a heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// The heading; none where there is one table only.
    pub title: String,
    /// What stands between heading and table.
    pub about: String,
    /// Names of the columns; that of the lines' names may be empty.
    pub columns: Vec<String>,
    /// As many cells as there are columns.
    pub lines: Vec<Vec<Cell>>,
}

/// A report's tables and what is said of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// The heading.
    pub title: String,
    /// How it was made and how it is read; paragraphs in Markdown.
    pub about: Vec<String>,
    /// The tables.
    pub blocks: Vec<Block>,
    /// What the picture shows.
    pub caption: String,
}

impl Sheet {
    /// As Markdown that shows the picture at `picture`.
    pub(super) fn markdown(&self, picture: &str) -> String {
        let mut text = format!("# {}\n\n", self.title);
        for paragraph in &self.about {
            text += &format!("{paragraph}\n\n");
        }
        for block in &self.blocks {
            if !block.title.is_empty() {
                text += &format!("## {}\n\n{}\n\n", block.title, block.about);
            }
            let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
            text += &row(block.columns.clone());
            text += &format!("|{}\n", "---|".repeat(block.columns.len()));
            for line in &block.lines {
                text += &row(line.iter().map(Cell::markdown).collect());
            }
            text += "\n";
        }
        text + &format!("![{}]({picture})\n", self.caption)
    }
}

/// A report that was made, with its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What it says.
    pub sheet: Sheet,
    /// The same as Markdown.
    pub markdown: String,
    /// Every figure, in SI units.
    pub csv: String,
    /// Its picture, as PNG.
    pub picture: Vec<u8>,
    /// The Markdown file; CSV and picture are beside it.
    pub file: PathBuf,
}
