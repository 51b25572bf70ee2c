//! Everything the window can be told to do, in one list that feeds menus and shortcuts.

use super::App;
use super::state::Tab;
use egui::{Context, Key, KeyboardShortcut, Modifiers, ThemePreference, Ui, ViewportCommand};

/// The menus, in native order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Menu {
    /// Circuits, models, files.
    File,
    /// Undo and redo, selection.
    Edit,
    /// Tabs and themes.
    View,
    /// Jobs.
    Run,
    /// Help.
    Help,
}

impl Menu {
    /// All menus.
    pub const ALL: [Menu; 5] = [Menu::File, Menu::Edit, Menu::View, Menu::Run, Menu::Help];

    fn title(self) -> &'static str {
        match self {
            Menu::File => "File",
            Menu::Edit => "Edit",
            Menu::View => "View",
            Menu::Run => "Run",
            Menu::Help => "Help",
        }
    }
}

/// One thing the window can be told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each is described by its title
pub enum Command {
    OpenCircuit,
    LoadModel,
    SaveModel,
    Export,
    Quit,
    Undo,
    Redo,
    NextDesign,
    PreviousDesign,
    ShowDesigns,
    ShowTraining,
    ShowSearch,
    ShowCircuit,
    ShowCompare,
    Palette,
    ResetLayout,
    ZoomIn,
    ZoomOut,
    ZoomReset,
    Dark,
    Light,
    SystemTheme,
    Train,
    PauseOrResume,
    StopTraining,
    Sample,
    CancelSampling,
    SimulateSelected,
    SimulateBest,
    CancelSimulation,
    Search,
    StopSearch,
    Compare,
    StopComparison,
    Log,
    Shortcuts,
}

impl Command {
    /// All commands, in the order of the menus.
    pub const ALL: [Command; 36] = [
        Command::OpenCircuit,
        Command::LoadModel,
        Command::SaveModel,
        Command::Export,
        Command::Quit,
        Command::Undo,
        Command::Redo,
        Command::NextDesign,
        Command::PreviousDesign,
        Command::ShowDesigns,
        Command::ShowTraining,
        Command::ShowSearch,
        Command::ShowCircuit,
        Command::ShowCompare,
        Command::Palette,
        Command::ResetLayout,
        Command::ZoomIn,
        Command::ZoomOut,
        Command::ZoomReset,
        Command::Dark,
        Command::Light,
        Command::SystemTheme,
        Command::Train,
        Command::PauseOrResume,
        Command::StopTraining,
        Command::Sample,
        Command::CancelSampling,
        Command::SimulateSelected,
        Command::SimulateBest,
        Command::CancelSimulation,
        Command::Search,
        Command::StopSearch,
        Command::Compare,
        Command::StopComparison,
        Command::Log,
        Command::Shortcuts,
    ];

    /// The name in menus.
    pub fn title(self) -> &'static str {
        match self {
            Command::OpenCircuit => "Open circuit…",
            Command::LoadModel => "Load model…",
            Command::SaveModel => "Save model…",
            Command::Export => "Export design…",
            Command::Quit => "Quit",
            Command::Undo => "Undo change",
            Command::Redo => "Redo change",
            Command::NextDesign => "Select next design",
            Command::PreviousDesign => "Select previous design",
            Command::ShowDesigns => "Designs",
            Command::ShowTraining => "Training",
            Command::ShowSearch => "Search",
            Command::ShowCircuit => "Circuit",
            Command::ShowCompare => "Compare",
            Command::Palette => "Command palette…",
            Command::ResetLayout => "Reset layout",
            Command::ZoomIn => "Larger",
            Command::ZoomOut => "Smaller",
            Command::ZoomReset => "Usual size",
            Command::Dark => "Dark theme",
            Command::Light => "Light theme",
            Command::SystemTheme => "Theme of the system",
            Command::Train => "Start training",
            Command::PauseOrResume => "Pause or resume training",
            Command::StopTraining => "Stop training",
            Command::Sample => "Sample designs",
            Command::CancelSampling => "Cancel sampling",
            Command::SimulateSelected => "Simulate selected design",
            Command::SimulateBest => "Simulate first designs",
            Command::CancelSimulation => "Cancel simulation",
            Command::Search => "Search from scratch",
            Command::StopSearch => "Stop search",
            Command::Compare => "Compare systems",
            Command::StopComparison => "Stop comparison",
            Command::Log => "Log",
            Command::Shortcuts => "Keyboard shortcuts",
        }
    }

    /// Its keys.
    pub fn shortcut(self) -> Option<KeyboardShortcut> {
        let ctrl = |key| Some(KeyboardShortcut::new(Modifiers::COMMAND, key));
        let shift = |key| Some(KeyboardShortcut::new(Modifiers::COMMAND | Modifiers::SHIFT, key));
        match self {
            Command::OpenCircuit => ctrl(Key::O),
            Command::LoadModel => ctrl(Key::L),
            Command::SaveModel => ctrl(Key::S),
            Command::Export => ctrl(Key::E),
            Command::Quit => ctrl(Key::Q),
            Command::Undo => ctrl(Key::Z),
            Command::Redo => ctrl(Key::Y),
            Command::NextDesign => ctrl(Key::ArrowDown),
            Command::PreviousDesign => ctrl(Key::ArrowUp),
            Command::ShowDesigns => ctrl(Key::Num1),
            Command::ShowTraining => ctrl(Key::Num2),
            Command::ShowCircuit => ctrl(Key::Num3),
            Command::ShowSearch => ctrl(Key::Num4),
            Command::ShowCompare => ctrl(Key::Num5),
            Command::Palette => ctrl(Key::P),
            Command::ZoomIn => ctrl(Key::Plus),
            Command::ZoomOut => ctrl(Key::Minus),
            Command::ZoomReset => ctrl(Key::Num0),
            Command::Train => ctrl(Key::T),
            Command::StopTraining => shift(Key::T),
            Command::Sample => ctrl(Key::R),
            Command::Search => ctrl(Key::F),
            Command::StopSearch => shift(Key::F),
            Command::SimulateSelected => ctrl(Key::M),
            Command::SimulateBest => shift(Key::M),
            Command::Shortcuts => Some(KeyboardShortcut::new(Modifiers::NONE, Key::F1)),
            _ => None,
        }
    }

    fn menu(self) -> Menu {
        match self {
            Command::OpenCircuit
            | Command::LoadModel
            | Command::SaveModel
            | Command::Export
            | Command::Quit => Menu::File,
            Command::Undo | Command::Redo | Command::NextDesign | Command::PreviousDesign => Menu::Edit,
            Command::ShowDesigns
            | Command::ShowTraining
            | Command::ShowSearch
            | Command::ShowCircuit
            | Command::ShowCompare
            | Command::Palette
            | Command::ResetLayout
            | Command::ZoomIn
            | Command::ZoomOut
            | Command::ZoomReset
            | Command::Dark
            | Command::Light
            | Command::SystemTheme => Menu::View,
            Command::Train
            | Command::PauseOrResume
            | Command::StopTraining
            | Command::Sample
            | Command::CancelSampling
            | Command::SimulateSelected
            | Command::SimulateBest
            | Command::CancelSimulation
            | Command::Search
            | Command::StopSearch
            | Command::Compare
            | Command::StopComparison => Menu::Run,
            Command::Log | Command::Shortcuts => Menu::Help,
        }
    }

    fn separated(self) -> bool {
        matches!(self, Command::LoadModel | Command::Export | Command::Quit | Command::Palette)
            || matches!(self, Command::NextDesign | Command::ZoomIn | Command::Dark | Command::Sample)
            || matches!(self, Command::SimulateSelected | Command::Search | Command::Compare)
    }
}

impl App {
    /// Whether a command can be carried out now.
    pub fn can(&self, command: Command) -> bool {
        let s = &self.system;
        match command {
            Command::LoadModel => s.open.is_some(),
            Command::SaveModel => s.model.is_some(),
            Command::Export => s.design(self.user.selected).is_some(),
            Command::Undo => self.history.has_undo(&self.edits()),
            Command::Redo => self.history.has_redo(&self.edits()),
            Command::Train => s.open.as_ref().is_some_and(|o| !o.rows.rows.is_empty()),
            Command::PauseOrResume => s.training.as_ref().is_some_and(|t| !t.stopping),
            Command::StopTraining => s.training.as_ref().is_some_and(|t| !t.stopping),
            Command::Sample => s.model.is_some() && s.open.is_some(),
            Command::CancelSampling => s.sampling.is_some(),
            Command::SimulateSelected => s.design(self.user.selected).is_some(),
            Command::SimulateBest => s.designs.is_some(),
            Command::NextDesign | Command::PreviousDesign => {
                s.designs.as_ref().is_some_and(|d| !d.candidates.is_empty())
            }
            Command::CancelSimulation => s.simulating(),
            Command::Search => s.open.is_some() && !self.user.targets.bounds.is_empty(),
            Command::StopSearch => s.search.as_ref().is_some_and(|s| !s.stopping),
            Command::Compare => s.comparing.is_none() && s.open.is_some(),
            Command::StopComparison => {
                s.comparing.as_ref().is_some_and(|c| !c.stop.load(std::sync::atomic::Ordering::Relaxed))
            }
            _ => true,
        }
    }

    /// Carries a command out, if that is possible now.
    pub fn run(&mut self, command: Command, ctx: &Context) {
        if !self.can(command) {
            return;
        }
        match command {
            Command::OpenCircuit => self.ask(super::background::Purpose::OpenCircuit),
            Command::LoadModel => self.ask(super::background::Purpose::LoadModel),
            Command::SaveModel => self.ask(super::background::Purpose::SaveModel),
            Command::Export => self.windows.export = true,
            Command::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
            Command::Undo => self.undo(),
            Command::Redo => self.redo(),
            Command::NextDesign => self.step_selection(true),
            Command::PreviousDesign => self.step_selection(false),
            Command::ShowDesigns => self.show_tab(Tab::Designs),
            Command::ShowTraining => self.show_tab(Tab::Training),
            Command::ShowSearch => self.show_tab(Tab::Search),
            Command::ShowCircuit => self.show_tab(Tab::Circuit),
            Command::ShowCompare => self.show_tab(Tab::Compare),
            Command::Palette => self.toggle_command_palette(),
            Command::ResetLayout => self.reset_layout(),
            Command::ZoomIn => egui::gui_zoom::zoom_in(ctx),
            Command::ZoomOut => egui::gui_zoom::zoom_out(ctx),
            Command::ZoomReset => ctx.set_zoom_factor(1.0),
            Command::Dark => ctx.set_theme(ThemePreference::Dark),
            Command::Light => ctx.set_theme(ThemePreference::Light),
            Command::SystemTheme => ctx.set_theme(ThemePreference::System),
            Command::Train => self.train(None),
            Command::PauseOrResume => self.pause_or_resume(),
            Command::StopTraining => self.stop_training(),
            Command::Sample => self.sample(),
            Command::CancelSampling => self.cancel_sampling(),
            Command::SimulateSelected => {
                let selected = self.user.selected.into_iter().collect();
                self.simulate(selected);
            }
            Command::SimulateBest => {
                let count = self.system.designs.as_ref().map_or(0, |d| d.candidates.len());
                self.simulate((0..count.min(self.user.best)).collect());
            }
            Command::CancelSimulation => self.cancel_simulation(),
            Command::Search => self.search(),
            Command::StopSearch => self.stop_search(),
            Command::Compare => self.compare(),
            Command::StopComparison => self.stop_comparison(),
            Command::Log => self.log.open = true,
            Command::Shortcuts => self.windows.shortcuts = true,
        }
    }

    /// Carries out what was typed.
    pub(super) fn shortcuts(&mut self, ctx: &Context) {
        // the longer combination first: Ctrl+Shift+T is not Ctrl+T
        let mut commands: Vec<(Command, KeyboardShortcut)> =
            Command::ALL.into_iter().filter_map(|c| Some((c, c.shortcut()?))).collect();
        // without Shift the key of `+` is `=`, where it is above it
        commands.push((Command::ZoomIn, KeyboardShortcut::new(Modifiers::COMMAND, Key::Equals)));
        commands.sort_by_key(|(_, s)| !s.modifiers.shift);
        for (command, shortcut) in commands {
            // a text field has its own undo
            let own = matches!(command, Command::Undo | Command::Redo) && ctx.egui_wants_keyboard_input();
            if !own && ctx.input_mut(|i| i.consume_shortcut(&shortcut)) {
                self.run(command, ctx);
            }
        }
    }

    /// The menu bar.
    pub(super) fn menu_bar(&mut self, ui: &mut Ui) {
        egui::MenuBar::new().ui(ui, |ui| {
            for menu in Menu::ALL {
                ui.menu_button(menu.title(), |ui| {
                    ui.set_min_width(200.0);
                    for command in Command::ALL.into_iter().filter(|c| c.menu() == menu) {
                        if command.separated() {
                            ui.separator();
                        }
                        let mut button = egui::Button::new(command.title());
                        if let Some(shortcut) = command.shortcut() {
                            button = button.shortcut_text(ui.ctx().format_shortcut(&shortcut));
                        }
                        let mut button = ui.add_enabled(self.can(command), button);
                        if let Some(reason) = self.why_not(command) {
                            button = button.on_disabled_hover_text(reason);
                        }
                        if button.clicked() {
                            let ctx = ui.ctx().clone();
                            self.run(command, &ctx);
                            ui.close();
                        }
                        if command == Command::LoadModel {
                            self.recent_menus(ui);
                        }
                    }
                });
            }
        });
    }

    /// The list of shortcuts.
    pub(super) fn shortcuts_window(&mut self, ctx: &Context) {
        let mut open = self.windows.shortcuts;
        egui::Window::new("Keyboard shortcuts")
            .id(super::above::Above::Shortcuts.id())
            .default_pos([420.0, 120.0])
            .open(&mut open)
            .resizable(false)
            .collapsible(false)
            .show(ctx, |ui| {
                egui::Grid::new("shortcuts").num_columns(2).spacing([24.0, 4.0]).show(ui, |ui| {
                    for command in Command::ALL {
                        if let Some(shortcut) = command.shortcut() {
                            ui.label(command.title());
                            ui.monospace(ui.ctx().format_shortcut(&shortcut));
                            ui.end_row();
                        }
                    }
                });
            });
        self.windows.shortcuts = open;
    }
}
