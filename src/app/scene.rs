//! What a pane, a section or a window is drawn with.

use super::commands::{Command, Situation};
use super::state::{Bench, Environment, Forms};
use super::wish::{Wish, Wishes};
use egui::{Button, Context, Response, Ui};

/// The design under the pointer, in whichever pane.
#[derive(Default)]
pub struct Pointed {
    /// As of the last frame: what every pane marks.
    pub marked: Option<usize>,
    /// As of this frame so far.
    pub now: Option<usize>,
}

impl Pointed {
    /// Takes over what this frame said, once all panes are drawn; whether it is another design.
    pub fn follow(&mut self) -> bool {
        let now = self.now.take();
        std::mem::replace(&mut self.marked, now) != now
    }
}

/// A design under the pointer, as a view found it.
pub struct Touch {
    /// The design's index.
    pub design: usize,
    /// Whether the design was clicked.
    pub clicked: bool,
}

/// What is drawn from, and where wishes go.
pub struct Scene<'a> {
    /// The open circuit and all that belongs to it.
    pub bench: Option<&'a Bench>,
    /// What the user has chosen; a pane edits its own form in place.
    pub forms: &'a mut Forms,
    /// What is known beside the open circuit.
    pub environment: &'a Environment,
    /// The design under the pointer.
    pub pointed: &'a mut Pointed,
    /// What is asked for.
    pub wishes: &'a mut Wishes,
}

impl Scene<'_> {
    /// Asks for something.
    pub fn wish(&mut self, wish: Wish) {
        self.wishes.push(wish);
    }

    /// What commands look at.
    pub fn situation(&self) -> Situation<'_> {
        Situation { bench: self.bench, forms: self.forms, environment: self.environment }
    }

    /// Whether a command can be carried out now.
    pub fn can(&self, command: Command) -> bool {
        command.why_not(self.situation()).is_none()
    }

    /// Carries a command out, if that is possible now.
    pub fn run(&mut self, command: Command, ctx: &Context) {
        let situation = Situation { bench: self.bench, forms: self.forms, environment: self.environment };
        command.run(situation, ctx, self.wishes);
    }

    /// A button that carries a command out, with the command's tooltip; dim where the command cannot be carried out.
    pub fn button(&mut self, ui: &mut Ui, command: Command, title: &str) -> Response {
        let response = ui.add_enabled(self.can(command), Button::new(title));
        if response.clicked() {
            self.run(command, ui.ctx());
        }
        match command.tooltip() {
            Some(text) => response.on_hover_text(text),
            None => response,
        }
    }

    /// Takes up what a view says of the pointer.
    pub fn touched(&mut self, touch: Option<Touch>) {
        if let Some(touch) = touch {
            self.pointed.now = Some(touch.design);
            if touch.clicked {
                self.wish(Wish::Select(Some(touch.design)));
            }
        }
    }
}
