//! Keeps the session: what is to be found again is looked at twice a second, written once it has settled, and on
//! leaving.

use super::App;
use super::session::{self, OfCircuit, Owner, Recent, Session, SessionFile, WindowSize};
use crate::circuit::{Circuit, datasets_folder};
use crate::engine::DrawSettings;
use egui::Context;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How often a change is looked for; what has not changed for as long has settled.
const PAUSE: Duration = Duration::from_millis(500);

/// What is kept beside the forms, and where all of it is written.
#[derive(Default)]
pub struct Keeper {
    path: Option<PathBuf>,
    /// Held for as long as this window is the one that keeps the session.
    lock: Option<std::fs::File>,
    /// What is kept of each circuit that was ever open.
    pub circuits: BTreeMap<String, OfCircuit>,
    /// Files used of late.
    pub recent: Recent,
    /// The solver settings of the session, which the model that is reopened must not replace.
    pub solver: Option<DrawSettings>,
    /// What is opened if the session's circuit is gone.
    pub fallback: Option<String>,
    theme: Option<egui::ThemePreference>,
    window: Option<WindowSize>,
    looked: Option<Instant>,
    last: Option<Session>,
    written: Option<Session>,
    number: u64,
    order: Arc<Mutex<u64>>,
}

/// Writes one text after another, though on threads of their own: an older one never replaces a newer one.
pub fn write_in_order(order: &Mutex<u64>, number: u64, path: &Path, text: &str) -> Result<(), String> {
    let mut last = order.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if *last >= number {
        return Ok(());
    }
    *last = number;
    session::write(path, text)
}

/// What a circuit is called in a session: a bundled one by its name, another by its folder.
pub fn key(circuit: &Circuit) -> String {
    let bundled = datasets_folder().join(&circuit.name);
    if absolute(&circuit.folder) == absolute(&bundled) {
        return circuit.name.clone();
    }
    absolute(&circuit.folder).display().to_string()
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

impl App {
    /// Takes a session up; the circuit to open.
    pub(super) fn take_up(&mut self, ctx: &Context, file: SessionFile) -> String {
        let SessionFile { path, session, problem, owner } = file;
        match owner {
            Owner::This(lock) => (self.keeper.path, self.keeper.lock) = (Some(path), lock),
            Owner::Another => self.system.messages.note(
                "Another window of sizewright is open: it keeps the session, and what is set here is forgotten",
            ),
        }
        if let Some(problem) = problem {
            self.system.messages.error(problem);
        } else {
            self.keeper.written = Some(session.clone());
        }
        self.restore(ctx, session)
    }

    /// Lays a session over what is chosen; the circuit to open.
    pub(super) fn restore(&mut self, ctx: &Context, session: Session) -> String {
        let user = &mut self.user;
        user.train = session.train.unwrap_or_else(|| user.train.clone());
        user.search = session.search.unwrap_or_else(|| user.search.clone());
        user.compare = session.compare.unwrap_or_else(|| user.compare.clone());
        user.look = session.look.unwrap_or_else(|| user.look.clone());
        user.best = session.best.unwrap_or(user.best);
        user.format = session.format.unwrap_or(user.format);
        if let Some(sample) = session.sample {
            self.keeper.solver = Some(sample.drawing());
            user.sample = sample;
        }
        if let Some(tree) = session.layout {
            self.layout = super::Layout::restored(tree);
        }
        self.user.tab = session.tab.unwrap_or(self.user.tab);
        self.show_tab(self.user.tab);
        self.keeper.theme = session.theme;
        if let Some(zoom) = session.zoom.filter(|zoom| (0.2..=5.0).contains(zoom)) {
            ctx.set_zoom_factor(zoom);
        }
        self.keeper.circuits.extend(session.circuits);
        self.keeper.recent = session.recent;
        self.keeper.window = session.window;
        let usual = self.config.circuit.clone();
        match session.circuit {
            Some(circuit) => {
                self.keeper.fallback = Some(usual).filter(|usual| *usual != circuit);
                circuit
            }
            None => usual,
        }
    }

    /// What is kept of the open circuit.
    pub(super) fn of_circuit(&mut self) -> Option<&mut OfCircuit> {
        let circuit = Arc::clone(&self.system.open.as_ref()?.circuit);
        Some(self.keeper.circuits.entry(key(&circuit)).or_default())
    }

    /// Notes the targets of the open circuit.
    pub(super) fn remember_circuit(&mut self) {
        let Some(open) = &self.system.open else {
            return;
        };
        let targets = session::values(&open.circuit, &self.user.targets);
        let ranges = session::ranges(&open.circuit, &self.user.region);
        if let Some(of) = self.of_circuit() {
            of.ranges = ranges;
            of.targets = Some(targets);
        }
    }

    /// Takes up the targets that the circuit had when it was last open; the model file to load.
    pub(super) fn recall_circuit(&mut self) -> Option<PathBuf> {
        let circuit = Arc::clone(&self.system.open.as_ref()?.circuit);
        self.keeper.fallback = None;
        self.keeper.recent.circuit(key(&circuit));
        let of = self.keeper.circuits.get(&key(&circuit))?;
        if let Some(targets) = of.targets.as_ref().and_then(|v| session::specification(&circuit, v)) {
            for bound in &targets.bounds {
                self.user.remembered[bound.metric] = bound.value;
            }
            self.user.targets = targets.clone();
            self.last_targets = targets;
        }
        self.user.region = session::region(&circuit, &of.ranges);
        self.last_region = self.user.region.clone();
        of.model.clone().filter(|path| path.is_file())
    }

    /// Notes a model file that was opened or written. A bundled one comes with its circuit.
    pub(super) fn remember_model(&mut self, path: &Path) {
        let path = absolute(path);
        let open = self.system.open.as_ref();
        let bundled = open.and_then(|o| crate::engine::demo_model(&o.circuit));
        let bundled = bundled.is_some_and(|b| absolute(&b) == path);
        if !bundled {
            self.keeper.recent.model(path.clone());
        }
        if let Some(of) = self.of_circuit() {
            of.model = Some(path).filter(|_| !bundled);
        }
    }

    /// Forgets a model file that could not be read. Where there is no other at hand the bundled one is taken, so that
    /// a session that names a bad one begins as any other.
    pub(super) fn forget_model(&mut self, path: &Path) {
        let path = absolute(path);
        self.keeper.recent.models.retain(|other| *other != path);
        if let Some(of) = self.of_circuit().filter(|of| of.model.as_ref() == Some(&path)) {
            of.model = None;
        }
        let open = self.system.open.as_ref().filter(|_| self.system.model.is_none());
        let bundled = open.and_then(|open| crate::engine::bundled_model(&open.circuit).ok());
        if let Some(bundled) = bundled.filter(|b| self.config.demo_model && absolute(b) != path) {
            self.user.model_path = bundled.display().to_string();
            self.load_model();
        }
    }

    fn session(&mut self, ctx: &Context) -> Session {
        self.remember_circuit();
        let user = &self.user;
        Session {
            circuit: self.system.open.as_ref().map(|open| key(&open.circuit)),
            circuits: self.keeper.circuits.clone(),
            train: Some(user.train.clone()),
            sample: Some(user.sample.clone()),
            search: Some(user.search.clone()),
            compare: Some(user.compare.clone()),
            look: Some(user.look.clone()),
            tab: Some(user.tab),
            best: Some(user.best),
            format: Some(user.format),
            layout: Some(self.layout.tree().clone()),
            theme: Some(ctx.options(|o| o.theme_preference)),
            zoom: Some(ctx.zoom_factor()),
            window: self.keeper.window,
            recent: self.keeper.recent.clone(),
        }
    }

    fn follow_window(&mut self, ctx: &Context) {
        let zoom = ctx.zoom_factor();
        let viewport = ctx.input(|i| i.viewport().clone());
        let maximised = viewport.maximized.unwrap_or(false);
        match (&mut self.keeper.window, viewport.inner_rect) {
            // the size to go back to is the one before
            (Some(window), _) if maximised => window.maximised = true,
            (window, Some(rect)) if rect.is_positive() => {
                let (width, height) = (rect.width() * zoom, rect.height() * zoom);
                *window = Some(WindowSize { width, height, maximised });
            }
            _ => {}
        }
    }

    /// Writes the session once what is in it has changed and settled.
    pub(super) fn keep_session(&mut self, ctx: &Context) {
        if let Some(theme) = self.keeper.theme.take() {
            ctx.set_theme(theme);
        }
        if self.keeper.path.is_none() || self.system.open.is_none() {
            return;
        }
        if let Some(since) = self.keeper.looked.map(|looked| looked.elapsed())
            && since < PAUSE
        {
            ctx.request_repaint_after(PAUSE - since);
            return;
        }
        self.keeper.looked = Some(Instant::now());
        self.follow_window(ctx);
        let session = self.session(ctx);
        if self.keeper.written.as_ref() == Some(&session) {
            return;
        }
        let settled = self.keeper.last.as_ref() == Some(&session);
        if settled {
            if let Some((number, path, text)) = self.next_text(&session) {
                self.background.keep_session(Arc::clone(&self.keeper.order), number, path, text);
            }
            self.keeper.written = Some(session);
        } else {
            self.keeper.last = Some(session);
            ctx.request_repaint_after(PAUSE);
        }
    }

    fn next_text(&mut self, session: &Session) -> Option<(u64, PathBuf, String)> {
        let path = self.keeper.path.clone()?;
        match session.text() {
            Ok(text) => {
                self.keeper.number += 1;
                Some((self.keeper.number, path, text))
            }
            Err(e) => {
                self.system.messages.error(format!("The session cannot be kept: {e}"));
                None
            }
        }
    }

    /// Writes the session at once: the window is closing.
    pub(super) fn keep_session_now(&mut self, ctx: &Context) {
        if self.system.open.is_none() {
            return;
        }
        let session = self.session(ctx);
        if let Some((number, path, text)) = self.next_text(&session)
            && let Err(e) = write_in_order(&self.keeper.order, number, &path, &text)
        {
            eprintln!("the session is not kept: {e}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_text_never_replaces_a_newer_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("session.ron");
        let order = Mutex::new(0);
        write_in_order(&order, 2, &path, "newer").expect("writable");
        write_in_order(&order, 1, &path, "older").expect("nothing to do");
        assert_eq!(std::fs::read_to_string(&path).expect("written"), "newer");
    }

    #[test]
    fn a_bundled_circuit_goes_by_its_name() {
        assert_eq!(key(&Circuit::open("ota2").expect("bundled")), "ota2");
        let folder = absolute(&datasets_folder().join("ota2"));
        assert_eq!(key(&Circuit::load(&folder).expect("the same")), "ota2");
    }
}
