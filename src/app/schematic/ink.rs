//! Where a drawing has ink, so that what is noted on it keeps clear of lines and letters.

use egui::Rect;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg;

/// Pixels on the longer side: lines are seen, and it is painted within milliseconds.
const SIDE: f32 = 400.0;
/// More opaque pixels, of 255, are ink.
const INKED: u8 = 60;

/// How much ink a drawing has above and left of each pixel.
#[derive(Clone, Debug)]
pub struct Ink {
    size: [usize; 2],
    /// One row and column more than the pixels: sums over all that lie before.
    sums: Vec<u32>,
}

impl Ink {
    /// Of a drawing.
    pub(super) fn of(tree: &usvg::Tree) -> Ink {
        let scale = SIDE / tree.size().width().max(tree.size().height());
        let side = |length: f32| ((length * scale).round() as u32).max(1);
        let (w, h) = (side(tree.size().width()), side(tree.size().height()));
        let Some(mut pixmap) = Pixmap::new(w, h) else {
            return Ink { size: [0, 0], sums: vec![0] };
        };
        resvg::render(tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
        Ink::counted([w as usize, h as usize], |x, y| pixmap.data()[4 * (y * w as usize + x) + 3] > INKED)
    }

    fn counted(size: [usize; 2], inked: impl Fn(usize, usize) -> bool) -> Ink {
        let [w, h] = size;
        let mut sums = vec![0; (w + 1) * (h + 1)];
        for y in 0..h {
            for x in 0..w {
                let at = |x: usize, y: usize| y * (w + 1) + x;
                let before = sums[at(x + 1, y)] + sums[at(x, y + 1)] - sums[at(x, y)];
                sums[at(x + 1, y + 1)] = before + u32::from(inked(x, y));
            }
        }
        Ink { size, sums }
    }

    /// The part of a box that has ink; the box as parts of the drawing's size.
    pub fn under(&self, part: Rect) -> f32 {
        let [w, h] = self.size;
        let at = |part: f32, side: usize| (part.clamp(0.0, 1.0) * side as f32).round() as usize;
        let (left, right) = (at(part.left(), w), at(part.right(), w));
        let (top, bottom) = (at(part.top(), h), at(part.bottom(), h));
        let area = right.saturating_sub(left) * bottom.saturating_sub(top);
        if area == 0 {
            return 0.0;
        }
        let sum = |x: usize, y: usize| self.sums[y * (w + 1) + x];
        let inked = sum(right, bottom) + sum(left, top) - sum(left, bottom) - sum(right, top);
        inked as f32 / area as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    #[test]
    fn ink_is_counted_in_any_box() {
        // a column of ink in the middle
        let ink = Ink::counted([10, 4], |x, _| x == 5);
        let part = |left: f32, right: f32| ink.under(Rect::from_min_max(pos2(left, 0.0), pos2(right, 1.0)));
        assert_eq!(part(0.0, 1.0), 0.1);
        assert_eq!(part(0.5, 0.6), 1.0);
        assert_eq!(part(0.0, 0.5), 0.0);
        assert_eq!(part(0.3, 0.3), 0.0);
        let tall = Rect::from_min_max(pos2(0.4, 0.25), pos2(0.6, 0.75));
        assert_eq!(ink.under(tall), 0.5);
        assert_eq!(ink.under(Rect::from_min_max(pos2(2.0, 2.0), pos2(3.0, 3.0))), 0.0);
    }
}
