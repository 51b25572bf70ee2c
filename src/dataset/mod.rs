//! Rows of sizings and what ngspice measured of them: reading, writing, checking, generating.
//!
//! A [`Dataset`] in hand is sound: every row was checked at the door ([`read`]), and a row that
//! fails is refused by line and column, never repaired.

mod aside;
mod conditions;
mod coordinates;
mod csv;
mod door;
mod front;
mod generate;
mod import;
mod journal;
mod lines;
mod perturb;
mod select;
mod split;
mod taking;

pub use aside::set_aside;
pub use conditions::{Conditions, Loosening};
pub use coordinates::{CoordinateKind, Coordinates};
pub use csv::{CsvError, Loaded, MOST_ROWS, RowError, read, read_from, to_csv, write};
pub use front::pareto_front;
pub use generate::{Counts, Generated, Measure, Plan, Sorted, generate, most_designs, random};
pub use import::{ColumnMap, Guess, Imported, import};
pub use journal::{Journal, journal_path};
pub(crate) use perturb::normal;
pub use split::Split;
pub use taking::{Taken, guess_columns, take};

use crate::circuit::{Circuit, Performance, Sizing, SizingKey, Specification};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// A sizing and its measured performance, both in SI units in the circuit's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The sizing, on the grid.
    pub sizing: Sizing,
    /// What ngspice measured of it.
    pub performance: Performance,
}

/// Where a dataset comes from: the `# key: value` lines on top of its file, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Provenance(pub Vec<(String, String)>);

/// The entry that says what the rows were measured with.
const TESTBENCH: &str = "testbench and model card";
/// The entry by which rows that are nearly legal are taken.
const OUTSIDE: &str = "outside";

impl Provenance {
    /// Notes what the rows were measured with: the hash of the testbench with its model cards.
    pub fn push_testbench(&mut self, hash: &str) {
        self.push(TESTBENCH, format!("sha256 {hash}"));
    }

    /// The hash of the testbench that the rows were measured with, where it was noted.
    pub fn testbench(&self) -> Option<&str> {
        let (kind, hash) = self.get(TESTBENCH)?.split_once(' ')?;
        (kind == "sha256" && is_hash(hash)).then_some(hash)
    }

    /// Notes that nearly legal rows are among the others, and what for. Without that they are refused.
    pub fn take_outside(&mut self) {
        if !self.takes_outside() {
            self.push(
                OUTSIDE,
                "rows a little outside the legal ranges are kept, and predictions alone learn from them",
            );
        }
    }

    /// Whether nearly legal rows are taken.
    pub fn takes_outside(&self) -> bool {
        self.get(OUTSIDE).is_some()
    }

    /// Says so where the rows were measured with another testbench than the one of this hash, and what would
    /// do. Rows that say nothing are taken as they are.
    pub fn other_testbench(&self, circuit: &Circuit, hash: &str) -> Option<String> {
        let recorded = self.testbench().filter(|recorded| *recorded != hash)?;
        Some(format!(
            "the rows were measured with another testbench or model card ({}…) than {} has now ({}…): measure \
             them anew with `sizewright dataset generate`, or take the testbench back",
            &recorded[..8],
            circuit.name,
            hash.get(..8).unwrap_or(hash)
        ))
    }

    /// The value of the first entry of this name.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// Adds an entry.
    pub fn push(&mut self, key: &str, value: impl ToString) {
        self.0.push((key.to_owned(), value.to_string()));
    }
}

/// Rows and where they come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    /// The rows.
    pub rows: Vec<Row>,
    /// Rows with gaps: metrics that could not be measured are NaN, at least one is not.
    pub gaps: Vec<Row>,
    /// Rows of which a metric is outside its legal range, but nearly legal: what predicts performance learns where a circuit
    /// begins to fail from these, nothing else is done with them.
    pub outside: Vec<Row>,
    /// Where they come from.
    pub provenance: Provenance,
}

impl Row {
    /// Whether a metric of it could not be measured.
    pub fn has_gaps(&self) -> bool {
        self.performance.0.iter().any(|value| value.is_nan())
    }
}

impl Dataset {
    /// The SHA-256 of all numbers in order, as 64 hexadecimal digits. Provenance and the file's
    /// layout do not count.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        for row in self.rows.iter().chain(&self.gaps).chain(&self.outside) {
            for values in [&row.sizing.0, &row.performance.0] {
                hasher.update((values.len() as u64).to_le_bytes());
                for &value in values {
                    // −0 and 0 are the same number
                    hasher.update((value + 0.0).to_le_bytes());
                }
            }
        }
        hex(&hasher.finalize())
    }

    /// How many rows meet each bound of `specification`, and how many meet all.
    pub fn met(&self, specification: &Specification) -> (Vec<usize>, usize) {
        let meets = |b: &crate::circuit::Bound, r: &&Row| b.sense.met(r.performance.0[b.metric], b.value);
        let each = |b| self.rows.iter().filter(|r| meets(b, r)).count();
        let all = self.rows.iter().filter(|r| specification.met_by(&r.performance)).count();
        (specification.bounds.iter().map(each).collect(), all)
    }

    /// How many rows repeat the sizing of an earlier one.
    pub fn repeated(&self) -> usize {
        let distinct: HashSet<SizingKey> = self.rows.iter().map(|row| row.sizing.key()).collect();
        self.rows.len() - distinct.len()
    }
}

/// The SHA-256 of a text, as 64 hexadecimal digits.
pub fn text_hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// Whether a text may be the answer of [`text_hash`].
pub fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
