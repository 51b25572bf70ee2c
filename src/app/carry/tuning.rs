//! Designs that are turned by hand, and designs that are measured as they come.

use crate::app::core::App;
use crate::app::state::sensitivity::needed;
use crate::app::state::{NgspiceState, QueuedJob, Tuning};
use crate::circuit::Sizing;
use crate::engine::{JobId, Outcome, SimulateJob};
use egui::Context;
use std::sync::Arc;
use std::time::Duration;

/// Seconds of simulation that nobody has asked for, at most, as far as it is known how long one takes.
const AT_ONCE: f64 = 10.0;
/// How soon an answer that is awaited is looked for.
const SOON: Duration = Duration::from_millis(4);

impl App {
    /// Turns a parameter of the selected design.
    pub(super) fn turn(&mut self, parameter: usize, value: f64) {
        let begins = self.bench.as_ref().is_some_and(|bench| bench.tuning().is_none());
        if begins && !self.may_simulate() {
            return;
        }
        let Some(bench) = &mut self.bench else {
            return;
        };
        let circuit = Arc::clone(&bench.open.circuit);
        if let Some(tuning) = bench.tuning_or_begin() {
            tuning.turn(&circuit, parameter, value);
        }
    }

    /// Asks ngspice for where the turned design stands, if it was not.
    pub(in crate::app) fn follow_tuning(&mut self, ctx: &Context) {
        let Some(bench) = &mut self.bench else {
            return;
        };
        let circuit = Arc::clone(&bench.open.circuit);
        if let Some(known) = bench.tuning().and_then(Tuning::next).and_then(|s| bench.outcome(s)).cloned()
            && let Some(tuning) = bench.tuning_mut()
        {
            tuning.answered = Some((tuning.sizing.clone(), known));
        }
        let Some(tuning) = bench.tuning_mut() else {
            return;
        };
        if let Some(sizing) = tuning.next().cloned() {
            let pool = self.config.simulator.clone().altering();
            let job = self.engine.simulate(SimulateJob { circuit, sizings: vec![sizing], pool });
            tuning.ask(job);
        }
        if tuning.waits() {
            ctx.request_repaint_after(SOON);
        }
    }

    /// Takes ngspice's answer for a turned design; whether it was one.
    pub(in crate::app) fn tuned(&mut self, job: JobId, outcome: &Outcome) -> bool {
        let Some(bench) = &mut self.bench else {
            return false;
        };
        let of = bench.tunings.values_mut().find_map(|tuning| tuning.hear(job, outcome));
        if let Some(sizing) = &of {
            bench.note_outcome(sizing, outcome.clone());
        }
        of.is_some()
    }

    /// Adds the turned design to the designs, and selects it.
    pub(super) fn keep_tuned(&mut self) {
        let Some(bench) = &mut self.bench else {
            return;
        };
        let Some(tuning) = bench.take_tuning() else {
            return;
        };
        let candidate = tuning.candidate();
        if let Some(designs) = &mut bench.designs {
            let known = designs.candidates.iter().position(|c| c.sizing == candidate.sizing);
            bench.selected = known.or(Some(designs.candidates.len()));
            if known.is_none() {
                designs.candidates.push(candidate);
            }
        }
        self.measure_at_once();
    }

    /// Lets the turned design stand as it was.
    pub(super) fn drop_tuned(&mut self) {
        if let Some(bench) = &mut self.bench {
            bench.take_tuning();
        }
    }

    /// Measures what the sensitivities of the selected design need.
    pub(super) fn measure_neighbours(&mut self) {
        if !self.may_simulate() {
            return;
        }
        let Some(bench) = &self.bench else {
            return;
        };
        let Some(design) = bench.selected_design() else {
            return;
        };
        let mut sizings = needed(&bench.open.circuit, &design.sizing);
        sizings.retain(|sizing| bench.outcome(sizing).is_none() && !bench.waits(sizing));
        if !sizings.is_empty() {
            self.begin_or_queue(QueuedJob::Simulate(sizings));
        }
    }

    /// Measures the designs that were not, without a word where that is not possible. Those of an earlier draw that are
    /// still being measured give way.
    pub(in crate::app) fn measure_at_once(&mut self) {
        let possible = matches!(self.environment.ngspice, NgspiceState::Found(_));
        if !self.forms.sample.measure || !possible {
            return;
        }
        let Some(bench) = self.bench.as_mut().filter(|bench| !bench.word.is_missing()) else {
            return;
        };
        let fresh = |c: &&crate::engine::Candidate| c.simulated.is_none();
        let mut sizings: Vec<Sizing> =
            bench.candidates().iter().filter(fresh).map(|c| c.sizing.clone()).collect();
        let most = bench.pace.seconds.map_or(usize::MAX, |pace| (AT_ONCE / pace.max(1e-6)) as usize);
        sizings.truncate(most.max(1));
        match &mut bench.simulation {
            Some(run) if run.ended.is_none() && run.at_once => {
                bench.measure_again = true;
                self.engine.cancel(run.job);
            }
            // what the user asked for comes first
            Some(run) if run.ended.is_none() => bench.measure_again = true,
            _ => self.start_simulation(sizings, true),
        }
    }

    /// Goes on with designs that came while others were measured.
    pub(in crate::app) fn measure_again(&mut self) {
        if self.bench.as_mut().is_some_and(|bench| std::mem::take(&mut bench.measure_again)) {
            self.measure_at_once();
        }
    }
}
