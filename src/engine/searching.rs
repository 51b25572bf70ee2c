//! Simulation-based search: a thread and a pool of ngspice processes of its own, so that designs can be verified,
//! trained on and drawn beside it.

use super::asked::{Asked, newest};
use super::event::Event;
use super::job::{End, JobError, JobId, JobKind, Product, SearchJob};
use super::outbox::{Duty, Outbox, Performed};
use super::pool::Pool;
use crate::circuit::{Sizing, SizingKey};
use crate::search::{self, Design, Evaluation, HistoryPoint, SearchProgress};
use crate::spice::{Failure, ForBounds, Outcome, OverCorners, Simulate};
use crossbeam_channel::Receiver;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How often the state is published: often enough for a plot to move.
const PUBLISH: Duration = Duration::from_millis(50);

/// How far the search under way is, or how far the last one came.
#[derive(Clone, Debug, Default)]
pub struct Searching {
    /// Which search.
    pub job: Option<JobId>,
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

/// Answers every request.
pub(super) fn run(inbox: Receiver<Asked<SearchJob>>, outbox: &Outbox, slot: &Slot) {
    // dropped last: what is asked after that finds the inbox closed
    let _duty = Duty::new(outbox, &[JobKind::Search]);
    work(inbox, outbox, slot);
}

#[allow(clippy::needless_pass_by_value)] // it is to be closed when this returns
fn work(inbox: Receiver<Asked<SearchJob>>, outbox: &Outbox, slot: &Slot) {
    let mut pool = Pool::default();
    let mut waiting = Vec::new();
    while let Some(asked) = newest(&inbox, &mut waiting) {
        let performed = outbox.perform(asked.id, || search_one(&asked, &mut pool, outbox, slot));
        if performed == Performed::Panicked {
            pool = Pool::default();
        }
    }
}

fn search_one(
    asked: &Asked<SearchJob>,
    pool: &mut Pool,
    outbox: &Outbox,
    slot: &Slot,
) -> Result<End, JobError> {
    let (id, job) = (asked.id, &*asked.job);
    let began = Instant::now();
    publish(slot, Searching { job: Some(id), ..Searching::default() });
    job.settings.check().map_err(JobError::Input)?;
    let cancel = asked.watch.flag();
    let known: HashMap<SizingKey, Outcome> =
        job.known.iter().map(|(sizing, outcome)| (sizing.key(), outcome.clone())).collect();
    let corners = if job.corners.is_empty() { &job.circuit.worst_over } else { &job.corners };
    let mut simulator: Box<dyn Simulate + '_> = if corners.is_empty() {
        Box::new(ForBounds::new(pool.in_one(&job.circuit, &job.pool)?, &job.circuit, &job.specification))
    } else {
        Box::new(OverCorners::start(&job.circuit, corners, &job.specification, &job.pool)?)
    };
    let mut evaluate = |sizings: &[Sizing]| -> Vec<Evaluation> {
        let own: Vec<Option<Outcome>> = sizings.iter().map(|s| known.get(&s.key()).cloned()).collect();
        let pairs = sizings.iter().zip(&own).filter(|(_, own)| own.is_none());
        let open: Vec<Sizing> = pairs.map(|(sizing, _)| sizing.clone()).collect();
        let mut fresh = simulator.run(&open, cancel, &mut |_, _| ()).into_iter();
        let outcomes = own.into_iter().filter_map(|own| own.or_else(|| fresh.next()));
        let told = |outcome: Outcome| match outcome {
            Ok(measured) => Evaluation::Measured(measured),
            Err(Failure::Cancelled) => Evaluation::Cancelled,
            Err(failure) => Evaluation::Failed(failure.to_string()),
        };
        outcomes.map(told).collect()
    };
    let mut published: Option<Instant> = None;
    let mut watch = |progress: &SearchProgress<'_>| {
        if published.is_some_and(|at| at.elapsed() < PUBLISH) {
            return;
        }
        published = Some(Instant::now());
        let state = Searching {
            job: Some(id),
            history: progress.history.to_vec(),
            best: progress.best.cloned(),
            simulations: progress.simulations,
            feasible: progress.feasible,
            seconds: began.elapsed().as_secs_f64(),
        };
        publish(slot, state);
        let last = progress.history.last();
        outbox.hint(Event::Searching {
            job: id,
            simulations: progress.simulations,
            feasible: progress.feasible,
            violation: last.map_or(f64::NAN, |p| p.violation),
            margin: last.map_or(f64::NAN, |p| p.margin),
        });
    };
    // to the search a range is a range: it need not know that the circuit's own is wider
    let within = job.region.applied(&job.circuit);
    let found = search::search(&within, &job.specification, &job.settings, &mut evaluate, &mut watch);
    let result = match found {
        Ok(result) => result,
        Err(_) if asked.watch.cancelled() => return Ok(End::Stopped(None)),
        Err(e) => return Err(JobError::Input(e.to_string())),
    };
    publish(
        slot,
        Searching {
            job: Some(id),
            history: result.history.clone(),
            best: Some(result.best.clone()),
            simulations: result.simulations,
            feasible: result.feasible_count,
            seconds: began.elapsed().as_secs_f64(),
        },
    );
    let stopped = result.end == search::SearchEnd::Cancelled;
    let product = Product::Found(Arc::new(result));
    Ok(if stopped { End::Stopped(Some(product)) } else { End::Done(product) })
}

fn publish(slot: &Slot, state: Searching) {
    *slot.lock().expect("no thread panics while it holds the state of a search") = Arc::new(state);
}
