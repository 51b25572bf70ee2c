//! Colours and spacing. Feasible and infeasible differ in lightness as well as hue (Okabe and Ito's
//! palette), so that they stay apart for every eye and in grey.

use egui::{
    Color32, Context, CornerRadius, FontDefinitions, FontFamily, FontId, Painter, Rect, Stroke, TextStyle,
    Theme, Ui, Visuals, pos2, vec2,
};

/// The colours with a meaning.
#[derive(Clone, Copy)]
pub struct Palette {
    /// Meets the specification.
    pub feasible: Color32,
    /// Does not meet it.
    pub infeasible: Color32,
    /// Could not be simulated.
    pub failed: Color32,
    /// The selection.
    pub selection: Color32,
    /// The specification's box.
    pub spec: Color32,
    /// Training rows.
    pub cloud: Color32,
    /// Warnings.
    pub warning: Color32,
    /// Errors.
    pub error: Color32,
    /// The smoothed training loss and histogram bars.
    pub accent: Color32,
    /// The validation loss.
    pub second: Color32,
}

/// The palette of the theme that is on.
pub fn palette(visuals: &Visuals) -> Palette {
    if visuals.dark_mode {
        Palette {
            feasible: Color32::from_rgb(38, 201, 155),
            infeasible: Color32::from_rgb(240, 124, 52),
            failed: Color32::from_rgb(214, 86, 118),
            selection: Color32::from_rgb(255, 226, 89),
            spec: Color32::from_rgb(86, 180, 233),
            cloud: Color32::from_rgba_unmultiplied(150, 158, 172, 70),
            warning: Color32::from_rgb(240, 190, 80),
            error: Color32::from_rgb(255, 110, 104),
            accent: Color32::from_rgb(96, 178, 236),
            second: Color32::from_rgb(240, 160, 80),
        }
    } else {
        Palette {
            feasible: Color32::from_rgb(0, 128, 96),
            infeasible: Color32::from_rgb(203, 83, 0),
            failed: Color32::from_rgb(160, 30, 70),
            selection: Color32::from_rgb(20, 20, 24),
            spec: Color32::from_rgb(0, 104, 176),
            cloud: Color32::from_rgba_unmultiplied(90, 98, 112, 60),
            warning: Color32::from_rgb(156, 98, 0),
            error: Color32::from_rgb(186, 26, 26),
            accent: Color32::from_rgb(0, 104, 176),
            second: Color32::from_rgb(190, 92, 0),
        }
    }
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
    ctx.all_styles_mut(|style| {
        style.spacing.item_spacing = vec2(6.0, 5.0);
        style.spacing.button_padding = vec2(8.0, 3.0);
        style.spacing.interact_size.y = 21.0;
        style.spacing.indent = 14.0;
        style.text_styles.insert(TextStyle::Body, FontId::proportional(13.0));
        style.text_styles.insert(TextStyle::Button, FontId::proportional(13.0));
        style.text_styles.insert(TextStyle::Small, FontId::proportional(11.0));
        style.text_styles.insert(TextStyle::Heading, FontId::proportional(16.0));
        style.text_styles.insert(TextStyle::Monospace, FontId::monospace(12.0));
        for widget in [
            &mut style.visuals.widgets.inactive,
            &mut style.visuals.widgets.hovered,
            &mut style.visuals.widgets.active,
            &mut style.visuals.widgets.open,
        ] {
            widget.corner_radius = CornerRadius::same(4);
        }
    });
    ctx.style_mut_of(Theme::Dark, |style| {
        let v = &mut style.visuals;
        v.panel_fill = Color32::from_rgb(24, 26, 31);
        v.window_fill = Color32::from_rgb(30, 33, 39);
        v.extreme_bg_color = Color32::from_rgb(15, 17, 20);
        v.faint_bg_color = Color32::from_rgb(31, 34, 40);
        v.widgets.noninteractive.fg_stroke = Stroke::new(1.0, Color32::from_rgb(205, 209, 216));
        v.widgets.noninteractive.bg_stroke = Stroke::new(1.0, Color32::from_rgb(50, 54, 62));
        v.widgets.inactive.fg_stroke = Stroke::new(1.0, Color32::from_rgb(218, 222, 228));
        v.selection.bg_fill = Color32::from_rgb(0, 88, 140);
    });
    ctx.style_mut_of(Theme::Light, |style| {
        let v = &mut style.visuals;
        v.panel_fill = Color32::from_rgb(247, 248, 250);
        v.faint_bg_color = Color32::from_rgb(238, 240, 244);
        v.widgets.noninteractive.fg_stroke = Stroke::new(1.0, Color32::from_rgb(40, 44, 52));
        v.widgets.inactive.fg_stroke = Stroke::new(1.0, Color32::from_rgb(36, 40, 48));
        v.weak_text_alpha = 0.75;
    });
}
