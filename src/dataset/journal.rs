//! What has been measured of a dataset that is being made, kept as it comes: a run that ends early, however it
//! ends, loses nothing, and the same run goes on from here.
//!
//! A text file beside the dataset's. The first line is the key of the run, all that its measurements depend on;
//! then a line a design, in the order in which they were measured: its place in the run, a fingerprint of its
//! values, the metrics or `-` for a design that cannot be measured, and `;`, without which a line was cut off.

use crate::circuit::{Performance, Sizing};
use crate::files::WriteError;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

/// A longer line is none of ours.
const LONGEST_LINE: u64 = 1 << 16;

/// An open journal.
pub struct Journal {
    path: PathBuf,
    file: File,
    recalled: HashMap<u64, (u64, Option<Performance>)>,
}

/// Where the journal of a dataset lies: `rows.csv.partial` for `rows.csv`.
pub fn journal_path(dataset: &Path) -> PathBuf {
    let mut name = dataset.file_name().unwrap_or_default().to_os_string();
    name.push(".partial");
    dataset.with_file_name(name)
}

impl Journal {
    /// Opens the journal of `dataset`. What it holds is recalled if it is of a run with this key; a journal of
    /// another run is begun anew.
    ///
    /// # Errors
    /// [`WriteError`] names the file and the system's reason.
    pub fn open(dataset: &Path, key: &str, metrics: usize) -> Result<Journal, WriteError> {
        let path = journal_path(dataset);
        let failed = |source| WriteError { path: path.clone(), source };
        let mut file = File::options().read(true).append(true).create(true).open(&path).map_err(failed)?;
        if let Err(std::fs::TryLockError::WouldBlock) = file.try_lock() {
            return Err(failed(std::io::Error::other(
                "another run is making this dataset: let it end, or stop it",
            )));
        }
        let recalled = read(&file, key, metrics).map_err(failed)?;
        if recalled.is_none() {
            let begun = file.set_len(0).and_then(|()| writeln!(file, "{key}"));
            // one that holds nothing is of no use to anyone
            begun.inspect_err(|_| drop(std::fs::remove_file(&path))).map_err(failed)?;
        }
        Ok(Journal { recalled: recalled.unwrap_or_default(), file, path: path.clone() })
    }

    /// How many designs are recalled.
    pub fn len(&self) -> usize {
        self.recalled.len()
    }

    /// Whether nothing is recalled.
    pub fn is_empty(&self) -> bool {
        self.recalled.is_empty()
    }

    /// What was measured of the design at this place: `Some(None)` where it cannot be measured, `None` where
    /// nothing is known.
    pub fn recall(&self, place: u64, sizing: &Sizing) -> Option<Option<Performance>> {
        let (of, measured) = self.recalled.get(&place)?;
        (*of == fingerprint(sizing)).then(|| measured.clone())
    }

    /// Keeps what was measured.
    ///
    /// # Errors
    /// [`WriteError`] names the file and the system's reason.
    pub fn keep(
        &mut self,
        place: u64,
        sizing: &Sizing,
        measured: Option<&Performance>,
    ) -> Result<(), WriteError> {
        let values = match measured {
            Some(performance) => performance.0.iter().map(|v| format!("{v:e}")).collect::<Vec<_>>().join(" "),
            None => "-".to_owned(),
        };
        let line = format!("{place} {:x} {values} ;\n", fingerprint(sizing));
        // one write a line: a reader sees whole lines, but for the last one after a crash
        let written = self.file.write_all(line.as_bytes());
        written.map_err(|source| WriteError { path: self.path.clone(), source })
    }

    /// The dataset is written: nothing is left to be recalled.
    pub fn remove(self) {
        // left behind it does no harm: its key is this run's
        let _ = std::fs::remove_file(&self.path);
    }
}

/// `None` for a journal of another run.
#[allow(clippy::type_complexity)]
fn read(
    file: &File,
    key: &str,
    metrics: usize,
) -> std::io::Result<Option<HashMap<u64, (u64, Option<Performance>)>>> {
    let mut reader = BufReader::new(file);
    let mut line = String::new();
    let mut next = |line: &mut String| {
        line.clear();
        // what is not text is none of ours, and so is what follows it
        reader.by_ref().take(LONGEST_LINE).read_line(line).unwrap_or(0) > 0
    };
    if !next(&mut line) || line.trim_end() != key {
        return Ok(None);
    }
    let mut recalled = HashMap::new();
    let mut whole = true;
    while next(&mut line) {
        let Some((place, entry)) = entry(&line, metrics) else {
            whole = false;
            continue;
        };
        recalled.insert(place, entry);
    }
    if !whole && !line.ends_with('\n') {
        // the next line must not continue the one that was cut off
        (&*file).write_all(b"\n")?;
    }
    Ok(Some(recalled))
}

fn entry(line: &str, metrics: usize) -> Option<(u64, (u64, Option<Performance>))> {
    let words: Vec<&str> = line.strip_suffix('\n')?.strip_suffix(" ;")?.split(' ').collect();
    let [place, of, values @ ..] = words.as_slice() else { return None };
    let measured = match values {
        ["-"] => None,
        _ if values.len() == metrics => {
            Some(Performance(values.iter().map(|w| w.parse().ok()).collect::<Option<_>>()?))
        }
        _ => return None,
    };
    Some((place.parse().ok()?, (u64::from_str_radix(of, 16).ok()?, measured)))
}

/// FNV-1a over the bits: a design at the same place of another run is not taken for this one's.
fn fingerprint(sizing: &Sizing) -> u64 {
    let step = |hash: u64, value: &f64| (hash ^ value.to_bits()).wrapping_mul(0x0100_0000_01b3);
    sizing.0.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizing(value: f64) -> Sizing {
        Sizing(vec![value, 2.0])
    }

    fn performance(value: f64) -> Performance {
        Performance(vec![value, -1.0 / 3.0])
    }

    #[test]
    fn what_was_kept_is_recalled_bit_for_bit_by_the_same_run_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("rows.csv");
        let mut journal = Journal::open(&path, "a run", 2).expect("writable");
        assert!(journal.is_empty());
        journal.keep(0, &sizing(0.1), Some(&performance(0.1 + 0.2))).expect("writable");
        journal.keep(7, &sizing(0.2), None).expect("writable");
        drop(journal);
        let journal = Journal::open(&path, "a run", 2).expect("there");
        assert_eq!(journal.len(), 2);
        assert_eq!(journal.recall(0, &sizing(0.1)), Some(Some(performance(0.1 + 0.2))));
        assert_eq!(journal.recall(7, &sizing(0.2)), Some(None));
        assert_eq!(journal.recall(0, &sizing(0.3)), None, "another design");
        assert_eq!(journal.recall(1, &sizing(0.1)), None);
        drop(journal);
        assert!(Journal::open(&path, "another run", 2).expect("writable").is_empty());
        assert!(Journal::open(&path, "a run", 2).expect("writable").is_empty());
    }

    #[test]
    fn a_line_that_was_cut_off_is_measured_again() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("rows.csv");
        let mut journal = Journal::open(&path, "a run", 2).expect("writable");
        for place in 0..3 {
            journal.keep(place, &sizing(place as f64), Some(&performance(1.25))).expect("writable");
        }
        drop(journal);
        let whole = std::fs::read(journal_path(&path)).expect("there");
        for cut in 1..=20 {
            std::fs::write(journal_path(&path), &whole[..whole.len() - cut]).expect("writable");
            let mut journal = Journal::open(&path, "a run", 2).expect("readable");
            assert_eq!(journal.len(), 2, "{cut} bytes cut off");
            journal.keep(2, &sizing(2.0), Some(&performance(1.25))).expect("writable");
            drop(journal);
            assert_eq!(Journal::open(&path, "a run", 2).expect("readable").len(), 3, "{cut} bytes cut off");
        }
    }
}
