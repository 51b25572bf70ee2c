//! Looking into a design: a thread and an ngspice process of its own, so that no batch of designs keeps a look waiting.

use super::asked::{Asked, newest};
use super::job::{End, InspectJob, JobError, JobKind, Product};
use super::outbox::{Duty, Outbox, Performed};
use super::pool::Pool;
use crate::spice::{Failure, SimulatorConfig};
use crossbeam_channel::Receiver;
use std::sync::Arc;

/// Answers the newest request; older ones that still wait end as stopped.
pub(super) fn run(inbox: Receiver<Asked<InspectJob>>, outbox: &Outbox) {
    // dropped last: what is asked after that finds the inbox closed
    let _duty = Duty::new(outbox, &[JobKind::Inspection]);
    work(inbox, outbox);
}

#[allow(clippy::needless_pass_by_value)] // it is to be closed when this returns
fn work(inbox: Receiver<Asked<InspectJob>>, outbox: &Outbox) {
    let mut pool = Pool::default();
    let mut waiting = Vec::new();
    while let Some(asked) = newest(&inbox, &mut waiting) {
        for older in waiting.drain(..) {
            outbox.end(older.id, End::Stopped(None));
        }
        let performed = outbox.perform(asked.id, || inspect(&asked, &mut pool));
        if performed == Performed::Panicked {
            pool = Pool::default();
        }
    }
}

fn inspect(asked: &Asked<InspectJob>, pool: &mut Pool) -> Result<End, JobError> {
    let job = &*asked.job;
    if asked.watch.cancelled() {
        return Ok(End::Stopped(None));
    }
    let circuit = match &job.corner {
        Some(corner) => job.circuit.in_corner(corner),
        None => job.circuit.in_own_conditions(),
    };
    let config = SimulatorConfig { jobs: 1, ..job.pool.clone() };
    let inspection = pool.in_one(&circuit, &config)?.inspect(&job.sizing, asked.watch.flag());
    Ok(match inspection.outcome {
        Err(Failure::Cancelled) => End::Stopped(None),
        _ => End::Done(Product::Inspected(Arc::new(inspection))),
    })
}
