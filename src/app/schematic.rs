//! The circuit's drawing on its page. Under the pointer a device lights up with its group and its
//! parameters, and a parameter with its devices.

mod artist;
mod bounds;
pub(crate) mod drawing;
mod ink;
pub mod notes;
mod plain;

use super::theme::palette;
use crate::circuit::{Circuit, Sizing, format_quantity};
use artist::{Artist, Commission, Delivery, PictureKey};
use drawing::{Drawing, Inks};
use egui::{Color32, Context, Rect, Role, Sense, TextureHandle, TextureOptions, Ui, Vec2, WidgetInfo, vec2};
use notes::Note;
use std::collections::HashMap;
use std::sync::Arc;

/// A drawing is not stretched beyond this many points for one of its own units: lines would get clumsy.
const LARGEST_SCALE: f32 = 1.25;
/// Pictures kept: every group of both themes, until the page is resized.
const KEPT: usize = 24;

/// A circuit's drawing, as far as it is.
#[derive(Default)]
enum Sheet {
    /// The circuit has none.
    #[default]
    None,
    /// The drawing is being read.
    Awaited,
    Read(Arc<Drawing>),
    /// Why the drawing cannot be shown.
    Failed(String),
}

/// What is drawn, and which group is lit.
#[derive(Default)]
pub struct Schematic {
    of: Option<Arc<Circuit>>,
    sheet: Sheet,
    pictures: HashMap<PictureKey, Result<TextureHandle, String>>,
    /// The picture that is being drawn.
    awaited: Option<PictureKey>,
    /// What stands there until it is.
    shown: Option<PictureKey>,
    lit: Option<usize>,
    artist: Option<Artist>,
}

impl Schematic {
    /// Takes the circuit's drawing up; whether there is one, or will be, or a reason why it cannot be drawn.
    pub fn follow(&mut self, ctx: &Context, circuit: &Arc<Circuit>) -> bool {
        if self.of.as_ref().is_none_or(|of| !Arc::ptr_eq(of, circuit)) {
            let artist = self.artist.take();
            *self = Schematic { of: Some(Arc::clone(circuit)), artist, ..Schematic::default() };
            if circuit.schematic.is_some() || !circuit.groups.is_empty() {
                self.sheet = Sheet::Awaited;
                self.commission(ctx, Commission::Read(Arc::clone(circuit)));
            }
        }
        self.take(ctx);
        !matches!(self.sheet, Sheet::None)
    }

    fn commission(&mut self, ctx: &Context, commission: Commission) {
        let artist = self.artist.get_or_insert_with(|| Artist::new(ctx));
        if !artist.commission(commission) {
            self.sheet =
                Sheet::Failed("The schematic cannot be drawn: the system has no more threads".to_owned());
        }
    }

    /// Takes what has been read and drawn, if it is still wanted.
    fn take(&mut self, ctx: &Context) {
        let done = self.artist.as_ref().map(Artist::done).unwrap_or_default();
        for work in done {
            match work {
                Delivery::Read(of, read) if self.of.as_ref().is_some_and(|it| Arc::ptr_eq(it, &of)) => {
                    self.sheet = match read {
                        None => Sheet::None,
                        Some(Ok(drawing)) => Sheet::Read(Arc::new(drawing)),
                        Some(Err(problem)) => Sheet::Failed(problem),
                    };
                }
                Delivery::Drawn(of, key, drawn) if matches!(&self.sheet, Sheet::Read(it) if Arc::ptr_eq(it, &of)) =>
                {
                    if self.pictures.len() >= KEPT {
                        self.pictures.retain(|other, _| Some(*other) == self.shown);
                    }
                    let load = |picture| ctx.load_texture("schematic", picture, TextureOptions::LINEAR);
                    self.pictures.insert(key, drawn.map(load));
                    self.awaited = self.awaited.filter(|awaited| *awaited != key);
                }
                // of a circuit that is not open any more
                Delivery::Read(..) | Delivery::Drawn(..) => {}
            }
        }
    }

    /// The group that is lit.
    pub fn lit(&self) -> Option<usize> {
        self.lit
    }

    /// Whether nothing of it is still being read or drawn.
    pub fn settled(&self) -> bool {
        !matches!(self.sheet, Sheet::Awaited) && self.awaited.is_none()
    }

    /// Lights another group from the next frame on.
    pub fn light(&mut self, ui: &Ui, group: Option<usize>) {
        if self.lit != group {
            self.lit = group;
            ui.ctx().request_repaint();
        }
    }

    /// Draws the schematic as large as there is `room`, with what is noted at devices; the group of the device under the
    /// pointer.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        room: Vec2,
        circuit: &Circuit,
        sizing: Option<&Sizing>,
        notes: &[Note],
    ) -> Option<usize> {
        let drawing = match &self.sheet {
            Sheet::None => return None,
            Sheet::Awaited => {
                ui.weak("The schematic is being read");
                return None;
            }
            Sheet::Failed(problem) => {
                ui.colored_label(palette(ui.visuals()).warning, problem);
                return None;
            }
            Sheet::Read(drawing) => Arc::clone(drawing),
        };
        let natural = drawing.size();
        let scale = (room.x / natural.x).min(room.y / natural.y).min(LARGEST_SCALE);
        let (rect, response) = ui.allocate_exact_size(natural * scale, Sense::hover());
        let name = match self.lit.and_then(|g| circuit.groups.get(g)) {
            Some(group) => format!("Schematic of {}, {} lit", circuit.title, group.name),
            None => format!("Schematic of {}", circuit.title),
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
        if !ui.is_rect_visible(rect) {
            return None;
        }
        let paper = !drawing.follows_theme() && ui.visuals().dark_mode;
        if paper {
            ui.painter().rect_filled(rect, 4.0, Color32::from_gray(235));
        }
        let colours = palette(ui.visuals());
        let ink = ui.visuals().text_color();
        // thin letters: what is faint is still read
        let faint = ui.visuals().panel_fill.lerp_to_gamma(ink, 0.68);
        let inks = Inks { ink, faint, lit: colours.accent };
        let key = ((rect.width() * ui.ctx().pixels_per_point()).round() as u32, inks, self.lit);
        match self.pictures.get(&key) {
            Some(Ok(_)) => self.shown = Some(key),
            Some(Err(problem)) => {
                ui.put(rect, egui::Label::new(problem));
                return None;
            }
            None if self.awaited != Some(key) => {
                self.awaited = Some(key);
                self.commission(ui.ctx(), Commission::Draw(Arc::clone(&drawing), key));
            }
            None => {}
        }
        // until it is drawn, the one before, as long as that goes with the background
        let shown = self.shown.filter(|(_, of, _)| *of == inks);
        if let Some(Ok(texture)) = shown.and_then(|shown| self.pictures.get(&shown)) {
            let whole = Rect::from_min_max(egui::Pos2::ZERO, egui::pos2(1.0, 1.0));
            ui.painter().image(texture.id(), rect, whole, Color32::WHITE);
        }
        notes::draw(ui, rect, &drawing, notes);
        let at = response.hover_pos()?;
        let group = drawing
            .group_at(vec2((at.x - rect.left()) / rect.width(), (at.y - rect.top()) / rect.height()))?;
        response.on_hover_text_at_pointer(tip(circuit, group, sizing));
        Some(group)
    }
}

/// `input pair: M1, M2` and its parameters, with the selected design's values.
fn tip(circuit: &Circuit, group: usize, sizing: Option<&Sizing>) -> String {
    let g = &circuit.groups[group];
    let mut text = format!("{}: {}", g.name, g.devices.join(", "));
    for p in g.members() {
        let parameter = &circuit.parameters[p];
        let show = |v: f64| format_quantity(v, parameter.unit, 4);
        text += &format!("\n{}: {} … {}", parameter.name, show(parameter.low), show(parameter.high));
        if let Some(value) = sizing.and_then(|s| s.0.get(p)) {
            text += &format!("; selected design {}", show(*value));
        }
    }
    text
}

/// The group that a parameter belongs to.
pub fn group_of(circuit: &Circuit, parameter: &str) -> Option<usize> {
    circuit.group_of(circuit.parameter_index(parameter)?)
}
