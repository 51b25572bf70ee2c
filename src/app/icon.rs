//! The window's icon, drawn from the one that desktops show.

use egui::IconData;
use resvg::{tiny_skia, usvg};

const SVG: &str = include_str!("../../assets/icon/sizewright.svg");
/// Pixels a side: what task switchers show largest.
const SIDE: u32 = 256;

/// The icon; none if it cannot be drawn.
pub fn icon() -> Option<IconData> {
    let tree = usvg::Tree::from_str(SVG, &usvg::Options::default()).ok()?;
    let mut pixels = tiny_skia::Pixmap::new(SIDE, SIDE)?;
    let scale = SIDE as f32 / tree.size().width();
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
    let rgba = pixels.pixels().iter().flat_map(|p| {
        let p = p.demultiply();
        [p.red(), p.green(), p.blue(), p.alpha()]
    });
    Some(IconData { rgba: rgba.collect(), width: SIDE, height: SIDE })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_icon_is_round_at_its_corners_and_full_in_its_middle() {
        let icon = super::icon().expect("it is drawn");
        assert_eq!((icon.width, icon.height, icon.rgba.len()), (256, 256, 256 * 256 * 4));
        let alpha = |x: usize, y: usize| icon.rgba[(y * 256 + x) * 4 + 3];
        assert_eq!((alpha(0, 0), alpha(128, 128)), (0, 255));
        let shades: std::collections::HashSet<&[u8]> = icon.rgba.chunks(4).collect();
        assert!(shades.len() > 20, "{} shades", shades.len());
    }
}
