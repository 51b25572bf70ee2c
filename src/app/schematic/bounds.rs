//! How much work a drawing is, found out before any of it is done. A kilobyte of SVG can ask for billions of shapes
//! by elements that stand for others; such a file is refused, by what it would come to.

use resvg::usvg::roxmltree::{Document, Error, Node, ParsingOptions};
use std::collections::HashMap;

/// Shapes and letters, after everything that stands for others is written out. The bundled drawings have some 300.
pub const MOST_SHAPES: u64 = 20_000;
/// Bytes of attributes, written out likewise: the points of paths above all.
pub const MOST_BYTES: u64 = 2 << 20;
/// Elements within elements, again written out.
pub const DEEPEST: usize = 64;
/// Elements in the file.
const MOST_NODES: u32 = 100_000;
/// Layers within layers: each is a picture of its own until it is laid over the others.
const MOST_LAYERS: usize = 8;
/// What an element weighs, in shapes, that wants such a picture: one half transparent, masked or clipped.
const LAYER: u64 = 100;
/// How many times what it weighs an element does whose lines are cut into dashes.
const DASHED: u64 = 100;

/// The largest number that places or sizes something: to outline a circle of 10³⁸ units takes seconds.
const LARGEST: f64 = 1e5;
/// The attributes that place or size something.
const PLACES: [&str; 18] = [
    "r",
    "rx",
    "ry",
    "cx",
    "cy",
    "x",
    "y",
    "dx",
    "dy",
    "x1",
    "x2",
    "y1",
    "y2",
    "d",
    "points",
    "width",
    "height",
    "transform",
];
/// Properties that do, as attributes and in styles.
const SIZES: [&str; 2] = ["stroke-width", "font-size"];

/// What an element comes to with all that it contains and stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Work {
    shapes: u64,
    bytes: u64,
    depth: usize,
    layers: usize,
}

impl Work {
    fn add(&mut self, other: Work, times: u64) {
        self.shapes = self.shapes.saturating_add(other.shapes.saturating_mul(times));
        self.bytes = self.bytes.saturating_add(other.bytes.saturating_mul(times));
        self.depth = self.depth.max(other.depth + 1);
        self.layers = self.layers.max(other.layers);
    }

    fn check(self) -> Result<Work, String> {
        if self.shapes > MOST_SHAPES {
            return Err(format!("written out it has more than {MOST_SHAPES} shapes and letters"));
        }
        if self.bytes > MOST_BYTES {
            return Err(format!("written out it is larger than {} MB", MOST_BYTES >> 20));
        }
        if self.depth > DEEPEST {
            return Err(format!("written out its elements are nested more than {DEEPEST} deep"));
        }
        if self.layers > MOST_LAYERS {
            return Err(format!(
                "more than {MOST_LAYERS} half transparent, masked or clipped elements are nested"
            ));
        }
        Ok(self)
    }
}

/// Reads a drawing's XML and checks that it is no more work than a schematic should be.
///
/// # Errors
/// A line that says what is wrong with it.
pub fn parse(source: &str) -> Result<Document<'_>, String> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(source, options).map_err(|e| match e {
        Error::DtdDetected => {
            "it has a <!DOCTYPE …>, which is not read: remove it, or save as plain SVG".to_owned()
        }
        Error::NodesLimitReached => format!("it has more than {MOST_NODES} elements"),
        other => other.to_string(),
    })?;
    let mut named: HashMap<&str, Node> = HashMap::new();
    for node in document.descendants() {
        if let Some(id) = node.attribute("id") {
            named.entry(id).or_insert(node);
        }
        match node.tag_name().name() {
            "style" => check_style(node.text().unwrap_or_default())?,
            // one number of it may ask for any amount of work
            "filter" => return Err("it has filter effects, which are not drawn: remove them".to_owned()),
            _ => {}
        }
    }
    let mut counter = Counter { named, counted: HashMap::new(), within: Vec::new() };
    counter.count(document.root_element())?;
    drop(counter);
    Ok(document)
}

/// A style sheet may colour and size, but not bring in what cannot be counted by looking at the elements.
fn check_style(sheet: &str) -> Result<(), String> {
    let sheet = sheet.to_ascii_lowercase();
    check_sizes(&sheet)?;
    let unwanted = ["url(", "mix-blend-mode", "isolation", "stroke-dasharray", "@import"];
    match unwanted.into_iter().find(|word| sheet.contains(word)) {
        Some(word) => Err(format!("its style sheet says `{word}`: save it with attributes in place of CSS")),
        None if makes_layer(&sheet) => {
            Err("its style sheet says `opacity`: save it with attributes in place of CSS".to_owned())
        }
        None => Ok(()),
    }
}

/// Whether all that a style sizes has a size that can be drawn.
fn check_sizes(style: &str) -> Result<(), String> {
    let said = |property: &'static str| style.split(property).skip(1).map(move |said| (property, said));
    let mut all = SIZES.into_iter().flat_map(said);
    all.try_for_each(|(property, said)| {
        check_numbers(property, said.split([';', '}']).next().unwrap_or_default())
    })
}

/// Whether all numbers in an attribute are such as a drawing has. What is no number is none for the library either.
fn check_numbers(name: &str, value: &str) -> Result<(), String> {
    let number = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    for word in value.split(|c: char| !number(c)) {
        // in a path one sign may follow another's number without a blank, and the unit `em` begins as a power does
        let mut from = 0;
        for at in (1..=word.len()).filter(|&at| word.is_char_boundary(at)) {
            let ends =
                at == word.len() || (word[at..].starts_with(['+', '-']) && !word[..at].ends_with(['e', 'E']));
            if !ends {
                continue;
            }
            let text = word[from..at].trim_end_matches(['e', 'E']);
            from = at;
            if text.parse::<f64>().is_ok_and(|value| value.abs() > LARGEST) {
                return Err(format!(
                    "its {} has the number {}, more than {LARGEST}",
                    short(name),
                    short(text)
                ));
            }
        }
    }
    Ok(())
}

/// Whether `opacity` is said, and not of a line or a face alone.
fn makes_layer(style: &str) -> bool {
    style.match_indices("opacity").any(|(at, _)| !style[..at].ends_with('-'))
}

struct Counter<'a, 'input> {
    named: HashMap<&'a str, Node<'a, 'input>>,
    /// By the element's place in the text.
    counted: HashMap<usize, Work>,
    /// What is being counted, from the outermost on: an element that stands for one of these stands for itself.
    within: Vec<usize>,
}

impl<'a> Counter<'a, '_> {
    fn count(&mut self, node: Node<'a, '_>) -> Result<Work, String> {
        let key = node.range().start;
        if let Some(work) = self.counted.get(&key) {
            return Ok(*work);
        }
        if self.within.contains(&key) {
            let id = node.attribute("id").unwrap_or_default();
            return Err(format!("its element `{}` stands for itself", short(id)));
        }
        if self.within.len() >= DEEPEST {
            return Err(format!("written out its elements are nested more than {DEEPEST} deep"));
        }
        self.within.push(key);
        let work = self.written_out(node)?;
        self.within.pop();
        self.counted.insert(key, work);
        Ok(work)
    }

    fn written_out(&mut self, node: Node<'a, '_>) -> Result<Work, String> {
        let mut work = Work { shapes: 1, ..Work::default() };
        let (mut layer, mut dashed) = (false, false);
        let points = node.attribute("d").or_else(|| node.attribute("points"));
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            work.bytes = work.bytes.saturating_add(value.len() as u64);
            match name {
                "opacity" | "mask" | "clip-path" | "mix-blend-mode" | "isolation" => layer = true,
                "stroke-dasharray" => dashed = true,
                name if PLACES.contains(&name) || SIZES.contains(&name) => check_numbers(name, value)?,
                "style" => {
                    let style = value.to_ascii_lowercase();
                    check_sizes(&style)?;
                    let words = ["mask", "clip-path", "mix-blend-mode", "isolation"];
                    layer |= makes_layer(&style) || words.iter().any(|word| style.contains(word));
                    dashed |= style.contains("stroke-dasharray");
                }
                _ => {}
            }
            for id in referred(name, value) {
                let Some(&other) = self.named.get(id) else { continue };
                // what a group hands down is used by each of its members
                let times = match other.tag_name().name() {
                    "marker" | "pattern" if points.is_none() && node.has_children() => {
                        return Err(format!(
                            "its element <{}> has a marker or pattern for all that it contains: give it to each",
                            short(node.tag_name().name())
                        ));
                    }
                    // it may stand at every point
                    "marker" => points.map_or(2, |points| points.len() as u64),
                    _ => 1,
                };
                let other = self.count(other)?;
                work.add(other, times);
                work.check()?;
            }
        }
        for child in node.children() {
            if child.is_element() {
                let inner = self.count(child)?;
                work.add(inner, 1);
            } else if child.is_text() {
                let letters =
                    child.text().unwrap_or_default().split_whitespace().map(str::len).sum::<usize>();
                work.shapes = work.shapes.saturating_add(letters as u64);
            }
            work.check()?;
        }
        if dashed {
            work.shapes = work.shapes.saturating_mul(DASHED);
        }
        if layer {
            work.shapes = work.shapes.saturating_add(LAYER);
            work.layers += 1;
        }
        work.check()
    }
}

/// The identifiers that an attribute refers to: of a link `#id`, of paint, clips and markers `url(#id)`.
fn referred<'v>(name: &str, value: &'v str) -> Vec<&'v str> {
    if name == "href" {
        return value.trim().strip_prefix('#').into_iter().collect();
    }
    let end = |text: &'v str| text.split([')', '"', '\'']).next().unwrap_or_default().trim();
    let mut ids = Vec::new();
    for part in value.split("url(").skip(1) {
        if let Some(id) = part.trim_start_matches(['"', '\'', ' ']).strip_prefix('#') {
            ids.push(end(id));
        }
    }
    ids
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(inside: &str) -> String {
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' \
             width='100' height='100'>{inside}</svg>"
        )
    }

    fn refused(inside: &str, why: &str) {
        let said = parse(&svg(inside)).err().unwrap_or_else(|| panic!("{why}: {:.60} is taken", inside));
        assert!(said.contains(why), "{said}");
    }

    #[test]
    fn elements_that_stand_for_others_are_counted_written_out() {
        for link in ["href", "xlink:href"] {
            let mut nested = "<defs><path id='a0' d='M0 0L9 9'/>".to_owned();
            for level in 1..=10 {
                let uses = format!("<use {link}='#a{}'/>", level - 1).repeat(10);
                nested += &format!("<g id='a{level}'>{uses}</g>");
            }
            nested += &format!("</defs><use {link}='#a10'/>");
            assert!(nested.len() < 5_000, "a few kilobytes");
            refused(&nested, "more than 20000 shapes");
        }
        // three levels of ten are a thousand
        let some = "<g id='a'><path d='M0 0'/></g><g id='b'>".to_owned()
            + &"<use href='#a'/>".repeat(10)
            + "</g>"
            + &"<use href='#b'/>".repeat(10);
        assert!(parse(&svg(&some)).is_ok());
    }

    #[test]
    fn what_stands_for_itself_is_refused_and_named() {
        refused("<g id='loop'><use href='#loop'/></g>", "`loop` stands for itself");
        refused("<g id='x'><use href='#y'/></g><g id='y'><use href='#x'/></g>", "stands for itself");
        refused("<pattern id='p'><rect fill='url(#p)'/></pattern>", "`p` stands for itself");
    }

    #[test]
    fn paint_clips_and_markers_count_where_they_are_used() {
        let pattern = format!("<pattern id='p'>{}</pattern>", "<rect/>".repeat(300));
        refused(&(pattern.clone() + &"<rect fill='url(#p)'/>".repeat(100)), "shapes");
        refused(&(pattern + &"<rect style='fill:url(\"#p\")'/>".repeat(100)), "shapes");
        let marker = format!("<marker id='m'>{}</marker>", "<path/>".repeat(50));
        let line = format!("<path marker-mid='url(#m)' d='M0 0{}'/>", "L1 1".repeat(500));
        refused(&(marker.clone() + &line), "shapes");
        assert!(parse(&svg(&(marker + "<path marker-end='url(#m)' d='M0 0L1 1'/>"))).is_ok());
        refused(&"<g opacity='0.5'/>".repeat(220), "shapes");
        refused(&("<g opacity='0.5'>".repeat(10) + &"</g>".repeat(10)), "are nested");
        refused(&format!("<g stroke-dasharray='0.001'>{}</g>", "<path/>".repeat(300)), "shapes");
        refused("<marker id='m'/><g marker-mid='url(#m)'><path/></g>", "give it to each");
        refused("<filter id='f'><feTurbulence numOctaves='999999999'/></filter>", "filter effects");
        refused("<style>.a{marker-mid:url(#m)}</style>", "style sheet says `url(`");
        refused("<style>.a{fill-opacity:.5;opacity:.5}</style>", "`opacity`");
        assert!(parse(&svg("<style>.a{fill-opacity:.5;stroke:#000}</style>")).is_ok());
    }

    #[test]
    fn what_is_drawn_has_a_size_that_can_be_drawn() {
        let large = "more than 100000";
        refused(
            "<path stroke-width='9223372036854775807'/>",
            "its stroke-width has the number 9223372036854775807",
        );
        refused("<circle r='1e38'/>", large);
        refused("<path d='M0 0L1-1E9'/>", large);
        refused("<path stroke-width=' 1E18px'/>", large);
        refused("<path style='fill:none;stroke-width: 1e18'/>", large);
        refused("<style>path{stroke-width:999999em}</style>", large);
        for sound in ["1.7", "2em", "1e2", "1.5px", "10%", "inherit", "", "-1-2-3.5e-9", "1 000 000"] {
            assert!(parse(&svg(&format!("<path stroke-width='{sound}' d='M{sound}'/>"))).is_ok(), "{sound}");
        }
    }

    #[test]
    fn much_of_anything_is_refused() {
        let long = format!("<path d='M0 0{}'/>", "L1 1".repeat(1 << 20));
        refused(&long, "larger than 2 MB");
        refused(&format!("<text>{}</text>", "w".repeat(30_000)), "shapes and letters");
        refused(&"<g/>".repeat(150_000), "more than 100000 elements");
        let deep = |n: usize| "<g>".repeat(n) + &"</g>".repeat(n);
        refused(&deep(70), "nested more than 64 deep");
        refused(&deep(90_000), "nested more than 64 deep");
        let chain: String =
            (1..200).map(|i| format!("<g id='c{i}'><use href='#c{}'/></g>", i - 1)).rev().collect();
        refused(&chain, "nested more than 64 deep");
    }

    #[test]
    fn entities_are_not_read() {
        let bomb =
            format!("<!DOCTYPE svg [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]>{}", svg("<text>&b;</text>"));
        assert!(parse(&bomb).expect_err("a document type").contains("DOCTYPE"));
    }
}
