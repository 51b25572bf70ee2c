//! `circuit.ron` of the first format written as one of the second: what it says stays, comments and all.

use super::DraftError;
use crate::circuit::{Circuit, Identity};
use crate::files::{read_text_bounded, write_atomically};
use std::path::{Path, PathBuf};

/// A larger `circuit.ron` is none.
const LARGEST_FILE: u64 = 1 << 20;
/// What the only testbench of the first format is called.
const ONLY: &str = "testbench";

/// Writes a circuit's `circuit.ron` forward; `None` where it is of the second format already. Rows and models stay valid.
///
/// # Errors
/// [`DraftError`] where the file cannot be read or written, or cannot be written forward; it is then as it was.
pub fn write_forward(folder: &Path) -> Result<Option<PathBuf>, DraftError> {
    let path = folder.join("circuit.ron");
    let file = |problem: String| DraftError::File { path: path.clone(), problem };
    let text = read_text_bounded(&path, LARGEST_FILE).map_err(|e| file(e.to_string()))?;
    let before = Circuit::parse(folder, &text, true)?;
    let Some(forward) = forward(&text) else { return Ok(None) };
    let after = Circuit::parse(folder, &forward, true)?;
    let deck = |circuit: &Circuit| circuit.testbenches.first().map(|bench| bench.deck.clone());
    let same = Identity::of(&before) == Identity::of(&after)
        && after.is_plain() == before.is_plain()
        && deck(&before) == deck(&after);
    if !same {
        return Err(file("cannot be written forward: say `format: 2` by hand".to_owned()));
    }
    write_atomically(&path, forward.as_bytes()).map_err(|e| file(e.to_string()))?;
    Ok(Some(path))
}

/// The text in the second format; `None` where no line says that it is of the first.
fn forward(text: &str) -> Option<String> {
    let mut changed = false;
    let lines = text.lines().map(|line| {
        let code = &line[..code_length(line)];
        let comment = &line[code.len()..];
        let code = match field(code, "format").filter(|(_, _, value)| value.trim() == "1") {
            Some((start, end, _)) => {
                changed = true;
                format!("{} 2{}", &code[..start], &code[end..])
            }
            None => code.to_owned(),
        };
        let code = match field(&code, "testbench").filter(|(_, _, value)| value.trim().starts_with('"')) {
            Some((start, end, value)) => {
                let head = code[..start].trim_end_matches(|c: char| c.is_whitespace() || c == ':');
                format!("{head}es: [(name: {ONLY:?}, deck: {})]{}", value.trim(), &code[end..])
            }
            None => code,
        };
        code + comment + "\n"
    });
    let text = lines.collect::<String>();
    changed.then_some(text)
}

/// How much of a line is no comment.
fn code_length(line: &str) -> usize {
    let mut quoted = false;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match c {
            '"' if before != '\\' => quoted = !quoted,
            '/' if !quoted && before == '/' => return at - 1,
            _ => {}
        }
        before = c;
    }
    line.len()
}

/// Where the value of a field that stands in a line begins and ends, and the value.
fn field<'t>(code: &'t str, name: &str) -> Option<(usize, usize, &'t str)> {
    let (at, _) = code.match_indices(name).find(|(at, _)| {
        let before = code[..*at].chars().next_back();
        let after = code[at + name.len()..].trim_start();
        before.is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == '"')) && after.starts_with(':')
    })?;
    let start = at + code[at..].find(':')? + 1;
    let mut quoted = false;
    let length = code[start..].find(|c| {
        quoted ^= c == '"';
        !quoted && (c == ',' || c == ')')
    });
    let end = start + length.unwrap_or(code.len() - start);
    Some((start, end, &code[start..end]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::datasets_folder;

    #[test]
    fn a_file_of_the_first_format_says_the_same_in_the_second() {
        let text = std::fs::read_to_string(datasets_folder().join("ota1/circuit.ron")).expect("bundled");
        let forward = forward(&text).expect("of the first format");
        assert!(
            forward.contains("format: 2") && forward.contains("testbenches: [(name: \"testbench\", deck: ")
        );
        let folder = datasets_folder().join("ota1");
        let (before, after) =
            (Circuit::parse(&folder, &text, false), Circuit::parse(&folder, &forward, false));
        let (before, after) = (before.expect("sound"), after.expect("sound"));
        assert_eq!(Identity::of(&before), Identity::of(&after));
        assert!(after.is_plain());
        assert_eq!(super::forward(&forward), None);
    }

    #[test]
    fn comments_and_what_only_looks_alike_stay() {
        let text = "( // format: 1\n  format: 1, // format: 1\n  title: \"format: 1\", testbench: \"a,b.cir\", dataformat: 1)\n";
        let expected = "( // format: 1\n  format: 2, // format: 1\n  title: \"format: 1\", testbenches: [(name: \"testbench\", deck: \"a,b.cir\")], dataformat: 1)\n";
        assert_eq!(forward(text).as_deref(), Some(expected));
    }
}
