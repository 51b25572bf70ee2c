//! Making the rows of a dataset. What the rows come from is taken down before the work begins, and what is
//! measured is kept as it comes.

use super::asked::Asked;
use super::event::Event;
use super::job::{End, GenerateJob, GeneratedRows, JobError, Product};
use super::outbox::Outbox;
use super::pool::Pool;
use crate::circuit::{Circuit, Identity, Performance, Sizing};
use crate::dataset::{self, Counts, Dataset, Journal, Plan, Provenance, text_hash};
use crate::files::WriteError;
use crate::spice::{Compared, Failure, Outcome, Simulate, compare};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub(super) fn generate(
    asked: &Asked<GenerateJob>,
    pool: &mut Pool,
    outbox: &Outbox,
) -> Result<End, JobError> {
    let (id, job) = (asked.id, &*asked.job);
    // what differs from one time to the next, or from one way of running ngspice to the other, is no row
    let compared = compare(&job.circuit, &job.pool)?;
    if !matches!(compared, Compared::Unmeasured(_))
        && let Some(problem) = compared.problem(&job.circuit)
    {
        return Err(JobError::Input(problem));
    }
    let simulator = pool.of(&job.circuit, &job.pool)?;
    let mut provenance = provenance(&job.circuit, &job.plan, simulator);
    let key = text_hash(&format!("{}\n{:?}\n{provenance:?}", Identity::of(&job.circuit), job.plan));
    let file = |e: WriteError| JobError::File(e.to_string());
    let mut journal = Journal::open(&job.out, &key, job.circuit.metrics.len()).map_err(file)?;
    let recalled = journal.len();
    let mut first = 0;
    let mut trouble = None;
    let mut measure = |sizings: &[Sizing]| {
        let batch = Batch { first, sizings, cancel: asked.watch.flag() };
        first += sizings.len() as u64;
        batch.measure(simulator, &mut journal).unwrap_or_else(|e| {
            trouble = Some(e);
            None
        })
    };
    let mut progress = |counts: &Counts| outbox.hint(Event::Generating { job: id, counts: *counts });
    let made = dataset::generate(&job.circuit, &job.plan, &mut measure, &mut progress);
    if let Some(e) = trouble {
        return Err(file(e));
    }
    let c = made.counts;
    provenance.push(
        "designs",
        format!(
            "{} simulated, {} failed, {} with gaps, {} outside the legal ranges, {} legal",
            c.simulated, c.failed, c.gaps, c.illegal, c.legal
        ),
    );
    provenance.push("left out", format!("{} that meet the first specification wholly", c.left_out));
    provenance.push("kept", format!("{} broad, {} useful", c.broad, c.useful));
    let dataset = Dataset { rows: made.rows, gaps: made.gaps, outside: Vec::new(), provenance };
    dataset::write(&job.circuit, &dataset, &job.out).map_err(file)?;
    if !made.cancelled {
        journal.remove();
    }
    let product = Product::Rows(Arc::new(GeneratedRows { dataset, recalled }));
    Ok(if made.cancelled { End::Stopped(Some(product)) } else { End::Done(product) })
}

/// Designs that are measured together, the first of them at a place of the run.
struct Batch<'a> {
    first: u64,
    sizings: &'a [Sizing],
    cancel: &'a AtomicBool,
}

impl Batch<'_> {
    /// Measures what the journal does not recall; `None` once cancelled.
    fn measure(
        &self,
        simulator: &mut dyn Simulate,
        journal: &mut Journal,
    ) -> Result<Option<Vec<Option<Performance>>>, WriteError> {
        let place = |i: usize| self.first + i as u64;
        let mut known: Vec<Option<Option<Performance>>> =
            self.sizings.iter().enumerate().map(|(i, sizing)| journal.recall(place(i), sizing)).collect();
        let open: Vec<usize> = (0..known.len()).filter(|&i| known[i].is_none()).collect();
        let sizings: Vec<Sizing> = open.iter().map(|&i| self.sizings[i].clone()).collect();
        let mut trouble = Ok(());
        let mut keep = |at: usize, outcome: &Outcome| {
            let i = open[at];
            let performance = of_row(outcome);
            let lasting = match outcome {
                Ok(_) => true,
                // another try may end otherwise
                Err(Failure::Cancelled | Failure::TimedOut(_) | Failure::Crashed(_)) => false,
                Err(_) => true,
            };
            if lasting && trouble.is_ok() {
                trouble = journal.keep(place(i), &self.sizings[i], performance.as_ref());
            }
            if !matches!(outcome, Err(Failure::Cancelled)) {
                known[i] = Some(performance);
            }
        };
        simulator.run(&sizings, self.cancel, &mut keep);
        trouble?;
        // one that was cancelled is missing, and the batch with it
        Ok(known.into_iter().collect())
    }
}

/// What a row has of a measurement: a metric that could not be measured is NaN; `None` where none could.
pub(super) fn of_row(outcome: &Outcome) -> Option<Performance> {
    match outcome {
        Ok(measured) => Some(measured.performance().clone()),
        Err(Failure::Missing { measured, .. }) if measured.iter().any(Option::is_some) => {
            Some(Performance(measured.iter().map(|value| value.unwrap_or(f64::NAN)).collect()))
        }
        Err(_) => None,
    }
}

fn provenance(circuit: &Circuit, plan: &Plan, simulator: &dyn Simulate) -> Provenance {
    let mut p = Provenance::default();
    p.push("circuit", &circuit.name);
    p.push("program", concat!("sizewright ", env!("CARGO_PKG_VERSION")));
    p.push("simulator", &simulator.measured_by().simulator);
    p.push_testbench(&simulator.measured_by().testbench);
    p.push("seed", plan.seed);
    if plan.shard.1 > 1 {
        p.push("shard", format!("{}/{}", plan.shard.0 + 1, plan.shard.1));
    }
    p.push(
        "method",
        "half Owen-scrambled Sobol, half near misses and Pareto front; no row meets the first specification",
    );
    p
}
