//! What every step of the way through has on top.

use egui::{Align, Label, Layout, Pos2, Rect, RichText, Ui, UiBuilder, pos2, vec2};

/// The heading of a step in the way through: number, title, and a tick once it is done.
pub fn step(ui: &mut Ui, number: usize, title: &str, done: bool, body: impl FnOnce(&mut Ui)) {
    summed_up_step(ui, (number, title), done, "", body);
}

/// A step with a summary in its heading.
pub fn summed_up_step(
    ui: &mut Ui,
    title: (usize, &str),
    done: bool,
    summary: &str,
    body: impl FnOnce(&mut Ui),
) {
    let heading = heading(ui, title, done, None, body);
    beside(ui, heading.title, summary);
    ui.add(egui::Separator::default().spacing(1.0));
}

/// A step that folds by itself once it is done, so that the way through fits a small window; `summary` stands in its
/// heading then. What the user opens stays open.
pub fn folding_step(
    ui: &mut Ui,
    (number, title): (usize, &str),
    done: bool,
    summary: &str,
    body: impl FnOnce(&mut Ui),
) {
    let id = ui.scope_id().with(("folds", number));
    let fold: Fold = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    // nothing moves under the pointer
    let free = ui.input(|i| i.pointer.hover_pos()).is_none_or(|at| !ui.clip_rect().contains(at));
    let (fold, turn) = fold.next(done, free);
    ui.data_mut(|data| data.insert_temp(id, fold));
    let heading = heading(ui, (number, title), done, turn, body);
    if heading.closed {
        beside(ui, heading.title, summary);
    }
    ui.add(egui::Separator::default().spacing(1.0));
}

/// Whether a step is about to fold.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Fold {
    done: bool,
    waits: bool,
}

impl Fold {
    /// What becomes of it as the step is done or not and things may move or not; whether it is to be opened or closed now.
    fn next(self, done: bool, free: bool) -> (Fold, Option<bool>) {
        let waits = done && (self.waits || !self.done);
        match (waits, free, self.done && !done) {
            (_, _, true) => (Fold { done, waits: false }, Some(true)),
            (true, true, _) => (Fold { done, waits: false }, Some(false)),
            (waits, _, _) => (Fold { done, waits }, None),
        }
    }
}

/// Says something in a heading, up to its tick.
fn beside(ui: &mut Ui, title: Rect, words: &str) {
    if words.is_empty() {
        return;
    }
    let (from, to) = (title.right() + 8.0, ui.max_rect().right() - 24.0);
    let room = Rect::from_x_y_ranges(from..=to.max(from), title.y_range());
    let mut child =
        ui.new_child(UiBuilder::new().max_rect(room).layout(Layout::right_to_left(Align::Center)));
    child.add(Label::new(RichText::new(words).small().weak()).truncate());
}

/// How a heading stands.
struct Heading {
    title: Rect,
    closed: bool,
}

fn heading(
    ui: &mut Ui,
    (number, title): (usize, &str),
    done: bool,
    turn: Option<bool>,
    body: impl FnOnce(&mut Ui),
) -> Heading {
    let text = RichText::new(format!("{number}  {title}")).strong();
    let header = egui::CollapsingHeader::new(text)
        .id_salt(("step", number))
        .default_open(true)
        .open(turn)
        .show_unindented(ui, |ui| {
            body(ui);
        });
    let rect = header.header_response.rect;
    if done {
        let colour = crate::app::theme::palette(ui.visuals()).feasible;
        let at: Pos2 = pos2(ui.max_rect().right() - 14.0, rect.center().y);
        let rect = Rect::from_center_size(at, vec2(11.0, 11.0));
        crate::app::theme::paint_tick(ui.painter(), rect, colour);
    }
    Heading { title: rect, closed: header.fully_closed() }
}

#[cfg(test)]
mod tests {
    use super::Fold;

    #[test]
    fn a_step_folds_once_it_is_done_and_nothing_is_under_the_pointer() {
        let begun = Fold::default();
        assert_eq!(begun.next(false, true), (begun, None));
        let (waiting, turn) = begun.next(true, false);
        assert_eq!((waiting.waits, turn), (true, None));
        let (folded, turn) = waiting.next(true, true);
        assert_eq!((folded.waits, turn), (false, Some(false)));
        // what the user opens stays open
        assert_eq!(folded.next(true, true), (folded, None));
        assert_eq!(folded.next(false, false), (begun, Some(true)));
        // one that is undone while it waits does not fold
        assert_eq!(waiting.next(false, true), (begun, Some(true)));
    }
}
