//! Saving and copying what the plots show: a small menu at each, its picture as PNG, its data as CSV.
//!
//! A plot says where it stands with [`shows`] and has its [`menu`] somewhere near; both reach the
//! application through the frame's memory, so that a plot need not know it. A picture is a screenshot of the
//! window cut to the plot, taken once the menu has gone and the plot stands still and in sight.

pub mod data;
mod save;

use super::App;
use crossbeam_channel::{Receiver, bounded};
use egui::containers::menu::MenuButton;
use egui::{
    Align, ColorImage, Context, Id, Layout, Rect, Role, ScreenshotCallback, Ui, ViewportCommand, WidgetInfo,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Passes in which a plot must not move before its picture is taken: the menu takes some to fade.
const STILL: u32 = 4;
/// A window that cannot be pictured says nothing: this long is waited.
const PATIENCE: Duration = Duration::from_secs(4);

/// Which plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Plot {
    /// Every pair of metrics.
    Scatter,
    /// Three metrics in space.
    Space,
    /// Metrics and parameters side by side.
    Parallel,
    /// The losses of a training.
    Loss,
    /// The convergence of a search.
    Convergence,
    /// The histogram of a metric.
    Metric(usize),
    /// The histogram of a parameter.
    Parameter(usize),
    /// The trade-off between two metrics.
    Front,
    /// The margins of the selected design.
    Margins,
}

/// What is to become of a plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    SavePicture,
    CopyPicture,
    SaveData,
    CopyData,
}

/// A choice in a plot's menu.
#[derive(Clone)]
struct Wish {
    plot: Plot,
    name: String,
    what: What,
}

/// Where a plot stood in which pass.
#[derive(Clone, Copy)]
struct Place {
    rect: Rect,
    pass: u64,
}

fn mailbox() -> Id {
    Id::unique("wish of a plot's menu")
}

fn place(plot: Plot) -> Id {
    Id::unique(("place of a plot", plot))
}

fn wanted() -> Id {
    Id::unique("plot whose picture is taken")
}

/// The menu of a plot: a button with three dots. `name` completes "Save or copy …", as in `losses`.
pub fn menu(ui: &mut Ui, plot: Plot, name: &str) {
    let (response, _) =
        MenuButton::from_button(egui::Button::new("⋯").frame_when_inactive(false)).ui(ui, |ui| {
            ui.set_min_width(170.0);
            for (what, title) in [
                (What::SavePicture, "Save picture…"),
                (What::CopyPicture, "Copy picture"),
                (What::SaveData, "Save data…"),
                (What::CopyData, "Copy data"),
            ] {
                if what == What::SaveData {
                    ui.separator();
                }
                if ui.button(title).clicked() {
                    let wish = Wish { plot, name: name.to_owned(), what };
                    ui.ctx().data_mut(|d| d.insert_temp(mailbox(), Some(wish)));
                    ui.close();
                }
            }
        });
    let label = format!("Save or copy {name}");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    response.on_hover_text("Picture as PNG, data as CSV: save or copy");
}

/// A row above a plot: what is said of it, and its menu at the right end.
pub fn row(ui: &mut Ui, plot: Plot, name: &str, rest: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            menu(ui, plot, name);
            ui.with_layout(Layout::left_to_right(Align::Center).with_main_wrap(true), rest);
        });
    });
}

/// Says where a plot stands in this pass. While its picture is wanted it is scrolled into sight.
pub fn shows(ui: &Ui, plot: Plot, rect: Rect) {
    let pass = ui.ctx().cumulative_pass_nr();
    let seen = rect.intersect(ui.clip_rect());
    ui.ctx().data_mut(|d| d.insert_temp(place(plot), Place { rect: seen, pass }));
    let wanted = ui.ctx().data(|d| d.get_temp::<Option<Plot>>(wanted())).flatten();
    if wanted == Some(plot) && seen.size() != rect.size() {
        ui.scroll_to_rect_animation(rect, None, egui::style::ScrollAnimation::none());
    }
}

/// A picture that is being taken.
struct Taking {
    wish: Wish,
    since: Instant,
    rect: Rect,
    still: u32,
    arrives: Option<Receiver<Arc<ColorImage>>>,
}

/// What is being saved or copied.
#[derive(Default)]
pub struct Plots {
    taking: Option<Taking>,
    save: Option<save::Save>,
}

impl Plots {
    /// Whether a picture or data wait for a file's path.
    pub fn saving(&self) -> bool {
        self.save.is_some()
    }

    /// Drops them.
    pub fn forget(&mut self) {
        self.save = None;
    }
}

impl App {
    /// Takes up what was chosen in a plot's menu; comes after the plots in a frame.
    pub(super) fn follow_plots(&mut self, ctx: &Context) {
        if let Some(wish) = ctx.data_mut(|d| d.remove_temp::<Option<Wish>>(mailbox())).flatten() {
            match wish.what {
                What::SaveData | What::CopyData => self.give_data(ctx, &wish),
                What::SavePicture | What::CopyPicture => {
                    ctx.data_mut(|d| d.insert_temp(wanted(), Some(wish.plot)));
                    // it would stand in front of the plot
                    self.plots.save = None;
                    let (since, rect) = (Instant::now(), Rect::NOTHING);
                    self.plots.taking = Some(Taking { wish, since, rect, still: 0, arrives: None });
                }
            }
        }
        self.take_picture(ctx);
    }

    fn take_picture(&mut self, ctx: &Context) {
        let Some(mut taking) = self.plots.taking.take() else {
            return;
        };
        if let Some(image) = taking.arrives.as_ref().and_then(|a| a.try_recv().ok()) {
            ctx.data_mut(|d| d.insert_temp(wanted(), None::<Plot>));
            match cut(&image, taking.rect, ctx.pixels_per_point()) {
                Some(picture) => self.give_picture(ctx, &taking.wish, picture),
                None => self.no_picture(&taking.wish, "it is out of sight"),
            }
            return;
        }
        ctx.request_repaint();
        if taking.since.elapsed() > PATIENCE {
            ctx.data_mut(|d| d.insert_temp(wanted(), None::<Plot>));
            let why = match taking.arrives {
                Some(_) => "this window is not drawn by a graphics device that could picture it",
                None => "it is no longer shown, or does not stand still",
            };
            self.no_picture(&taking.wish, why);
            return;
        }
        if taking.arrives.is_none() {
            let pass = ctx.cumulative_pass_nr();
            let here = ctx.data(|d| d.get_temp::<Place>(place(taking.wish.plot))).filter(|p| p.pass == pass);
            let rect = here.map_or(Rect::NOTHING, |p| p.rect);
            taking.still = if rect == taking.rect && rect.is_positive() { taking.still + 1 } else { 0 };
            taking.rect = rect;
            if taking.still >= STILL {
                let (sender, receiver) = bounded(1);
                let waker = ctx.clone();
                let callback = ScreenshotCallback::new(move |image| {
                    // nobody waits any more if the window was closed
                    let _ = sender.try_send(image);
                    waker.request_repaint();
                });
                ctx.send_viewport_cmd(ViewportCommand::Screenshot(callback));
                taking.arrives = Some(receiver);
            }
        }
        self.plots.taking = Some(taking);
    }

    /// Whether nothing may stand in front of the plots just now.
    pub(super) fn taking_picture(&self) -> bool {
        self.plots.taking.is_some()
    }

    /// Says that a file was written, or not; one that was not keeps waiting for a path.
    pub(super) fn plot_written(&mut self, written: Result<String, String>) {
        match written {
            Ok(text) => {
                self.plots.save = None;
                self.system.messages.note(text);
            }
            Err(message) => self.system.messages.error(message),
        }
    }

    fn no_picture(&mut self, wish: &Wish, why: &str) {
        self.system.messages.error(format!("There is no picture of the {}: {why}", wish.name));
    }
}

/// The part of a screenshot that a plot takes up; `rect` in points.
fn cut(image: &ColorImage, rect: Rect, pixels_per_point: f32) -> Option<ColorImage> {
    let [width, height] = image.size.map(|s| s as f32);
    let whole = Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(width, height));
    let pixels = rect * pixels_per_point;
    let part = Rect::from_min_max(pixels.min.round(), pixels.max.round()).intersect(whole);
    let at = [part.left() as usize, part.top() as usize];
    let size = [part.width().max(0.0) as usize, part.height().max(0.0) as usize];
    (part.is_positive() && size.iter().all(|s| *s > 0)).then(|| image.region_by_pixels(at, size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Color32, pos2};

    #[test]
    fn a_picture_is_cut_to_its_plot_at_any_scale() {
        let mut image = ColorImage::filled([40, 30], Color32::BLACK);
        for y in 10..20 {
            for x in 20..40 {
                image[(x, y)] = Color32::WHITE;
            }
        }
        let rect = Rect::from_min_max(pos2(10.0, 5.0), pos2(20.0, 10.0));
        let picture = cut(&image, rect, 2.0).expect("inside");
        assert_eq!(picture.size, [20, 10]);
        assert!(picture.pixels.iter().all(|p| *p == Color32::WHITE));
        // what reaches beyond the window is cut off
        let wide = Rect::from_min_max(pos2(15.0, 5.0), pos2(90.0, 90.0));
        assert_eq!(cut(&image, wide, 2.0).expect("inside").size, [10, 20]);
        assert!(cut(&image, rect.translate(egui::vec2(100.0, 0.0)), 2.0).is_none());
    }
}
