//! Simulation-based search in the background: its own thread with its own pool of ngspice processes, so
//! that designs can be verified, trained on and drawn beside it.

use super::event::{Event, Job, SearchJob};
use super::worker::{Mouth, Pool};
use crate::search::{Design, HistoryPoint, Outcome, Progress, search};
use crate::spice::Failure;
use crossbeam_channel::Receiver;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How often the state is published: often enough for a plot to move.
const PUBLISH: Duration = Duration::from_millis(50);

/// How far the search under way is, or how far the last one came.
#[derive(Clone, Debug, Default)]
pub struct Searching {
    /// The request's.
    pub id: u64,
    /// Every improvement so far, and the state now as the last point.
    pub history: Vec<HistoryPoint>,
    /// The best design so far.
    pub best: Option<Design>,
    /// Designs measured.
    pub simulations: usize,
    /// Feasible designs among them.
    pub feasible: usize,
    /// Seconds since the search began, starting the pool included.
    pub seconds: f64,
}

/// Where the newest state lies.
pub(super) type Slot = Arc<Mutex<Arc<Searching>>>;

/// Answers every request, each with one end.
pub(super) fn search_all(inbox: &Receiver<(SearchJob, Arc<AtomicBool>)>, mouth: &Mouth, slot: &Slot) {
    let mut pool = Pool::default();
    while let Ok((job, cancel)) = inbox.recv() {
        // the model's linear algebra is a library's: should it panic, the job must end all the same
        let searched = AssertUnwindSafe(|| search_one(&job, &mut pool, mouth, &cancel, slot));
        let event = match catch_unwind(searched) {
            Ok(Ok(event)) => event,
            Ok(Err(message)) => Event::Failed { job: Job::Searching, message },
            Err(_) => {
                pool = Pool::default();
                let message = "the search broke off by an error of its own: try another seed or strategy";
                Event::Failed { job: Job::Searching, message: message.to_owned() }
            }
        };
        mouth.say(event);
    }
}

fn search_one(
    job: &SearchJob,
    pool: &mut Pool,
    mouth: &Mouth,
    cancel: &AtomicBool,
    slot: &Slot,
) -> Result<Event, String> {
    let began = Instant::now();
    publish(slot, Searching { id: job.id, ..Searching::default() });
    job.settings.check()?;
    let simulator = pool.of(&job.circuit, &job.pool).map_err(|e| e.to_string())?;
    let mut evaluate = |sizings: &[crate::circuit::Sizing]| -> Vec<Outcome> {
        let outcomes = simulator.run(sizings, cancel, &mut |_, _| ());
        let told = |outcome: crate::spice::Outcome| match outcome {
            Ok(simulated) => Outcome::Measured(simulated),
            Err(Failure::Cancelled) => Outcome::Cancelled,
            Err(failure) => Outcome::Failed(failure.to_string()),
        };
        outcomes.into_iter().map(told).collect()
    };
    let mut published: Option<Instant> = None;
    let mut watch = |progress: &Progress<'_>| {
        if published.is_some_and(|at| at.elapsed() < PUBLISH) {
            return;
        }
        published = Some(Instant::now());
        let state = Searching {
            id: job.id,
            history: progress.history.to_vec(),
            best: progress.best.cloned(),
            simulations: progress.simulations,
            feasible: progress.feasible,
            seconds: began.elapsed().as_secs_f64(),
        };
        publish(slot, state);
        let last = progress.history.last();
        mouth.hint(Event::Searching {
            id: job.id,
            simulations: progress.simulations,
            feasible: progress.feasible,
            violation: last.map_or(f64::NAN, |p| p.violation),
            margin: last.map_or(f64::NAN, |p| p.margin),
        });
    };
    // to the search a range is a range: it need not know that the circuit's own is wider
    let within = job.region.applied(&job.circuit);
    let result = search(&within, &job.specification, &job.settings, &mut evaluate, &mut watch)
        .map_err(|e| e.to_string())?;
    publish(
        slot,
        Searching {
            id: job.id,
            history: result.history.clone(),
            best: Some(result.best.clone()),
            simulations: result.simulations,
            feasible: result.feasible_count,
            seconds: began.elapsed().as_secs_f64(),
        },
    );
    Ok(Event::Searched { id: job.id, result: Arc::new(result) })
}

fn publish(slot: &Slot, state: Searching) {
    *slot.lock().expect("no thread panics while it holds the state of a search") = Arc::new(state);
}
