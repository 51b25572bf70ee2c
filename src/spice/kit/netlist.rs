//! What a netlist's statements define and mention, read loosely: a name too many costs time, one too few a
//! result, so whatever is not understood counts as mentioned.

/// What a statement gives a name to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Definition {
    /// `.param` with these names.
    Parameters(Vec<String>),
    /// `.func`, or a `.param` that is one.
    Function(String),
    /// `.model`, the number of its bin apart: `n.12` is bin 12 of `n`.
    Model { base: String, bin: Option<usize> },
    /// The first line of a `.subckt`.
    Subcircuit(String),
    /// Something that acts: a device, an option, an analysis.
    Nothing,
}

pub(in super::super) fn definition(text: &str) -> Definition {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default().to_ascii_lowercase();
    let name = |word: Option<&str>| word.unwrap_or_default().to_ascii_lowercase();
    if first.starts_with(".param") {
        match assignments(text).map(|all| all.into_iter().map(|a| a.name).collect::<Vec<_>>()) {
            Some(names) if !names.is_empty() => Definition::Parameters(names),
            _ => Definition::Nothing,
        }
    } else if first == ".func" {
        let rest = text.split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
        Definition::Function(name(rest.split('(').next().map(str::trim)))
    } else if first == ".model" {
        let whole = name(words.next());
        match whole.rsplit_once('.').map(|(base, bin)| (base, bin.parse::<usize>())) {
            Some((base, Ok(bin))) => Definition::Model { base: base.to_owned(), bin: Some(bin) },
            _ => Definition::Model { base: whole, bin: None },
        }
    } else if first == ".subckt" {
        Definition::Subcircuit(name(words.next()))
    } else {
        Definition::Nothing
    }
}

/// `name = value`, the value as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Assignment {
    /// In lower case.
    pub name: String,
    pub value: String,
}

/// All `name = value` of a statement behind its first words, in their order; `None` where one has arguments, as
/// `f(x) = …` has, or no value.
pub(in super::super) fn assignments(text: &str) -> Option<Vec<Assignment>> {
    let mut marks: Vec<(usize, usize, usize)> = Vec::new();
    let bytes = text.as_bytes();
    let (mut depth, mut quoted) = (0_i32, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'\'' | b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'(' => depth += 1,
            b'}' | b')' => depth -= 1,
            b'=' if depth == 0 => {
                let beside = |at: Option<usize>| at.and_then(|at| bytes.get(at)).copied();
                let before = beside(at.checked_sub(1));
                if beside(Some(at + 1)) == Some(b'=') || matches!(before, Some(b'=' | b'<' | b'>' | b'!')) {
                    continue;
                }
                let name_end = text[..at].trim_end().len();
                let named = |c: char| c.is_alphanumeric() || c == '_';
                let start = text[..name_end].trim_end_matches(named).len();
                if start == name_end {
                    return None;
                }
                marks.push((start, name_end, at));
            }
            _ => {}
        }
    }
    let ends = marks.iter().skip(1).map(|m| m.0).chain([text.len()]);
    let one = |(&(start, name_end, at), end): (&(usize, usize, usize), usize)| {
        let value = text.get(at + 1..end)?.trim().trim_end_matches(',').trim_end();
        let name = text[start..name_end].to_ascii_lowercase();
        (!value.is_empty()).then(|| Assignment { name, value: value.to_owned() })
    };
    marks.iter().zip(ends).map(one).collect()
}

/// The words that may be names, in lower case.
pub(in super::super) fn words(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty());
    parts.map(str::to_ascii_lowercase)
}

/// Whether [`words`] finds the name whole in a statement that mentions it.
pub(super) fn is_word(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// A line of a netlist without the comment at its end, as ngspice takes it off: behind `;`, `//`, or a `$` that
/// stands apart.
pub(in super::super) fn without_comment(text: &str) -> &str {
    let bytes = text.as_bytes();
    let begins = |at: usize| match bytes[at] {
        b';' => true,
        b'/' => bytes.get(at + 1) == Some(&b'/'),
        b'$' => at == 0 || matches!(bytes[at - 1], b' ' | b'\t' | b','),
        _ => false,
    };
    let end = (0..bytes.len()).find(|&at| begins(at)).unwrap_or(bytes.len());
    text[..end].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_are_told_apart() {
        let found = assignments(".param a=1 b = '2 * c' d={x + y}, e = f * 2  g=max(a, b)").expect("sound");
        let found: Vec<(&str, &str)> = found.iter().map(|a| (a.name.as_str(), a.value.as_str())).collect();
        assert_eq!(
            found,
            [("a", "1"), ("b", "'2 * c'"), ("d", "{x + y}"), ("e", "f * 2"), ("g", "max(a, b)")]
        );
        assert_eq!(assignments(".param f(x)=2*x"), None);
        assert_eq!(assignments(".param a="), None);
        assert_eq!(assignments(".param"), Some(Vec::new()));
        assert_eq!(assignments(".param a={b==1} c=2").map(|all| all.len()), Some(2));
    }

    #[test]
    fn statements_are_known_by_what_they_define() {
        let parameters = Definition::Parameters(vec!["a".into(), "b".into()]);
        assert_eq!(definition(".PARAM A=1 B=2"), parameters);
        assert_eq!(definition(".func f(x) {2*x}"), Definition::Function("f".into()));
        assert_eq!(definition(".model n.7 nmos"), Definition::Model { base: "n".into(), bin: Some(7) });
        assert_eq!(definition(".model n nmos"), Definition::Model { base: "n".into(), bin: None });
        assert_eq!(definition(".subckt Amp a b"), Definition::Subcircuit("amp".into()));
        assert_eq!(definition("M1 d g s b n"), Definition::Nothing);
    }

    #[test]
    fn comments_go() {
        for (text, expected) in [
            ("a = 1 ; one", "a = 1"),
            ("a = 1 $ one", "a = 1"),
            ("a = 1 // one", "a = 1"),
            ("x$y = 'a/b'", "x$y = 'a/b'"),
        ] {
            assert_eq!(without_comment(text), expected);
        }
    }
}
