//! The table of commands, in the order of the menus. A command is one entry here.

use super::entry::Menu::{Edit, File, Help, Run, View};
use super::entry::{Entry, Menu, Situation, alone, ctrl, ctrl_shift};
use crate::app::ids::{PaneId, WindowId};
use crate::app::look::best;
use crate::app::look::order::next_in_order;
use crate::app::state::{Bench, Purpose};
use crate::app::wish::{Wish, Wishes};
use egui::{Context, Key, KeyboardShortcut, ThemePreference, ViewportCommand, gui_zoom};

/// Makes the type of commands from their entries.
macro_rules! commands {
    ($($name:ident = $entry:expr;)*) => {
        /// One thing that the window can be told to do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)] // each is described by its title
        pub enum Command {
            $($name),*
        }

        impl Command {
            /// All commands, in the order of the menus.
            pub const ALL: &[Command] = &[$(Command::$name),*];
        }

        static TABLE: &[Entry] = &[$($entry),*];
    };
}

commands! {
    OpenCircuit = Entry::new(File, "Open circuit…", |_, _, w| w.push(Wish::Ask(Purpose::OpenCircuit)))
        .keys(ctrl(Key::O));
    NewCircuit = Entry::new(File, "New circuit…", |_, _, w| w.push(Wish::OpenWindow(WindowId::NEW_CIRCUIT)))
        .keys(ctrl(Key::N));
    CheckCircuit = Entry::new(File, "Check circuit", |_, _, w| w.push(Wish::CheckCircuit))
        .tooltip("Looks through the open circuit's files, and simulates one design twice")
        .when(|s| s.bench.is_some(), "Open a circuit first");
    ImportData = Entry::new(File, "Import data…", |_, _, w| w.push(Wish::OpenWindow(WindowId::IMPORT)))
        .tooltip("Takes rows of the open circuit from another tool's table")
        .when(|s| s.bench.is_some(), "Open a circuit first");
    Project = Entry::new(File, "Project…", |_, _, w| w.push(Wish::OpenWindow(WindowId::PROJECT)))
        .tooltip("Opens or saves the circuit with its targets, kept designs and notes")
        .keys(ctrl_shift(Key::S))
        .separated();
    LoadModel = Entry::new(File, "Load model…", |_, _, w| w.push(Wish::Ask(Purpose::LoadModel)))
        .keys(ctrl(Key::L))
        .separated()
        .when(|s| s.bench.is_some(), "Open a circuit first");
    SaveModel = Entry::new(File, "Save model…", |_, _, w| w.push(Wish::Ask(Purpose::SaveModel)))
        .keys(ctrl(Key::S))
        .when(|s| on(s, |b| b.model.is_some()), "Train or load a model first");
    Export = Entry::new(File, "Export design…", |_, _, w| w.push(Wish::OpenWindow(WindowId::EXPORT)))
        .keys(ctrl(Key::E))
        .separated()
        .when(|s| on(s, |b| b.selected_design().is_some()), "Select a design first");
    Review = Entry::new(File, "Review page…", |_, _, w| w.push(Wish::OpenWindow(WindowId::REVIEW)))
        .tooltip("All that speaks for the selected design, as a page for colleagues")
        .when(|s| on(s, |b| b.selected_design().is_some()), "Select a design first");
    Quit = Entry::new(File, "Quit", |_, ctx, _| ctx.send_viewport_cmd(ViewportCommand::Close))
        .keys(ctrl(Key::Q))
        .separated();

    Undo = Entry::new(Edit, "Undo change", |_, _, w| w.push(Wish::Undo))
        .keys(ctrl(Key::Z))
        .left_to_text()
        .when(|s| on(s, |b| b.history.has_undo(&b.edits(s.forms))), "Nothing was changed yet");
    Redo = Entry::new(Edit, "Redo change", |_, _, w| w.push(Wish::Redo))
        .keys(ctrl(Key::Y))
        .left_to_text()
        .when(|s| on(s, |b| b.history.has_redo(&b.edits(s.forms))), "Nothing was undone");
    KeepDesign = Entry::new(Edit, "Keep selected design", |_, _, w| w.push(Wish::KeepDesign))
        .keys(ctrl(Key::K))
        .separated()
        .tooltip("With the circuit, beside other kept ones")
        .when(|s| on(s, |b| b.selected_design().is_some()), "Select a design first");
    NextDesign = Entry::new(Edit, "Select next design", |s, _, w| select(s, w, true))
        .keys(ctrl(Key::ArrowDown))
        .separated()
        .when(|s| on(s, |b| !b.candidates().is_empty()), "Sample designs first");
    PreviousDesign = Entry::new(Edit, "Select previous design", |s, _, w| select(s, w, false))
        .keys(ctrl(Key::ArrowUp))
        .when(|s| on(s, |b| !b.candidates().is_empty()), "Sample designs first");

    BestDesign = Entry::new(Edit, "Select best design", |s, _, w| {
        let best = s.bench.and_then(|b| best(&b.open.circuit, &b.targets, b.candidates()));
        w.push(Wish::Select(best));
    })
        .keys(ctrl(Key::B))
        .tooltip("The one with the most worst margin, of the simulated ones where there are any")
        .when(
            |s| on(s, |b| best(&b.open.circuit, &b.targets, b.candidates()).is_some()),
            "No design is judged, or no target is set",
        );

    ShowDesigns = Entry::new(View, "Designs", |_, _, w| w.push(Wish::ShowDesigns)).keys(ctrl(Key::Num1));
    ShowTraining = Entry::new(View, "Training", |_, _, w| w.push(Wish::Show(PaneId::TRAINING)))
        .keys(ctrl(Key::Num2));
    ShowSearch = Entry::new(View, "Search", |_, _, w| w.push(Wish::Show(PaneId::SEARCH)))
        .keys(ctrl(Key::Num4));
    ShowCircuit = Entry::new(View, "Circuit", |_, _, w| w.push(Wish::Show(PaneId::CIRCUIT)))
        .keys(ctrl(Key::Num3));
    ShowCompare = Entry::new(View, "Compare", |_, _, w| w.push(Wish::Show(PaneId::COMPARE)))
        .keys(ctrl(Key::Num5));
    Palette = Entry::new(View, "Command palette…", |_, _, w| w.push(Wish::TogglePalette))
        .keys(ctrl(Key::P))
        .separated();
    ResetLayout = Entry::new(View, "Reset layout", |_, _, w| w.push(Wish::ResetLayout));
    ZoomIn = Entry::new(View, "Larger", |_, ctx, _| gui_zoom::zoom_in(ctx))
        .keys(ctrl(Key::Plus))
        // without Shift the key of `+` is `=`, where it is above it
        .also(ctrl(Key::Equals))
        .separated();
    ZoomOut = Entry::new(View, "Smaller", |_, ctx, _| gui_zoom::zoom_out(ctx)).keys(ctrl(Key::Minus));
    ZoomReset = Entry::new(View, "Usual size", |_, ctx, _| ctx.set_zoom_factor(1.0)).keys(ctrl(Key::Num0));
    Dark = Entry::new(View, "Dark theme", |_, ctx, _| ctx.set_theme(ThemePreference::Dark)).separated();
    Light = Entry::new(View, "Light theme", |_, ctx, _| ctx.set_theme(ThemePreference::Light));
    SystemTheme = Entry::new(View, "Theme of the system", |_, ctx, _| ctx.set_theme(ThemePreference::System));

    Train = Entry::new(Run, "Start training", |_, _, w| w.push(Wish::Train))
        .keys(ctrl(Key::T))
        .tooltip("Train a model from scratch")
        .when(|s| on(s, |b| b.rows() > 0), "This circuit has no rows to train on");
    PauseOrResume = Entry::new(Run, "Pause or resume training", |_, _, w| w.push(Wish::PauseOrResume))
        .when(|s| on(s, is_training), "No training is under way");
    StopTraining = Entry::new(Run, "Stop training", |_, _, w| w.push(Wish::StopTraining))
        .keys(ctrl_shift(Key::T))
        .tooltip("Ends the training and keeps what was learnt")
        .when(|s| on(s, is_training), "No training is under way");
    Sample = Entry::new(Run, "Sample designs", |_, _, w| w.push(Wish::Sample))
        .keys(ctrl(Key::R))
        .separated()
        .when(|s| on(s, |b| b.model.is_some()), "Train or load a model first");
    CancelSampling = Entry::new(Run, "Cancel sampling", |_, _, w| w.push(Wish::CancelSampling))
        .when(|s| on(s, |b| b.sampling.is_some()), "No sampling is under way");
    SimulateSelected = Entry::new(Run, "Simulate selected design", |s, _, w| {
        w.push(Wish::Simulate(s.bench.and_then(|b| b.selected).into_iter().collect()));
    })
        .keys(ctrl(Key::M))
        .separated()
        .when(|s| on(s, |b| b.selected_design().is_some()), "Select a design first");
    SimulateBest = Entry::new(Run, "Simulate first designs", |s, _, w| {
        let count = s.bench.map_or(0, |b| b.candidates().len());
        w.push(Wish::Simulate((0..count.min(s.forms.best)).collect()));
    })
        .keys(ctrl_shift(Key::M))
        .tooltip("Measure them in ngspice, the best predicted first; a single design from its own card")
        .when(|s| on(s, |b| b.designs.is_some()), "Sample designs first");
    CancelSimulation = Entry::new(Run, "Cancel simulation", |_, _, w| w.push(Wish::CancelSimulation))
        .tooltip("Keeps what was measured by then")
        .when(|s| on(s, Bench::simulating), "No simulation is under way");
    Search = Entry::new(Run, "Search from scratch", |_, _, w| w.push(Wish::Search))
        .keys(ctrl(Key::F))
        .separated()
        .when(|s| on(s, |b| !b.targets.bounds.is_empty()), "Set a target first");
    StopSearch = Entry::new(Run, "Stop search", |_, _, w| w.push(Wish::StopSearch))
        .keys(ctrl_shift(Key::F))
        .tooltip("Keeps what it found")
        .when(|s| on(s, |b| b.search.as_ref().is_some_and(|s| !s.stopping)), "No search is under way");
    StopCorners = Entry::new(Run, "Stop simulating corners", |_, _, w| w.push(Wish::StopCorners))
        .tooltip("Keeps what was measured by then")
        .when(
            |s| on(s, |b| b.cornered.under_way.as_ref().is_some_and(|u| !u.stopping())),
            "No corners are being simulated",
        );
    StopReview = Entry::new(Run, "Stop review page", |_, _, w| w.push(Wish::StopReview))
        .tooltip("No page is written")
        .when(|s| on(s, |b| b.reviewing.as_ref().is_some_and(|r| !r.stopping())), "No review page is being made");
    MakeRows = Entry::new(Run, "Make rows…", |_, _, w| w.push(Wish::OpenWindow(WindowId::ROWS)))
        .tooltip("Simulate designs of the open circuit to train on")
        .separated()
        .when(|s| s.bench.is_some(), "Open a circuit first");
    StopRows = Entry::new(Run, "Stop making rows", |_, _, w| w.push(Wish::StopRows))
        .tooltip("Keeps what there is; making the same rows again goes on")
        .when(|s| on(s, |b| b.making.as_ref().is_some_and(|m| !m.stopping)), "No rows are being made");
    GrowRows = Entry::new(Run, "Grow rows…", |_, _, w| w.push(Wish::OpenWindow(WindowId::GROW)))
        .tooltip("Simulate designs at and beyond the front of the rows, and train on them as well")
        .when(|s| s.bench.is_some(), "Open a circuit first");
    StopGrowing = Entry::new(Run, "Stop growing rows", |_, _, w| w.push(Wish::StopGrowing))
        .tooltip("Keeps what there is")
        .when(|s| on(s, |b| b.growing.as_ref().is_some_and(|g| !g.stopping())), "No rows are being grown");
    Compare = Entry::new(Run, "Compare systems", |_, _, w| w.push(Wish::Compare))
        .separated()
        .when(|s| s.environment.comparing.is_none() && s.bench.is_some(), "A comparison is under way");
    StopComparison = Entry::new(Run, "Stop comparison", |_, _, w| w.push(Wish::StopComparison))
        .tooltip("What is done is kept; starting again goes on").when(
        |s| s.environment.comparing.as_ref().is_some_and(|c| !c.stopping()),
        "No comparison is under way",
    );

    Log = Entry::new(Help, "Log", |_, _, w| w.push(Wish::OpenWindow(WindowId::LOG)));
    Shortcuts = Entry::new(Help, "Keyboard shortcuts", |_, _, w| w.push(Wish::OpenWindow(WindowId::SHORTCUTS)))
        .keys(alone(Key::F1));
}

/// Whether a circuit is open of which something holds.
fn on(situation: Situation<'_>, holds: impl Fn(&Bench) -> bool) -> bool {
    situation.bench.is_some_and(holds)
}

fn is_training(bench: &Bench) -> bool {
    bench.training.as_ref().is_some_and(|training| !training.stopping)
}

/// Selects the next or previous design of the table.
fn select(situation: Situation<'_>, wishes: &mut Wishes, forward: bool) {
    if let Some(bench) = situation.bench {
        wishes.push(Wish::Select(next_in_order(bench, &situation.forms.look, forward)));
    }
}

impl Command {
    fn entry(self) -> &'static Entry {
        &TABLE[self as usize]
    }

    /// The name in menus.
    pub fn title(self) -> &'static str {
        self.entry().title
    }

    /// The menu that holds the command.
    pub fn menu(self) -> Menu {
        self.entry().menu
    }

    /// Whether a separator stands before the command in its menu.
    pub fn separated(self) -> bool {
        self.entry().separated
    }

    /// What is said where the pointer rests on a button for the command.
    pub fn tooltip(self) -> Option<&'static str> {
        self.entry().tooltip
    }

    /// The keys of the command.
    pub fn shortcut(self) -> Option<KeyboardShortcut> {
        self.entry().shortcut
    }

    /// Why the command cannot be carried out now; none where it can.
    pub fn why_not(self, situation: Situation<'_>) -> Option<&'static str> {
        let entry = self.entry();
        match (entry.possible)(situation) {
            true => None,
            false if situation.bench.is_none() => Some("Open a circuit first"),
            false => Some(entry.reason),
        }
    }

    /// Carries the command out, if that is possible now: what it asks for is among the wishes then.
    pub fn run(self, situation: Situation<'_>, ctx: &Context, wishes: &mut Wishes) {
        if self.why_not(situation).is_none() {
            (self.entry().action)(situation, ctx, wishes);
        }
    }

    /// The commands whose keys were pressed.
    pub fn pressed(ctx: &Context) -> Vec<Command> {
        let keys = |command: &Command| {
            let entry = command.entry();
            [entry.shortcut, entry.second].map(|keys| Some((*command, keys?)))
        };
        let mut all: Vec<_> = Command::ALL.iter().flat_map(keys).flatten().collect();
        // the longer combination first: Ctrl+Shift+T is not Ctrl+T
        all.sort_by_key(|(_, keys)| !keys.modifiers.shift);
        let typing = ctx.egui_wants_keyboard_input();
        let pressed = |(command, keys): &(Command, KeyboardShortcut)| {
            !(typing && command.entry().left_to_text) && ctx.input_mut(|i| i.consume_shortcut(keys))
        };
        all.into_iter().filter(|one| pressed(one)).map(|(command, _)| command).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_commands_share_a_title_or_keys() {
        for (i, one) in Command::ALL.iter().enumerate() {
            for other in &Command::ALL[i + 1..] {
                assert_ne!(one.title(), other.title());
                let same = one.shortcut().is_some() && one.shortcut() == other.shortcut();
                assert!(!same, "{one:?} and {other:?} have the same keys");
            }
        }
    }
}
