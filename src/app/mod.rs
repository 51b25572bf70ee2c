//! The window: the way from a circuit to a verified, exported sizing.
//!
//! [`App`] joins what the user has chosen ([`UserState`]) with what is open and running
//! ([`SystemState`]). Wishes become jobs of the engine in `actions`, answers become state in `events`,
//! and the panes only draw state: one file a pane. This room knows the engine and the data types, never
//! what is behind the engine.

mod above;
mod accessible;
mod actions;
mod background;
mod circuit;
mod command_palette;
mod commands;
mod compare;
mod drop;
mod empty;
mod events;
mod export;
mod front;
mod histograms;
mod history;
mod icon;
mod keeper;
mod layout;
mod log;
mod look;
mod loss;
mod messages;
mod plots;
mod queue;
mod ranges;
mod sample;
pub(crate) mod schematic;
mod search;
pub(crate) mod session;
mod specification_sets;
mod state;
mod status;
mod targets;
mod theme;
mod train;
mod trust;
mod verify;

pub use background::FindNgspice;
pub use commands::{Command, Menu};
pub use compare::{CompareForm, Compared, Comparing};
pub use layout::{Layout, Pane};
pub use messages::{Message, Severity};
pub use session::{Session, SessionFile};
pub use state::{
    Designs, Ngspice, OpenCircuit, PresetChoice, SampleForm, Search, SearchForm, SortKey, SystemState, Tab,
    TrainForm, UserState, View,
};

use crate::circuit::{Region, Specification};
use crate::engine::{self, Engine, SimulatorConfig};
use background::Background;
use eframe::CreationContext;
use egui::{Context, Panel, ScrollArea, Ui, ViewportBuilder, ViewportCommand};
use std::sync::Arc;
use std::time::Duration;

/// What the window starts with.
pub struct AppConfig {
    /// The circuit to open: a bundled name or a folder.
    pub circuit: String,
    /// How designs are simulated.
    pub simulator: SimulatorConfig,
    /// How ngspice's version is found.
    pub ngspice: FindNgspice,
    /// Whether a bundled model is loaded with its circuit.
    pub demo_model: bool,
}

impl Default for AppConfig {
    fn default() -> AppConfig {
        AppConfig {
            circuit: "ota1".to_owned(),
            simulator: SimulatorConfig::default(),
            ngspice: Arc::new(|| {
                engine::ngspice_version(&SimulatorConfig::default()).map_err(|e| e.to_string())
            }),
            demo_model: true,
        }
    }
}

/// Which windows are open above the panes.
#[derive(Default)]
struct Windows {
    export: bool,
    shortcuts: bool,
    deck: Option<(String, String)>,
}

/// The application.
pub struct App {
    user: UserState,
    system: SystemState,
    engine: Engine,
    background: Background,
    config: AppConfig,
    history: history::History<history::Edits>,
    last_targets: Specification,
    last_region: Region,
    target_problems: Vec<Option<String>>,
    windows: Windows,
    loss: loss::LossPlot,
    histograms: Option<histograms::Histograms>,
    front: front::Front,
    plots: plots::Plots,
    schematic: schematic::Schematic,
    trust: trust::Trust,
    views: look::Views,
    layout: Layout,
    keeper: keeper::Keeper,
    command_palette: command_palette::CommandPalette,
    set_name: String,
    queue: queue::Queue,
    log: log::LogWindow,
    context: Context,
    title: String,
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
            user: UserState::default(),
            system: SystemState::default(),
            engine,
            background,
            history: history::History::default(),
            last_targets: Specification::default(),
            last_region: Region::default(),
            target_problems: Vec::new(),
            windows: Windows::default(),
            loss: loss::LossPlot::default(),
            histograms: None,
            front: front::Front::default(),
            plots: plots::Plots::default(),
            schematic: schematic::Schematic::default(),
            trust: trust::Trust::default(),
            views: look::Views::new(cc),
            layout: Layout::default(),
            keeper: keeper::Keeper::default(),
            command_palette: command_palette::CommandPalette::default(),
            set_name: String::new(),
            queue: queue::Queue::default(),
            log: log::LogWindow::default(),
            context: cc.egui_ctx.clone(),
            title: String::new(),
            config,
        };
        let circuit = match session {
            Some(file) => app.take_up(&cc.egui_ctx, file),
            None => app.config.circuit.clone(),
        };
        app.open(circuit);
        Ok(app)
    }

    /// What the user has chosen.
    pub fn user(&self) -> &UserState {
        &self.user
    }

    /// To choose as the user would.
    pub fn user_mut(&mut self) -> &mut UserState {
        &mut self.user
    }

    /// What is open and running.
    pub fn system(&self) -> &SystemState {
        &self.system
    }

    /// The messages that were not dismissed.
    pub fn messages(&self) -> &[Message] {
        self.system.messages.all()
    }

    /// Changes are an undo step once nothing is dragged any more; targets that changed wake the sampler.
    fn follow_targets(&mut self, ctx: &Context) {
        self.follow_edits(ctx);
        if self.user.targets != self.last_targets || self.user.region != self.last_region {
            self.last_targets = self.user.targets.clone();
            self.last_region = self.user.region.clone();
            if self.user.sample.live && self.system.model.is_some() {
                self.sample();
            }
        }
    }

    fn follow_title(&mut self, ctx: &Context) {
        let title = self.window_title();
        if title != self.title {
            ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }

    fn way_through(&mut self, ui: &mut Ui) {
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            // room for the scroll bar; rows close together, so that the whole way is in sight
            ui.set_max_width(ui.available_width() - 6.0);
            ui.spacing_mut().item_spacing.y = 3.0;
            ui.spacing_mut().interact_size.y = 19.0;
            self.circuit_section(ui);
            self.train_section(ui);
            self.targets_section(ui);
            self.sample_section(ui);
            self.verify_section(ui);
            self.export_section(ui);
        });
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.drain(ctx);
        self.shortcuts(ctx);
        self.close_on_escape(ctx);
        self.follow_targets(ctx);
        self.follow_queue();
        self.follow_title(ctx);
        self.keep_session(ctx);
    }

    fn on_exit(&mut self) {
        let ctx = self.context.clone();
        self.keep_session_now(&ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        Panel::top("menu").show(ui, |ui| {
            self.menu_bar(ui);
        });
        if !self.messages().is_empty() {
            Panel::top("messages").show(ui, |ui| self.system.messages.ui(ui));
        }
        Panel::bottom("status").show(ui, |ui| self.status_bar(ui));
        Panel::left("way").default_size(292.0).size_range(240.0..=460.0).show(ui, |ui| self.way_through(ui));
        self.panes(ui);
        let ctx = ui.ctx().clone();
        self.follow_pointer(&ctx);
        self.follow_plots(&ctx);
        if !self.taking_picture() {
            self.export_window(&ctx);
            self.deck_window(&ctx);
            self.deck_question(&ctx);
            self.shortcuts_window(&ctx);
            self.plot_window(&ctx);
            self.log_window(&ctx);
            self.queue_question(&ctx);
            self.command_palette_window(&ctx);
        }
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
