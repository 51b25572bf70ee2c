//! Pictures of plots. A picture is a screenshot of the window cut to the plot, taken once the menu has gone and the plot
//! stands still and in sight.

use super::menu::{PlotRequest, place_now, want};
use crossbeam_channel::{Receiver, bounded};
use egui::{ColorImage, Context, Pos2, Rect, ScreenshotCallback, ViewportCommand, vec2};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Passes in which a plot must not move before its picture is taken: the menu takes some to fade.
const STILL: u32 = 4;
/// A window that cannot be pictured says nothing: this long is waited.
const PATIENCE: Duration = Duration::from_secs(4);

/// A picture that is being taken.
struct Taking {
    request: PlotRequest,
    since: Instant,
    rect: Rect,
    still: u32,
    arrives: Option<Receiver<Arc<ColorImage>>>,
}

/// A picture that was taken, or why it was not.
pub struct Taken {
    /// What was asked for.
    pub request: PlotRequest,
    /// The picture of the plot alone.
    pub picture: Result<ColorImage, &'static str>,
}

/// Takes one picture at a time.
#[derive(Default)]
pub struct Pictures {
    taking: Option<Taking>,
}

impl Pictures {
    /// Whether a picture is being taken: nothing may stand in front of the plots just now.
    pub fn is_taking(&self) -> bool {
        self.taking.is_some()
    }

    /// Begins to take a picture.
    pub fn begin(&mut self, ctx: &Context, request: PlotRequest) {
        want(ctx, Some(request.plot));
        let (since, rect) = (Instant::now(), Rect::NOTHING);
        self.taking = Some(Taking { request, since, rect, still: 0, arrives: None });
    }

    /// Goes on with the picture that is being taken; comes after the plots in a frame.
    pub fn follow(&mut self, ctx: &Context) -> Option<Taken> {
        let mut taking = self.taking.take()?;
        if let Some(image) = taking.arrives.as_ref().and_then(|a| a.try_recv().ok()) {
            want(ctx, None);
            let picture = cut(&image, taking.rect, ctx.pixels_per_point()).ok_or("it is out of sight");
            return Some(Taken { request: taking.request, picture });
        }
        ctx.request_repaint();
        if taking.since.elapsed() > PATIENCE {
            want(ctx, None);
            let why = match taking.arrives {
                Some(_) => "this window is not drawn by a graphics device that could picture it",
                None => "it is no longer shown, or does not stand still",
            };
            return Some(Taken { request: taking.request, picture: Err(why) });
        }
        if taking.arrives.is_none() {
            let rect = place_now(ctx, taking.request.plot);
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
        self.taking = Some(taking);
        None
    }
}

/// The part of a screenshot that a plot takes up; `rect` in points.
fn cut(image: &ColorImage, rect: Rect, pixels_per_point: f32) -> Option<ColorImage> {
    let [width, height] = image.size.map(|s| s as f32);
    let whole = Rect::from_min_size(Pos2::ZERO, vec2(width, height));
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
