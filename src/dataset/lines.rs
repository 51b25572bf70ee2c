//! A reader that refuses CSV records beyond a length, so that nobody behind it has to hold one.

use std::io::{Error, ErrorKind, Read, Result};

/// Passes on what it reads until a record is too long. It tells records apart as the `csv` crate does: a line
/// break in quotes, which open at the beginning of a field alone, does not end one; a comment is a line of its
/// own.
pub(super) struct Lines<R> {
    input: R,
    most: usize,
    /// Bytes of the record so far.
    length: usize,
    place: Place,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    RecordBegins,
    FieldBegins,
    InField,
    InQuotes,
    /// Behind a quote in quotes: they end here, unless another follows.
    BehindQuote,
    InComment,
}

impl<R: Read> Lines<R> {
    /// Refuses records longer than `most` bytes.
    pub fn new(input: R, most: usize) -> Lines<R> {
        Lines { input, most, length: 0, place: Place::RecordBegins }
    }
}

pub(super) fn too_long(most: usize) -> Error {
    let bound = most as f64 / (1 << 20) as f64;
    Error::new(ErrorKind::InvalidData, format!("a line is longer than {bound} MiB, the most that is read"))
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.input.read(buffer)?;
        for byte in &buffer[..count] {
            self.length += 1;
            self.place = match (self.place, byte) {
                (Place::InQuotes, b'"') => Place::BehindQuote,
                (Place::InQuotes, _) => Place::InQuotes,
                (Place::InComment, b'\n') => Place::RecordBegins,
                (Place::InComment, _) => Place::InComment,
                (_, b'\n' | b'\r') => Place::RecordBegins,
                (Place::RecordBegins, b'#') => Place::InComment,
                (Place::RecordBegins | Place::FieldBegins | Place::BehindQuote, b'"') => Place::InQuotes,
                (_, b',') => Place::FieldBegins,
                _ => Place::InField,
            };
            if self.place == Place::RecordBegins {
                self.length = 0;
            }
            if self.length > self.most {
                return Err(too_long(self.most));
            }
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_told_apart_as_csv_does() {
        let passes =
            |text: &str, most| Lines::new(text.as_bytes(), most).read_to_end(&mut Vec::new()).is_ok();
        let texts =
            ["ab,cd\n", "\"a\nb\",\"c\"\"\nd\"\n", "a\"b\nc\"d\n", " \"a\nb\r\"c\rd\"\n", "\"a\"b\"\n"];
        for text in texts {
            let text = text.repeat(3);
            let mut reader = csv::ReaderBuilder::new();
            let mut reader =
                reader.has_headers(false).flexible(true).comment(Some(b'#')).from_reader(text.as_bytes());
            let mut starts: Vec<u64> = Vec::new();
            let mut record = csv::ByteRecord::new();
            while reader.read_byte_record(&mut record).expect("anything is CSV") {
                starts.push(record.position().expect("it has been read").byte());
            }
            starts.push(text.len() as u64);
            let longest = starts.windows(2).map(|pair| pair[1] - pair[0]).max().expect("records") as usize;
            assert!(passes(&text, longest), "{text:?} has no record longer than {longest}");
            // what ends a record counts for csv, not here
            assert!(!passes(&text, longest - 3), "{text:?} has a record of {longest}");
        }
        // a comment is no part of a record, and a quote in it is a mark like any other
        assert!(passes(&"#,\"\n".repeat(100), 4) && !passes("#,,,,\n", 4));
        // but only at the beginning of a line
        assert!(!passes(&" #,\"\n".repeat(99), 100));
    }
}
