//! A circuit with its rows, as they were read.

use crate::circuit::{Bound, Circuit, Metric, Specification};
use crate::dataset::{Dataset, Loaded, RowError};
use std::path::PathBuf;
use std::sync::Arc;

/// A circuit with its rows.
pub struct OpenCircuit {
    /// The circuit.
    pub circuit: Arc<Circuit>,
    /// The circuit's rows; none if there is no file or it was refused.
    pub rows: Arc<Dataset>,
    /// The rows that were refused, and why.
    pub refused: Vec<RowError>,
    /// Each metric's smallest and largest value in the rows.
    pub seen: Vec<Option<(f64, f64)>>,
    /// The newest model file in the circuit's folder that is of the circuit, where that was looked for.
    pub model_beside: Option<PathBuf>,
}

impl OpenCircuit {
    /// Joins what was read.
    pub fn new(circuit: Circuit, loaded: Option<Loaded>) -> OpenCircuit {
        let (rows, refused) = loaded.map(|l| (l.dataset, l.refused)).unwrap_or_default();
        let range = |m: usize| {
            let values = rows.rows.iter().map(|r| r.performance.0[m]);
            values.fold(None, |range: Option<(f64, f64)>, v| {
                Some(range.map_or((v, v), |(low, high)| (low.min(v), high.max(v))))
            })
        };
        let seen = (0..circuit.metrics.len()).map(range).collect();
        OpenCircuit { circuit: Arc::new(circuit), rows: Arc::new(rows), refused, seen, model_beside: None }
    }

    /// A metric's range in the rows, else its legal range.
    pub fn range(&self, metric: usize) -> (f64, f64) {
        self.seen[metric].filter(|(low, high)| low < high).unwrap_or(self.circuit.metrics[metric].legal)
    }

    /// The middle of every metric's range on its own scale: the targets where a circuit names no specification.
    pub fn middle(&self) -> Specification {
        let bound = |(m, metric): (usize, &Metric)| {
            let (low, high) = self.range(m);
            let value = metric.unscaled((metric.scaled(low) + metric.scaled(high)) / 2.0);
            Bound { metric: m, sense: metric.sense.of_bound(), value }
        };
        Specification { bounds: self.circuit.metrics.iter().enumerate().map(bound).collect() }
    }
}
