//! Keeps the session: what is to be found again is looked at twice a second, written once it has settled, and on
//! leaving.

use super::core::App;
use super::keeper::{absolute, key, write_in_order};
use super::layout::Layout;
use super::session::{Owner, Session, SessionFile, WindowSize};
use crate::dataset::text_hash;
use crate::engine::{TrainedModel, bundled_model, demo_model};
use egui::Context;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a change is looked for; what has not changed for as long has settled.
const PAUSE: Duration = Duration::from_millis(500);

/// The folder beside the session where models are that were trained and not saved.
const UNSAVED: &str = "unsaved";

impl App {
    /// Takes a session up; the circuit to open.
    pub(super) fn take_up(&mut self, ctx: &Context, file: SessionFile) -> String {
        let SessionFile { path, session, problem, owner } = file;
        match owner {
            Owner::This(lock) => (self.keeper.path, self.keeper.lock) = (Some(path), lock),
            Owner::Another => self.environment.messages.note(
                "Another window of sizewright is open: it keeps the session, and what is set here is forgotten",
            ),
        }
        if let Some(problem) = problem {
            self.environment.messages.error(problem);
        } else {
            self.keeper.written = Some(session.clone());
        }
        self.restore(ctx, session)
    }

    /// Lays a session over what is chosen; the circuit to open.
    pub(super) fn restore(&mut self, ctx: &Context, session: Session) -> String {
        let forms = &mut self.forms;
        forms.train = session.train.unwrap_or_else(|| forms.train.clone());
        forms.search = session.search.unwrap_or_else(|| forms.search.clone());
        forms.compare = session.compare.unwrap_or_else(|| forms.compare.clone());
        forms.look = session.look.unwrap_or_else(|| forms.look.clone());
        forms.best = session.best.unwrap_or(forms.best);
        forms.format = session.format.unwrap_or(forms.format);
        if let Some(sample) = session.sample {
            self.keeper.solver = Some(sample.drawing());
            forms.sample = sample;
        }
        if let Some(tree) = session.layout {
            self.layout = Layout::restored(tree);
        }
        self.keeper.theme = session.theme;
        if let Some(zoom) = session.zoom.filter(|zoom| (0.2..=5.0).contains(zoom)) {
            ctx.set_zoom_factor(zoom);
        }
        self.keeper.circuits.extend(session.circuits);
        self.environment.recent = session.recent;
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

    /// Notes what is kept of the open circuit.
    pub(super) fn remember_circuit(&mut self) {
        if let Some(bench) = &self.bench {
            self.keeper.circuits.insert(key(&bench.open.circuit), bench.to_keep());
        }
    }

    /// Takes up what was kept when the circuit was last open; the model file to load.
    pub(super) fn recall_circuit(&mut self) -> Option<PathBuf> {
        let bench = self.bench.as_mut()?;
        let key = key(&bench.open.circuit);
        self.keeper.fallback = None;
        self.environment.recent.circuit(key.clone());
        let kept = self.keeper.circuits.get(&key)?;
        bench.recall(kept);
        kept.model.clone().filter(|path| path.is_file())
    }

    /// Notes a model file that was opened or written. A bundled one comes with its circuit.
    pub(super) fn remember_model(&mut self, path: &Path) {
        let path = absolute(path);
        let bundled = self.bench.as_ref().and_then(|bench| demo_model(&bench.open.circuit));
        let bundled = bundled.is_some_and(|b| absolute(&b) == path);
        if !bundled && !self.is_unsaved(&path) {
            self.environment.recent.model(path.clone());
        }
        if let Some(bench) = &mut self.bench {
            bench.kept.model = Some(path).filter(|_| !bundled);
        }
    }

    /// Where a trained model of the open circuit is kept until the user saves it; nowhere without a session.
    fn unsaved(&self) -> Option<PathBuf> {
        let (session, bench) = (self.keeper.path.as_ref()?, self.bench.as_ref()?);
        let circuit = &bench.open.circuit;
        let hash: String = text_hash(&key(circuit)).chars().take(12).collect();
        Some(session.with_file_name(UNSAVED).join(format!("{}-{hash}.model", circuit.name)))
    }

    /// Whether a file is such a model.
    pub(super) fn is_unsaved(&self, path: &Path) -> bool {
        let folder = self.keeper.path.as_ref().map(|session| absolute(&session.with_file_name(UNSAVED)));
        folder.is_some_and(|folder| absolute(path).parent() == Some(&folder))
    }

    /// Keeps a model that was trained beside the session: it is found again with its circuit, saved or not.
    pub(super) fn keep_model(&self, model: Arc<TrainedModel>) {
        if let Some(path) = self.unsaved() {
            self.background.keep_model(model, path);
        }
    }

    /// Notes where a trained model is kept, unless it was saved or another one was taken meanwhile.
    pub(super) fn model_kept(&mut self, model: &Arc<TrainedModel>, kept: Result<PathBuf, String>) {
        match kept {
            Ok(path) => {
                let bench = self.bench.as_mut().filter(|bench| bench.saved.is_none());
                if let Some(bench) = bench
                    && bench.model.as_ref().is_some_and(|hand| Arc::ptr_eq(&hand.model, model))
                {
                    bench.kept.model = Some(absolute(&path));
                }
            }
            Err(why) => {
                self.environment.messages.error(format!("The model is kept until you quit alone: {why}"))
            }
        }
    }

    /// Forgets a model file that could not be read. Where there is no other at hand the bundled one is taken, so that
    /// a session that names a bad one begins as any other.
    pub(super) fn forget_model(&mut self, path: &Path) {
        let path = absolute(path);
        self.environment.recent.models.retain(|other| *other != path);
        let Some(bench) = &mut self.bench else {
            return;
        };
        bench.kept.model.take_if(|kept| *kept == path);
        if bench.model.is_none()
            && self.config.demo_model
            && let Ok(bundled) = bundled_model(&bench.open.circuit)
            && absolute(&bundled) != path
        {
            self.load_model_file(&bundled);
        }
    }

    pub(super) fn session(&mut self, ctx: &Context) -> Session {
        self.remember_circuit();
        let forms = &self.forms;
        Session {
            circuit: self.bench.as_ref().map(|bench| key(&bench.open.circuit)),
            circuits: self.keeper.circuits.clone(),
            train: Some(forms.train.clone()),
            sample: Some(forms.sample.clone()),
            search: Some(forms.search.clone()),
            compare: Some(forms.compare.clone()),
            look: Some(forms.look.clone()),
            best: Some(forms.best),
            format: Some(forms.format),
            layout: Some(self.layout.tree().clone()),
            theme: Some(ctx.options(|o| o.theme_preference)),
            zoom: Some(ctx.zoom_factor()),
            window: self.keeper.window,
            recent: self.environment.recent.clone(),
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
        if self.keeper.path.is_none() || self.bench.is_none() {
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
                self.environment.messages.error(format!("The session cannot be kept: {e}"));
                None
            }
        }
    }

    /// Writes the session at once: the window is closing.
    pub(super) fn keep_session_now(&mut self, ctx: &Context) {
        if self.bench.is_none() {
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
