//! The review page of a design, in the background with an engine of its own.

use crate::app::core::App;
use crate::app::ids::WindowId;
use crate::app::state::{Bench, ReviewUnderWay};
use crate::circuit::{Circuit, Sizing};
use crate::engine::Origin;
use crate::report::review::{About, ReviewTask, check_folder};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whose design it is: what the user calls a kept one and notes on it, what drew the selected one.
fn about(bench: &Bench, sizing: &Sizing) -> About {
    let circuit = &bench.open.circuit;
    let kept = bench.kept.designs.iter().find(|kept| kept.sizing(circuit).is_ok_and(|own| own == *sizing));
    let said = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let as_drawn = bench.selected_design().filter(|d| d.sizing == *sizing && d.origin != Origin::Tuned);
    let drawn = as_drawn.and(bench.designs.as_ref());
    About {
        name: kept.and_then(|kept| said(&kept.name)),
        note: kept.and_then(|kept| said(&kept.note)),
        model: Some(drawn.map_or_else(|| "turned by hand".to_owned(), |designs| designs.model.clone())),
        seed: drawn.map(|designs| designs.seed),
    }
}

impl App {
    /// Measures the selected design, as it is turned if it is, and writes its page into the typed folder.
    pub(super) fn write_review(&mut self) {
        let text = self.forms.review_path.clone();
        let Some(folder) = self.typed_path(&text, "review") else {
            return;
        };
        if !self.may_simulate() {
            return;
        }
        let Some(bench) = self.bench.as_mut().filter(|bench| bench.reviewing.is_none()) else {
            return;
        };
        let Some(sizing) = bench.looked_at().cloned() else {
            return;
        };
        if let Err(why) = check_folder(&folder) {
            self.environment.messages.error(why);
            return;
        }
        let circuit = &bench.open.circuit;
        let task = ReviewTask {
            circuit: Arc::clone(circuit),
            targets: bench.targets.clone(),
            corners: if self.forms.review_corners { circuit.corners.clone() } else { Vec::new() },
            about: about(bench, &sizing),
            sizing,
            pool: self.config.simulator.clone(),
        };
        let stop = Arc::new(AtomicBool::new(false));
        bench.reviewing = Some(ReviewUnderWay::new(task.pieces(), Arc::clone(&stop)));
        self.background.review(task, folder, stop);
    }

    pub(in crate::app) fn stop_review(&mut self) {
        if let Some(reviewing) = self.bench.as_ref().and_then(|bench| bench.reviewing.as_ref()) {
            reviewing.stop.store(true, Ordering::Relaxed);
        }
    }

    pub(in crate::app) fn review_goes_on(&mut self, circuit: &Arc<Circuit>, done: usize) {
        let bench = self.bench.as_mut().filter(|bench| Arc::ptr_eq(&bench.open.circuit, circuit));
        if let Some(reviewing) = bench.and_then(|bench| bench.reviewing.as_mut()) {
            reviewing.done = done;
        }
    }

    /// Takes the page that was written, with its verdict, or why there is none.
    pub(in crate::app) fn reviewed(
        &mut self,
        circuit: &Arc<Circuit>,
        written: Result<(PathBuf, String), String>,
    ) {
        let bench = self.bench.as_mut().filter(|bench| Arc::ptr_eq(&bench.open.circuit, circuit));
        // another circuit may have been opened: then it was stopped too
        let under_way = bench.map(|bench| bench.reviewing.take());
        let stopped = under_way.is_none_or(|under_way| under_way.is_some_and(|u| u.stopping()));
        let messages = &mut self.environment.messages;
        match written {
            Ok((path, verdict)) => {
                messages.note(format!("The review page is in {}: {verdict}", path.display()));
                self.environment.close_window(WindowId::REVIEW);
            }
            Err(_) if stopped => messages.note("The review page was stopped: none was written"),
            Err(why) => messages.error(format!("There is no review page: {why}")),
        }
    }
}
