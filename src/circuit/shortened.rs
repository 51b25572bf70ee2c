//! Texts of strangers in messages: short, and without what a terminal would obey.

/// The text as a message may show it: at most `most` characters, then how long it was; control characters
/// and those that turn the direction of writing become `�`.
pub fn shortened(text: &str, most: usize) -> String {
    let mut characters = text.chars();
    let mut short: String = characters.by_ref().take(most).map(harmless).collect();
    if !characters.as_str().is_empty() {
        short += &format!("… ({} bytes)", text.len());
    }
    short
}

fn harmless(c: char) -> char {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if c.is_control() || turns { char::REPLACEMENT_CHARACTER } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_and_plain_stays_and_the_rest_is_cut_and_made_harmless() {
        assert_eq!(shortened("5.2 µV", 40), "5.2 µV");
        assert_eq!(shortened("five", 4), "five");
        assert_eq!(shortened(&"x".repeat(5_000_000), 3), "xxx… (5000000 bytes)");
        assert_eq!(shortened("a\u{1b}[31m\0\u{202e}", 40), "a�[31m��");
    }
}
