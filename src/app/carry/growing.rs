//! Rows grown at the front, in the background with an engine of their own; then a training on all rows.

use crate::app::core::App;
use crate::app::ids::WindowId;
use crate::app::state::{Gained, GrowingUnderWay};
use crate::circuit::Circuit;
use crate::engine::{GrowTask, Growing};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A file for all rows that takes no other one's place.
fn free_file(circuit: &Circuit) -> PathBuf {
    let names = std::iter::once("grown.csv".to_owned()).chain((2..).map(|n| format!("grown-{n}.csv")));
    let mut paths = names.map(|name| circuit.folder.join(name));
    paths.find(|path| !path.exists()).unwrap_or_else(|| circuit.folder.join("grown.csv"))
}

impl App {
    /// Grows rows by the form.
    pub(super) fn grow_rows(&mut self) {
        if !self.may_simulate() {
            return;
        }
        let Some(bench) = self.bench.as_mut().filter(|bench| bench.growing.is_none()) else {
            return;
        };
        let messages = &mut self.environment.messages;
        let Some(hand) = &bench.model else {
            messages.error("Rows are grown from what a model draws: train one on the rows first");
            return;
        };
        let out = free_file(&bench.open.circuit);
        if let Err(why) = crate::files::check_writable(&out) {
            messages.error(format!("All rows are to be written beside the circuit, which cannot be: {why}"));
            return;
        }
        let simulations = self.forms.rows.grow;
        let task = GrowTask {
            circuit: Arc::clone(&bench.open.circuit),
            dataset: Arc::clone(&bench.open.rows),
            model: Arc::clone(&hand.model),
            recipe: self.forms.train.recipe.clone(),
            simulations,
            seed: self.forms.rows.seed,
            device: self.forms.train.device,
            pool: self.config.simulator.clone(),
        };
        let stop = Arc::new(AtomicBool::new(false));
        bench.growing = Some(GrowingUnderWay::new(simulations, Arc::clone(&stop)));
        bench.gained = None;
        self.background.grow(task, out, stop);
    }

    pub(in crate::app) fn stop_growing(&mut self) {
        if let Some(growing) = self.bench.as_ref().and_then(|bench| bench.growing.as_ref()) {
            growing.stop.store(true, Ordering::Relaxed);
        }
    }

    pub(in crate::app) fn growing_goes_on(&mut self, circuit: &Arc<Circuit>, told: Growing) {
        let bench = self.bench.as_mut().filter(|bench| Arc::ptr_eq(&bench.open.circuit, circuit));
        if let Some(growing) = bench.and_then(|bench| bench.growing.as_mut()) {
            growing.hear(told);
        }
    }

    /// Takes all rows, and trains on them unless it was stopped.
    pub(in crate::app) fn grown(&mut self, circuit: &Arc<Circuit>, outcome: Result<Gained, String>) {
        let bench = self.bench.as_mut().filter(|bench| Arc::ptr_eq(&bench.open.circuit, circuit));
        let Some(bench) = bench else {
            // another circuit was opened: where the rows are is told all the same
            if let Ok(gained) = outcome {
                let text =
                    format!("{} of {} are in {}", gained.words(), circuit.title, gained.file.display());
                self.environment.messages.note(text);
            }
            return;
        };
        let stopped = bench.growing.take().is_some_and(|growing| growing.stopping());
        match outcome {
            Ok(gained) => {
                self.environment.messages.record(format!("{}: {}", gained.file.display(), gained.words()));
                let file = gained.file.clone();
                bench.gained = Some(gained);
                bench.train_next = !stopped;
                self.environment.open_window(WindowId::GROW);
                self.background.read_rows(Arc::clone(circuit), file);
            }
            Err(_) if stopped => {
                self.environment.messages.note("No rows were grown: stopped before there were any")
            }
            Err(why) => self.environment.messages.error(format!("No rows were grown: {why}")),
        }
    }
}
