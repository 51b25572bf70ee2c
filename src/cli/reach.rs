//! What is said of a specification that nothing meets: how probable it is that something does, and what could be met
//! instead.

use super::drawing::DrawTask;
use super::jobs::Jobs;
use super::{CliError, candidates, known};
use crate::circuit::{Score, format_quantity};
use crate::engine::{Candidate, DOUBTFUL, Explored, Relaxed, SimulatorConfig, eased};
use crate::export::specification_in_json;
use serde_json::{Value, json};

/// A specification that seems out of reach.
pub(super) struct OutOfReach {
    probability: f64,
    /// How much the best measured design misses by, in decades, and its worst margin; none where nothing was measured.
    best: Option<Score>,
    /// What could be met instead.
    nearest: Vec<Relaxed>,
}

/// What is to be said of a specification that none of `designs` meets; `None` where it does not seem out of reach. At most
/// `simulations` are used; how many were.
///
/// # Errors
/// There is no thread, or no simulator.
pub(super) fn judge(
    jobs: &Jobs,
    drawing: &DrawTask,
    designs: &[Candidate],
    simulations: usize,
) -> Result<(Option<OutOfReach>, usize), CliError> {
    let (circuit, specification) = (&*drawing.circuit, &drawing.specification);
    let rows = known::rows(circuit);
    let explored =
        Explored { circuit, model: &drawing.model, region: &drawing.region, rows: &rows, draws: designs };
    let probability = explored.probability(specification).map_err(CliError::failed)?.unwrap_or(1.0);
    if probability >= DOUBTFUL {
        return Ok((None, 0));
    }
    let mut ways = explored.nearest(specification).map_err(CliError::failed)?;
    let sizings: Vec<_> = ways.iter().take(simulations).map(|c| c.sizing.clone()).collect();
    let measured =
        jobs.simulate(&drawing.circuit, sizings, SimulatorConfig::default().altering(), &mut |_| ())?;
    for (way, outcome) in ways.iter_mut().zip(measured.outcomes) {
        way.simulated = outcome;
    }
    let score = |c: &Candidate| Some(Score::of(circuit, specification, c.measured()?));
    let best = designs.iter().filter(|c| c.measured().is_some());
    let best = best.min_by(|a, b| cost(score(a)).total_cmp(&cost(score(b))));
    ways.extend(best.cloned());
    let nearest = eased(circuit, specification, ways);
    let best = best.and_then(score);
    Ok((Some(OutOfReach { probability, best, nearest }), measured.simulations))
}

fn cost(score: Option<Score>) -> f64 {
    score.map_or(f64::INFINITY, |score| score.cost())
}

impl OutOfReach {
    /// As it is told.
    pub(super) fn in_words(&self, drawing: &DrawTask) -> String {
        let circuit = &*drawing.circuit;
        let missed = self
            .best
            .map(|best| format!("; the best measured design misses by {:.3} decades", best.violation));
        let mut text = format!(
            "the target seems out of reach: the probability that it can be met is {:.2}{}\n",
            self.probability,
            missed.unwrap_or_default()
        );
        for way in &self.nearest {
            let bounds = way.specification.bounds.iter().zip(&drawing.specification.bounds);
            let eased: Vec<String> = bounds
                .filter(|(now, asked)| now.value != asked.value)
                .map(|(now, _)| {
                    let metric = &circuit.metrics[now.metric];
                    format!(
                        "{} {} {}",
                        metric.name,
                        now.sense.glyph(),
                        format_quantity(now.value, metric.unit, 4)
                    )
                })
                .collect();
            let who = if way.design.measured().is_some() { "measured" } else { "predicted, unverified" };
            text += &format!("could be met instead ({who}): {}\n", eased.join(", "));
        }
        text
    }

    /// As results have it.
    pub(super) fn in_json(&self, drawing: &DrawTask) -> Value {
        let circuit = &*drawing.circuit;
        let nearest: Vec<Value> = self
            .nearest
            .iter()
            .map(|way| {
                json!({
                    "specs": specification_in_json(circuit, &way.specification), "relaxed": way.decades,
                    "design": candidates::sizing_in_json(circuit, &way.specification, &way.design),
                })
            })
            .collect();
        json!({
            "probability": self.probability, "violation": self.best.map(|b| b.violation),
            "margin": self.best.map(|b| b.margin), "nearest": nearest,
        })
    }
}
