//! What was measured so far, and what came of it.

use super::settings::{SearchSettings, Strategy};
use super::space::Space;
use crate::circuit::{Circuit, Score, Sizing, SizingKey, Specification, margins_in_decades};
use crate::spice::{Reasons, Simulated};
use std::collections::HashMap;
use std::time::Instant;

/// Designs given to `evaluate` at a time while the first feasible one ends the search: enough to keep a
/// pool busy, and few enough that a large population is not measured to its end for nothing. Fixed, so
/// that a result does not depend on the pool.
const CHUNK: usize = 16;
/// Designs after which a search ends where not one could be measured: something is wrong, not unlucky.
const HOPELESS: usize = 256;
/// Feasible designs that are kept, the best.
const MOST_KEPT: usize = 1000;

/// What the caller measured of a design.
#[derive(Clone, Debug, PartialEq)]
pub enum Evaluation {
    /// Its metrics.
    Measured(Simulated),
    /// Why there are none.
    Failed(String),
    /// It was not measured: the search is to end.
    Cancelled,
}

/// A measured design.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    /// The sizing, legal and on the grid.
    pub sizing: Sizing,
    /// What was measured of it, and by what.
    pub simulated: Simulated,
    /// What that is worth.
    pub score: Score,
    /// Its place among the designs that were measured, from 1.
    pub order: usize,
}

/// How far a search was after some simulations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistoryPoint {
    /// Designs measured.
    pub simulations: usize,
    /// The smallest violation so far, in decades; 0 once there is a feasible design.
    pub violation: f64,
    /// The worst margin of the best design so far, in decades; negative before there is a feasible one.
    pub margin: f64,
}

/// How far the search is.
pub struct SearchProgress<'a> {
    /// Designs measured.
    pub simulations: usize,
    /// Feasible designs among them.
    pub feasible: usize,
    /// The best design so far.
    pub best: Option<&'a Design>,
    /// Every improvement so far, and the state now as the last point.
    pub history: &'a [HistoryPoint],
}

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchEnd {
    /// It found a feasible design and was to stop there.
    Feasible,
    /// All simulations that it may do are done.
    Budget,
    /// It was cancelled.
    Cancelled,
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct SearchResult {
    /// How it was run.
    pub settings: SearchSettings,
    /// What was asked for.
    pub specification: Specification,
    /// The best design: feasible or, if none is, the nearest to it.
    pub best: Design,
    /// The feasible designs with the largest margins, best first; at most 1,000.
    pub feasible: Vec<Design>,
    /// All feasible designs that were measured.
    pub feasible_count: usize,
    /// Every improvement, and the end.
    pub history: Vec<HistoryPoint>,
    /// The simulations and seconds up to the first feasible design, that one included.
    pub first_feasible: Option<(usize, f64)>,
    /// Designs measured, those that failed included.
    pub simulations: usize,
    /// Those that failed, and why.
    pub failures: Reasons,
    /// Seconds in all.
    pub seconds: f64,
    /// Why it ended.
    pub end: SearchEnd,
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SearchError {
    /// The settings cannot be.
    #[error("{0}")]
    Settings(String),
    /// Not one design could be measured.
    #[error("none of {simulations} designs could be measured; the first: {first}")]
    NothingMeasured {
        /// Designs tried.
        simulations: usize,
        /// Why the first failed.
        first: String,
    },
    /// It was cancelled before a design was measured.
    #[error("stopped before a design was measured")]
    Cancelled,
}

/// A design as a model sees it.
pub(super) struct Trial {
    /// Where it lies in the unit cube.
    pub point: Vec<f64>,
    /// See [`Space::features`].
    pub features: Vec<f64>,
    /// How far inside each bound, in decades; `None` if it failed.
    pub margins: Option<Vec<f64>>,
    /// [`Score::cost`].
    pub cost: f64,
}

/// What was measured so far.
pub(super) struct Record<'a> {
    pub(super) circuit: &'a Circuit,
    pub(super) specification: &'a Specification,
    pub(super) settings: &'a SearchSettings,
    pub(super) space: Space<'a>,
    /// Every design measured, in order; kept for [`Strategy::Assisted`] alone.
    pub(super) trials: Vec<Trial>,
    evaluate: &'a mut dyn FnMut(&[Sizing]) -> Vec<Evaluation>,
    watch: &'a mut dyn FnMut(&SearchProgress<'_>),
    known: HashMap<SizingKey, f64>,
    best: Option<Design>,
    feasible: Vec<Design>,
    feasible_count: usize,
    history: Vec<HistoryPoint>,
    first_feasible: Option<(usize, f64)>,
    first_failure: Option<String>,
    simulations: usize,
    failures: Reasons,
    cancelled: bool,
    began: Instant,
}

impl<'a> Record<'a> {
    pub(super) fn new(
        circuit: &'a Circuit,
        specification: &'a Specification,
        settings: &'a SearchSettings,
        evaluate: &'a mut dyn FnMut(&[Sizing]) -> Vec<Evaluation>,
        watch: &'a mut dyn FnMut(&SearchProgress<'_>),
    ) -> Record<'a> {
        Record {
            circuit,
            specification,
            settings,
            space: Space::new(circuit),
            trials: Vec::new(),
            evaluate,
            watch,
            known: HashMap::new(),
            best: None,
            feasible: Vec::new(),
            feasible_count: 0,
            history: Vec::new(),
            first_feasible: None,
            first_failure: None,
            simulations: 0,
            failures: Reasons::default(),
            cancelled: false,
            began: Instant::now(),
        }
    }

    /// Measures the designs at `points` and returns the cost of each, or why the search is over. A
    /// design that was measured before is not measured again and costs no simulation.
    pub(super) fn measure(&mut self, points: &[Vec<f64>]) -> Result<Vec<f64>, SearchEnd> {
        let sizings: Vec<Sizing> = points.iter().map(|p| self.space.sizing(p)).collect();
        let chunk = if self.settings.stop_at_first { CHUNK } else { points.len().max(1) };
        for (points, sizings) in points.chunks(chunk).zip(sizings.chunks(chunk)) {
            self.measure_chunk(points, sizings)?;
        }
        Ok(sizings.iter().map(|s| self.known.get(&s.key()).copied().unwrap_or(f64::MAX)).collect())
    }

    /// Measures the designs that the settings start with, or says why the search is over.
    pub(super) fn measure_start(&mut self) -> Result<(), SearchEnd> {
        if self.settings.strategy == Strategy::Assisted {
            for (sizing, performance) in &self.settings.prior {
                let cost = Score::of(self.circuit, self.specification, performance).cost();
                self.trials.push(Trial {
                    point: self.space.point(sizing),
                    features: self.space.features(sizing),
                    margins: Some(margins_in_decades(self.circuit, self.specification, performance)),
                    cost,
                });
            }
        }
        let sizings = self.settings.start.clone();
        let points: Vec<Vec<f64>> = sizings.iter().map(|sizing| self.space.point(sizing)).collect();
        for (points, sizings) in points.chunks(CHUNK).zip(sizings.chunks(CHUNK)) {
            self.measure_chunk(points, sizings)?;
        }
        Ok(())
    }

    /// Whether this design was measured before.
    pub(super) fn knows(&self, sizing: &Sizing) -> bool {
        self.known.contains_key(&sizing.key())
    }

    /// Simulations that may still be done.
    pub(super) fn left(&self) -> usize {
        self.settings.max_simulations.saturating_sub(self.simulations)
    }

    /// The best worst margin so far, in decades; 0 before there is a feasible design.
    pub(super) fn best_margin(&self) -> f64 {
        self.best.as_ref().filter(|b| b.score.feasible()).map_or(0.0, |b| b.score.margin)
    }

    fn measure_chunk(&mut self, points: &[Vec<f64>], sizings: &[Sizing]) -> Result<(), SearchEnd> {
        let mut fresh: Vec<usize> = Vec::with_capacity(sizings.len());
        for (i, sizing) in sizings.iter().enumerate() {
            if !self.knows(sizing) && !fresh.iter().any(|&j| sizings[j] == *sizing) {
                fresh.push(i);
            }
        }
        fresh.truncate(self.left());
        let asked: Vec<Sizing> = fresh.iter().map(|&i| sizings[i].clone()).collect();
        let outcomes = if asked.is_empty() { Vec::new() } else { (self.evaluate)(&asked) };
        assert_eq!(outcomes.len(), asked.len(), "`evaluate` returns one outcome a sizing");
        for ((i, sizing), outcome) in fresh.into_iter().zip(asked).zip(outcomes) {
            self.note(&points[i], sizing, outcome);
        }
        if let Some(best) = &self.best {
            let now = HistoryPoint {
                simulations: self.simulations,
                violation: best.score.violation,
                margin: best.score.margin,
            };
            self.history.push(now);
            (self.watch)(&SearchProgress {
                simulations: self.simulations,
                feasible: self.feasible_count,
                best: self.best.as_ref(),
                history: &self.history,
            });
            // a point that says nothing new is only the end's
            let n = self.history.len();
            if n > 1
                && (now.violation, now.margin) == (self.history[n - 2].violation, self.history[n - 2].margin)
            {
                self.history.pop();
            }
        }
        if self.cancelled {
            Err(SearchEnd::Cancelled)
        } else if self.settings.stop_at_first && self.feasible_count >= self.settings.enough.max(1) {
            Err(SearchEnd::Feasible)
        } else if self.left() == 0 || (self.best.is_none() && self.simulations >= HOPELESS) {
            Err(SearchEnd::Budget)
        } else {
            Ok(())
        }
    }

    fn note(&mut self, point: &[f64], sizing: Sizing, outcome: Evaluation) {
        let simulated = match outcome {
            Evaluation::Cancelled => {
                self.cancelled = true;
                return;
            }
            Evaluation::Measured(simulated) => Some(simulated),
            Evaluation::Failed(reason) => {
                self.failures.add(&reason);
                self.first_failure.get_or_insert(reason);
                None
            }
        };
        self.simulations += 1;
        let performance = simulated.as_ref().map(Simulated::performance);
        let score = performance.map_or_else(
            || Score::failed(self.specification),
            |p| Score::of(self.circuit, self.specification, p),
        );
        self.known.insert(sizing.key(), score.cost());
        if self.settings.strategy == Strategy::Assisted {
            self.trials.push(Trial {
                point: point.to_vec(),
                features: self.space.features(&sizing),
                margins: performance.map(|p| margins_in_decades(self.circuit, self.specification, p)),
                cost: score.cost(),
            });
        }
        let Some(simulated) = simulated else { return };
        let design = Design { sizing, simulated, score, order: self.simulations };
        if self.best.as_ref().is_none_or(|b| score.cost() < b.score.cost()) {
            self.best = Some(design.clone());
        }
        if score.feasible() {
            self.feasible_count += 1;
            self.first_feasible.get_or_insert_with(|| (self.simulations, self.began.elapsed().as_secs_f64()));
            self.feasible.push(design);
            if self.feasible.len() >= 2 * MOST_KEPT {
                self.keep_best();
            }
        }
    }

    fn keep_best(&mut self) {
        // stable: of two equal margins the one measured first
        self.feasible.sort_by(|a, b| b.score.margin.total_cmp(&a.score.margin));
        self.feasible.truncate(MOST_KEPT);
    }

    /// The result.
    pub(super) fn finish(mut self, end: SearchEnd) -> Result<SearchResult, SearchError> {
        self.keep_best();
        let Some(best) = self.best else {
            return Err(match self.first_failure {
                Some(first) => SearchError::NothingMeasured { simulations: self.simulations, first },
                None => SearchError::Cancelled,
            });
        };
        let last = HistoryPoint {
            simulations: self.simulations,
            violation: best.score.violation,
            margin: best.score.margin,
        };
        if self.history.last() != Some(&last) {
            self.history.push(last);
        }
        Ok(SearchResult {
            settings: self.settings.clone(),
            specification: self.specification.clone(),
            best,
            feasible: self.feasible,
            feasible_count: self.feasible_count,
            history: self.history,
            first_feasible: self.first_feasible,
            simulations: self.simulations,
            failures: self.failures,
            seconds: self.began.elapsed().as_secs_f64(),
            end,
        })
    }
}
