//! A page as Markdown.

use super::page::{self, Page, Piece, Text, Tone};
use std::fmt::Write;

/// A text that means nothing to Markdown, nor to the HTML that may be in it.
pub(super) fn escaped(text: &str) -> String {
    page::escaped(text, |safe, c| {
        if r"\`*_[]|#~$!".contains(c) {
            safe.push('\\');
        }
        safe.push(c);
    })
}

fn text(text: &Text) -> String {
    let words = escaped(&text.words);
    match text.tone {
        Tone::Plain | Tone::Good => words,
        _ if words.is_empty() => words,
        Tone::Bad | Tone::Strong => format!("**{words}**"),
    }
}

/// The page.
pub(super) fn markdown(page: &Page) -> String {
    let mut out = format!("# {}\n", escaped(&page.title));
    for piece in &page.pieces {
        out.push('\n');
        let _ = match piece {
            Piece::Section(title) => writeln!(out, "## {title}"),
            Piece::Words(words) => writeln!(out, "{}", text(words)),
            Piece::Table(head, rows) => {
                let head: Vec<String> = head.iter().map(|head| escaped(head)).collect();
                let _ = writeln!(out, "| {} |\n|{}", head.join(" | "), "---|".repeat(head.len()));
                for row in rows {
                    let cells: Vec<String> = row.iter().map(text).collect();
                    let _ = writeln!(out, "| {} |", cells.join(" | "));
                }
                Ok(())
            }
            Piece::Pictures(pictures) => {
                for picture in pictures {
                    let _ = writeln!(out, "![{}]({})", escaped(&picture.about), picture.file);
                }
                Ok(())
            }
            Piece::File(file, about) => writeln!(out, "[{file}]({file}): {about}"),
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_text_is_only_text() {
        assert_eq!(escaped("<!-- a -->"), "&lt;\\!-- a --&gt;");
        assert_eq!(escaped("a|b\n# c"), "a\\|b \\# c");
        assert_eq!(escaped("![x](http://y)"), "\\!\\[x\\](http://y)");
        assert_eq!(escaped("&lt;script&gt; `x`"), "&amp;lt;script&amp;gt; \\`x\\`");
        assert_eq!(escaped("a\u{202e}b\u{7}"), "a b");
        // what is measured reads as it is
        assert_eq!(escaped("26.3 nW, \u{2212}0.8 dB, ≤ 5.2 µV"), "26.3 nW, \u{2212}0.8 dB, ≤ 5.2 µV");
    }

    #[test]
    fn a_row_has_as_many_cells_as_the_head_whatever_stands_in_them() {
        let head = vec!["a".to_owned(), "b|c".to_owned()];
        let rows = vec![vec![Text::plain("1 | 2\n3"), Text::toned("x", Tone::Bad)]];
        let page = Page { title: "t".to_owned(), pieces: vec![Piece::Table(head, rows)] };
        let text = markdown(&page);
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(lines, ["| a | b\\|c |", "|---|---|", "| 1 \\| 2 3 | **x** |"]);
    }
}
