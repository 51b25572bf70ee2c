//! Altering a file so that most of it stays what it was: by bytes, by lines, by words and by numbers, from a fixed
//! seed. A model file is altered inside as well, its checksum made good again, to get behind that door.

use crate::engine::model_checksum;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::SafeTensors;
use serde_json::json;
use std::collections::BTreeMap;
use std::ops::Range;

/// Longer than this a mutant does not grow: a reader's bound is tested by files made for it.
const LONGEST: usize = 1 << 16;

/// What stands in place of a number, or between two bytes.
const NUMBERS: [&str; 26] = [
    "0",
    "-0",
    "-0.0",
    "1",
    "-1",
    "nan",
    "NaN",
    "inf",
    "-inf",
    "1e308",
    "-1e308",
    "1.8e308",
    "1e-320",
    "5e-324",
    "1e-300",
    "1e300",
    "1e38",
    "4e38",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775807",
    "-9223372036854775808",
    "4294967296",
    "1000000000000",
    "0.1e",
    "1e999999999",
];

/// What upsets readers of text.
const WORDS: [&str; 24] = [
    "\0",
    "\u{feff}",
    "\r",
    "\r\n",
    "\n\n",
    "\"",
    "\\",
    "'",
    "((((((((((((((((",
    "))))",
    "[[[[[[[[[[[[[[[[",
    "]]]]",
    "{{{{{{{{",
    "}}}}",
    "#",
    ",,,,",
    "None",
    "Some(",
    "/*",
    "//",
    "../../",
    "\u{202e}",
    "µ",
    ".include",
];

/// The `index`th mutant of a door's seeds: the same on every machine and in every run.
pub fn mutant(door: &str, seeds: &[Vec<u8>], index: u64) -> Vec<u8> {
    // FNV-1a: doors must not share their streams
    let name = door.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut rng = ChaCha8Rng::seed_from_u64(name ^ index);
    let seed = &seeds[rng.random_range(0..seeds.len())];
    let other = &seeds[rng.random_range(0..seeds.len())];
    if door == "model"
        && rng.random_range(0..8) != 0
        && let Some(inside) = model(seed, &mut rng)
    {
        return inside;
    }
    let mut bytes = seed.clone();
    for _ in 0..1 + rng.random_range(0..4) {
        alter(&mut bytes, other, &mut rng);
    }
    bytes.truncate(LONGEST);
    bytes
}

fn place(length: usize, rng: &mut ChaCha8Rng) -> usize {
    rng.random_range(0..=length)
}

/// A part of at most `most` bytes.
fn part(length: usize, most: usize, rng: &mut ChaCha8Rng) -> Range<usize> {
    let start = place(length, rng);
    start..(start + rng.random_range(0..=most)).min(length)
}

/// Alters `bytes` in one way or another.
fn alter(bytes: &mut Vec<u8>, other: &[u8], rng: &mut ChaCha8Rng) {
    if bytes.is_empty() {
        bytes.extend_from_slice(b"0");
    }
    let length = bytes.len();
    match rng.random_range(0..13) {
        0 => bytes[rng.random_range(0..length)] ^= 1 << rng.random_range(0..8),
        1 => bytes[rng.random_range(0..length)] = rng.random_range(0..=255),
        2 => bytes.truncate(place(length, rng)),
        3 => drop(bytes.drain(part(length, 64, rng))),
        4 => {
            // of another file, or of itself
            let from = part(other.len(), 256, rng);
            let to = part(length, 64, rng);
            drop(bytes.splice(to, other[from].iter().copied()));
        }
        5 | 6 => {
            let numbers = runs(bytes, |b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e'));
            let with = NUMBERS[rng.random_range(0..NUMBERS.len())];
            replace(bytes, &numbers, with.bytes().collect(), rng);
        }
        7 => {
            let word = WORDS[rng.random_range(0..WORDS.len())];
            let at = place(length, rng);
            drop(bytes.splice(at..at, word.bytes()));
        }
        8 => {
            // a word again, perhaps often
            let words = runs(bytes, |b| b.is_ascii_alphanumeric() || b == b'_');
            if let Some(word) = pick(&words, rng) {
                let times = if rng.random_range(0..8) == 0 { 300 } else { 2 };
                let repeated = bytes[word.clone()].repeat(times);
                drop(bytes.splice(word, repeated));
            }
        }
        9 => {
            // a word in another's place
            let words = runs(bytes, |b| b.is_ascii_alphanumeric() || b == b'_');
            if let Some(word) = pick(&words, rng) {
                let with = bytes[word].to_vec();
                replace(bytes, &words, with, rng);
            }
        }
        10 => {
            let lines = runs(bytes, |b| b != b'\n');
            replace(bytes, &lines, Vec::new(), rng);
        }
        11 => {
            let lines = runs(bytes, |b| b != b'\n');
            if let Some(line) = pick(&lines, rng) {
                let mut again = bytes[line.clone()].to_vec();
                again.push(b'\n');
                let at = pick(&lines, rng).map_or(line.start, |line| line.start);
                drop(bytes.splice(at..at, again));
            }
        }
        _ => {
            let again = bytes[part(length, 32, rng)].repeat(rng.random_range(1..100));
            let at = place(length, rng);
            drop(bytes.splice(at..at, again));
        }
    }
}

/// The runs of bytes of a kind.
fn runs(bytes: &[u8], kind: impl Fn(u8) -> bool) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (i, _) in bytes.iter().enumerate().filter(|(_, byte)| kind(**byte)) {
        match found.last_mut() {
            Some(last) if last.end == i => last.end = i + 1,
            _ => found.push(i..i + 1),
        }
    }
    found
}

fn pick(ranges: &[Range<usize>], rng: &mut ChaCha8Rng) -> Option<Range<usize>> {
    (!ranges.is_empty()).then(|| ranges[rng.random_range(0..ranges.len())].clone())
}

fn replace(bytes: &mut Vec<u8>, ranges: &[Range<usize>], with: Vec<u8>, rng: &mut ChaCha8Rng) {
    if let Some(range) = pick(ranges, rng) {
        drop(bytes.splice(range, with));
    }
}

/// A model file taken apart: the texts of its header, and its arrays in the order in which they are read.
struct Parts {
    texts: BTreeMap<String, String>,
    arrays: Vec<(String, Vec<f32>)>,
}

impl Parts {
    fn of(file: &[u8]) -> Option<Parts> {
        let (_, metadata) = SafeTensors::read_metadata(file).ok()?;
        let texts = metadata.metadata().clone()?.into_iter().collect();
        let tensors = SafeTensors::deserialize(file).ok()?;
        let numbers = |data: &[u8]| -> Vec<f32> {
            data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
        };
        let mut arrays: Vec<(String, Vec<f32>)> =
            tensors.iter().map(|(name, view)| (name.to_owned(), numbers(view.data()))).collect();
        let rank = |name: &str| match name {
            "averaged" => 0,
            "loss" => 1,
            "weights" => 3,
            "first" => 4,
            "second" => 5,
            "running" => 6,
            "best" => 7,
            _ => 2,
        };
        arrays.sort_by(|(a, _), (b, _)| rank(a).cmp(&rank(b)).then_with(|| a.cmp(b)));
        Some(Parts { texts, arrays })
    }

    /// The file, its checksum made good again. The library would write the texts in another order each time.
    fn file(mut self) -> Vec<u8> {
        let arrays = self.arrays.iter().map(|(name, data)| (name.as_str(), data.as_slice()));
        self.texts.insert("checksum".to_owned(), model_checksum(arrays));
        let mut header = serde_json::Map::new();
        header.insert("__metadata__".to_owned(), json!(self.texts));
        let mut data = Vec::new();
        for (name, array) in &self.arrays {
            let start = data.len();
            data.extend_from_slice(bytemuck::cast_slice(array));
            let place =
                json!({ "dtype": "F32", "shape": [array.len()], "data_offsets": [start, data.len()] });
            header.insert(name.clone(), place);
        }
        let mut text = serde_json::Value::Object(header).to_string();
        while !text.len().is_multiple_of(8) {
            text.push(' ');
        }
        [&(text.len() as u64).to_le_bytes()[..], text.as_bytes(), &data].concat()
    }
}

/// The same model file, the same each time that it is made.
pub(super) fn settled(model: &[u8]) -> Option<Vec<u8>> {
    Parts::of(model).map(Parts::file)
}

/// A model file with its header or its arrays altered.
fn model(seed: &[u8], rng: &mut ChaCha8Rng) -> Option<Vec<u8>> {
    let mut parts = Parts::of(seed)?;
    let header = parts.texts.keys().find(|key| *key != "checksum")?.clone();
    let kind = rng.random_range(0..4);
    if kind != 0 {
        let mut text = parts.texts.get(&header)?.clone().into_bytes();
        for _ in 0..1 + rng.random_range(0..2) {
            let before = text.clone();
            if rng.random_range(0..2) == 0 {
                let numbers = runs(&text, |b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'e'));
                let with = NUMBERS[rng.random_range(0..NUMBERS.len())];
                replace(&mut text, &numbers, with.bytes().collect(), rng);
            } else {
                alter(&mut text, &before, rng);
            }
        }
        parts.texts.insert(header, String::from_utf8_lossy(&text).into_owned());
    }
    if kind < 2 {
        for _ in 0..1 + rng.random_range(0..3) {
            let which = rng.random_range(0..parts.arrays.len());
            let array = &mut parts.arrays[which].1;
            let value = ODD[rng.random_range(0..ODD.len())];
            match rng.random_range(0..5) {
                0 => array.fill(value),
                1 => array.truncate(place(array.len(), rng)),
                2 => array.push(value),
                _ if array.is_empty() => {}
                _ => {
                    let at = rng.random_range(0..array.len());
                    array[at] = value;
                }
            }
        }
    }
    Some(parts.file())
}

/// Weights that no training gives.
const ODD: [f32; 9] =
    [0.0, -0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, 1e-45, 1e20];
