//! Whether a specification can be met, what comes nearest to it, and what more of one metric costs in the others: asked of
//! the performance model, from the rows that lie nearest, without a simulation.
//!
//! What the model says of a design is off by some error, told by rows that it never saw. So a bound that is missed by one
//! error is in doubt, and one that is missed by several is out of reach.

use super::ascent::{Effort, Goal, Ground, ascend};
use super::learning::TrainedModel;
use super::verdict::{Candidate, Predicted};
use crate::circuit::{
    Bound, Circuit, Metric, Performance, Region, Score, Sizing, Specification, decade, margins_in_decades,
};
use crate::dataset::Row;
use crate::normal::cumulative;
use crate::tensor::{Backend, TensorError};

/// Rows that a question starts from.
const STARTS: usize = 24;
const EFFORT: Effort = Effort { rounds: 12, moves: 5 };
/// What missing another bound counts against a decade of the metric that is looked at.
const DEAR: f64 = 30.0;
/// Errors of the model that a bound is kept by where another is traded for it.
const KEPT_BY: f64 = 0.5;

/// Asks the performance model about a circuit.
pub struct Explorer<'a, B: Backend> {
    backend: &'a B,
    circuit: &'a Circuit,
    within: Circuit,
    model: &'a TrainedModel,
    /// Where questions start.
    known: Vec<Candidate>,
}

/// What came of asking whether a specification can be met.
#[derive(Clone, Debug, PartialEq)]
pub struct Reach {
    /// How probable it is, as far as the model knows.
    pub probability: f64,
    /// The worst margin of the most promising design, in decades; negative outside.
    pub margin: f64,
    /// That design.
    pub design: Candidate,
}

/// A specification that is as much easier as a design needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Relaxed {
    /// By how many decades, as margins are counted: the sum over all bounds that are easier.
    pub decades: f64,
    /// What the design meets, by its measurement or, without one, as far as the model knows.
    pub specification: Specification,
    /// The design.
    pub design: Candidate,
}

/// How far the metric of a bound goes while the others are met, in the metric's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// What a design reaches even if the model is off by its error, or was measured to.
    pub sure: f64,
    /// What one would reach if the model is off by its error the other way.
    pub possible: f64,
}

/// Digits of a bound that is eased.
const DIGITS: i32 = 4;

impl Relaxed {
    /// Every bound that the design misses moved to where it meets it, rounded outward. `None` where it misses none, or
    /// nothing is known of it.
    pub fn by(circuit: &Circuit, specification: &Specification, design: Candidate) -> Option<Relaxed> {
        let performance = design.word()?.0;
        let bound = |bound: &Bound| {
            let value = performance.0[bound.metric];
            let met = bound.sense.met(value, bound.value);
            Bound { value: if met { bound.value } else { outward(value, bound) }, ..bound.clone() }
        };
        let easier = Specification { bounds: specification.bounds.iter().map(bound).collect() };
        let margins = margins_in_decades(circuit, specification, performance);
        let decades = margins.iter().map(|margin| (-margin).max(0.0)).sum();
        (easier != *specification).then_some(Relaxed { decades, specification: easier, design })
    }
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

impl<'a, B: Backend> Explorer<'a, B> {
    /// From known designs, the rows above all.
    ///
    /// # Errors
    /// The device failed.
    pub fn new(
        backend: &'a B,
        circuit: &'a Circuit,
        region: &Region,
        model: &'a TrainedModel,
        rows: &[Row],
    ) -> Result<Explorer<'a, B>, TensorError> {
        let within = region.applied(circuit);
        let moved_in = |row: &Row| {
            if region.is_whole() {
                return row.sizing.clone();
            }
            let at = model.coordinates.encode(circuit, &row.sizing);
            model.coordinates.decode_within(circuit, &within, &at)
        };
        let sizings: Vec<Sizing> = rows.iter().map(moved_in).collect();
        let mut explorer = Explorer { backend, circuit, within, model, known: Vec::new() };
        let predicted = explorer.predict(&sizings)?;
        let with = |(sizing, predicted)| Candidate { predicted: Some(predicted), ..Candidate::new(sizing) };
        explorer.known = sizings.into_iter().zip(predicted).map(with).collect();
        Ok(explorer)
    }

    /// Adds designs to start from, such as draws for the specification that is asked about.
    pub fn learn(&mut self, designs: impl IntoIterator<Item = Candidate>) {
        self.known.extend(designs.into_iter().filter(|design| design.predicted.is_some()));
    }

    fn predict(&self, sizings: &[Sizing]) -> Result<Vec<Predicted>, TensorError> {
        let TrainedModel { performance, coordinates, conditions, .. } = self.model;
        performance.predict(self.backend, self.circuit, coordinates, conditions, sizings)
    }

    /// The design for which `of` is largest, and how large; `None` without a known design.
    fn best(
        &self,
        of: &dyn Fn(&Predicted) -> f64,
        more: &[Candidate],
    ) -> Result<Option<(Candidate, f64)>, TensorError> {
        // outside its legal ranges a circuit does not work, and the model has seen no row
        let of = |p: &Predicted| {
            let value = of(p) - DEAR * self.outside(&p.performance);
            if value.is_nan() { f64::NEG_INFINITY } else { value }
        };
        let value = |c: &Candidate| c.predicted.as_ref().map_or(f64::NEG_INFINITY, of);
        let largest = |mut designs: Vec<Candidate>| {
            designs.sort_by(|a, b| value(b).total_cmp(&value(a)));
            designs
        };
        let mut starts: Vec<(f64, &Candidate)> =
            self.known.iter().chain(more).map(|c| (value(c), c)).collect();
        starts.sort_by(|a, b| b.0.total_cmp(&a.0));
        let starts: Vec<Candidate> = starts.into_iter().take(STARTS).map(|(_, c)| c.clone()).collect();
        let ground =
            Ground { circuit: self.circuit, within: &self.within, coordinates: &self.model.coordinates };
        let goal = Goal { of: &of, enough: f64::INFINITY, left: &|_| false };
        let found = ascend(&ground, &goal, starts, EFFORT, 1, &mut |sizings| self.predict(sizings))?;
        Ok(largest(found).into_iter().next().map(|best| {
            let value = value(&best);
            (best, value)
        }))
    }

    /// By how many decades metrics lie outside their legal ranges, in all.
    fn outside(&self, performance: &Performance) -> f64 {
        let one = |(metric, &value): (&Metric, &f64)| {
            let nearest = metric.scaled(value.clamp(metric.legal.0, metric.legal.1));
            (metric.scaled(value) - nearest).abs() / decade(metric)
        };
        self.circuit.metrics.iter().zip(&performance.0).map(one).sum()
    }

    /// The model's error of a metric and a prediction's own doubt, in decades.
    fn error(&self, metric: usize, predicted: &Predicted) -> f64 {
        let held_out = self.model.performance.held_out_error.get(metric).copied().unwrap_or(0.0);
        (held_out.hypot(predicted.spread[metric]) / decade(&self.circuit.metrics[metric])).max(1e-4)
    }

    /// Of the margins of a prediction, in decades, the one that counts the most errors fewest, and how many.
    fn weakest(&self, specification: &Specification, predicted: &Predicted) -> f64 {
        let margins = margins_in_decades(self.circuit, specification, &predicted.performance);
        let bounds = specification.bounds.iter().zip(margins);
        bounds
            .map(|(bound, margin)| margin / self.error(bound.metric, predicted))
            .fold(f64::INFINITY, f64::min)
    }

    /// Whether a specification can be met. `None` without a known design.
    ///
    /// # Errors
    /// The device failed.
    pub fn reach(&self, specification: &Specification) -> Result<Option<Reach>, TensorError> {
        let best = self.best(&|predicted| self.weakest(specification, predicted), &[])?;
        Ok(best.map(|(design, weakest)| {
            let predicted = design.predicted.as_ref().map(|p| &p.performance);
            let score = predicted.map(|p| Score::of(self.circuit, specification, p).margin);
            Reach { probability: cumulative(weakest), margin: score.unwrap_or(f64::NAN), design }
        }))
    }

    /// The design that has most of the metric of one of the bounds while the others are met, as far as the model knows.
    fn extreme(
        &self,
        specification: &Specification,
        bound: usize,
        more: &[Candidate],
    ) -> Result<Option<Candidate>, TensorError> {
        let goal = |predicted: &Predicted| {
            let margins = margins_in_decades(self.circuit, specification, &predicted.performance);
            let mut value = 0.0;
            for (i, (of, margin)) in specification.bounds.iter().zip(margins).enumerate() {
                if i == bound {
                    value += margin;
                } else {
                    value += DEAR * (margin - KEPT_BY * self.error(of.metric, predicted)).min(0.0);
                }
            }
            value
        };
        Ok(self.best(&goal, more)?.map(|(design, _)| design))
    }

    /// Designs of which each needs a specification eased a little, as far as the model knows: for each bound the one that
    /// misses that alone and least, and the one whose worst margin is best.
    ///
    /// # Errors
    /// The device failed.
    pub fn nearest(&self, specification: &Specification) -> Result<Vec<Candidate>, TensorError> {
        let mut designs = Vec::new();
        for bound in 0..specification.bounds.len() {
            let design = self.extreme(specification, bound, &[])?;
            designs.extend(design.filter(|design| self.keeps(specification, bound, design)));
        }
        designs.extend(self.reach(specification)?.map(|reach| reach.design));
        Ok(designs)
    }

    /// How far the metric of each bound goes while the others are met; `None` where these cannot be met.
    ///
    /// # Errors
    /// The device failed.
    pub fn limits(&self, specification: &Specification) -> Result<Vec<Option<Limit>>, TensorError> {
        let one = |(place, bound): (usize, &Bound)| {
            let metric = &self.circuit.metrics[bound.metric];
            // which way the bound gets harder
            let harder = -bound.sense.loosening();
            let better = |a: f64, b: f64| if harder * (a - b) > 0.0 { a } else { b };
            let design = self.extreme(specification, place, &[])?;
            let design = design.filter(|design| self.keeps(specification, place, design));
            let said = design.and_then(|design| design.predicted).map(|predicted| {
                let value = metric.scaled(predicted.performance.0[bound.metric]);
                let off = self.error(bound.metric, &predicted) * decade(metric);
                (value - harder * off, value + harder * off)
            });
            let others = |p: &&Performance| {
                let mut all = specification.bounds.iter().enumerate();
                all.all(|(i, b)| i == place || b.sense.met(p.0[b.metric], b.value))
            };
            let measured = self.known.iter().filter_map(Candidate::measured).filter(others);
            let seen = measured.map(|p| metric.scaled(p.0[bound.metric])).reduce(better);
            let [sure, possible] = [said.map(|s| s.0), said.map(|s| s.1)];
            let best = |value: Option<f64>| value.into_iter().chain(seen).reduce(better);
            let limit = best(sure).zip(best(possible)).map(|(sure, possible)| Limit {
                sure: metric.unscaled(sure),
                possible: metric.unscaled(possible),
            });
            Ok(limit)
        };
        specification.bounds.iter().enumerate().map(one).collect()
    }

    /// What more of one metric costs: for each of the values of one bound, from easier to harder, the design that has most
    /// of each other bounded metric while the other bounds are met. In the order of the values, then of the bounds; `None`
    /// for the bound that is walked along, and where the others cannot be met.
    ///
    /// # Errors
    /// The device failed.
    pub fn tradeoff(
        &self,
        specification: &Specification,
        along: usize,
        values: &[f64],
    ) -> Result<Vec<Vec<Option<Candidate>>>, TensorError> {
        let mut before: Vec<Candidate> = Vec::new();
        let mut lines = Vec::with_capacity(values.len());
        // what meets a harder bound meets an easier one: from there on it gets no worse
        for &value in values.iter().rev() {
            let mut at = specification.clone();
            at.bounds[along].value = value;
            let mut line = Vec::with_capacity(at.bounds.len());
            for bound in 0..at.bounds.len() {
                if bound == along {
                    line.push(None);
                    continue;
                }
                let design = self.extreme(&at, bound, &before)?;
                let kept = design.filter(|design| self.keeps(&at, bound, design));
                line.push(kept);
            }
            before.extend(line.iter().flatten().cloned());
            lines.push(line);
        }
        lines.reverse();
        Ok(lines)
    }

    /// Whether a design meets every bound but one, as far as the model can tell.
    fn keeps(&self, specification: &Specification, but: usize, design: &Candidate) -> bool {
        let Some(predicted) = &design.predicted else { return false };
        let margins = margins_in_decades(self.circuit, specification, &predicted.performance);
        let bounds = specification.bounds.iter().zip(margins).enumerate();
        let mut others = bounds.filter(|(i, _)| *i != but);
        others.all(|(_, (bound, margin))| margin > -self.error(bound.metric, predicted))
    }
}

/// How probable it is, after some designs were measured, that a specification can be met that none of them met: each with
/// what was predicted of it. The best of them may be short of what there is by as much as predictions are off.
pub fn reach_after(
    circuit: &Circuit,
    specification: &Specification,
    measured: &[(Performance, Option<Performance>)],
) -> Option<f64> {
    let margin = |p: &Performance| Score::of(circuit, specification, p).margin;
    let off: Vec<f64> = measured
        .iter()
        .filter_map(|(measured, predicted)| Some(margin(measured) - margin(predicted.as_ref()?)))
        .collect();
    let best = measured.iter().map(|(measured, _)| margin(measured)).max_by(f64::total_cmp)?;
    if off.len() < LEAST_MEASURED {
        return None;
    }
    // all of them off by the same counts as well: the draws were led astray, and by a truer model go elsewhere
    let spread = (off.iter().map(|o| o.powi(2)).sum::<f64>() / off.len() as f64).sqrt();
    // a model that is hardly ever off still does not know the grid
    let spread = spread.clamp(LEAST_SPREAD, MOST_SPREAD);
    Some(cumulative((best + spread) / spread))
}

/// From so few measured designs nothing follows.
const LEAST_MEASURED: usize = 8;
/// What predictions are taken to be off by, at least and at most, in decades: a single design that the model knows nothing
/// of would spread over all there is.
const LEAST_SPREAD: f64 = 0.002;
const MOST_SPREAD: f64 = 0.03;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sizing::trial::trained_on;
    use crate::tensor::cpu::Cpu;

    #[test]
    fn what_was_measured_says_how_far_away_a_target_is() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let target = Specification::parse(&circuit, &["power<=10nW"]).expect("sound");
        let of = |decades: f64| Performance(vec![1e-8 * 10f64.powf(decades), 5e-6, 30.0, 1e3]);
        // ten designs that miss by so much at least, of which predictions were off by about 0.01 decades
        let measured = |by: f64| -> Vec<(Performance, Option<Performance>)> {
            let off = |i: usize| if i.is_multiple_of(2) { 0.01 } else { -0.01 };
            (0..10).map(|i| (of(by + 0.001 * i as f64), Some(of(by + off(i))))).collect()
        };
        let after = |by: f64| reach_after(&circuit, &target, &measured(by)).expect("enough is measured");
        assert!(after(0.002) > 0.6 && after(0.05) < 0.01, "{} {}", after(0.002), after(0.05));
        assert!((after(0.01) - 0.5).abs() < 0.1, "{}", after(0.01));
        assert_eq!(reach_after(&circuit, &target, &measured(0.05)[..4]), None);
        assert_eq!(reach_after(&circuit, &target, &[]), None);
    }

    #[test]
    fn a_model_says_what_is_near_and_what_is_not() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let backend = Cpu::new(0).expect("a thread");
        let (model, some) = trained_on(&backend, &circuit, 400);
        let whole = Region::default();
        let mut explorer = Explorer::new(&backend, &circuit, &whole, &model, &some.rows).expect("a CPU");
        let easy = Specification::parse(&circuit, &["power<=60nW", "irn<=8uV", "gain>=26dB"]).expect("sound");
        let none = Specification::parse(&circuit, &["power<=5nW", "irn<=2uV", "gain>=45dB"]).expect("sound");
        fn reach(explorer: &Explorer<'_, Cpu>, of: &Specification) -> Reach {
            explorer.reach(of).expect("a CPU").expect("rows")
        }
        let (near, far) = (reach(&explorer, &easy), reach(&explorer, &none));
        assert!(near.probability > 0.9 && near.margin > 0.0, "{near:?}");
        assert!(far.probability < 0.01 && far.margin < -0.1, "{far:?}");
        let designs = explorer.nearest(&none).expect("a CPU");
        assert!(!designs.is_empty());
        for design in designs {
            let predicted = design.predicted.as_ref().expect("the model's").performance.clone();
            assert!(predicted.illegal(&circuit).is_none(), "{predicted:?}");
            explorer.learn([design.clone()]);
            let way = Relaxed::by(&circuit, &none, design).expect("it misses a bound");
            // it is met by the design, so that it is as probable as not, and no bound is harder
            assert!(way.decades > 0.0 && way.specification.met_by(&predicted), "{way:?}");
            assert!(reach(&explorer, &way.specification).probability >= 0.5, "{way:?}");
            let harder =
                |(now, asked): (&Bound, &Bound)| now.sense.loosening() * (now.value - asked.value) < 0.0;
            assert!(!way.specification.bounds.iter().zip(&none.bounds).any(harder), "{way:?}");
        }
        let met = Candidate { ..near.design.clone() };
        assert_eq!(Relaxed::by(&circuit, &easy, met), None, "nothing has to be eased");
        let values = [28.0, 32.0, 36.0];
        let lines = explorer.tradeoff(&easy, 2, &values).expect("a CPU");
        let power = |line: &Vec<Option<Candidate>>| {
            line[0].as_ref().and_then(|c| c.predicted.as_ref()).map(|p| p.performance.0[0])
        };
        let powers: Vec<f64> = lines.iter().filter_map(power).collect();
        assert!(lines.iter().all(|line| line[2].is_none()) && powers.len() == 3, "{powers:?}");
        assert!(powers.windows(2).all(|w| w[0] <= w[1] * 1.001), "more gain costs power: {powers:?}");
        let nowhere = Explorer::new(&backend, &circuit, &whole, &model, &[]).expect("a CPU");
        assert_eq!(nowhere.reach(&easy).expect("a CPU"), None);
    }

    #[test]
    fn a_bound_is_rounded_so_that_the_design_still_meets_it() {
        use crate::circuit::Sense;
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
            assert!((rounded - expected).abs() <= 1e-12 * f64::abs(expected), "{value}: {rounded}");
        }
    }
}
