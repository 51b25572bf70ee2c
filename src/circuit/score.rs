//! How far a design is from feasible, and by how much it is feasible: the one measure by which designs are
//! compared, whether a search, a ranking, a table or an export picks the best.

use super::{Circuit, Metric, Performance, Scale, Specification, Unit};

/// What a bound can add to a violation: beyond it a metric is as bad as can be, and a design that
/// ngspice cannot measure misses every bound by as much.
const MOST: f64 = 3.0;
/// The violation of a design that misses a bound by less than a float can tell.
const LEAST: f64 = 1e-12;

/// A design's verdict as two numbers, both in decades (20 dB are one).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The sum over the missed bounds of how far each is missed; 0 for a feasible design alone.
    pub violation: f64,
    /// How far inside its bound the worst metric lies; negative outside.
    pub margin: f64,
}

impl Score {
    /// Of a measured design.
    pub fn of(circuit: &Circuit, specification: &Specification, performance: &Performance) -> Score {
        let margins = margins_in_decades(circuit, specification, performance);
        Score::of_margins(&margins, specification.met_by(performance))
    }

    /// Of a predicted design, each metric taken to be worse by `doubt`, on the metric's own scale (decades, or the
    /// metric's unit) and in the circuit's order.
    pub fn doubted(
        circuit: &Circuit,
        specification: &Specification,
        performance: &Performance,
        doubt: &[f64],
    ) -> Score {
        let mut margins = margins_in_decades(circuit, specification, performance);
        for (margin, bound) in margins.iter_mut().zip(&specification.bounds) {
            let doubt = doubt.get(bound.metric).copied().unwrap_or(0.0);
            let less = *margin - doubt / decade(&circuit.metrics[bound.metric]);
            *margin = if less.is_nan() { -MOST } else { less.clamp(-MOST, MOST) };
        }
        let met = margins.iter().all(|m| *m >= 0.0);
        Score::of_margins(&margins, met)
    }

    fn of_margins(margins: &[f64], met: bool) -> Score {
        let violation: f64 = margins.iter().map(|m| (-m).max(0.0)).sum();
        Score {
            violation: if met { 0.0 } else { violation.max(LEAST) },
            margin: margins.iter().copied().fold(f64::INFINITY, f64::min),
        }
    }

    /// Of a design that could not be measured.
    pub fn failed(specification: &Specification) -> Score {
        Score { violation: MOST * (specification.bounds.len() + 1) as f64, margin: -MOST }
    }

    /// Whether every bound is met.
    pub fn feasible(&self) -> bool {
        self.violation == 0.0
    }

    /// One number to minimise that ranks as Deb's rules do (2000): a feasible design before any other,
    /// of two feasible ones the larger margin, of two others the smaller violation.
    pub fn cost(&self) -> f64 {
        if self.feasible() { -self.margin.max(0.0) } else { self.violation }
    }
}

/// How far inside each bound a measured design lies, in decades, in the order of the bounds; limited to
/// ±3, so that a design that is far off cannot drown the others.
pub fn margins_in_decades(
    circuit: &Circuit,
    specification: &Specification,
    performance: &Performance,
) -> Vec<f64> {
    let of = |(bound, margin): (&super::Bound, f64)| {
        let margin = margin / decade(&circuit.metrics[bound.metric]);
        if margin.is_nan() { -MOST } else { margin.clamp(-MOST, MOST) }
    };
    specification.bounds.iter().zip(specification.margins(circuit, performance)).map(of).collect()
}

impl Specification {
    /// Each bound moved inward by so many decades, as [`margins_in_decades`] counts them, by its place among the bounds;
    /// outward where that is negative.
    pub fn moved(&self, circuit: &Circuit, decades: impl Fn(usize) -> f64) -> Specification {
        let one = |(i, bound): (usize, &super::Bound)| {
            let metric = &circuit.metrics[bound.metric];
            let inward = -bound.sense.loosening() * decades(i) * decade(metric);
            super::Bound { value: metric.unscaled(metric.scaled(bound.value) + inward), ..bound.clone() }
        };
        Specification { bounds: self.bounds.iter().enumerate().map(one).collect() }
    }

    /// What a performance just meets: a bound on every metric, of two sides the metric's own.
    pub fn of_performance(circuit: &Circuit, performance: &Performance) -> Specification {
        let one = |(metric, value): (usize, &f64)| super::Bound {
            metric,
            sense: circuit.metrics[metric].sense.of_bound(),
            value: *value,
        };
        Specification { bounds: performance.0.iter().enumerate().map(one).collect() }
    }
}

/// What counts as much as a decade on the metric's own scale: 20 dB, or for a metric without decades a
/// quarter of its legal range.
pub fn decade(metric: &Metric) -> f64 {
    match (metric.scale, metric.unit) {
        (Scale::Log, _) => 1.0,
        (Scale::Linear, Unit::Decibel) => 20.0,
        (Scale::Linear, _) => {
            let width = (metric.legal.1 - metric.legal.0) / 4.0;
            if width.is_finite() && width > 0.0 { width } else { 1.0 }
        }
    }
}
