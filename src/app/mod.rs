//! The window: the way from a circuit to a verified, exported sizing.
//!
//! [`App`] joins the open circuit ([`Bench`]), what the user has chosen ([`Forms`]) and what is known beside them
//! ([`Environment`]). Panes, steps and windows draw this state and make wishes; `carry` carries these out, as jobs of
//! the engine where they take time; what the engine answers becomes state in `events`. This room knows the engine and
//! the data types, never what is behind the engine.

mod background;
mod carry;
mod commands;
mod core;
mod drop;
mod events;
mod frame;
mod icon;
mod ids;
mod keeper;
mod keeping;
mod layout;
mod look;
mod messages;
mod pane;
mod panes;
mod plots;
mod project;
mod scene;
pub(crate) mod schematic;
mod sections;
pub(crate) mod session;
pub(crate) mod state;
mod theme;
mod widgets;
mod windows;
mod wish;
mod words;

pub use self::core::{App, AppConfig};
pub use background::FindNgspice;
pub use commands::{Command, Menu, Situation};
pub use ids::{PaneId, WindowId};
pub use layout::Layout;
pub use messages::{Message, Severity};
pub use pane::Pane;
pub use panes::{
    CircuitPane, ComparePane, Listed, PANES, ParallelPane, Place, SchematicPane, SpacePane, TablePane,
};
pub use session::{Session, SessionFile};
pub use state::sensitivity;
pub use state::{
    Bench, CompareForm, Designs, Edits, Environment, Forms, History, NgspiceState, OpenCircuit, PresetChoice,
    Queue, RowsForm, SampleForm, SearchForm, SortKey, Tally, TrainForm,
};

use crate::engine::Engine;
use background::Background;
use eframe::CreationContext;
use egui::{Context, Panel, ScrollArea, Ui, ViewportBuilder, ViewportCommand};
use frame::{menu, palette, status};
use scene::Scene;
use std::sync::Arc;
use std::time::Duration;

/// The scene of an application whose other parts stay free to be drawn with it.
macro_rules! scene {
    ($app:expr) => {
        Scene {
            bench: $app.bench.as_ref(),
            forms: &mut $app.forms,
            environment: &$app.environment,
            pointed: &mut $app.pointed,
            wishes: &mut $app.wishes,
        }
    };
}

impl App {
    /// Starts the engine and opens the first circuit.
    ///
    /// # Errors
    /// The system has no more threads.
    pub fn new(cc: &CreationContext<'_>, config: AppConfig) -> std::io::Result<App> {
        App::with_session(cc, config, None)
    }

    /// Starts where a session ended, and keeps it from now on.
    ///
    /// # Errors
    /// The system has no more threads.
    pub fn with_session(
        cc: &CreationContext<'_>,
        config: AppConfig,
        session: Option<SessionFile>,
    ) -> std::io::Result<App> {
        theme::install(&cc.egui_ctx);
        let ctx = cc.egui_ctx.clone();
        let pause = frame_pause(cc);
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(move || ctx.request_repaint_after(pause));
        let wake_engine = Arc::clone(&wake);
        let engine = Engine::start(move || wake_engine())?;
        let background = Background::new(wake);
        background.find_ngspice(Arc::clone(&config.ngspice));
        let mut app = App {
            bench: None,
            forms: Forms::default(),
            environment: Environment::default(),
            pointed: scene::Pointed::default(),
            wishes: wish::Wishes::default(),
            engine,
            background,
            layout: Layout::default(),
            panes: panes::Panes::make(cc),
            sections: sections::all(),
            windows: windows::all(),
            palette: palette::CommandPalette::default(),
            pictures: plots::Pictures::default(),
            keeper: keeper::Keeper::default(),
            context: cc.egui_ctx.clone(),
            title: String::new(),
            config,
        };
        app.forms.sample.measure = app.config.measure;
        let circuit = match session {
            Some(file) => app.take_up(&cc.egui_ctx, file),
            None => app.config.circuit.clone(),
        };
        app.open(circuit);
        Ok(app)
    }

    fn shortcuts(&mut self, ctx: &Context) {
        for command in Command::pressed(ctx) {
            self.run(command, ctx);
        }
    }

    /// Escape closes the window on top. A menu, the palette or a question has the key for itself.
    fn close_on_escape(&mut self, ctx: &Context) {
        let asks = self.bench.as_ref().is_some_and(|bench| bench.queue.asked.is_some());
        if self.palette.is_open() || asks || egui::Popup::is_any_open(ctx) {
            return;
        }
        if let Some(window) = windows::closed_by_escape(ctx, &self.environment.windows) {
            self.environment.close_window(window);
        }
    }

    fn follow_title(&mut self, ctx: &Context) {
        let title = status::window_title(self.bench.as_ref());
        if title != self.title {
            ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }

    /// Notes what the user has set as a step of undo, unless it is still being set: a drag ends when no pointer is
    /// down any more.
    fn follow_edits(&mut self, ctx: &Context) {
        if let Some(bench) = &mut self.bench
            && !ctx.input(|i| i.pointer.any_down())
            && !ctx.text_edit_focused()
        {
            let now = bench.edits(&self.forms);
            bench.history.follow(&now);
        }
    }

    /// Draws everything; what it asks for is among the wishes then.
    fn draw(&mut self, ui: &mut Ui) {
        Panel::top("menu").show(ui, |ui| menu::menu_bar(ui, &mut scene!(self)));
        if let Some(window) = self.environment.messages.show(ui.ctx()) {
            self.environment.open_window(window);
        }
        let mut scene = scene!(self);
        Panel::bottom("status").show(ui, |ui| status::status_bar(ui, &mut scene));
        Panel::left("way").default_size(292.0).size_range(240.0..=460.0).show(ui, |ui| {
            // the way out is always in sight
            if let Some(last) = self.sections.last_mut() {
                let panel = Panel::bottom("way out").resizable(false).show_separator_line(false);
                panel.frame(egui::Frame::NONE).show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 3.0;
                    last.ui(ui, &mut scene);
                });
            }
            ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                // room for the scroll bar; rows close together, so that the whole way is in sight
                ui.set_max_width(ui.available_width() - 6.0);
                ui.spacing_mut().item_spacing.y = 3.0;
                ui.spacing_mut().interact_size.y = 19.0;
                let steps = self.sections.len().saturating_sub(1);
                for section in &mut self.sections[..steps] {
                    section.ui(ui, &mut scene);
                }
            });
        });
        self.layout.ui(ui, &mut self.panes, &mut scene);
    }

    /// Draws what stands above the panes.
    fn draw_above(&mut self, ctx: &Context) {
        let mut scene = scene!(self);
        for window in &mut self.windows {
            if scene.environment.is_open(window.id()) {
                window.ui(ctx, &mut scene);
            }
        }
        windows::queue_question(ctx, &mut scene);
        self.palette.ui(ctx, &mut scene);
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.drain(ctx);
        self.shortcuts(ctx);
        self.close_on_escape(ctx);
        self.follow_targets(ctx);
        self.follow_tuning(ctx);
        self.follow_outlook(ctx);
        self.follow_looks();
        self.follow_queue();
        self.follow_title(ctx);
        self.keep_session(ctx);
    }

    fn on_exit(&mut self) {
        let ctx = self.context.clone();
        self.keep_session_now(&ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        self.draw(ui);
        if self.pointed.follow() {
            ctx.request_repaint();
        }
        self.follow_plots(&ctx);
        if !self.pictures.is_taking() {
            self.draw_above(&ctx);
        }
        self.carry_out_wishes(&ctx);
        self.follow_edits(&ctx);
        self.dropped_files(&ctx);
    }
}

/// How long what a job says may wait to be drawn. Where the window is drawn in software each frame costs the
/// cores that train; the user's own doings are drawn at once in either case.
fn frame_pause(cc: &CreationContext<'_>) -> Duration {
    let software = cc
        .wgpu_render_state
        .as_ref()
        .is_some_and(|state| state.adapter.get_info().device_type == eframe::wgpu::DeviceType::Cpu);
    Duration::from_millis(if software { 200 } else { 33 })
}

/// Opens the window and stays until it is closed; the exit code.
pub fn run() -> i32 {
    let session = SessionFile::usual().map(SessionFile::open);
    let window = session.as_ref().and_then(|file| file.session.window);
    let viewport = ViewportBuilder::default()
        .with_title("sizewright")
        .with_app_id("sizewright")
        .with_inner_size(window.map_or([1440.0, 900.0], |w| [w.width, w.height]))
        .with_maximized(window.is_some_and(|w| w.maximised))
        .with_min_inner_size([960.0, 600.0]);
    let viewport = match icon::icon() {
        Some(icon) => viewport.with_icon(icon),
        None => viewport,
    };
    let options = eframe::NativeOptions { viewport, ..Default::default() };
    let opened = eframe::run_native(
        "sizewright",
        options,
        Box::new(|cc| {
            let app = App::with_session(cc, AppConfig::default(), session)?;
            Ok(Box::new(app))
        }),
    );
    match opened {
        Ok(()) => 0,
        Err(e) => {
            let reason = match e.to_string() {
                text if text.contains("WAYLAND_DISPLAY") => "there is no display".to_owned(),
                text => text,
            };
            eprintln!(
                "error: the window cannot be opened ({reason}): start it on a desktop, or under `xvfb-run`; \
                 `sizewright --help` lists what works without a window"
            );
            1
        }
    }
}
