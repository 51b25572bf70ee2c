//! What the views of the designs have in common: the legend and the plot's menu above, one selection in all.

use crate::app::look::{DesignView, legend, say_what_is_missing};
use crate::app::plots::{self, Plot};
use crate::app::scene::{Scene, Touch};
use crate::app::widgets::empty;
use egui::{Rect, Ui};

/// Draws a view with what it needs to be understood, and its menu. `draw` says where the plot stands and which design
/// is under the pointer; `name` completes "Save or copy …".
pub fn view_pane(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    plot: Plot,
    name: &str,
    draw: impl FnOnce(&mut Ui, &DesignView<'_>) -> (Rect, Option<Touch>),
) {
    let Some(bench) = scene.bench else {
        empty(ui, "No circuit is open.", "Choose one on the left (1).", None);
        return;
    };
    plots::row(ui, plot, name, |ui| match bench.designs.is_some() {
        true => legend(ui, bench),
        false => say_what_is_missing(ui, bench),
    });
    let view = DesignView::of(bench, &scene.forms.look, scene.pointed.marked, ui);
    let (rect, touch) = draw(ui, &view);
    plots::shows(ui, plot, rect);
    scene.touched(touch);
}

/// What the views share, in the row of their tabs.
pub fn view_bar(ui: &mut Ui, scene: &mut Scene<'_>) {
    let look = &mut scene.forms.look;
    ui.checkbox(&mut look.cloud, "Training rows")
        .on_hover_text("Lay the training rows under the designs in grey");
    ui.checkbox(&mut look.near, "Close up")
        .on_hover_text("Let the axes span the designs and the targets only, not all rows");
}
