//! A page as HTML: one file but for the pictures beside it, light or dark as the reader's screen is, and fit to be printed.

use super::page::{self, Page, Piece, Text, Tone};
use std::fmt::Write;

const STYLE: &str = "\
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5b6470; --rule: #d9dde2; --ground: #ffffff; --good: #00704f; --bad: #b3400a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ed; --soft: #9aa4af; --rule: #3a424c; --ground: #14181d; --good: #3fc79a; --bad: #ff9a5c; }
}
body { margin: 2rem auto; max-width: 62rem; padding: 0 1rem; font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--ground); }
h1 { font-size: 1.6rem; margin: 0 0 .4rem; }
h2 { font-size: 1.1rem; margin: 1.8rem 0 .5rem; break-after: avoid; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .22rem .9rem .22rem 0; border-bottom: 1px solid var(--rule); overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: normal; }
.scroll { overflow-x: auto; }
.strong { font-weight: bold; }
.good { color: var(--good); font-weight: bold; }
.bad { color: var(--bad); font-weight: bold; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem; }
figure { margin: 0; break-inside: avoid; }
figure img { width: 100%; background: #ffffff; border: 1px solid var(--rule); }
figcaption { color: var(--soft); font-size: .9em; }
@media print {
  :root { --ink: #000000; --soft: #444444; --rule: #bbbbbb; --ground: #ffffff; --good: #00573d; --bad: #8f3000; }
  body { margin: 0; max-width: none; font-size: 10pt; }
  tr { break-inside: avoid; }
  .scroll { overflow: visible; }
}
";

/// A text that means nothing to HTML, in an element or in a quoted attribute.
pub(super) fn escaped(text: &str) -> String {
    page::escaped(text, |safe, c| match c {
        '"' => *safe += "&quot;",
        '\'' => *safe += "&#39;",
        c => safe.push(c),
    })
}

/// An element around a text.
fn element(name: &str, text: &Text) -> String {
    let class = match text.tone {
        Tone::Plain => "",
        Tone::Good => " class=\"good\"",
        Tone::Bad => " class=\"bad\"",
        Tone::Strong => " class=\"strong\"",
    };
    format!("<{name}{class}>{}</{name}>", escaped(&text.words))
}

/// The page.
pub(super) fn html(page: &Page) -> String {
    let title = escaped(&page.title);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"script-src 'none'; object-src 'none'; base-uri 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    for piece in &page.pieces {
        let _ = match piece {
            Piece::Section(title) => writeln!(out, "<h2>{title}</h2>"),
            Piece::Words(words) => writeln!(out, "{}", element("p", words)),
            Piece::Table(head, rows) => {
                let head: String = head.iter().map(|head| format!("<th>{}</th>", escaped(head))).collect();
                let _ =
                    writeln!(out, "<div class=\"scroll\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>");
                for row in rows {
                    let cells: String = row.iter().map(|cell| element("td", cell)).collect();
                    let _ = writeln!(out, "<tr>{cells}</tr>");
                }
                writeln!(out, "</tbody>\n</table></div>")
            }
            Piece::Pictures(pictures) => {
                let _ = writeln!(out, "<div class=\"pictures\">");
                for picture in pictures {
                    let (file, about) = (escaped(&picture.file), escaped(&picture.about));
                    let _ = writeln!(
                        out,
                        "<figure><img src=\"{file}\" alt=\"{about}\"><figcaption>{about}</figcaption></figure>"
                    );
                }
                writeln!(out, "</div>")
            }
            Piece::File(file, about) => {
                writeln!(out, "<p><a href=\"{file}\">{file}</a>: {}</p>", escaped(about))
            }
        };
    }
    out + "</body>\n</html>\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::review::page::Picture;

    #[test]
    fn a_strangers_text_is_only_text() {
        let bad = "</title><script>alert(1)</script>\" onload='x' &amp;";
        let safe = escaped(bad);
        assert!(!safe.contains(['<', '>', '"', '\'']), "{safe}");
        assert!(safe.ends_with("&amp;amp;"), "{safe}");
        let pieces = vec![
            Piece::Words(Text::toned(bad, Tone::Bad)),
            Piece::Table(vec![bad.to_owned()], vec![vec![Text::plain(bad)]]),
            Piece::Pictures(vec![Picture { file: "a.png".to_owned(), about: bad.to_owned() }]),
        ];
        let text = html(&Page { title: bad.to_owned(), pieces });
        assert!(!text.contains("<script") && !text.contains("onload='"), "{text}");
        assert_eq!(text.matches("&lt;script&gt;").count(), 7, "{text}");
    }
}
