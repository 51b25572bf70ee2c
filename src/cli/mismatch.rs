//! What runs with mismatch come to: spread of each metric, yield and how well it is known.

use crate::circuit::{Circuit, NOMINAL, Specification, format_quantity};
use crate::engine::{Outcome, Simulated};
use serde_json::{Map, Value, json};

/// The normal distribution's quantile of a two-sided 95 % interval.
const QUANTILE: f64 = 1.959_963_984_540_054;

/// The part of a value that adding up may leave.
const ROUNDING: f64 = 1e-12;

/// Runs of one design with mismatch.
pub(super) struct Mismatch {
    runs: usize,
    measured: usize,
    /// How many meet the specification, where there is one.
    feasible: Option<usize>,
    /// Mean and standard deviation of each metric over the runs that were measured.
    metrics: Vec<(f64, f64)>,
    /// Why the first run that was not measured was not.
    failure: Option<String>,
}

impl Mismatch {
    /// `None` of no runs.
    pub(super) fn of(
        circuit: &Circuit,
        specification: Option<&Specification>,
        runs: &[Outcome],
    ) -> Option<Mismatch> {
        if runs.is_empty() {
            return None;
        }
        let measured: Vec<_> = runs.iter().flatten().map(Simulated::performance).collect();
        let feasible = specification.map(|s| measured.iter().filter(|p| s.met_by(p)).count());
        let count = measured.len() as f64;
        let of = |metric: usize| {
            let values = measured.iter().map(|p| p.0[metric]);
            let mean = values.clone().sum::<f64>() / count;
            let squares: f64 = values.map(|v| (v - mean).powi(2)).sum();
            let deviation = (squares / (count - 1.0)).sqrt();
            // what nothing is drawn for differs from its mean by rounding
            (mean, if deviation <= ROUNDING * mean.abs() { 0.0 } else { deviation })
        };
        Some(Mismatch {
            runs: runs.len(),
            measured: measured.len(),
            feasible,
            metrics: (0..circuit.metrics.len()).map(of).collect(),
            failure: runs.iter().find_map(|r| r.as_ref().err()).map(ToString::to_string),
        })
    }

    /// Share of the runs that meet the specification, with the interval that it lies in with 95 % confidence.
    fn share(&self) -> Option<(f64, (f64, f64))> {
        let feasible = self.feasible?;
        Some((feasible as f64 / self.runs as f64, interval(feasible, self.runs)))
    }

    pub(super) fn in_words(&self, circuit: &Circuit, at: &str) -> String {
        let place = if at == NOMINAL { String::new() } else { format!(" in {at}") };
        let mut text = format!("  mismatch{place}, {} of {} runs measured\n", self.measured, self.runs);
        for (metric, &(mean, deviation)) in circuit.metrics.iter().zip(&self.metrics) {
            let shown = |v: f64| format_quantity(v, metric.unit, 4);
            text += &format!("    {:<10} {} ± {}\n", metric.name, shown(mean), shown(deviation));
        }
        if let Some(failure) = &self.failure {
            text += &format!("    the first run without a measurement: {failure}\n");
        }
        if let (Some((share, (low, high))), Some(feasible)) = (self.share(), self.feasible) {
            text += &format!(
                "    yield {:.1} % ({feasible} of {}), between {:.1} and {:.1} % with 95 % confidence\n",
                100.0 * share,
                self.runs,
                100.0 * low,
                100.0 * high
            );
        }
        text
    }

    pub(super) fn in_json(&self, circuit: &Circuit, seed: u64, at: &str) -> Value {
        let by_name = |value: &dyn Fn(&(f64, f64)) -> f64| -> Map<String, Value> {
            let pairs = circuit.metrics.iter().zip(&self.metrics);
            pairs
                .map(|(m, own)| (m.name.clone(), json!(Some(value(own)).filter(|v| v.is_finite()))))
                .collect()
        };
        json!({
            "corner": at, "runs": self.runs, "seed": seed, "measured": self.measured, "feasible": self.feasible,
            "yield": self.share().map(|(share, _)| share),
            "interval": self.share().map(|(_, (low, high))| [low, high]),
            "mean": by_name(&|own| own.0), "deviation": by_name(&|own| own.1), "error": self.failure,
        })
    }
}

/// Wilson's score interval of a share (Wilson 1927): right also near none and all.
fn interval(successes: usize, runs: usize) -> (f64, f64) {
    let (n, z) = (runs as f64, QUANTILE);
    let share = successes as f64 / n;
    let centre = share + z * z / (2.0 * n);
    let half = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    (((centre - half) / scale).max(0.0), ((centre + half) / scale).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::interval;

    #[test]
    fn an_interval_is_wilsons() {
        // Newcombe, Statistics in Medicine 17, 1998, table I: 81 of 263, and 0 of 20
        let (low, high) = interval(81, 263);
        assert!((low - 0.2553).abs() < 1e-4 && (high - 0.3662).abs() < 1e-4, "{low} {high}");
        let (low, high) = interval(0, 20);
        assert!(low == 0.0 && (high - 0.1611).abs() < 1e-4, "{low} {high}");
        assert!((interval(20, 20).1 - 1.0).abs() < 1e-12);
    }
}
