//! Measuring in ngspice: a thread that owns a pool of ngspice processes, for designs and for the rows of datasets.

use super::asked::{Asked, newest};
use super::event::Event;
use super::generating;
use super::job::{End, GenerateJob, JobError, JobKind, Product, SimulateJob};
use super::outbox::{Duty, Outbox, Performed};
use super::pool::Pool;
use crate::spice::{Failure, Outcome};
use crossbeam_channel::Receiver;
use std::time::Instant;

/// What this thread does.
pub(super) enum Work {
    Simulate(Asked<SimulateJob>),
    Generate(Asked<GenerateJob>),
}

/// Answers every request.
pub(super) fn run(inbox: Receiver<Work>, outbox: &Outbox) {
    // dropped last: what is asked after that finds the inbox closed
    let _duty = Duty::new(outbox, &[JobKind::Simulation, JobKind::Generation]);
    work(inbox, outbox);
}

#[allow(clippy::needless_pass_by_value)] // it is to be closed when this returns
fn work(inbox: Receiver<Work>, outbox: &Outbox) {
    let mut pool = Pool::default();
    let mut waiting = Vec::new();
    while let Some(work) = newest(&inbox, &mut waiting) {
        let performed = match &work {
            Work::Simulate(asked) => outbox.perform(asked.id, || simulate(asked, &mut pool, outbox)),
            Work::Generate(asked) => {
                outbox.perform(asked.id, || generating::generate(asked, &mut pool, outbox))
            }
        };
        if performed == Performed::Panicked {
            pool = Pool::default();
        }
    }
}

fn simulate(asked: &Asked<SimulateJob>, pool: &mut Pool, outbox: &Outbox) -> Result<End, JobError> {
    let (id, job) = (asked.id, &*asked.job);
    let began = Instant::now();
    if asked.watch.cancelled() {
        return Ok(End::Stopped(None));
    }
    let simulator = pool.of(&job.circuit, &job.pool)?;
    asked.watch.begin(job.sizings.len());
    let mut simulations = 0;
    let mut tell = |index: usize, outcome: &Outcome| {
        if matches!(outcome, Err(Failure::Cancelled)) {
            return;
        }
        simulations += 1;
        asked.watch.advance(1);
        outbox.say(Event::Measured { job: id, index, outcome: outcome.clone() });
    };
    simulator.run(&job.sizings, asked.watch.flag(), &mut tell);
    let simulator = simulator.measured_by().simulator.clone();
    let product = Product::Measured { simulations, seconds: began.elapsed().as_secs_f64(), simulator };
    let whole = simulations == job.sizings.len();
    Ok(if whole { End::Done(product) } else { End::Stopped(Some(product)) })
}
