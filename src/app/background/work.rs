//! Work of minutes beside the engine's jobs: reports, rows that grow, designs over conditions; and what is known of targets.

use super::{Arrival, Background};
use crate::app::state::{Gained, OutlookOf};
use crate::circuit::{Circuit, Sizing};
use crate::dataset::{self, Dataset};
use crate::engine::{self, Awaited, Candidate, Explored, GrowTask, Outcome, Random, SimulatorConfig};
use crate::report::review::{self, ReviewTask};
use crate::report::{self, ReportPlan, Told};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Runs with mismatch in a piece.
const MISMATCH_RUNS: usize = 100;

impl Background {
    /// Works out what is known of a target.
    pub fn look_ahead(
        &self,
        circuit: Arc<Circuit>,
        rows: Arc<Dataset>,
        draws: Vec<Candidate>,
        of: OutlookOf,
    ) {
        self.run(move || {
            let rows = &rows.rows;
            let explored =
                Explored { circuit: &circuit, model: &of.model, region: &of.region, rows, draws: &draws };
            let outlook = explored.outlook(&of.targets);
            Arrival::Outlook(circuit, outlook)
        });
    }

    /// Makes a report with an engine of its own until `stop` is set.
    pub fn compare(&self, plan: ReportPlan, stop: Arc<AtomicBool>) {
        let (sender, wake) = (self.sender.clone(), Arc::clone(&self.wake));
        self.run(move || {
            let made = Awaited::start(stop).and_then(|engine| {
                report::make(&plan, &engine, &mut |told| {
                    // how far a piece of work is will be told again; what was done will not
                    let _ = match told {
                        Told::Part(_) => sender.try_send(Arrival::Told(told)).map_err(drop),
                        _ => sender.send(Arrival::Told(told)).map_err(drop),
                    };
                    wake();
                })
            });
            Arrival::Compared(made.map(Box::new))
        });
    }

    /// Grows rows with an engine of its own until `stop` is set, and writes all of them to `out`.
    pub fn grow(&self, task: GrowTask, out: PathBuf, stop: Arc<AtomicBool>) {
        let (sender, wake) = (self.sender.clone(), Arc::clone(&self.wake));
        self.run(move || {
            let circuit = Arc::clone(&task.circuit);
            let grown = Awaited::start(stop).and_then(|engine| {
                let grown = engine::grow(&engine, &task, &mut |told| {
                    // it is told again
                    let _ = sender.try_send(Arrival::Growing(Arc::clone(&circuit), told));
                    wake();
                })?;
                if grown.dataset.rows.len() == task.dataset.rows.len() {
                    return Err("no design that was drawn made a new row".to_owned());
                }
                dataset::write(&circuit, &grown.dataset, &out).map_err(|e| e.to_string())?;
                let fronts = [&grown.before, &grown.after].map(|front| front.performances().to_vec());
                let beaten = grown.after.beats(&circuit, &grown.before);
                let (rows, counts) = (task.dataset.rows.len(), grown.counts);
                Ok(Box::new(Gained { file: out, rows, counts, fronts, beaten }))
            });
            Arrival::Grown(Arc::clone(&circuit), grown)
        });
    }

    /// Measures a design with an engine of its own until `stop` is set, and writes its page into `folder`.
    pub fn review(&self, task: ReviewTask, folder: PathBuf, stop: Arc<AtomicBool>) {
        let (sender, wake) = (self.sender.clone(), Arc::clone(&self.wake));
        self.run(move || {
            let circuit = Arc::clone(&task.circuit);
            let written = Awaited::start(stop).and_then(|engine| {
                let reviewed = review::review(&task, &engine, &mut |done| {
                    // it is told again
                    let _ = sender.try_send(Arrival::Reviewing(Arc::clone(&circuit), done));
                    wake();
                })?;
                Ok((review::write(&reviewed, &folder)?, reviewed.verdict()))
            });
            Arrival::Reviewed(Arc::clone(&circuit), written)
        });
    }

    /// Measures a sizing in each condition and, if that is asked for, so many times with mismatch, until `stop` is set.
    pub fn over_conditions(
        &self,
        of: Arc<Circuit>,
        sizing: Sizing,
        conditions: Vec<(String, Arc<Circuit>)>,
        mismatch: Option<(Arc<Circuit>, usize)>,
        pool: SimulatorConfig,
        stop: Arc<AtomicBool>,
    ) {
        let (sender, wake) = (self.sender.clone(), Arc::clone(&self.wake));
        self.run(move || {
            let measured = Awaited::start(stop).and_then(|engine| {
                let tell = |condition: Option<String>, outcome: Option<Outcome>| {
                    if let Some(outcome) = outcome {
                        let _ = sender.send(Arrival::Cornered(
                            Arc::clone(&of),
                            sizing.clone(),
                            condition,
                            outcome,
                        ));
                        wake();
                    }
                };
                for (name, circuit) in &conditions {
                    let measured =
                        engine.simulate(circuit, vec![sizing.clone()], pool.clone(), &mut |_| ())?;
                    tell(Some(name.clone()), measured.outcomes.into_iter().next().flatten());
                    if engine.stopped() {
                        return Ok(());
                    }
                }
                if let Some((circuit, runs)) = &mismatch {
                    // in pieces, so that it is seen how far it is
                    for first in (0..*runs).step_by(MISMATCH_RUNS) {
                        let many = vec![sizing.clone(); MISMATCH_RUNS.min(runs - first)];
                        let pool =
                            SimulatorConfig { random: Random::Counted(1 + first as u64), ..pool.clone() };
                        let measured = engine.simulate(circuit, many, pool, &mut |_| ())?;
                        measured.outcomes.into_iter().for_each(|outcome| tell(None, outcome));
                        if engine.stopped() {
                            break;
                        }
                    }
                }
                Ok(())
            });
            Arrival::CornersEnded(Arc::clone(&of), measured)
        });
    }
}
