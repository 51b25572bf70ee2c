//! A schematic as a picture: an SVG whose ink follows the theme and whose device groups can be lit.
//!
//! The bundled drawings use two literal colours, [`INK`] and [`FAINT`], and mark a device with
//! `data-group`. Substituting text keeps the file an ordinary SVG that any editor opens.

use super::bounds;
use super::ink::Ink;
use crate::circuit::{Circuit, shortened};
use crate::files::read_text_bounded;
use egui::{Color32, ColorImage, Rect, Vec2, pos2, vec2};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, fontdb};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

/// Lines and names in a bundled drawing.
pub const INK: &str = "#1b1f24";
/// What is said in a lower voice.
pub const FAINT: &str = "#5b6470";
/// A drawing larger than this is no schematic.
const LARGEST: u64 = 4 << 20;
/// The most pixels on a side, whatever the zoom.
const WIDEST: u32 = 4096;

/// The colours of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Inks {
    /// In place of [`INK`].
    pub ink: Color32,
    /// In place of [`FAINT`].
    pub faint: Color32,
    /// In place of both [`INK`] and [`FAINT`] in the group that is lit.
    pub lit: Color32,
}

/// One device of the drawing.
#[derive(Clone, Debug)]
struct Device {
    /// Its identifier in the drawing; empty where it has none.
    id: String,
    /// The index of the device group in the circuit.
    group: usize,
    /// The range of the group's element in the text.
    text: Range<usize>,
    /// The box of the group as parts of the drawing's size, if it has an identifier to find it by.
    place: Option<Rect>,
}

/// A drawing, read and checked.
pub struct Drawing {
    source: String,
    size: Vec2,
    devices: Vec<Device>,
    ink: Ink,
}

impl Drawing {
    /// Reads the circuit's drawing.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn read(circuit: &Circuit) -> Option<Result<Drawing, String>> {
        let path = circuit.schematic.as_ref()?;
        let read = || -> Result<Drawing, String> {
            let source = read_text_bounded(path, LARGEST).map_err(|e| e.to_string())?;
            Drawing::new(source, circuit)
        };
        Some(read().map_err(|e| format!("The schematic {} cannot be drawn: {e}", path.display())))
    }

    /// Takes the text of a drawing.
    ///
    /// # Errors
    /// What is wrong with it, in a line.
    pub(crate) fn new(source: String, circuit: &Circuit) -> Result<Drawing, String> {
        guarded(|| Drawing::of(source, circuit))
    }

    fn of(source: String, circuit: &Circuit) -> Result<Drawing, String> {
        let document = bounds::parse(&source)?;
        let tree = usvg::Tree::from_xmltree(&document, &options()).map_err(|e| e.to_string())?;
        let size = vec2(tree.size().width(), tree.size().height());
        within_reach(&tree)?;
        let mut devices = Vec::new();
        for node in document.descendants().filter(|n| n.has_tag_name("g")) {
            let id = node.attribute("id").unwrap_or_default();
            let named = node.attribute("data-group");
            let group = circuit.groups.iter().position(|g| match named {
                Some(name) => g.name == name,
                None => g.devices.iter().any(|d| d == id),
            });
            let Some(group) = group else {
                continue;
            };
            let place = (!id.is_empty()).then(|| tree.node_by_id(id)).flatten().map(|node| {
                let b = node.abs_stroke_bounding_box();
                let at = |x: f32, y: f32| pos2(x / size.x, y / size.y);
                Rect::from_min_max(at(b.left(), b.top()), at(b.right(), b.bottom()))
            });
            devices.push(Device { id: id.to_owned(), group, text: node.range(), place });
        }
        drop(document);
        let ink = Ink::of(&tree);
        Ok(Drawing { source, size, devices, ink })
    }

    /// Width and height in the drawing's own units.
    pub fn size(&self) -> Vec2 {
        self.size
    }

    /// Whether its ink can follow the theme; another drawing wants paper under it.
    pub fn follows_theme(&self) -> bool {
        self.source.contains(INK)
    }

    /// The group of the device at a place, given as parts of the size.
    pub fn group_at(&self, part: Vec2) -> Option<usize> {
        let here = |d: &&Device| d.place.is_some_and(|r| r.contains(part.to_pos2()));
        let area = |d: &&Device| d.place.map_or(f32::INFINITY, |r| r.area());
        self.devices.iter().filter(here).min_by(|a, b| area(a).total_cmp(&area(b))).map(|d| d.group)
    }

    /// Where it has ink.
    pub fn ink(&self) -> &Ink {
        &self.ink
    }

    /// Where devices stand, as parts of the drawing's size: identifier, group and box of each.
    pub fn places(&self) -> impl Iterator<Item = (&str, usize, Rect)> {
        self.devices.iter().filter_map(|d| Some((d.id.as_str(), d.group, d.place?)))
    }

    /// The text with the colours substituted.
    fn inked(&self, inks: Inks, lit: Option<usize>) -> String {
        let with = |text: &str, ink: Color32, faint: Color32| {
            text.replace(INK, &hex(ink)).replace(FAINT, &hex(faint))
        };
        let mut inked = String::with_capacity(self.source.len());
        let mut done = 0;
        for device in self.devices.iter().filter(|d| Some(d.group) == lit) {
            if device.text.start < done {
                continue; // it lies inside one that was lit
            }
            inked += &with(&self.source[done..device.text.start], inks.ink, inks.faint);
            inked += &with(&self.source[device.text.clone()], inks.lit, inks.lit);
            done = device.text.end;
        }
        inked + &with(&self.source[done..], inks.ink, inks.faint)
    }

    /// The picture, `width` pixels wide.
    ///
    /// # Errors
    /// The text with its colours substituted is no SVG any more, or the painting library gives up on it: no bundled
    /// drawing does either.
    pub fn picture(&self, width: u32, inks: Inks, lit: Option<usize>) -> Result<ColorImage, String> {
        guarded(|| self.painted(width, inks, lit))
    }

    fn painted(&self, width: u32, inks: Inks, lit: Option<usize>) -> Result<ColorImage, String> {
        let inked = self.inked(inks, lit);
        let document = bounds::parse(&inked)?;
        let tree = usvg::Tree::from_xmltree(&document, &options()).map_err(|e| e.to_string())?;
        let width = width.clamp(1, WIDEST);
        let scale = (width as f32 / self.size.x).min(WIDEST as f32 / self.size.y);
        let [w, h] = [self.size.x, self.size.y].map(|side| ((side * scale).round() as u32).max(1));
        let mut pixmap = Pixmap::new(w, h).ok_or("it has no size")?;
        resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
        Ok(ColorImage::from_rgba_premultiplied([w as usize, h as usize], pixmap.data()))
    }
}

/// How many times its own size a drawing may reach beyond its edges: a line of 10¹⁸ units is painted for ever.
const REACH: f32 = 100.0;

/// Checks that nothing is drawn far outside.
fn within_reach(tree: &usvg::Tree) -> Result<(), String> {
    let size = tree.size();
    let most = REACH * size.width().max(size.height());
    let painted = tree.root().abs_stroke_bounding_box();
    let edges = [painted.left(), painted.top(), painted.right(), painted.bottom()];
    if edges.iter().all(|edge| edge.abs() <= most) {
        return Ok(());
    }
    Err(format!("something in it reaches more than {REACH} times its size beyond its edges"))
}

/// Characters of an error: the libraries repeat what they cannot read, whole.
const LONGEST_ERROR: usize = 300;

/// A stranger's drawing may bring a library to panic, or to quote a megabyte: both are errors of a line.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let done = catch_unwind(AssertUnwindSafe(work));
    let done = done.unwrap_or_else(|_| Err("the library that paints it gave up on it".to_owned()));
    done.map_err(|said| shortened(&said, LONGEST_ERROR))
}

fn hex(colour: Color32) -> String {
    format!("#{:02x}{:02x}{:02x}", colour.r(), colour.g(), colour.b())
}

fn options() -> usvg::Options<'static> {
    usvg::Options {
        fontdb: fonts(),
        // a drawing is one file: nothing is fetched from beside it
        image_href_resolver: usvg::ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| None),
            resolve_string: Box::new(|_, _| None),
        },
        ..usvg::Options::default()
    }
}

/// The window's own fonts, so that a drawing looks the same on every machine.
fn fonts() -> Arc<fontdb::Database> {
    static FONTS: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    let read = || {
        let mut fonts = fontdb::Database::new();
        let definitions = egui::FontDefinitions::default();
        // the proportional one first: it stands for every family that is asked for
        for name in ["Ubuntu-Light", "Hack"] {
            if let Some(data) = definitions.font_data.get(name) {
                fonts.load_font_source(fontdb::Source::Binary(Arc::clone(&data.font)));
            }
        }
        let families: Vec<String> =
            fonts.faces().filter_map(|face| Some(face.families.first()?.0.clone())).collect();
        if let (Some(first), Some(last)) = (families.first(), families.last()) {
            fonts.set_sans_serif_family(first);
            fonts.set_serif_family(first);
            fonts.set_cursive_family(first);
            fonts.set_fantasy_family(first);
            fonts.set_monospace_family(last);
        }
        Arc::new(fonts)
    };
    Arc::clone(FONTS.get_or_init(read))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::bundled_circuits;
    use resvg::usvg::roxmltree;

    const INKS: Inks =
        Inks { ink: Color32::from_rgb(1, 2, 3), faint: Color32::from_rgb(4, 5, 6), lit: Color32::RED };

    fn drawing(name: &str) -> (Circuit, Drawing) {
        let circuit = Circuit::open(name).expect("bundled");
        let drawing = Drawing::read(&circuit).expect("it has one").expect("it is sound");
        (circuit, drawing)
    }

    #[test]
    fn every_bundled_drawing_has_all_devices_of_its_circuit() {
        let mut found = 0;
        for name in bundled_circuits() {
            let circuit = Circuit::open(&name).expect("bundled");
            // a circuit may have none
            let Some(drawing) = Drawing::read(&circuit) else { continue };
            let drawing = drawing.expect("it is sound");
            found += 1;
            assert!(drawing.follows_theme(), "{name}");
            for (g, group) in circuit.groups.iter().enumerate() {
                let drawn = drawing.devices.iter().filter(|d| d.group == g && d.place.is_some()).count();
                assert_eq!(drawn, group.devices.len(), "{name}: {}", group.name);
            }
        }
        assert!(found > 0, "no bundled circuit has a drawing");
    }

    #[test]
    fn only_the_lit_group_changes_its_colour() {
        let (circuit, drawing) = drawing("ota1");
        let plain = drawing.inked(INKS, None);
        assert!(!plain.contains(INK) && !plain.contains(FAINT) && !plain.contains("#ff0000"));
        let tail = circuit.groups.iter().position(|g| g.name == "tail source").expect("OTA1 has one");
        let lit = drawing.inked(INKS, Some(tail));
        assert_eq!(lit.len(), plain.len());
        let document = roxmltree::Document::parse(&lit).expect("still XML");
        for node in document.descendants().filter(|n| n.attribute("data-group").is_some()) {
            let red = lit[node.range()].contains("#ff0000");
            assert_eq!(red, node.attribute("data-group") == Some("tail source"), "{node:?}");
        }
    }

    #[test]
    fn a_picture_has_ink_text_and_the_lit_colour() {
        let (circuit, drawing) = drawing("ota1");
        let size = drawing.size();
        let picture = drawing.picture(size.x as u32, INKS, Some(0)).expect("drawn");
        let red = |x: usize, y: usize| picture.pixels[y * picture.size[0] + x] == Color32::RED;
        let count = (0..picture.size[0] * picture.size[1]).filter(|i| picture.pixels[*i] == Color32::RED);
        assert!(count.count() > 200);
        // M1's channel, which is 466 - 72 to the right and 184 - 11 down for M2
        assert!(red(102, 173) || red(101, 173), "M1 is of the {}", circuit.groups[0].name);
        // the minus of in−: a wide flat stroke that only a font with U+2212 draws
        let ink = |x: usize, y: usize| picture.pixels[y * picture.size[0] + x].a() > 60;
        let (left, right) = (533 - 72, 560 - 72);
        let inked = (left..right).filter(|x| (166..182).any(|y| ink(*x, y))).count();
        assert!(inked > 12, "{inked} columns of `in−` have ink");
    }

    #[test]
    fn a_device_is_found_where_it_stands() {
        let (circuit, drawing) = drawing("ota1");
        let size = drawing.size();
        let at = |x: f32, y: f32| drawing.group_at(vec2((x - 72.0) / size.x, (y - 11.0) / size.y));
        assert_eq!(at(304.0, 90.0).map(|g| circuit.groups[g].name.as_str()), Some("tail source"));
        assert_eq!(at(560.0, 100.0), None);
    }

    #[test]
    fn what_is_no_drawing_is_refused_in_words() {
        let (circuit, _) = drawing("ota1");
        for text in ["", "<svg", "no SVG at all", "<html></html>"] {
            assert!(Drawing::new(text.to_owned(), &circuit).is_err(), "{text}");
        }
    }
}
