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
    #[error(
        "`{0}` is not a specification: write METRIC<=VALUE, METRIC>=VALUE or METRIC=LOW..HIGH, such as `power<=27nW` or `phm=60..90deg`"
    )]
    NoSense(String),
    /// The lower value is not below the upper one.
    #[error("{0}: nothing lies between these: write the smaller value first, such as `{0}=60..90`")]
    Crossed(String),
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
    /// Reads texts such as `power<=27nW` and `phm=60..90deg`, one a metric or one for each side.
    ///
    /// # Errors
    /// [`SpecificationError`] names the text and what would do.
    pub fn parse<S: AsRef<str>>(circuit: &Circuit, texts: &[S]) -> Result<Specification, SpecificationError> {
        let mut bounds: Vec<Bound> = Vec::with_capacity(texts.len());
        for text in texts {
            for bound in parse_bounds(circuit, text.as_ref())? {
                if bounds.iter().any(|b| b.metric == bound.metric && b.sense == bound.sense) {
                    return Err(SpecificationError::Twice(circuit.metrics[bound.metric].name.clone()));
                }
                bounds.push(bound);
            }
        }
        if bounds.is_empty() {
            return Err(SpecificationError::Empty);
        }
        bounds.sort_by_key(|b| (b.metric, b.sense != circuit.metrics[b.metric].sense.of_bound()));
        let specification = Specification { bounds };
        for (m, metric) in circuit.metrics.iter().enumerate() {
            let Some(first) = specification.bound_on(m) else {
                continue;
            };
            match specification.other_bound_on(m) {
                None if metric.sense != Sense::Between && first.sense != metric.sense => {
                    return Err(SpecificationError::WrongSense {
                        metric: metric.name.clone(),
                        found: first.sense,
                        expected: metric.sense,
                        value: format_quantity(first.value, metric.unit, 6).replace(' ', ""),
                    });
                }
                Some(other) => {
                    let upward = first.sense == Sense::AtLeast;
                    let (lower, upper) = if upward { (first, other) } else { (other, first) };
                    if lower.value >= upper.value {
                        return Err(SpecificationError::Crossed(metric.name.clone()));
                    }
                }
                None => {}
            }
        }
        Ok(specification)
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

    /// Whether `performance` lies beyond a metric's legal range where no bound lies beyond it too: neither was it asked for,
    /// nor is it known that a testbench can measure it there.
    pub fn strays(&self, circuit: &Circuit, performance: &Performance) -> bool {
        circuit.metrics.iter().zip(&performance.0).enumerate().any(|(m, (metric, &value))| {
            let (low, high) = metric.legal;
            let beyond = |of: f64| if value < low { of < low } else { of > high };
            beyond(value) && !self.bounds.iter().any(|b| b.metric == m && beyond(b.value))
        })
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

fn parse_bounds(circuit: &Circuit, text: &str) -> Result<Vec<Bound>, SpecificationError> {
    let normal = text.replace('≤', "<=").replace('≥', ">=").replace('…', "..");
    let (name, values) = if let Some((name, value)) = normal.split_once("<=") {
        (name, vec![(Sense::AtMost, value.to_owned())])
    } else if let Some((name, value)) = normal.split_once(">=") {
        (name, vec![(Sense::AtLeast, value.to_owned())])
    } else if let Some((name, (low, high))) =
        normal.split_once('=').and_then(|(name, range)| Some((name, range.split_once("..")?)))
    {
        // `60..90deg`: the unit behind the second is the first's too
        let bare = low.trim().parse::<f64>().is_ok();
        let unit = high.trim().trim_start_matches(|c: char| c.is_ascii_digit() || "+-.".contains(c));
        let low = if bare { format!("{}{unit}", low.trim()) } else { low.to_owned() };
        (name, vec![(Sense::AtLeast, low), (Sense::AtMost, high.to_owned())])
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
    let bound = |(sense, value): (Sense, String)| {
        let quantity = parse_quantity(&value, metric.unit)
            .map_err(|source| SpecificationError::Value { metric: name.to_owned(), source })?;
        if !metric.scaled(quantity.value).is_finite() {
            return Err(SpecificationError::NotPositive { metric: name.to_owned() });
        }
        Ok(Bound { metric: index, sense, value: quantity.value })
    };
    values.into_iter().map(bound).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &[&str]) -> Result<Vec<(usize, Sense, f64)>, String> {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let found = Specification::parse(&circuit, texts).map_err(|e| e.to_string())?;
        Ok(found.bounds.iter().map(|b| (b.metric, b.sense, b.value)).collect())
    }

    #[test]
    fn a_metric_can_be_bounded_on_both_sides() {
        use Sense::{AtLeast, AtMost};
        let both = Ok(vec![(2, AtLeast, 30.0), (2, AtMost, 40.0)]);
        assert_eq!(read(&["gain=30..40dB"]), both);
        assert_eq!(read(&["gain = 30 dB .. 40 dB"]), both);
        assert_eq!(read(&["gain=30…40"]), both);
        assert_eq!(read(&["gain<=40dB", "gain>=30dB"]), both);
        assert_eq!(read(&["power=10..27nW"]), Ok(vec![(0, AtMost, 27e-9), (0, AtLeast, 10e-9)]));
        assert!(read(&["gain=40..30dB"]).is_err_and(|e| e.contains("smaller value first")));
        assert!(read(&["gain=30..30dB"]).is_err_and(|e| e.contains("nothing lies between")));
        assert!(read(&["gain=30..40dB", "gain>=35dB"]).is_err_and(|e| e.contains("twice")));
        assert!(
            read(&["gain<=40dB"]).is_err_and(|e| e.contains("gain>=40dB")),
            "one side goes the metric's way"
        );
        assert!(read(&["gain=30..40nW"]).is_err());
        assert!(read(&["gain=30"]).is_err_and(|e| e.contains("LOW..HIGH")));
    }

    #[test]
    fn a_design_is_inside_both_bounds_or_misses_one_and_may_stray() {
        let circuit = Circuit::open("ota1").expect("OTA1 is bundled");
        let specification = Specification::parse(&circuit, &["gain=30..40dB"]).expect("sound");
        let margins = |gain: f64| {
            let performance = Performance(vec![1e-9, 1e-6, gain, 1e3]);
            let margins = specification.margins(&circuit, &performance);
            assert_eq!(specification.met_by(&performance), margins.iter().all(|m| *m >= 0.0));
            margins
        };
        assert_eq!(margins(33.0), [3.0, 7.0]);
        assert_eq!(margins(45.0), [15.0, -5.0]);
        assert_eq!(margins(28.0), [-2.0, 12.0]);
        // 15 to 120 dB are legal, 1 MHz is the most
        let strays = |texts: &[&str], gain: f64, bw: f64| {
            let specification = Specification::parse(&circuit, texts).expect("sound");
            specification.strays(&circuit, &Performance(vec![2e-9, 1e-6, gain, bw]))
        };
        assert!(!strays(&["bw>=1kHz"], 20.0, 1e6) && strays(&["bw>=1kHz"], 20.0, 1.1e6));
        assert!(strays(&["bw>=1kHz"], 5.0, 1e5) && strays(&["gain>=20dB"], 5.0, 1e5));
        assert!(!strays(&["gain>=-5dB"], 5.0, 1e5) && !strays(&["gain>=-5dB", "bw>=2MHz"], 5.0, 1.1e6));
        let again = specification.describe(&circuit);
        let texts: Vec<&str> = again.split(", ").collect();
        assert_eq!(Specification::parse(&circuit, &texts), Ok(specification));
    }
}
