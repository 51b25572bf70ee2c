//! A sizing and what it performs: plain vectors in the order of the circuit's declarations.

use super::{Circuit, format_quantity, shortened};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One value a parameter, SI units, in the order of [`Circuit::parameters`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sizing(pub Vec<f64>);

/// Tells sizings apart: the same for equal values. Legal values are on the grid, so equal designs have equal bits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SizingKey(Box<[u64]>);

/// One value a metric, SI units, in the order of [`Circuit::metrics`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Performance(pub Vec<f64>);

/// Why a sizing is not legal.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SizingError {
    /// A parameter is missing.
    #[error("parameter `{0}` is missing")]
    Missing(String),
    /// A name is not a parameter of the circuit.
    #[error("`{name}` is not a parameter of {circuit}: it has {known}")]
    Unknown {
        /// The name given.
        name: String,
        /// The circuit's name.
        circuit: String,
        /// The names that would do.
        known: String,
    },
    /// The number of values differs from the number of parameters.
    #[error("{found} values for {expected} parameters")]
    Count {
        /// How many there are.
        found: usize,
        /// How many are needed.
        expected: usize,
    },
    /// A value is NaN or infinite.
    #[error("{name} = {value} is not a finite number")]
    NotFinite {
        /// The parameter.
        name: String,
        /// Its value.
        value: f64,
    },
    /// A value lies outside the parameter's range.
    #[error("{name} = {value} is outside {low} … {high}")]
    OutOfRange {
        /// The parameter.
        name: String,
        /// Its value, with its unit.
        value: String,
        /// The lower end.
        low: String,
        /// The upper end.
        high: String,
    },
    /// A value is not a multiple of the grid.
    #[error("{name} = {value} is not on the grid of {grid}: {nearest} is nearest")]
    OffGrid {
        /// The parameter.
        name: String,
        /// Its value, with its unit.
        value: String,
        /// The grid.
        grid: String,
        /// The nearest legal value.
        nearest: String,
    },
}

impl Sizing {
    /// Checks that there is one value a parameter and that each is finite, in range and on the grid.
    ///
    /// # Errors
    /// The first value that is not, by its parameter's name.
    pub fn check(&self, circuit: &Circuit) -> Result<(), SizingError> {
        if self.0.len() != circuit.parameters.len() {
            return Err(SizingError::Count { found: self.0.len(), expected: circuit.parameters.len() });
        }
        for (parameter, &value) in circuit.parameters.iter().zip(&self.0) {
            let show = |v: f64| format_quantity(v, parameter.unit, 6);
            if !value.is_finite() {
                return Err(SizingError::NotFinite { name: parameter.name.clone(), value });
            }
            let slack = 1e-6 * parameter.grid;
            if value < parameter.low - slack || value > parameter.high + slack {
                return Err(SizingError::OutOfRange {
                    name: parameter.name.clone(),
                    value: show(value),
                    low: show(parameter.low),
                    high: show(parameter.high),
                });
            }
            let nearest = parameter.snap(value);
            if (value - nearest).abs() > 1e-4 * parameter.grid {
                return Err(SizingError::OffGrid {
                    name: parameter.name.clone(),
                    value: show(value),
                    grid: parameter.grid_in_words(),
                    nearest: show(nearest),
                });
            }
        }
        Ok(())
    }

    /// The nearest legal sizing: every value snapped to its grid and range.
    pub fn snapped(&self, circuit: &Circuit) -> Sizing {
        Sizing(circuit.parameters.iter().zip(&self.0).map(|(p, &v)| p.snap(v)).collect())
    }

    /// The key by which equal sizings are found.
    pub fn key(&self) -> SizingKey {
        // −0 and 0 are the same number
        SizingKey(self.0.iter().map(|value| (value + 0.0).to_bits()).collect())
    }

    /// The values by parameter name.
    pub fn by_name(&self, circuit: &Circuit) -> BTreeMap<String, f64> {
        circuit.parameters.iter().map(|p| p.name.clone()).zip(self.0.iter().copied()).collect()
    }

    /// The inverse of [`Self::by_name`].
    ///
    /// # Errors
    /// A parameter that is missing or a name that is not a parameter. Values are not checked: see
    /// [`Self::check`].
    pub fn from_names(circuit: &Circuit, values: &BTreeMap<String, f64>) -> Result<Sizing, SizingError> {
        if let Some(name) = values.keys().find(|name| circuit.parameter_index(name).is_none()) {
            return Err(SizingError::Unknown {
                name: shortened(name, 60),
                circuit: circuit.name.clone(),
                known: circuit.parameters.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", "),
            });
        }
        circuit
            .parameters
            .iter()
            .map(|p| values.get(&p.name).copied().ok_or_else(|| SizingError::Missing(p.name.clone())))
            .collect::<Result<Vec<_>, _>>()
            .map(Sizing)
    }
}

impl Performance {
    /// The worst value of each metric, and the place of the performance that has it: the nearest to a bound of the
    /// specification or the farthest beyond, for a metric without one by its sense. Of a metric of which neither way is
    /// better, the value farthest from the first performance's. What one of them has no value of has none.
    pub fn worst(
        circuit: &Circuit,
        specification: Option<&super::Specification>,
        all: &[&Performance],
    ) -> Vec<(f64, usize)> {
        let margins: Vec<Vec<f64>> =
            specification.map_or_else(Vec::new, |s| all.iter().map(|p| s.margins(circuit, p)).collect());
        // a metric may have a bound on either side
        let margin = |metric: usize, place: usize| {
            let bounds = specification.iter().flat_map(|s| &s.bounds).zip(&margins[place]);
            bounds.filter(|(bound, _)| bound.metric == metric).map(|(_, m)| *m).fold(f64::INFINITY, f64::min)
        };
        let one = |(metric, m): (usize, &super::Metric)| {
            let values = all.iter().enumerate().map(|(place, p)| (p.0[metric], place));
            if let Some(unmeasured) = values.clone().find(|(value, _)| value.is_nan()) {
                return unmeasured;
            }
            if specification.is_some_and(|s| s.bound_on(metric).is_some()) {
                let nearest = values.min_by(|a, b| margin(metric, a.1).total_cmp(&margin(metric, b.1)));
                return nearest.unwrap_or((f64::NAN, 0));
            }
            let worse = |a: (f64, usize), b: (f64, usize)| match m.sense {
                super::Sense::AtMost if b.0 > a.0 => b,
                super::Sense::AtLeast if b.0 < a.0 => b,
                super::Sense::Between if (b.0 - all[0].0[metric]).abs() > (a.0 - all[0].0[metric]).abs() => b,
                _ => a,
            };
            values.reduce(worse).unwrap_or((f64::NAN, 0))
        };
        circuit.metrics.iter().enumerate().map(one).collect()
    }

    /// The values by metric name.
    pub fn by_name(&self, circuit: &Circuit) -> BTreeMap<String, f64> {
        circuit.metrics.iter().map(|m| m.name.clone()).zip(self.0.iter().copied()).collect()
    }

    /// The values on the metrics' own scales: log10 where a metric spans decades, as they are elsewhere.
    pub fn scaled(&self, circuit: &Circuit) -> Vec<f64> {
        circuit.metrics.iter().zip(&self.0).map(|(metric, &value)| metric.scaled(value)).collect()
    }

    /// The first metric outside its legal range, in words; `None` for a legal performance.
    pub fn illegal(&self, circuit: &Circuit) -> Option<String> {
        circuit.metrics.iter().zip(&self.0).find(|(m, v)| !m.is_legal(**v)).map(|(m, &v)| {
            format!(
                "{} = {} is outside {} … {}",
                m.name,
                format_quantity(v, m.unit, 4),
                format_quantity(m.legal.0, m.unit, 4),
                format_quantity(m.legal.1, m.unit, 4)
            )
        })
    }
}
