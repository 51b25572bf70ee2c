//! Names for controls that show none: what a screen reader says of them, and what a test finds them by.

use egui::Response;

/// Names a control that has no label beside it.
pub fn name(response: &Response, name: &str) {
    let id = response.id;
    response.ctx.accesskit_node_builder(id, |node| node.set_label(name));
}

/// Names a control and says the same where the pointer rests on it.
pub fn named(response: Response, text: &str) -> Response {
    name(&response, text);
    response.on_hover_text(text)
}
