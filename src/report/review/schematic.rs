//! The circuit's drawing, if it is one that can be handed on: a picture and nothing else.

use crate::circuit::Circuit;
use crate::files::read_text_bounded;
use resvg::usvg::roxmltree::{Document, Node};

/// A drawing larger than this is no schematic.
const LARGEST: u64 = 4 << 20;
const SVG: &str = "http://www.w3.org/2000/svg";
/// What a plain drawing is made of: nothing that runs, moves, or brings something in.
const ELEMENTS: [&str; 22] = [
    "svg",
    "g",
    "defs",
    "title",
    "desc",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "use",
    "symbol",
    "marker",
    "linearGradient",
    "radialGradient",
    "stop",
    "clipPath",
    "pattern",
];

/// The drawing of a circuit as it is; nothing where it has none. `Err` says why one is left out.
pub(super) fn drawing(circuit: &Circuit) -> Option<Result<String, String>> {
    let path = circuit.schematic.as_ref()?;
    let text = match read_text_bounded(path, LARGEST) {
        Ok(text) => text,
        Err(e) => return Some(Err(format!("the schematic cannot be read: {e}"))),
    };
    Some(match what_is_not_plain(&text) {
        None => Ok(text),
        Some(why) => Err(format!("the schematic is left out: {why}")),
    })
}

/// What makes a text more than a plain drawing; nothing where it is one.
fn what_is_not_plain(text: &str) -> Option<&'static str> {
    // a document type, which could define entities, is refused by the reader
    let Ok(document) = Document::parse(text) else {
        return Some("it is no plain SVG");
    };
    if !document.root_element().has_tag_name((SVG, "svg")) {
        return Some("it is no SVG");
    }
    document.descendants().find_map(|node| of_node(&node))
}

fn of_node(node: &Node<'_, '_>) -> Option<&'static str> {
    if node.is_pi() {
        return Some("it has instructions for a program");
    }
    if !node.is_element() {
        return None;
    }
    let tag = node.tag_name();
    if tag.namespace() != Some(SVG) || !ELEMENTS.contains(&tag.name()) {
        return Some("it has more than lines, shapes and texts");
    }
    node.attributes().find_map(|attribute| {
        let name = attribute.name().to_ascii_lowercase();
        let value: String = attribute.value().chars().filter(|c| !c.is_whitespace()).collect();
        let value = value.to_ascii_lowercase();
        if name.starts_with("on") {
            return Some("it has a script");
        }
        let is_reference = matches!(name.as_str(), "href" | "src" | "base");
        let mut named = value.split("url(").skip(1);
        let inside = |rest: &str| rest.trim_start_matches(['"', '\'']).starts_with('#');
        if (is_reference && !value.starts_with('#')) || !named.all(inside) || value.contains("image-set(") {
            return Some("it refers to what lies elsewhere");
        }
        // an escape could spell any of these in a style
        let styled = name == "style" && (value.contains('\\') || value.contains('@') || value.contains("/*"));
        (styled || value.contains("javascript:")).then_some("it has a script or a style that could hide one")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::bundled_circuits;

    #[test]
    fn the_bundled_drawings_are_plain() {
        for name in bundled_circuits() {
            let circuit = Circuit::open(&name).expect("bundled");
            let drawn = drawing(&circuit).map(|drawn| drawn.map(|text| text.starts_with("<svg")));
            assert_eq!(drawn, Some(Ok(true)), "{name}");
        }
    }

    #[test]
    fn what_could_run_or_call_home_is_left_out() {
        let svg = |inner: &str| {
            format!("<svg xmlns=\"{SVG}\" xmlns:xlink=\"http://www.w3.org/1999/xlink\"><g>{inner}</g></svg>")
        };
        for plain in [
            "<path d=\"M0 0\"/>",
            "<use href=\"#a\"/>",
            "<rect fill=\"url(#g)\" style=\"fill:url('#g')\"/>",
            "<text>javascript: is only a word here</text>",
        ] {
            assert_eq!(what_is_not_plain(&svg(plain)), None, "{plain}");
        }
        for bad in [
            "<script>alert(1)</script>",
            "<path onload=\"alert(1)\"/>",
            "<path ONLOAD=\"alert(1)\"/>",
            "<image href=\"http://there/x.png\"/>",
            "<use xlink:href=\"http://there/x.svg#a\"/>",
            "<use href=\" //there/x.svg#a\"/>",
            "<rect fill=\"url(http://there/x)\"/>",
            "<rect fill=\"url( 'http://there/x')\"/>",
            "<rect style=\"fill:u\\72l(http://there)\"/>",
            "<style>@import url(http://there)</style>",
            "<a href=\"javascript:alert(1)\"><path d=\"M0 0\"/></a>",
            "<foreignObject><b xmlns=\"http://www.w3.org/1999/xhtml\"/></foreignObject>",
            "<set attributeName=\"href\" to=\"javascript:alert(1)\"/>",
            "<?xml-stylesheet href=\"http://there\"?>",
        ] {
            assert!(what_is_not_plain(&svg(bad)).is_some(), "{bad}");
        }
        let entities = "<!DOCTYPE svg [<!ENTITY a \"b\">]><svg xmlns=\"http://www.w3.org/2000/svg\"/>";
        for no_svg in [entities, "<html/>", "rubbish", ""] {
            assert!(what_is_not_plain(no_svg).is_some(), "{no_svg}");
        }
    }
}
