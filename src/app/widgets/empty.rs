//! What a pane shows while it has nothing to show: what belongs there and how to get it.

use egui::{Button, Ui};

/// A title, what to do next, and perhaps a button that does it; in the middle of the pane's upper half. Whether
/// the button was pressed.
pub fn empty(ui: &mut Ui, title: &str, next: &str, button: Option<&str>) -> bool {
    // a pane without an end, inside a scroll area, is not filled
    let height = Some(ui.available_height()).filter(|h| h.is_finite()).unwrap_or(0.0);
    ui.add_space((0.3 * height - 30.0).clamp(12.0, 260.0));
    ui.vertical_centered(|ui| {
        ui.set_max_width(ui.available_width().min(460.0));
        ui.label(title);
        ui.add_space(2.0);
        ui.weak(next);
        let Some(button) = button else {
            return false;
        };
        ui.add_space(8.0);
        ui.add(Button::new(button)).clicked()
    })
    .inner
}
