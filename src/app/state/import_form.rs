//! A table of another tool's, to be taken as rows of the open circuit.

use crate::dataset::{ColumnMap, Guess};
use std::path::PathBuf;

/// What is to be taken.
#[derive(Default)]
pub struct ImportForm {
    /// The typed path.
    pub path: String,
    /// The table as it was read.
    pub table: Option<ImportTable>,
    /// What is being done with it.
    pub doing: Option<&'static str>,
    /// Whether its rows may take the place of those that are there.
    pub replace: bool,
}

/// A table, and what the user takes its columns for.
pub struct ImportTable {
    /// The file.
    pub file: PathBuf,
    /// The folder of the circuit that it was read for.
    pub of: PathBuf,
    /// Parameters and metrics, by name.
    pub names: Vec<String>,
    /// The heads of the columns; none of a result as JSON, whose names are known.
    pub heads: Vec<String>,
    /// Of each name the place of its column.
    pub columns: Vec<Option<usize>>,
}

impl ImportTable {
    /// A table with what was guessed of it.
    pub fn new(file: PathBuf, of: PathBuf, names: Vec<String>, guess: Guess) -> ImportTable {
        ImportTable { file, of, names, heads: guess.heads, columns: guess.columns }
    }

    /// Whether every name has a column.
    pub fn is_whole(&self) -> bool {
        self.heads.is_empty() || self.columns.iter().all(Option::is_some)
    }

    /// The columns as the user has them.
    pub fn maps(&self) -> Vec<ColumnMap> {
        let pairs = self.names.iter().zip(&self.columns);
        let one = |(name, column): (&String, &Option<usize>)| {
            let head = self.heads.get((*column)?)?;
            Some(ColumnMap { column: head.clone(), name: name.clone(), unit: None })
        };
        pairs.filter_map(one).collect()
    }

    /// The columns that are taken for nothing.
    pub fn left_out(&self) -> Vec<&str> {
        let taken = |place: &usize| self.columns.contains(&Some(*place));
        (0..self.heads.len()).filter(|place| !taken(place)).map(|place| self.heads[place].as_str()).collect()
    }
}
