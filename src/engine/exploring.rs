//! Questions to a performance model that a slider may ask: whether a specification can be met, what is nearest, what it
//! costs. The model is small, so the answer is worked out where it is asked for, on the CPU, in tenths of a second.

use super::rounds::{DOUBTFUL, reachable};
use crate::circuit::{Bound, Circuit, Region, Scale, Specification, Unit, decade};
use crate::dataset::Row;
use crate::sizing::{Candidate, Explorer, Limit, Reach, Relaxed, TrainedModel};
use crate::tensor::TensorError;
use crate::tensor::cpu::Cpu;

/// What a question is asked of.
pub struct Explored<'a> {
    /// The circuit.
    pub circuit: &'a Circuit,
    /// The model.
    pub model: &'a TrainedModel,
    /// Where designs may lie.
    pub region: &'a Region,
    /// Rows of the circuit.
    pub rows: &'a [Row],
    /// Designs with predictions, such as draws for the specification.
    pub draws: &'a [Candidate],
}

/// What is known of a target, for the sliders that set it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outlook {
    /// How probable it is that it can be met; nothing where that is not known.
    pub probability: Option<f64>,
    /// How far each bound's metric goes while the others are met; nothing where these cannot be.
    pub limits: Vec<Option<Limit>>,
    /// What the next step of each bound costs; nothing where it is not known.
    pub prices: Vec<Option<Price>>,
    /// What could be met instead, the nearest first, where that is in doubt.
    pub nearest: Vec<Relaxed>,
}

/// What the next step of a bound costs: the best of another metric falls from one value to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// The bound's value one step harder.
    pub next: f64,
    /// The bound, by its place, whose metric pays most.
    pub paid_by: usize,
    /// The best that it can be now, and after the step.
    pub best: (f64, f64),
}

/// Of designs that come near a target, what each of them meets: the nearest first, each once.
pub fn eased(circuit: &Circuit, specification: &Specification, ways: Vec<Candidate>) -> Vec<Relaxed> {
    let mut nearest: Vec<Relaxed> =
        ways.into_iter().filter_map(|way| Relaxed::by(circuit, specification, way)).collect();
    nearest.sort_by(|a, b| a.decades.total_cmp(&b.decades));
    nearest.dedup_by(|a, b| a.specification == b.specification);
    nearest
}

/// A bound's value, `steps` steps harder: of a tenth of a decade, 1 dB, or a fortieth of the metric's legal range.
pub fn harder(circuit: &Circuit, bound: &Bound, steps: f64) -> f64 {
    let metric = &circuit.metrics[bound.metric];
    let step = match (metric.scale, metric.unit) {
        (Scale::Log, _) => 0.1,
        (Scale::Linear, Unit::Decibel) => 1.0,
        (Scale::Linear, _) => (metric.legal.1 - metric.legal.0) / 40.0,
    };
    metric.unscaled(metric.scaled(bound.value) - bound.sense.loosening() * steps * step)
}

impl Outlook {
    /// Whether the target seems out of reach.
    pub fn is_doubtful(&self) -> bool {
        self.probability.is_some_and(|probability| probability < DOUBTFUL)
    }
}

impl Explored<'_> {
    /// All that a target's sliders say of it. `None` without rows and draws.
    ///
    /// # Errors
    /// As [`Self::reach`].
    pub fn outlook(&self, specification: &Specification) -> Result<Option<Outlook>, String> {
        let met = self.draws.iter().any(|draw| draw.feasible(specification) == Some(true));
        let probability = if met { Some(1.0) } else { self.probability(specification)? };
        let Some(probability) = probability else {
            return Ok(None);
        };
        let (limits, prices, ways) = self.ask(|explorer| {
            let limits = explorer.limits(specification)?;
            let mut prices = Vec::with_capacity(specification.bounds.len());
            for along in 0..specification.bounds.len() {
                prices.push(self.price(explorer, specification, along)?);
            }
            let ways = if probability < DOUBTFUL { explorer.nearest(specification)? } else { Vec::new() };
            Ok((limits, prices, ways))
        })?;
        let nearest = eased(self.circuit, specification, ways);
        Ok(Some(Outlook { probability: Some(probability), limits, prices, nearest }))
    }

    /// What the next step of a bound costs in the metric that pays most for it, in decades.
    fn price(
        &self,
        explorer: &Explorer<'_, Cpu>,
        specification: &Specification,
        along: usize,
    ) -> Result<Option<Price>, TensorError> {
        let bound = &specification.bounds[along];
        let (now, next) = (bound.value, harder(self.circuit, bound, 1.0));
        let lines = explorer.tradeoff(specification, along, &[now, next])?;
        let best = |line: &[Option<Candidate>], place: usize| -> Option<f64> {
            let predicted = line.get(place)?.as_ref()?.predicted.as_ref()?;
            Some(predicted.performance.0[specification.bounds[place].metric])
        };
        let paid = |place: usize| -> Option<(f64, Price)> {
            let bound = &specification.bounds[place];
            let metric = &self.circuit.metrics[bound.metric];
            let (before, after) = (best(&lines[0], place)?, best(&lines[1], place)?);
            let worse = bound.sense.loosening() * (metric.scaled(after) - metric.scaled(before));
            Some((worse / decade(metric), Price { next, paid_by: place, best: (before, after) }))
        };
        let all = (0..specification.bounds.len()).filter_map(paid);
        Ok(all.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, price)| price))
    }

    fn ask<T>(
        &self,
        question: impl FnOnce(&Explorer<'_, Cpu>) -> Result<T, TensorError>,
    ) -> Result<T, String> {
        let answer = || {
            let cpu = Cpu::new(0)?;
            let mut explorer = Explorer::new(&cpu, self.circuit, self.region, self.model, self.rows)?;
            explorer.learn(self.draws.iter().cloned());
            question(&explorer)
        };
        answer().map_err(|e: TensorError| e.to_string())
    }

    /// Whether a specification can be met, as far as the model knows. `None` without rows and draws.
    ///
    /// # Errors
    /// There is no thread to work on.
    pub fn reach(&self, specification: &Specification) -> Result<Option<Reach>, String> {
        self.ask(|explorer| explorer.reach(specification))
    }

    /// How probable it is that a specification can be met: after what was measured of the draws, where that says
    /// something, else as far as the model knows. `None` without rows and draws.
    ///
    /// # Errors
    /// As [`Self::reach`].
    pub fn probability(&self, specification: &Specification) -> Result<Option<f64>, String> {
        match reachable(self.circuit, specification, self.draws) {
            Some(probability) => Ok(Some(probability)),
            None => Ok(self.reach(specification)?.map(|reach| reach.probability)),
        }
    }

    /// See [`Explorer::nearest`].
    ///
    /// # Errors
    /// As [`Self::reach`].
    pub fn nearest(&self, specification: &Specification) -> Result<Vec<Candidate>, String> {
        self.ask(|explorer| explorer.nearest(specification))
    }

    /// See [`Explorer::tradeoff`].
    ///
    /// # Errors
    /// As [`Self::reach`].
    pub fn tradeoff(
        &self,
        specification: &Specification,
        along: usize,
        values: &[f64],
    ) -> Result<Vec<Vec<Option<Candidate>>>, String> {
        self.ask(|explorer| explorer.tradeoff(specification, along, values))
    }
}
