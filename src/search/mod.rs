//! Simulation-based sizing: search in the loop with the simulator, from scratch, without a dataset.
//!
//! A strategy asks for designs, the caller measures a whole batch at once, the strategy is told how far
//! each misses its bounds. This room knows `circuit` alone: how a design is measured is the caller's
//! business, so that a test can measure with a formula and the engine with its pool of ngspice
//! processes. A result depends on circuit, specification, settings and seed, never on how many designs
//! are measured side by side.
//!
//! `space` maps the unit cube onto legal sizings, `score` says how far a design is from feasible,
//! `evolution` and `assisted` are the strategies, `surrogate` the Gaussian processes of the latter,
//! `record` keeps what was measured. `docs/search.md` says which library does what, and has the figures.

mod assisted;
mod evolution;
mod record;
mod settings;
mod space;
mod surrogate;
#[cfg(test)]
mod tests;

pub use record::{Design, Evaluation, HistoryPoint, SearchEnd, SearchError, SearchProgress, SearchResult};
pub use settings::{SearchSettings, Strategy};

use crate::circuit::{Circuit, Sizing, Specification};
use record::Record;

/// Searches for sizings of `circuit` that meet `specification`.
///
/// `evaluate` measures a batch and returns one [`Evaluation`] a sizing in the same order; an
/// [`Evaluation::Cancelled`] ends the search after that batch. `watch` hears after every batch.
///
/// # Errors
/// [`SearchError`] for settings that cannot be, and where not one design could be measured.
pub fn search(
    circuit: &Circuit,
    specification: &Specification,
    settings: &SearchSettings,
    evaluate: &mut dyn FnMut(&[Sizing]) -> Vec<Evaluation>,
    watch: &mut dyn FnMut(&SearchProgress<'_>),
) -> Result<SearchResult, SearchError> {
    settings.check().map_err(SearchError::Settings)?;
    for sizing in &settings.start {
        sizing.check(circuit).map_err(|e| SearchError::Settings(format!("a design to start with: {e}")))?;
    }
    if space::Space::new(circuit).len() == 0 {
        let message = "every parameter is fixed: free one, to have something to search";
        return Err(SearchError::Settings(message.to_owned()));
    }
    let mut record = Record::new(circuit, specification, settings, evaluate, watch);
    let end = match record.measure_start() {
        Err(end) => end,
        Ok(()) => match settings.strategy {
            Strategy::Evolution => evolution::differential(&mut record),
            Strategy::CmaEs => evolution::covariance(&mut record),
            Strategy::Assisted => assisted::run(&mut record),
        },
    };
    record.finish(end)
}
