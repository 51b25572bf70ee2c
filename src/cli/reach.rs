//! What is said of a specification that nothing meets: how probable it is that something does, and what could be met
//! instead.

use super::drawing::DrawTask;
use super::jobs::Jobs;
use super::{CliError, candidates, known};
use crate::circuit::{Bound, Circuit, Score, Specification, format_quantity, margins_in_decades};
use crate::engine::{Candidate, DOUBTFUL, Explored, SimulatorConfig, reachable};
use crate::export::specification_in_json;
use serde_json::{Value, json};

/// Digits of a bound that is eased.
const DIGITS: i32 = 4;

/// A specification that seems out of reach.
pub(super) struct OutOfReach {
    probability: f64,
    /// How much the best measured design misses by, in decades, and its worst margin; none where nothing was measured.
    best: Option<Score>,
    nearest: Vec<Nearest>,
}

/// What could be met instead.
struct Nearest {
    specification: Specification,
    /// In decades, the sum over all bounds.
    relaxed: f64,
    design: Candidate,
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
    let probability = match reachable(circuit, specification, designs) {
        Some(probability) => probability,
        None => explored.reach(specification).map_err(CliError::failed)?.map_or(1.0, |r| r.probability),
    };
    if probability >= DOUBTFUL {
        return Ok((None, 0));
    }
    let mut ways: Vec<Candidate> = explored
        .nearest(specification)
        .map_err(CliError::failed)?
        .into_iter()
        .map(|way| way.design)
        .collect();
    let sizings: Vec<_> = ways.iter().take(simulations).map(|c| c.sizing.clone()).collect();
    let measured = jobs.simulate(&drawing.circuit, sizings, SimulatorConfig::default(), &mut |_| ())?;
    for (way, outcome) in ways.iter_mut().zip(measured.outcomes) {
        way.simulated = outcome;
    }
    let score = |c: &Candidate| Some(Score::of(circuit, specification, c.measured()?));
    let best = designs.iter().filter(|c| c.measured().is_some());
    let best = best.min_by(|a, b| cost(score(a)).total_cmp(&cost(score(b))));
    ways.extend(best.cloned());
    let mut nearest: Vec<Nearest> =
        ways.into_iter().filter_map(|way| eased(circuit, specification, way)).collect();
    nearest.sort_by(|a, b| a.relaxed.total_cmp(&b.relaxed));
    nearest.dedup_by(|a, b| a.specification == b.specification);
    let best = best.and_then(score);
    Ok((Some(OutOfReach { probability, best, nearest }), measured.simulations))
}

fn cost(score: Option<Score>) -> f64 {
    score.map_or(f64::INFINITY, |score| score.cost())
}

/// The specification with every bound that a design misses moved to where it meets it, rounded outward.
fn eased(circuit: &Circuit, specification: &Specification, design: Candidate) -> Option<Nearest> {
    let predicted = design.predicted.as_ref().map(|p| &p.performance);
    let performance = design.measured().or(predicted)?;
    let bound = |bound: &Bound| {
        let value = performance.0[bound.metric];
        let met = bound.sense.met(value, bound.value);
        Bound { value: if met { bound.value } else { outward(value, bound) }, ..bound.clone() }
    };
    let easier = Specification { bounds: specification.bounds.iter().map(bound).collect() };
    let margins = margins_in_decades(circuit, specification, performance);
    let relaxed = margins.iter().map(|margin| (-margin).max(0.0)).sum();
    // one that misses nothing is no easier specification: the model was wrong of a design
    (easier != *specification).then_some(Nearest { specification: easier, relaxed, design })
}

/// Rounded to a few digits, so that what has the value meets the bound.
fn outward(value: f64, bound: &Bound) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let step = 10f64.powi(value.abs().log10().floor() as i32 + 1 - DIGITS);
    let steps = value / step;
    let rounded = if bound.sense.loosening() > 0.0 { steps.ceil() } else { steps.floor() } * step;
    if bound.sense.met(value, rounded) { rounded } else { value }
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
                    "specs": specification_in_json(circuit, &way.specification), "relaxed": way.relaxed,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::Sense;

    #[test]
    fn a_bound_is_rounded_so_that_the_design_still_meets_it() {
        for (sense, value, expected) in [
            (Sense::AtMost, 1.23451e-8, 1.235e-8),
            (Sense::AtLeast, 1.23459e-8, 1.234e-8),
            (Sense::AtLeast, -3.21451, -3.215),
            (Sense::AtMost, 0.0, 0.0),
            (Sense::AtLeast, 2e3, 2e3),
        ] {
            let bound = Bound { metric: 0, sense, value: 1.0 };
            let rounded = outward(value, &bound);
            assert!(sense.met(value, rounded), "{value} {rounded}");
            assert!((rounded - expected).abs() <= 1e-12 * expected.abs(), "{value}: {rounded}");
        }
    }
}
