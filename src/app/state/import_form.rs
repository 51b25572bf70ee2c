//! A table of another tool's, to be taken as rows of the open circuit.

use crate::circuit::Circuit;
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
    /// How many of the names are parameters', the first ones.
    pub parameters: usize,
    /// Of each name the place of its column.
    pub columns: Vec<Option<usize>>,
    /// Of each name whether the table lacks it: of metrics alone.
    pub gaps: Vec<bool>,
}

impl ImportTable {
    /// A table with what was guessed of it.
    pub fn new(circuit: &Circuit, file: PathBuf, guess: Guess) -> ImportTable {
        let parameters = circuit.parameters.iter().map(|p| p.name.clone());
        let names: Vec<String> = parameters.chain(circuit.metrics.iter().map(|m| m.name.clone())).collect();
        ImportTable {
            file,
            of: circuit.folder.clone(),
            parameters: circuit.parameters.len(),
            heads: guess.heads,
            columns: guess.columns,
            gaps: vec![false; names.len()],
            names,
        }
    }

    /// Whether every name has a column, or the user's word that there is none.
    pub fn is_whole(&self) -> bool {
        self.heads.is_empty() || self.missing() == 0
    }

    /// Names of which nothing is said.
    pub fn missing(&self) -> usize {
        self.columns.iter().zip(&self.gaps).filter(|(column, gap)| column.is_none() && !**gap).count()
    }

    /// The columns as the user has them.
    pub fn maps(&self) -> Vec<ColumnMap> {
        let all = self.names.iter().zip(&self.columns).zip(&self.gaps);
        let one = |((name, column), gap): ((&String, &Option<usize>), &bool)| {
            if *gap {
                return Some(ColumnMap::gap(name));
            }
            let head = self.heads.get((*column)?)?;
            Some(ColumnMap { column: head.clone(), name: name.clone(), unit: None })
        };
        all.filter_map(one).collect()
    }

    /// The columns that are taken for nothing.
    pub fn left_out(&self) -> Vec<&str> {
        let taken = |place: &usize| self.columns.contains(&Some(*place));
        (0..self.heads.len()).filter(|place| !taken(place)).map(|place| self.heads[place].as_str()).collect()
    }
}
