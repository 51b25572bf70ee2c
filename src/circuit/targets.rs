//! Specifications of a circuit: read from texts, held to a performance, said in words.

use super::definition::Circuit;
use super::metric::{Metric, Sense};
use super::quantity::{QuantityError, format_quantity, parse_quantity};
use super::shortened::shortened;
use super::sizing::Performance;
use super::specification::{Bound, Specification};

/// Why a text is not a specification of this circuit.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SpecificationError {
    /// There is neither `<=` nor `>=`.
    #[error("`{0}` is not a specification: write METRIC<=VALUE or METRIC>=VALUE, such as `power<=27nW`")]
    NoSense(String),
    /// The metric is not one of the circuit's.
    #[error("`{metric}` is not a metric of {circuit}: it has {known}")]
    UnknownMetric {
        /// The name given.
        metric: String,
        /// The circuit's name.
        circuit: String,
        /// The names that would do.
        known: String,
    },
    /// The bound goes the wrong way for its metric.
    #[error("{metric} must be bounded with `{expected}`, not `{found}`: write `{metric}{expected}{value}`")]
    WrongSense {
        /// The metric's name.
        metric: String,
        /// The sense written.
        found: Sense,
        /// The metric's own sense.
        expected: Sense,
        /// The value as written.
        value: String,
    },
    /// The value cannot be read.
    #[error("{metric}: {source}")]
    Value {
        /// The metric's name.
        metric: String,
        /// What is wrong with it.
        source: QuantityError,
    },
    /// The value can never be met or is meaningless on the metric's scale.
    #[error("{metric}: the target must be greater than 0")]
    NotPositive {
        /// The metric's name.
        metric: String,
    },
    /// The metric is bounded twice.
    #[error("{0} is bounded twice: keep one")]
    Twice(String),
    /// There is no bound at all.
    #[error("no target is given: add at least one, such as `--spec 'power<=27nW'`")]
    Empty,
}

impl Specification {
    /// Reads texts such as `power<=27nW`, one a metric.
    ///
    /// # Errors
    /// [`SpecificationError`] names the text and what would do.
    pub fn parse<S: AsRef<str>>(circuit: &Circuit, texts: &[S]) -> Result<Specification, SpecificationError> {
        let mut bounds: Vec<Bound> = Vec::with_capacity(texts.len());
        for text in texts {
            let bound = parse_bound(circuit, text.as_ref())?;
            if bounds.iter().any(|b| b.metric == bound.metric) {
                return Err(SpecificationError::Twice(circuit.metrics[bound.metric].name.clone()));
            }
            bounds.push(bound);
        }
        if bounds.is_empty() {
            return Err(SpecificationError::Empty);
        }
        bounds.sort_by_key(|b| b.metric);
        Ok(Specification { bounds })
    }

    /// Whether `performance` meets every bound. A NaN meets none.
    pub fn met_by(&self, performance: &Performance) -> bool {
        self.bounds.iter().all(|b| performance.0.get(b.metric).is_some_and(|&v| b.sense.met(v, b.value)))
    }

    /// How far inside each bound `performance` lies, on the metrics' own scales (decades for a
    /// metric that spans them, else its unit), positive inside, in the order of the bounds.
    pub fn margins(&self, circuit: &Circuit, performance: &Performance) -> Vec<f64> {
        self.bounds
            .iter()
            .map(|b| {
                let metric = &circuit.metrics[b.metric];
                let distance = metric.scaled(b.value) - metric.scaled(performance.0[b.metric]);
                b.sense.loosening() * distance
            })
            .collect()
    }

    /// `power <= 27 nW, gain >= 30 dB`.
    pub fn describe(&self, circuit: &Circuit) -> String {
        let one = |b: &Bound| {
            let m = &circuit.metrics[b.metric];
            format!("{} {} {}", m.name, b.sense, format_quantity(b.value, m.unit, 6))
        };
        self.bounds.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

/// More of a text is not echoed.
const LONGEST_ECHO: usize = 80;

fn parse_bound(circuit: &Circuit, text: &str) -> Result<Bound, SpecificationError> {
    let normal = text.replace('≤', "<=").replace('≥', ">=");
    let (name, sense, value) = if let Some((name, value)) = normal.split_once("<=") {
        (name, Sense::AtMost, value)
    } else if let Some((name, value)) = normal.split_once(">=") {
        (name, Sense::AtLeast, value)
    } else {
        return Err(SpecificationError::NoSense(shortened(text, LONGEST_ECHO)));
    };
    let name = name.trim();
    let index = circuit.metric_index(name).ok_or_else(|| SpecificationError::UnknownMetric {
        metric: shortened(name, LONGEST_ECHO),
        circuit: circuit.name.clone(),
        known: circuit.metrics.iter().map(|m| m.name.as_str()).collect::<Vec<_>>().join(", "),
    })?;
    let metric: &Metric = &circuit.metrics[index];
    if metric.sense != sense {
        return Err(SpecificationError::WrongSense {
            metric: name.to_owned(),
            found: sense,
            expected: metric.sense,
            value: shortened(value.trim(), LONGEST_ECHO),
        });
    }
    let quantity = parse_quantity(value, metric.unit)
        .map_err(|source| SpecificationError::Value { metric: name.to_owned(), source })?;
    if !metric.scaled(quantity.value).is_finite() {
        return Err(SpecificationError::NotPositive { metric: name.to_owned() });
    }
    Ok(Bound { metric: index, sense, value: quantity.value })
}
