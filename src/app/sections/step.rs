//! What every step of the way through has on top.

use egui::Ui;

/// The heading of a step in the way through: number, title, and a tick once it is done.
pub fn step(ui: &mut Ui, number: usize, title: &str, done: bool, body: impl FnOnce(&mut Ui)) {
    let text = egui::RichText::new(format!("{number}  {title}")).strong();
    let header = egui::CollapsingHeader::new(text)
        .id_salt(("step", number))
        .default_open(true)
        .show_unindented(ui, |ui| {
            body(ui);
        })
        .header_response;
    if done {
        let colour = crate::app::theme::palette(ui.visuals()).feasible;
        let at = egui::pos2(ui.max_rect().right() - 14.0, header.rect.center().y);
        let rect = egui::Rect::from_center_size(at, egui::vec2(11.0, 11.0));
        crate::app::theme::paint_tick(ui.painter(), rect, colour);
    }
    ui.add(egui::Separator::default().spacing(1.0));
}
