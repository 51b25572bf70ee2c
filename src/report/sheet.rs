//! A report as tables of cells that say what they mean: written as Markdown here, and drawn by the window from the
//! same cells.

use crate::circuit::{Unit, format_quantity};
use std::path::PathBuf;

/// What a figure says.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Words.
    Text(String),
    /// A number of things.
    Count(usize),
    /// So many of so many.
    Share(usize, usize),
    /// Per cent.
    Percent(f64),
    /// A value in an SI unit, and the significant digits that are shown of it.
    Quantity(f64, Unit, usize),
    /// Seconds of work.
    Seconds(f64),
    /// Minutes of work.
    Minutes(f64),
}

/// Who measured a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// This program.
    #[default]
    Ours,
    /// The paper.
    Paper,
}

/// What a figure stands out by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Emphasis {
    /// Nothing.
    #[default]
    Plain,
    /// The figure to look at.
    Strong,
    /// A figure of a design that misses a bound.
    Misses,
}

/// A figure of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The number or the word.
    pub value: Value,
    /// Who measured it.
    pub source: Source,
    /// What the figure stands out by.
    pub emphasis: Emphasis,
    /// A remark behind the value; empty for none.
    pub remark: String,
}

/// A cell of a table: what was measured here, what the paper measured, both side by side, or nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell(pub Vec<Figure>);

/// A table under a heading.
#[derive(Clone, Debug, Default, PartialEq)]
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

/// A part of a paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Running text.
    Plain(String),
    /// What must not be overlooked.
    Strong(String),
    /// What is set apart.
    Emphasised(String),
    /// What is typed.
    Code(String),
}

/// A paragraph of running text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paragraph(pub Vec<Span>);

/// A report's tables and what is said of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// The heading.
    pub title: String,
    /// How the tables were made and how they are read.
    pub about: Vec<Paragraph>,
    /// The tables.
    pub blocks: Vec<Block>,
    /// What the picture shows.
    pub caption: String,
}

/// A report that was made, with its files.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Headings, tables and captions.
    pub sheet: Sheet,
    /// The sheet as Markdown.
    pub markdown: String,
    /// Every figure, in SI units.
    pub csv: String,
    /// The chart of the figures, as PNG.
    pub picture: Vec<u8>,
    /// The Markdown file; CSV and picture are beside it.
    pub file: PathBuf,
}

/// Seconds or minutes, to two or three figures.
pub(super) fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 10.0 => format!("{s:.2} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s => format!("{:.1} min", s / 60.0),
    }
}

impl Figure {
    /// The figure in words, without its emphasis and its source.
    pub fn text(&self) -> String {
        let value = match &self.value {
            Value::Text(text) => text.clone(),
            Value::Count(count) => count.to_string(),
            Value::Share(count, of) => format!("{count} of {of}"),
            Value::Percent(percent) => format!("{percent} %"),
            Value::Quantity(value, unit, digits) => format_quantity(*value, *unit, *digits),
            Value::Seconds(seconds) => duration(*seconds),
            Value::Minutes(minutes) => format!("{minutes} min"),
        };
        let misses = if self.emphasis == Emphasis::Misses { " (misses)" } else { "" };
        format!("{value}{misses}{}", self.remark)
    }

    fn markdown(&self) -> String {
        let text = self.text();
        match (self.source, self.emphasis) {
            (Source::Paper, _) => format!("*{text}*"),
            (Source::Ours, Emphasis::Strong) => format!("**{text}**"),
            (Source::Ours, Emphasis::Plain | Emphasis::Misses) => text,
        }
    }
}

impl Cell {
    /// Measured here.
    pub(super) fn ours(value: Value) -> Cell {
        Cell::emphasised(value, Emphasis::Plain)
    }

    /// Measured here, and it stands out.
    pub(super) fn emphasised(value: Value, emphasis: Emphasis) -> Cell {
        Cell(vec![Figure { value, source: Source::Ours, emphasis, remark: String::new() }])
    }

    /// Words of ours.
    pub(super) fn text(text: impl Into<String>) -> Cell {
        Cell::ours(Value::Text(text.into()))
    }

    /// Measured by the paper.
    pub(super) fn paper(value: Value) -> Cell {
        Cell::default().beside(Some(value))
    }

    /// With what the paper measured behind it, if it did.
    pub(super) fn beside(mut self, paper: Option<Value>) -> Cell {
        let figure =
            |value| Figure { value, source: Source::Paper, emphasis: Emphasis::Plain, remark: String::new() };
        self.0.extend(paper.map(figure));
        self
    }

    /// With a remark behind its last figure.
    pub(super) fn remarked(mut self, remark: &str) -> Cell {
        if let Some(figure) = self.0.last_mut() {
            figure.remark = remark.to_owned();
        }
        self
    }

    /// The cell in words, without emphasis and sources.
    pub fn words(&self) -> String {
        self.0.iter().map(Figure::text).collect::<Vec<_>>().join(" ")
    }

    /// The paper's in italics, after ours.
    fn markdown(&self) -> String {
        self.0.iter().map(Figure::markdown).collect::<Vec<_>>().join(" ")
    }
}

impl From<&str> for Paragraph {
    /// Running text alone.
    fn from(text: &str) -> Paragraph {
        Paragraph(vec![Span::Plain(text.to_owned())])
    }
}

impl Paragraph {
    /// The words without the marks.
    pub fn words(&self) -> String {
        let words = |span: &Span| match span {
            Span::Plain(text) | Span::Strong(text) | Span::Emphasised(text) | Span::Code(text) => {
                text.clone()
            }
        };
        self.0.iter().map(words).collect()
    }

    fn markdown(&self) -> String {
        let marked = |span: &Span| match span {
            Span::Plain(text) => text.clone(),
            Span::Strong(text) => format!("**{text}**"),
            Span::Emphasised(text) => format!("*{text}*"),
            Span::Code(text) => format!("`{text}`"),
        };
        self.0.iter().map(marked).collect()
    }
}

impl Sheet {
    /// As Markdown that shows the picture at `picture`.
    pub(super) fn markdown(&self, picture: &str) -> String {
        let mut text = format!("# {}\n\n", self.title);
        for paragraph in &self.about {
            text += &format!("{}\n\n", paragraph.markdown());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_says_the_same_everywhere_and_markdown_marks_it() {
        let both = Cell::ours(Value::Count(2024)).beside(Some(Value::Count(1744)));
        assert_eq!((both.words().as_str(), both.markdown().as_str()), ("2024 1744", "2024 *1744*"));
        for (cell, words, markdown) in [
            (Cell::emphasised(Value::Count(3), Emphasis::Strong), "3", "**3**"),
            (Cell::emphasised(Value::Text("ANN".into()), Emphasis::Misses), "ANN (misses)", "ANN (misses)"),
            (Cell::paper(Value::Percent(14.0)), "14 %", "*14 %*"),
            (Cell::paper(Value::Quantity(5.1e-6, Unit::Volt, 4)), "5.1 µV", "*5.1 µV*"),
            (Cell::ours(Value::Seconds(90.4)).remarked(", at last"), "90 s, at last", "90 s, at last"),
            (Cell::ours(Value::Share(7, 8)), "7 of 8", "7 of 8"),
            (Cell::default(), "", ""),
        ] {
            assert_eq!((cell.words().as_str(), cell.markdown().as_str()), (words, markdown));
        }
    }
}
