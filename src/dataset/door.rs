//! Scalings that come out of a file: checked against the circuit before anything is computed with them.
//!
//! Means and deviations were fitted to legal rows, so they lie where legal rows do. With that, whatever a
//! network says is mapped back to finite numbers.

use super::coordinates::extent;
use super::{Conditions, CoordinateKind, Coordinates};
use crate::circuit::Circuit;

/// No legal value is further from the mean, in deviations: a coordinate is an `f32`.
const FURTHEST_COORDINATE: f64 = 1e30;
/// As [`FURTHEST_COORDINATE`]; a condition's products of two are an `f32` too.
const FURTHEST_CONDITION: f64 = 1e15;

impl Coordinates {
    /// Checks lengths, finiteness, signs and sizes.
    ///
    /// # Errors
    /// The first number that cannot be, by its parameter.
    pub fn check(&self, circuit: &Circuit) -> Result<(), String> {
        let count = circuit.parameters.len();
        if self.mean.len() != count || self.deviation.len() != count {
            return Err(format!(
                "its coordinates have {} means and {} deviations for {count} parameters",
                self.mean.len(),
                self.deviation.len()
            ));
        }
        let plain = self.kind == CoordinateKind::Plain;
        for (i, ends) in extent(circuit, self.kind).into_iter().enumerate() {
            let (mean, deviation) = (self.mean[i], self.deviation[i]);
            let sound = if plain { (mean, deviation) == (0.5, 0.5) } else { true };
            if !sound || !fits(ends, mean, deviation, FURTHEST_COORDINATE) {
                return Err(format!(
                    "its coordinates: mean {mean:e} and deviation {deviation:e} of {} cannot come from legal rows",
                    circuit.parameters[i].name
                ));
            }
        }
        Ok(())
    }
}

impl Conditions {
    /// Checks lengths, finiteness, signs and sizes.
    ///
    /// # Errors
    /// The first number that cannot be, by its metric.
    pub fn check(&self, circuit: &Circuit) -> Result<(), String> {
        let count = circuit.metrics.len();
        let lengths = [&self.mean, &self.deviation, &self.plain_mean, &self.open].map(Vec::len);
        if lengths.iter().any(|length| *length != count) {
            let [mean, deviation, plain, open] = lengths;
            return Err(format!(
                "its conditions have {mean} means, {deviation} deviations, {plain} plain means and {open} open \
                 values for {count} metrics"
            ));
        }
        for (i, metric) in circuit.metrics.iter().enumerate() {
            let legal = (metric.scaled(metric.legal.0), metric.scaled(metric.legal.1));
            let (mean, deviation, open) = (self.mean[i], self.deviation[i], self.open[i]);
            let sound = fits(legal, mean, deviation, FURTHEST_CONDITION)
                && near(metric.legal, self.plain_mean[i])
                && open.is_finite()
                && near(legal, open * deviation + mean);
            if !sound {
                return Err(format!(
                    "its conditions: mean {mean:e}, deviation {deviation:e}, plain mean {:e} and open value \
                     {open:e} of {} cannot come from legal rows",
                    self.plain_mean[i], metric.name
                ));
            }
        }
        Ok(())
    }
}

/// Whether values between these ends can have this mean and deviation. A deviation of 1 also stands for none.
fn fits(ends: (f64, f64), mean: f64, deviation: f64, furthest: f64) -> bool {
    let span = ends.1 - ends.0;
    near(ends, mean)
        && deviation > 0.0
        && (deviation == 1.0 || deviation <= span)
        && (span / deviation) <= furthest
}

/// Whether a value lies between two ends, give or take as much as they are apart. NaN does not.
fn near(ends: (f64, f64), value: f64) -> bool {
    let span = ends.1 - ends.0;
    value >= ends.0 - span && value <= ends.1 + span
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::read;

    #[test]
    fn what_is_fitted_passes_and_what_cannot_be_is_named() {
        for name in ["ota1", "ota4"] {
            let circuit = Circuit::open(name).expect("bundled");
            let rows = read(&circuit, &circuit.dataset).expect("bundled").dataset.rows;
            for rows in [&rows[..], &rows[..1], &rows[..12]] {
                let conditions = Conditions::fit(&circuit, rows);
                assert_eq!(conditions.check(&circuit), Ok(()), "{name}");
                for kind in [CoordinateKind::Plain, CoordinateKind::RatioArea] {
                    let sizings = rows.iter().map(|row| &row.sizing);
                    let coordinates = Coordinates::fit(&circuit, kind, sizings);
                    assert_eq!(coordinates.check(&circuit), Ok(()), "{name} {kind:?}");
                    for bad in [f64::NAN, f64::INFINITY, 0.0, -1.0, 1e300, 1e-300] {
                        let mut other = coordinates.clone();
                        other.deviation[2] = bad;
                        let reason = other.check(&circuit).expect_err("cannot be");
                        assert!(reason.contains(&circuit.parameters[2].name), "{reason}");
                    }
                    let mut short = coordinates.clone();
                    short.mean.pop();
                    assert!(short.check(&circuit).expect_err("short").contains("13 means") || name == "ota4");
                    assert!(short.check(&circuit).is_err());
                }
                for bad in [f64::NAN, f64::NEG_INFINITY, 0.0, -1.0, 1e300, 1e-300] {
                    let mut other = conditions.clone();
                    other.deviation[1] = bad;
                    assert!(other.check(&circuit).expect_err("cannot be").contains(&circuit.metrics[1].name));
                }
                for list in 0..4 {
                    let broken = |change: &dyn Fn(&mut Vec<f64>)| {
                        let mut other = conditions.clone();
                        let Conditions { mean, deviation, plain_mean, open, .. } = &mut other;
                        change([mean, deviation, plain_mean, open][list]);
                        other.check(&circuit)
                    };
                    assert!(broken(&|list| list.truncate(1)).is_err(), "{list} too short");
                    assert!(broken(&|list| list.push(0.5)).is_err(), "{list} too long");
                    assert!(broken(&|list| list[0] = f64::NAN).is_err(), "{list} not a number");
                    assert!(broken(&|list| list[0] = 1e200).is_err(), "{list} absurd");
                }
            }
        }
    }
}
