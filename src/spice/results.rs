//! What a run left in ngspice: plots of vectors, and what is read of them.

use super::library::{Ngspice, Vector};
use super::measure::{self, Curve};
use super::state::State;
use crate::circuit::{Analysis, Function, Measurement};

/// The name under which a signal is worked out.
const SIGNAL: &str = "sizewright_signal";
/// Points of a sweep that are read.
const MOST_POINTS: usize = 1 << 22;

/// The plots that there are, the latest first.
pub(super) struct Results<'a> {
    ngspice: &'a Ngspice,
    plots: Vec<(String, Vec<String>)>,
}

impl Results<'_> {
    pub(super) fn of(ngspice: &Ngspice) -> Results<'_> {
        let with_vectors = |plot: String| {
            let vectors = ngspice.vectors(&plot);
            (plot, vectors)
        };
        Results { ngspice, plots: ngspice.plots().into_iter().map(with_vectors).collect() }
    }

    /// The one number in a vector, wherever the run left it; `None` where there is none of this name.
    ///
    /// # Errors
    /// What it has in place of one number.
    pub(super) fn scalar(&self, wanted: &str, state: &State) -> Result<Option<f64>, String> {
        let found = self.plots.iter().find_map(|(plot, vectors)| {
            // `e`, `c` or `i` is no metric because physics has one
            let own = |v: &&String| {
                v.eq_ignore_ascii_case(wanted) && !(plot == "const" && state.is_constant(self.ngspice, v))
            };
            vectors.iter().find(own).map(|v| (plot, v))
        });
        match found.and_then(|(plot, vector)| self.ngspice.vector(plot, vector)) {
            None => Ok(None),
            Some(Vector::Scalar(value)) => Ok(Some(value)),
            Some(Vector::Other(what)) => Err(format!("{wanted} {what}")),
        }
    }

    /// The value of a measurement.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn measured(&self, measurement: &Measurement) -> Result<f64, String> {
        let curve = match measurement.function {
            Function::InputNoise => self.existing("inoise_spectrum")?,
            Function::OutputNoise => self.existing("onoise_spectrum")?,
            Function::Current => self.worked_out(Analysis::Op, &format!("-i({})", measurement.signal))?,
            Function::Power => {
                // ngspice finds a device's parameters by its name in lower case alone
                let source = measurement.signal.to_ascii_lowercase();
                self.worked_out(Analysis::Op, &format!("-i({source})*@{source}[dc]"))?
            }
            _ => self.worked_out(measurement.analysis, &measurement.signal)?,
        };
        measure::value(measurement, &curve)
    }

    /// The curve of a vector that ngspice itself left.
    fn existing(&self, name: &str) -> Result<Curve, String> {
        let has = |vectors: &Vec<String>| vectors.iter().any(|v| v.eq_ignore_ascii_case(name));
        let found = self.plots.iter().find(|(_, vectors)| has(vectors));
        let (plot, vectors) = found.ok_or_else(|| "the testbench ran no noise analysis".to_owned())?;
        Ok(self.curve(plot, vectors, name))
    }

    /// The curve of an expression over the latest results of an analysis.
    fn worked_out(&self, analysis: Analysis, signal: &str) -> Result<Curve, String> {
        let kind = analysis.name();
        let is_kind = |plot: &str| {
            plot.strip_prefix(kind)
                .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()))
        };
        let found = self.plots.iter().find(|(plot, _)| is_kind(plot));
        let Some((plot, vectors)) = found else {
            return Err(format!("the testbench ran no {kind} analysis"));
        };
        self.ngspice.command(&format!("setplot {plot}"));
        self.ngspice.command(&format!("let {SIGNAL} = {signal}"));
        let curve = self.curve(plot, vectors, SIGNAL);
        self.ngspice.command(&format!("unlet {SIGNAL}"));
        if curve.y.is_empty() {
            return Err(format!("ngspice cannot work out `{signal}`"));
        }
        Ok(curve)
    }

    fn curve(&self, plot: &str, vectors: &[String], name: &str) -> Curve {
        let swept = |v: &&String| {
            let v = v.to_ascii_lowercase();
            v == "frequency" || v == "time" || v.ends_with("-sweep")
        };
        let y = self.ngspice.numbers(plot, name, MOST_POINTS);
        let x = vectors.iter().find(swept).map(|scale| self.ngspice.numbers(plot, scale, MOST_POINTS));
        Curve { x: x.unwrap_or_default().into_iter().map(|[re, _]| re).collect(), y }
    }
}
