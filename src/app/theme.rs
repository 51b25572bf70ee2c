//! Colours, spacing and sizes: the tokens of `assets/themes`. Feasible and infeasible differ in lightness as
//! well as hue (Okabe and Ito's palette), so that they stay apart for every eye and in grey.

use egui::{
    Color32, Context, CornerRadius, FontDefinitions, FontFamily, FontId, Painter, Rect, Stroke, TextStyle,
    Theme, Ui, Visuals, pos2, vec2,
};
use serde::{Deserialize, Deserializer};
use std::sync::LazyLock;

const DARK: &str = include_str!("../../assets/themes/dark.ron");
const LIGHT: &str = include_str!("../../assets/themes/light.ron");

/// The colours with a meaning.
#[derive(Clone, Copy, Deserialize)]
pub struct Palette {
    /// Meets the specification.
    #[serde(deserialize_with = "colour")]
    pub feasible: Color32,
    /// Does not meet it.
    #[serde(deserialize_with = "colour")]
    pub infeasible: Color32,
    /// Could not be simulated.
    #[serde(deserialize_with = "colour")]
    pub failed: Color32,
    /// The selection.
    #[serde(deserialize_with = "colour")]
    pub selection: Color32,
    /// The specification's box.
    #[serde(deserialize_with = "colour")]
    pub spec: Color32,
    /// Training rows.
    #[serde(deserialize_with = "colour")]
    pub cloud: Color32,
    /// Warnings.
    #[serde(deserialize_with = "colour")]
    pub warning: Color32,
    /// Errors.
    #[serde(deserialize_with = "colour")]
    pub error: Color32,
    /// The smoothed training loss and histogram bars.
    #[serde(deserialize_with = "colour")]
    pub accent: Color32,
    /// The validation loss.
    #[serde(deserialize_with = "colour")]
    pub second: Color32,
    /// Designs of earlier runs.
    #[serde(deserialize_with = "colour")]
    pub earlier: Color32,
}

/// What things lie on.
#[derive(Clone, Copy, Deserialize)]
struct Surfaces {
    #[serde(deserialize_with = "colour")]
    panel: Color32,
    #[serde(deserialize_with = "colour")]
    window: Color32,
    #[serde(deserialize_with = "colour")]
    field: Color32,
    #[serde(deserialize_with = "colour")]
    stripe: Color32,
    #[serde(deserialize_with = "colour")]
    line: Color32,
    #[serde(deserialize_with = "colour")]
    selected: Color32,
}

/// What is written with.
#[derive(Clone, Copy, Deserialize)]
struct TextColours {
    #[serde(deserialize_with = "colour")]
    normal: Color32,
    #[serde(deserialize_with = "colour")]
    control: Color32,
    #[serde(deserialize_with = "colour")]
    weak: Color32,
    #[serde(deserialize_with = "colour")]
    strong: Color32,
    #[serde(deserialize_with = "colour")]
    selected: Color32,
}

#[derive(Clone, Copy, Deserialize)]
struct Spacing {
    item: (f32, f32),
    button: (f32, f32),
    row: f32,
    indent: f32,
    corner: u8,
}

#[derive(Clone, Copy, Deserialize)]
struct Sizes {
    body: f32,
    small: f32,
    heading: f32,
    monospace: f32,
}

/// A theme as its file says.
#[derive(Clone, Copy, Deserialize)]
struct Tokens {
    surfaces: Surfaces,
    text: TextColours,
    meaning: Palette,
    spacing: Spacing,
    sizes: Sizes,
}

/// `#rrggbb` or `#rrggbbaa`.
fn colour<'de, D: Deserializer<'de>>(from: D) -> Result<Color32, D::Error> {
    let text = String::deserialize(from)?;
    Color32::from_hex(&text)
        .map_err(|_| serde::de::Error::custom(format!("`{text}` is no colour: write #rrggbb or #rrggbbaa")))
}

impl Tokens {
    fn read(text: &str) -> Result<Tokens, String> {
        ron::from_str(text).map_err(|e| e.to_string())
    }

    /// What stands in for a file that cannot be read: the toolkit's own colours. The files are part of the
    /// program and a test reads them, so that nobody should ever see this.
    fn plain(dark: bool) -> Tokens {
        let v = if dark { Visuals::dark() } else { Visuals::light() };
        let (ink, paper) = (v.text_color(), v.panel_fill);
        let (warning, error, blue) = (v.warn_fg_color, v.error_fg_color, v.hyperlink_color);
        Tokens {
            surfaces: Surfaces {
                panel: paper,
                window: v.window_fill,
                field: v.extreme_bg_color,
                stripe: v.faint_bg_color,
                line: v.widgets.noninteractive.bg_stroke.color,
                selected: v.selection.bg_fill,
            },
            text: TextColours {
                normal: ink,
                control: ink,
                weak: v.weak_text_color(),
                strong: v.strong_text_color(),
                selected: v.selection.stroke.color,
            },
            meaning: Palette {
                feasible: blue,
                infeasible: warning,
                failed: error,
                selection: ink,
                spec: blue,
                cloud: ink.gamma_multiply(0.3),
                warning,
                error,
                accent: blue,
                second: warning,
                earlier: ink,
            },
            spacing: Spacing { item: (6.0, 5.0), button: (8.0, 3.0), row: 21.0, indent: 14.0, corner: 4 },
            sizes: Sizes { body: 13.0, small: 11.0, heading: 16.0, monospace: 12.0 },
        }
    }

    fn of(dark: bool) -> &'static Tokens {
        static THEMES: LazyLock<[Tokens; 2]> = LazyLock::new(|| {
            [(LIGHT, false), (DARK, true)].map(|(text, dark)| match Tokens::read(text) {
                Ok(tokens) => tokens,
                Err(_) => Tokens::plain(dark),
            })
        });
        &THEMES[usize::from(dark)]
    }

    fn apply(&self, style: &mut egui::Style) {
        let (item, button) = (self.spacing.item, self.spacing.button);
        style.spacing.item_spacing = vec2(item.0, item.1);
        style.spacing.button_padding = vec2(button.0, button.1);
        style.spacing.interact_size.y = self.spacing.row;
        style.spacing.indent = self.spacing.indent;
        let sizes = &self.sizes;
        for (text, font) in [
            (TextStyle::Body, FontId::proportional(sizes.body)),
            (TextStyle::Button, FontId::proportional(sizes.body)),
            (TextStyle::Small, FontId::proportional(sizes.small)),
            (TextStyle::Heading, FontId::proportional(sizes.heading)),
            (TextStyle::Monospace, FontId::monospace(sizes.monospace)),
        ] {
            style.text_styles.insert(text, font);
        }
        let v = &mut style.visuals;
        for widget in
            [&mut v.widgets.inactive, &mut v.widgets.hovered, &mut v.widgets.active, &mut v.widgets.open]
        {
            widget.corner_radius = CornerRadius::same(self.spacing.corner);
        }
        let (surfaces, text) = (&self.surfaces, &self.text);
        v.panel_fill = surfaces.panel;
        v.window_fill = surfaces.window;
        v.extreme_bg_color = surfaces.field;
        v.faint_bg_color = surfaces.stripe;
        v.selection.bg_fill = surfaces.selected;
        v.selection.stroke.color = text.selected;
        v.widgets.noninteractive.bg_stroke = Stroke::new(1.0, surfaces.line);
        v.widgets.noninteractive.fg_stroke = Stroke::new(1.0, text.normal);
        v.widgets.inactive.fg_stroke = Stroke::new(1.0, text.control);
        v.widgets.active.fg_stroke.color = text.strong;
        v.weak_text_color = Some(text.weak);
        v.warn_fg_color = self.meaning.warning;
        v.error_fg_color = self.meaning.error;
        v.hyperlink_color = self.meaning.accent;
    }
}

/// The palette of the theme that is on.
pub fn palette(visuals: &Visuals) -> Palette {
    Tokens::of(visuals.dark_mode).meaning
}

/// A tick, painted: the bundled fonts have none.
pub fn paint_tick(painter: &Painter, rect: Rect, colour: Color32) {
    let at = |x: f32, y: f32| pos2(rect.left() + x * rect.width(), rect.top() + y * rect.height());
    painter.line(vec![at(0.15, 0.55), at(0.42, 0.82), at(0.88, 0.22)], Stroke::new(1.8, colour));
}

/// A tick where all is well, else a triangle with an exclamation mark.
pub fn sign(ui: &mut Ui, well: bool, colour: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(13.0, 13.0), egui::Sense::hover());
    if well {
        paint_tick(ui.painter(), rect, colour);
        return;
    }
    let corners = vec![rect.center_top(), rect.right_bottom(), rect.left_bottom()];
    ui.painter().add(egui::Shape::closed_line(corners, Stroke::new(1.3, colour)));
    let x = rect.center().x;
    ui.painter()
        .line_segment([pos2(x, rect.top() + 4.5), pos2(x, rect.bottom() - 4.5)], Stroke::new(1.4, colour));
    ui.painter().circle_filled(pos2(x, rect.bottom() - 2.6), 0.9, colour);
}

/// Sets both themes up, once.
pub fn install(ctx: &Context) {
    // the proportional font has no geometric shapes; the monospaced one does
    let mut fonts = FontDefinitions::default();
    fonts.families.entry(FontFamily::Proportional).or_default().push("Hack".to_owned());
    ctx.set_fonts(fonts);
    // the commands of the View menu do it
    ctx.options_mut(|o| o.zoom_with_keyboard = false);
    ctx.style_mut_of(Theme::Dark, |style| Tokens::of(true).apply(style));
    ctx.style_mut_of(Theme::Light, |style| Tokens::of(false).apply(style));
}

/// Relative luminance as WCAG defines it.
fn luminance(colour: Color32) -> f32 {
    let [r, g, b, _] = egui::Rgba::from(colour).to_array();
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(a: Color32, b: Color32) -> f32 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// What a text's contrast to its ground is at least: WCAG's for ordinary letters.
const LEGIBLE: f32 = 4.5;

/// A colour that can be read on a ground: as it is, else brought nearer to white or to black as far as need be.
pub fn legible(colour: Color32, ground: Color32) -> Color32 {
    let towards = if luminance(ground) < 0.2 { Color32::WHITE } else { Color32::BLACK };
    let steps = (0..=20u8).map(|step| colour.lerp_to_gamma(towards, f32::from(step) / 20.0));
    let mut enough = steps.filter(|mixed| contrast(*mixed, ground) >= LEGIBLE);
    enough.next().unwrap_or(towards)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((contrast(Color32::WHITE, Color32::BLACK) - 21.0).abs() < 1e-3);
        // the grey that WCAG's own material names as just enough on white
        assert!((contrast(Color32::from_rgb(0x76, 0x76, 0x76), Color32::WHITE) - 4.54).abs() < 0.01);
    }

    #[test]
    fn both_themes_are_read_and_every_text_can_be() {
        for (file, text) in [("dark.ron", DARK), ("light.ron", LIGHT)] {
            let tokens = Tokens::read(text).unwrap_or_else(|e| panic!("{file}: {e}"));
            let (t, m, s) = (&tokens.text, &tokens.meaning, &tokens.surfaces);
            let inks = [
                ("text.normal", t.normal),
                ("text.control", t.control),
                ("text.weak", t.weak),
                ("text.strong", t.strong),
                ("meaning.feasible", m.feasible),
                ("meaning.infeasible", m.infeasible),
                ("meaning.failed", m.failed),
                ("meaning.spec", m.spec),
                ("meaning.warning", m.warning),
                ("meaning.error", m.error),
                ("meaning.accent", m.accent),
                ("meaning.second", m.second),
                ("meaning.earlier", m.earlier),
            ];
            for (name, ink) in inks {
                for (ground, paper) in [("panel", s.panel), ("window", s.window), ("stripe", s.stripe)] {
                    let c = contrast(ink, paper);
                    assert!(c >= 4.5, "{file}: {name} on {ground} has a contrast of {c:.2}");
                }
            }
            let c = contrast(t.selected, s.selected);
            assert!(c >= 4.5, "{file}: text.selected on surfaces.selected has a contrast of {c:.2}");
            for (name, ink) in inks {
                let c = contrast(legible(ink, s.selected), s.selected);
                assert!(
                    c >= 4.5,
                    "{file}: {name} made legible on surfaces.selected has a contrast of {c:.2}"
                );
            }
            // the two that must be told apart, in grey as well
            assert!(contrast(m.feasible, m.infeasible) > 1.05, "{file}");
        }
    }

    #[test]
    fn a_wrong_colour_is_named() {
        let broken = DARK.replacen("#181a1f", "#18", 1);
        let error = Tokens::read(&broken).err().expect("no colour");
        assert!(error.contains("`#18` is no colour"), "{error}");
    }
}
